"""A step of the schema only adds: what the version before writes and reads goes on beside it.

While processes are upgraded one by one, those of the version before go on with the newer schema:
every row that they write must be taken, and every column that they read must be there.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hub.adapters.register import open_register, schema
from hub.adapters.register.backup import kept
from hub.adapters.register.columns import metadata
from hub.adapters.register.dialect import Sqlite
from hub.adapters.register.postgres import Postgres
from hub.ports import RegisterTooOld
from tests.adapters.carriers.ground import StandingClock
from tests.adapters.test_register_backup import KINDS, Places, lived, places
from tests.builders import LONG_AGO

__all__ = ["places"]

REVISIONS: Final[Sequence[str]] = [
    step.revision for step in ScriptDirectory(str(schema._MIGRATIONS)).walk_revisions()
][::-1]
STEPS: Final = list(itertools.pairwise(REVISIONS))
EVIDENCE: Final = {"audit_leaf", "receipt", "delivery"}
"""What the database itself refuses to change."""

Rows = dict[str, list[dict[str, Any]]]


def engine_of(url: str) -> AsyncEngine:
    where = make_url(url)
    if where.get_backend_name() == "postgresql":
        return Postgres(where).engine
    return Sqlite(where, clock=StandingClock(LONG_AGO)).engine


async def columns_at(revision: str, url: str) -> dict[str, list[str]]:
    """Return every table and column that a hub of this revision knows."""
    engine = engine_of(url)
    async with engine.begin() as connection:
        await connection.run_sync(schema.upgrade_to, revision)
        found = MetaData()
        await connection.run_sync(found.reflect)
    await engine.dispose()
    return {
        name: [column.name for column in table.columns]
        for name, table in found.tables.items()
        if name != schema.VERSION_TABLE
    }


async def written(places: Places) -> Rows:
    """Return the rows of a register that has lived."""
    url = places.new("sqlite")
    await lived(url, places.folder / "spool")
    engine = create_async_engine(url)
    rows: Rows = {}
    async with engine.connect() as connection:
        for table in kept():
            found = await connection.execute(select(table))
            rows[table.name] = [dict(row) for row in found.mappings()]
    await engine.dispose()
    return rows


def as_before(table: Table, known: Sequence[str], rows: Rows) -> list[dict[str, Any]]:
    return [{name: row[name] for name in known} for row in rows[table.name]]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_the_version_before_writes_and_reads_the_newer_schema_takes_and_gives(
    kind: str, places: Places
) -> None:
    rows = await written(places)
    assert sum(map(len, rows.values())) > 100
    for before, after in STEPS:
        known = await columns_at(before, places.new("sqlite"))
        engine = engine_of(places.new(kind))
        async with engine.begin() as connection:
            await connection.run_sync(schema.upgrade_to, after)
            for table in (one for one in metadata.sorted_tables if one.name in known.keys() & rows):
                mine = as_before(table, known[table.name], rows)
                if not mine:
                    continue
                await connection.execute(table.insert(), mine)
                columns = [table.c[name] for name in known[table.name]]
                got = (await connection.execute(select(*columns))).mappings()
                assert _sorted(dict(one) for one in got) == _sorted(mine), (before, after)
                if table.name not in EVIDENCE:
                    same = {column: column for column in columns}
                    await connection.execute(table.update().values(same))
        await engine.dispose()


def _sorted(rows: Iterable[Mapping[str, object]]) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


@pytest.mark.parametrize("kind", KINDS)
async def test_no_step_takes_a_column_away_or_asks_more_of_what_was_there(
    kind: str, places: Places
) -> None:
    engine = engine_of(places.new(kind))
    before: dict[str, dict[str, Any]] = {}
    for revision in REVISIONS:
        async with engine.begin() as connection:
            await connection.run_sync(schema.upgrade_to, revision)
            after = await connection.run_sync(_shape)
        faults = [
            fault
            for name, table in before.items()
            for fault in _asks_more(name, table, after.get(name))
        ]
        assert faults == [], revision
        before = after
    await engine.dispose()


def _shape(connection: Connection) -> dict[str, dict[str, Any]]:
    found = inspect(connection)
    return {
        name: {
            "columns": {each["name"]: each for each in found.get_columns(name)},
            "unique": {tuple(u["column_names"]) for u in found.get_unique_constraints(name)}
            | {tuple(i["column_names"]) for i in found.get_indexes(name) if i["unique"]},
            "foreign": {tuple(f["constrained_columns"]) for f in found.get_foreign_keys(name)},
            "checks": {c["sqltext"] for c in found.get_check_constraints(name)},
        }
        for name in found.get_table_names()
        if name != schema.VERSION_TABLE
    }


def _asks_more(name: str, before: dict[str, Any], after: dict[str, Any] | None) -> list[str]:
    """Return what an older hub would stumble over in the newer form of one table."""
    if after is None:
        return [f"{name} is gone"]
    faults = []
    for column, was in before["columns"].items():
        now = after["columns"].get(column)
        if now is None:
            faults.append(f"{name}.{column} is gone")
        elif repr(now["type"]) != repr(was["type"]):
            faults.append(f"{name}.{column} was {was['type']!r} and is {now['type']!r}")
        elif was["nullable"] and not now["nullable"]:
            faults.append(f"{name}.{column} may be empty no more")
    for column in after["columns"].keys() - before["columns"].keys():
        new = after["columns"][column]
        if not new["nullable"] and new["default"] is None:
            faults.append(f"{name}.{column} is new and must not be empty")
    for what in ("unique", "foreign", "checks"):
        faults += [f"{name}: {what} {new}" for new in after[what] - before[what]]
    return faults


def table_of(column: str = "a", **said: object) -> dict[str, Any]:
    plain = {"type": "TEXT", "nullable": True, "default": None}
    columns = {column: plain | {key: value for key, value in said.items() if key in plain}}
    bare = {"columns": columns, "unique": set(), "foreign": set(), "checks": set()}
    return bare | {key: value for key, value in said.items() if key in bare}


@pytest.mark.parametrize(
    ("newer", "fault"),
    [
        (None, "t is gone"),
        (table_of("b"), "t.a is gone"),
        (table_of("b", nullable=False), "t.b is new and must not be empty"),
        (table_of(nullable=False), "t.a may be empty no more"),
        (table_of(type="BIGINT"), "t.a was 'TEXT' and is 'BIGINT'"),
        (table_of(unique={("a",)}), "t: unique ('a',)"),
    ],
)
def test_a_step_that_asks_more_is_caught(newer: dict[str, Any] | None, fault: str) -> None:
    assert fault in _asks_more("t", table_of(), newer)


async def test_a_hub_refuses_the_schema_of_the_version_before_and_says_what_to_run(
    postgres_url: str,
) -> None:
    engine = engine_of(postgres_url)
    async with engine.begin() as connection:
        await connection.run_sync(schema.upgrade_to, REVISIONS[-2])
    await engine.dispose()

    with pytest.raises(RegisterTooOld, match="hub migrate"):
        await open_register(postgres_url)
