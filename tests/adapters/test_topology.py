"""The topology of intake.md, declared once and again, and every mismatch named."""

import aio_pika
import pytest

from hub.adapters.topology import (
    DEAD_QUEUE,
    EVENTS_EXCHANGE,
    FACTS_EXCHANGE,
    INTAKE_QUEUE,
    UNROUTED,
    NotTaken,
    TopologyDiffers,
    apply,
    check,
    publish,
)
from hub.ports import BrokerLost
from tests.servers.rabbit import Rabbit


async def test_declared_twice_is_declared_once_and_checks_well(rabbit: Rabbit) -> None:
    await apply(rabbit.url)
    await apply(rabbit.url)

    await check(rabbit.url)


async def test_the_intake_queue_is_what_the_design_says(rabbit: Rabbit) -> None:
    await apply(rabbit.url)

    queue = rabbit.ask("GET", f"/api/queues/{rabbit.vhost}/{INTAKE_QUEUE}")
    known = rabbit.ask("GET", f"/api/definitions/{rabbit.vhost}")
    bindings = rabbit.ask("GET", f"/api/queues/{rabbit.vhost}/{INTAKE_QUEUE}/bindings")

    assert isinstance(queue, dict)
    assert isinstance(known, dict)
    exchange = next(e for e in known["exchanges"] if e["name"] == EVENTS_EXCHANGE)
    assert isinstance(bindings, list)
    assert queue["arguments"] == {
        "x-queue-type": "quorum",
        "x-delivery-limit": 20,
        "x-dead-letter-exchange": "hub.dlx",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    assert queue["durable"]
    assert exchange["type"] == "topic"
    assert exchange["durable"]
    assert exchange["arguments"] == {"alternate-exchange": UNROUTED}
    assert {(b["source"], b["routing_key"]) for b in bindings} >= {(EVENTS_EXCHANGE, "#")}


async def test_a_check_of_an_empty_broker_lists_everything_that_is_missing(
    rabbit: Rabbit,
) -> None:
    with pytest.raises(TopologyDiffers) as differs:
        await check(rabbit.url)

    for name in (EVENTS_EXCHANGE, FACTS_EXCHANGE, INTAKE_QUEUE, DEAD_QUEUE, UNROUTED):
        assert f"`{name}` is not there" in str(differs.value)


async def test_what_stands_otherwise_is_named_each_and_left_alone(rabbit: Rabbit) -> None:
    connection = await aio_pika.connect(rabbit.url)
    channel = await connection.channel()
    await channel.declare_queue(INTAKE_QUEUE, durable=True)
    await channel.declare_exchange(FACTS_EXCHANGE, "direct", durable=True)
    await connection.close()

    with pytest.raises(TopologyDiffers) as differs:
        await apply(rabbit.url)

    assert f"queue `{INTAKE_QUEUE}`" in str(differs.value)
    assert f"exchange `{FACTS_EXCHANGE}`" in str(differs.value)
    queue = rabbit.ask("GET", f"/api/queues/{rabbit.vhost}/{INTAKE_QUEUE}")
    assert isinstance(queue, dict)
    assert "x-delivery-limit" not in queue["arguments"]


async def test_what_no_queue_takes_is_not_taken(rabbit: Rabbit) -> None:
    await apply(rabbit.url)

    with pytest.raises(NotTaken, match="no queue takes"):
        await publish(rabbit.url, b"{}", "notice.delivered", exchange=FACTS_EXCHANGE)


async def test_nothing_published_to_the_events_exchange_may_vanish(rabbit: Rabbit) -> None:
    await apply(rabbit.url)
    connection = await aio_pika.connect(rabbit.url)
    channel = await connection.channel()
    await (await channel.get_queue(INTAKE_QUEUE)).unbind(EVENTS_EXCHANGE, "#")

    await publish(rabbit.url, b"stray", "wscc.concern.opened")

    unrouted = await channel.get_queue(UNROUTED)
    got = await unrouted.get(timeout=10)
    assert got is not None
    assert got.body == b"stray"
    await connection.close()


async def test_a_broker_that_is_not_there_is_lost_and_no_library_exception() -> None:
    with pytest.raises(BrokerLost):
        await apply("amqp://hub:hub@127.0.0.1:1/")
    with pytest.raises(BrokerLost):
        await publish("amqp://hub:hub@127.0.0.1:1/", b"{}", "wscc.x")
