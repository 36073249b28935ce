"""One connection of SQLite: SQLAlchemy writes the statements, SQLite itself runs them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

from sqlalchemy import Executable, RowMapping, Table

from hub.adapters.register.sqlite_link import Link
from hub.adapters.register.sqlite_phrases import PHRASES, Asked, Phrase
from hub.adapters.register.wire import Values, Wire, kept_inside, sets_of


class SqliteWire(Wire):
    """A wire straight to SQLite. Its rows are dicts, which read as mappings do."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def dialect(self) -> str:
        """Return the name of the database's dialect."""
        return "sqlite"

    async def run(self, statement: Executable, values: Values = ()) -> int:
        """Run one statement; return how many rows all sets of values changed."""
        with kept_inside():
            _, asked = _asked(statement, values)
            if len({text for text, _ in asked}) == 1 < len(asked):
                return await self._link.many(asked[0][0], [each for _, each in asked])
            return await self._link.run(asked)

    async def rows(self, statement: Executable, values: Values = ()) -> Sequence[RowMapping]:
        """Run one statement and return every row it gives."""
        with kept_inside():
            phrase, asked = _asked(statement, values)
            names, found = await self._link.fetch(asked)
        return phrase.rows(names, found)  # type: ignore[return-value]

    async def parts(self, statement: Executable, many: int) -> AsyncIterator[Sequence[RowMapping]]:
        """Run one statement and yield its rows, so many at a time and no more in memory."""
        with kept_inside():
            phrase, asked = _asked(statement, ())
            async with aclosing(self._link.parts(asked[0], many)) as parts:
                async for names, found in parts:
                    yield phrase.rows(names, found)  # type: ignore[misc]

    async def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows in one batch, in their order; nothing happens for none."""
        if not rows:
            return
        with kept_inside():
            phrase = PHRASES.insertion(table, rows[0])
            asked = [phrase.asked(each) for each in rows]
            await self._link.many(asked[0][0], [each for _, each in asked])

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Open a savepoint, and go back to it when what is inside fails."""
        with kept_inside():
            await self._link.say("SAVEPOINT inner")
        try:
            yield
        except BaseException:
            with kept_inside():
                await self._link.say("ROLLBACK TO inner")
                await self._link.say("RELEASE inner")
            raise
        with kept_inside():
            await self._link.say("RELEASE inner")


def _asked(statement: Executable, values: Values) -> tuple[Phrase, list[Asked]]:
    sets = sets_of(values)
    phrase = PHRASES.phrase(statement, sets[0])
    return phrase, [phrase.asked(each) for each in sets]
