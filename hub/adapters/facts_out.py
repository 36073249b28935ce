"""The way out of facts: RabbitMQ's `hub.facts`, and the same promises in memory."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from typing import Final, cast

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import DeliveryError, PublishError
from aiormq import spec
from aiormq.abc import ChannelFrame
from pamqp.body import ContentBody
from pamqp.frame import marshal
from pamqp.header import ContentHeader

from hub.adapters.topology import CONNECT_WITHIN, FACTS_EXCHANGE, library_errors
from hub.facts import FactName, Told
from hub.ports import BrokerLost
from hub.vocabulary import PublisherId

STRUCTURED: Final = "application/cloudevents+json"

_Asked = tuple[Told, asyncio.Future[bool]]
"""A fact, and who waits to hear that the broker has it: True; or that no queue takes it: False."""


def routing_key(fact: Told) -> str:
    """Return `<publisher>.<fact name>`; a publisher's id has no full stop in it."""
    return f"{fact.subscriber}.{fact.name}"


class RabbitFacts:
    """Publishes persistent and mandatory, and returns when the broker has confirmed.

    What asks within one turn of the loop goes out as one piece: there are several facts for every
    delivery, and each would be a task, a lock and a system call of its own.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._underlay: aiormq.Channel | None = None
        self._opening = asyncio.Lock()
        self._asked: list[_Asked] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def publish(self, fact: Told) -> bool:
        """Publish one fact; False where no queue takes it. Raises BrokerLost."""
        try:
            return await self._ask(fact)
        except BrokerLost:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the connection; the next fact opens another."""
        connection, self._connection = self._connection, None
        self._channel = self._underlay = None
        if connection is not None:
            with suppress(BrokerLost):
                async with library_errors(), asyncio.timeout(CONNECT_WITHIN):
                    await connection.close()

    def _ask(self, fact: Told) -> asyncio.Future[bool]:
        """Let a fact go out with all that are asked for before the next turn of the loop."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()
        self._asked.append((fact, answer))
        if len(self._asked) == 1:
            sending = loop.create_task(self._send())
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)
        return answer

    async def _send(self) -> None:
        asked, self._asked = self._asked, []
        why: BrokerLost | None = None
        try:
            async with library_errors():
                async with asyncio.timeout(CONNECT_WITHIN):
                    await _hand_over(await self._open(), asked)
                # One clock for all of them; each is answered as soon as the broker speaks of it.
                await asyncio.wait([answer for _, answer in asked], timeout=CONNECT_WITHIN)
        except BrokerLost as lost:
            why = lost
        for _, answer in asked:
            _lost(answer, why)

    async def _open(self) -> aiormq.Channel:
        channel, underlay = self._channel, self._underlay
        if channel is not None and underlay is not None and not channel.is_closed:
            return underlay
        async with self._opening, asyncio.timeout(CONNECT_WITHIN):
            if self._channel is None or self._channel.is_closed:
                if self._connection is None or self._connection.is_closed:
                    self._connection = await aio_pika.connect(
                        self._url,
                        timeout=CONNECT_WITHIN,
                        client_properties={"connection_name": "hub facts"},
                    )
                self._channel = await self._connection.channel(on_return_raises=True)
            self._underlay = cast("aiormq.Channel", await self._channel.get_underlay_channel())
            return self._underlay


async def _hand_over(channel: aiormq.Channel, asked: Sequence[_Asked]) -> None:
    """Number each fact and give all their frames to the connection, as `basic_publish` does one."""
    async with channel.lock:
        first = channel.delivery_tag + 1
        for tag, (fact, answer) in enumerate(asked, start=first):
            confirmed = channel.create_future()
            confirmed.add_done_callback(partial(_confirmed, channel, fact.id, tag, answer))
            channel.confirmations[tag] = confirmed
            channel.message_id_delivery_tag[fact.id] = tag
        channel.delivery_tag += len(asked)
        frames = b"".join(_frames(channel, fact) for fact, _ in asked)
        try:
            await channel.write_queue.put(ChannelFrame(payload=frames, should_close=False))
        except BaseException:
            # The broker has seen none of them: their numbers are free again.
            channel.delivery_tag -= len(asked)
            for tag in range(first, first + len(asked)):
                channel.confirmations.pop(tag).cancel()
            raise


def _frames(channel: aiormq.Channel, fact: Told) -> bytes:
    """Return one message in the protocol's words: its method, its header, its body."""
    number, most, name = channel.number, channel.max_content_size, fact.id.encode()
    # Of one channel's messages each has its own id: by it a returned one is known again.
    before, after = _header(number, len(name))
    size = len(fact.body).to_bytes(8, "big")
    pieces = (fact.body[at : at + most] for at in range(0, len(fact.body), most))
    bodies = (marshal(ContentBody(piece), number) for piece in pieces)
    head = (_method(number, routing_key(fact)), before, size, after, name, _END)
    return b"".join((*head, *bodies))


