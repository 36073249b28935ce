"""The floor: what a plain program on the same libraries does with the same events.

It consumes in batches, writes one row an event and one a delivery in one transaction,
acknowledges, sends by the hub's own carriers, and writes a receipt. The words and the mail's bytes
are the hub's own (`compose`), and so is the reading of an event. What it does not have is what the
hub is for: who is told is fixed beforehand. No policy, no holds, no leases, no attempts, no
obligations, no log; after its death nobody sends what it had not sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import aio_pika
from aiormq.abc import DeliveredMessage
from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bench.asked import Asked, say, until_input_ends
from bench.composing import Composer, carriers, in_hand, read, receipt
from bench.work import directory
from hub.adapters.topology import INTAKE_QUEUE
from hub.app.lasting import keep_what_is_loaded
from hub.events.envelope import Event
from hub.notice import Delivery
from hub.ports import Carrier
from hub.vocabulary import Channel

BATCH: Final = 200
LINGER: Final = 0.01
AT_ONCE: Final = {Channel.EMAIL: 8, Channel.WEBHOOK: 16}
"""As many as the hub has on the wire at once, to these destinations."""
AHEAD: Final = 2_000
RECEIPTS: Final = 500
RECEIPT_LINGER: Final = 0.02

_metadata: Final = MetaData()
_EVENT: Final = Table(
    "event",
    _metadata,
    Column("source", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("concern", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("recorded", DateTime(timezone=True), nullable=False),
)
_DELIVERY: Final = Table(
    "delivery",
    _metadata,
    Column("id", Text, primary_key=True),
    Column("event", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
)
_RECEIPT: Final = Table(
    "receipt",
    _metadata,
    Column("delivery", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)


@dataclass(slots=True, kw_only=True)
class Floor:
    """The program's parts."""

    engine: AsyncEngine
    channel: Any
    composer: Composer
    carriers: Mapping[Channel, Carrier]
    buffer: list[DeliveredMessage] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    queues: dict[Channel, asyncio.Queue[Delivery]] = field(default_factory=dict)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def on_message(self, message: DeliveredMessage) -> None:
        """Keep a message until its batch is taken in."""
        self.buffer.append(message)
        self.news.set()

    async def take_in(self) -> None:
        """Consume in batches: render, write, commit, acknowledge, hand on."""
        while True:
            await self.news.wait()
            if len(self.buffer) < BATCH:
                await asyncio.sleep(LINGER)
            batch, self.buffer = self.buffer[:BATCH], self.buffer[BATCH:]
            if not self.buffer:
                self.news.clear()
            events = [read(message.body) for message in batch]
            new = await self._write(events)
            await self.channel.basic_ack(batch[-1].delivery_tag, multiple=True)
            for delivery in new:
                await self.queues[delivery.channel].put(delivery)

    async def _write(self, events: Sequence[Event]) -> list[Delivery]:
        now = datetime.now(UTC)
        rows = [
            {"source": e.source, "id": e.id, "concern": e.concern, "body": e.body, "recorded": now}
            for e in events
        ]
        entering = insert(_EVENT).on_conflict_do_nothing().returning(_EVENT.c.id)
        async with self.engine.begin() as connection:
            entered = set((await connection.execute(entering, rows)).scalars())
            made = [
                (e, d) for e in events if e.id in entered for d in self.composer.deliveries(e, now)
            ]
            if made:
                await connection.execute(_DELIVERY.insert(), [_delivery_row(e, d) for e, d in made])
        return [delivery for _, delivery in made]

    async def send(self, channel: Channel) -> None:
        """Send one after another."""
        queue, carrier, tools = self.queues[channel], self.carriers[channel], self.composer.tools
        while True:
            delivery = await queue.get()
            leased = in_hand(delivery, tools.mint)
            outcome = await carrier.carry(leased, tools.directory)
            self.receipts.append(receipt(delivery, outcome))
            self.came.set()

    async def keep_receipts(self) -> None:
        """Write receipts, many in one commit."""
        while True:
            await self.came.wait()
            self.came.clear()
            if len(self.receipts) < RECEIPTS:
                await asyncio.sleep(RECEIPT_LINGER)
            rows, self.receipts = self.receipts, []
            if rows:
                async with self.engine.begin() as connection:
                    await connection.execute(_RECEIPT.insert(), rows)


async def run(amqp: str, register: str, smtp: str, hooks: str) -> None:
    """Run until cancelled."""
    engine = create_async_engine(register)
    async with engine.begin() as connection:
        await connection.run_sync(_metadata.create_all)
    ways = carriers(smtp)
    broker = await aio_pika.connect(amqp)
    channel = await (await broker.channel(publisher_confirms=False)).get_underlay_channel()
    composer = Composer.open(directory(hooks))
    floor = Floor(engine=engine, channel=channel, composer=composer, carriers=ways)
    floor.queues = {way: asyncio.Queue(AHEAD) for way in AT_ONCE}
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(floor.take_in())
            tasks.create_task(floor.keep_receipts())
            for way, count in AT_ONCE.items():
                for _ in range(count):
                    tasks.create_task(floor.send(way))
            await channel.basic_qos(prefetch_count=400)
            await channel.basic_consume(INTAKE_QUEUE, floor.on_message)
    finally:
        for carrier in ways.values():
            await carrier.close()
        with suppress(Exception):
            await broker.close()
        await engine.dispose()


def _delivery_row(event: Event, delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "event": event.id,
        "agency": delivery.party.agency,
        "channel": delivery.channel.value,
        "target": delivery.target,
        "body": delivery.body,
        "sha256": delivery.sha256,
    }


async def floor_side(asked: Asked) -> None:
    """Run the floor until standard input ends."""
    keep_what_is_loaded()
    running = asyncio.create_task(run(asked.amqp, asked.register, asked.smtp, asked.hooks))
    say({"ready": True})
    await until_input_ends()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
