"""What waits for whom, over all concerns of one authority: is anybody still untold? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final

from hub.access import Act, Official
from hub.answers.replies import mail_of
from hub.calendar import LONDON
from hub.directory import Directory
from hub.obligation import Obligation, ObligationKind
from hub.ports import ConcernRecord
from hub.routes.board import Board, Lane, Row, board
from hub.routes.naming import party_name
from hub.routes.owing import in_hand
from hub.vocabulary import ConcernId

MOST_SHOWN: Final = 100
"""Rows of one list; the page says how many there are in all."""

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Pressing(IntEnum):
    """When something is for whoever reads this, the most pressing first."""

    OVERDUE = 0
    TODAY = 1
    OTHERS = 2
    LATER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """What to do now: where, and in which words."""

    href: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which concern a row is of."""

    id: ConcernId
    reference: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One row of My work."""

    of: Place
    whom: str
    what: str
    since: datetime
    due: datetime | None
    pressing: Pressing
    do: tuple[Do, ...]
    hands: str
    """Who has it in hand; empty: nobody."""
    notice: str = ""
    """The notice that it is about; empty: none."""
    owed: str = ""
    """The id of what is owed; empty: nothing is."""
    mail: str = ""
    """The reply that somebody must read; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """A party that has not been told: by mistake, or on purpose."""

    of: Place
    name: str
    why: str
    do: Do


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """My work: what one look has to show."""

    concerns: int
    untold: tuple[Untold, ...]
    kept_from: tuple[Untold, ...]
    """Untold on purpose."""
    overdue: tuple[Task, ...]
    today: tuple[Task, ...]
    others: tuple[Task, ...]
    later: int
    """How many of their own tasks fall due after today."""

    @property
    def sentence(self) -> str:
        """Answer in one sentence whether anybody is still untold."""
        if not self.concerns:
            return "There are no concerns yet, so nobody is untold."
        kept = f"; {_people(self.kept_from)} kept from it on purpose" if self.kept_from else ""
        if not self.untold:
            return f"No, nobody is untold by mistake in {_concerns(self.concerns)}{kept}."
        where = len({each.of.id for each in self.untold})
        return f"Yes: {_people(self.untold)} still untold, in {_concerns(where)}{kept}."


def my_work(
    records: Iterable[ConcernRecord], directory: Directory, person: Official, now: datetime
) -> Work:
    """Return what waits, of all these concerns, for a person of their host authority."""
    tasks: list[Task] = []
    untold: list[Untold] = []
    kept: list[Untold] = []
    concerns = 0
    for record in records:
        concerns += 1
        place, shown = place_of(record), board(record, directory, person, now)
        untold.extend(_untold(place, lane, lane.href) for lane in shown.untold)
        held = f"/concerns/{place.id}/held"
        kept.extend(_untold(place, lane, held) for lane in shown.kept_from)
        tasks.extend(_of_notices(place, shown, person, now))
        tasks.extend(_of_obligations(place, record, directory, person, now))
        tasks.extend(_of_closure(place, record, now, person))
    tasks.sort(key=lambda task: (task.due or _NEVER, task.since))
    return Work(
        concerns=concerns,
        untold=tuple(untold),
        kept_from=tuple(kept),
        overdue=_these(tasks, Pressing.OVERDUE),
        today=_these(tasks, Pressing.TODAY),
        others=_these(tasks, Pressing.OTHERS),
        later=len(_these(tasks, Pressing.LATER)),
    )


def place_of(record: ConcernRecord) -> Place:
    """Return which concern this is, as a row names it."""
    concern = record.concern
    return Place(id=concern.id, reference=concern.reference, name=concern.service.location_name)


def _untold(place: Place, lane: Lane, href: str) -> Untold:
    return Untold(
        of=place,
        name=lane.name,
        why=lane.why,
        do=Do(href=href or f"/concerns/{place.id}", says="Look at it"),
    )


def _of_notices(place: Place, shown: Board, person: Official, now: datetime) -> Iterator[Task]:
    """Yield each notice that somebody has not been reached by, or has not answered."""
    for lane in shown.lanes:
        for row in lane.rows:
            missing = bool(lane.href) and row.href == lane.href and lane in shown.untold
            if row.newer is not None or not (missing or row.answer_due):
                continue
            ours = missing or lane.party.agency == person.agency
            yield Task(
                of=place,
                whom=lane.name,
                what=lane.why if missing else _unanswered(row),
                since=row.written,
                due=row.answer_due,
                pressing=_pressing(
                    row.answer_due, now, ours=ours, taken=row.taken is not None, missing=missing
                ),
                do=_about_notice(place, row, person),
                hands=row.taken.by if row.taken else "",
                notice=row.notice,
                owed=row.owed,
            )


