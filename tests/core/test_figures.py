"""The key figures: worked out by hand once, and never better than the evidence (000 10, N048)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.calendar import Calendar
from hub.concern import Concern, Said
from hub.decision import History
from hub.events.asking import ProviderPapersGiven
from hub.events.meetings import MeetingScheduled
from hub.figures import Course, Figure, Recorded, Tally, Telling, Unconfirmed, Unit, Verdict
from hub.figures.tally import acknowledged_at, handed_over_at
from hub.obligation import ObligationKind
from hub.receipt import Receipt, fold
from hub.vocabulary import DeliveryId, EventId, Role, Rung, Setback
from tests.core import closing
from tests.core.measured import (
    CQC,
    END,
    KENT,
    NOBODY,
    NOW,
    START,
    SURREY,
    answer,
    owed,
    proof,
    told,
)
from tests.core.packs import pack

SECONDS: Final = timedelta(seconds=1)
HOURS: Final = timedelta(hours=1)
FRIDAY: Final = datetime(2027, 3, 12, 10, tzinfo=UTC)
CALENDARS: Final[dict[str, Calendar]] = {"west-sussex": pack().calendar}


def figures(*records: Recorded, now: datetime = NOW) -> dict[str, Figure]:
    """Every figure of March, by its key."""
    tally = Tally(START, END, now, CALENDARS)
    for record in records:
        tally.take(record)
    return {figure.meaning.key: figure for figure in tally.report().figures}


def values(found: dict[str, Figure]) -> dict[str, tuple[float | None, int, Verdict]]:
    return {key: (figure.value, figure.of, figure.verdict) for key, figure in found.items()}


def with_papers(given_at: datetime, meeting: datetime = FRIDAY, **changes: object) -> Concern:
    """A concern whose findings meeting is on Friday 12 March."""
    papers = ProviderPapersGiven.model_validate(
        {
            "meeting_at": meeting.isoformat(),
            "given_at": given_at.isoformat(),
            "papers": "draft findings",
            "given_by": {"name": "Robin Hale", "role": "Chair"},
        }
    )
    meetings = MeetingScheduled.model_validate(
        {"kind": "findings", "starts_at": meeting.isoformat(), "place": "County Hall"}
    )
    said = Said(event=EventId("e"), source="s", at=given_at, about=papers.about(), data=papers)
    return closing.concern(meetings=(meetings,), said=(said,), **changes)


def test_N048_a_month_worked_out_by_hand() -> None:
    in_time = Course(concern=with_papers(datetime(2027, 3, 9, 16, tzinfo=UTC)))
    too_late = Course(concern=with_papers(datetime(2027, 3, 10, 9, tzinfo=UTC)))

    found = figures(
        # Three alerts: in time and answered; answered after 25 hours; bounced after two hours.
        told(1, CQC, proof(4 * SECONDS), answer(3 * HOURS)),
        told(2, SURREY, proof(11 * SECONDS), answer(25 * HOURS)),
        told(3, CQC, proof(2 * SECONDS), proof(2 * HOURS, None, setback=Setback.LATE_FAILURE)),
        # Told late, and handed over and answered at once: an alert, and no first hand-over.
        told(4, KENT, proof(SECONDS), answer(HOURS), late=True, event="e1"),
        # To the police: no alert of these two; a hold stopped the other: nobody was to hear.
        told(5, closing.POLICE, proof(9 * SECONDS)),
        told(6, SURREY, stopped=1),
        # Open now: 12, 24 and 120 hours old. Two holds, one of them past its review.
        owed(ObligationKind.ANSWER, 1, NOW - 12 * HOURS, NOW),
        owed(ObligationKind.ANSWER, 2, NOW - 24 * HOURS, NOW),
        owed(ObligationKind.ANSWER, 3, NOW - 120 * HOURS, NOW),
        owed(ObligationKind.REVIEW_HOLD, 4, START, NOW - HOURS),
        owed(ObligationKind.REVIEW_HOLD, 5, START, NOW + HOURS),
        owed(ObligationKind.PERSON, 6, START, START),
        in_time,
        too_late,
    )

    assert values(found) == {
        "alerts-handed-over": (3 / 4, 4, Verdict.NOT_MET),
        "alerts-acknowledged": (2 / 4, 4, Verdict.NOT_MET),
        "unacknowledged-median": (24.0, 3, Verdict.NO_TARGET),
        "unacknowledged-oldest": (120.0, 3, Verdict.NO_TARGET),
        "holds-overdue": (1, 2, Verdict.NOT_MET),
        "found-late": (1, 2, Verdict.NOT_MET),
        "papers-late": (1, 2, Verdict.NOT_MET),
        "closure-gaps": (None, 0, Verdict.NOTHING),
        # Events 1 and 5 within ten seconds; 2 after eleven; 3 came back.
        "first-hand-over": (2 / 4, 4, Verdict.NOT_MET),
    }


def test_N048_where_there_is_nothing_to_measure_nothing_is_met() -> None:
    found = figures()

    assert {figure.verdict for figure in found.values()} == {Verdict.NOTHING}
    assert {figure.value for figure in found.values()} == {None}
    assert {figure.of for figure in found.values()} == {0}


def test_M024_M026_an_alert_that_has_time_left_is_not_judged_yet() -> None:
    alert = told(1, CQC, proof(SECONDS))

    before = figures(alert, now=START + 23 * HOURS)
    after = figures(alert, now=START + 24 * HOURS)

    assert before["alerts-acknowledged"].verdict is Verdict.NOTHING
    assert (after["alerts-handed-over"].value, after["alerts-acknowledged"].value) == (1, 0)


def test_M026_a_placing_icb_counts_as_a_placing_authority_and_a_note_is_no_alert() -> None:
    icb = replace(SURREY, role=Role.PLACING_ICB)

    found = figures(told(1, icb, answer(HOURS)), told(2, CQC, required=Rung.RELAYED))

    assert values(found)["alerts-acknowledged"] == (1, 1, Verdict.MET)


def test_M014_an_event_that_told_nobody_yet_is_not_judged_before_ten_seconds() -> None:
    silent = told(1, CQC)

    assert figures(silent, now=START + 9 * SECONDS)["first-hand-over"].of == 0
    assert figures(silent, now=START + 10 * SECONDS)["first-hand-over"].value == 0


def test_M014_the_first_of_an_events_notices_counts_whatever_comes_first() -> None:
    tellings = [
        told(1, CQC, proof(30 * SECONDS), event="e"),
        told(2, SURREY, proof(3 * SECONDS), event="e"),
        told(3, KENT, event="e"),
    ]

    for order in (tellings, tellings[::-1]):
        assert values(figures(*order))["first-hand-over"] == (1, 1, Verdict.MET)


@pytest.mark.parametrize(
    ("concern", "of"),
    [
        (with_papers(FRIDAY - timedelta(days=3)), 1),
        (with_papers(END - timedelta(days=9), meeting=END), 0),
        (with_papers(FRIDAY - timedelta(days=3), partnership="elsewhere"), 0),
        (closing.concern(), 0),
    ],
)
def test_M084_only_meetings_of_this_time_whose_papers_were_given_are_counted(
    concern: Concern, of: int
) -> None:
    assert figures(Course(concern=concern))["papers-late"].of == of


def test_M102_the_gaps_are_those_of_the_closure_page() -> None:
    concern, history = closing.concern(), closing.history(*closing.MINIMUM)
    closed = tuple(
        told(
            number,
            party,
            answer(HOURS),
            template="closure-notice",
            at=closing.NOW,
            concern=concern.id,
        )
        for number, party in enumerate(closing.MINIMUM)
    )
    silent = Unconfirmed(history=history)
    answered = Unconfirmed(history=history, notices=_as_decided(closed, history))

    nobody_told = figures(Course(concern=concern, unconfirmed=silent))["closure-gaps"]
    all_told = figures(Course(concern=concern, unconfirmed=answered))["closure-gaps"]
    confirmed = figures(Course(concern=concern))["closure-gaps"]

    assert (nobody_told.value, nobody_told.of) == (len(closing.MINIMUM), 1)
    assert nobody_told.verdict is Verdict.NOT_MET
    assert (all_told.value, all_told.of, all_told.verdict) == (0, 1, Verdict.MET)
    assert confirmed.verdict is Verdict.NOTHING


def _as_decided(tellings: tuple[Telling, ...], history: History) -> tuple[Telling, ...]:
    """Give each closure notice the decision that authorised it."""
    decided = {t.party: t.decision for t in history.told if t.event_name == "closure.authorised"}
    return tuple(
        replace(t, notice=replace(t.notice, decision=decided[t.notice.party])) for t in tellings
    )


# Whatever comes

_RECEIPTS = st.builds(
    lambda minute, delivery, rung, setback, fenced: proof(
        timedelta(minutes=minute),
        None if setback else rung,
        delivery=None if rung is Rung.ACKNOWLEDGED and not setback else DeliveryId(delivery),
        setback=setback,
        acknowledgement=NOBODY if rung is Rung.ACKNOWLEDGED and not setback else None,
        fenced=fenced,
    ),
    st.integers(0, 5),
    st.sampled_from(["mail", "hook"]),
    st.sampled_from(Rung),
    st.sampled_from([None, None, *Setback]),
    st.booleans(),
)
_TELLINGS = st.builds(
    lambda number, party, receipts, late, stopped: told(
        number, party, *receipts, late=late, stopped=stopped
    ),
    st.integers(0, 3),
    st.sampled_from([CQC, SURREY, KENT, closing.POLICE]),
    st.lists(_RECEIPTS, max_size=4),
    st.booleans(),
    st.integers(0, 1),
)


@given(st.lists(_RECEIPTS, max_size=6))
def test_B04_nothing_counts_as_handed_over_that_may_not_be_claimed(receipts: list[Receipt]) -> None:
    reached = fold(receipts)

    assert (handed_over_at(receipts) is None) == (reached.rung is Rung.QUEUED)
    assert (acknowledged_at(receipts) is None) == (reached.rung is not Rung.ACKNOWLEDGED)


@given(st.lists(_TELLINGS, max_size=6), st.randoms(use_true_random=False))
def test_N048_any_order_of_the_records_gives_the_same_figures(
    tellings: list[Telling], chosen: object
) -> None:
    shuffled = list(tellings)
    chosen.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random that hypothesis drives

    assert figures(*tellings) == figures(*shuffled)


@given(st.lists(_TELLINGS, max_size=6))
def test_N048_a_share_is_a_share_and_said_of_nothing_only_where_there_is_nothing(
    tellings: list[Telling],
) -> None:
    for figure in figures(*tellings).values():
        assert (figure.value is None) == (figure.of == 0) == (figure.verdict is Verdict.NOTHING)
        if figure.value is not None and figure.meaning.unit is Unit.SHARE:
            assert 0 <= figure.value <= 1


@given(_TELLINGS, st.lists(_TELLINGS, max_size=4))
def test_N048_a_further_failure_never_betters_a_figure(
    failing: Telling, others: Iterable[Telling]
) -> None:
    lost = proof(timedelta(minutes=9), None, setback=Setback.LATE_FAILURE)
    worse = replace(
        failing,
        receipts=(
            *failing.receipts,
            replace(lost, delivery=DeliveryId("mail")),
            replace(lost, delivery=DeliveryId("hook")),
        ),
    )

    before, after = figures(failing, *others), figures(worse, *others)

    for key in ("alerts-handed-over", "alerts-acknowledged", "first-hand-over"):
        assert before[key].of == after[key].of
        assert (after[key].value or 0) <= (before[key].value or 0)
