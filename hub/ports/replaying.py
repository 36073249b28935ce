"""Sending again what was sent: who asked for it, how far it is, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hub.directory import Directory
from hub.page import Standing
from hub.repeat import Candidate, Selection, Verdict, Why
from hub.vocabulary import ConcernId

Judge = Callable[
    [Sequence[Candidate], Mapping[ConcernId, Standing], Directory, datetime], Sequence[Verdict]
]
"""Says of each delivery whether it may be sent again, by what is known of its concern now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One order to send again, and how far it is."""

    id: str
    selection: Selection
    asked_by: str
    """A name by which people sign in, or an operator's own."""
    why: Why
    note: str = field(default="", repr=False)
    """A person's own words. They stay in the register; no log has them."""
    at: datetime
    counts: Mapping[Verdict, int] = field(default_factory=dict)
    """What became of those that have been looked at."""
    ended: datetime | None = None
    """When every one had been looked at, or it was stopped (UTC); None: it goes on."""
    stopped_by: str = ""
    """Who stopped it; empty: nobody has."""


class Replays(Protocol):
    """Keeps orders to send again, and carries them out a piece at a time."""

    async def would_replay(self, selection: Selection, judge: Judge) -> Mapping[Verdict, int]:
        """Return what would become of each delivery that is meant. Writes nothing."""
        ...

    async def order_replay(self, replay: Replay) -> None:
        """Write an order down, with its leaf. From then on it is carried out, whoever does it."""
        ...

    async def replays(self, limit: int = 20) -> tuple[Replay, ...]:
        """Return orders: those that have not ended, then the others, the newest first."""
        ...

    async def stop_replaying(self, replay: str, by: str) -> bool:
        """End an order here, with its leaf: nothing more of it is queued.

        What it has queued already is sent. False: there is no such order, or it has ended.
        """
        ...

    async def go_on_replaying(self, replay: str, judge: Judge, most: int) -> Replay | None:
        """Take an order up to `most` deliveries further, in one commit; return how far it is.

        What may be sent again is queued with its own bytes and ids, in the bulk lane, behind
        whatever waits; a leaf says so of each. None: there is no such order.
        """
        ...
