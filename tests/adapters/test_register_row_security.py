"""PostgreSQL itself keeps readers apart: asked in SQL of our own, as nothing but a reader."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from hub.adapters.register import migrate, row_security
from hub.adapters.register.columns import metadata
from hub.adapters.register.postgres import Postgres as Server
from hub.adapters.register.sql import SqlRegister
from hub.concern import Party
from hub.page import Page
from hub.vocabulary import AgencyId, Lane
from tests.adapters.conftest import Registers, migrated
from tests.adapters.test_register_readers import heard
from tests.builders import HOST, PLACING, REGULATOR, SURREY, opened, telling
from tests.servers.postgres import Postgres

READ = sorted(row_security._RULES)


def plain(url: str, user: str = "") -> str:
    where = make_url(url).set(drivername="postgresql")
    return (where.set(username=user) if user else where).render_as_string(hide_password=False)


@asynccontextmanager
async def reader(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that is `hub_web` from its beginning, as the web's are."""
    connection = await asyncpg.connect(plain(url), server_settings={"role": row_security.READER})
    try:
        yield connection
    finally:
        await connection.close()


async def seen(connection: asyncpg.Connection, organisation: str | None) -> dict[str, int]:
    """Return how many rows of each table this organisation sees; None: nobody said who reads."""
    async with connection.transaction():
        if organisation is not None:
            said = "SELECT set_config('hub.organisation', $1, true)"
            await connection.execute(said, organisation)
        return {
            table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608  # own names
            for table in READ
        }


@dataclass(frozen=True)
class Told:
    """A register with two concerns; a placing authority and the regulator were told of one."""

    register: SqlRegister
    url: str
    pages: tuple[Page, ...]


async def write(register: SqlRegister, page: Page) -> Page:
    async with register.entry() as entry:
        await entry.take([opened(page.id, id=page.applied[0][1])])
        await entry.write(page)
    return page


@pytest.fixture
async def told(postgres_registers: Registers) -> Told:
    register = await postgres_registers.open()
    pages = (
        await write(register, telling(opened(), PLACING)),
        await write(register, telling(opened(), REGULATOR)),
        await write(register, telling(opened(), Party(agency=SURREY, role=PLACING.role))),
    )
    first, second, _ = (page.notices[0] for page in pages)
    await register.receive((heard(first), heard(second)), (), ())
    return Told(register=register, url=postgres_registers.url, pages=pages)


async def test_of_nobody_there_are_no_rows(told: Told) -> None:
    async with reader(told.url) as connection:
        for nobody in (None, "", "%", "gss:none"):
            assert set((await seen(connection, nobody)).values()) == {0}, nobody


async def test_a_host_sees_the_rows_of_its_concerns_and_an_agency_what_it_was_told(
    told: Told,
) -> None:
    async with reader(told.url) as connection:
        host = await seen(connection, HOST)
        agency = await seen(connection, SURREY)

    assert (host["concern"], host["notice"], host["delivery"]) == (3, 3, 3)
    assert host["event"] == 3
    assert host["body"] == 9
    assert host["receipt"] == 2
    # Of two notices to it, one has left the hub: that one, its mail, and what came back of it.
    assert {table: rows for table, rows in agency.items() if rows} == {
        "notice": 1,
        "delivery": 1,
        "body": 2,
        "receipt": 1,
    }


async def test_a_setting_ends_with_its_transaction(told: Told) -> None:
    async with reader(told.url) as connection:
        assert (await seen(connection, HOST))["concern"] == 3

        assert set((await seen(connection, None)).values()) == {0}


