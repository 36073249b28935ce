"""Connections that PostgreSQL ended while nobody was looking."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import make_url

from hub.ports import RegisterAway
from tests.adapters.conftest import Registers
from tests.servers.postgres import Postgres


async def test_a_connection_that_was_cut_off_unseen_is_away_once_and_another_takes_its_place(
    postgres_registers: Registers, postgres: Postgres
) -> None:
    register = await postgres_registers.open()
    await register.next_due()
    name = make_url(postgres_registers.url).database
    # Without a turn of the loop between: as a process finds it that was stopped meanwhile.
    postgres.sql(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
    )

    with pytest.raises(RegisterAway):
        await register.next_due()

    assert await register.next_due() is None
