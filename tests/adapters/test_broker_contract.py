"""What every broker session promises intake: one suite, in memory and on a real RabbitMQ."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Protocol

import pytest

from hub.adapters.broker import RabbitBroker
from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.memory import MemoryBroker
from hub.adapters.topology import apply, publish
from hub.ports import Broker, BrokerLost, Received
from tests.servers.rabbit import Rabbit

AT_ONCE = timedelta(milliseconds=10)
SOON = timedelta(seconds=5)


class World(Protocol):
    """A broker, and a publisher to it."""

    async def publish(self, *bodies: bytes) -> None: ...

    async def session(self) -> Broker: ...


class InMemory:
    def __init__(self) -> None:
        self.broker = MemoryBroker()

    async def publish(self, *bodies: bytes) -> None:
        for body in bodies:
            self.broker.publish(body, user_id="hub", routing_key="wscc.opened")

    async def session(self) -> Broker:
        return await self.broker.session()


class OnRabbit:
    def __init__(self, url: str) -> None:
        self.url = url
        self.broker = RabbitBroker(url, clock=SystemClock(), mint=RandomMint())

    async def publish(self, *bodies: bytes) -> None:
        for body in bodies:
            await publish(self.url, body, "wscc.opened", "hub")

    async def session(self) -> Broker:
        return await self.broker.session()


Make = Callable[[], Awaitable[World]]


@pytest.fixture(params=["memory", "rabbit"])
async def world(request: pytest.FixtureRequest) -> World:
    if request.param == "memory":
        return InMemory()
    rabbit: Rabbit = request.getfixturevalue("rabbit")
    await apply(rabbit.url)
    return OnRabbit(rabbit.url)


@pytest.fixture
async def opened(world: World) -> AsyncIterator[Callable[[], Awaitable[Broker]]]:
    sessions = []

    async def session() -> Broker:
        sessions.append(await world.session())
        return sessions[-1]

    yield session
    for each in sessions:
        await each.close()


async def take(session: Broker, many: int) -> list[Received]:
    got: list[Received] = []
    async with asyncio.timeout(20):
        while len(got) < many:
            got += await session.receive(limit=many - len(got), linger=AT_ONCE)
    return got


async def settled(world: World, session: Broker) -> Broker:
    """A session gives its first message alone; have that behind us."""
    await world.publish(b"first")
    await session.ack_through((await take(session, 1))[0].tag)
    return session


Open = Callable[[], Awaitable[Broker]]


async def test_messages_come_in_order_with_what_came_beside_them(
    world: World, opened: Open
) -> None:
    session = await settled(world, await opened())
    await world.publish(b"1", b"2", b"3")

    got = await take(session, 3)

    assert [one.body for one in got] == [b"1", b"2", b"3"]
    assert [one.tag for one in got] == [2, 3, 4]
    assert {one.user_id for one in got} == {"hub"}
    assert {one.routing_key for one in got} == {"wscc.opened"}
    assert {one.content_type for one in got} == {"application/cloudevents+json"}
    assert {one.delivery_count for one in got} == {0}


async def test_a_batch_ends_at_its_limit(world: World, opened: Open) -> None:
    session = await settled(world, await opened())
    await world.publish(b"1", b"2", b"3")

    async with asyncio.timeout(10):
        first = await session.receive(limit=2, linger=SOON)

    assert [one.body for one in first] == [b"1", b"2"]


async def test_receive_waits_for_the_first_message(world: World, opened: Open) -> None:
    session = await opened()
    waiting = asyncio.create_task(session.receive(limit=10, linger=AT_ONCE))
    await asyncio.wait([waiting], timeout=0.2)
    assert not waiting.done()

    await world.publish(b"1")

    async with asyncio.timeout(10):
        assert [one.body for one in await waiting] == [b"1"]


async def test_a_receive_that_is_cancelled_loses_nothing(world: World, opened: Open) -> None:
    session = await settled(world, await opened())
    waiting = asyncio.create_task(session.receive(limit=10, linger=SOON))
    await world.publish(b"1")
    await asyncio.wait([waiting], timeout=0.5)
    assert not waiting.done()  # it lingers

    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert [one.body for one in await take(session, 1)] == [b"1"]


async def test_one_ack_covers_everything_up_to_its_tag_and_nothing_after(
    world: World, opened: Open
) -> None:
    session = await settled(world, await opened())
    await world.publish(b"1", b"2", b"3", b"4")
    got = await take(session, 4)

    await session.ack_through(got[2].tag)
    await session.close()
    again = await take(await opened(), 1)

    assert [one.body for one in again] == [b"4"]


async def test_what_is_not_acknowledged_comes_again_in_order_counted_in_a_new_epoch(
    world: World, opened: Open
) -> None:
    session = await settled(world, await opened())
    await world.publish(b"1", b"2", b"3")
    await take(session, 3)

    await session.close()
    session = await opened()
    again = await take(session, 1)
    await session.ack_through(again[0].tag)
    again += await take(session, 2)

    assert [one.body for one in again] == [b"1", b"2", b"3"]
    assert [one.tag for one in again] == [1, 2, 3]
    assert [one.delivery_count for one in again] == [1, 1, 1]


async def test_a_message_delivered_three_times_in_vain_comes_alone(
    world: World, opened: Open
) -> None:
    await world.publish(b"killer", b"after")
    for _ in range(3):
        session = await opened()
        await take(session, 1)
        await session.close()

    session = await opened()
    async with asyncio.timeout(10):
        first = await session.receive(limit=10, linger=SOON)
    await session.ack_through(first[-1].tag)
    then = await take(session, 1)

    assert [(one.body, one.delivery_count) for one in first] == [(b"killer", 3)]
    assert [one.body for one in then] == [b"after"]


async def test_a_closed_session_is_lost(world: World, opened: Open) -> None:
    session = await opened()
    await world.publish(b"1")
    got = await take(session, 1)

    await session.close()

    with pytest.raises(BrokerLost):
        await session.ack_through(got[0].tag)
    with pytest.raises(BrokerLost):
        await session.receive(limit=1, linger=AT_ONCE)


async def test_closing_ends_a_receive_that_waits(world: World, opened: Open) -> None:
    session = await opened()
    waiting = asyncio.create_task(session.receive(limit=1, linger=AT_ONCE))
    await asyncio.wait([waiting], timeout=0.1)

    await session.close()

    with pytest.raises(BrokerLost):
        await waiting


async def test_a_drained_session_gives_what_had_come_takes_acks_and_then_is_empty(
    world: World, opened: Open
) -> None:
    session = await opened()
    await world.publish(b"1")
    got = await take(session, 1)

    await session.drain()
    await world.publish(b"2")
    await session.ack_through(got[0].tag)

    async with asyncio.timeout(10):
        assert await session.receive(limit=1, linger=AT_ONCE) == ()
    await session.close()
    assert [one.body for one in await take(await opened(), 1)] == [b"2"]


async def test_draining_ends_a_receive_that_waits(world: World, opened: Open) -> None:
    session = await opened()
    waiting = asyncio.create_task(session.receive(limit=1, linger=AT_ONCE))
    await asyncio.wait([waiting], timeout=0.1)

    await session.drain()

    async with asyncio.timeout(10):
        assert await waiting == ()
