"""The CloudEvents 1.0 envelope and the event it carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from hub.events import EventData
from hub.vocabulary import AgencyId, ConcernId, EventId

WIRE_PREFIX = "concernhub."
WIRE_SUFFIX = ".v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with what was sent, at a JSON pointer (RFC 6901) into it."""

    pointer: str
    says: str

    def __str__(self) -> str:
        """Give the fault as one line."""
        return f"{self.pointer or '(whole event)'}: {self.says}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event, decoded and valid. `body_sha256` is over `body`, which is the bytes as received.

    `source` and `id` together are its identity for ever (CloudEvents 1.0, 3.1).
    """

    id: EventId
    source: str
    name: str
    """The short name, such as `concern.opened`."""
    concern: ConcernId
    partnership: str
    """The `policypack` extension: which partnership's pack decides."""
    occurred: datetime
    """CloudEvents `time`, in UTC."""
    data: EventData
    body: bytes
    """Structured JSON; an event sent in binary mode is put into that form, its data untouched."""
    body_sha256: str
    host: AgencyId | None = None
    """The `hostgss` extension as an agency code, where it was sent."""
    received: datetime | None = field(default=None, compare=False)
    """When the hub first held its bytes, in UTC; no part of what the event is. None: not sent."""
