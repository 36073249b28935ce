"""Connections that PostgreSQL ended while nobody was looking."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from hub.adapters.register.postgres import POOL_SIZE
from hub.adapters.register.postgres import Postgres as PostgresDatabase
from hub.adapters.register.sql import SqlRegister
from hub.ports import RegisterAway
from tests.adapters.conftest import Registers
from tests.servers.postgres import Postgres


def cut_off(postgres: Postgres, registers: Registers) -> None:
    """End every connection to this database; no turn of our loop comes between."""
    name = make_url(registers.url).database
    postgres.sql(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
    )


async def test_a_connection_that_was_cut_off_unseen_is_away_once_and_another_takes_its_place(
    postgres_registers: Registers, postgres: Postgres
) -> None:
    register = await postgres_registers.open()
    await register.next_due()
    # Without a turn of the loop between: as a process finds it that was stopped meanwhile.
    cut_off(postgres, postgres_registers)

    with pytest.raises(RegisterAway):
        await register.next_due()

    assert await register.next_due() is None


async def test_B03_whoever_holds_a_turn_finds_the_register_away_though_both_connections_are_lost(
    postgres_registers: Registers, postgres: Postgres
) -> None:
    """The relay holds one connection and asks by another; the driver lost its place on that one."""
    register = await postgres_registers.open()
    driver = asyncpg.InternalClientError("cannot switch to state 12")

    with pytest.raises(RegisterAway) as away:  # noqa: PT012  # the block is what must not hide it
        async with register.relaying() as mine:
            cut_off(postgres, postgres_registers)
            # The first to ask by it learns that it is lost, and the pool has it back.
            await lost(register)
            raise RegisterAway("by the other connection") from driver

    assert mine
    assert "by the other connection" in str(away.value)
    async with register.relaying() as mine_again:
        assert mine_again


async def test_a_connection_that_was_cut_off_while_nobody_used_it_is_lent_to_nobody(
    postgres_registers: Registers, postgres: Postgres
) -> None:
    register = await postgres_registers.open()
    await register.next_due()
    cut_off(postgres, postgres_registers)
    await lost(register)

    assert await register.next_due() is None


async def test_more_who_ask_than_there_are_connections_are_all_answered(
    postgres_registers: Registers,
) -> None:
    register = await postgres_registers.open()

    # Each round finds some connections at hand, some in the pool, and others before it.
    for _ in range(3):
        asked = (register.next_due() for _ in range(4 * POOL_SIZE))
        assert await asyncio.gather(*asked) == [None] * (4 * POOL_SIZE)

    assert await register.next_due() is None


async def lost(register: SqlRegister) -> None:
    """Return once no connection of this register is open any more."""
    database = register._database
    assert isinstance(database, PostgresDatabase)
    assert database._pool is not None
    async with asyncio.timeout(20):
        while database._pool.get_size():
            await register.wake(0.01)
