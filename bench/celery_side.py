"""Celery, as it would be used for this: one task a delivery, two workers, results in PostgreSQL.

A feeder takes events from the same queue as the hub does, makes the same deliveries of them by the
hub's own `compose`, and queues a task for each. The workers acknowledge a task after it is done.
As on the floor, who is told is fixed beforehand, and there are no policy, holds, leases, attempts,
obligations or log.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aio_pika
from aiormq.abc import DeliveredMessage

from bench.asked import Asked, say, until_input_ends
from bench.composing import Composer, read
from bench.tasks import AS_JSON, READY, app, send
from bench.work import directory
from hub.adapters.topology import INTAKE_QUEUE
from hub.app.lasting import keep_what_is_loaded
from tests.servers.warden import Leash

WORKERS: Final = 2
"""Each with a pool of one process."""
BATCH: Final = 20
"""Events a step: so that the first of many is not kept waiting until the last is composed."""


@dataclass(slots=True, kw_only=True)
class Feeder:
    """Makes tasks of events."""

    composer: Composer
    channel: Any
    buffer: list[DeliveredMessage] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def on_message(self, message: DeliveredMessage) -> None:
        """Keep a message until its turn."""
        self.buffer.append(message)
        self.news.set()

    async def feed(self) -> None:
        """Compose, queue the tasks, and acknowledge."""
        while True:
            await self.news.wait()
            batch, self.buffer = self.buffer[:BATCH], self.buffer[BATCH:]
            if not self.buffer:
                self.news.clear()
            await asyncio.to_thread(self._queue, batch)
            await self.channel.basic_ack(batch[-1].delivery_tag, multiple=True)

    def _queue(self, batch: list[DeliveredMessage]) -> None:
        with app.producer_or_acquire() as producer:
            for message in batch:
                for delivery in self.composer.deliveries(read(message.body), datetime.now(UTC)):
                    written = AS_JSON.dump_python(delivery, mode="json")
                    send.apply_async((written,), producer=producer)


async def run(asked: Asked, ready: asyncio.Event) -> None:
    """Run until cancelled; the workers end with it, and with its process however that ends."""
    results = "db+" + asked.register.replace("+asyncpg", "+psycopg")
    app.conf.update(broker_url=asked.amqp, result_backend=results)
    where = {
        "BENCH_AMQP": asked.amqp,
        "BENCH_RESULTS": results,
        "BENCH_SMTP": asked.smtp,
        "BENCH_HOOKS": asked.hooks,
    }
    workers = [_worker(number, Path(asked.folder), where) for number in range(WORKERS)]
    try:
        await _each(worker.start for worker in workers)
        await _feed(asked, ready)
    finally:
        await _each(worker.stop for worker in workers)


async def _each(calls: Iterable[Callable[[], None]]) -> None:
    """Call each in a thread of its own; raise what was raised once all of them have ended."""
    ended = await asyncio.gather(*map(asyncio.to_thread, calls), return_exceptions=True)
    for broke in ended:
        if broke is not None:
            raise broke


def _worker(number: int, folder: Path, where: dict[str, str]) -> Leash:
    options = f"--concurrency 1 --loglevel WARNING --hostname worker{number}@bench".split()
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    command = [sys.executable, "-m", "celery", "-A", "bench.tasks", "worker", *options, *quiet]
    return Leash(command, ready=READY, log=folder / f"worker{number}.log", env=os.environ | where)


async def _feed(asked: Asked, ready: asyncio.Event) -> None:
    broker = await aio_pika.connect(asked.amqp)
    try:
        channel = await (await broker.channel(publisher_confirms=False)).get_underlay_channel()
        feeder = Feeder(composer=Composer.open(directory(asked.hooks)), channel=channel)
        await channel.basic_qos(prefetch_count=400)
        await channel.basic_consume(INTAKE_QUEUE, feeder.on_message)
        ready.set()
        await feeder.feed()
    finally:
        with suppress(Exception):
            await broker.close()


async def celery_workers_side(asked: Asked) -> None:
    """Run Celery, with a feeder and its workers, until standard input ends."""
    keep_what_is_loaded()
    ready = asyncio.Event()
    running = asyncio.create_task(run(asked, ready))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not ready.is_set():
        await running
    say({"ready": True})
    await until_input_ends()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
