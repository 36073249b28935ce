"""One connection, and the only place where a driver's error is seen."""

from __future__ import annotations

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from typing import Any, Final, TypeVar

import asyncpg
from sqlalchemy import CursorResult, Executable, RowMapping, Table
from sqlalchemy import exc as sa_exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncTransaction

from hub.ports import RegisterAway, RegisterRefused

DRIVER: Final = (
    sa_exc.SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    sqlite3.Error,
    OSError,
    UnicodeError,
    OverflowError,
)
"""Everything that SQLAlchemy and the two drivers raise for what a database does."""

_RULES: Final = ("21", "22", "23", "42", "54", "P0")
"""SQLSTATE classes that say what was asked is wrong, whenever it is asked again."""
_NO: Final = (
    *(sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError),
    sqlite3.InterfaceError,
)
"""What SQLite's driver says so with; the last, where a value is of no kind that it takes."""


@contextmanager
def kept_inside(*, committing: bool = False) -> Iterator[None]:
    """Turn what a driver raises into the register's own words.

    A failed commit's outcome is always unknown, whatever the driver says of it.
    """
    try:
        yield
    except DRIVER as error:
        if _is_refusal(error) and not committing:
            raise RegisterRefused(type(error).__name__) from error
        raise RegisterAway(type(error).__name__) from error


def _is_refusal(error: Exception) -> bool:
    """Whether the database is there and says no: asking again would not help."""
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "")[:2] in _RULES
    if isinstance(error, asyncpg.InterfaceError):
        return isinstance(error, ValueError)
    if isinstance(error, sqlite3.Error):
        return isinstance(error, _NO)
    if not isinstance(error, sa_exc.DBAPIError):
        # A value that no column takes never reached the database.
        value = isinstance(error, sa_exc.StatementError | UnicodeError | OverflowError)
        return value or isinstance(error, sa_exc.CompileError | sa_exc.ArgumentError)
    if isinstance(error, sa_exc.IntegrityError | sa_exc.DataError | sa_exc.ProgrammingError):
        return True
    state = getattr(error.orig, "sqlstate", None)
    said = error.orig.__cause__ if error.orig is not None else None
    return isinstance(said, asyncpg.DataError) or str(state or "")[:2] in _RULES


T = TypeVar("T")


async def to_its_end(doing: Coroutine[Any, Any, T] | asyncio.Future[T]) -> T:
    """Let one act of a driver end, though whoever waits for it be cancelled; then be cancelled.

    A statement of SQLite that nobody waits for any more still runs in its thread, and what it
    began would hold the one lock for as long as the abandoned connection is remembered anywhere.
    """
    act = asyncio.ensure_future(doing)
    try:
        return await asyncio.shield(act)
    except asyncio.CancelledError:
        while not act.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([act])
        if not act.cancelled():
            act.exception()  # it is seen; what is told is that somebody gave up
        raise


Values = Sequence[Mapping[str, Any]] | Mapping[str, Any]
"""One set of values for a statement, or many in one batch."""

Deed = tuple[Executable | Table, Values]
"""A statement, or an insert into a table, with its values; without any there is nothing to do."""


def sets_of(values: Values) -> Sequence[Mapping[str, Any]]:
    """Return every set of values; one without any where none is given."""
    sets = (values,) if isinstance(values, Mapping) else values
    return sets or ({},)


class Wire(ABC):
    """One connection in a transaction, speaking in statements and rows."""

    @property
    @abstractmethod
    def dialect(self) -> str:
        """Return the name of the database's dialect."""

    @abstractmethod
    async def run(self, statement: Executable, values: Values = ()) -> int:
        """Run one statement; return how many rows one set of values changed, where it is known."""

    @abstractmethod
    async def rows(self, statement: Executable, values: Values = ()) -> Sequence[RowMapping]:
        """Run one statement and return every row it gives."""

    @abstractmethod
    def parts(self, statement: Executable, many: int) -> AsyncIterator[Sequence[RowMapping]]:
        """Run one statement and yield its rows, so many at a time and no more in memory."""

    @abstractmethod
    async def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows in one batch, in their order; nothing happens for none."""

    async def together(self, *deeds: Deed) -> Sequence[RowMapping]:
        """Do what does not depend on one another's effects; return the rows of the last deed.

        No two of them touch the same table; no two rows of the last are about the same one. Here
        it is done one after another.
        """
        found: Sequence[RowMapping] = ()
        for number, (deed, values) in enumerate(deeds, start=1):
            if isinstance(deed, Table):
                await self.insert(deed, sets_of(values) if values else ())
            elif values and number < len(deeds):
                await self.run(deed, values)
            elif values:
                found = await self.rows(deed, values)
        return found

    @abstractmethod
    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """Open a savepoint, and go back to it when what is inside fails."""


class SqlWire(Wire):
    """A wire through SQLAlchemy and whatever driver it has."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> str:
        """Return the name of the database's dialect."""
        return self._connection.dialect.name

    async def run(self, statement: Executable, values: Values = ()) -> int:
        """Run one statement; return how many rows one set of values changed."""
        return (await self._run(statement, values)).rowcount

    async def rows(self, statement: Executable, values: Values = ()) -> Sequence[RowMapping]:
        """Run one statement and return every row it gives."""
        return (await self._run(statement, values)).mappings().all()

    async def parts(self, statement: Executable, many: int) -> AsyncIterator[Sequence[RowMapping]]:
        """Run one statement and yield its rows, so many at a time and no more in memory."""
        with kept_inside():
            options = {"yield_per": many}
            found = await self._connection.stream(statement, execution_options=options)
            async for rows in found.mappings().partitions(many):
                yield rows

    async def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows in one batch; nothing happens for none."""
        if rows:
            await self._run(table.insert(), rows)

    async def _run(self, statement: Executable, values: Values) -> CursorResult[Any]:
        with kept_inside():
            return await to_its_end(self._connection.execute(statement, values or None))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Open a savepoint, and go back to it when what is inside fails."""
        with kept_inside():
            nested = self._connection.begin_nested()
            await to_its_end(_started(nested))
        try:
            yield
        except BaseException:
            with kept_inside():
                await to_its_end(nested.rollback())
            raise
        with kept_inside():
            await to_its_end(nested.commit())


def _sets(values: Values) -> Sequence[Mapping[str, Any]]:
    return (values,) if isinstance(values, Mapping) else values


async def _started(transaction: AsyncTransaction) -> None:
    await transaction
