"""Say that this process lives, and free what those had in hand who do not say so any more.

Whatever its roles, every process does both: so long as one lives, nothing stays in dead hands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog

from hub.ports import Clock, Register
from hub.ports.pausing import pause
from hub.ports.workers import AGAIN, BEAT
from hub.vocabulary import HubError

log = structlog.get_logger("hub.liveness")

PATIENCE: Final = 3.0
"""How long one sign of life may take (seconds); a later one may fare better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What this process has found since it started, for metrics."""

    missed: int = 0
    """Signs of life that could not be written."""
    lost: int = 0
    """How often another process was found silent."""
    released: int = 0
    """Deliveries that these had in hand, given free to be leased again."""


class Liveness:
    """Says every few seconds that `worker` lives. `every`: between two signs of life."""

    def __init__(
        self,
        register: Register,
        clock: Clock,
        *,
        worker: str,
        roles: Collection[str],
        every: timedelta = BEAT,
    ) -> None:
        self._register = register
        self._clock = clock
        self._worker = worker
        self._roles = frozenset(roles)
        self._every = every
        self._counts = Counts()

    def counts(self) -> Counts:
        """Return the counters as they stand."""
        return self._counts

    async def run(self, over: asyncio.Event) -> None:
        """Say so until everything else this process does is `over`; then say that it has ended."""
        while not over.is_set():
            await pause(self._clock, AGAIN if await self.beat() else self._every, over)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._register.ended(self._worker)
        except (HubError, TimeoutError) as away:
            # Others find out by its silence.
            log.warning("farewell.missed", fault=type(away).__name__)

    async def beat(self) -> bool:
        """Say so once; return whether something of a lost process was locked still.

        Never raises for what the register does: silence says it, too.
        """
        done = self._counts
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._register.alive(self._worker, self._roles)
        except (HubError, TimeoutError) as away:
            self._counts = replace(done, missed=done.missed + 1)
            log.warning("beat.missed", fault=type(away).__name__)
            return False
        for name in found.lost:
            log.warning("worker.lost", worker=name)
        if found.released:
            log.warning("deliveries.released", count=found.released)
        self._counts = replace(
            done, lost=done.lost + len(found.lost), released=done.released + found.released
        )
        return found.locked
