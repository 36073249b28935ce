"""What the hub asks of the world. Adapters keep these promises; the shell relies on nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from hub.closure import Attestation
from hub.concern import Concern
from hub.decision import Decision
from hub.directory import Contact, Directory, Endpoint
from hub.events.envelope import Event
from hub.leaf import Leaf
from hub.notice import Delivery, Leased, Notice, Outcome
from hub.obligation import Obligation
from hub.page import Discharge, Page, Poison, Standing, StandingHold
from hub.receipt import Receipt
from hub.vocabulary import ConcernId, DeliveryId, EventId, HubError, Lane, NoticeId


class RegisterAway(HubError):
    """The register cannot be reached, or a commit's outcome is unknown."""


class RegisterTooNew(HubError):
    """The register has a newer schema than this hub knows."""


class RegisterTooOld(HubError):
    """The register has an older schema than this hub needs: run `hub migrate`."""


class RegisterInUse(HubError):
    """Another process writes to this register; SQLite has one writer."""


class RegisterRefused(HubError):
    """The register refuses what would break its own rules."""


class VersionMoved(RegisterRefused):
    """The concern has moved on since this page was planned."""


class BytesChanged(HubError):
    """Stored bytes are not those that were composed: they will not be sent."""


class AlreadyAttested(HubError):
    """This concern's closure has been confirmed already; there is one confirmation, for ever."""


class BrokerLost(HubError):
    """The connection to the broker is gone."""


class Taking(StrEnum):
    """What became of one event when it was entered."""

    NEW = "new"
    DUPLICATE = "duplicate"  # same source, id and body
    CONFLICT = "conflict"  # same source and id, another body: quarantined, alarm


class Entry(Protocol):
    """One transaction. It commits when the context ends well, and leaves nothing when it does not."""

    async def now(self) -> datetime:
        """Return the database's clock, in UTC."""
        ...

    async def take(self, events: Sequence[Event]) -> tuple[Taking, ...]:
        """Enter events by (source, id), for ever; answers in the order given."""
        ...

    async def standing(self, concerns: Sequence[ConcernId]) -> Mapping[ConcernId, Standing]:
        """Lock these concerns, in id order, and return what is known of each; every id is in it."""
        ...

    async def directory(self) -> Directory:
        """Return the live directory."""
        ...

    async def notice(self, notice: NoticeId) -> NoticeRecord | None:
        """Return one notice as it stands in this transaction, or None."""
        ...

    async def write(self, page: Page) -> None:
        """Write one page. Raises if the concern's version has moved."""
        ...

    async def quarantine(self, poison: Poison) -> str:
        """Keep a message that cannot be taken, byte for byte; return its id."""
        ...

    async def discharge(self, concern: ConcernId, discharges: Sequence[Discharge]) -> int:
        """Discharge open obligations; return how many."""
        ...

    async def attest(self, attestation: Attestation, leaf: Leaf) -> None:
        """Write the LEO's confirmation. One a concern; raises AlreadyAttested on a second."""
        ...

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """Open a savepoint: what fails inside is rolled back to here, the rest stands."""
        ...


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
    held: int
    events: int
    notices: int
    unaccounted: int
    """Deliveries that are neither in the queue nor finished with evidence. It is 0."""


