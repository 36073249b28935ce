"""What was in hand alone when a process died, on every register."""

from __future__ import annotations

import asyncio

from hub.adapters.register.sql import SqlRegister


async def test_how_often_one_was_begun_alone_is_counted_for_each_message_by_itself(
    register: SqlRegister,
) -> None:
    counted = [await register.alone_with(one) for one in ("a", "b", "a", "a")]

    assert counted == [0, 0, 1, 2]


async def test_what_was_answered_is_forgotten_and_nothing_else_is(register: SqlRegister) -> None:
    await register.alone_with("a")
    await register.alone_with("b")

    await register.answered("a")
    await register.answered("never begun")

    assert [await register.alone_with(one) for one in ("a", "b")] == [0, 1]


async def test_of_many_at_once_each_is_counted(register: SqlRegister) -> None:
    counted = await asyncio.gather(*(register.alone_with("a") for _ in range(5)))

    assert sorted(counted) == [0, 1, 2, 3, 4]
