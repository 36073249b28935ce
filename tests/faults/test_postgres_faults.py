"""PostgreSQL fails in five ways under a working hub: nothing is lost, and it goes on (tests.md, 6).

What is timed (that it goes on as quickly as before) is asserted by `make soak` alone;
`EVENTS=30 make soak TESTS=tests/faults/test_postgres_faults.py` takes so many events a round, not
100.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from bench.work import PUBLISHER, TOLD
from hub.adapters.register import migrate
from tests.faults.ground import Ground, a_run
from tests.faults.lasting import UNHURRIED, after
from tests.faults.private import empty, fill, small_disk
from tests.servers.postgres import Postgres, PostgresCluster, in_a_thread_of_its_own
from tests.servers.rabbit import Rabbit

EVENTS: Final = int(os.environ.get("EVENTS", "100"))
"""In each of five rounds before the fault, and five after it."""
PATIENCE: Final = 480.0
"""Seconds until nothing is under way: what was in doubt twice is tried again after five minutes."""
RECOVERED: Final = 0.99
SMALL: Final = 60
"""Megabytes of the disk that is filled up: an event with all that follows from it takes 0.1."""
LARGER: Final = 500
"""The same for the long runs."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    """A cluster for these tests alone."""
    cluster = PostgresCluster()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


@pytest.fixture
def disk(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A small disk, on which the register's tables lie."""
    long = request.node.get_closest_marker("soak") is not None
    with small_disk(LARGER if long else SMALL) as disk:
        yield disk


@pytest.fixture
async def ground(
    tmp_path: Path, rabbit: Rabbit, cluster: PostgresCluster, disk: Path
) -> AsyncIterator[Ground]:
    """A run whose register is on the private cluster and the small disk."""
    name = f"hub_{tmp_path.name}".lower().replace("-", "_")[:60]
    postgres = Postgres(cluster, cluster.url)
    for statement in (
        f"CREATE TABLESPACE small LOCATION '{disk}'",
        f'CREATE DATABASE "{name}" TABLESPACE small',
    ):
        postgres.sql(statement)
    url = make_url(cluster.url).set(database=name).render_as_string(hide_password=False)
    in_a_thread_of_its_own(lambda: asyncio.run(migrate(url)))
    publisher = rabbit.add_user(PUBLISHER, write=".*", read=".*")
    async with a_run(tmp_path, amqp=rabbit.url, register_url=url, publisher=publisher) as run:
        yield run
    empty(disk)
    postgres.sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    postgres.sql("DROP TABLESPACE small")


