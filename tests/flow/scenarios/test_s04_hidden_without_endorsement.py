"""S4: the provider is to be left out, and no lead agency is set that could endorse it."""

from __future__ import annotations

from datetime import timedelta

from hub.vocabulary import HoldKind, InfoClass, ObligationKind
from tests.flow.scenarios.stage import (
    HOST,
    THE_CQC,
    THE_HOST,
    THE_PROVIDER,
    Play,
    a_play,
    mails_to,
    person,
)


async def excluded(play: Play, endorsed_by: str | None = None) -> None:
    await play.says(
        "hold.placed",
        hold_id="exclude-1",
        kind="H2",
        party=THE_PROVIDER.agency,
        role="provider",
        classes=[str(info) for info in InfoClass],
        placed_by=person("Lead Enquiry Officer"),
        reason="the owner removes records",
        endorsed_by_agency=endorsed_by,
        review_due=(play.scene.clock.now() + timedelta(days=3)).isoformat(),
        conditions_for_release="when copies of the records are safe",
    )


async def test_S4_M021_an_exclusion_without_endorsement_tells_nobody_new_and_asks_at_once() -> None:
    async with a_play() as play:
        await play.opens()
        await play.says("criminal.status.declared", status="consulted, none", declared_by="DS Nair")
        await play.sent()
        before = len((await play.record()).notices)

        await excluded(play)

        assert len((await play.record()).notices) == before
        (lead,) = await play.owes(ObligationKind.NAME_LEAD)
        (endorse,) = await play.owes(ObligationKind.ENDORSE)
        (protect,) = await play.owes(ObligationKind.INTERIM_PROTECTION)
        now = play.scene.clock.now()
        for owed in (lead, endorse, protect):
            assert owed.party == THE_HOST
            assert timedelta(0) < owed.due - now <= timedelta(hours=4)


async def test_S4_M020_while_it_is_not_endorsed_the_provider_waits_and_nobody_else_does() -> None:
    async with a_play() as play:
        await play.opens()
        await play.says("criminal.status.declared", status="consulted, none", declared_by="DS Nair")
        await excluded(play)

        moved = await play.says(
            "stage.changed",
            from_stage="decision to initiate",
            to_stage="initial meeting",
            changed_at=play.scene.clock.now().isoformat(),
        )

        assert THE_PROVIDER not in moved.told()
        assert {h.kind for h in moved.held()[THE_PROVIDER]} == {HoldKind.H9}
        assert moved.told()[THE_CQC] == "stage-changed"


async def test_S4_no_time_that_passes_sends_it_and_the_refusal_is_in_the_log() -> None:
    async with a_play() as play:
        await play.opens()
        await excluded(play)
        await play.says("lead.agency.set", agency=HOST, kind="la")
        await play.sent()

        await play.pass_time(timedelta(days=365))

        assert mails_to(await play.sent(), THE_PROVIDER) == []
        assert await play.owes(ObligationKind.ENDORSE)
        decided = [d for d in (await play.record()).decisions if d.party == THE_PROVIDER]
        assert {type(d).__name__ for d in decided} <= {"Hold", "NotDue", "Withhold"}
