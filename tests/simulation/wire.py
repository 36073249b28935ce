"""SQLite without its thread: each call is made here, now or later, and fails as a server may."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Generator, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from random import Random
from types import SimpleNamespace
from typing import Any, Final, Self
from weakref import WeakSet

from tests.simulation.loop import Process, current

DOING: Final[ContextVar[object]] = ContextVar("doing", default=None)
"""What the register is being asked for, by the task that asks."""
WAITS: Final = (0.0, 0.0, 0.01, 0.3)
"""How long, in seconds, a call takes that takes its time."""


@dataclass(slots=True, kw_only=True)
class Weather:
    """How the database fares. Calm: every call is answered at once."""

    chance: Random
    away_until: float = 0.0
    fails: float = 0.0
    """How often a statement fails."""
    uncommitted: float = 0.0
    """How often a commit fails, and nothing is written."""
    unknown: float = 0.0
    """How often a commit is made and its answer lost."""
    slow: float = 0.0
    """How often a call takes its time."""
    unheard: str | None = None
    """Statements that begin so are not run: a mistake, planted."""
    committed: Callable[[sqlite3.Connection, object], None] = lambda _connection, _doing: None
    """Hears of each commit in the moment it is made, and what was being asked."""

    def befalls(self, share: float) -> bool:
        """Whether what happens so often happens now."""
        return share > 0 and self.chance.random() < share

    def before(self, process: Process) -> None:
        """Fail where a statement fails before it is run."""
        if process.dead:
            return
        away = self.away_until and asyncio.get_running_loop().time() < self.away_until
        if away or self.befalls(self.fails):
            raise sqlite3.OperationalError("the server is away")


class Server:
    """All connections of this process to databases in memory."""

    def __init__(self) -> None:
        self.weather = Weather(chance=Random(0))
        self.connections: list[Connection] = []

    def connect(self, database: str, **named: Any) -> Connection:  # noqa: ANN401 - as sqlite3 has it
        """Stand in for `aiosqlite.connect`."""
        connection = Connection(sqlite3.connect(database, **named), self)
        # The pool has one: whoever asks for another has given the last one up. Its end may still
        # wait for a turn of the loop, which a call that waits for its lock would never give.
        self.close()
        self.connections = [each for each in self.connections if each.open]
        self.connections.append(connection)
        return connection

    def close(self) -> None:
        """End every connection, whatever it was doing."""
        for connection in self.connections:
            connection.stop()

    def swept(self) -> None:
        """Roll back what the dead had begun, as a server does when a client is gone."""
        for connection in self.connections:
            connection.sweep()

    def buried(self, process: Process) -> None:
        """Answer whatever a dead process had asked; some of it is done, some never came."""
        for connection in self.connections:
            connection.bury(process)


@dataclass(slots=True, kw_only=True, eq=False)
class _Call:
    verb: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    process: Process
    doing: object
    answer: asyncio.Future[Any]


class Connection:
    """What SQLAlchemy asks of a connection of aiosqlite, on the loop's own thread."""

    def __init__(self, connection: sqlite3.Connection, server: Server) -> None:
        self._connection: sqlite3.Connection | None = connection
        self._server = server
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()
        self._pending: _Call | None = None
        self._writer: Process | None = None
        """Who began the last transaction."""
        self._thread = SimpleNamespace(daemon=False)
        self._tx = self

    @property
    def open(self) -> bool:
        return self._connection is not None

    @property
    def _conn(self) -> sqlite3.Connection:
        if self._connection is None:
            msg = "no active connection"
            raise ValueError(msg)
        return self._connection

    def __await__(self) -> Generator[Any, None, Self]:
        return self._itself().__await__()

    async def _itself(self) -> Self:
        return self

    def put_nowait(self, job: tuple[asyncio.Future[Any], Callable[[], Any]]) -> None:
        """Do what SQLAlchemy gives to the thread itself."""
        job[0].set_result(job[1]())

    async def create_function(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - as sqlite3 has it
        self._conn.create_function(*arguments, **named)

    def cursor(self) -> Cursor:
        cursor = self._conn.cursor()
        self._cursors.add(cursor)
        return Cursor(self, cursor)

    async def commit(self) -> None:
        await self.call("commit", self._conn.commit)

    async def rollback(self) -> None:
        self._settle()
        self._conn.rollback()

    async def close(self) -> None:
        self.stop()

    def stop(self) -> None:
        self._settle()
        if self._connection is not None:
            # A cursor that somebody still holds would keep a closed connection's lock.
            for cursor in [*self._cursors]:
                cursor.close()
            self._connection.rollback()
            self._connection.close()
            self._connection = None

    async def call(self, verb: str, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - of any call
        """Make a call, now or later."""
        self._settle()
        weather, process = self._server.weather, current()
        if process.dead or not weather.slow or weather.chance.random() >= weather.slow:
            return self._make(verb, function, arguments, process, DOING.get())
        loop = asyncio.get_running_loop()
        pending = self._pending = _Call(
            verb=verb,
            function=function,
            arguments=arguments,
            process=process,
            doing=DOING.get(),
            answer=loop.create_future(),
        )
        loop.call_later(weather.chance.choice(WAITS), self._in_time, pending)
        return await pending.answer

    def bury(self, process: Process) -> None:
        if self._pending is not None and self._pending.process is process:
            self._settle()

    def sweep(self) -> None:
        if self._connection is not None and self._writer is not None and self._writer.dead:
            self._settle()
            self._connection.rollback()

    def _in_time(self, call: _Call) -> None:
        if self._pending is call:
            self._settle()

    def _settle(self) -> None:
        """Answer the call that takes its time; where nobody waits, it may never have come."""
        call, self._pending = self._pending, None
        if call is None:
            return
        gone = call.process.dead or call.answer.done()
        if gone and self._server.weather.chance.random() < 0.5:
            call.answer.cancel()
            return
        try:
            result = self._make(call.verb, call.function, call.arguments, call.process, call.doing)
        except Exception as error:  # noqa: BLE001 - whatever it is, who asked hears of it
            if not call.answer.done():
                call.answer.set_exception(error)
        else:
            if not call.answer.done():
                call.answer.set_result(result)

    def _make(
        self,
        verb: str,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        process: Process,
        doing: object,
    ) -> Any:  # noqa: ANN401 - of any call
        weather = self._server.weather
        if verb != "commit":
            weather.before(process)
            if arguments[0].startswith("BEGIN"):
                self._writer = process
            if weather.unheard is not None and arguments[0].startswith(weather.unheard):
                return None
            return function(*arguments)
        connection = self._conn
        if not process.dead and weather.befalls(weather.uncommitted):
            connection.rollback()
            raise sqlite3.OperationalError("not committed")
        wrote = connection.in_transaction
        function()
        if wrote:
            weather.committed(connection, doing)
        if not process.dead and weather.befalls(weather.unknown):
            raise sqlite3.OperationalError("committed, and the answer is lost")
        return None


class Cursor:
    """What SQLAlchemy asks of a cursor."""

    def __init__(self, connection: Connection, cursor: sqlite3.Cursor) -> None:
        self._connection = connection
        self._cursor = cursor

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:  # noqa: ANN401 - as sqlite3 has it
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid

    async def execute(self, statement: str, values: Iterable[Any] = ()) -> None:
        await self._connection.call("execute", self._cursor.execute, statement, values)

    async def executemany(self, statement: str, values: Iterable[Any]) -> None:
        await self._connection.call("execute", self._cursor.executemany, statement, values)

    async def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()

    async def close(self) -> None:
        self._cursor.close()
