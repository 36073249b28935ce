"""All that one transaction writes about one concern, and what it was planned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final

from hub.concern import Concern, Elsewhere, Party
from hub.decision import Decision, History
from hub.events.envelope import Event, Fault
from hub.frozen import replace
from hub.leaf import Leaf
from hub.notice import Delivery, Notice
from hub.obligation import Obligation, ObligationKind
from hub.receipt import Receipt
from hub.vocabulary import (
    ConcernId,
    DecisionId,
    DeliveryId,
    EventId,
    HoldKind,
    InfoClass,
    NoticeId,
    PublisherId,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """A delivery that is still in the queue: a new hold must be able to stop it."""

    delivery: DeliveryId
    notice: NoticeId
    decision: DecisionId
    event: EventId
    event_source: str
    event_name: str
    party: Party
    classes: frozenset[InfoClass]
    target: str = ""
    """Which mailbox or webhook of the directory it goes to."""
    only_unsent: bool = True
    """False: another delivery of the same notice has been sent, so the party has heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """A notice that nothing has replaced yet, as the newest saying of its subject to its party."""

    notice: NoticeId
    decision: DecisionId
    party: Party
    subject: str
    revision: int
    classes: frozenset[InfoClass]
    asks: bool
    """Whether it asked for an answer by a time."""
    asked_since: datetime | None
    """Since when its party has owed an answer about its subject; None: it owes none now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """A notice that a newer revision has replaced. It stays, with every answer to it."""

    notice: NoticeId
    by: NoticeId


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingHold:
    """One (party, class) held now, by a person or a rule; checked again when sending."""

    party: Party
    info: InfoClass
    kind: HoldKind
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the register knows of one concern, locked for this transaction."""

    concern: Concern | None = None
    version: int = 0
    history: History = field(default_factory=History)
    waiting: tuple[Event, ...] = ()
    """Events kept because they could not follow, oldest first."""
    unsent: tuple[Unsent, ...] = ()
    past: tuple[Event, ...] = ()
    """Every event that followed before, oldest first; read where a party may be found late."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """Other concerns about the same provider that hold it now."""
    revisions: tuple[Revised, ...] = ()
    """The notices that a newer saying of the same may replace, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An event that is kept because it cannot follow yet, and why."""

    source: str
    event: EventId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedEvent:
    """An event that may not be asserted (semantics 15): entered, quarantined, never folded."""

    event: Event
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A delivery taken out of the queue: held, recalled or superseded. Its bytes stay, unsent."""

    delivery: DeliveryId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discharge:
    """Obligations that are met: every open one of this kind and key prefix of the concern."""

    kind: ObligationKind
    key: str
    whole: bool = False
    """True: `key` is the whole key, not a prefix. Publishers name requests as they like."""
    why: str = ""
    """Why it is cancelled; empty: it is met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One atomic entry in the register, for one concern."""

    id: ConcernId
    concern: Concern | None
    """The new snapshot; None while the concern has not been opened."""
    version: int
    """The version that was read; the write makes it one more, or fails."""
    at: datetime
    applied: tuple[tuple[str, EventId], ...] = ()
    """(source, id) of the events folded in now, earlier waiting ones included."""
    waiting: tuple[Waiting, ...] = ()
    refused: tuple[RefusedEvent, ...] = ()
    decisions: tuple[Decision, ...] = ()
    notices: tuple[Notice, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    stops: tuple[Stop, ...] = ()
    superseded: tuple[Superseded, ...] = ()
    holds: frozenset[StandingHold] = frozenset()
    """The whole set that stands after this page."""
    obligations: tuple[Obligation, ...] = ()
    discharges: tuple[Discharge, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    leaves: tuple[Leaf, ...] = ()


_LISTS: Final = tuple(each.name for each in fields(Page) if each.default == ())


def together(pages: Sequence[Page]) -> Page:
    """Return one page that writes all that these do; each is of one concern, read at one version.

    Whatever a page may list is taken: what was left out would be lost without a word.
    """
    whole: dict[str, Any] = {
        name: tuple(one for page in pages for one in getattr(page, name)) for name in _LISTS
    }
    return replace(pages[0], **whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """A message that cannot be taken: its raw bytes and headers, and every fault found."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    publisher: PublisherId | None
    routing_key: str
    faults: tuple[Fault, ...]
    urgent: bool
    """True: a person is rung within 5 minutes (rules.md, semantics 9)."""
    received: datetime
