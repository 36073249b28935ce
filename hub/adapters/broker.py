"""RabbitMQ: a supervisor that opens sessions, and one consuming session of one epoch (intake.md).

On plain connections. The robust ones of the library replay nothing that matters, and hide from us
when a session has died.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import aio_pika
import aiormq.abc
from aio_pika.abc import AbstractConnection
from aiormq.abc import DeliveredMessage
from yarl import URL

from hub.adapters.received import received
from hub.adapters.topology import CONNECT_WITHIN, INTAKE_QUEUE, library_errors
from hub.ports import BrokerLost, Clock, Received
from hub.vocabulary import Mint

PREFETCH: Final = 400
SUSPECT: Final = 3
"""A message delivered so often in vain may be one that kills the process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the adapter waits for what, in seconds."""

    heartbeat: int = 10
    """A dead peer is noticed after 3 x (heartbeat + 1)."""
    silence: float = 30.0
    """No delivery for so long while the queue has messages: the session is dead."""
    look_every: float = 10.0
    first_wait: float = 0.2
    longest_wait: float = 4.0
    """A knock costs nobody anything, and a broker that is ready must be consumed from within 5 s;
    behind a balancer or a proxy one that is away does not even refuse connections."""
    settled: float = 15.0
    """A session that lived so long starts the waits afresh."""


class RabbitBroker:
    """The supervisor of one queue: `session()` waits, with back-off, until one is open."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        mint: Mint,
        queue: str = INTAKE_QUEUE,
        patience: Patience | None = None,
    ) -> None:
        self._url = URL(url)
        self._clock = clock
        self._mint = mint
        self._queue = queue
        self._patience = patience or Patience()
        self._epochs = itertools.count(1)
        self._failures = 0
        self._last: RabbitSession | None = None
        self.why_not = ""
        """Why the last try failed, for readiness; empty while a session is open."""

    async def session(self) -> RabbitSession:
        """Open a new consuming session, in a new epoch. Tries until it can."""
        if self._last is not None and self._last.lived() < self._patience.settled:
            self._failures += 1
        while True:
            if self._failures:
                await self._clock.sleep(self._wait())
            try:
                session = RabbitSession(
                    self._url, self._queue, next(self._epochs), self._clock, self._patience
                )
                await session.open()
            except BrokerLost as lost:
                self.why_not = str(lost)
                self._failures += 1
            else:
                self.why_not = ""
                self._last = session
                self._failures = 0
                return session

    def _wait(self) -> float:
        """Return a wait with full jitter: the whole fleet must not knock at once."""
        patience, doublings = self._patience, min(self._failures, 9)
        longest = min(patience.longest_wait, patience.first_wait * float(2**doublings))
        return self._mint.fraction() * longest