class Register(Protocol):
    """The durable memory. What stands below it may not be lost."""

    def entry(self) -> AbstractAsyncContextManager[Entry]:
        """Open one transaction."""
        ...

    async def directory(self) -> Directory:
        """Return the live directory (read at each try)."""
        ...

    async def seed(self, directory: Directory) -> None:
        """Put in what a pack's `directory.toml` seeds, where the id is not there yet."""
        ...

    async def put_contact(self, contact: Contact) -> None:
        """Correct or add one contact; a new version is kept."""
        ...

    async def put_endpoint(self, endpoint: Endpoint) -> None:
        """Correct or add one endpoint; a new version is kept."""
        ...

    async def lease(
        self,
        lane: Lane,
        *,
        limit: int,
        lease_for: timedelta,
        worker: str,
        avoid: frozenset[str] = frozenset(),
    ) -> tuple[Leased, ...]:
        """Lease what is due, with each attempt's intent in the same commit, before any socket opens.

        Rows whose `dest` is in `avoid` are left alone: their destination is full or hangs.
        """
        ...

    async def held_now(self, leased: Sequence[Leased]) -> Mapping[DeliveryId, StandingHold | None]:
        """Return which of these may not be sent at this moment (semantics 5).

        A hold: it covers the delivery now. None: the queue row is gone or its token is not ours any
        more, because a page stopped it or another worker has it; nothing may be sent of it either.
        """
        ...

    async def complete(self, completions: Sequence[Completion]) -> tuple[bool, ...]:
        """Write results in one commit; False where the lease had gone (kept as fenced evidence)."""
        ...

    async def next_due(self) -> datetime | None:
        """Return when the next queue row is due; None when the queue is empty."""
        ...

    async def wake(self, timeout: float) -> None:
        """Return when new work may have come, or after `timeout` seconds; a hint, never a promise."""
        ...

    async def unreached(self, limit: int) -> tuple[Obligation, ...]:
        """Return open obligations to reach another contact, oldest first."""
        ...

    async def notice(self, notice: NoticeId) -> NoticeRecord | None:
        """Return one notice, or None."""
        ...

    async def wrong_code(self, notice: NoticeId, at: datetime, obligation: Obligation) -> int:
        """Count one wrong code; at the fifth write the obligation. Return how many there were."""
        ...

    async def receive(
        self,
        receipts: Sequence[Receipt],
        discharges: Sequence[tuple[ConcernId, Discharge]],
        leaves: Sequence[Leaf],
    ) -> None:
        """Append receipts; an equal acknowledgement of the same notice is appended once."""
        ...

    async def seen_nonce(self, scope: str, nonce: str, at: datetime) -> bool:
        """Remember a nonce; return True where it had been seen before (replay)."""
        ...

    async def concern(self, concern: ConcernId) -> ConcernRecord | None:
        """Return everything the screens show of one concern, or None."""
        ...

    async def concerns(self, limit: int = 100) -> tuple[Concern, ...]:
        """Return concerns, newest first."""
        ...

    async def quarantined(self, limit: int = 100) -> tuple[Quarantined, ...]:
        """Return what is in quarantine, newest first."""
        ...

    async def depths(self) -> Depths:
        """Return the counts for readiness and metrics."""
        ...

    async def close(self) -> None:
        """Give back every connection."""
        ...


class Carrier(Protocol):
    """Carries one delivery once and says what became of it. Never raises for what the wire does."""

    async def carry(self, leased: Leased, directory: Directory) -> Outcome:
        """Try once, with the bytes as stored and the address as the directory has it now."""
        ...

    async def ready(self) -> str | None:
        """Return None where the way out is open, else one line that says what is wrong."""
        ...

    async def close(self) -> None:
        """Give back every connection."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message from a broker or by HTTP, not yet decoded."""

    tag: int
    """The broker's delivery tag in this epoch; 0 for HTTP."""
    body: bytes = field(repr=False)
    content_type: str
    headers: Mapping[str, str]
    """Lower-case names; binary-mode CloudEvents attributes as `ce-...` whatever their spelling was."""
    user_id: str | None
    """The validated publisher: the broker's `user_id`, or the API key's publisher."""
    routing_key: str
    delivery_count: int
    received: datetime


class Broker(Protocol):
    """One consuming session on the intake queue. A new session is a new epoch."""

    async def receive(self, *, limit: int, linger: timedelta) -> tuple[Received, ...]:
        """Return up to `limit` messages, or what came within `linger` of the first.

        Waits for the first without end; empty only once drained. A message delivered three times
        in vain comes alone, and so may the first of a session: acknowledge before asking for more.
        Raises BrokerLost when the session is gone.
        """
        ...

    async def ack_through(self, tag: int) -> None:
        """Acknowledge every message up to this tag (`multiple=True`). Raises BrokerLost."""
        ...

    async def drain(self) -> None:
        """Take no more from the broker; what has come may still be received and acknowledged."""
        ...

    async def close(self) -> None:
        """Close the channel; what was not acknowledged goes back to the broker."""
        ...


class Clock(Protocol):
    """The time, and waiting for it; a virtual one passes the same tests."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
