"""What passes between the shell and the register, the broker and the web."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from hub.closure import Attestation
from hub.concern import Concern
from hub.decision import Decision
from hub.directory import Directory
from hub.facts import Told
from hub.leaf import Leaf
from hub.notice import Delivery, Leased, Notice, Outcome
from hub.obligation import Obligation
from hub.page import Discharge, Poison, Standing, StandingHold
from hub.receipt import Receipt
from hub.vocabulary import DeliveryId, EventId, NoticeId


class Taking(StrEnum):
    """What became of one event when it was entered."""

    NEW = "new"
    DUPLICATE = "duplicate"  # same source, id and body
    CONFLICT = "conflict"  # same source and id, another body: quarantined, alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class LastLook:
    """What the register says of leased deliveries at the moment before they are sent."""

    stopped: Mapping[DeliveryId, StandingHold | None]
    """What may not be sent. A hold: it covers the delivery now. None: the queue row is gone or its
    token is not ours any more, because a page stopped it or another worker has it."""
    directory: Directory
    """Who is where at that moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What one try brought, to be written where the fencing token is still ours."""

    leased: Leased
    outcome: Outcome | None
    """None: not tried. Stopped by a hold at the moment of sending, or handed back unsent."""
    again_at: datetime | None
    """When to try again; None: this delivery is finished, and leaves the queue."""
    costs_attempt: bool
    receipts: tuple[Receipt, ...]
    obligations: tuple[Obligation, ...] = ()
    discharges: tuple[Discharge, ...] = ()
    """What this result makes needless, such as `still not accepted`; not written where fenced."""
    leaves: tuple[Leaf, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRecord:
    """A notice as the register keeps it, with every delivery and receipt so far."""

    notice: Notice
    deliveries: tuple[Delivery, ...]
    receipts: tuple[Receipt, ...]
    wrong_codes: int
    """How many wrong codes were typed; at 5 the code is void."""
    people: int = 1
    """How many different people must acknowledge it before its answer is owed no more."""
    newer: tuple[NoticeId, int] | None = None
    """The newest revision in its place, and its number; None: it is the newest itself."""
    replaced: tuple[NoticeId, ...] = ()
    """Every earlier notice in whose place it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernRecord:
    """Everything the board and the closure page show of one concern."""

    concern: Concern
    standing: Standing
    decisions: tuple[Decision, ...]
    notices: tuple[NoticeRecord, ...]
    """Oldest first. Bodies included."""
    obligations: tuple[Obligation, ...]
    """Open ones only, earliest due first."""
    holds: frozenset[StandingHold]
    waiting: tuple[tuple[EventId, str], ...]
    """Events that cannot follow yet, and why."""
    attestation: Attestation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One message in quarantine, for people."""

    id: str
    poison: Poison


@dataclass(frozen=True, slots=True, kw_only=True)
class Depths:
    """How much there is, for readiness and metrics."""

    queued: int
    leased: int
    waiting_events: int
    quarantined: int
    open_obligations: int
    overdue_obligations: int
    overdue_reviews: int
    """Emergency accesses whose review is past its time."""
    held: int
    events: int
    notices: int
    unaccounted: int
    """Deliveries that are neither in the queue nor finished with evidence. It is 0."""
    facts: int
    """Facts for publishers that the broker has not confirmed yet."""
    unread_mail: int
    """Mails that came back and that nobody has read yet."""
    unread_since: datetime | None
    """When the oldest of them was kept."""
    facts_since: datetime | None
    """When the oldest fact that waits was written."""
    unaccounted_obligations: int
    """Open obligations with a ladder that nobody will look at, or has for a minute. It is 0."""
    stalled: int
    """Deliveries that have been due for five minutes, by a way that is open, and that nobody has
    in hand."""
    behind_closed: int
    """Deliveries that wait for a webhook that is closed for now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingFact:
    """One fact on its way to one publisher, numbered in the order of its concern."""

    seq: int
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message from a broker or by HTTP, not yet decoded."""

    tag: int
    """The broker's delivery tag in this epoch; 0 for HTTP."""
    body: bytes = field(repr=False)
    content_type: str
    headers: Mapping[str, str]
    """Lower-case names; CloudEvents attributes of binary mode as `ce-...`, however spelled."""
    user_id: str | None
    """The validated publisher: the broker's `user_id`, or the API key's publisher."""
    routing_key: str
    delivery_count: int
    received: datetime
