"""What waits in the queue without being tried, and of which somebody must hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hub.escalate import Waits
from hub.notice import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One delivery that waits, and of which nobody has been told so."""

    delivery: Delivery
    why: Waits


class KnowsWaiting(Protocol):
    """Finds, by the rows of the queue alone, what waits and whom nobody has told."""

    async def kept_waiting(self, limit: int) -> tuple[Waiting, ...]:
        """Return what waits now and opens something, at most so much for each reason.

        The oldest first. What is owed already, and what is a drill's, is not in it.
        """
        ...
