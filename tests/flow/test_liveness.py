"""A process says that it lives, whatever the register does, and frees what the silent had."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta
from typing import cast

from hub.adapters.memory import VirtualClock
from hub.adapters.register import open_register
from hub.adapters.register.sql import SqlRegister
from hub.liveness import Counts, Liveness
from hub.ports import Register, RegisterAway
from hub.ports.workers import AGAIN, BEAT, Beat
from tests.adapters.by_hand import look


class Answering:
    """A register that answers each sign of life as the script says, and then as the last time."""

    def __init__(self, *answers: Beat | RegisterAway) -> None:
        self.heard = 0
        self._answers = answers

    async def alive(self, worker: str, roles: Collection[str]) -> Beat:
        del worker, roles
        answer = self._answers[min(self.heard, len(self._answers) - 1)]
        self.heard += 1
        if isinstance(answer, RegisterAway):
            raise answer
        return answer

    async def ended(self, worker: str) -> None:
        raise RegisterAway


def living(register: object, clock: VirtualClock) -> Liveness:
    return Liveness(cast("Register", register), clock, worker="w", roles=("deliver",))


async def test_B03_a_register_that_is_away_is_a_missed_sign_of_life_and_ends_nothing() -> None:
    clock, register = VirtualClock(), Answering(RegisterAway())
    mine, over = living(register, clock), asyncio.Event()
    running = asyncio.create_task(mine.run(over))

    for _ in range(3):
        await clock.asleep()
        await clock.advance(BEAT)
    over.set()
    await running

    assert register.heard >= 3
    assert mine.counts() == Counts(missed=register.heard)


async def test_what_a_lost_process_holds_locked_is_looked_at_again_soon() -> None:
    lost = Beat(lost=("dead",), released=2, locked=True)
    clock, register = VirtualClock(), Answering(lost, Beat(lost=("dead",), released=1), Beat())
    mine, over = living(register, clock), asyncio.Event()
    running = asyncio.create_task(mine.run(over))
    await clock.asleep()

    await clock.advance(AGAIN)
    assert register.heard == 2
    await clock.advance(BEAT - timedelta(milliseconds=1))
    assert register.heard == 2
    over.set()
    await running

    assert mine.counts() == Counts(lost=2, released=3)


async def test_a_process_is_known_from_its_first_sign_of_life_to_its_end() -> None:
    register = await open_register("sqlite+aiosqlite://")
    assert isinstance(register, SqlRegister)
    mine, over = living(register, VirtualClock()), asyncio.Event()

    await mine.beat()
    assert await look(register, "SELECT id, roles FROM worker") == [("w", "deliver")]
    over.set()
    await mine.run(over)

    assert await look(register, "SELECT id FROM worker") == []
    await register.close()
