"""How a register is opened: its schema, its one writer, its migration, and what it says."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from hub.adapters.register import migrate, open_register, schema
from hub.adapters.register.columns import metadata
from hub.adapters.register.schema import check
from hub.adapters.register.sql import SqlRegister
from hub.ports import (
    RegisterAway,
    RegisterInUse,
    RegisterMissing,
    RegisterRefused,
    RegisterTooNew,
    RegisterTooOld,
    Taking,
)
from tests.adapters.by_hand import look, meddle
from tests.adapters.conftest import Registers, migrated
from tests.builders import opened, telling
from tests.servers.postgres import Postgres


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "register.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


async def test_the_migrations_make_the_tables_that_the_code_knows(register: SqlRegister) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {"compare_type": True, "version_table": "schema"}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))

    async with register._database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_which_schema_is_the_newest_is_read_from_the_files_as_alembic_would_say_it() -> None:
    steps = ScriptDirectory(str(schema._MIGRATIONS))

    assert schema.head() == steps.get_current_head()
    for step in steps.walk_revisions():
        schema.refuse_unknown(step.revision)
    with pytest.raises(RegisterTooNew):
        schema.refuse_unknown("None")


OPENED: Final = """
import asyncio, sys
from hub.adapters.register import open_register
async def opened():
    await (await open_register(sys.argv[1])).close()
