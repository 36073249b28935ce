"""What is asked of the register by who audits it: what got stuck, and putting it right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from hub.obligation import Obligation
from hub.vocabulary import ConcernId


class Stuck(StrEnum):
    """How something can come to be in nobody's hands. What merely waits is none of these."""

    NOWHERE = "neither queued, stopped nor finished"  # a delivery
    STOPPED = "queued although it was stopped"  # a delivery
    LEASED_ON = "leased longer than its lease"  # a delivery
    PUT_OFF = "put off for longer than any retry"  # a delivery
    UNWATCHED = "a ladder that nobody will look at"  # an obligation
    LATE = "a step that nobody takes"  # an obligation
    UNREACHED = "another contact that nobody tells"  # an obligation
    UNTOLD = "refused, and nobody was told"  # a message in quarantine


IN_QUEUE = (Stuck.NOWHERE, Stuck.STOPPED, Stuck.LEASED_ON, Stuck.PUT_OFF)
"""What the register puts right by itself; the rest takes a plan or a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """One row that is stuck."""

    how: Stuck
    id: str
    """Of the delivery, the obligation or the message in quarantine."""
    concern: ConcernId
    since: datetime
    owed: Obligation | None = None
    """The obligation, where it is one."""
    event: tuple[str, str, str] | None = None
    """Source, id and name of the event that was refused, where it is one."""


class Audits(Protocol):
    """Finds what is stuck by reading the rows alone, whoever should have had it in hand."""

    async def strays(self, limit: int) -> tuple[Stray, ...]:
        """Return what is stuck now, at most so much of each way of being stuck, oldest first."""
        ...

    async def put_right(self, strays: Sequence[Stray]) -> tuple[Stray, ...]:
        """Put deliveries (`IN_QUEUE`) right where they are still stuck, each with its leaf.

        Returns those that were: of two auditors, one does it. A lost one is queued again, its
        unknown tries in doubt; one that was stopped leaves the queue. No hold is passed by: it is
        looked at again at the moment of sending, as ever.
        """
        ...
