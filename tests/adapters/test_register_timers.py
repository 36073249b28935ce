"""Many timers on a real register: each step once, in order, without drift, and soon enough."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, cast

import pytest

from hub.adapters.clock import SystemClock
from hub.adapters.register import tables as t
from hub.adapters.register.sql import SqlRegister
from hub.obligation import ObligationKind
from hub.ports import Register
from hub.watch import Watch
from tests.adapters.conftest import Registers
from tests.adapters.timers import plant, set_off, taken, tools_for

CLOCK: Final = SystemClock()
HOUR: Final = timedelta(hours=1)
SOAK_TIMERS: Final = 10_000
SOAK_OVER: Final = timedelta(minutes=10)
"""Ten thousand timers in ten minutes: one each 60 ms."""


def watch(register: SqlRegister) -> Watch:
    return Watch(register, tools_for, CLOCK)


async def test_after_six_hours_down_steps_come_in_order_and_one_desk_is_asked_once(
    register: SqlRegister,
) -> None:
    began = CLOCK.now() - 6 * HOUR - timedelta(minutes=20)
    planted = await plant(register, [began + n * timedelta(seconds=10) for n in range(60)])

    swept = await watch(register).sweep()
    again = await watch(register).sweep()

    steps = await taken(register)
    assert {one.obligation for one in steps} == set(planted)
    assert (swept.climbed, again.climbed) == (60, 0)
    for obligation in planted:
        mine = [one.step for one in steps if one.obligation == obligation]
        assert mine == list(range(len(mine))), "overdue steps fire in order"
        assert len(mine) == 4, "three steps, and the head of safeguarding once for all that passed"
    async with register._database.reading() as wire:
        asked = await wire.rows(
            t.obligation.select().where(t.obligation.c.kind == ObligationKind.PERSON.value)
        )
    keys = [row["key"] for row in asked]
    assert len(keys) == len(set(keys)) == 2 * 60, "each desk has one task for each"


async def test_whatever_is_late_the_next_step_is_counted_from_the_anchor(
    register: SqlRegister,
) -> None:
    planted = await plant(register, [CLOCK.now() - timedelta(minutes=7)] * 30)

    await watch(register).sweep()

    async with register._database.reading() as wire:
        rows = await wire.rows(t.obligation.select().where(t.obligation.c.ladder.is_not(None)))
    drift = {row["next_at"] - planted[row["id"]] - timedelta(minutes=30) for row in rows}
    assert drift == {timedelta(0)}
    assert len(rows) == 30


async def test_the_longest_due_is_taken_first_and_each_once_by_two_watches(
    register: SqlRegister,
) -> None:
    ago = CLOCK.now() - timedelta(minutes=10)
    planted = await plant(register, [ago + n * timedelta(seconds=1) for n in range(100)])

    swept = await asyncio.gather(*(watch(register).sweep() for _ in range(2)))

    steps = await taken(register)
    assert sorted(one.obligation for one in steps) == sorted(planted)
    assert sum(one.climbed for one in swept) == 100


async def test_a_step_is_taken_by_a_running_watch_as_its_instant_comes(
    register: SqlRegister,
) -> None:
    """Never before it; how soon after it, `make soak` asserts."""
    lateness = await timed(register, 40, timedelta(seconds=2))

    assert min(lateness) >= timedelta(0)
    assert len(lateness) == 40


@pytest.mark.soak
async def test_ten_thousand_timers_are_on_time(postgres_registers: Registers) -> None:
    lateness = await timed(await postgres_registers.open(), SOAK_TIMERS, SOAK_OVER)

    p99 = lateness[len(lateness) * 99 // 100]
    print(f"{len(lateness)} timers: p50 {lateness[len(lateness) // 2]}, p99 {p99}")  # noqa: T201 - its result
    assert p99 <= timedelta(seconds=1)


async def timed(register: SqlRegister, number: int, over: timedelta) -> list[timedelta]:
    """Run a watch over so many timers spread over a time; return how late each was, sorted."""
    far = CLOCK.now() + timedelta(days=1)
    planted = await plant(register, [far + over * n / number for n in range(number)])
    # None is due before all are planted, on a busy machine either.
    begin = CLOCK.now() + timedelta(seconds=2) + number * timedelta(milliseconds=2)
    planted = {one: due - far + begin for one, due in planted.items()}
    await set_off(register, planted)
    stop = asyncio.Event()
    line = Telling(register, stop, planted)
    await Watch(cast(Register, line), tools_for, CLOCK).run(stop)
    steps = await taken(register)
    first = {one.obligation: one.at for one in steps if one.step == 0}
    in_turn = [planted[one.obligation] for one in steps if one.step == 0]
    assert all(a <= b + timedelta(seconds=1) for a, b in pairwise(in_turn))
    return sorted(first[id_] - due for id_, due in planted.items())


class Telling:
    """A register that ends a watch once every one of these has taken its first step."""

    def __init__(
        self, register: SqlRegister, stop: asyncio.Event, planted: Collection[str]
    ) -> None:
        self._register = register
        self._stop = stop
        self._number = len(planted)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the register has
        return getattr(self._register, name)

    async def next_step(self) -> datetime | None:
        """Answer what a watch asks each time it has taken what was due."""
        coming = await self._register.next_step()
        # The second step of a ladder comes half an hour after its first.
        far = coming is None or coming - CLOCK.now() > timedelta(minutes=15)
        if far and len(await taken(self._register)) >= self._number:
            self._stop.set()
        return coming
