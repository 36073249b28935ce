"""Which destinations fail, and are left alone for now: kept, so that no restart begins a storm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooling:
    """One destination that fails, or that asked for patience."""

    failures: int
    """How many tries have failed on end."""
    until: datetime
    """Until when it is left alone (UTC). After that one try at a time, until one succeeds.

    Of one that has not failed often enough to be left alone: when it last failed."""


class KeepsCooling(Protocol):
    """Remembers them for every process that delivers. What is urgent asks none of this."""

    async def cooling(self) -> Mapping[str, Cooling]:
        """Return every destination that has not recovered, by its `dest`."""
        ...

    async def cool(self, found: Mapping[str, Cooling | None]) -> None:
        """Write down how destinations stand now, all at once; None: it has recovered.

        Of what two processes found of one that fails, whichever is more stands.
        """
        ...