asyncio.run(opened())
print(sorted({"alembic", "mako"} & set(sys.modules)))
"""


def _loaded_to_open(url: str) -> str:
    program = [sys.executable, "-c", OPENED, url]
    return subprocess.run(program, check=True, capture_output=True, text=True).stdout.strip()


def test_a_register_whose_schema_is_the_newest_is_opened_without_alembic(
    url: str, postgres: Postgres
) -> None:
    assert _loaded_to_open(url) == "['alembic', 'mako']"
    assert _loaded_to_open(url) == "[]"
    assert _loaded_to_open(migrated(postgres)) == "[]"


async def test_sqlite_is_kept_on_disk_and_opened_again(url: str) -> None:
    event = opened()
    first = await open_register(url)
    async with first.entry() as entry:
        await entry.take([event])
        await entry.write(telling(event))
    await first.close()

    second = await open_register(url)

    async with second.entry() as entry:
        assert await entry.take([event]) == (Taking.DUPLICATE,)
    assert await second.concern(event.concern) is not None
    await second.close()


async def test_sqlite_is_durable_and_keeps_its_keys(url: str) -> None:
    register = await open_register(url)
    assert isinstance(register, SqlRegister)
    found = [
        (await look(register, f"PRAGMA {name}"))[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    ]
    await register.close()

    assert found == [("wal",), (2,), (1,)]


async def test_a_second_writer_of_one_file_is_refused_in_words(url: str) -> None:
    first = await open_register(url)

    with pytest.raises(RegisterInUse, match="one writer"):
        await open_register(url)
    with pytest.raises(RegisterInUse):
        await migrate(url)
    reader = await open_register(url, read_only=True)
    assert await reader.concerns() == ()
    with pytest.raises(RegisterRefused, match="read only"):
        async with reader.entry():
            pass
    await reader.close()
    await first.close()
    await (await open_register(url)).close()


async def test_a_newer_schema_is_refused(registers: Registers) -> None:
    register = await registers.open()
    await meddle(register, "UPDATE schema SET version_num = '9999'")
    if registers.url == "sqlite+aiosqlite://":
        # A database in memory is not opened twice; the check is asked directly.
        with pytest.raises(RegisterTooNew, match="9999"):
            await check(register._database.engine)
        return
    await registers.close()

    with pytest.raises(RegisterTooNew, match="9999"):
        await open_register(registers.url)
    with pytest.raises(RegisterTooNew, match="9999"):
        await migrate(registers.url)


def test_no_migration_takes_evidence_apart() -> None:
    versions = ScriptDirectory(str(schema._MIGRATIONS)).walk_revisions()

    for revision in versions:
        with pytest.raises(RegisterRefused, match="restore a backup"):
            revision.module.downgrade()


async def test_postgresql_without_a_schema_says_what_to_run(postgres_url: str) -> None:
    with pytest.raises(RegisterTooOld, match="hub migrate"):
        await open_register(postgres_url)

    await migrate(postgres_url)
    await migrate(postgres_url)

    register = await open_register(postgres_url)
    assert await register.concerns() == ()
    await register.close()


async def test_a_file_without_a_schema_is_not_migrated_by_a_reader(url: str, path: Path) -> None:
    with closing(sqlite3.connect(path)) as empty:
        empty.execute("CREATE TABLE other (id TEXT)")

    with pytest.raises(RegisterTooOld):
        await open_register(url, read_only=True)


async def test_a_reader_of_a_file_that_is_not_there_is_told_so_and_makes_none(
    tmp_path: Path,
) -> None:
    path = tmp_path / "nowhere" / "register.db"

    with pytest.raises(RegisterMissing, match="`hub run` makes one"):
        await open_register(f"sqlite+aiosqlite:///{path}", read_only=True)

    assert not path.parent.exists()


@pytest.mark.parametrize("wrong", ["", "mysql://x/y", "sqlite:///x.db", "postgresql://x/y"])
async def test_an_unknown_database_is_refused_in_words(wrong: str) -> None:
    with pytest.raises(RegisterRefused):
        await open_register(wrong)


async def test_a_place_that_is_not_there_is_away(tmp_path: Path) -> None:
    with pytest.raises(RegisterAway):
        await open_register(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'folder' / 'r.db'}")


async def test_a_server_that_is_not_there_is_away() -> None:
    with pytest.raises(RegisterAway):
        await open_register("postgresql+asyncpg://hub@127.0.0.1:1/hub")


async def test_two_registers_in_memory_share_nothing() -> None:
    one, other = (
        await open_register("sqlite+aiosqlite://"),
        await open_register("sqlite+aiosqlite://"),
    )
    event = opened()
    async with one.entry() as entry:
        await entry.take([event])

    async with other.entry() as entry:
        assert await entry.take([event]) == (Taking.NEW,)

    await one.close()
    await other.close()


async def test_an_entry_cut_short_leaves_a_register_that_works(register: SqlRegister) -> None:
    begun, event = asyncio.Event(), opened()

    async def never_ends() -> None:
        async with register.entry() as entry:
            await entry.take([event])
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(never_ends())
    await asyncio.wait_for(begun.wait(), 20)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    async with register.entry() as entry:
        assert await entry.take([event]) == (Taking.NEW,)


async def test_entries_cut_short_at_any_moment_leave_a_register_that_works(
    register: SqlRegister,
) -> None:
    async def write() -> None:
        event = opened()
        async with register.entry() as entry:
            await entry.take([event])
            await entry.write(telling(event))

    # Whoever was cut short is remembered: a lock must not hang on what somebody still holds.
    remembered = []
    for turns in range(0, 60, 3):
        task = asyncio.create_task(write())
        remembered.append(task)
        for _ in range(turns):
            await asyncio.wait([asyncio.ensure_future(_nothing())])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    await write()
    depths = await register.depths()
    assert depths.events == depths.notices == depths.queued


async def test_sqlite_says_so_where_an_entry_would_wait_for_itself() -> None:
    register = await open_register("sqlite+aiosqlite://")

    with pytest.raises(RegisterRefused, match="ask the entry"):
        async with register.entry():
            await register.depths()

    await register.close()


async def test_sqlite_on_a_file_is_read_beside_its_writer(url: str) -> None:
    register = await open_register(url)
    event = opened()

    async with register.entry() as entry:
        await entry.take([event])
        assert (await register.depths()).events == 0

    assert (await register.depths()).events == 1
    await register.close()


async def _nothing() -> None:
    pass


async def test_a_lost_server_is_away_and_comes_back(postgres: Postgres) -> None:
    register = await open_register(migrated(postgres))
    await register.concerns()
    event = opened()

    async def cut_short() -> None:
        async with register.entry() as entry:
            await entry.take([event])
            assert postgres.cut_connections() > 0
            await entry.write(telling(event))

    with pytest.raises(RegisterAway):
        await cut_short()

    async with register.entry() as entry:
        assert await entry.take([event]) == (Taking.NEW,)
    await register.close()
