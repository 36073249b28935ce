"""One part of the hub alone, and what it is measured by: intake, the queue.

Each of these sides finds `warm` and `count` messages in its queue when it starts, waits for a word,
and says at its end how many seconds the last `count` took.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Final

import asyncpg

from bench.asked import Asked, say, until, until_input_says_go
from bench.work import TOLD, directory
from hub.adapters.broker import RabbitBroker
from hub.adapters.clock import RandomMint, SystemClock
from hub.app import Hub, Made, open_hub
from hub.app.lasting import keep_what_is_loaded
from hub.deliver import Deliver
from hub.directory import Directory
from hub.intake.loop import BATCH, LINGER
from hub.notice import Accepted, Leased, Outcome
from hub.ports import Carrier, Clock, Received, Register
from hub.vocabulary import Channel, Mint, Rung

Keep = Callable[[tuple[Received, ...]], Awaitable[None]]
"""What becomes of a batch before it is acknowledged."""

WITHIN: Final = 300
"""Seconds in which a side has done what it was asked, or has failed."""


async def intake_side(asked: Asked) -> None:
    """Take in what waits in the queue: published to committed to acknowledged."""
    async with one_role(asked, "intake", at_a_word=True) as hub:
        seconds = await _between(asked, 1, lambda: hub.parts.intake.counts.accepted)
    say({"seconds": seconds})


async def queue_side(asked: Asked) -> None:
    """Take in what waits, and then lease and complete it: every write, and nothing on a wire."""
    await taken_in(asked)
    async with one_role(asked, "deliver", at_a_word=True) as hub:
        seconds = await _between(asked, TOLD, partial(_completed, hub.parts.deliver))
    say({"seconds": seconds})


async def taken_in(asked: Asked) -> None:
    """Take in what waits in the queue, and send nothing of it."""
    async with one_role(asked, "intake") as hub, asyncio.timeout(WITHIN):
        await until(asked.warm + asked.count, lambda: hub.parts.intake.counts.accepted)


def _completed(deliver: Deliver) -> int:
    """Return how many results are in the register."""
    counts = deliver.counts()
    return counts.accepted - counts.unsaved


@asynccontextmanager
async def one_role(asked: Asked, role: str, *, at_a_word: bool = False) -> AsyncIterator[Hub]:
    """Run one role of a hub that sends nothing anywhere; once the benchmark says so, if it does."""
    made = Made(seeds=directory(asked.hooks), deliver=_to_nobody)
    hub = await open_hub(asked.settings, (role,), made)
    if at_a_word:
        keep_what_is_loaded()
        say({"ready": True})
        await until_input_says_go()
    stop = asyncio.Event()
    running = asyncio.create_task(hub.run(stop))
    try:
        yield hub
    finally:
        stop.set()
        await running


def _to_nobody(
    register: Register,
    carriers: Mapping[Channel, Carrier],
    clock: Clock,
    mint: Mint,
    *,
    worker: str,
) -> Deliver:
    idle = Idle(clock)
    return Deliver(register, dict.fromkeys(carriers, idle), clock, mint, worker=worker)


class Idle:
    """A carrier that does nothing, and says that it was taken."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def carry(self, leased: Leased, directory: Directory) -> Outcome:  # noqa: ARG002  # the port's
        """Carry nothing anywhere."""
        return Accepted(at=self._clock.now(), detail="taken by nobody", rung=Rung.SUBMITTED)

    async def ready(self) -> str | None:
        """Return None: it always is."""
        return None

    async def close(self) -> None:
        """Give nothing back."""


async def _between(asked: Asked, each: int, done: Callable[[], int]) -> float:
    """Return the seconds from the warm-up's last to the last of all, scaled to `count`.

    So few that they came in one commit with the warm-up are timed with it.
    """
    whole = each * (asked.warm + asked.count)
    began, already = time.monotonic(), 0
    async with asyncio.timeout(WITHIN):
        await until(each * asked.warm, done)
        if done() < whole:
            began, already = time.monotonic(), done()
        await until(whole, done)
    return (time.monotonic() - began) * each * asked.count / (done() - already)


async def bare_side(asked: Asked) -> None:
    """Consume and acknowledge, and keep nothing."""
    await consume(asked, None)


async def row_side(asked: Asked) -> None:
    """Consume, keep each message as one row, commit, acknowledge: the least that loses nothing."""
    register = await asyncpg.connect(asked.register.replace("+asyncpg", ""))
    await register.execute("CREATE TABLE kept (body bytea NOT NULL)")
    await consume(asked, partial(_keep, register))
    await register.close()


async def consume(asked: Asked, keep: Keep | None) -> None:
    """Consume and acknowledge what waits, with the hub's own session and in batches of its size.

    `keep`: what is done with each batch before it is acknowledged; None: nothing.
    """
    broker = RabbitBroker(asked.amqp, clock=SystemClock(), mint=RandomMint())
    keep_what_is_loaded()
    say({"ready": True})
    await until_input_says_go()
    session = await broker.session()
    whole = asked.warm + asked.count
    done, began, already = 0, time.monotonic(), 0
    while done < whole:
        batch = await session.receive(limit=BATCH, linger=timedelta(0) if done else LINGER)
        if keep is not None:
            await keep(batch)
        await session.ack_through(batch[-1].tag)
        done += len(batch)
        if not already and asked.warm <= done < whole:
            began, already = time.monotonic(), done
    seconds = (time.monotonic() - began) * asked.count / (done - already)
    await session.close()
    say({"seconds": seconds})


async def _keep(register: asyncpg.Connection, batch: tuple[Received, ...]) -> None:
    bodies = [message.body for message in batch]
    await register.execute("INSERT INTO kept SELECT unnest($1::bytea[])", bodies)
