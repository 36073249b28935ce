"""What was not taken: which deliveries, why, and what is in quarantine; no word of either."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from hub.concern import Party
from hub.events.envelope import Fault
from hub.vocabulary import AgencyId, Channel, ConcernId, DeliveryId, NoticeId, PublisherId, Setback


class State(StrEnum):
    """Where a delivery stands that its party has not taken."""

    FAILED = "failed for good"
    CLOSED = "waits for a closed webhook"
    STALLED = "due, and in nobody's hands"
    IN_DOUBT = "in doubt"
    TRYING = "tried, not taken yet"


class Cause(StrEnum):
    """Why it was not taken, in words for people."""

    MAILBOX = "the mailbox does not take it, or sent it back"
    POLICY = "their system refuses our messages"
    CONFIGURATION = "something is set up wrongly, here or there"
    CLOSED = "the webhook is closed"
    EGRESS = "our own guard refuses the webhook's address"
    EXPIRED = "it was given up after too long"
    DOUBT = "it was sent, and no answer was read"
    STALLED = "the hub has not sent it in time"
    SLOW = "it was not taken yet, and is tried again"
    UNKNOWN = "refused for a reason that we cannot tell"


_BY_KEY: Final = {
    "policy": Cause.POLICY,
    "configuration": Cause.CONFIGURATION,
    "egress": Cause.EGRESS,
    "gone": Cause.CLOSED,
    "unknown": Cause.UNKNOWN,
}
"""By how the key ends of what a person owes of a delivery (`hub.escalate`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """One delivery that was not taken, and whose party has not answered by another way."""

    delivery: DeliveryId
    notice: NoticeId
    concern: ConcernId
    reference: str
    template: str
    party: Party
    channel: Channel
    target: str
    """A mailbox or a webhook, by its id in the directory."""
    size: int
    """Bytes."""
    sha256: str
    written: datetime
    tried: datetime | None
    """When the last try ended (UTC); None: there was none."""
    state: State
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingPage:
    """The newest of them, and how many there are."""

    rows: tuple[Failing, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Poisoned:
    """One message in quarantine, without its bytes."""

    id: str
    publisher: PublisherId | None
    faults: tuple[Fault, ...]
    urgent: bool
    size: int
    """Bytes."""
    sha256: str
    received: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinePage:
    """The newest of them, and how many there are."""

    rows: tuple[Poisoned, ...]
    total: int


class KnowsFailing(Protocol):
    """Finds what was not taken. `host`: of this authority's own concerns alone; None: of all."""

    async def failing(self, host: AgencyId | None, limit: int) -> FailingPage:
        """Return deliveries that were not taken, the newest first.

        What its party has answered, what a newer revision replaced and what is a drill's is not in
        it: nobody need send that again.
        """
        ...

    async def poisoned(self, host: AgencyId | None, limit: int) -> QuarantinePage:
        """Return what is in quarantine, the newest first.

        Of an authority: what names a concern of its own, or names none and comes from its system.
        """
        ...

    async def poison_of(self, message: str, host: AgencyId) -> bytes | None:
        """Return the bytes of a message in quarantine that is this authority's, as they came."""
        ...


def cause_of(state: State, setback: Setback | None, key: str | None) -> Cause:
    """Return why a delivery was not taken.

    `setback`: its last; `key`: how the last key ends of what a person owes of it, where one does.
    """
    if state is State.CLOSED:
        return Cause.CLOSED
    if state is State.STALLED:
        return Cause.STALLED
    known = _BY_KEY.get(key or "")
    if known is not None:
        return known
    if state is State.IN_DOUBT:
        return Cause.DOUBT
    if state is State.TRYING:
        return Cause.SLOW
    return Cause.EXPIRED if setback is Setback.EXPIRED else Cause.MAILBOX
