"""What is asked of the register about processes: who lives, and what the dead have left."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

BEAT: Final = timedelta(seconds=2)
"""How often a process says that it lives."""

MISSED: Final = timedelta(seconds=3)
"""Who has been silent for longer than this is not believed about the silence of others: it may be
the register that was away, or the process itself that was stopped."""

SILENT: Final = timedelta(seconds=6)
"""Who has been silent for so long is taken for dead, and it is longer than two of these together:
with one beat more, what it had in hand is in other hands within ten seconds."""

AGAIN: Final = timedelta(seconds=0.5)
"""When to look again at what a lost process still held locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What one sign of life found."""

    lost: tuple[str, ...] = ()
    """Processes that have been silent for too long."""
    released: int = 0
    """Deliveries that these had in hand, and that anybody may lease now."""
    locked: bool = False
    """Something of theirs was still locked: look again soon."""


class Workers(Protocol):
    """Knows which processes live, by the database's clock."""

    async def alive(self, worker: str, roles: Collection[str]) -> Beat:
        """Write that this process lives, and let go of what silent ones had in hand.

        Their connections are cut off first, so that a stopped one holds no lock. Whoever has itself
        missed beats releases nothing until it has been heard for as long as silence takes. A
        released delivery keeps its token: a late result of it counts for as long as nobody else
        has leased it, and is fenced from then on.
        """
        ...

    async def ended(self, worker: str) -> None:
        """Write that this process has ended; what it still had in hand is free at once."""
        ...

    async def is_first(self, worker: str, role: str) -> bool:
        """Return whether no process that lives has had this role for longer."""
        ...
