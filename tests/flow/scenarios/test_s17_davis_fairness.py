"""S17: the provider is freed one day before the findings meeting: too late to read its papers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hub.vocabulary import HoldKind, InfoClass, ObligationKind
from tests.flow.scenarios.last_page import (
    CHAIR,
    draws_to_its_end,
    everybody_acknowledges,
    is_authorised,
)
from tests.flow.scenarios.packed import is_packed
from tests.flow.scenarios.stage import (
    HOST,
    SURREY,
    SUSSEX_POLICE,
    THE_HOST,
    THE_PROVIDER,
    Heard,
    Play,
    a_play,
    mails_to,
    placed,
)

TOMORROW = datetime(2026, 12, 2, 10, tzinfo=UTC)
"""The stage's clock begins on Tuesday 1 December 2026, at nine."""
NEXT_WEEK = datetime(2026, 12, 11, 10, tzinfo=UTC)
LATEST = datetime(2026, 12, 8, 23, 59, tzinfo=UTC)
"""Two whole working days, Wednesday and Thursday, lie between it and the Friday."""


async def begins(play: Play) -> None:
    """The police investigate, and the findings meeting is tomorrow."""
    await play.opens()
    await play.says("chair.appointed", chair=CHAIR, agency=HOST)
    await play.says(
        "criminal.status.declared", source=SUSSEX_POLICE, status="yes", declared_by="DS Nair"
    )
    await play.says("lead.agency.set", agency=HOST, kind="la")
    await schedules(play, TOMORROW)
    await play.sent()


async def schedules(play: Play, at: datetime) -> Heard:
    return await play.says(
        "meeting.scheduled", kind="findings", starts_at=at.isoformat(), place="County Hall"
    )


async def gives(play: Play, meeting: datetime) -> Heard:
    return await play.says(
        "provider.papers.given",
        meeting_at=meeting.isoformat(),
        given_at=play.scene.clock.now().isoformat(),
        papers="draft findings and the evidence they rest on",
        given_by=CHAIR,
    )


async def released(play: Play) -> Heard:
    return await play.says(
        "police.advice.recorded",
        source=SUSSEX_POLICE,
        advice="release",
        classes=[],
        officer="DS Nair",
        log_number="SXP-881",
        advised_at=play.scene.clock.now().isoformat(),
        recorded_by="DS Nair",
        review_due=None,
    )


async def owed(play: Play) -> dict[str, tuple[Any, datetime]]:
    """What is owed of papers: who owes it and until when, by `papers` or `fairness`."""
    return {
        one.key.partition(":")[0]: (one.party, one.due)
        for one in await play.owes(ObligationKind.GIVE_PAPERS)
    }


async def test_S17_M084_while_the_police_hold_no_papers_are_owed_and_the_provider_gets_none() -> (
    None
):
    async with a_play() as play:
        await begins(play)

        papers = await gives(play, TOMORROW)

        assert await owed(play) == {}
        assert papers.told() == {}
        assert {h.kind for h in papers.held()[THE_PROVIDER]} == {HoldKind.H1}
        assert mails_to(await play.sent(), THE_PROVIDER) == []


async def test_S17_M084_at_the_release_it_is_warned_that_the_papers_come_too_late() -> None:
    async with a_play() as play:
        await begins(play)
        now = play.scene.clock.now()

        await released(play)

        assert await owed(play) == {"fairness": (THE_HOST, now)}
        (warned,) = await play.owes(ObligationKind.GIVE_PAPERS)
        assert "move the findings meeting, or record why not" in warned.says


async def test_S17_M084_the_meeting_is_moved_and_the_provider_has_its_papers_in_time() -> None:
    async with a_play() as play:
        await begins(play)
        await released(play)
        await play.sent()

        moved = await schedules(play, NEXT_WEEK)
        before = await owed(play)
        papers = await gives(play, NEXT_WEEK)

        assert moved.told()[THE_PROVIDER] == "meeting-scheduled"
        assert before == {"papers": (THE_HOST, LATEST)}
        assert await owed(play) == {}
        assert papers.told() == {THE_PROVIDER: "provider-papers"}
        assert papers.classes(THE_PROVIDER) <= {InfoClass.PROCESS, InfoClass.THEMES}
        letters = mails_to(await play.sent(), THE_PROVIDER)
        (given,) = [m for m in letters if m.notice == "provider-papers"]
        assert "draft findings and the evidence they rest on" in given.prose


async def test_S17_M084_papers_on_the_eve_are_too_late_though_they_were_given() -> None:
    async with a_play() as play:
        await begins(play)
        await released(play)

        await gives(play, TOMORROW)

        assert set(await owed(play)) == {"fairness"}
        await play.pass_time(timedelta(hours=12))
        assert set(await owed(play)) == {"fairness"}


async def test_S17_M084_or_it_goes_ahead_for_a_reason_that_the_provider_reads() -> None:
    async with a_play() as play:
        await begins(play)
        await released(play)
        await gives(play, TOMORROW)
        await play.sent()

        override = await play.says(
            "fairness.override.recorded",
            meeting_at=TOMORROW.isoformat(),
            reason="people are at risk tonight, and only the meeting can decide",
            decided_by=CHAIR,
        )

        assert await owed(play) == {}
        assert override.told() == {THE_PROVIDER: "meeting-goes-ahead"}
        (letter,) = mails_to(await play.sent(), THE_PROVIDER)
        assert "people are at risk tonight, and only the meeting can decide" in letter.prose
        assert "You may ask for more time" in letter.prose
        said = [s.data for s in (await play.record()).concern.said]
        (kept,) = [d for d in said if d.wire == "fairness.override.recorded"]
        assert kept.model_dump()["decided_by"]["name"] == CHAIR["name"]


async def test_S17_M084_the_reason_to_go_ahead_is_seen_in_the_closure_pack() -> None:
    async with a_play() as play:
        await begins(play)
        await released(play)
        await gives(play, TOMORROW)
        await play.says(
            "fairness.override.recorded",
            meeting_at=TOMORROW.isoformat(),
            reason="people are at risk tonight, and only the meeting can decide",
            decided_by=CHAIR,
        )
        await play.says(
            "placement.register.declared", placements=[placed(SURREY, "SCC-1")], complete=True
        )
        await play.sent()
        await draws_to_its_end(play)
        await is_authorised(play)
        await play.sent()
        await everybody_acknowledges(play)

        pack = await is_packed(play)

        assert pack.index["went_ahead"] == [
            {
                "meeting_at": "2026-12-02T10:00:00.000000Z",
                "reason": "people are at risk tonight, and only the meeting can decide",
                "decided_by": CHAIR["name"],
            }
        ]
        assert "people are at risk tonight, and only the meeting can decide" in pack.page
        (told,) = [
            n for n in pack.party(THE_PROVIDER)["notices"] if n["notice"] == "meeting-goes-ahead"
        ]
        assert "You may ask for more time" in pack.words(told)
