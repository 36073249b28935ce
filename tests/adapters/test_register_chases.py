"""Chases, on every register: a step brought forward once, with who and why, or nothing at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hub.adapters.register.sql import SqlRegister
from hub.leaf import leaf
from hub.obligation import Climb, Obligation, ObligationKind, ObligationState, Taken
from hub.ports.chasing import Chase
from hub.ports.releasing import Asker
from hub.vocabulary import ConcernId, NoticeId, RuleId
from tests.adapters.by_hand import look
from tests.adapters.test_register_climbing import written

AHEAD = datetime.now(UTC) + timedelta(days=1)
CLIMB = Climb(
    ladder=RuleId("L1"), anchor=AHEAD, step=1, next_at=AHEAD, state=ObligationState.WAITING
)
NOTICE = NoticeId("n-1")


async def owing(register: SqlRegister, climb: Climb | None = CLIMB) -> Obligation:
    page = await written(register, {"kind": ObligationKind.ANSWER, "key": "one", "climb": climb})
    record = await register.concern(page.id)
    assert record is not None
    (owed,) = record.obligations
    return owed


def by_leo(owed: Obligation, name: str = "ch-1") -> Chase:
    return Chase(
        id=name,
        concern=owed.concern,
        obligation=owed.id,
        notice=NOTICE,
        step=1,
        by=Asker(id="leo-1", name="Amara Okafor", post="lead enquiry officer"),
        reason="Nobody there answers the telephone",
        at=datetime(2027, 4, 15, 9, 16, tzinfo=UTC),
    )


async def test_a_chase_brings_the_step_forward_once_and_is_kept_with_its_leaf(
    register: SqlRegister,
) -> None:
    owed = await owing(register)
    made, note = by_leo(owed), leaf("notice.chased", AHEAD, owed.concern, chase="ch-1")
    assert await register.climbing(10) == ()

    assert await register.chase(owed, made, note)
    assert not await register.chase(owed, replace(made, id="ch-2"), note)

    (due,) = await register.climbing(10)
    assert due.id == owed.id
    assert due.climb is not None
    assert due.climb.step == 1
    assert await register.chases([owed.concern]) == (made,)
    assert await register.chases([ConcernId("c-2")]) == ()
    assert await register.chases([]) == ()
    rows = await look(register, "SELECT count(*) FROM audit_leaf WHERE kind = 'notice.chased'")
    assert rows == [(1,)]


async def test_what_is_held_in_hand_or_climbs_nothing_is_not_brought_forward(
    register: SqlRegister,
) -> None:
    held = await owing(register, replace(CLIMB, state=ObligationState.HELD))
    note = leaf("notice.chased", AHEAD, held.concern, chase="ch-1")

    assert not await register.chase(held, by_leo(held), note)
    assert not await register.chase(replace(held, climb=None), by_leo(held), note)
    assert await register.chases([held.concern]) == ()
    rows = await look(register, "SELECT count(*) FROM audit_leaf WHERE kind = 'notice.chased'")
    assert rows == [(0,)]


async def test_escalation_6_what_somebody_has_in_hand_is_not_brought_forward(
    register: SqlRegister,
) -> None:
    owed = await owing(register)
    note = leaf("notice.chased", AHEAD, owed.concern, chase="ch-1")
    taken = Taken(by="Amara Okafor", until=datetime.now(UTC) + timedelta(hours=1))
    assert await register.put_in_hand(owed, taken, note)

    assert not await register.chase(owed, by_leo(owed), note)
    assert await register.climbing(10) == ()


async def test_of_a_chase_and_a_step_that_came_meanwhile_one_is_too_late(
    register: SqlRegister,
) -> None:
    owed = await owing(register)
    note = leaf("notice.chased", AHEAD, owed.concern, chase="ch-1")
    async with register.entry() as entry:
        assert await entry.move_on(owed, replace(CLIMB, step=2))

    assert not await register.chase(owed, by_leo(owed), note)
    assert await register.chases([owed.concern]) == ()
