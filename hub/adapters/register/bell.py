"""Says that work may have come: to this process by an event, to others by PostgreSQL's NOTIFY.

A hint and never a promise: whoever waits also looks again after a while (delivery.md, queue).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.adapters.register.dialect import CHANNEL
from hub.adapters.register.wire import DRIVER
from hub.ports import Clock

_LISTEN_AGAIN_AFTER: Final = 5.0
"""Seconds between tries to listen while the server is away."""


class Bell:
    """Rings for everybody who waits now, or for the next who comes."""

    def __init__(self, clock: Clock, listen_on: AsyncEngine | None) -> None:
        self._clock = clock
        self._engine = listen_on
        self._rung = asyncio.Event()
        self._connection: AsyncConnection | None = None
        self._listening = False
        self._next_try = 0.0
        self._tuning = asyncio.Lock()

    def ring(self) -> None:
        """Say that work may have come."""
        self._rung.set()

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109  # the port's own word
        """Return when it rings, or after `timeout` seconds."""
        await self._listen()
        rung = asyncio.ensure_future(self._rung.wait())
        late = asyncio.ensure_future(self._clock.sleep(timeout))
        try:
            await asyncio.wait((rung, late), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in (rung, late):
                waiting.cancel()
            await asyncio.gather(rung, late, return_exceptions=True)
        self._rung.clear()

    async def close(self) -> None:
        """Stop listening."""
        self._engine = None
        async with self._tuning:
            await self._hang_up()

    async def _listen(self) -> None:
        """Listen to other processes. A server that is away is tried again later: it is a hint."""
        async with self._tuning:
            moment = asyncio.get_running_loop().time()
            if self._engine is None or self._listening or moment < self._next_try:
                return
            self._next_try = moment + _LISTEN_AGAIN_AFTER
            await self._hang_up()
            with suppress(*DRIVER):
                self._connection = await self._engine.connect()
                driver = await self._driver(self._connection)
                await driver.add_listener(CHANNEL, self._heard)
                driver.add_termination_listener(self._lost)
                self._listening = True

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(*DRIVER):
            if self._listening:
                driver = await self._driver(connection)
                driver.remove_termination_listener(self._lost)
                await driver.remove_listener(CHANNEL, self._heard)
        self._listening = False
        with suppress(*DRIVER):
            # It may be dead without knowing it, and the pool would hand it out again.
            await connection.invalidate()
            await connection.close()

    @staticmethod
    async def _driver(connection: AsyncConnection) -> Any:  # noqa: ANN401  # asyncpg ships no types
        return (await connection.get_raw_connection()).driver_connection

    def _heard(self, *_: object) -> None:
        self._rung.set()

    def _lost(self, *_: object) -> None:
        # What was notified meanwhile is not known: look once.
        self._listening = False
        self._rung.set()
