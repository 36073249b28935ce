"""The way out of facts: RabbitMQ's `hub.facts`, and the same promises in memory."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from struct import Struct
from typing import Any, Final, cast

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import DeliveryError, PublishError
from aiormq import spec
from aiormq.abc import ChannelFrame
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
                    all_said = await _hand_over(await self._open(), asked)
                # One clock for all of them; each is answered as soon as the broker speaks of it.
                await asyncio.wait((all_said,), timeout=CONNECT_WITHIN)
            why = _why(all_said)
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


class _Piece:
    """What goes out as one piece: what the broker says of each is counted."""

    __slots__ = ("all_said", "left", "tags")

    def __init__(self, channel: aiormq.Channel, many: int) -> None:
        self.tags = channel.message_id_delivery_tag
        self.left = many
        self.all_said: asyncio.Future[None] = channel.create_future()
        """Done once the broker has spoken of each; over when the channel is."""


class _Awaited:
    """One fact on its way, as the channel knows it: in place of a future of the library's own.

    Each of those costs five turns of the loop besides whoever waits. The channel gives it what the
    broker said, once; when the channel ends, it tells the future that all of one piece share.
    """

    __slots__ = ("_answer", "_fact", "_piece", "_tag")

    def __init__(self, piece: _Piece, fact: str, tag: int, answer: asyncio.Future[bool]) -> None:
        self._piece = piece
        self._fact = fact
        self._tag = tag
        self._answer = answer

    def done(self) -> bool:
        """Return False: with the first word about it the channel forgets it."""
        return False

    def set_result(self, _said: object, *, taken: bool = True) -> None:
        """Hear that the broker has it, or that it has it not."""
        piece = self._piece
        if piece.tags.get(self._fact) == self._tag:
            del piece.tags[self._fact]
        if not self._answer.done():
            self._answer.set_result(taken)
        piece.left -= 1
        if not piece.left and not piece.all_said.done():
            piece.all_said.set_result(None)

    def set_exception(self, error: PublishError | DeliveryError) -> None:
        """Hear that no queue takes it, or that one has refused it."""
        self.set_result(error, taken=False)


async def _hand_over(channel: aiormq.Channel, asked: Sequence[_Asked]) -> asyncio.Future[None]:
    """Number each fact and give all their frames to the connection, as `basic_publish` does one.

    Return what is done once the broker has spoken of all; it is over when the channel is.
    """
    async with channel.lock:
        first, piece = channel.delivery_tag + 1, _Piece(channel, len(asked))
        frames: list[bytes] = []
        for tag, (fact, answer) in enumerate(asked, start=first):
            awaited: Any = _Awaited(piece, fact.id, tag, answer)
            channel.confirmations[tag] = awaited
            piece.tags[fact.id] = tag
            frames += _frames(channel, fact)
        channel.delivery_tag += len(asked)
        try:
            whole = ChannelFrame(payload=b"".join(frames), should_close=False)
            await channel.write_queue.put(whole)
        except BaseException:
            # The broker has seen none of them: their numbers are free again.
            channel.delivery_tag -= len(asked)
            for tag, (fact, _) in enumerate(asked, start=first):
                del channel.confirmations[tag]
                piece.tags.pop(fact.id, None)
            piece.all_said.cancel()
            raise
    return piece.all_said


def _why(all_said: asyncio.Future[None]) -> BrokerLost | None:
    """Return why nothing more will be said, where the channel ended before all was."""
    if not all_said.done() or all_said.cancelled() or (error := all_said.exception()) is None:
        return None
    return BrokerLost(str(error))


def _frames(channel: aiormq.Channel, fact: Told) -> Sequence[bytes]:
    """Return one message in the protocol's words: its method, its header, its body."""
    number, most, name, body = channel.number, channel.max_content_size, fact.id.encode(), fact.body
    # Of one channel's messages each has its own id: by it a returned one is known again.
    before, after = _header(number, len(name))
    size = len(body).to_bytes(8, "big")
    frames = [_method(number, routing_key(fact)), before, size, after, name, _END]
    for at in range(0, len(body), most):
        piece = body[at : at + most]
        frames += (_BODY.pack(_OF_A_BODY, number, len(piece)), piece, _END)
    return frames


_BODY: Final = Struct(">BHI")
"""What a body's frame begins with: its type, the channel, how long it is."""
_OF_A_BODY: Final = 3
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
