"""Registers of every kind for one contract suite, and for whoever needs a real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hub.adapters.register import migrate, open_register
from hub.adapters.register.sql import SqlRegister
from hub.ports import Register
from tests.migrated import migrated_file
from tests.servers.postgres import Postgres


@dataclass
class Registers:
    """Opens registers on one database of this test's own, and closes them at the end."""

    url: str
    opened: list[Register] = field(default_factory=list)

    @property
    def many(self) -> bool:
        """Whether more than one process may write."""
        return self.url.startswith("postgresql")

    async def open(self, *, read_only: bool = False) -> SqlRegister:
        """Open the register once more, as another process would."""
        register = await open_register(self.url, read_only=read_only)
        assert isinstance(register, SqlRegister)
        self.opened.append(register)
        return register

    async def close(self) -> None:
        """Close what was opened."""
        for register in self.opened:
            await register.close()
        self.opened.clear()


def migrated(postgres: Postgres) -> str:
    """Return the URL of a new database with the register's schema in it."""
    template = postgres.template("register", lambda url: asyncio.run(migrate(url)))
    return postgres.new_database(template)


@pytest.fixture(params=["sqlite file", "sqlite memory", "postgres"])
async def registers(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Registers]:
    """A database of each kind, empty and migrated."""
    match request.param:
        case "sqlite file":
            url = migrated_file(tmp_path / "register.db")
        case "sqlite memory":
            url = "sqlite+aiosqlite://"
        case _:
            url = migrated(request.getfixturevalue("postgres"))
    made = Registers(url)
    yield made
    await made.close()


@pytest.fixture
async def register(registers: Registers) -> SqlRegister:
    """An empty register of each kind."""
    return await registers.open()


@pytest.fixture
async def postgres_registers(postgres: Postgres) -> AsyncIterator[Registers]:
    """A database on PostgreSQL, where many processes write at once."""
    made = Registers(migrated(postgres))
    yield made
    await made.close()
