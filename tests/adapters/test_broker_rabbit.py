"""How a session on RabbitMQ dies, in each way it can, and how the supervisor opens the next."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import aio_pika
import pytest

from hub.adapters.broker import Patience, RabbitBroker, RabbitSession
from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.topology import (
    DEAD_QUEUE,
    EVENTS_EXCHANGE,
    INTAKE_QUEUE,
    NotTaken,
    apply,
    publish,
)
from hub.events.decode import decode
from hub.events.envelope import Event
from hub.ports import BrokerLost, Received
from tests.servers.rabbit import Rabbit

AT_ONCE = timedelta(milliseconds=10)
KEY = "wscc.concern.opened"


@pytest.fixture
async def url(rabbit: Rabbit) -> str:
    await apply(rabbit.url)
    return rabbit.url


Open = Callable[..., Awaitable[RabbitSession]]


@pytest.fixture
async def opened(url: str) -> AsyncIterator[Open]:
    sessions = []

    async def session(**patience: float) -> RabbitSession:
        broker = supervisor(url, INTAKE_QUEUE, **patience)
        async with asyncio.timeout(30):
            sessions.append(await broker.session())
        return sessions[-1]

    yield session
    for each in sessions:
        await each.close()


def supervisor(url: str, queue: str = INTAKE_QUEUE, **patience: float) -> RabbitBroker:
    given = replace(Patience(), **patience)  # type: ignore[arg-type]  # one field is an int
    return RabbitBroker(url, clock=SystemClock(), mint=RandomMint(), queue=queue, patience=given)


def close_connections(rabbit: Rabbit) -> None:
    rabbit.ctl("close_all_connections", "-p", rabbit.vhost, "the test closed it")


async def first(session: RabbitSession, within: float = 20) -> Received:
    async with asyncio.timeout(within):
        return (await session.receive(limit=1, linger=AT_ONCE))[0]


async def dies(session: RabbitSession, within: float = 20) -> str:
    async def until_it_dies() -> None:
        while True:
            await session.receive(limit=1, linger=AT_ONCE)

    with pytest.raises(BrokerLost) as lost:
        await asyncio.wait_for(until_it_dies(), within)
    return str(lost.value)


async def test_connections_closed_by_an_operator_are_a_lost_session_and_a_new_epoch(
    rabbit: Rabbit, opened: Open, url: str
) -> None:
    broker = supervisor(url)
    session = await broker.session()
    await publish(url, b"1", KEY, "hub")
    await first(session)

    await asyncio.to_thread(close_connections, rabbit)

    await dies(session)
    with pytest.raises(BrokerLost):
        await session.ack_through(1)
    again = await broker.session()
    assert again.epoch > session.epoch
    assert (await first(again)).body == b"1"
    await session.close()
    await again.close()


async def test_messages_buffered_in_an_older_epoch_are_dropped(
    rabbit: Rabbit, opened: Open, url: str
) -> None:
    session = await opened()
    await publish(url, b"1", KEY, "hub")
    await session.ack_through((await first(session)).tag)
    await publish(url, b"2", KEY, "hub")
    await publish(url, b"3", KEY, "hub")
    assert (await first(session)).body == b"2"
    closed = asyncio.Event()
    assert session._connection is not None
    session._connection.close_callbacks.add(lambda *_: closed.set())

    await asyncio.to_thread(close_connections, rabbit)
    await asyncio.wait_for(closed.wait(), 20)

    assert session._buffer
    with pytest.raises(BrokerLost):
        await session.receive(limit=1, linger=AT_ONCE)


async def test_a_session_that_lost_a_message_on_its_way_acknowledges_nothing_beyond_it(
    opened: Open, url: str
) -> None:
    session = await opened()
    await publish(url, b"1", KEY, "hub")
    before = await first(session)
    await session.ack_through(before.tag)

    # As if the library had dropped the callback of one message: its tag was never seen.
    session._arrived -= 1
    await publish(url, b"2", KEY, "hub")
    assert "of this session is missing" in await dies(session)

    with pytest.raises(BrokerLost):
        await session.ack_through(before.tag + 1)


async def test_a_deleted_queue_cancels_the_consumer_and_the_session_is_lost(
    opened: Open, url: str
) -> None:
    session = await opened()

    connection = await aio_pika.connect(url)
    channel = await connection.channel()
    await channel.queue_delete(INTAKE_QUEUE)
    await connection.close()

    assert "cancelled the consumer" in await dies(session)


async def test_without_a_queue_the_supervisor_waits_and_says_why_until_it_is_declared(
    rabbit: Rabbit,
) -> None:
    broker = supervisor(rabbit.url, first_wait=0.05, longest_wait=0.2)
    opening = asyncio.create_task(broker.session())
    await asyncio.wait([opening], timeout=2)
    assert not opening.done()
    assert INTAKE_QUEUE in broker.why_not

    await apply(rabbit.url)

    async with asyncio.timeout(10):
        session = await opening
    assert not broker.why_not
    await session.close()


async def test_a_restarted_broker_is_consumed_from_within_five_seconds_and_lost_nothing(
    rabbit: Rabbit, opened: Open, url: str
) -> None:
    broker = supervisor(url)
    session = await broker.session()
    await publish(url, b"1", KEY, "hub")
    await first(session)

    await asyncio.to_thread(rabbit.stop)
    await dies(session)
    opening = asyncio.create_task(broker.session())
    await asyncio.to_thread(rabbit.start)
    async with asyncio.timeout(5):
        again = await opening
        assert (await again.receive(limit=1, linger=AT_ONCE))[0].body == b"1"

    await session.close()
    await again.close()


async def test_a_frozen_broker_is_noticed_by_the_heartbeat(rabbit: Rabbit, opened: Open) -> None:
    session = await opened(heartbeat=1, look_every=60.0)

    rabbit.pause()
    try:
        await dies(session, within=15)  # 3 x (heartbeat + 1), and a little
    finally:
        rabbit.resume()


async def test_the_watchdog_ends_a_session_to_which_nothing_comes_though_messages_wait(
    url: str,
) -> None:
    queue = "quiet"
    connection = await aio_pika.connect(url)
    channel = await connection.channel()
    await channel.declare_queue(queue, durable=True, arguments={"x-single-active-consumer": True})
    held = asyncio.Event()
    await channel.set_qos(prefetch_count=1)
    consumed = await channel.get_queue(queue)

    async def hold(_: object) -> None:
        held.set()

    await consumed.consume(hold)
    session = await supervisor(url, queue, look_every=0.1, silence=0.5).session()
    for _ in range(3):
        await channel.default_exchange.publish(aio_pika.Message(b"x"), queue)
    await held.wait()

    assert "wait and none came" in await dies(session)

    await session.close()
    await connection.close()


async def test_silence_is_no_death_while_the_queue_is_empty_or_our_hands_are_full(
    opened: Open, url: str
) -> None:
    session = await opened(look_every=0.05, silence=0.2)
    waiting = asyncio.create_task(session.receive(limit=1, linger=AT_ONCE))
    await asyncio.wait([waiting], timeout=1)
    assert not waiting.done()

    await publish(url, b"1", KEY, "hub")
    await publish(url, b"2", KEY, "hub")
    in_hand = (await waiting)[0]
    await asyncio.wait([asyncio.create_task(asyncio.Event().wait())], timeout=1)

    await session.ack_through(in_hand.tag)
    assert (await first(session)).body == b"2"


async def test_a_supervisor_that_is_cancelled_while_it_opens_leaves_no_consumer(
    url: str,
) -> None:
    for moment in range(20):
        opening = asyncio.create_task(supervisor(url).session())
        await asyncio.wait([opening], timeout=moment / 500)
        opening.cancel()
        for session in await asyncio.gather(opening, return_exceptions=True):
            if isinstance(session, RabbitSession):
                await session.close()

    connection = await aio_pika.connect(url)
    channel = await connection.channel()
    async with asyncio.timeout(10):
        declared = await channel.declare_queue(INTAKE_QUEUE, passive=True)
        while declared.declaration_result.consumer_count:
            declared = await channel.declare_queue(INTAKE_QUEUE, passive=True)
    await connection.close()


async def test_a_dead_letter_is_kept_by_the_broker_after_its_last_delivery(url: str) -> None:
    connection = await aio_pika.connect(url)
    channel = await connection.channel()
    await publish(url, b"poison", KEY, "hub")
    queue = await channel.get_queue(INTAKE_QUEUE)
    async with asyncio.timeout(20):
        while (got := await queue.get(fail=False)) is not None:
            await got.nack(requeue=True)
    await connection.close()

    dead = await supervisor(url, DEAD_QUEUE).session()

    assert (await first(dead)).body == b"poison"
    await dead.close()


@pytest.mark.parametrize("prefix", ["cloudEvents:", "cloudEvents_"])
async def test_both_header_spellings_of_binary_mode_arrive_as_one_event(
    opened: Open, url: str, prefix: str
) -> None:
    attributes = {
        "specversion": "1.0",
        "id": "50% of it",
        "source": "https://cases.westsussex.example/concerns",
        "type": "concernhub.chair.appointed.v1",
        "subject": "concern/019ac1d2-7400-7000-8000-0000000c0001",
        "time": "2026-12-01T12:00:00Z",
        "policypack": "west-sussex",
    }
    body = b'{"chair": {"name": "Zo\xc3\xab Marsh", "role": "Chair"}, "agency": "gss:E10000032"}'
    headers = {f"{prefix}{name}": value for name, value in attributes.items()}
    await publish(url, body, KEY, "hub", content_type="application/json", headers=headers)

    got = await first(await opened())

    event = decode(got.body, got.content_type, got.headers)
    assert isinstance(event, Event)
    assert (event.id, event.name) == ("50% of it", "chair.appointed")


async def test_a_publisher_cannot_speak_as_another_nor_outside_its_prefix(
    rabbit: Rabbit, url: str
) -> None:
    mine = rabbit.add_user(
        "sussex-police",
        write=EVENTS_EXCHANGE.replace(".", "[.]"),
        topics={EVENTS_EXCHANGE: ("^sxp[.].*", "")},
    )
    await publish(mine, b"1", "sxp.police.advice.recorded", "sussex-police")

    with pytest.raises(NotTaken, match="user_id"):
        await publish(mine, b"2", "sxp.police.advice.recorded", "wscc")
    with pytest.raises(NotTaken, match="topic"):
        await publish(mine, b"3", "wscc.concern.opened", "sussex-police")

    session = await supervisor(url).session()
    got = await first(session)
    assert (got.body, got.user_id) == (b"1", "sussex-police")
    await session.close()
