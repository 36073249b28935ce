"""The key figures, worked out one record at a time. Pure; takes `now`.

What counts as handed over or acknowledged is what `hub.receipt` says may be claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final, assert_never

from hub.calendar import Calendar
from hub.closure import ESCALATION, Closing, closure_notices, gaps
from hub.concern import Concern, Party
from hub.events.asking import ProviderPapersGiven
from hub.figures import meanings
from hub.figures.figure import Figure, Meaning, Report
from hub.figures.recorded import PLACING, Course, Recorded, Telling, Unconfirmed
from hub.obligation import Obligation, ObligationKind
from hub.plan.fairness import latest_for
from hub.receipt import Receipt, fold, height
from hub.vocabulary import ConcernId, Role, Rung

ALERTED: Final = PLACING | {Role.REGULATOR}
"""Whose alerts are measured: who regulates the service, and who has placed adults there."""


class Tally:
    """Counts what happened from `since` up to `until`, and what stands open at `now` (all UTC).

    `calendars`: the bank holidays of each partnership's pack. Papers of a partnership that this
    hub has no pack of are not counted.
    """

    def __init__(
        self, since: datetime, until: datetime, now: datetime, calendars: Mapping[str, Calendar]
    ) -> None:
        self._since = since
        self._until = until
        self._now = now
        self._calendars = calendars
        self._handed: list[bool] = []
        self._answered: list[bool] = []
        self._first: dict[tuple[str, str], timedelta | None] = {}
        self._placing: dict[tuple[ConcernId, Party], bool] = {}
        self._waiting: list[timedelta] = []
        self._holds: list[bool] = []
        self._papers: list[bool] = []
        self._gaps: list[int] = []

    def take(self, record: Recorded) -> None:
        """Count one record. The order does not matter."""
        match record:
            case Telling():
                self._telling(record)
            case Obligation():
                self._owed(record)
            case Course():
                self._papers.extend(self._papers_late(record))
                if record.unconfirmed is not None:
                    self._gaps.append(_gaps(record.concern, record.unconfirmed, self._now))
            case _:
                assert_never(record)

    def report(self) -> Report:
        """Return every figure of what has been counted so far."""
        ages = [age / timedelta(hours=1) for age in self._waiting]
        quick = meanings.FIRST_WITHIN
        first = [took is not None and took <= quick for took in self._first.values()]
        return Report(
            since=self._since,
            until=self._until,
            at=self._now,
            figures=(
                _share(meanings.HANDED_OVER, self._handed),
                _share(meanings.ACKNOWLEDGED, self._answered),
                _measured(meanings.UNACKNOWLEDGED_MEDIAN, median(ages) if ages else None, ages),
                _measured(meanings.UNACKNOWLEDGED_OLDEST, max(ages, default=None), ages),
                _count(meanings.HOLDS_OVERDUE, self._holds),
                _count(meanings.FOUND_LATE, list(self._placing.values())),
                _count(meanings.PAPERS_LATE, self._papers),
                _count(meanings.CLOSURE_GAPS, self._gaps),
                _share(meanings.FIRST_HANDED_OVER, first),
            ),
        )

    def _telling(self, told: Telling) -> None:
        notice = told.notice
        if notice.party.role in PLACING:
            whose = (notice.concern, notice.party)
            self._placing[whose] = self._placing.get(whose, False) or told.found_late
        if told.stopped_whole:
            return
        handed = handed_over_at(told.receipts)
        if not told.late:
            # What is told late is told again of an event that was entered long before.
            self._count_first(told, handed)
        due = notice.composed_at + meanings.ALERT_WITHIN
        alert = notice.party.role in ALERTED and notice.required is Rung.ACKNOWLEDGED
        if alert and self._now >= due:
            answered = acknowledged_at(told.receipts)
            self._handed.append(handed is not None and handed <= due)
            self._answered.append(answered is not None and answered <= due)

    def _count_first(self, told: Telling, handed: datetime | None) -> None:
        event = (told.event_source, told.notice.event)
        known = self._first.get(event)
        if handed is None and self._now - told.entered < meanings.FIRST_WITHIN:
            return
        took = None if handed is None else handed - told.entered
        self._first[event] = min((t for t in (known, took) if t is not None), default=None)

    def _owed(self, owed: Obligation) -> None:
        if owed.kind is ObligationKind.ANSWER:
            self._waiting.append(max(self._now - owed.opened_at, timedelta(0)))
        elif owed.kind is ObligationKind.REVIEW_HOLD:
            self._holds.append(owed.due < self._now)

    def _papers_late(self, course: Course) -> Iterator[bool]:
        calendar = self._calendars.get(course.concern.partnership)
        if calendar is None:
            return
        starts = {m.starts_at for m in course.concern.meetings if m.kind == "findings"}
        for starts_at in starts:
            key = starts_at.astimezone(UTC).isoformat()
            papers = course.concern.last(ProviderPapersGiven, key)
            if papers is not None and self._since <= starts_at < self._until:
                yield papers.given_at > latest_for(starts_at, calendar)


def handed_over_at(receipts: Sequence[Receipt]) -> datetime | None:
    """Return since when it may be claimed that a notice left us, or was answered; None: it may not.

    A success that a later failure of the same delivery took back is none (receipts.md).
    """
    standing = (
        receipt
        for receipt in receipts
        if receipt.rung is not None
        and height(receipt.rung) >= height(Rung.SUBMITTED)
        and _stands(receipt, receipts)
    )
    return min((receipt.at for receipt in standing), default=None)


def acknowledged_at(receipts: Sequence[Receipt]) -> datetime | None:
    """Return when a person first acknowledged a notice; None: nobody has."""
    reached = fold(receipts)
    return reached.since if reached.rung is Rung.ACKNOWLEDGED else None


def _gaps(concern: Concern, closure: Unconfirmed, now: datetime) -> int:
    """Return how many gaps the closure page names at `now`, no waiver offered (004 11.1)."""
    by_id = {told.notice.id: told for told in closure.notices}
    newest = closure_notices(closure.history, [told.notice for told in closure.notices])
    closing = {party: _closing(by_id[notice.id]) for party, notice in newest.items()}
    escalated = [told for told in closure.notices if told.notice.template == ESCALATION]
    last = max(escalated, key=lambda t: (t.notice.composed_at, t.notice.id), default=None)
    answered = None if last is None else _closing(last)
    return len(gaps(concern, closure.history, closing, now, (), answered))


def _closing(told: Telling) -> Closing:
    return Closing(
        notice=told.notice.id,
        reached=fold(told.receipts),
        required=told.notice.required,
        deliveries=told.deliveries,
    )


def _stands(receipt: Receipt, receipts: Sequence[Receipt]) -> bool:
    """Whether nothing has taken this success back, and no fence keeps it out."""
    same = [
        other
        for other in receipts
        if other is receipt or (other.delivery == receipt.delivery and other.setback is not None)
    ]
    return fold(same).rung is receipt.rung


def _share(meaning: Meaning, held: Sequence[bool]) -> Figure:
    return _measured(meaning, sum(held) / len(held) if held else None, held)


def _count(meaning: Meaning, found: Sequence[int]) -> Figure:
    return _measured(meaning, sum(found) if found else None, found)


def _measured(meaning: Meaning, value: float | None, over: Sequence[object]) -> Figure:
    return Figure(meaning=meaning, value=value, of=len(over))
