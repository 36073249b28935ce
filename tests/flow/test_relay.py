"""Facts go from the register to their readers: in order, at least once, each reader by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import pytest
from structlog.testing import capture_logs

from hub.adapters.facts_out import MemoryFacts
from hub.adapters.memory import VirtualClock
from hub.adapters.register import open_register
from hub.adapters.register.sql import SqlRegister
from hub.adapters.register.unreleased import restored
from hub.directory import Publisher
from hub.facts import FactName, Told
from hub.ports import BrokerLost
from hub.relay import Relay
from hub.vocabulary import ConcernId, PublisherId, Rung
from tests.builders import LONG_AGO, SOURCE, directory, opened, receipt_of, telling

WSCC: Final = PublisherId("wscc")
TWIN: Final = PublisherId("twin")
"""Another system of the same authority, with the same source: it may read the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    register: SqlRegister
    out: MemoryFacts
    clock: VirtualClock
    relay: Relay

    async def open(self, many: int = 1) -> None:
        """Open a concern with a notice and so many receipts of it."""
        event = opened()
        page = telling(event)
        async with self.register.entry() as entry:
            await entry.take([event])
            await entry.write(page)
        rungs = (Rung.SUBMITTED, Rung.RELAYED, Rung.DELIVERED)
        for rung in rungs[:many]:
            await self.register.receive([receipt_of(page.deliveries[0], rung=rung)], [], [])

    def read(self, reader: PublisherId) -> list[str]:
        return [told.name.value for told in self.out.taken[reader]]

    async def waiting(self) -> int:
        return (await self.register.depths()).facts


@asynccontextmanager
async def a_stage(*readers: PublisherId, at_once: int = 200) -> AsyncIterator[Stage]:
    clock = VirtualClock(LONG_AGO + timedelta(days=1))
    register = await open_register("sqlite+aiosqlite://", clock=clock)
    assert isinstance(register, SqlRegister)
    known = directory()
    twin = Publisher(id=TWIN, agency=known.publishers[0].agency, source=SOURCE, prefix="twin")
    await register.seed(replace(known, publishers=(*known.publishers, twin)))
    out = MemoryFacts(readers)
    relay = Relay(register, out, clock, at_once=at_once)
    try:
        yield Stage(register=register, out=out, clock=clock, relay=relay)
    finally:
        await register.close()


def orders(told: Sequence[Told]) -> dict[ConcernId, list[str]]:
    found: dict[ConcernId, list[str]] = {}
    for one in told:
        found.setdefault(one.concern, []).append(one.name.value)
    return found


async def test_what_waits_goes_out_in_the_order_of_its_concern() -> None:
    async with a_stage(WSCC, TWIN) as stage:
        for _ in range(5):
            await stage.open(3)

        done = await stage.relay.turn()

        assert done == 40
        assert await stage.waiting() == 0
        for reader in (WSCC, TWIN):
            found = orders(stage.out.taken[reader])
            assert [*found.values()] == [["notice.queued", *["rung.changed"] * 3]] * 5


async def test_a_reader_without_a_queue_keeps_nobody_else_waiting_and_is_said_loudly() -> None:
    async with a_stage(WSCC) as stage:
        await stage.open(2)

        with capture_logs() as logs:
            await stage.relay.turn()
            await stage.relay.turn()

        assert stage.read(WSCC) == ["notice.queued", "rung.changed", "rung.changed"]
        assert await stage.waiting() == 3
        said = [one for one in logs if one["event"] == "fact.returned"]
        assert [(one["subscriber"], one["log_level"]) for one in said] == [("twin", "error")]
        assert stage.relay.counts().returned == 1
        assert stage.relay.counts().published == 3


async def test_what_came_back_goes_out_first_and_whole_once_there_is_a_queue() -> None:
    async with a_stage(WSCC, at_once=2) as stage:
        await stage.open(3)
        while await stage.relay.turn():
            continue
        stage.out.bind(TWIN)

        await stage.relay.turn()
        assert stage.read(TWIN) == []  # it was tried a moment ago
        await stage.clock.advance(timedelta(seconds=31))
        while await stage.relay.turn():
            continue

        assert stage.read(TWIN) == stage.read(WSCC) == ["notice.queued", *["rung.changed"] * 3]
        assert await stage.waiting() == 0


async def test_a_broker_that_is_away_loses_nothing() -> None:
    async with a_stage(WSCC, TWIN) as stage:
        await stage.open(2)
        stage.out.go_away()

        with pytest.raises(BrokerLost):
            await stage.relay.turn()
        assert await stage.waiting() == 6
        stage.out.go_away(away=False)

        assert await stage.relay.turn() == 6


async def test_what_was_confirmed_before_the_broker_went_away_is_written_down() -> None:
    async with a_stage(WSCC) as stage:
        await stage.open(3)
        turn = asyncio.create_task(stage.relay.turn())
        await stage.out.arrival(WSCC, FactName.NOTICE_QUEUED)
        stage.out.go_away()

        with pytest.raises(BrokerLost):
            await turn

        confirmed = len(stage.read(WSCC))
        assert 1 <= confirmed < 4
        assert await stage.waiting() == 8 - confirmed
        assert stage.relay.counts().published == confirmed


async def test_whoever_has_not_the_turn_publishes_nothing() -> None:
    async with a_stage(WSCC, TWIN) as stage:
        await stage.open(2)
        # A register that was restored gives nobody the turn until a person says so (B03).
        async with stage.register._database.writing("by hand") as wire:
            await wire.run(
                restored.insert().values(taken=LONG_AGO, at=LONG_AGO, last_queued=0),
            )

        assert await stage.relay.turn() == 0

        assert (stage.read(WSCC), stage.read(TWIN)) == ([], [])
        assert await stage.waiting() == 6


async def test_what_was_confirmed_and_not_written_down_comes_again_with_the_same_id() -> None:
    async with a_stage(WSCC, TWIN) as stage:
        await stage.open(2)
        # As a relay does that dies between the confirm and the commit.
        for one in await stage.register.facts(100):
            await stage.out.publish(one.told)

        await stage.relay.turn()

        once, again = stage.out.taken[WSCC][:3], stage.out.taken[WSCC][3:]
        assert once == again
        assert len({told.id for told in once}) == 3


async def test_it_runs_until_it_is_told_to_stop_whatever_the_broker_does() -> None:
    async with a_stage(WSCC, TWIN) as stage:
        stop = asyncio.Event()
        stage.out.go_away()
        await stage.open(1)
        running = asyncio.create_task(stage.relay.run(stop))
        await stage.clock.asleep()
        assert await stage.waiting() == 4

        stage.out.go_away(away=False)
        while await stage.waiting():
            await stage.clock.asleep()
            await stage.clock.advance(timedelta(seconds=1))
        stop.set()
        async with asyncio.timeout(10):
            await running

        assert stage.relay.counts().published == 4
