"""One connection of PostgreSQL's driver: SQLAlchemy writes the statements, asyncpg runs them.

What SQLAlchemy does around each statement costs more than the statement (docs/benchmarks.md).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import Executable, RowMapping, Table

from hub.adapters.register.phrases import Phrasebook
from hub.adapters.register.wire import Deed, Values, Wire, kept_inside, sets_of


class PostgresWire(Wire):
    """A wire straight to asyncpg. Its rows are the driver's, which read as mappings do."""

    def __init__(self, connection: PoolConnectionProxy, phrases: Phrasebook) -> None:
        self._connection = connection
        self._phrases = phrases

    @property
    def dialect(self) -> str:
        """Return the name of the database's dialect."""
        return "postgresql"

    async def run(self, statement: Executable, values: Values = ()) -> int:
        """Run one statement; return how many rows one set of values changed, 0 for many sets."""
        with kept_inside():
            sets = sets_of(values)
            phrase = self._phrases.phrase(statement, sets[0])
            if (whole := phrase.at_once(sets)) is not None:
                await self._connection.execute(whole[0], *whole[1])
                return 0
            if len(sets) > 1:
                # In one go: the driver sends them all before it waits for an answer.
                every = [phrase.arguments(each) for each in sets]
                await self._connection.executemany(phrase.text, every)
                return 0
            said = await self._connection.execute(phrase.text, *phrase.arguments(sets[0]))
        changed = said.rpartition(" ")[2]
        return int(changed) if changed.isdigit() else 0

    async def rows(self, statement: Executable, values: Values = ()) -> Sequence[RowMapping]:
        """Run one statement and return every row it gives."""
        found: Any
        with kept_inside():
            sets = sets_of(values)
            phrase = self._phrases.phrase(statement, sets[0])
            if (whole := phrase.at_once(sets)) is not None:
                found = await self._connection.fetch(whole[0], *whole[1])
            elif len(sets) > 1:
                every = [phrase.arguments(each) for each in sets]
                found = await self._connection.fetchmany(phrase.text, every)
            else:
                found = await self._connection.fetch(phrase.text, *phrase.arguments(sets[0]))
        return found  # type: ignore[no-any-return]

    async def parts(self, statement: Executable, many: int) -> AsyncIterator[Sequence[RowMapping]]:
        """Run one statement and yield its rows, so many at a time and no more in memory."""
        with kept_inside():
            phrase = self._phrases.phrase(statement, ())
            cursor = await self._connection.cursor(phrase.text, *phrase.arguments({}))
        while True:
            with kept_inside():
                rows: Any = await cursor.fetch(many)
            if not rows:
                return
            yield rows

    async def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows by one statement, in their order; nothing happens for none."""
        if not rows:
            return
        with kept_inside():
            text, columns = self._phrases.insertion(table, rows)
            await self._connection.execute(text, *columns)

    async def together(self, *deeds: Deed) -> Sequence[RowMapping]:
        """Do it all by one statement: each of its own would be waited for."""
        texts: list[str] = []
        given: list[object] = []
        alone: list[Deed] = []
        with kept_inside():
            for deed, values in deeds:
                said = self._said(deed, sets_of(values)) if values else None
                if said is not None:
                    texts.append(said[0])
                    given += said[1]
                elif values:
                    alone.append((deed, values))
            found: Any = ()
            if texts:
                whole = self._phrases.together(tuple(texts))
                found = await self._connection.fetch(whole, *given)
        for deed, values in alone:
            # Two of its rows are about the same one: what the last of them says is to stand.
            await self.run(cast("Executable", deed), values)
        return found if deeds[-1][1] else ()

    def _said(
        self, deed: Executable | Table, sets: Sequence[Mapping[str, Any]]
    ) -> tuple[str, list[object]] | None:
        if isinstance(deed, Table):
            return self._phrases.insertion_as_part(deed, sets)
        return self._phrases.phrase(deed, sets[0]).said_of(sets)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Open a savepoint, and go back to it when what is inside fails."""
        nested = self._connection.transaction()
        with kept_inside():
            await nested.start()
        try:
            yield
        except BaseException:
            with kept_inside():
                await nested.rollback()
            raise
        with kept_inside():
            await nested.commit()
