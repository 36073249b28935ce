"""Connections to SQLite, each with a thread of its own, lent to one task at a time."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeVar

from hub.adapters.register.sqlite_file import pragmas
from hub.adapters.register.sqlite_phrases import Asked
from hub.adapters.register.wire import kept_inside, to_its_end
from hub.ports import RegisterAway

PATIENCE: Final = 10.0
"""Seconds to wait for a connection."""
_KNOWN_BY_HEART: Final = 500
"""How many statements a connection keeps prepared."""

T = TypeVar("T")
Act = Callable[[sqlite3.Connection], T]
Found = tuple[list[str], list[tuple[Any, ...]]]
"""The names of what came back, and the rows."""


class Link:
    """One connection. Every act on it runs to its end, though whoever waits be cancelled."""

    def __init__(self, database: str, *, uri: bool, query_only: bool) -> None:
        """Nothing is opened until it is first asked."""
        self._database = database
        self._uri = uri
        self._query_only = query_only
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        self._connection: sqlite3.Connection | None = None

    @property
    def in_transaction(self) -> bool:
        """Whether something was begun, and has not ended."""
        return self._connection is not None and self._connection.in_transaction

    async def say(self, text: str) -> None:
        """Say one statement that has no values and no answer."""
        await self.made(text, lambda connection: connection.execute(text).close())

    async def fetch(self, asked: Sequence[Asked]) -> Found:
        """Run statements that are alike, one after another, and return all that they give."""
        return await self.made(asked[0][0], lambda connection: _fetched(connection, asked))

    async def run(self, asked: Sequence[Asked]) -> int:
        """Run statements that are alike; return how many rows they changed, where it is known."""
        return await self.made(asked[0][0], lambda connection: _changed(connection, asked))

    async def many(self, text: str, sets: Sequence[Sequence[object]]) -> int:
        """Run one statement with many sets of values."""
        return await self.made(text, lambda connection: _repeated(connection, text, sets))

    async def parts(self, asked: Asked, most: int) -> AsyncGenerator[Found, None]:
        """Run one statement and yield what it gives, at most so many rows at a time."""
        text, values = asked
        cursor = await self.made(text, lambda connection: connection.execute(text, values))
        try:
            while rows := await self.made("", lambda _: cursor.fetchmany(most)):
                yield [each[0] for each in cursor.description], rows
        finally:
            # A cursor that stays open keeps its reader's view of the file, and the log with it.
            await self.made("", lambda _: cursor.close())

    async def made(self, text: str, act: Act[T]) -> T:  # noqa: ARG002  # for who stands in for it
        """Do one act, which begins with this statement, on the connection's thread."""
        doing = asyncio.get_running_loop().run_in_executor(self._thread, self._on_thread, act)
        return await to_its_end(doing)

    async def close(self) -> None:
        """Close it; what it was doing ends first."""
        await self.made("", sqlite3.Connection.close)
        self._thread.shutdown()

    def _on_thread(self, act: Act[T]) -> T:
        if self._connection is None:
            self._connection = self._opened()
        return act(self._connection)

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._database,
            uri=self._uri,
            isolation_level=None,  # we say BEGIN ourselves
            check_same_thread=False,
            cached_statements=_KNOWN_BY_HEART,
        )
        for pragma in pragmas(query_only=self._query_only):
            connection.execute(pragma).close()
        return connection


def _fetched(connection: sqlite3.Connection, asked: Iterable[Asked]) -> Found:
    names: list[str] = []
    rows: list[tuple[Any, ...]] = []
    cursor = connection.cursor()
    try:
        for text, values in asked:
            cursor.execute(text, values)
            rows += cursor.fetchall()
            names = [each[0] for each in cursor.description or ()]
    finally:
        cursor.close()
    return names, rows


def _changed(connection: sqlite3.Connection, asked: Iterable[Asked]) -> int:
    changed = 0
    cursor = connection.cursor()
    try:
        for text, values in asked:
            cursor.execute(text, values).fetchall()
            changed += cursor.rowcount
    finally:
        cursor.close()
    return changed


def _repeated(connection: sqlite3.Connection, text: str, sets: Sequence[Sequence[object]]) -> int:
    cursor = connection.cursor()
    try:
        return cursor.executemany(text, sets).rowcount
    finally:
        cursor.close()


class Links:
    """The connections to one database: opened when they are wanted, kept, and lent again."""

    def __init__(self, opens: Callable[[], Link], most: int) -> None:
        """`most`: how many there are at once."""
        self._opens = opens
        self._free = asyncio.Semaphore(most)
        self._idle: list[Link] = []
        self._closed = False

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Link]:
        """Lend one; what its borrower left begun is undone. Raises RegisterAway."""
        if self._closed:
            raise RegisterAway("it is closed")
        with kept_inside():
            async with asyncio.timeout(PATIENCE):
                await self._free.acquire()
        link = self._idle.pop() if self._idle else self._opens()
        try:
            yield link
        finally:
            await self._back(link)

    async def _back(self, link: Link) -> None:
        # What went wrong before is what is told.
        with suppress(sqlite3.Error):
            try:
                if link.in_transaction:
                    await link.say("ROLLBACK")
            finally:
                self._free.release()
                if self._closed or link.in_transaction:
                    await link.close()
                else:
                    self._idle.append(link)

    async def close(self) -> None:
        """Close those that nobody has; the others as they come back."""
        self._closed = True
        idle, self._idle = self._idle, []
        for link in idle:
            await link.close()