Broken = Callable[[Ground, PostgresCluster, Path], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def restarted(ground: Ground, cluster: PostgresCluster, disk: Path) -> AsyncIterator[None]:
    """It is shut down, and stays away for the block."""
    await asyncio.to_thread(cluster.stop)
    yield
    await asyncio.to_thread(cluster.start)


@asynccontextmanager
async def killed(ground: Ground, cluster: PostgresCluster, disk: Path) -> AsyncIterator[None]:
    """All its processes end at once."""
    await asyncio.to_thread(cluster.kill)
    yield
    await asyncio.to_thread(cluster.start)


@asynccontextmanager
async def cut_each_second(
    ground: Ground, cluster: PostgresCluster, disk: Path
) -> AsyncIterator[None]:
    """Each second every connection to the register is cut."""

    async def cutting() -> None:
        while True:
            await cut(ground, cluster)
            await after(1)

    task = asyncio.create_task(cutting())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@asynccontextmanager
async def exhausted(ground: Ground, cluster: PostgresCluster, disk: Path) -> AsyncIterator[None]:
    """Somebody else has taken every connection that the server has."""
    taken: list[asyncpg.Connection] = []
    full, over = asyncio.Event(), asyncio.Event()

    async def taking() -> None:
        while not over.is_set():
            try:
                taken.append(await asyncpg.connect(plain(cluster.url), timeout=5))
            except (asyncpg.TooManyConnectionsError, OSError):
                full.set()
                await after(0.05)

    task = asyncio.create_task(taking())
    await full.wait()
    # What the hub still has is taken from it, and taken at once.
    await taken[0].execute(f"{CUT[:-2]}'{database(ground)}'")
    yield
    over.set()
    await task
    for each in taken:
        await each.close()


@asynccontextmanager
async def read_only(ground: Ground, cluster: PostgresCluster, disk: Path) -> AsyncIterator[None]:
    """Every new connection may only read, as after a fail-over to a replica."""
    name = database(ground)
    await ask(cluster, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    await cut(ground, cluster)
    yield
    await ask(cluster, f'ALTER DATABASE "{name}" RESET default_transaction_read_only')


@asynccontextmanager
async def disk_full(ground: Ground, cluster: PostgresCluster, disk: Path) -> AsyncIterator[None]:
    """No table can grow."""
    await asyncio.to_thread(fill, disk)
    yield
    empty(disk)


FAULTS: Final[tuple[Broken, ...]] = (
    restarted,
    killed,
    cut_each_second,
    exhausted,
    read_only,
    disk_full,
)

CUT: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"


def plain(url: str) -> str:
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


def database(ground: Ground) -> str:
    return make_url(ground.register_url).database or ""


async def ask(cluster: PostgresCluster, statement: str, *values: object) -> None:
    connection = await asyncpg.connect(plain(cluster.url), timeout=10)
    try:
        await connection.execute(statement) if not values else await connection.fetch(
            statement, *values
        )
    finally:
        await connection.close()


async def cut(ground: Ground, cluster: PostgresCluster) -> None:
    await ask(cluster, CUT, database(ground))


async def rate(ground: Ground, events: int) -> float:
    """Return deliveries a second for so many events at once."""
    before, began = ground.sinks.total, time.monotonic()
    await ground.case_system.publish(events)
    assert await ground.sinks.until(before + events * TOLD, PATIENCE)
    return events * TOLD / (time.monotonic() - began)


async def test_B03_whatever_PostgreSQL_does_nothing_is_lost_and_the_hub_goes_on(
    ground: Ground,
    cluster: PostgresCluster,
    disk: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """One hub lives through all of it: what a fault leaves in it, the next one meets."""
    await ground.hub.start()
    await rate(ground, 3)

    for broken in FAULTS:
        warned = ground.hub.warned()
        await while_broken(ground, broken(ground, cluster, disk), broken.__name__, lasts=2)
        await ground.settled(within=180, after=broken.__name__)
        assert ground.hub.warned() > warned, f"the hub never felt it: {broken.__name__}"

    verdict = await ground.verdict()
    record_property("verdict", asdict(verdict))
    assert not verdict.wrong, verdict
    assert verdict.acknowledged == verdict.attempted > 5
    assert verdict.faults == len(FAULTS)


@pytest.mark.soak
@pytest.mark.parametrize("broken", FAULTS, ids=lambda fault: fault.__name__)
async def test_after_whatever_PostgreSQL_does_the_hub_is_as_quick_as_before(
    broken: Broken,
    ground: Ground,
    cluster: PostgresCluster,
    disk: Path,
    record_property: Callable[[str, object], None],
) -> None:
    ground.hub.asked = replace(ground.hub.asked, **UNHURRIED)
    await ground.hub.start()
    await rate(ground, 50)
    before = sorted([await rate(ground, EVENTS) for _ in range(5)])[2]

    await while_broken(ground, broken(ground, cluster, disk), broken.__name__, lasts=20)
    await ground.settled(within=PATIENCE, after=broken.__name__)

    after = max([await rate(ground, EVENTS) for _ in range(5)])
    # The last copies have come, and their results are still to be written.
    await ground.settled(within=PATIENCE, after="all of it")
    verdict = await ground.verdict()
    record_property("deliveries a second before and after", (before, after))
    record_property("verdict", asdict(verdict))
    assert not verdict.wrong, verdict
    assert after >= RECOVERED * before


async def while_broken(
    ground: Ground, fault: AbstractAsyncContextManager[None], name: str, *, lasts: float
) -> None:
    """Go on publishing while the fault lasts, and a little longer."""
    stop = asyncio.Event()
    publishing = asyncio.create_task(ground.case_system.publish_until(stop, every=0.1))
    with ground.history.fault(name):
        async with fault:
            await asyncio.wait([publishing], timeout=lasts)
    stop.set()
    await publishing
