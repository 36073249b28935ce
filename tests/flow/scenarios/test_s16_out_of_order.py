"""S16: events come twice, in the wrong order, late, or say something else under the same id."""

from __future__ import annotations

import json
from typing import Any

from hub.intake.took import Became
from tests.flow.scenarios.stage import (
    CONTRACTS,
    OPENING,
    THE_CQC,
    THE_HOST,
    THE_ICB,
    THE_PROVIDER,
    WSCC,
    a_play,
    person,
)

THEMES = {
    "themes": [{"question": "safe", "theme": "moving and handling"}],
    "risk_level": "high",
}


async def test_S16_B01_the_same_event_twice_tells_nobody_twice() -> None:
    async with a_play() as play:
        await play.opens()
        body = play.body("themes.agreed", THEMES, source=WSCC)

        first, second = await play.publishes(body), await play.publishes(body)

        assert (first.became, second.became) == (Became.ACCEPTED, Became.DUPLICATE)
        told = [n.notice.party for n in (await play.record()).notices]
        agreed = [
            n.notice.party
            for n in (await play.record()).notices
            if n.notice.template == "themes-agreed"
        ]
        assert set(agreed) == {THE_CQC, THE_HOST, THE_ICB, CONTRACTS}
        assert len(agreed) == 4
        assert told


async def test_S16_B01_the_same_id_with_another_body_is_quarantined_and_nobody_is_told() -> None:
    async with a_play() as play:
        await play.opens()
        body = json.loads(play.body("themes.agreed", THEMES, source=WSCC))
        await play.publishes(json.dumps(body).encode())
        before = len((await play.record()).notices)
        body["data"]["risk_level"] = "low"

        took = await play.publishes(json.dumps(body).encode())

        assert took.became is Became.CONFLICT
        assert len((await play.record()).notices) == before
        assert len(await play.scene.register.quarantined()) == 1


async def test_S16_an_end_that_comes_before_its_findings_is_kept_and_follows_in_its_turn() -> None:
    async with a_play() as play:
        await play.opens()
        now = play.scene.clock.now().isoformat()

        early = await play.says(
            "stage.changed",
            became=Became.WAITING,
            from_stage="findings",
            to_stage="closing",
            changed_at=now,
        )

        assert early.decisions == ()
        assert "decision to initiate" in early.took.why
        assert len((await play.record()).waiting) == 1

        for one, other in (
            ("decision to initiate", "initial meeting"),
            ("initial meeting", "findings"),
        ):
            await play.says("stage.changed", from_stage=one, to_stage=other, changed_at=now)

        record = await play.record()
        assert record.waiting == ()
        assert record.concern.stage == "closing"
        stages = [n.notice for n in record.notices if n.notice.template == "stage-changed"]
        mine = [n for n in stages if n.party == THE_CQC]
        assert [dict(n.facts)["to_stage"] for n in mine] == [
            "initial meeting",
            "findings",
            "closing",
        ]


async def test_S16_what_comes_before_the_opening_waits_for_it_and_loses_nothing() -> None:
    async with a_play() as play:
        chair: dict[str, Any] = {"chair": person("Chair", "Robin Hale"), "agency": THE_HOST.agency}
        early = await play.says("chair.appointed", became=Became.WAITING, **chair)
        assert early.decisions == ()

        await play.says("concern.opened", **OPENING)

        concern = (await play.record()).concern
        assert concern.chair is not None
        assert concern.chair.name == "Robin Hale"


async def test_S16_an_unlawful_move_is_kept_and_signalled_not_dropped() -> None:
    async with a_play() as play:
        await play.opens()

        never = await play.says(
            "stage.changed",
            became=Became.WAITING,
            from_stage="decision to initiate",
            to_stage="quality assurance",
            changed_at=play.scene.clock.now().isoformat(),
        )

        assert "cannot follow" in never.took.why
        ((event, why),) = (await play.record()).waiting
        assert event == never.took.event
        assert "004 5.1" in why
        assert (await play.record()).concern.provider == THE_PROVIDER