def _unanswered(row: Row) -> str:
    so_far = f": {row.quorum}" if row.quorum else ""
    return f"“{row.says}” is not acknowledged{so_far}"


def _about_notice(place: Place, row: Row, person: Official) -> tuple[Do, ...]:
    if not person.may(Act.STEER):
        return (Do(href=row.href, says="See the notice"),)
    told = Do(href=f"{row.href}/told", says="Record a call")
    if not row.owed or row.taken:
        return (told,)
    return told, Do(href=f"/concerns/{place.id}/owed/{row.owed}", says="Take it in hand")


def _of_obligations(
    place: Place,
    record: ConcernRecord,
    directory: Directory,
    person: Official,
    now: datetime,
) -> Iterator[Task]:
    """Yield whatever else is open; answers stand with their notices."""
    for owed in record.obligations:
        if owed.kind is ObligationKind.ANSWER:
            continue
        taken = in_hand(owed, now)
        yield Task(
            of=place,
            whom=party_name(owed.party, directory),
            what=owed.says or str(owed.kind),
            since=owed.opened_at,
            due=owed.due,
            pressing=_pressing(
                owed.due, now, ours=owed.party.agency == person.agency, taken=taken is not None
            ),
            do=_about_obligation(place, owed, person, taken=taken is not None),
            hands=taken.by if taken else "",
            notice=owed.notice or "",
            owed=owed.id,
            mail=mail_of(owed),
        )


def _about_obligation(
    place: Place, owed: Obligation, person: Official, *, taken: bool
) -> tuple[Do, ...]:
    steers = person.may(Act.STEER)
    if steers and (mail := mail_of(owed)):
        return (Do(href=f"/concerns/{place.id}/replies/{mail}", says="Read the reply"),)
    found = []
    if owed.kind in {ObligationKind.REVIEW_HOLD, ObligationKind.ENDORSE}:
        found.append(Do(href=f"/concerns/{place.id}/held", says="See what is held"))
    if steers and not taken:
        found.append(Do(href=f"/concerns/{place.id}/owed/{owed.id}", says="Take it in hand"))
    return tuple(found) or (Do(href=f"/concerns/{place.id}", says="See the concern"),)


def _of_closure(
    place: Place, record: ConcernRecord, now: datetime, person: Official
) -> Iterator[Task]:
    """Yield that the Chair has authorised the end, and nobody has confirmed that all are told."""
    authorised = record.concern.closure_authorised
    if authorised is None or record.attestation is not None:
        return
    says = "Check and confirm closure" if person.may(Act.STEER) else "See who is missing"
    closing = [
        n.notice.composed_at for n in record.notices if n.notice.template == "closure-notice"
    ]
    yield Task(
        of=place,
        whom="Lead enquiry officer",
        what="the end is authorised, and nobody has confirmed that every agency was told",
        since=min(closing, default=now),
        due=None,
        pressing=Pressing.TODAY,
        do=(Do(href=f"/concerns/{place.id}/closure", says=says),),
        hands="",
    )


def _pressing(
    due: datetime | None, now: datetime, *, ours: bool, taken: bool, missing: bool = False
) -> Pressing:
    """Return when it is for the reader: what somebody has in hand is that person's for now."""
    if due is not None and due < now:
        return Pressing.OTHERS if taken else Pressing.OVERDUE
    if taken or not ours:
        return Pressing.OTHERS
    today = due is None or due.astimezone(LONDON).date() <= now.astimezone(LONDON).date()
    return Pressing.TODAY if missing or today else Pressing.LATER


def _these(tasks: Iterable[Task], pressing: Pressing) -> tuple[Task, ...]:
    return tuple(task for task in tasks if task.pressing is pressing)


def _people(some: tuple[Untold, ...]) -> str:
    return f"{len(some)} {'party is' if len(some) == 1 else 'parties are'}"


def _concerns(count: int) -> str:
    return f"{count} {'concern' if count == 1 else 'concerns'}"
