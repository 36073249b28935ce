"""The whole register into one file, and back into an empty one, whichever database holds it.

A restored register is paused in the commit that restores it: there is no moment at which it sends.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Table, func, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.adapters.register import schema
from hub.adapters.register import tables as t
from hub.adapters.register.columns import metadata
from hub.adapters.register.dialect import Database
from hub.adapters.register.portable import (
    BackupUnusable,
    BackupUnwritable,
    Contents,
    Sum,
    Written,
    line_of,
    proved,
    row_of,
    rows_of,
)
from hub.adapters.register.records import leaf_row
from hub.adapters.register.sessions import number_on
from hub.adapters.register.signed_in import session
from hub.adapters.register.unreleased import restored
from hub.adapters.register.wire import SqlWire, Wire, kept_inside
from hub.adapters.register.workers import worker
from hub.leaf import leaf
from hub.vocabulary import HubError

AT_ONCE: Final = 200
"""Rows read or written by one statement."""

OCTETS_AT_ONCE: Final = 8 << 20
"""Octets of lines written by one statement, at most, or one row."""

Seen = Callable[[str, int], None]
"""Hears which table is at hand, and how many rows are done in all."""


class RegisterNotEmpty(HubError):
    """There is something in this register already; a backup is restored into an empty one."""


class RegisterAhead(HubError):
    """This register's schema is not that of the backup: restore into one that has no schema."""


def kept() -> list[Table]:
    """Return every table of a backup, those that others point to first.

    Which processes live is no memory: of those there were, none does. Nor is who is signed in: what
    has ended since would begin again.
    """
    return [table for table in metadata.sorted_tables if table not in (worker, session)]


async def back_up(database: Database, path: Path, seen: Seen) -> Contents:
    """Write everything, as it stands at one moment, into a new file, and prove it.

    Raises BackupExists, BackupUnwritable, RegisterAway; then there is no file.
    """
    async with database.reading() as wire:
        # Before the snapshot: what came later than this may be missing, nothing earlier is.
        taken = await database.now(wire)
    try:
        with Written(path) as written:
            written.begin(schema.head(), taken, kept())
            async with database.snapshot() as wire:
                await _write(wire, written, seen)
            return written.end()
    except OSError as fault:
        raise BackupUnwritable(f"{path}: {fault.strerror}") from fault


async def _write(wire: Wire, written: Written, seen: Seen) -> None:
    done = 0
    for table in kept():
        names = [column.name for column in table.columns]
        written.table(table.name)
        async for rows in wire.parts(select(table), AT_ONCE):
            for row in rows:
                written.row(table.name, line_of(table, names, row))
            done += len(rows)
            seen(table.name, done)


async def restore(database: Database, path: Path, seen: Seen) -> Contents:
    """Put a backup into an empty register, in one transaction, and prove that it is all there.

    Raises BackupUnusable, RegisterNotEmpty, RegisterAhead, RegisterTooNew; then nothing was done.
    """
    contents = proved(path, lambda rows: seen("", rows))
    async with _opened(database) as connection:
        schema.refuse_unknown(contents.schema)
        _must_be_known(contents)
        await _make_ready(connection, contents)
        done = 0
        for table, rows in _batches(path, contents):
            await connection.execute(table.insert(), rows)
            done += len(rows)
            seen(table.name, done)
        await _prove(connection, contents)
        await number_on(SqlWire(connection), kept())
        await connection.run_sync(schema.upgrade_to, "head")
        await _pause(connection, contents, await database.now(SqlWire(connection)))
    return contents


@asynccontextmanager
async def _opened(database: Database) -> AsyncIterator[AsyncConnection]:
    with kept_inside():
        async with database.engine.begin() as connection:
            yield connection


def _must_be_known(contents: Contents) -> None:
    for name, names in contents.columns.items():
        table = metadata.tables.get(name)
        if table is None or not {column.name for column in table.columns}.issuperset(names):
            raise BackupUnusable(f"this hub knows no table `{name}` with all of its columns")


async def _make_ready(connection: AsyncConnection, contents: Contents) -> None:
    """Have an empty register with the schema that the backup was made of."""
    there = await connection.run_sync(schema.found)
    if there is None:
        await connection.run_sync(schema.upgrade_to, contents.schema)
        return
    names = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    for table in kept():
        if table.name in names and (await connection.execute(select(table).limit(1))).first():
            raise RegisterNotEmpty(f"`{table.name}` has rows")
    if there != contents.schema:
        raise RegisterAhead(f"it has {there}, the backup {contents.schema}")


def _batches(path: Path, contents: Contents) -> Iterator[tuple[Table, list[dict[str, object]]]]:
    """Yield the rows of a backup, some at a time, each batch of one table."""
    batch: list[dict[str, object]] = []
    before, size = "", 0
    for name, line in rows_of(path):
        if batch and (name != before or len(batch) >= AT_ONCE or size > OCTETS_AT_ONCE):
            yield metadata.tables[before], batch
            batch, size = [], 0
        batch.append(row_of(metadata.tables[name], contents.columns[name], line))
        before, size = name, size + len(line)
    if batch:
        yield metadata.tables[before], batch


async def _prove(connection: AsyncConnection, contents: Contents) -> None:
    """Read back what was written: each table must have the sum that the backup says."""
    wire = SqlWire(connection)
    for name, names in contents.columns.items():
        table, found = metadata.tables[name], Sum()
        async for rows in wire.parts(select(*(table.c[each] for each in names)), AT_ONCE):
            for row in rows:
                found.add(line_of(table, names, row))
        if found.said() != contents.sums[name]:
            raise BackupUnusable(f"`{name}` is not the same once it is restored")


async def _pause(connection: AsyncConnection, contents: Contents, now: datetime) -> None:
    """Write that nothing may be sent, and that this was restored."""
    wire, queue = SqlWire(connection), t.delivery_queue
    last = func.coalesce(func.max(queue.c.seq), 0).label("last")
    (row,) = await wire.rows(select(last))
    values = {"taken": contents.taken, "at": now, "last_queued": row["last"]}
    await wire.insert(restored, [values])
    note = leaf("register.restored", now, taken=contents.taken.isoformat(), sha256=contents.sha256)
    await wire.insert(t.audit_leaf, [leaf_row(note, now)])
