"""What one transaction changed that publishers may have to be told: gathered, told at its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from hub.adapters.register.records import Known
from hub.attestation import Attestation
from hub.facts.telling import Fact, Kept
from hub.vocabulary import ConcernId, NoticeId


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBefore:
    """What was held of one concern before a page, and after it."""

    concern: ConcernId
    version: int
    """After the page."""
    before: frozenset[Kept]
    after: frozenset[Kept]


@dataclass(slots=True, kw_only=True)
class Changes:
    """Gathered while the transaction is open."""

    queued: list[Fact] = field(default_factory=list)
    """That notices wait to be sent."""
    held: list[HeldBefore] = field(default_factory=list)
    receipts: defaultdict[tuple[ConcernId, NoticeId], set[int]] = field(
        default_factory=lambda: defaultdict(set)
    )
    """The numbers of those that were appended."""
    opened: list[Known] = field(default_factory=list)
    """Rows of obligations that were not open before."""
    overdue: list[Known] = field(default_factory=list)
    discharging: set[ConcernId] = field(default_factory=set)
    """Concerns of which obligations may have been discharged at this transaction's instant."""
    attested: list[Attestation] = field(default_factory=list)

    def appended(self, rows: Iterable[Known]) -> None:
        """Note receipts as they were appended: `seq`, `notice_id` and `concern_id` of each."""
        for row in rows:
            about = (ConcernId(row["concern_id"]), NoticeId(row["notice_id"]))
            self.receipts[about].add(row["seq"])

    def add(self, other: Changes) -> None:
        """Note all that another part of the same transaction has gathered."""
        self.queued += other.queued
        self.held += other.held
        for about, numbers in other.receipts.items():
            self.receipts[about] |= numbers
        self.opened += other.opened
        self.overdue += other.overdue
        self.discharging |= other.discharging
        self.attested += other.attested

    def concerns(self) -> tuple[ConcernId, ...]:
        """Return every concern of which there may be a fact, in the order of their ids."""
        found = {
            *(fact.concern for fact in self.queued),
            *(held.concern for held in self.held if held.before != held.after),
            *(concern for concern, _ in self.receipts),
            *(ConcernId(row["concern_id"]) for row in (*self.opened, *self.overdue)),
            *self.discharging,
            *(ConcernId(made.concern) for made in self.attested),
        }
        return tuple(sorted(found))
