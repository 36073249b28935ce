"""The look at what is due is no dearer for whatever waits, and no lease rests on it alone."""

from __future__ import annotations

from datetime import timedelta

import asyncpg

from hub.adapters.register import queue
from hub.adapters.register.due import Due, due_now
from hub.adapters.register.phrases import Phrasebook
from hub.adapters.register.sessions import server_settings
from hub.adapters.register.sql import SqlRegister
from hub.vocabulary import Lane
from tests.adapters.conftest import Registers
from tests.adapters.planted import told, write
from tests.builders import fresh


async def test_the_look_at_what_is_due_walks_an_index_up_to_this_moment(
    postgres_registers: Registers,
) -> None:
    register = await postgres_registers.open()
    lane = {"of_lane": Lane.STANDARD.value}
    phrase = Phrasebook().phrase(due_now(register._database), lane)
    session = await asyncpg.connect(
        postgres_registers.url.replace("+asyncpg", ""), server_settings=server_settings("a test")
    )
    try:
        asked = f"EXPLAIN {phrase.text}"
        plan = [row[0] for row in await session.fetch(asked, *phrase.arguments(lane))]
    finally:
        await session.close()

    (walked,) = (line for line in plan if "Index Cond" in line)
    assert "next_at <=" in walked


async def test_B03_no_lease_is_taken_before_it_ends_though_the_clock_was_put_back_since_the_look(
    register: SqlRegister,
) -> None:
    await write(register, *told(1))
    minutes = timedelta(minutes=5)
    (theirs,) = await register.lease(Lane.STANDARD, limit=9, lease_for=minutes, worker="theirs")
    database = register._database

    async with database.writing("lease") as wire:
        taken = await queue.lease(
            wire,
            database,
            Lane.STANDARD,
            due=Due(now=theirs.expires_at + minutes),
            limit=9,
            lease_for=minutes,
            worker="ours",
            avoid=frozenset(),
            ids=lambda: fresh("attempt"),
        )

    assert taken == ()
