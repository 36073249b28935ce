"""RabbitMQ fails in seven ways under a working hub, which consumes again at once (tests.md, 5).

What is timed is asserted by `make soak` alone.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg
import pytest

from bench.work import PUBLISHER, TOLD
from hub.adapters.topology import INTAKE_QUEUE, apply
from tests.faults.conftest import migrated
from tests.faults.ground import Ground, a_run
from tests.faults.lasting import after
from tests.faults.private import private_rabbit
from tests.faults.proxy import Proxy
from tests.servers.postgres import Postgres
from tests.servers.rabbit import Rabbit

AGAIN_WITHIN: Final = 5.0
"""Seconds from the moment the broker is ready to the next event taken in."""
NOTICED_WITHIN: Final = 35.0
"""The same where the connection is half-open, and nobody says so."""


@dataclass(frozen=True, kw_only=True)
class Broker:
    """The broker of one run, and the wire that leads to it."""

    rabbit: Rabbit
    wire: Proxy
    ground: Ground
    lasts: float
    """Seconds that a fault lasts which does not end by itself."""


Broken = Callable[[Broker], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def killed(broker: Broker) -> AsyncIterator[None]:
    """It ends at once, and is started again."""
    await asyncio.to_thread(broker.rabbit.kill)
    yield
    await asyncio.to_thread(broker.rabbit.start)


@asynccontextmanager
async def restarted(broker: Broker) -> AsyncIterator[None]:
    """It is shut down in order, and started again."""
    await asyncio.to_thread(broker.rabbit.stop)
    yield
    await asyncio.to_thread(broker.rabbit.start)


@asynccontextmanager
async def stopped(broker: Broker) -> AsyncIterator[None]:
    """It keeps its connections and says nothing."""
    broker.rabbit.pause()
    yield
    await after(broker.lasts)
    broker.rabbit.resume()


@asynccontextmanager
async def starved(broker: Broker) -> AsyncIterator[None]:
    """Its memory alarm rings: who publishes is not listened to."""
    await asyncio.to_thread(broker.rabbit.ctl, "set_vm_memory_high_watermark", "0.000001")
    yield
    await after(broker.lasts)
    await asyncio.to_thread(broker.rabbit.ctl, "set_vm_memory_high_watermark", "0.8")


@asynccontextmanager
async def half_open(broker: Broker) -> AsyncIterator[None]:
    """It is gone from every connection, and the hub is never told."""
    broker.wire.half_open()
    yield


@asynccontextmanager
async def impatient(broker: Broker) -> AsyncIterator[None]:
    """It closes a channel that acknowledges too late (406), because the register is slow."""
    await patience(broker, consumer_ms=800, look_ms=200)
    connection = await asyncpg.connect(
        broker.ground.register_url.replace("postgresql+asyncpg://", "postgresql://", 1)
    )
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE event IN ACCESS EXCLUSIVE MODE")
            await heard(broker.ground)
            yield
            await after(3)
    finally:
        await connection.close()
    await patience(broker, consumer_ms=1_800_000, look_ms=60_000)
    assert "PRECONDITION_FAILED" in broker.ground.hub.log.read_text("utf-8")


async def patience(broker: Broker, *, consumer_ms: int, look_ms: int) -> None:
    """Set how long the broker waits for an ack, and end each session that does not know it yet."""
    lost = broker.ground.hub.logged("broker.lost")
    await asyncio.to_thread(
        broker.rabbit.ctl,
        "eval",
        f"application:set_env(rabbit, consumer_timeout, {consumer_ms}), "
        f"application:set_env(rabbit, channel_tick_interval, {look_ms}), "
        '[rabbit_networking:close_connection(One, "the test closed it") '
        "|| One <- rabbit_networking:connections()].",
    )
    # Of events and of dead letters.
    async with asyncio.timeout(20):
        while broker.ground.hub.logged("broker.lost") < lost + 2:
            await after(0.05)


@asynccontextmanager
async def queue_deleted(broker: Broker) -> AsyncIterator[None]:
    """The queue is gone with what was in it, which must be nothing; later it is declared again."""
    await broker.ground.settled(within=180, after="and before the queue is deleted")
    where = f"/api/queues/{quote(broker.rabbit.vhost, safe='')}/{INTAKE_QUEUE}"
    await asyncio.to_thread(broker.rabbit.ask, "DELETE", where)
    await after(broker.lasts)
    await apply(broker.ground.amqp)
    yield


EACH_ONCE: Final[tuple[Broken, ...]] = (
    killed,
    stopped,
    queue_deleted,
    starved,
    impatient,
    half_open,
)
FAULTS: Final = (restarted, *EACH_ONCE)
"""Starting a node takes long: what a restart in order is to a session, the adapter's tests show."""
FELT_WITHIN: Final = 60.0
"""Seconds after which a hub that has logged no loss never felt the fault."""
SESSIONS: Final = 3
"""Connections of a hub at rest: of its events, its dead letters and its facts."""
LOSES_THE_SESSION: Final = {killed, restarted, queue_deleted, impatient, half_open}


