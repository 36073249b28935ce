"""What waits in the queue without being tried, and of which somebody must hear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.concern import Concern
from hub.escalate import Waits
from hub.notice import Delivery
from hub.vocabulary import ConcernId, DeliveryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One delivery that waits, and of which nobody has been told so."""

    delivery: Delivery
    """Without its bytes: what is owed of it rests on none of them."""
    why: Waits


@dataclass(frozen=True, slots=True, kw_only=True)
class StillWaiting:
    """A concern, and which of the deliveries that were asked of are in the queue yet."""

    concern: Concern
    deliveries: frozenset[DeliveryId]


class LooksAgain(Protocol):
    """Looks again, within a transaction, at what was found to wait."""

    async def still_waiting(
        self, concern: ConcernId, deliveries: Sequence[DeliveryId]
    ) -> StillWaiting | None:
        """Lock a concern, and return which of these still wait; None: it was never opened.

        However many others of it wait: they are not read. Nothing may be planned from it.
        """
        ...


class KnowsWaiting(Protocol):
    """Knows, by the rows of the queue alone, what waits and whom nobody has told."""

    async def kept_waiting(self, limit: int) -> tuple[Waiting, ...]:
        """Return what waits now and opens something, at most so much for each reason.

        The oldest first. What is owed already, and what is a drill's, is not in it.
        """
        ...

    async def keep_apart(self) -> int:
        """Keep what waits behind closed webhooks out of the way of what may go, and nothing else.

        Return how many rows were put right: closing and opening do it by themselves, for so many
        rows, and what is queued in between stands in the way until this is asked. What is locked
        just now is left for the next time.
        """
        ...
