"""The way out of facts: RabbitMQ's `hub.facts`, and the same promises in memory."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import aio_pika
import aiormq.abc
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import AMQPChannelError, DeliveryError, PublishError
from aiormq import spec

from hub.adapters.topology import CONNECT_WITHIN, FACTS_EXCHANGE, library_errors
from hub.facts import FactName, Told
from hub.ports import BrokerLost
from hub.vocabulary import PublisherId

STRUCTURED: Final = "application/cloudevents+json"


def routing_key(fact: Told) -> str:
    """Return `<publisher>.<fact name>`; a publisher's id has no full stop in it."""
    return f"{fact.subscriber}.{fact.name}"


class RabbitFacts:
    """Publishes persistent and mandatory, and returns when the broker has confirmed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._underlay: aiormq.abc.AbstractChannel | None = None
        self._opening = asyncio.Lock()

    async def publish(self, fact: Told) -> bool:
        """Publish one fact; False where no queue takes it. Raises BrokerLost."""
        try:
            return await self._confirmed(fact)
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

    async def _confirmed(self, fact: Told) -> bool:
        properties = spec.Basic.Properties(
            content_type=STRUCTURED,
            # Of one channel's messages each has its own: by it a returned one is known again.
            message_id=fact.id,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        async with library_errors():
            try:
                # The protocol's own call: there are several facts for every delivery.
                await (await self._open()).basic_publish(
                    fact.body,
                    exchange=FACTS_EXCHANGE,
                    routing_key=routing_key(fact),
                    properties=properties,
                    mandatory=True,
                    timeout=CONNECT_WITHIN,
                )
            except (PublishError, DeliveryError):
                return False
            except AMQPChannelError as error:
                raise BrokerLost(str(error)) from None
        return True

    async def _open(self) -> aiormq.abc.AbstractChannel:
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
            self._underlay = await self._channel.get_underlay_channel()
            return self._underlay


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
