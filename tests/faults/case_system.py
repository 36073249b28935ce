"""The case system of a fault run: publishes events, and notes of each what the broker answered."""

from __future__ import annotations

import asyncio
import time
from hashlib import sha256
from types import TracebackType
from typing import Final, Self

import aio_pika
import orjson
from pamqp.commands import Basic

from bench.work import PUBLISHER, TOLD, Opened
from hub.adapters.topology import EVENTS_EXCHANGE, library_errors
from hub.ports import BrokerLost
from tests.faults.checker import ACKNOWLEDGED, POISON, PUBLISH, UNKNOWN, History
from tests.faults.lasting import after

CONFIRMED_WITHIN: Final = 5.0
"""Seconds after which a case system no longer waits for the broker's word."""


class CaseSystem:
    """Publishes as a publisher does: persistent, confirmed, each event once.

    An event whose confirm never came is noted as unknown, and is not sent again: the broker may
    have it.
    """

    def __init__(self, url: str, history: History) -> None:
        self._url = url
        self._history = history
        self._events = Opened()
        self._connection: aio_pika.abc.AbstractConnection | None = None
        self._exchange: aio_pika.abc.AbstractExchange | None = None
        self._opening = asyncio.Lock()
        self.acknowledged: set[str] = set()
        """The ids of the events that the broker has confirmed."""
        self.poisoned = 0
        """How much poison was confirmed."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.hang_up()

    @property
    def owed(self) -> int:
        """How many deliveries the confirmed events must bring."""
        return self.confirmed * TOLD

    @property
    def confirmed(self) -> int:
        """How many events the broker has confirmed."""
        return len(self.acknowledged)

    async def publish(self, count: int, *, at_once: int = 100) -> int:
        """Publish so many events; return how many were confirmed."""
        before = self.confirmed
        for start in range(0, count, at_once):
            few = min(at_once, count - start)
            await asyncio.gather(*(self._event() for _ in range(few)))
        return self.confirmed - before

    async def publish_until(self, stop: asyncio.Event, *, every: float) -> None:
        """Publish one event after another, as steadily as the broker lets it."""
        while not stop.is_set():
            await self._event()
            await after(every)

    async def poison(self, bodies: list[bytes]) -> None:
        """Publish what no hub can take."""
        for body in bodies:
            start = time.monotonic()
            result = await self._send(body)
            self.poisoned += result == ACKNOWLEDGED
            digest = sha256(body).hexdigest()
            self._history.note(POISON, result, start=start, sha256=digest)

    async def hang_up(self) -> None:
        """Close the connection; the next event opens another."""
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None and not connection.is_closed:
            try:
                async with asyncio.timeout(1):
                    await connection.close()
            except (TimeoutError, OSError, aio_pika.exceptions.AMQPError):
                return

    async def _event(self) -> None:
        body, _ = self._events.next()
        start = time.monotonic()
        result = await self._send(body)
        event = orjson.loads(body)["id"]
        if result == ACKNOWLEDGED:
            self.acknowledged.add(event)
        self._history.note(PUBLISH, result, start=start, event=event, owes=TOLD)

    async def _send(self, body: bytes) -> str:
        message = aio_pika.Message(
            body,
            content_type="application/cloudevents+json",
            user_id=PUBLISHER,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        try:
            async with library_errors(), asyncio.timeout(CONFIRMED_WITHIN):
                exchange = await self._open()
                key = f"{PUBLISHER}.concern.opened"
                answer = await exchange.publish(message, key, mandatory=False)
        except BrokerLost:
            await self.hang_up()
            return UNKNOWN
        return ACKNOWLEDGED if isinstance(answer, Basic.Ack) else UNKNOWN

    async def _open(self) -> aio_pika.abc.AbstractExchange:
        async with self._opening:
            if self._exchange is None:
                self._connection = await aio_pika.connect(self._url)
                channel = await self._connection.channel()
                self._exchange = await channel.get_exchange(EVENTS_EXCHANGE, ensure=False)
            return self._exchange
