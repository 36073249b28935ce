"""A database that may only be read for a while, and what the pool remembers of it."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.engine import make_url

from hub.ports import RegisterAway, Taking
from tests.adapters.conftest import Registers
from tests.builders import opened
from tests.servers.postgres import Postgres


async def test_a_register_that_may_be_written_to_again_is_written_to_at_once(
    postgres_registers: Registers, postgres: Postgres
) -> None:
    name = make_url(postgres_registers.url).database
    set_to = f'ALTER DATABASE "{name}" SET default_transaction_read_only'
    await asyncio.to_thread(postgres.sql, f"{set_to} = on")
    register = await postgres_registers.open()
    with pytest.raises(RegisterAway):
        async with register.entry() as entry:
            await entry.take([opened()])

    await asyncio.to_thread(postgres.sql, f"{set_to} = off")

    async with register.entry() as entry:
        assert await entry.take([opened()]) == (Taking.NEW,)
