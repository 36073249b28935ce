"""Every difference between PostgreSQL and SQLite.

Nothing above this module knows which database it speaks to (house.md, the register).
"""

from __future__ import annotations

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    bindparam,
    literal,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.adapters.register.columns import Moment
from hub.adapters.register.sqlite_file import sqlite_engine
from hub.adapters.register.sqlite_link import Link, Links
from hub.adapters.register.sqlite_wire import SqliteWire
from hub.adapters.register.wire import Wire, kept_inside
from hub.failpoint import failpoint
from hub.ports import Clock, RegisterAway, RegisterRefused

CHANNEL: Final = "hub_due"
"""What PostgreSQL notifies when work has come; a hint, never a promise."""

Inserting = postgresql.Insert | sqlite.Insert
Condition = ColumnElement[bool]
Opening = AbstractAsyncContextManager[Wire]
T = TypeVar("T")


class Transaction(Protocol):
    """What ends a transaction."""

    async def commit(self) -> None:
        """Let it stand."""

    async def rollback(self) -> None:
        """Undo it."""


class Database(ABC):
    """What the register asks of a database, whichever it is."""

    engine: AsyncEngine
    read_only: bool
    session: str = ""
    """What this process's connections are known by, where others can cut them off."""
    _prepared: dict[Callable[[Database], Any], Any]

    @abstractmethod
    def insert(self, table: Table) -> Inserting:
        """Return an insert that knows `ON CONFLICT`."""

    @abstractmethod
    def among(self, column: ColumnElement[str] | Column[str], values: Sequence[str]) -> Condition:
        """Return `column is one of values`, as one prepared statement whatever their number is."""

    @abstractmethod
    def one_of(self, column: ColumnElement[Any], name: str) -> Condition:
        """Return `column is one of the values that are bound by this name`."""

    @abstractmethod
    def one_of_found(self, column: Column[int], found: Select[tuple[int]]) -> Condition:
        """Return `column is one of those found`, where they are few and found for another row."""

    @abstractmethod
    def claimed(self, due: Select[tuple[int]], of: Table) -> Select[tuple[int]]:
        """Return the rows of `due`, which are rows `of` a table, that no other worker takes."""

    @abstractmethod
    async def now(self, wire: Wire) -> datetime:
        """Return the clock that rules here."""

    @abstractmethod
    def clock(self) -> ColumnElement[datetime]:
        """Return the same clock, to be read by a statement as it runs."""

    @abstractmethod
    async def lock(self, wire: Wire, concerns: Sequence[str]) -> None:
        """Lock these concerns until the transaction ends, always in the same order."""

    @abstractmethod
    def locked(self, name: str) -> ColumnElement[int]:
        """Return what locks as `lock` does, by numbers that are bound by this name.

        It is one value of a statement that reads other things; where that gives no row, nothing
        is locked. It reads what was committed before it had the lock.
        """

    @abstractmethod
    def only_one(self, what: str) -> AbstractAsyncContextManager[bool]:
        """Hold this for as long as the block lasts; False where another process holds it."""

    async def cut_off(self, wire: Wire, sessions: Sequence[str]) -> None:  # noqa: B027  # one process
        """End the connections of processes that are taken for dead, and their locks with them."""

    @abstractmethod
    async def notify(self, wire: Wire) -> None:
        """Tell other processes, when this transaction commits, that work may have come."""

    @abstractmethod
    def reading(self) -> Opening:
        """Open a connection for one statement that reads what is committed."""

    @abstractmethod
    def snapshot(self) -> Opening:
        """Open a connection whose statements all read one moment."""

    def shown_to(self, organisation: str, person: str = "") -> Opening:  # noqa: ARG002  # PostgreSQL's rows ask it
        """Open a connection of one moment for what this organisation may read, and nothing else.

        `person`: who reads, where they may have emergency access to one concern besides.
        """
        return self.snapshot()

    @abstractmethod
    def _begun(self) -> AbstractAsyncContextManager[tuple[Wire, Transaction]]:
        """Open a connection and begin a transaction on it; whoever asked ends it."""

    @abstractmethod
    def _turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for the right to write."""

    def prepared(self, build: Callable[[Database], T]) -> T:
        """Return what `build` makes, made once: a hot statement costs more to build than to run."""
        made: T
        try:
            made = self._prepared[build]
        except KeyError:
            made = self._prepared[build] = build(self)
        return made

    @asynccontextmanager
    async def writing(self, point: str) -> AsyncIterator[Wire]:
        """Open one transaction; it commits when the block ends well.

        `point` names its two failpoints.
        """
        if self.read_only:
            raise RegisterRefused("it is open to be read only")
        async with self._turn(), self._begun() as (wire, transaction):
            try:
                yield wire
            except BaseException:
                # The connection may be what failed; then the database rolls back by itself.
                with suppress(RegisterAway, RegisterRefused), kept_inside():
                    await transaction.rollback()
                raise
            failpoint(f"{point}.before")
            with kept_inside(committing=True):
                await transaction.commit()
            failpoint(f"{point}.after")

    async def close(self) -> None:
        """Give back every connection."""
        with kept_inside():
            await self.engine.dispose()


class Sqlite(Database):
    """SQLite on threads: one writer at a time, readers beside it, the process's clock."""

    def __init__(
        self,
        url: URL,
        memory: sqlite3.Connection | None = None,
        *,
        clock: Clock,
        read_only: bool = False,
    ) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None
        self._memory = memory
        self.read_only = read_only
        self._prepared = {}
        begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
        self._begin = begin
        self.engine = sqlite_engine(url, begin=begin, query_only=read_only)
        (name,), said = self.engine.dialect.create_connect_args(url)
        uri = bool(said.get("uri"))
        self._links = Links(lambda: Link(name, uri=uri, query_only=read_only), 1)
        # In memory a reader would meet the writer's locks, so readers take turns with it.
        self._readers = (
            Links(lambda: Link(name, uri=uri, query_only=True), 4) if memory is None else None
        )

    def insert(self, table: Table) -> Inserting:
        """Return SQLite's own insert."""
        return sqlite.insert(table)

    def among(self, column: ColumnElement[str] | Column[str], values: Sequence[str]) -> Condition:
        """Return `column IN (...)`."""
        return column.in_(list(values))

    def one_of(self, column: ColumnElement[Any], name: str) -> Condition:
        """Return `column IN (:name)`."""
        return column.in_(bindparam(name, expanding=True))

    def one_of_found(self, column: Column[int], found: Select[tuple[int]]) -> Condition:
        """Return `column IN (SELECT ...)`."""
        return column.in_(found)

    def claimed(self, due: Select[tuple[int]], of: Table) -> Select[tuple[int]]:  # noqa: ARG002  # nobody else takes
        """Return them all: there is one writer."""
        return due

    async def now(self, wire: Wire) -> datetime:  # noqa: ARG002  # PostgreSQL asks its server
        """Return the process's clock; a virtual one rules here too."""
        return self._clock.now()

    def clock(self) -> ColumnElement[datetime]:
        """Read the process's clock each time the statement is run."""
        return bindparam("clock", callable_=self._clock.now, type_=Moment)

    async def lock(self, wire: Wire, concerns: Sequence[str]) -> None:
        """Do nothing: whoever writes has the whole database."""

    def locked(self, name: str) -> ColumnElement[int]:  # noqa: ARG002  # as above
        """Return no more than a number."""
        return literal(0)

    @asynccontextmanager
    async def only_one(self, what: str) -> AsyncIterator[bool]:  # noqa: ARG002  # nobody else is there
        """Give it: there is no other process."""
        yield True

    async def notify(self, wire: Wire) -> None:
        """Do nothing: there is no other process."""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Wire]:
        """Read beside the writer; in memory, in turn with it."""
        if self._readers is not None:
            async with self._readers.lent() as link:
                yield SqliteWire(link)
            return
        async with self._turn(), self._links.lent() as link:
            yield SqliteWire(link)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Wire]:
        """Read one moment; in memory nobody writes meanwhile."""
        if self._readers is None:
            async with self.reading() as wire:
                yield wire
            return
        async with self._readers.lent() as link:
            with kept_inside():
                await link.say("BEGIN")
            yield SqliteWire(link)

    @asynccontextmanager
    async def _begun(self) -> AsyncIterator[tuple[Wire, Transaction]]:
        async with self._links.lent() as link:
            with kept_inside():
                await link.say(self._begin)
            yield SqliteWire(link), _Transaction(link)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        task = asyncio.current_task()
        if task is not None and self._holder is task:
            raise RegisterRefused("inside an entry, ask the entry")
        async with self._lock:
            self._holder = task
            try:
                yield
            finally:
                self._holder = None

    async def close(self) -> None:
        """Give back every connection."""
        await super().close()
        with kept_inside():
            await self._links.close()
            if self._readers is not None:
                await self._readers.close()
        if self._memory is not None:
            self._memory.close()


class _Transaction:
    """One transaction of SQLite, whose beginning and end are never left half done."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def commit(self) -> None:
        await self._link.say("COMMIT")

    async def rollback(self) -> None:
        if self._link.in_transaction:
            await self._link.say("ROLLBACK")
