"""The story of Rosewood House through a real RabbitMQ, whatever happens to it on the way."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cached_property
from typing import Final

import pytest

from hub.adapters.broker import RabbitBroker
from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.memory import SequentialMint
from hub.adapters.register import open_register
from hub.adapters.topology import DEAD_QUEUE, EVENTS_EXCHANGE, apply, publish
from hub.directory import Directory
from hub.intake import Intake, IntakeCounts, TookIn
from hub.plan import Tools
from hub.ports import Register
from tests.core.packs import directory, pack, words
from tests.core.test_examples import EXAMPLES, STORY
from tests.flow.intake_scene import USERS, body_of
from tests.flow.rosewood import _tools
from tests.servers.rabbit import Rabbit

WAIT: Final = 60
PERMITTED: Final = EVENTS_EXCHANGE.replace(".", "[.]")


def publishers(rabbit: Rabbit) -> dict[str, tuple[str, str, str]]:
    """Each source, with the URL, the name and the prefix of its own broker user."""
    return {
        source: (
            rabbit.add_user(
                name,
                write=PERMITTED,
                topics={EVENTS_EXCHANGE: (f"^{prefix}[.].*", "")},
            ),
            name,
            prefix,
        )
        for source, (name, prefix) in USERS.items()
    }


async def send(users: dict[str, tuple[str, str, str]], body: bytes) -> None:
    url, name, prefix = users[json.loads(body)["source"]]
    await publish(url, body, f"{prefix}.event", name)


class Heard(Intake):
    """An intake that says when it has counted something."""

    def _count(self, took: Sequence[TookIn]) -> None:
        super()._count(took)
        self.heard.set()

    @cached_property
    def heard(self) -> asyncio.Event:
        return asyncio.Event()

    async def until(self, true: Callable[[IntakeCounts], bool]) -> None:
        async with asyncio.timeout(WAIT):
            while not true(self.counts):
                self.heard.clear()
                await self.heard.wait()


@asynccontextmanager
async def consuming(rabbit: Rabbit, register: Register) -> AsyncIterator[Heard]:
    tools = replace(_tools(SequentialMint()), mint=RandomMint())

    def tools_for(partnership: str, now: Directory) -> Tools | None:
        found = replace(tools, directory=now, pack=pack(), words=words())
        return found if partnership == "west-sussex" else None

    clock, mint, stop = SystemClock(), RandomMint(), asyncio.Event()
    intake = Heard(register, tools_for, clock)
    events = RabbitBroker(rabbit.url, clock=clock, mint=mint)
    dead = RabbitBroker(rabbit.url, clock=clock, mint=mint, queue=DEAD_QUEUE)
    run = asyncio.create_task(intake.run(events.session, stop, dead.session))
    try:
        yield intake
    finally:
        stop.set()
        await asyncio.wait_for(run, WAIT)


@pytest.fixture
async def register() -> AsyncIterator[Register]:
    opened = await open_register("sqlite+aiosqlite://")
    await opened.seed(directory())
    yield opened
    await opened.close()


async def test_the_story_is_taken_once_each_through_a_restart_of_the_broker(
    rabbit: Rabbit, register: Register
) -> None:
    await apply(rabbit.url)
    users = publishers(rabbit)
    bodies = [(EXAMPLES / file).read_bytes() for file in STORY]

    async with consuming(rabbit, register) as intake:
        for body in bodies[:10]:
            await send(users, body)
        await asyncio.to_thread(rabbit.stop)
        await asyncio.to_thread(rabbit.start)
        for body in bodies[10:]:
            await send(users, body)
        await intake.until(lambda so: so.accepted + so.waiting >= len(STORY))

    depths = await register.depths()
    assert (depths.events, depths.waiting_events, depths.quarantined) == (len(STORY), 0, 0)
    (concern,) = await register.concerns()
    assert concern.closure_authorised is not None


async def test_a_backlog_is_taken_in_batches_with_the_bad_ones_apart(
    rabbit: Rabbit, register: Register
) -> None:
    await apply(rabbit.url)
    users = publishers(rabbit)
    await asyncio.gather(*[send(users, body_of("concern-opened", n)) for n in range(1, 41)])
    for n in range(4):
        await publish(rabbit.url, b"poison %d" % n, "wscc.event")  # with no `user_id` either

    async with consuming(rabbit, register) as intake:
        await intake.until(lambda so: so.quarantined >= 4 and so.accepted >= 40)

    depths = await register.depths()
    assert (depths.events, depths.quarantined) == (40, 4)
    assert intake.counts.batches < 40
    assert {q.poison.body for q in await register.quarantined()} == {
        b"poison %d" % n for n in range(4)
    }


async def test_dead_letters_reach_the_quarantine(rabbit: Rabbit, register: Register) -> None:
    await apply(rabbit.url)
    await publish(rabbit.url, b"dead", "x", exchange="hub.dlx")

    async with consuming(rabbit, register) as intake:
        await intake.until(lambda so: so.dead_letters == 1)

    assert [q.poison.body for q in await register.quarantined()] == [b"dead"]


async def test_stopping_gives_nothing_back_that_was_taken(
    rabbit: Rabbit, register: Register
) -> None:
    await apply(rabbit.url)
    users = publishers(rabbit)
    for n in range(1, 11):
        await send(users, body_of("concern-opened", n))

    async with consuming(rabbit, register) as intake:
        await intake.until(lambda so: so.accepted > 0)

    async with consuming(rabbit, register) as again:
        await again.until(lambda so: so.accepted + intake.counts.accepted >= 10)
    assert intake.counts.duplicates == again.counts.duplicates == 0
    assert (await register.depths()).events == 10
