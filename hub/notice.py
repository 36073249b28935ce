"""A notice for one party, a delivery of it to one contact, and what one try brought."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from hub.concern import Party
from hub.vocabulary import (
    AgencyId,
    AttemptId,
    Channel,
    ConcernId,
    ContactId,
    DecisionId,
    DeliveryId,
    EndpointId,
    EventId,
    InfoClass,
    Lane,
    NoticeId,
    Rung,
)

DRILL: Final = "drill:"
"""What the id begins with under which a drill's notices are kept: it is of no concern."""


def is_drill(concern: ConcernId) -> bool:
    """Whether this is a drill: nothing of it is evidence for any notice, nor owed by anybody."""
    return concern.startswith(DRILL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one party is told on one occasion, in words, from the permitted facts alone."""

    id: NoticeId
    decision: DecisionId
    concern: ConcernId
    event: EventId
    party: Party
    template: str
    reference: str
    """The subject, and nothing else is."""
    classes: frozenset[InfoClass]
    required: Rung
    lane: Lane
    reply_due: datetime | None
    text: str = field(repr=False)
    html: str = field(repr=False)
    facts: tuple[tuple[str, str], ...] = field(repr=False)
    """The permitted facts as shown, in the template's order; the webhook's body carries them."""
    ack_code: str = field(repr=False)
    composed_at: datetime
    printed: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """What a worker prints for adults and carers: each file's name and its page of HTML."""
    subject: str = ""
    """What it says anew each time to the same party, as a key; empty: it stands for itself."""
    revision: int = 1
    """Which saying of its subject it is, to this party; an answer is to this one alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One notice to one contact by one channel: its ids and its bytes, which never change."""

    id: DeliveryId
    """Also the local part of the `Message-ID` and the `webhook-id`."""
    notice: NoticeId
    concern: ConcernId
    party: Party
    channel: Channel
    target: ContactId | EndpointId
    dest: str
    """What shares one breaker: `email:<domain>`, `webhook:<endpoint>` or `sms:<contact>`."""
    lane: Lane
    classes: frozenset[InfoClass]
    body: bytes = field(repr=False)
    sha256: str
    due_at: datetime
    instead_of: DeliveryId | None = None
    """The delivery whose contact could not be reached."""


class RefusedBecause(StrEnum):
    """What a refusal is about; it decides who moves next."""

    ADDRESS = "address"  # 5.1.x: the mailbox is wrong; next contact now
    POLICY = "policy"  # 5.7.x: a person must look
    CONFIGURATION = "configuration"  # our credentials, their 4xx: raise a fault now
    GONE = "gone"  # 410: the endpoint is retired, its rows parked
    EGRESS = "egress"  # our own guard refused the address
    UNKNOWN = "unknown"  # a person must look


@dataclass(frozen=True, slots=True, kw_only=True)
class _Brought:
    at: datetime
    detail: str
    """One line for people, without addresses."""
    evidence: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """The wire's own words: phase, code, reply, remote, TLS, sizes. Kept for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(_Brought):
    """The other side took it; `rung` is the highest rung this answer honestly supports."""

    rung: Rung
    found: bool = False
    """True: it was there already, once, and nothing was sent now: no duplicate can have come of it.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred(_Brought):
    """Not now: try again. Never earlier than `not_before` (429, 503, `Retry-After`)."""

    not_before: datetime | None = None
    ours: bool = False
    """True: our own fault (DNS, proxy, register); it costs no attempt."""
    configuration: bool = False
    """True: something is set up wrongly (535, their 4xx): try slowly, and a person looks now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(_Brought):
    """Not ever, to this address in this state."""

    because: RefusedBecause


@dataclass(frozen=True, slots=True, kw_only=True)
class InDoubt(_Brought):
    """The content was sent, no reply was read: it may be taken. The same bytes are retried."""


Outcome = Accepted | Deferred | Refused | InDoubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A delivery in a worker's hands until `expires_at`, with the fencing token of this lease."""

    delivery: Delivery
    attempt: AttemptId
    """Written down, as an intent, in the same commit as the lease."""
    token: int
    attempts: int
    """How many tries there have been before this one."""
    first_tried_at: datetime | None
    expires_at: datetime
    maybe_sent: bool = False
    """True: an earlier try ended in doubt, or its worker died: a duplicate is flagged."""
    host_authority: AgencyId | None = None
    """The concern's host authority: it owes what this delivery leaves for a person to do."""
