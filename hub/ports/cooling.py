"""Which destinations are left alone for now: kept, so that no restart begins a storm anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooling:
    """One destination that failed on end, or that asked for patience."""

    failures: int
    """How many tries have failed on end."""
    until: datetime
    """Until when it is left alone (UTC). After that one try at a time, until one succeeds."""


class KeepsCooling(Protocol):
    """Remembers them for every process that delivers. What is urgent asks none of this."""

    async def cooling(self) -> Mapping[str, Cooling]:
        """Return every destination that has not recovered, by its `dest`."""
        ...

    async def cool(self, dest: str, cooling: Cooling | None) -> None:
        """Write down how a destination stands now; None: it has recovered."""
        ...
