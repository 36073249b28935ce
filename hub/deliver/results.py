"""Results on their way into the register: many in one commit, none lost while it is away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog

from hub.notice import Accepted
from hub.ports import Clock, Completion, Register, RegisterAway

log = structlog.get_logger()

ROWS: Final = 500
LINGER: Final = timedelta(milliseconds=20)
WAITS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between tries while the register is away; the last one repeats."""


class Results:
    """Writes what came back: up to 500 rows or 20 ms after the first, in one commit.

    While the register is away they are kept and tried again. A result whose lease has gone
    meanwhile is fenced by its token, and kept as evidence.
    """

    def __init__(self, register: Register, clock: Clock, changed: asyncio.Event) -> None:
        self.fenced = 0
        self.unwritten = 0
        """Results that the register would not take; their leases end, and they are tried again."""
        self._register = register
        self._clock = clock
        self._changed = changed
        self._kept: list[Completion] = []
        self._any = asyncio.Event()
        self._closing = False

    def put(self, completion: Completion) -> None:
        """Hand over one result."""
        self._kept.append(completion)
        self._any.set()

    def kept(self) -> int:
        """Return how many results are not written yet."""
        return len(self._kept)

    def close(self) -> None:
        """Let `run` end once everything is written."""
        self._closing = True
        self._any.set()

    async def run(self) -> None:
        """Write until closed and empty."""
        while not (self._closing and not self._kept):
            await self._any.wait()
            self._any.clear()
            if len(self._kept) < ROWS and not self._closing:
                await self._clock.sleep(LINGER.total_seconds())
            while self._kept:
                batch = self._kept[:ROWS]
                await self._write(batch)
                # Taken out only now: a cancelled write leaves them to be counted as kept.
                del self._kept[: len(batch)]
                if any(completion.again_at is not None for completion in batch):
                    # Something may fall due earlier than was known.
                    self._changed.set()

    async def _write(self, batch: Sequence[Completion]) -> None:
        tries = 0
        while True:
            try:
                stood = await self._register.complete(batch)
            except RegisterAway:
                log.warning("results.kept", count=len(self._kept))
                await self._clock.sleep(WAITS[min(tries, len(WAITS) - 1)])
                tries += 1
            except Exception as fault:  # noqa: BLE001 - one bad result must not stop all the others
                await self._bisect(batch, fault)
                return
            else:
                self._count(batch, stood)
                return

    async def _bisect(self, batch: Sequence[Completion], fault: Exception) -> None:
        if len(batch) > 1:
            half = len(batch) // 2
            await self._write(batch[:half])
            await self._write(batch[half:])
            return
        self.unwritten += 1
        delivery = batch[0].leased.delivery.id
        # No traceback: its frames hold what was in the delivery.
        log.error("result.unwritten", delivery=delivery, fault=type(fault).__name__)

    def _count(self, batch: Sequence[Completion], stood: Sequence[bool]) -> None:
        # One line for all: what is taken is most of what there is to say, and is the rule.
        # What was fenced is evidence of a try, and no delivery of ours.
        taken = [
            each.leased
            for each, ours in zip(batch, stood, strict=True)
            if ours and isinstance(each.outcome, Accepted)
        ]
        if taken:
            attempts = {each.delivery.id: each.attempt for each in taken}
            log.info("deliveries.accepted", count=len(taken), attempts=attempts)
        for completion, ours in zip(batch, stood, strict=True):
            if not ours:
                self.fenced += 1
                leased = completion.leased
                log.warning("result.fenced", delivery=leased.delivery.id, attempt=leased.attempt)
