"""What is asked of a register that was restored: what it may have sent, and leave to send again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hub.vocabulary import HubError


class NothingPaused(HubError):
    """This register is not paused: it sends as it always does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A register that was restored, and that nobody has let send again."""

    taken: datetime
    """When the backup was taken: of what happened after it, the register knows nothing."""
    at: datetime
    """When it was restored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreconciled:
    """What nobody knows about a restored register, counted."""

    restored: Restored
    queued: int
    """Deliveries that waited when the backup was taken: each may have gone since."""
    in_flight: int
    """Of these, how many were in a worker's hands at that moment."""
    tried: int
    """Of these, how many had been tried before."""
    newer: int
    """Deliveries queued since it was restored: these have not gone."""
    steps: int
    """Steps of ladders that have come since the backup: the lost register may have taken them."""
    facts: int
    """Facts for publishers that wait: each may have been published since."""


class Paused(Protocol):
    """Keeps a restored register from sending until a named person has let it."""

    async def paused(self) -> Restored | None:
        """Return why nothing is sent; None: nothing keeps it from sending."""
        ...

    async def unreconciled(self) -> Unreconciled:
        """Return what nobody knows. Raises NothingPaused."""
        ...

    async def resume(self, person: str, reason: str) -> Unreconciled:
        """Let it send again, in one commit; return what was unknown. Raises NothingPaused.

        Everything that waited when the backup was taken is flagged as perhaps sent already, and in
        doubt: it goes again with the same ids and the same bytes.
        """
        ...