_END: Final = b"\xce"
_SIZE_AT: Final = 11
"""Where a header's frame says how long the body is: after type, channel, size, class and weight."""


@lru_cache(maxsize=1024)
def _method(number: int, key: str) -> bytes:
    method = spec.Basic.Publish(exchange=FACTS_EXCHANGE, routing_key=key, mandatory=True)
    return marshal(method, number)


@lru_cache(maxsize=1024)
def _header(number: int, letters: int) -> tuple[bytes, bytes]:
    """Return what a header says before the body's length, and after it up to the message's id.

    As the library writes it, to whom it costs as much as all the rest: of the properties that a
    fact has, its id comes last.
    """
    properties = spec.Basic.Properties(
        content_type=STRUCTURED,
        message_id="." * letters,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
    whole = marshal(ContentHeader(properties=properties, body_size=0), number)
    return whole[:_SIZE_AT], whole[_SIZE_AT + 8 : -len(_END) - letters]


def _confirmed(
    channel: aiormq.Channel,
    fact: str,
    tag: int,
    answer: asyncio.Future[bool],
    confirmed: asyncio.Future[object],
) -> None:
    """Answer whoever published a fact with what the broker said of it."""
    if channel.message_id_delivery_tag.get(fact) == tag:
        del channel.message_id_delivery_tag[fact]
    error = None if confirmed.cancelled() else confirmed.exception()
    if confirmed.cancelled() or (error and not isinstance(error, PublishError | DeliveryError)):
        _lost(answer, error)
    elif not answer.done():
        answer.set_result(error is None)


def _lost(answer: asyncio.Future[bool], why: BaseException | None) -> None:
    """Say that the broker is gone, where nothing else was said; each in an exception of its own."""
    if not answer.done():
        answer.set_exception(BrokerLost(str(why or "no confirmation came in time")))


class MemoryFacts:
    """Queues in memory, one for each publisher that has one."""

    def __init__(self, publishers: Iterable[PublisherId] = ()) -> None:
        self.taken: defaultdict[PublisherId, list[Told]] = defaultdict(list)
        """What each subscriber reads, oldest first."""
        self._queues = {*publishers}
        self._away = False
        self._news = asyncio.Event()

    def bind(self, publisher: PublisherId) -> None:
        """Give a publisher its queue."""
        self._queues.add(publisher)

    def go_away(self, *, away: bool = True) -> None:
        """Be as a broker that cannot be reached, or come back."""
        self._away = away

    async def arrival(self, publisher: PublisherId, name: FactName) -> None:
        """Return once this publisher has found a fact of this name."""
        while all(fact.name is not name for fact in self.taken[publisher]):
            self._news.clear()
            await self._news.wait()

    async def publish(self, fact: Told) -> bool:
        """Publish one fact; False where no queue takes it. Raises BrokerLost."""
        await asyncio.sleep(0)  # As a confirm: others have their turn meanwhile.
        if self._away:
            raise BrokerLost("it is away")
        if fact.subscriber not in self._queues:
            return False
        self.taken[fact.subscriber].append(fact)
        self._news.set()
        return True

    async def close(self) -> None:
        """Give back nothing: there is no connection."""
