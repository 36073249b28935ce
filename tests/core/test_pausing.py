"""Every loop of the shell waits alike: by the clock, and never past the end."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hub.adapters.memory import VirtualClock
from hub.ports.pausing import pause
from tests import worlds

MINUTE = timedelta(minutes=1)


async def test_a_pause_ends_by_the_clock_and_no_earlier() -> None:
    clock, stop = VirtualClock(worlds.START), asyncio.Event()
    waiting = asyncio.create_task(pause(clock, MINUTE, stop))
    await clock.asleep()

    await clock.advance(MINUTE - timedelta(milliseconds=1))
    early = waiting.done()
    await clock.advance(timedelta(milliseconds=1))
    async with asyncio.timeout(10):
        await waiting

    assert not early
    assert clock.next_wake is None


async def test_a_pause_ends_as_soon_as_it_is_told_to_stop_and_leaves_nothing_that_sleeps() -> None:
    clock, stop = VirtualClock(worlds.START), asyncio.Event()
    waiting = asyncio.create_task(pause(clock, MINUTE, stop))
    await clock.asleep()

    stop.set()
    async with asyncio.timeout(10):
        await waiting

    assert clock.now() == worlds.START
