"""What every way out of facts promises the relay: one suite, in memory and on a real RabbitMQ."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Protocol

import aio_pika
import pytest

from hub.adapters.facts_out import MemoryFacts, RabbitFacts
from hub.adapters.topology import FACTS_EXCHANGE, apply, facts_queue
from hub.facts import FactName, Told
from hub.ports import BrokerLost, FactsOut
from hub.vocabulary import ConcernId, PublisherId
from tests.servers.rabbit import Rabbit


class World(Protocol):
    """A way out, and what subscribers find of it."""

    out: FactsOut

    async def read(self, subscriber: str, many: int) -> list[bytes]: ...

    async def breaks(self) -> None:
        """Be as if the broker were gone."""
        ...


class InMemory:
    def __init__(self) -> None:
        self.memory = MemoryFacts([PublisherId("wscc")])
        self.memory.bind(PublisherId("sussex-police"))
        self.out: FactsOut = self.memory

    async def read(self, subscriber: str, many: int) -> list[bytes]:
        return [told.body for told in self.memory.taken[PublisherId(subscriber)]][:many]

    async def breaks(self) -> None:
        self.memory.go_away()


class OnRabbit:
    def __init__(self, rabbit: Rabbit) -> None:
        self.rabbit = rabbit
        self.out: FactsOut = RabbitFacts(rabbit.url)

    async def read(self, subscriber: str, many: int) -> list[bytes]:
        return [message.body for message in await messages(self.rabbit.url, subscriber, many)]

    async def breaks(self) -> None:
        connection = await aio_pika.connect(self.rabbit.url)
        channel = await connection.channel()
        await channel.exchange_delete(FACTS_EXCHANGE)
        await connection.close()


async def messages(
    url: str, subscriber: str, many: int
) -> Sequence[aio_pika.abc.AbstractIncomingMessage]:
    """Take so many messages, or as many as there are, from a publisher's queue."""
    connection = await aio_pika.connect(url)
    channel = await connection.channel()
    queue = await channel.get_queue(facts_queue(subscriber))
    found: list[aio_pika.abc.AbstractIncomingMessage] = []
    while len(found) < many and (got := await queue.get(fail=False, no_ack=True)) is not None:
        found.append(got)
    await connection.close()
    return found


@pytest.fixture(params=["memory", "rabbit"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    made: World
    if request.param == "memory":
        made = InMemory()
    else:
        rabbit: Rabbit = request.getfixturevalue("rabbit")
        await apply(rabbit.url, ["wscc", "sussex-police"])
        made = OnRabbit(rabbit)
    yield made
    await made.out.close()


def fact(number: int, subscriber: str = "wscc", concern: str = "c-1") -> Told:
    return Told(
        id=f"fact-{subscriber}-{number}",
        concern=ConcernId(concern),
        subscriber=PublisherId(subscriber),
        name=FactName.RUNG_CHANGED,
        body=f"{subscriber} {number}".encode(),
    )


async def test_each_publisher_finds_its_own_facts_in_order_and_no_others(world: World) -> None:
    for number in range(5):
        assert await world.out.publish(fact(number))
        assert await world.out.publish(fact(number, "sussex-police"))

    for reader in ("wscc", "sussex-police"):
        assert await world.read(reader, 9) == [f"{reader} {n}".encode() for n in range(5)]


async def test_a_fact_that_no_queue_takes_is_said_to_be_and_another_goes_out(world: World) -> None:
    assert not await world.out.publish(fact(1, "nobody"))

    assert await world.out.publish(fact(2))
    assert not await world.out.publish(fact(1, "nobody"))


async def test_of_many_at_once_each_answer_is_of_its_own_fact(world: World) -> None:
    facts = [fact(n, "nobody" if n % 3 == 0 else "wscc", f"c-{n}") for n in range(60)]

    answers = await asyncio.gather(*(world.out.publish(one) for one in facts))

    assert answers == [one.subscriber == "wscc" for one in facts]
    assert len(await world.read("wscc", 100)) == 40


async def test_a_broker_that_is_gone_is_lost(world: World) -> None:
    await world.out.publish(fact(1))
    await world.breaks()

    with pytest.raises(BrokerLost):
        await world.out.publish(fact(2))


async def test_a_broker_that_goes_while_many_are_on_their_way_is_lost_to_each(world: World) -> None:
    await world.out.publish(fact(1))
    await world.breaks()

    ended = await asyncio.gather(
        *(world.out.publish(fact(number)) for number in range(20)), return_exceptions=True
    )

    assert {type(one) for one in ended} == {BrokerLost}


async def test_what_goes_out_is_persistent_structured_and_named_by_its_id(rabbit: Rabbit) -> None:
    await apply(rabbit.url, ["wscc"])
    out = RabbitFacts(rabbit.url)

    await out.publish(fact(7))
    await out.close()

    (message,) = await messages(rabbit.url, "wscc", 2)
    assert (message.message_id, message.routing_key) == ("fact-wscc-7", "wscc.rung.changed")
    assert message.content_type == "application/cloudevents+json"
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


async def test_a_fact_of_any_length_arrives_whole(rabbit: Rabbit) -> None:
    await apply(rabbit.url, ["wscc"])
    out = RabbitFacts(rabbit.url)
    sizes = (0, 1, 4_096, 400_000)
    facts = [replace(fact(n), body=bytes([65 + n]) * size) for n, size in enumerate(sizes)]

    assert await asyncio.gather(*map(out.publish, facts)) == [True] * 4
    await out.close()

    found = await messages(rabbit.url, "wscc", 9)
    assert [(one.message_id, one.body) for one in found] == [(one.id, one.body) for one in facts]


async def test_a_lost_connection_is_opened_again_by_the_next_fact(rabbit: Rabbit) -> None:
    await apply(rabbit.url, ["wscc"])
    out = RabbitFacts(rabbit.url)
    await out.publish(fact(1))

    assert out._connection is not None
    await out._connection.close()
    answers = []
    for number in (2, 3):
        try:
            answers.append(await out.publish(fact(number)))
        except BrokerLost:
            answers.append(False)
    await out.close()

    assert answers[-1]


async def test_a_broker_that_is_not_there_is_lost_and_no_library_exception() -> None:
    out = RabbitFacts("amqp://hub:hub@127.0.0.1:1/")

    with pytest.raises(BrokerLost):
        await out.publish(fact(1))


async def test_each_publisher_has_a_durable_queue_of_its_own_bound_to_its_name(
    rabbit: Rabbit,
) -> None:
    await apply(rabbit.url, ["wscc", "sussex-police"])
    await apply(rabbit.url, ["wscc"])

    queue = rabbit.ask("GET", f"/api/queues/{rabbit.vhost}/{facts_queue('wscc')}")
    bindings = rabbit.ask("GET", f"/api/queues/{rabbit.vhost}/{facts_queue('wscc')}/bindings")

    assert isinstance(queue, dict)
    assert isinstance(bindings, list)
    assert queue["durable"]
    assert queue["arguments"]["x-queue-type"] == "quorum"
    assert {(b["source"], b["routing_key"]) for b in bindings if b["source"]} == {
        (FACTS_EXCHANGE, "wscc.#")
    }
