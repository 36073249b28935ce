"""Exchanges and queues on the broker: declared by `hub topology apply`, else only checked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

import aio_pika
import aiormq.abc
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import (
    CONNECTION_EXCEPTIONS,
    AMQPChannelError,
    ChannelNotFoundEntity,
    DeliveryError,
    PublishError,
)

from hub.ports import BrokerLost
from hub.vocabulary import HubError

EVENTS_EXCHANGE: Final = "concern.events"
FACTS_EXCHANGE: Final = "hub.facts"
DEAD_EXCHANGE: Final = "hub.dlx"
UNROUTED: Final = "concern.unrouted"
INTAKE_QUEUE: Final = "hub.events.v1"
DEAD_QUEUE: Final = "hub.events.v1.dlq"
CONNECT_WITHIN: Final = 10.0
"""Seconds for a connection, a declaration or a confirm."""


class TopologyDiffers(HubError):
    """The broker's exchanges and queues are not as the hub needs them."""


class NotTaken(HubError):
    """The broker did not take the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One durable exchange."""

    name: str
    kind: Literal["topic", "fanout"]
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One durable quorum queue, and what it is bound to."""

    name: str
    bound_to: str
    arguments: Mapping[str, str | int]
    routing_key: str = "#"


EXCHANGES: Final = (
    Exchange(name=UNROUTED, kind="fanout"),
    Exchange(name=DEAD_EXCHANGE, kind="fanout"),
    Exchange(name=EVENTS_EXCHANGE, kind="topic", arguments={"alternate-exchange": UNROUTED}),
    Exchange(name=FACTS_EXCHANGE, kind="topic"),
)
QUEUES: Final = (
    Queue(name=UNROUTED, bound_to=UNROUTED, arguments={"x-queue-type": "quorum"}),
    Queue(name=DEAD_QUEUE, bound_to=DEAD_EXCHANGE, arguments={"x-queue-type": "quorum"}),
    Queue(
        name=INTAKE_QUEUE,
        bound_to=EVENTS_EXCHANGE,
        # At-least-once dead-lettering needs the strategy, reject-publish and a target, all three.
        arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": 20,
            "x-dead-letter-exchange": DEAD_EXCHANGE,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    ),
)


def facts_queue(publisher: str) -> str:
    """Return the name of the queue in which a publisher finds its facts."""
    return f"{FACTS_EXCHANGE}.{publisher}"


def queues(publishers: Iterable[str]) -> tuple[Queue, ...]:
    """Return every queue: the hub's own, and one of facts for each publisher."""
    theirs = (
        Queue(
            name=facts_queue(publisher),
            bound_to=FACTS_EXCHANGE,
            # A reader that dies often must find its facts again: the broker drops after 20 tries.
            arguments={"x-queue-type": "quorum", "x-delivery-limit": 1_000_000},
            routing_key=f"{publisher}.#",
        )
        for publisher in sorted({*publishers})
    )
    return (*QUEUES, *theirs)


async def apply(url: str, publishers: Iterable[str] = ()) -> None:
    """Declare everything; what stands already in the same form stays.

    `publishers`: whose queues of facts are declared. Raises TopologyDiffers with every mismatch,
    BrokerLost where the broker cannot be reached.
    """
    await _each(url, queues(publishers), passive=False)


async def check(url: str, publishers: Iterable[str] = ()) -> None:
    """Check that everything is there, and change nothing. Raises as `apply` does.

    A passive declaration asks for the name alone: other arguments show only in `apply`.
    """
    await _each(url, queues(publishers), passive=True)


async def publish(
    url: str,
    body: bytes,
    routing_key: str,
    user_id: str | None = None,
    *,
    content_type: str = "application/cloudevents+json",
    headers: Mapping[str, str] | None = None,
    exchange: str = EVENTS_EXCHANGE,
) -> None:
    """Publish one message and return when the broker has it, on disk and in a queue.

    Raises NotTaken where the broker refuses it, cannot route it or does not let this user speak as
    `user_id`; BrokerLost where the broker is gone, and then it may have been taken.
    """
    message = aio_pika.Message(
        body,
        content_type=content_type,
        headers=dict(headers or {}),
        user_id=user_id,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
    async with connection(url, "hub publish") as broker:
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                channel = await broker.channel(on_return_raises=True)
                target = await channel.get_exchange(exchange, ensure=False)
                await target.publish(message, routing_key, mandatory=True)
        except PublishError:
            raise NotTaken(f"no queue takes `{routing_key}`") from None
        except (DeliveryError, AMQPChannelError) as error:
            raise NotTaken(str(error)) from None


@asynccontextmanager
async def connection(url: str, name: str) -> AsyncIterator[AbstractConnection]:
    """Open a plain connection for one errand; the library's errors leave as BrokerLost."""
    async with library_errors():
        opened = await aio_pika.connect(
            url, timeout=CONNECT_WITHIN, client_properties={"connection_name": name}
        )
    try:
        async with library_errors():
            yield opened
    finally:
        async with library_errors():
            await opened.close()


@asynccontextmanager
async def library_errors() -> AsyncIterator[None]:
    """Turn every way in which the client library dies into BrokerLost.

    A half-open connection dies with CancelledError inside our own task; it is ours only where
    somebody has asked this task to end.
    """
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise BrokerLost("the connection died while it was used") from None
    except (*CONNECTION_EXCEPTIONS, TimeoutError) as error:
        raise BrokerLost(f"{type(error).__name__}: {error}") from None


async def _each(url: str, every: Sequence[Queue], *, passive: bool) -> None:
    differs: list[str] = []
    async with connection(url, "hub topology") as broker:
        for exchange in EXCHANGES:
            differs += await _tried(
                broker, f"exchange `{exchange.name}`", exchange, passive=passive
            )
        for queue in every:
            differs += await _tried(broker, f"queue `{queue.name}`", queue, passive=passive)
    if differs:
        raise TopologyDiffers("; ".join(differs))


async def _tried(
    broker: AbstractConnection, what: str, thing: Exchange | Queue, *, passive: bool
) -> list[str]:
    """Declare one thing on a channel of its own: the broker closes the channel on a mismatch."""
    channel = await broker.channel()
    underlay = await channel.get_underlay_channel()
    try:
        if isinstance(thing, Exchange):
            await _exchange(underlay, thing, passive=passive)
        else:
            await _queue(underlay, thing, passive=passive)
    except ChannelNotFoundEntity:
        return [f"{what} is not there"]
    except AMQPChannelError as error:
        return [f"{what}: {error}"]
    await channel.close()
    return []


async def _exchange(
    underlay: aiormq.abc.AbstractChannel, exchange: Exchange, *, passive: bool
) -> None:
    await underlay.exchange_declare(
        exchange.name,
        exchange_type=exchange.kind,
        durable=True,
        passive=passive,
        arguments=dict(exchange.arguments),
        timeout=CONNECT_WITHIN,
    )


async def _queue(underlay: aiormq.abc.AbstractChannel, queue: Queue, *, passive: bool) -> None:
    await underlay.queue_declare(
        queue.name,
        durable=True,
        passive=passive,
        arguments=dict(queue.arguments),
        timeout=CONNECT_WITHIN,
    )
    if not passive:
        await underlay.queue_bind(
            queue.name,
            queue.bound_to,
            routing_key=queue.routing_key,
            timeout=CONNECT_WITHIN,
        )