async def test_a_pooled_connection_carries_no_readers_setting_to_the_next(told: Told) -> None:
    database = told.register._database
    assert isinstance(database, Server)

    async def one(organisation: str, expected: int) -> None:
        for _ in range(5):
            async with database.shown_to(organisation) as wire:
                rows = await wire.rows(text("SELECT count(*) AS n FROM concern"))
                assert rows[0]["n"] == expected
                who = await wire.rows(text("SELECT current_user::text AS who"))
                assert who[0]["who"] == row_security.READER

    await asyncio.gather(*(one(*who) for who in ((HOST, 3), (SURREY, 0), ("", 0)) * 8))

    assert database._readers is not None
    async with database._readers.snapshot() as wire:
        rows = await wire.rows(text("SELECT count(*) AS n FROM concern"))
    assert rows[0]["n"] == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit_leaf (kind, data, at, recorded) VALUES ('x', '', now(), now())",
        "UPDATE concern SET host_authority = 'gss:E10000030'",
        "UPDATE notice SET agency_id = 'gss:E10000030'",
        "DELETE FROM hold",
        "TRUNCATE stop",
        "SELECT 1 FROM contact",
        "SELECT 1 FROM endpoint",
        "SELECT 1 FROM publisher",
        "SELECT 1 FROM audit_leaf",
        "SELECT 1 FROM quarantine",
        "SELECT 1 FROM inbound_mail",
        "CREATE POLICY mine ON notice USING (true)",
        "ALTER TABLE notice DISABLE ROW LEVEL SECURITY",
    ],
)
async def test_a_reader_writes_nothing_and_reads_nothing_else(told: Told, statement: str) -> None:
    async with reader(told.url) as connection:
        await connection.execute("SELECT set_config('hub.organisation', $1, false)", HOST)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_every_table_of_a_concern_or_an_agency_is_guarded(told: Told) -> None:
    async with reader(told.url) as connection:
        rows = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relkind = 'r'"
        )
    guarded = {row["relname"] for row in rows}

    of_somebody = {
        table.name
        for table in metadata.sorted_tables
        if {"concern_id", "agency_id"} & set(table.c.keys())
    }
    assert of_somebody <= guarded
    assert set(READ) <= guarded
    assert len(of_somebody) > 15


async def test_no_policy_is_evaluated_for_the_hubs_own_work(told: Told) -> None:
    connection = await asyncpg.connect(plain(told.url))
    try:
        for role in ("NONE", row_security.WORKER):
            await connection.execute(f"SET ROLE {role}")
            plan = await connection.fetch("EXPLAIN SELECT * FROM notice WHERE concern_id = 'c'")
            assert not any("hub_reader" in row[0] or "SubPlan" in row[0] for row in plan)
    finally:
        await connection.close()


async def test_a_login_that_owns_nothing_does_all_of_the_hubs_work(postgres: Postgres) -> None:
    url = migrated(postgres)
    await asyncio.to_thread(
        postgres.sql,
        "DO $$ BEGIN CREATE ROLE hub_login LOGIN IN ROLE hub_worker; "
        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
    )
    where = make_url(url).set(username="hub_login").render_as_string(hide_password=False)
    registers = Registers(where)
    try:
        register = await registers.open()
        page = await write(register, telling(opened(), PLACING))
        leased = await register.lease(
            Lane.STANDARD, limit=10, lease_for=timedelta(minutes=1), worker="w"
        )
        await register.receive((heard(page.notices[0]),), (), ())

        assert [each.delivery.id for each in leased] == [page.deliveries[0].id]
        assert await register.as_reader(SURREY).notice(page.notices[0].id) is not None
        assert await register.as_reader(REGULATOR.agency).notice(page.notices[0].id) is None
        database = register._database
        assert isinstance(database, Server)
        assert database._readers is not None
    finally:
        await registers.close()


async def test_to_migrate_again_changes_nothing(told: Told) -> None:
    assert await asyncio.to_thread(asyncio.run, migrate(told.url)) == ()

    async with reader(told.url) as connection:
        assert (await seen(connection, AgencyId(HOST)))["concern"] == 3


async def test_a_login_that_may_make_no_roles_says_what_to_run_and_shows_readers_their_own(
    postgres: Postgres,
) -> None:
    login = f"plain_{secrets.token_hex(4)}"
    url = postgres.new_database()
    for statement in (
        f"CREATE ROLE {login} LOGIN",
        f'ALTER DATABASE "{make_url(url).database}" OWNER TO {login}',
    ):
        await asyncio.to_thread(postgres.sql, statement)
    registers = Registers(make_url(url).set(username=login).render_as_string(hide_password=False))

    missing = await asyncio.to_thread(asyncio.run, migrate(registers.url))
    register = await registers.open()
    page = await write(register, telling(opened(), PLACING))
    await register.receive((heard(page.notices[0]),), (), ())
    theirs = [register.as_reader(who) for who in (SURREY, REGULATOR.agency, None)]
    shown = [await view.notice(page.notices[0].id) for view in theirs]
    await registers.close()

    assert missing[-1] == f"GRANT hub_web TO {login}"
    assert [record is not None for record in shown] == [True, False, False]
    for statement in missing:
        await asyncio.to_thread(postgres.sql, statement)
    assert await asyncio.to_thread(asyncio.run, migrate(registers.url)) == ()
    async with reader(registers.url) as connection:
        assert (await seen(connection, HOST))["concern"] == 1
        assert set((await seen(connection, None)).values()) == {0}
