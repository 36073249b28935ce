"""Messages that may be what kills the process: how often each was in hand alone when it died."""

from __future__ import annotations

from typing import Protocol


class KeepsSuspects(Protocol):
    """Remembers, across the death of a process, which message it had in hand alone.

    How often the broker delivered a message proves nothing of it alone: whatever else was in hand
    when a process died is counted with it.
    """

    async def alone_with(self, sha256: str) -> int:
        """Write down that the message of this body is about to be handled alone.

        Return how often it was before, each time without an end. Raises RegisterAway.
        """
        ...

    async def answered(self, sha256: str) -> None:
        """Forget it: what became of the message is written. Raises RegisterAway."""
        ...
