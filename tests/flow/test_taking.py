"""A LEO takes what is owed in hand until a time; then it is asked again (escalation 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from hub.access import Official
from hub.answers import Incomplete, NotFound, NotYours
from hub.answers.taking import InHand, take_in_hand
from hub.obligation import Obligation, ObligationKind
from hub.receipt import fold
from hub.vocabulary import Rung
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    CQC,
    LEO,
    OTHER,
    Rosewood,
    rosewood,
    served,
    sign_in,
)

MINUTE: Final = timedelta(minutes=1)
CLOSED: Final = ("concern-opened", "emergency-closure-cqc")


async def answer_of_cqc(story: Rosewood) -> Obligation:
    notice = (await story.notice_to(CQC, "emergency-closure")).notice
    obligations = (await story.record()).obligations
    return next(o for o in obligations if o.notice == notice.id and o.kind is ObligationKind.ANSWER)


async def looked_at(story: Rosewood) -> set[str]:
    """Return whose instant has come, and let each be asked as the watch would."""
    return {one.id for one in await story.register.climbing(100)}


async def started(story: Rosewood) -> Obligation:
    """The first step of the ladder has been taken; the next comes after half an hour."""
    owed = await answer_of_cqc(story)
    assert owed.climb is not None
    on = replace(owed.climb, step=1, next_at=story.clock.now() + 30 * MINUTE)
    async with story.register.entry() as entry:
        assert await entry.move_on(owed, on)
    return await answer_of_cqc(story)


async def test_escalation_6_in_a_leos_hands_the_ladder_waits_and_then_it_is_asked_again() -> None:
    async with rosewood(*CLOSED) as story:
        owed = await started(story)

        done = await take_in_hand(story.register, story.clock, CONCERN, owed.id, LEO, 15 * MINUTE)

        assert isinstance(done, InHand)
        now = await answer_of_cqc(story)
        assert now.taken == done.taken
        assert now.taken.by == "Amara Okafor"
        assert now.climb == owed.climb, "a step that is later anyway stays where it was"
        await story.clock.advance(16 * MINUTE)
        again = await take_in_hand(story.register, story.clock, CONCERN, owed.id, LEO, 30 * MINUTE)
        assert isinstance(again, InHand)
        await story.clock.advance(29 * MINUTE)
        assert owed.id not in await looked_at(story)
        await story.clock.advance(2 * MINUTE)
        assert owed.id in await looked_at(story)


async def test_escalation_6_taking_is_recorded_and_is_evidence_of_nothing() -> None:
    async with rosewood(*CLOSED) as story:
        owed = await started(story)

        await take_in_hand(story.register, story.clock, CONCERN, owed.id, LEO, 15 * MINUTE)

        (said,) = await story.leaves("obligation.taken")
        assert LEO.id in said
        assert "Amara" not in said
        record = await story.notice_to(CQC, "emergency-closure")
        assert fold(record.receipts).rung is Rung.QUEUED
        await story.clock.advance(31 * MINUTE)
        assert await story.register.say_overdue(100) > 0, "it is overdue all the same"
        assert (await answer_of_cqc(story)).id == owed.id


async def test_escalation_6_nobody_takes_it_too_long_nor_twice_nor_another_authoritys() -> None:
    async with rosewood(*CLOSED) as story:
        owed = await started(story)

        async def takes(who: Official, how_long: timedelta | None) -> object:
            return await take_in_hand(story.register, story.clock, CONCERN, owed.id, who, how_long)

        assert isinstance(await takes(LEO, timedelta(hours=2)), Incomplete)
        assert isinstance(await takes(LEO, timedelta(0)), Incomplete)
        assert isinstance(await takes(LEO, None), Incomplete)
        assert isinstance(await takes(CHAIR, 15 * MINUTE), NotYours)
        assert await takes(OTHER, 15 * MINUTE) == NotFound()
        assert isinstance(await takes(LEO, 15 * MINUTE), InHand)
        assert isinstance(await takes(LEO, 15 * MINUTE), Incomplete)
        assert len(await story.leaves("obligation.taken")) == 1


async def test_escalation_6_a_failure_does_not_climb_past_whoever_has_it_in_hand() -> None:
    async with rosewood(*CLOSED) as story:
        owed = await started(story)
        await take_in_hand(story.register, story.clock, CONCERN, owed.id, LEO, 30 * MINUTE)

        assert owed.notice is not None
        async with story.register.entry() as entry:
            await entry.bring_forward(CONCERN, owed.notice)

        assert owed.id not in await looked_at(story)


async def test_escalation_6_the_board_offers_it_and_says_in_whose_hands_it_is() -> None:
    async with rosewood(*CLOSED) as story, served(story) as browser:
        owed = await started(story)
        me = await sign_in(story, browser)
        path = f"/concerns/{CONCERN}/owed/{owed.id}"

        _, before = await me.get(f"/concerns/{CONCERN}")
        _, form = await me.get(path)
        junk, _ = await me.post(path, {"minutes": "600000"})
        nothing, _ = await me.post(path, {})
        taken, _ = await me.post(path, {"minutes": "30"})
        _, after = await me.get(f"/concerns/{CONCERN}")
        _, again = await me.get(path)
        missing, _ = await me.get(f"/concerns/{CONCERN}/owed/nothing")

        assert path in before
        assert "30 minutes" in form
        assert "1 hour" not in form
        assert (junk, nothing, taken, missing) == (422, 422, 303, 404)
        assert "in the hands of Amara Okafor until" in after
        assert "in the hands of Amara Okafor already" in again


async def test_B06_another_authoritys_leo_finds_nothing_and_the_chair_may_not() -> None:
    async with rosewood(*CLOSED) as story, served(story) as browser:
        owed = await started(story)
        path = f"/concerns/{CONCERN}/owed/{owed.id}"
        other = await sign_in(story, browser, OTHER)
        chair = await sign_in(story, browser, CHAIR)

        seen, _ = await other.get(path)
        taken, _ = await other.post(path, {"minutes": "15"})
        refused, words = await chair.post(path, {"minutes": "15"})
        _, board = await chair.get(f"/concerns/{CONCERN}")

        assert (seen, taken, refused) == (404, 404, 403)
        assert "Only a lead enquiry officer" in words
        assert "Take it in hand" not in board
        assert await story.leaves("obligation.taken") == []
