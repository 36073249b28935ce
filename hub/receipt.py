"""The evidence ladder: receipts are appended, and the rung that may be claimed is their fold.

All orders of the same receipts fold to the same answer (receipts.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from hub.vocabulary import (
    AckStrength,
    AttemptId,
    DeclinedBecause,
    DeliveryId,
    NoticeId,
    Rung,
    Setback,
)

LADDER: Final = tuple(Rung)
"""The rungs, lowest first."""

_STRENGTHS: Final = tuple(AckStrength)
"""How an acknowledgement may be made, the strongest first."""

SAID: Final[dict[Rung, str]] = {
    Rung.QUEUED: "prepared, not yet sent",
    Rung.SUBMITTED: "accepted by our mail server",
    Rung.RELAYED: "accepted by the agency's mail system or gateway",
    Rung.EXPANDED: "accepted by a distribution list; individuals unknown",
    Rung.DELIVERED: "placed in the mailbox, or taken by the agency's system",
    Rung.COLLECTED: "fetched by the agency's system",
    Rung.DISPLAYED: "mail software says it was opened",
    Rung.ACKNOWLEDGED: "acknowledged",
}
"""What each rung is called on screen. "Delivered" is never said for less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A human act: who, in which role, for which organisation, how, of which notice."""

    name: str
    role: str
    organisation: str
    strength: AckStrength


@dataclass(frozen=True, slots=True, kw_only=True)
class Declination:
    """A human act as well: who answered that the notice is not for them, how, and why.

    It stands beside the rungs as the setback `declined`; it never satisfies one.
    """

    name: str
    role: str
    organisation: str
    strength: AckStrength
    because: DeclinedBecause
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One fact about a notice or one of its deliveries, with its raw evidence. Never changed."""

    notice: NoticeId
    delivery: DeliveryId | None
    """None for what is said of the notice itself: an acknowledgement."""
    attempt: AttemptId | None
    at: datetime
    source: str
    """`register`, `smtp`, `webhook`, `code`, `api`, `account`."""
    rung: Rung | None = None
    setback: Setback | None = None
    acknowledgement: Acknowledgement | None = None
    declination: Declination | None = None
    """Only with the setback `declined`."""
    detail: str = ""
    evidence: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    fenced: bool = False
    """True: it came from a worker whose lease had gone; evidence, never state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What may be claimed of one delivery or one notice."""

    rung: Rung
    since: datetime | None
    """Since when the rung stands: of `acknowledged`, since the first acknowledgement."""
    setbacks: tuple[Setback, ...] = ()
    acknowledgement: Acknowledgement | None = None
    """The strongest there is, and of several as strong the first (0037)."""
    acknowledged_at: datetime | None = None
    """When that one was made, which may be after `since`."""

    @property
    def declined(self) -> bool:
        """Whether whoever read it answered that it is not for them, and nobody acknowledged it."""
        return Setback.DECLINED in self.setbacks and self.rung is not Rung.ACKNOWLEDGED


def height(rung: Rung) -> int:
    """Return how high a rung stands, 0 for `queued`."""
    return LADDER.index(rung)


def who_answered(receipts: Iterable[Receipt]) -> tuple[Acknowledgement, ...]:
    """Return the acknowledgement of each different person, the first of each, oldest first.

    One name is one person, whatever role they give and whichever way they answer; so is one
    account. Two accounts of one name are two people.
    """
    ordered = sorted((r for r in receipts if r.acknowledgement and not r.fenced), key=_place)
    people: list[tuple[Acknowledgement, str]] = []
    for receipt in ordered:
        act, account = receipt.acknowledgement, dict(receipt.evidence).get("person", "")
        if act is not None and not any(_same(act, account, *known) for known in people):
            people.append((act, account))
    return tuple(act for act, _ in people)


def _same(act: Acknowledgement, account: str, other: Acknowledgement, of_other: str) -> bool:
    if account and of_other:
        return account == of_other
    return act.name.casefold().split() == other.name.casefold().split()


def fold(receipts: Iterable[Receipt]) -> Reached:
    """Fold the receipts of one delivery, or of all deliveries of one notice, to what they support.

    A failure after a success lowers that delivery to what still stands: `queued`. So does the
    failure of the same try, whichever was written first: its report may outrun its success. An
    acknowledgement is a human act and stands whatever the machines say; of several the strongest is
    claimed, since when the first was made. What a fenced worker brought is evidence, never state.
    Order does not matter.
    """
    counted = (receipt for receipt in receipts if not receipt.fenced)
    ordered = sorted(counted, key=_place)
    acknowledged = [r for r in ordered if r.acknowledgement is not None]
    setbacks = tuple(dict.fromkeys(r.setback for r in ordered if r.setback is not None))
    if acknowledged:
        strongest = min(acknowledged, key=_weakness)
        return Reached(
            rung=Rung.ACKNOWLEDGED,
            since=acknowledged[0].at,
            setbacks=setbacks,
            acknowledgement=strongest.acknowledgement,
            acknowledged_at=strongest.at,
        )
    best: Receipt | None = None
    for receipt in ordered:
        if receipt.rung is None or _undone(receipt, ordered):
            continue
        if best is None or best.rung is None or height(receipt.rung) > height(best.rung):
            best = receipt
    if best is None or best.rung is None:
        return Reached(rung=Rung.QUEUED, since=None, setbacks=setbacks)
    return Reached(rung=best.rung, since=best.at, setbacks=setbacks)


def _weakness(receipt: Receipt) -> int:
    """Return how many ways to acknowledge are stronger than this one's (receipts.md)."""
    act = receipt.acknowledgement
    return len(_STRENGTHS) if act is None else _STRENGTHS.index(act.strength)


def _place(receipt: Receipt) -> tuple[datetime, tuple[str, ...]]:
    """Give each receipt one place among those of its instant, whatever order they came in."""
    act = receipt.acknowledgement
    who = (act.name, act.role, act.organisation, act.strength) if act else ()
    return receipt.at, (
        receipt.delivery or "",
        receipt.attempt or "",
        receipt.detail,
        receipt.rung or "",
        receipt.setback or "",
        *who,
    )


def _undone(receipt: Receipt, others: Iterable[Receipt]) -> bool:
    """Whether a failure of the same try, or a later one of the delivery, took this success back."""
    lost = {Setback.FAILED, Setback.LATE_FAILURE, Setback.EXPIRED}
    return any(
        other.delivery == receipt.delivery
        and other.setback in lost
        and (other.at >= receipt.at or _same_try(other, receipt))
        for other in others
    )


def _same_try(one: Receipt, other: Receipt) -> bool:
    return one.attempt is not None and one.attempt == other.attempt
