"""Waiting between looks, as every loop of the shell waits: for the clock, or for the end."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hub.ports.world import Clock


async def pause(clock: Clock, at_most: timedelta, stop: asyncio.Event) -> None:
    """Return after this time by the clock, or as soon as `stop` is set."""
    waits: set[asyncio.Future[object]] = {
        asyncio.ensure_future(stop.wait()),
        asyncio.ensure_future(clock.sleep(at_most.total_seconds())),
    }
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
