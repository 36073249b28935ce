"""What became of each message, and how many there were."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub.events.envelope import Fault
from hub.vocabulary import ConcernId, EventId


class Became(StrEnum):
    """What became of one message. Each of these is written down before the broker hears of it."""

    ACCEPTED = "accepted"
    WAITING = "waiting"  # it cannot follow yet: kept, and tried again
    DUPLICATE = "duplicate"  # the same event was taken before
    CONFLICT = "conflict"  # the same id with another body: quarantined
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class TookIn:
    """What became of one message: the event's receipt."""

    became: Became
    event: EventId | None = None
    """None where the message could not be read."""
    source: str | None = None
    concern: ConcernId | None = None
    faults: tuple[Fault, ...] = ()
    decisions: int = 0
    notices: int = 0
    why: str = ""
    """Why it waits."""
    quarantine: str | None = None
    """The id under which it is kept, where the register has told us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeCounts:
    """How many there were since this process began, for metrics."""

    accepted: int = 0
    waiting: int = 0
    duplicates: int = 0
    conflicts: int = 0
    quarantined: int = 0
    decisions: int = 0
    notices: int = 0
    batches: int = 0
    dead_letters: int = 0
    sessions: int = 0
    broker_lost: int = 0
    register_away: int = 0
