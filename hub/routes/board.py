"""What the board of one concern shows, worked out from the register's own record. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final

from hub.access import Official
from hub.concern import Concern, Party
from hub.decision import Decision, Hold, NotDue, Withhold
from hub.directory import Directory
from hub.obligation import Obligation, ObligationKind, Taken
from hub.ports import ConcernRecord, NoticeRecord
from hub.receipt import LADDER, SAID, Reached, Receipt, fold, height
from hub.routes.held import HeldFrom, held_from
from hub.routes.naming import WENT_WRONG, held_words, named, notice_words, party_name
from hub.routes.owing import Owed, in_hand, owed_as_shown, quorum_words
from hub.vocabulary import DeliveryId, Rung

ALWAYS_SHOWN: Final = (
    Rung.QUEUED,
    Rung.SUBMITTED,
    Rung.RELAYED,
    Rung.DELIVERED,
    Rung.ACKNOWLEDGED,
)
"""The rungs that have a column whether or not anything reached them."""

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Stands(IntEnum):
    """How a party stands, the most pressing first."""

    UNTOLD = 0
    HELD = 1
    UNPROVEN = 2
    """Somebody there has read a later notice; an earlier one is only known to have left us."""
    WAITING = 3
    ANSWERED = 4
    NOTHING_DUE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One rung of one notice: when, and where its raw evidence is."""

    rung: Rung
    says: str
    at: datetime | None
    href: str
    """Empty where nothing reached this rung."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One notice to one party."""

    notice: str
    href: str
    says: str
    """What the notice is, such as `Concern opened`."""
    written: datetime
    reached: Reached
    required: Rung
    cells: tuple[Cell, ...]
    setbacks: tuple[tuple[str, str], ...]
    """What went wrong, each with the address of its evidence."""
    answer_due: datetime | None
    overdue: bool
    declined: bool
    """Whoever read it answered that it is not for them, and nobody has acknowledged it."""
    answered: bool
    """Whether all that it asked for has come, and nothing of it is owed any more."""
    owed: str
    """The id of the answer that is owed to it; empty: none is."""
    taken: Taken | None
    """Who has that in hand now; None: nobody."""
    quorum: str
    """How many of those who must answer have, such as `2 of 3 have answered`; else empty."""
    revision: int
    newer: int | None
    """The newest revision, which stands in its place; None: this is the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One party: how it stands, why, and every notice to it, oldest first."""

    party: Party
    name: str
    stands: Stands
    why: str
    href: str
    """The notice that `why` is about; empty where it is about none."""
    late: Row | None
    """The notice whose answer is overdue longest; None where none is."""
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The board of one concern."""

    concern: Concern
    lead: str
    rungs: tuple[tuple[Rung, str], ...]
    lanes: tuple[Lane, ...]
    untold: tuple[Lane, ...]
    unproven: tuple[Lane, ...]
    """They answer, and of an earlier notice there is no evidence that it arrived."""
    kept_from: tuple[Lane, ...]
    """Untold on purpose."""
    late: tuple[Lane, ...]
    """Sent to, and silent past the time by which they were asked to answer."""
    held: tuple[HeldFrom, ...]
    owed: tuple[Owed, ...]
    """Open, answers to notices apart: those stand beside their notices."""
    answers_overdue: int
    answers_later: int
    waiting: tuple[tuple[str, str], ...]
    attested: bool

    @property
    def acknowledged(self) -> tuple[int, int]:
        """Where a person has acknowledged every notice in force, of how many parties that have one.

        What only arrived does not count.
        """
        rungs = [{r.reached.rung for r in lane.rows if r.newer is None} for lane in self.lanes]
        return rungs.count({Rung.ACKNOWLEDGED}), sum(map(bool, rungs))


def board(record: ConcernRecord, directory: Directory, person: Official, now: datetime) -> Board:
    """Return the board, parties who are still untold first."""
    concern = record.concern
    parties = dict.fromkeys((*concern.parties(), *(n.notice.party for n in record.notices)))
    rungs = _shown(record.notices)
    answers = [o.due < now for o in record.obligations if o.kind is ObligationKind.ANSWER]
    lanes = [_lane(record, party, directory, rungs, now) for party in parties]
    lanes.sort(key=lambda lane: (lane.stands, _since(lane)))
    return Board(
        concern=concern,
        lead=named(concern.lead_agency, directory) if concern.lead_agency else "not set yet",
        rungs=tuple((rung, _column(rung)) for rung in rungs),
        lanes=tuple(lanes),
        untold=tuple(lane for lane in lanes if lane.stands is Stands.UNTOLD),
        unproven=tuple(lane for lane in lanes if lane.stands is Stands.UNPROVEN),
        kept_from=tuple(lane for lane in lanes if lane.stands is Stands.HELD),
        late=tuple(
            lane
            for lane in sorted(lanes, key=_since)
            if lane.late and lane.stands is not Stands.UNTOLD
        ),
        held=held_from(record.holds, directory, person),
        owed=tuple(
            owed_as_shown(each, directory, now)
            for each in record.obligations
            if each.kind is not ObligationKind.ANSWER
        ),
        answers_overdue=answers.count(True),
        answers_later=answers.count(False),
        waiting=tuple((str(event), why) for event, why in record.waiting),
        attested=record.attestation is not None,
    )


def evidence_address(concern: str, delivery: DeliveryId) -> str:
    """Return where the raw evidence of one delivery is shown."""
    return f"/concerns/{concern}/evidence/{delivery}"


def _shown(notices: Iterable[NoticeRecord]) -> tuple[Rung, ...]:
    seen = {receipt.rung for each in notices for receipt in each.receipts}
    return tuple(rung for rung in LADDER if rung in ALWAYS_SHOWN or rung in seen)


def _column(rung: Rung) -> str:
    # Once it has been sent, "not yet sent" beside a time would be wrong.
    return "prepared" if rung is Rung.QUEUED else SAID[rung]


def _lane(
    record: ConcernRecord,
    party: Party,
    directory: Directory,
    rungs: tuple[Rung, ...],
    now: datetime,
) -> Lane:
    mine = [each for each in record.notices if each.notice.party == party]
    rows = tuple(_row(each, rungs, record.obligations, now) for each in mine)
    stands, why, href = _stands(record, party, rows)
    return Lane(
        party=party,
        name=party_name(party, directory),
        stands=stands,
        why=why,
        href=href,
        late=min((row for row in rows if row.overdue), key=_due, default=None),
        rows=rows,
    )


def _stands(record: ConcernRecord, party: Party, rows: tuple[Row, ...]) -> tuple[Stands, str, str]:
    sent = height(Rung.SUBMITTED)
    rows = tuple(row for row in rows if row.newer is None)
    unreached = [row for row in rows if row.declined or height(row.reached.rung) <= sent]
    untold = [row for row in unreached if not _somebody_reads(row, rows)]
    if untold:
        return Stands.UNTOLD, _unreached_words(untold), _most_pressing(untold).href
    held = record.standing.history.still_held(party)
    if held:
        return Stands.HELD, f"must not hear {held_words(held)}; on purpose", ""
    if unreached:
        why = f"has answered a later notice; {_unreached_words(unreached)}"
        return Stands.UNPROVEN, why, _most_pressing(unreached).href
    unanswered = [row for row in rows if not row.answered]
    if unanswered:
        worst = _most_pressing(unanswered)
        so_far = f": {worst.quorum}" if worst.quorum else ""
        return Stands.WAITING, f"“{worst.says}” is not acknowledged{so_far}", worst.href
    if rows:
        return Stands.ANSWERED, "every notice has the answer it asked for", ""
    return Stands.NOTHING_DUE, _why_nothing(record.decisions, party), ""


def _somebody_reads(unreached: Row, rows: tuple[Row, ...]) -> bool:
    """Whether it left us, and a person there has since acknowledged a later notice."""
    left = unreached.declined or unreached.reached.rung is Rung.SUBMITTED
    return left and any(
        row.reached.rung is Rung.ACKNOWLEDGED and row.written > unreached.written for row in rows
    )


def _unreached_words(rows: list[Row]) -> str:
    worst, more = _most_pressing(rows), len(rows) - 1
    others = f"; and {more} more {'notice' if more == 1 else 'notices'}" if more else ""
    return f"“{worst.says}” {_so_far(worst.reached)}{others}"


def _due(row: Row) -> datetime:
    return row.answer_due or _NEVER


def _since(lane: Lane) -> datetime:
    """Since when an answer has been overdue; what is overdue longest sorts first."""
    return _due(lane.late) if lane.late else _NEVER


def _most_pressing(rows: Iterable[Row]) -> Row:
    """Return the overdue before what went wrong before the rest; of equals the newest."""
    return max(rows, key=lambda row: (row.overdue, bool(row.setbacks), row.written))


def _so_far(reached: Reached) -> str:
    wrong = " and ".join(WENT_WRONG[setback] for setback in reached.setbacks)
    if reached.rung is Rung.QUEUED and wrong:
        return wrong
    no_further = "only " if reached.rung is Rung.SUBMITTED else ""
    return f"is {no_further}{SAID[reached.rung]}" + (f", and {wrong}" if wrong else "")


def _why_nothing(decisions: tuple[Decision, ...], party: Party) -> str:
    mine = [d for d in decisions if d.party == party]
    if not mine:
        return "nothing was decided for it yet"
    newest = mine[-1]
    if isinstance(newest, NotDue | Withhold | Hold):
        return f"{newest.reason.sentence} ({newest.reason.paragraph})"
    return "nothing was due"


def _row(
    record: NoticeRecord, rungs: tuple[Rung, ...], owed: Iterable[Obligation], now: datetime
) -> Row:
    notice = record.notice
    mine = [o for o in owed if o.notice == notice.id]
    due = next((o.due for o in mine), None)
    asked = next((o for o in mine if o.kind is ObligationKind.ANSWER), None)
    base = f"/concerns/{notice.concern}/notices/{notice.id}"
    reached = fold(record.receipts)
    return Row(
        notice=notice.id,
        href=base,
        says=notice_words(notice.template),
        written=notice.composed_at,
        reached=reached,
        required=notice.required,
        cells=tuple(_cell(record, rung, base) for rung in rungs),
        setbacks=_setbacks(record, base),
        answer_due=due,
        overdue=due is not None and due < now,
        declined=reached.declined,
        answered=due is None
        and not reached.declined
        and height(reached.rung) >= height(notice.required),
        quorum=quorum_words(record),
        owed=asked.id if asked else "",
        taken=in_hand(asked, now),
        revision=notice.revision,
        newer=record.newer[1] if record.newer else None,
    )


def _cell(record: NoticeRecord, rung: Rung, base: str) -> Cell:
    if rung is Rung.QUEUED:
        at = record.notice.composed_at
        return Cell(rung=rung, says=_column(rung), at=at, href=base)
    proof = next((r for r in record.receipts if r.rung is rung and _stands_still(r, record)), None)
    if proof is None:
        return Cell(rung=rung, says=SAID[rung], at=None, href="")
    return Cell(rung=rung, says=SAID[rung], at=proof.at, href=_evidence(proof, record, base))


def _stands_still(proof: Receipt, record: NoticeRecord) -> bool:
    """Whether no later failure of the same delivery took this back, and no fence keeps it out."""
    same = (
        r
        for r in record.receipts
        if r is proof or (r.delivery == proof.delivery and r.setback is not None)
    )
    return fold(same).rung is proof.rung


def _setbacks(record: NoticeRecord, base: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for receipt in record.receipts:
        if receipt.setback is not None:
            found.setdefault(WENT_WRONG[receipt.setback], _evidence(receipt, record, base))
    return tuple(found.items())


def _evidence(receipt: Receipt, record: NoticeRecord, base: str) -> str:
    if receipt.delivery is None:
        return f"{base}#answers"
    return evidence_address(record.notice.concern, receipt.delivery)
