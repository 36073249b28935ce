"""Ladders climb by the clock, by failure and never into silence: every path of small ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Final

import pytest

from hub.calendar import Within
from hub.concern import Party
from hub.escalate.ladder import (
    HELD_AGAIN,
    NO_SUCH_LADDER,
    Move,
    Situation,
    begin,
    escalate,
    step_due,
)
from hub.obligation import ENDED, SAID_OPENLY, Obligation, ObligationKind, ObligationState, Taken
from hub.pack.ladder import Desk, Ladder, LadderStep
from hub.vocabulary import (
    AgencyId,
    ConcernId,
    ContactId,
    Nation,
    NoticeId,
    Role,
    Rung,
)
from tests.core.packs import directory, pack

START: Final = datetime(2026, 12, 25, 23, 50, tzinfo=UTC)  # Christmas night
ENGLAND: Final = Nation.ENGLAND_AND_WALES
HOST: Final = AgencyId("gss:E10000032")
ICB: Final = Party(agency=AgencyId("ods:QNX"), role=Role.HOST_ICB)
HEAD: Final = Party(agency=HOST, role=Role.HEAD_OF_SAFEGUARDING)
DUTY_DESK: Final = Party(agency=HOST, role=Role.EMERGENCY_DUTY_TEAM)
FIRST: Final = ContactId("sussex-icb")
SECOND: Final = ContactId("sussex-icb-deputy")
HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
CALENDAR: Final = pack().calendar
KNOWN: Final = replace(
    directory(),
    contacts=(
        *directory().contacts,
        replace(
            next(c for c in directory().contacts if c.id == SECOND),
            id=ContactId("sussex-icb-director"),
            address="director@sussex-icb.example",
            order=2,
        ),
    ),
)
OPEN: Final = Situation(host=HOST, told=frozenset({FIRST}))


def the(name: str) -> Ladder:
    return next(one for one in pack().ladders if one.id == name)


def owed(ladder: Ladder, start: datetime = START) -> Obligation:
    made = Obligation(
        id="o-1",
        concern=ConcernId("c-1"),
        kind=ObligationKind.ANSWER,
        party=ICB,
        due=start + 30 * MINUTE,
        opened_at=start,
        key="notice:n-1",
        notice=NoticeId("n-1"),
        says="answer the notice `emergency-closure`",
    )
    return replace(made, climb=begin(made, ladder, CALENDAR, ENGLAND))


def at(
    obligation: Obligation, ladder: Ladder, now: datetime, state: Situation = OPEN
) -> tuple[Obligation, Move]:
    move = escalate(obligation, ladder, state, KNOWN, CALENDAR, now)
    return replace(obligation, climb=move.climb), move


def asked(move: Move) -> list[Party]:
    return [ask.party for ask in move.asks]


def test_M105_nobody_answers_on_christmas_night_deputy_director_and_then_the_head_every_hour() -> (
    None
):
    ladder = the("L1")
    seen: list[tuple[int, str]] = []
    one, known = owed(ladder), OPEN

    for minute in range(0, 301, 1):
        one, move = at(one, ladder, START + minute * MINUTE, known)
        known = replace(known, told=known.told | {contact.id for contact in move.tells})
        seen += [(minute, contact.id) for contact in move.tells]
        seen += [(minute, party.role) for party in asked(move)]

    assert seen == [
        (0, Role.EMERGENCY_DUTY_TEAM),
        (30, SECOND),
        (60, "sussex-icb-director"),
        (60, Role.EMERGENCY_DUTY_TEAM),
        *((minute, Role.HEAD_OF_SAFEGUARDING) for minute in (120, 180, 240, 300)),
    ]
    assert one.climb is not None
    assert one.climb.state is ObligationState.RE_RAISED


def test_the_host_is_asked_to_phone_by_the_number_as_it_stands_now() -> None:
    ladder = the("L1")
    known = replace(
        KNOWN,
        agencies=tuple(replace(a, out_of_hours_phone="01632 960999") for a in KNOWN.agencies),
    )

    move = escalate(owed(ladder), ladder, OPEN, known, CALENDAR, START)

    assert [ask.says for ask in move.asks] == [
        "phone the out-of-hours team of NHS Sussex Integrated Care Board: 01632 960999"
    ]


@pytest.mark.parametrize("kind", sorted(ObligationKind))
def test_semantics_6_of_what_is_held_and_why_nothing_is_said_openly(kind: ObligationKind) -> None:
    hidden = {
        ObligationKind.REVIEW_HOLD,
        ObligationKind.CONSULT_POLICE,
        ObligationKind.ENDORSE,
        ObligationKind.DECIDE_DISCLOSURE,
        ObligationKind.INTERIM_PROTECTION,
        ObligationKind.TELL_ADULTS,
    }
    ladder = the("L1")
    one = replace(owed(ladder), kind=kind, notice=None, says="the police hold it")

    move = escalate(one, ladder, OPEN, KNOWN, CALENDAR, START + 3 * HOUR)

    said = "".join(ask.openly for ask in move.asks)
    assert any("the police hold it" in ask.says for ask in move.asks), "as the board has it"
    assert "police" not in said
    assert not (kind in hidden and said)
    assert (kind in SAID_OPENLY) is bool(said)


def test_a_task_says_openly_whom_to_ring_and_who_has_not_answered_and_names_no_notice() -> None:
    ladder = the("L1")

    move = escalate(owed(ladder), ladder, OPEN, KNOWN, CALENDAR, START + 3 * HOUR)

    openly = {ask.party.role: ask.openly.splitlines() for ask in move.asks}
    assert openly[Role.HEAD_OF_SAFEGUARDING] == [
        "NHS Sussex Integrated Care Board (host icb) has not answered"
    ]
    assert [line.split()[0] for line in openly[Role.EMERGENCY_DUTY_TEAM]] == ["phone", "phone"]
    assert all("`" not in ask.openly for ask in move.asks)


def test_twenty_steps_drift_by_nothing_however_late_each_is_taken() -> None:
    some = LadderStep(
        after=Within(amount=0, unit="minutes"),
        desks=(),
        seniors=(Role.HOST_AUTHORITY,),
        ask="",
        where=the("L1").where,
    )
    steps = tuple(replace(some, after=Within(amount=7 * n, unit="minutes")) for n in range(20))
    ladder = replace(the("L1"), steps=steps)
    one, due = owed(ladder), []

    for number in range(20):
        one, move = at(one, ladder, START + (7 * number + 6) * MINUTE)
        due += [fired.due for fired in move.fired]

    assert due == [START + 7 * n * MINUTE for n in range(20)]


def test_after_six_hours_down_the_overdue_steps_come_in_order_and_each_is_told_once() -> None:
    ladder = the("L1")
    _, move = at(owed(ladder), ladder, START + 6 * HOUR)

    assert [(fired.step, fired.due - START, fired.late) for fired in move.fired] == [
        (0, 0 * MINUTE, 6 * HOUR),
        (1, 30 * MINUTE, 330 * MINUTE),
        (2, 1 * HOUR, 5 * HOUR),
        (3, 2 * HOUR, 4 * HOUR),
    ], "raised once for all that was missed"
    assert [contact.id for contact in move.tells] == [SECOND, "sussex-icb-director"]
    assert asked(move) == [DUTY_DESK, HEAD]
    assert move.climb.next_at == START + 7 * HOUR


def test_a_refusal_brings_the_next_step_forward_and_moves_no_other() -> None:
    ladder = the("L1")
    one, _ = at(owed(ladder), ladder, START)
    assert one.climb is not None
    hurried = replace(one, climb=replace(one.climb, next_at=START + MINUTE))

    after, move = at(hurried, ladder, START + MINUTE)

    assert [contact.id for contact in move.tells] == [SECOND]
    assert [fired.late for fired in move.fired] == [timedelta(0)]
    assert after.climb is not None
    assert after.climb.next_at == START + HOUR


def test_where_nobody_is_at_a_desk_the_next_step_comes_at_once_to_the_very_end() -> None:
    ladder = the("L1")
    nobody = replace(OPEN, told=frozenset(), unreachable=frozenset(c.id for c in KNOWN.contacts))

    after, move = at(owed(ladder), ladder, START, nobody)

    assert asked(move) == [DUTY_DESK, HEAD]
    assert move.tells == ()
    assert after.climb is not None
    assert (after.climb.state, after.climb.next_at) == (
        ObligationState.RE_RAISED,
        START + 2 * HOUR,
    )


def test_a_desk_under_another_name_with_the_same_address_is_told_once() -> None:
    ladder = the("L1")
    same = replace(
        KNOWN,
        contacts=tuple(
            replace(c, address="Safeguarding@sussex-icb.example") if c.agency == ICB.agency else c
            for c in KNOWN.contacts
        ),
    )

    move = escalate(owed(ladder), ladder, OPEN, same, CALENDAR, START + 3 * HOUR)

    assert move.tells == ()


def test_a_hold_stops_a_ladder_and_its_release_lets_the_overdue_steps_come() -> None:
    ladder = the("L1")
    one, _ = at(owed(ladder), ladder, START)

    held, move = at(one, ladder, START + 30 * MINUTE, replace(OPEN, held=True))
    assert (move.tells, move.asks, move.fired) == ((), (), ())
    assert held.climb is not None
    assert (held.climb.state, held.climb.next_at) == (
        ObligationState.HELD,
        START + 30 * MINUTE + HELD_AGAIN,
    )

    free, move = at(held, ladder, START + 35 * MINUTE)
    assert [contact.id for contact in move.tells] == [SECOND]
    assert free.climb is not None
    assert free.climb.next_at == START + HOUR


def test_an_answer_ends_a_ladder_and_so_does_whoever_is_no_party_any_more() -> None:
    ladder = the("L1")
    one = owed(ladder)

    answered, _ = at(one, ladder, START, replace(OPEN, reached=Rung.ACKNOWLEDGED))
    displayed, _ = at(one, ladder, START, replace(OPEN, reached=Rung.DISPLAYED))
    struck, _ = at(one, ladder, START, replace(OPEN, gone="it takes no part any more"))

    assert answered.climb is not None
    assert answered.climb.state is ObligationState.DISCHARGED
    assert displayed.climb is not None
    assert displayed.climb.state is ObligationState.WAITING
    assert struck.climb is not None
    assert (struck.climb.state, struck.climb.why, struck.climb.next_at) == (
        ObligationState.CANCELLED,
        "it takes no part any more",
        None,
    )


def test_M021_a_review_that_the_police_missed_twice_reaches_the_superintendent_and_the_head() -> (
    None
):
    ladder = the("L5")
    review = replace(
        owed(ladder),
        kind=ObligationKind.REVIEW_HOLD,
        party=Party(agency=AgencyId("unit:sussex-police"), role=Role.POLICE),
        notice=None,
    )
    one = replace(review, climb=begin(review, ladder, CALENDAR, ENGLAND))

    one, first = at(one, ladder, review.due)
    one, second = at(one, ladder, review.due + 24 * HOUR)
    one, third = at(one, ladder, review.due + 72 * HOUR)

    assert asked(first) == [DUTY_DESK]
    assert asked(second) == [Party(agency=HOST, role=Role.HOST_AUTHORITY)]
    assert asked(third) == [HEAD, DUTY_DESK]
    assert "detective superintendent" in third.asks[1].says
    assert one.climb is not None
    assert one.climb.next_at == review.due + 96 * HOUR


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        # Friday evening before Christmas week's holidays: Tuesday is the next working day but one.
        ("2026-12-24T16:30:00+00:00", ["2026-12-24T16:30", "2026-12-29T12:30", "2026-12-31T17:00"]),
        # The clocks go forward on Sunday 28 March 2027, between Good Friday and Easter Monday.
        ("2027-03-25T16:00:00+00:00", ["2027-03-25T16:00", "2027-03-30T11:00", "2027-04-01T16:00"]),
        # The clocks go back on Sunday 25 October 2026.
        ("2026-10-23T15:00:00+00:00", ["2026-10-23T15:00", "2026-10-26T12:00", "2026-10-28T17:00"]),
    ],
)
def test_a_ladder_in_working_time_keeps_office_hours_through_both_clock_changes(
    start: str, expected: list[str]
) -> None:
    anchor, ladder = datetime.fromisoformat(start), the("L3")

    found = [step_due(ladder, step, anchor, CALENDAR, ENGLAND) for step in range(3)]

    assert [one.astimezone(UTC).isoformat()[:16] for one in found] == expected


def test_an_urgent_ladder_counts_true_hours_through_both_clock_changes() -> None:
    for night in ("2027-03-28T00:30:00+00:00", "2026-10-25T00:30:00+00:00"):
        anchor = datetime.fromisoformat(night)
        due = [step_due(the("L1"), step, anchor, CALENDAR, ENGLAND) for step in range(6)]
        assert [moment - anchor for moment in due] == [
            *(0 * MINUTE, 30 * MINUTE, 60 * MINUTE),
            *(hours * HOUR for hours in (2, 3, 4)),
        ]


def test_a_ladder_that_no_pack_has_any_more_is_raised_to_the_head_at_once_and_every_hour() -> None:
    one, _ = at(owed(the("L1")), the("L1"), START)

    raised, move = at(one, NO_SUCH_LADDER, START + 30 * MINUTE)

    assert asked(move) == [HEAD]
    assert raised.climb is not None
    assert raised.climb.state is ObligationState.RE_RAISED


PATHS: Final = ("silent", "refused", "held", "answered", "struck", "down", "taken")


def _small() -> Iterator[Ladder]:
    """Every ladder of one, two or three steps that go to one desk each, with or without a call."""
    for length in (1, 2, 3):
        calls = (True, False) if length < 3 else (True,)
        for kinds in product(product((Desk.DUTY, Desk.DEPUTY, None), calls), repeat=length):
            steps = tuple(
                LadderStep(
                    after=Within(amount=30 * number, unit="minutes"),
                    desks=(desk,) if desk else (),
                    seniors=() if desk else (Role.HOST_AUTHORITY,),
                    ask="phone {organisation}" if call else "",
                    where=the("L1").where,
                )
                for number, (desk, call) in enumerate(kinds)
            )
            yield replace(the("L1"), steps=steps)


def _walk(ladder: Ladder, path: tuple[str, ...]) -> Obligation:
    """Take what happens before each look, and hold every look to the laws."""
    one, known, now = owed(ladder), OPEN, START
    for happens in path:
        assert one.climb is not None
        assert one.climb.next_at is not None, "open, and nobody will ever look"
        now = max(now, one.climb.next_at)
        state = known
        match happens:
            case "refused":
                known = state = replace(known, unreachable=known.unreachable | known.told)
            case "held":
                state = replace(known, held=True)
            case "answered":
                state = replace(known, reached=Rung.ACKNOWLEDGED)
            case "struck":
                state = replace(known, gone="it takes no part any more")
            case "down":
                now += 6 * HOUR
            case "taken":
                # It was taken just before this look, whose instant had come.
                one = replace(one, taken=Taken(by="Amara Okafor", until=now + HOUR))
            case _:
                pass
        one, move = at(one, ladder, now, state)
        assert one.climb is not None
        told = [contact.id for contact in move.tells]
        assert len(set(told)) == len(told)
        assert not known.told & set(told), "nobody is told twice"
        assert not (happens == "held" and (move.tells or move.asks)), "a hold is no send"
        assert not (happens == "taken" and move.fired), "it is in somebody's hands"
        assert [f.step for f in move.fired] == sorted(f.step for f in move.fired)
        assert (one.climb.next_at is None) == (one.climb.state in ENDED)
        assert (one.climb.state is ObligationState.CANCELLED) == bool(one.climb.why)
        known = replace(known, told=known.told | set(told))
        if one.climb.state in ENDED:
            return one
        assert one.climb.next_at is not None
        assert now < one.climb.next_at <= now + 2 * HOUR
    return one


def test_every_path_of_every_small_ladder_ends_or_is_raised_without_end() -> None:
    """Whatever happens at each look, with what, and how long nobody was there to look."""
    ends = set()
    for ladder in _small():
        depth = 4 if len(ladder.steps) == 1 else 3
        for path in product(PATHS, repeat=depth):
            # Then nothing happens for ever: it is raised, and stays so.
            quiet = ("silent",) * (len(ladder.steps) + 2)
            one = _walk(ladder, (*path, *quiet))
            assert one.climb is not None
            ends.add(one.climb.state)
            if one.climb.state not in ENDED:
                assert one.climb.state is ObligationState.RE_RAISED
                again = _walk_on(one, ladder)
                assert again == [ladder.raised_to] * 3

    assert ends == {*ENDED, ObligationState.RE_RAISED}


def test_escalation_6_in_somebodys_hands_no_step_comes_and_then_all_that_have_come() -> None:
    ladder = the("L1")
    one, _ = at(owed(ladder), ladder, START)
    taken = replace(one, taken=Taken(by="Amara Okafor", until=START + 65 * MINUTE))

    kept, quiet = at(taken, ladder, START + 30 * MINUTE)
    after, move = at(kept, ladder, START + 65 * MINUTE)

    assert (quiet.tells, quiet.asks, quiet.fired) == ((), (), ())
    assert kept.climb is not None
    assert kept.climb.next_at == START + 65 * MINUTE
    assert [fired.due - START for fired in move.fired] == [30 * MINUTE, 60 * MINUTE]
    assert [contact.id for contact in move.tells] == [SECOND, "sussex-icb-director"]
    assert after.climb is not None
    assert after.climb.next_at == START + 2 * HOUR, "no step has moved"


def test_escalation_6_an_answer_ends_what_is_in_somebodys_hands_as_well() -> None:
    ladder = the("L1")
    one = replace(owed(ladder), taken=Taken(by="Amara Okafor", until=START + HOUR))

    done, _ = at(one, ladder, START, replace(OPEN, reached=Rung.ACKNOWLEDGED))

    assert done.climb is not None
    assert done.climb.state is ObligationState.DISCHARGED


@pytest.mark.parametrize("wanted", [2, 3])
def test_escalation_4_every_path_of_a_quorum_ends_with_enough_people_and_with_no_fewer(
    wanted: int,
) -> None:
    """Whoever answers, and however else it goes, in every order of what may happen at a look."""
    ladder = replace(the("L1"), people=wanted)
    happenings = ("silent", "one answers", "refused", "held", "down")
    for path in product(happenings, repeat=wanted + 2):
        one, known, now = replace(owed(ladder), people=wanted), OPEN, START
        answered = 0
        for happens in path:
            assert one.climb is not None
            assert one.climb.next_at is not None
            now = max(now, one.climb.next_at) + 6 * HOUR * (happens == "down")
            if happens == "one answers":
                answered += 1
                known = replace(known, reached=Rung.ACKNOWLEDGED, people=answered)
            if happens == "refused":
                known = replace(known, unreachable=known.unreachable | known.told)
            one, move = at(one, ladder, now, replace(known, held=happens == "held"))
            assert one.climb is not None
            known = replace(known, told=known.told | {c.id for c in move.tells})
            met = one.climb.state is ObligationState.DISCHARGED
            assert met == (answered >= wanted), path
            if met:
                break


def test_escalation_4_a_rung_that_machines_reach_asks_for_no_people() -> None:
    ladder = replace(the("L1"), enough=Rung.DELIVERED)

    done, _ = at(owed(ladder), ladder, START, replace(OPEN, reached=Rung.DELIVERED, people=0))

    assert done.climb is not None
    assert done.climb.state is ObligationState.DISCHARGED


def _walk_on(one: Obligation, ladder: Ladder) -> list[Role]:
    seen = []
    for _ in range(3):
        assert one.climb is not None
        assert one.climb.next_at is not None
        one, move = at(one, ladder, one.climb.next_at)
        seen += [party.role for party in asked(move)]
    return seen
