"""PostgreSQL as the register asks it: its own clock, its own locks, its driver without a detour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, Final, Literal

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine

from hub.adapters.register import row_security
from hub.adapters.register.columns import Moment
from hub.adapters.register.dialect import CHANNEL, Condition, Database, Inserting, Transaction
from hub.adapters.register.phrases import Phrasebook
from hub.adapters.register.postgres_wire import PostgresWire
from hub.adapters.register.server_url import covered
from hub.adapters.register.sessions import (
    LOCKING,
    cut_off,
    lock_key,
    lock_keys,
    locking,
    server_settings,
    session_name,
)
from hub.adapters.register.wire import DRIVER, Wire, kept_inside
from hub.ports import RegisterAway, RegisterRefused

POOL_SIZE: Final = 20
_AT_HAND: Final = 4
"""How many connections, at most, are kept out of the pool for whoever asks next."""
_USES: Final = 1000
"""How often one is used before the pool has it back, which renews it when it is old."""
PATIENCE: Final = 10.0
"""Seconds to wait for a connection."""
_LONGEST: Final = 75.0
"""Seconds after which a statement is given up: its server is gone without a word. Who stands still
within a transaction loses it after 60 s, so that nobody waits so long for a lock."""
_KNOWN_BY_HEART: Final = 500
"""How many statements a connection keeps prepared."""
_NOW: Final = select(func.clock_timestamp().label("now"))
_READ_ONLY: Final = "25006"
"""Whether a session may write is settled when it begins (SQLSTATE `read_only_sql_transaction`).
Connections that were made while the database was read-only (a fail-over, a full disk) stay so for
as long as they live: all of them are given up as soon as one is found out."""


class Postgres(Database):
    """PostgreSQL through asyncpg: many writers, its own clock, locks by concern."""

    def __init__(self, url: URL, *, read_only: bool = False, role: str = "") -> None:
        """`role`: what every connection becomes as it begins; empty: whoever signs in."""
        self.read_only = read_only
        self._url = url
        where, self._cover = covered(url)
        self._role = {"role": role} if role else {}
        self._readers: Postgres | None = None
        self._guarded: bool | None = None
        self._prepared = {}
        self.session = session_name()
        self.engine = create_async_engine(
            where,
            pool_timeout=PATIENCE,
            hide_parameters=True,
            connect_args={"server_settings": server_settings(self.session)} | self._cover,
        )
        self._phrases = Phrasebook()
        self._opening = asyncio.Lock()
        self._pool: asyncpg.Pool | None = None
        self._spare: list[PoolConnectionProxy] = []
        """Borrowed from the pool, and at hand for whoever asks next."""
        self._uses: dict[PoolConnectionProxy, int] = {}
        """How often each that is out of the pool was used since it was borrowed."""
        self._borrowing = 0
        """How many wait for the pool."""
        self._closed = False

    def insert(self, table: Table) -> Inserting:
        """Return PostgreSQL's own insert."""
        return postgresql.insert(table)

    def among(self, column: ColumnElement[str] | Column[str], values: Sequence[str]) -> Condition:
        """Return `column = ANY(array)`."""
        return column == any_(bindparam(None, list(values), type_=ARRAY(Text)))

    def one_of(self, column: ColumnElement[Any], name: str) -> Condition:
        """Return `column = ANY(:name)`."""
        return column == any_(bindparam(name, type_=ARRAY(column.type)))

    def one_of_found(self, column: Column[int], found: Select[tuple[int]]) -> Condition:
        """Return `column = ANY(ARRAY(SELECT ...))`: by the column's index, whatever is counted."""
        return column == any_(func.array(found.scalar_subquery()))

    def claimed(self, due: Select[tuple[int]], of: Table) -> Select[tuple[int]]:
        """Skip what another worker has locked; materialised, so that it is chosen once."""
        locked = due.with_for_update(of=of, skip_locked=True)
        return select(locked.cte("due").prefix_with("MATERIALIZED").c.seq)

    async def now(self, wire: Wire) -> datetime:
        """Return the server's clock, not the transaction's."""
        row = (await wire.rows(_NOW))[0]
        now: datetime = row["now"]
        return now

    def clock(self) -> ColumnElement[datetime]:
        """Read the server's clock, not the transaction's."""
        return func.clock_timestamp(type_=Moment)

    async def lock(self, wire: Wire, concerns: Sequence[str]) -> None:
        """Take one advisory lock a concern; it is there before the concern has a row."""
        await wire.run(LOCKING, {"keys": lock_keys(concerns)})

    def locked(self, name: str) -> ColumnElement[int]:
        """Take them as `lock` does, once, before the statement gives a row."""
        return locking(name).scalar_subquery()

    @asynccontextmanager
    async def only_one(self, what: str) -> AsyncIterator[bool]:
        """Take an advisory lock of a transaction that writes nothing; it dies with its holder."""
        key = lock_key(f"one\n{what}")
        async with self._begun() as (wire, transaction):
            rows = await wire.rows(select(func.pg_try_advisory_xact_lock(key)))
            try:
                yield bool(next(iter(rows[0].values())))
            finally:
                with suppress(RegisterAway, RegisterRefused), kept_inside():
                    await transaction.rollback()

    async def cut_off(self, wire: Wire, sessions: Sequence[str]) -> None:
        """End them by the server; two workers of this process are no strangers."""
        await cut_off(wire, [each for each in sessions if each != self.session])

    async def notify(self, wire: Wire) -> None:
        """Notify when the transaction commits."""
        await wire.run(select(func.pg_notify(CHANNEL, "")))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Wire]:
        """Read without opening a transaction."""
        async with self._connected() as connection:
            yield PostgresWire(connection, self._phrases)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Wire]:
        """Read one moment."""
        async with self._begun("repeatable_read") as (wire, transaction):
            try:
                yield wire
            finally:
                with suppress(RegisterAway, RegisterRefused), kept_inside():
                    await transaction.rollback()

    @asynccontextmanager
    async def shown_to(self, organisation: str, person: str = "") -> AsyncIterator[Wire]:
        """Read one moment on a connection that is no more than a reader's, of this organisation.

        It has a pool of its own: what the hub's own work asks never meets a policy. Where the rows
        are not guarded (`hub migrate` says why), the statements alone keep readers apart.
        """
        async with (await self._for_readers()).snapshot() as wire:
            await wire.run(row_security.reading_as(organisation, person))
            yield wire

    async def _for_readers(self) -> Postgres:
        if self._guarded is None:
            async with self.reading() as wire:
                self._guarded = await row_security.guards(wire)
        if not self._guarded or self._closed:
            return self
        if self._readers is None:
            self._readers = Postgres(self._url, read_only=True, role=row_security.READER)
        return self._readers

    @asynccontextmanager
    async def _begun(
        self, isolation: Literal["read_committed", "repeatable_read"] = "read_committed"
    ) -> AsyncIterator[tuple[Wire, Transaction]]:
        async with self._connected() as connection:
            transaction = connection.transaction(isolation=isolation)
            with kept_inside():
                await transaction.start()
            yield PostgresWire(connection, self._phrases), transaction

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[PoolConnectionProxy]:
        pool = self._pool or await self._opened()
        connection = self._at_hand() or await self._borrowed(pool)
        sound = False
        try:
            yield connection
            sound = True
        except RegisterAway as away:
            if getattr(away.__cause__, "sqlstate", None) == _READ_ONLY:
                await pool.expire_connections()
                await self._given_back(pool, *self._all_at_hand())
            if isinstance(away.__cause__, asyncpg.InternalClientError):
                # The server hung up between two statements, and the driver lost its place. Where
                # this connection was lost too, the pool has it back, and there is nothing to end.
                with suppress(asyncpg.InterfaceError):
                    connection.terminate()
            raise
        finally:
            if sound and self._may_stay(connection):
                self._spare.append(connection)
            else:
                await self._given_back(pool, connection)

    async def _borrowed(self, pool: asyncpg.Pool) -> PoolConnectionProxy:
        self._borrowing += 1
        try:
            # The pool's own timeout would make a task of each borrowing, though one be idle.
            with kept_inside():
                async with asyncio.timeout(PATIENCE):
                    connection = await pool.acquire()
        finally:
            self._borrowing -= 1
        self._uses[connection] = 0
        return connection

    def _at_hand(self) -> PoolConnectionProxy | None:
        """Return the connection that was used last, where one is at hand and is open."""
        while self._spare:
            connection = self._spare.pop()
            if _is_open(connection):
                return connection
            self._uses.pop(connection, None)
        return None

    def _may_stay(self, connection: PoolConnectionProxy) -> bool:
        """Whether it is kept for whoever asks next: to give it back and borrow it makes tasks.

        Not where somebody waits for the pool, nor for ever: the pool looks after their age.
        """
        self._uses[connection] += 1
        return (
            not self._closed
            and not self._borrowing
            and self._uses[connection] < _USES
            and len(self._spare) < _AT_HAND
            and _is_open(connection)
            and not connection.is_in_transaction()
        )

    async def _given_back(self, pool: asyncpg.Pool, *connections: PoolConnectionProxy) -> None:
        for connection in connections:
            self._uses.pop(connection, None)
            # Cancelled or not, it goes back, for the pool shields it by itself; what went wrong
            # before is what is told.
            with suppress(*DRIVER):
                await pool.release(connection, timeout=PATIENCE)

    def _all_at_hand(self) -> list[PoolConnectionProxy]:
        spare, self._spare = self._spare, []
        return spare

    async def _opened(self) -> asyncpg.Pool:
        if self._closed:
            raise RegisterAway("it is closed")
        async with self._opening:
            if self._pool is None:
                _, said = self.engine.dialect.create_connect_args(self.engine.url)
                said.pop("prepared_statement_cache_size", None)  # SQLAlchemy's own
                with kept_inside():
                    self._pool = await asyncpg.create_pool(
                        min_size=0,
                        max_size=POOL_SIZE,
                        statement_cache_size=_KNOWN_BY_HEART,
                        server_settings=server_settings(self.session) | self._role,
                        command_timeout=_LONGEST,
                        init=_light_on_the_server,
                        reset=_reset,
                        **{**said, **self._cover},
                    )
        return self._pool

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        yield

    async def close(self) -> None:
        """Give back every connection; what still holds one is cut off after a while."""
        self._closed = True
        if self._readers is not None:
            await self._readers.close()
        await super().close()
        pool, self._pool = self._pool, None
        if pool is None:
            return
        await self._given_back(pool, *self._all_at_hand())
        with kept_inside():
            try:
                await asyncio.wait_for(pool.close(), PATIENCE)
            except TimeoutError:
                pool.terminate()


def _is_open(connection: PoolConnectionProxy) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False  # It was cut off, and the pool has it back already.


async def _light_on_the_server(connection: asyncpg.Connection) -> None:
    """Let the server compress by LZ4 what it stores out of line, where it was built with that.

    Its default takes two to three times as long for the bodies of a page, which are most of what
    is written; what either has compressed is read by every session, whatever its setting.
    """
    await connection.execute(_BY_LZ4)


_BY_LZ4: Final = (
    "SELECT set_config(name, 'lz4', false) FROM pg_settings "
    "WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
)


async def _reset(connection: PoolConnectionProxy) -> None:
    """Leave nothing behind for whoever has it next; the session's settings are every use's."""
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")
