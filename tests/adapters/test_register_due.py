"""The look at what is due: one for all lanes, and no dearer for whatever waits for later."""

from __future__ import annotations

import asyncio

import asyncpg

from hub.adapters.register.due import DueLanes, due_now
from hub.adapters.register.phrases import Phrasebook
from hub.adapters.register.sessions import server_settings
from hub.adapters.register.sql import SqlRegister
from hub.vocabulary import Lane
from tests.adapters.conftest import Registers
from tests.adapters.test_register_queue import queued


async def test_lanes_that_ask_at_once_are_answered_by_one_look(register: SqlRegister) -> None:
    await queued(register, Lane.IMMEDIATE)
    await queued(register, Lane.STANDARD)
    due = DueLanes(register._database)

    immediate, standard, bulk = await asyncio.gather(*(due.since(lane) for lane in Lane))

    # The clock moves on between two looks, and not within one.
    assert immediate is not None
    assert immediate == standard
    assert bulk is None


async def test_who_asks_once_a_look_has_begun_has_one_that_begins_afterwards(
    postgres_registers: Registers,
) -> None:
    register = await postgres_registers.open()
    due = DueLanes(register._database)
    before = asyncio.ensure_future(due.since(Lane.STANDARD))
    await asyncio.sleep(0)  # it asks
    await asyncio.sleep(0)  # the look begins

    await queued(register)

    assert await due.since(Lane.STANDARD) is not None
    await before


async def test_the_look_at_what_is_due_walks_an_index_up_to_this_moment(
    postgres_registers: Registers,
) -> None:
    register = await postgres_registers.open()
    phrase = Phrasebook().phrase(due_now(register._database), ())
    session = await asyncpg.connect(
        postgres_registers.url.replace("+asyncpg", ""), server_settings=server_settings("a test")
    )
    try:
        asked = f"EXPLAIN {phrase.text}"
        plan = [row[0] for row in await session.fetch(asked, *phrase.arguments({}))]
    finally:
        await session.close()

    walked = [line for line in plan if "Index Cond" in line]
    assert len(walked) == len(Lane)
    assert all("next_at <=" in line for line in walked)