class RabbitSession:
    """One consuming session: a connection, a channel, a buffer, a watchdog on a second channel.

    It begins with one message, and takes many only once the first is acknowledged and was no
    suspect: what dies with a process counts a delivery for each message it held, and the innocent
    must not be counted with the one that kills.
    """

    def __init__(self, url: URL, queue: str, epoch: int, clock: Clock, patience: Patience) -> None:
        self.epoch = epoch
        if "heartbeat" not in url.query:
            url = url.update_query(heartbeat=str(patience.heartbeat))
        self._url = url
        self._queue = queue
        self._clock = clock
        self._patience = patience
        self._buffer: deque[Received] = deque()
        self._news = asyncio.Event()
        self._lost: str | None = None
        self._draining = False
        self._careful = True
        self._met_suspect = False
        self._arrived = 0
        self._handed_out = 0
        self._acked = 0
        self._opened = self._heard = clock.now()
        self._ended: datetime | None = None
        self._connection: AbstractConnection | None = None
        self._channel: aiormq.abc.AbstractChannel | None = None
        self._consumer = ""
        self._watchdog: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect, check the queue and consume. Raises BrokerLost, with nothing left open."""
        try:
            async with library_errors(), asyncio.timeout(3 * CONNECT_WITHIN):
                self._connection = await aio_pika.connect(
                    self._url,
                    timeout=CONNECT_WITHIN,
                    client_properties={"connection_name": f"hub intake {self._queue}"},
                )
                self._connection.close_callbacks.add(self._on_closed)
                channel = await self._connection.channel(publisher_confirms=False)
                channel.close_callbacks.add(self._on_closed)
                self._channel = await channel.get_underlay_channel()
                self._channel.on_consumer_cancel_callbacks.add(self._on_cancelled)
                await self._channel.queue_declare(self._queue, passive=True)
                await self._consume(prefetch=1)
        except BaseException:  # cancelled too: a half-made session must not go on consuming
            await self.close()
            raise
        self._opened = self._heard = self._clock.now()
        self._watchdog = asyncio.create_task(self._watch())

    async def receive(self, *, limit: int, linger: timedelta) -> tuple[Received, ...]:
        """Return up to `limit` messages, or what came within `linger` of the first.

        A message that was delivered three times in vain comes alone, and so does the first of a
        session: the next comes once it is acknowledged. Empty only once drained. Safe to cancel:
        what is not returned stays in the buffer.
        """
        while not self._buffer and not self._draining:
            await self._until_news()
        self._must_live()
        if self._careful and self._consumer and self._buffer:
            await self._pause()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(linger.total_seconds()):
                while len(self._buffer) < limit and not self._draining and not self._careful:
                    await self._until_news()
        self._must_live()
        return self._hand_out(limit)

    async def ack_through(self, tag: int) -> None:
        """Acknowledge every message up to this tag, which must have been handed out."""
        self._must_live()
        if self._channel is None or tag > self._handed_out:
            raise BrokerLost(f"tag {tag} is not of this session")
        async with library_errors():
            await self._channel.basic_ack(tag, multiple=True)
        self._acked = max(self._acked, tag)
        if self._careful and self._acked == self._arrived and not self._draining:
            self._careful = self._met_suspect
            async with library_errors():
                await self._consume(prefetch=1 if self._careful else PREFETCH)

    async def drain(self) -> None:
        """Take no more from the broker; what has come may still be received and acknowledged."""
        self._draining = True
        if self._lost is None:
            await self._pause()
        self._news.set()

    async def close(self) -> None:
        """Close the connection; what was not acknowledged goes back to the broker."""
        self._end("closed by us")
        if self._watchdog is not None:
            self._watchdog.cancel()
            await asyncio.gather(self._watchdog, return_exceptions=True)
        if self._connection is not None:
            with contextlib.suppress(BrokerLost):
                async with library_errors(), asyncio.timeout(CONNECT_WITHIN):
                    await self._connection.close()

    def lived(self) -> float:
        """Return for how many seconds this session has been open."""
        return ((self._ended or self._clock.now()) - self._opened).total_seconds()

    def _hand_out(self, limit: int) -> tuple[Received, ...]:
        out: list[Received] = []
        while self._buffer and len(out) < limit:
            if out and (_suspect(self._buffer[0]) or _suspect(out[-1])):
                break
            out.append(self._buffer.popleft())
        if out:
            self._handed_out = out[-1].tag
            self._met_suspect = _suspect(out[-1])
        return tuple(out)

    async def _consume(self, *, prefetch: int) -> None:
        if self._channel is None:
            raise BrokerLost("there is no channel")
        await self._channel.basic_qos(prefetch_count=prefetch, timeout=CONNECT_WITHIN)
        answer = await self._channel.basic_consume(
            self._queue, self._on_message, timeout=CONNECT_WITHIN
        )
        self._consumer = answer.consumer_tag or ""

    async def _pause(self) -> None:
        """Cancel the consumer: the next one has its own prefetch.

        Two must never have messages at once: the broker would put back those of one before those
        of the other, out of order.
        """
        consumer, self._consumer = self._consumer, ""
        if self._channel is not None and consumer:
            async with library_errors():
                await self._channel.basic_cancel(consumer, timeout=CONNECT_WITHIN)

    async def _on_message(self, message: DeliveredMessage) -> None:
        # Nothing else happens here: the library cancels callbacks when a channel dies.
        tag = message.delivery_tag or 0
        if tag != self._arrived + 1:
            self._end(f"message {self._arrived + 1} of this session is missing")
            return
        self._arrived = tag
        self._heard = self._clock.now()
        self._buffer.append(received(message, tag, self._heard))
        self._news.set()

    def _on_closed(self, _: object, error: BaseException | None) -> None:
        self._end(f"closed: {type(error).__name__} {error}" if error else "closed by the broker")

    async def _on_cancelled(self, _: object) -> None:
        self._end("the broker cancelled the consumer")

    def _end(self, why: str) -> None:
        if self._lost is None:
            self._lost = why
            self._ended = self._clock.now()
        self._news.set()

    def _must_live(self) -> None:
        if self._lost is not None:
            raise BrokerLost(self._lost)

    async def _until_news(self) -> None:
        self._must_live()
        self._news.clear()
        await self._news.wait()

    async def _watch(self) -> None:
        """End a session to which nothing comes although the queue has messages."""
        try:
            async with library_errors():
                await self._look_again_and_again()
        except BrokerLost as lost:
            self._end(f"watchdog: {lost}")

    async def _look_again_and_again(self) -> None:
        if self._connection is None:
            return
        second = await self._connection.channel(publisher_confirms=False)
        channel = await second.get_underlay_channel()
        while self._lost is None:
            await self._clock.sleep(self._patience.look_every)
            answer = await channel.queue_declare(self._queue, passive=True, timeout=CONNECT_WITHIN)
            quiet = (self._clock.now() - self._heard).total_seconds()
            # With as much in hand as we asked for, silence is what we asked for.
            in_hand = self._arrived - self._acked
            idle = in_hand < (1 if self._careful else PREFETCH)
            if answer.message_count and idle and not self._draining:
                if quiet >= self._patience.silence:
                    self._end(f"watchdog: {answer.message_count} wait and none came")
            else:
                self._heard = self._clock.now()


def _suspect(message: Received) -> bool:
    return message.delivery_count >= SUSPECT
