"""The log of one concern, read backwards for people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hub.vocabulary import ConcernId


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One leaf as it stands in the log."""

    seq: int
    """Its place in the log: what is written later has a greater one."""
    kind: str
    at: datetime
    data: bytes
    """Canonical JSON of ids, types and times."""


class KeepsLog(Protocol):
    """Returns what the log has of one concern."""

    async def log_of(
        self,
        concern: ConcernId,
        *,
        before: int | None = None,
        limit: int = 200,
        kinds: Collection[str] = (),
        but: Collection[str] = (),
    ) -> tuple[Logged, ...]:
        """Return its leaves, newest first: those before this place, of these kinds or of any.

        None of the kinds in `but`.
        """
        ...
