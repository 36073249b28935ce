"""One connection, and the only place where a driver's error is seen."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import asyncpg
from sqlalchemy import CursorResult, Executable, RowMapping, Table
from sqlalchemy import exc as sa_exc
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.ports import RegisterAway, RegisterRefused

_BROKEN_RULE: Final = (sa_exc.IntegrityError, sa_exc.DataError, sa_exc.ProgrammingError)
DRIVER: Final = (
    sa_exc.SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    sqlite3.Error,
    OSError,
)


@contextmanager
def kept_inside(*, committing: bool = False) -> Iterator[None]:
    """Turn what a driver raises into the register's own words.

    A failed commit's outcome is always unknown, whatever the driver says of it.
    """
    try:
        yield
    except DRIVER as error:
        if isinstance(error, _BROKEN_RULE) and not committing:
            raise RegisterRefused(type(error).__name__) from error
        raise RegisterAway(type(error).__name__) from error


class Wire:
    """One connection in a transaction, speaking in statements and rows."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def run(
        self, statement: Executable, rows: Sequence[Mapping[str, Any]] | Mapping[str, Any] = ()
    ) -> CursorResult[Any]:
        """Run one statement, with one set of values or with many in one batch."""
        with kept_inside():
            return await self._connection.execute(statement, rows or None)

    async def rows(
        self, statement: Executable, rows: Sequence[Mapping[str, Any]] | Mapping[str, Any] = ()
    ) -> Sequence[RowMapping]:
        """Run one statement and return every row it gives."""
        return (await self.run(statement, rows)).mappings().all()

    async def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows in one batch; nothing happens for none."""
        if rows:
            await self.run(table.insert(), rows)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Open a savepoint, and go back to it when what is inside fails."""
        with kept_inside():
            nested = await self._connection.begin_nested()
        try:
            yield
        except BaseException:
            with kept_inside():
                await nested.rollback()
            raise
        with kept_inside():
            await nested.commit()