@asynccontextmanager
async def a_broker(
    tmp_path: Path, postgres: Postgres, *, heartbeat: int, lasts: float
) -> AsyncIterator[Broker]:
    """A run on a private node, which the hub reaches by a wire that can be made bad."""
    async with private_rabbit() as rabbit, Proxy(rabbit.node.port) as wire:
        publisher = await asyncio.to_thread(
            lambda: rabbit.add_user(PUBLISHER, write=".*", read=".*")
        )
        async with a_run(
            tmp_path,
            amqp=rabbit.url,
            register_url=await asyncio.to_thread(migrated, postgres),
            publisher=publisher,
            through=f"{wire.url(rabbit.url)}?heartbeat={heartbeat}",
        ) as ground:
            yield Broker(rabbit=rabbit, wire=wire, ground=ground, lasts=lasts)


async def heard(ground: Ground) -> None:
    """Publish until the broker confirms."""
    while not await ground.case_system.publish(1):
        await after(0.05)


async def consuming_again(broker: Broker, broken: Broken) -> float:
    """Break it, mend it; return the seconds from there until events are taken in again."""
    ground = broker.ground
    # What an earlier fault has ended must be there again, or this one would meet nothing.
    while broker.wire.links < SESSIONS:
        await after(0.05)
    lost = ground.hub.logged("broker.lost")
    with ground.history.fault(broken.__name__):
        async with broken(broker):
            await ground.case_system.publish(1)
    ready = time.monotonic()
    await heard(ground)
    assert await ground.sinks.until_all(ground.case_system.owed, 180), broken.__name__
    took = time.monotonic() - ready
    if broken in LOSES_THE_SESSION:
        # Of several connections the one that consumes may have been made anew just before: then
        # the others feel it, once their heartbeats have failed.
        async with asyncio.timeout(FELT_WITHIN):
            while ground.hub.logged("broker.lost") <= lost:
                await after(0.1)
    # Last: what nobody confirmed may come when the session is there again, and is under way then.
    await ground.settled(within=180, after=broken.__name__)
    return took


async def test_B03_whatever_the_broker_does_nothing_is_lost_and_the_hub_consumes_again(
    tmp_path: Path, postgres: Postgres, record_property: Callable[[str, object], None]
) -> None:
    """One hub lives through all of it: what a fault leaves in it, the next one meets."""
    async with a_broker(tmp_path, postgres, heartbeat=1, lasts=2) as broker:
        await broker.ground.hub.start()
        await broker.ground.case_system.publish(3)

        seconds = {each.__name__: await consuming_again(broker, each) for each in EACH_ONCE}

        # An event that nobody confirmed may have come just now: it is carried to its end first.
        await broker.ground.hub.stop()
        verdict = await broker.ground.verdict()
    record_property("seconds", seconds)
    record_property("verdict", asdict(verdict))
    assert not verdict.wrong, verdict
    assert verdict.faults == len(EACH_ONCE)
    assert verdict.deliveries >= verdict.acknowledged * TOLD


@pytest.mark.soak
async def test_in_thirty_rounds_of_broker_faults_the_hub_consumes_again_within_five_seconds(
    tmp_path: Path, postgres: Postgres, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(30)
    rounds = [*FAULTS * 4, *chance.sample(FAULTS, 2)]
    chance.shuffle(rounds)
    async with a_broker(tmp_path, postgres, heartbeat=10, lasts=60) as broker:
        await broker.ground.hub.start()
        await broker.ground.case_system.publish(100)

        seconds = [(each, await consuming_again(broker, each)) for each in rounds]

        await broker.ground.hub.stop()
        verdict = await broker.ground.verdict()
    record_property("seconds", [(each.__name__, round(took, 2)) for each, took in seconds])
    assert not verdict.wrong, verdict
    late = [
        (each.__name__, took)
        for each, took in seconds
        if took > (NOTICED_WITHIN if each is half_open else AGAIN_WITHIN)
    ]
    assert not late
