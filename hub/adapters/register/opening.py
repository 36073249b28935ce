"""Opens the register that a URL names, with its schema as this hub knows it."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from hub.adapters.register import backup, schema
from hub.adapters.register.backup import Seen
from hub.adapters.register.bell import Bell
from hub.adapters.register.dialect import Database, Sqlite
from hub.adapters.register.lockfile import LockFile
from hub.adapters.register.portable import Contents
from hub.adapters.register.postgres import Postgres
from hub.adapters.register.sql import SqlRegister
from hub.ports import Clock, Register, RegisterMissing, RegisterRefused

SOURCE: Final = "https://hub.example"
_memories: Final = itertools.count(1)
_migrated: Final[list[sqlite3.Connection]] = []
"""The first database in memory as it was migrated, empty: those that follow copy it."""


class _MachineClock:
    """This machine's clock."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def time_ordered_id() -> str:
    """Return an id that sorts by when it was made: 16 hex digits of time, 16 of chance."""
    return f"{time.time_ns():016x}{secrets.token_hex(8)}"


async def open_register(
    url: str,
    *,
    clock: Clock | None = None,
    ids: Callable[[], str] = time_ordered_id,
    source: str = SOURCE,
    read_only: bool = False,
) -> Register:
    """Open the register at a URL.

    `sqlite+aiosqlite:///path`, `sqlite+aiosqlite://` (in memory) or `postgresql+asyncpg://...`.

    On SQLite `clock` rules, so that a virtual one may; a file is migrated, unless `read_only`, and
    one process may write. On PostgreSQL the server's clock rules. `ids` makes the register's own
    ids (attempts, quarantine), `source` names the hub in the facts it tells. Raises RegisterAway,
    RegisterTooOld, RegisterTooNew, RegisterInUse, RegisterMissing (to be read, and not there).
    """
    machine = clock or _MachineClock()
    where = _parsed(url)
    if where.get_backend_name() == "postgresql":
        server = Postgres(where, read_only=read_only)
        bell = Bell(machine, server.engine)
        return await _ready(SqlRegister(server, bell, ids, None, source), upgrade=False)
    if _in_memory(where):
        name, anchor = _fresh_memory()
        memory = Sqlite(name, anchor, clock=machine)
        bell = Bell(machine, None)
        if _migrated:
            _migrated[0].backup(anchor)
            return SqlRegister(memory, bell, ids, None, source)
        ready = await _ready(SqlRegister(memory, bell, ids, None, source), upgrade=True)
        _remember(anchor)
        return ready
    lock = None if read_only else LockFile(Path(where.database or ""))
    if read_only:
        _must_exist(where)
    file = Sqlite(where, clock=machine, read_only=read_only)
    register = SqlRegister(file, Bell(machine, None), ids, lock, source)
    return await _ready(register, upgrade=not read_only)


async def migrate(url: str) -> tuple[str, ...]:
    """Bring a register's schema up to date.

    Returns the statements that somebody with more rights must run, so that PostgreSQL itself keeps
    readers apart; run this again then. Raises RegisterTooNew, RegisterInUse, RegisterAway.
    """
    where = _parsed(url)
    if _in_memory(where):
        return ()
    async with _alone(where) as database:
        return await schema.upgrade(database.engine)


async def back_up(url: str, path: Path, seen: Seen) -> Contents:
    """Write the whole register into a new file, beside whatever else is done with it.

    Raises BackupExists, RegisterAway, RegisterMissing, RegisterTooOld, RegisterTooNew.
    """
    where = _parsed(url)
    if where.get_backend_name() == "postgresql":
        database: Database = Postgres(where, read_only=True)
    else:
        _must_exist(where)
        database = Sqlite(where, clock=_MachineClock(), read_only=True)
    try:
        await schema.check(database.engine)
        return await backup.back_up(database, path, seen)
    finally:
        await database.close()


async def restore(url: str, path: Path, seen: Seen) -> Contents:
    """Put a backup into an empty register, which is paused from then on.

    Raises BackupUnusable, RegisterNotEmpty, RegisterAhead, RegisterTooNew, RegisterInUse,
    RegisterAway; then nothing was done.
    """
    async with _alone(_parsed(url)) as database:
        return await backup.restore(database, path, seen)


@asynccontextmanager
async def _alone(where: URL) -> AsyncIterator[Database]:
    """Open a database whose schema may be anything. Raises RegisterInUse."""
    if where.get_backend_name() == "postgresql":
        lock, database = None, cast("Database", Postgres(where))
    else:
        lock = LockFile(Path(where.database or ""))
        database = Sqlite(where, clock=_MachineClock())
    try:
        yield database
    finally:
        await database.close()
        if lock is not None:
            lock.release()


async def _ready(register: SqlRegister, *, upgrade: bool) -> Register:
    try:
        if upgrade:
            await schema.upgrade(register.engine)
        await schema.check(register.engine)
    except BaseException:
        await register.close()
        raise
    return register


def _parsed(url: str) -> URL:
    try:
        where = make_url(url)
    except ArgumentError:
        raise RegisterRefused("this is no database URL") from None
    if where.drivername not in {"sqlite+aiosqlite", "postgresql+asyncpg"}:
        raise RegisterRefused(
            f"`{where.drivername}`: use sqlite+aiosqlite:///path or postgresql+asyncpg://..."
        )
    return where


def _in_memory(where: URL) -> bool:
    return where.database in {None, "", ":memory:"}


def _must_exist(where: URL) -> None:
    """Say in words, before a driver does in its own, that there is nothing to read."""
    if not Path(where.database or "").exists():
        raise RegisterMissing(where.database or "")


def _remember(anchor: sqlite3.Connection) -> None:
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    anchor.backup(copy)
    _migrated.append(copy)


def _fresh_memory() -> tuple[URL, sqlite3.Connection]:
    """Return a new database in memory, and a connection that keeps it while others come and go."""
    name = f"file:/hub-{next(_memories)}?vfs=memdb"
    anchor = sqlite3.connect(name, uri=True)
    return make_url(f"sqlite+aiosqlite:///{name}&uri=true"), anchor
