"""The look at what is due is no dearer for whatever waits for later."""

from __future__ import annotations

import asyncpg

from hub.adapters.register.due import due_now
from hub.adapters.register.phrases import Phrasebook
from hub.adapters.register.sessions import server_settings
from hub.vocabulary import Lane
from tests.adapters.conftest import Registers


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
