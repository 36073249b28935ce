"""What is asked about messages that a service has taken: by the hub of it, and of the register."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from hub.vocabulary import AttemptId, Channel, DeliveryId, Rung

MESSAGE = "message"
"""The word in a receipt's evidence under which the service's own id of a message stands."""

NO_FURTHER: Final[Mapping[Channel, Rung]] = {
    Channel.MESH: Rung.COLLECTED,
    Channel.SMS: Rung.RELAYED,
}
"""How far each such service's word can ever bring a message: then it is asked no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """One delivery that a service has taken, and nothing final is known of."""

    delivery: DeliveryId
    channel: Channel
    message: str
    """The service's own id."""
    attempt: AttemptId | None
    since: datetime
    """When it was taken, by our clock."""
    rungs: frozenset[Rung]
    """What has been claimed of it so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What a service says became of a message. No rung and not lost: nothing that counts."""

    at: datetime
    detail: str
    """One line for people, without addresses."""
    rung: Rung | None = None
    lost: bool = False
    """True: it will never arrive."""
    dead: bool = True
    """Whether, lost, it shows its contact to be dead: another is owed in its place."""
    evidence: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class Tracker(Protocol):
    """A carrier whose service can be asked what became of a message."""

    async def track(self, message: str) -> Fate | None:
        """Ask once; None where the service could not be asked."""
        ...


class Tracked(Protocol):
    """Knows what services have taken."""

    async def handed_over(self, channels: Collection[Channel]) -> tuple[HandedOver, ...]:
        """Return what these channels took of which more can be learnt, oldest first.

        Not what is lost, nor what has come as far as its service can say (`NO_FURTHER`).
        """
        ...
