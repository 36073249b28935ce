"""SQLite without its thread: each call is made here, now or later, and fails as a server may."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Final

from hub.adapters.register.sqlite_link import Link
from hub.adapters.register.wire import to_its_end
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

    def connect(self, database: str, **named: Any) -> Connection:  # noqa: ANN401 - as a link has it
        """Stand in for `Link`."""
        connection = Connection(self, database, **named)
        # The pool has one: whoever asks for another has given the last one up. Its end may still
        # wait for a turn of the loop, which a call that waits for its lock would never give.
        self.close()
        self.connections = [connection]
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
    text: str
    act: Callable[[], Any]
    process: Process
    doing: object
    answer: asyncio.Future[Any]


class Connection(Link):
    """A link without a thread: what is asked is done on the loop, a step later or after a while."""

    def __init__(self, server: Server, database: str, **named: Any) -> None:  # noqa: ANN401 - as a link has it
        super().__init__(database, **named)
        self._server = server
        self._pending: _Call | None = None
        self._writer: Process | None = None
        """Who began the last transaction."""

    async def made(self, text: str, act: Callable[[sqlite3.Connection], Any]) -> Any:  # noqa: ANN401 - of any act
        """Make a call, now or later."""
        self._settle()
        weather, process = self._server.weather, current()
        on_it = partial(self._on_thread, act)
        if process.dead:
            return self._make(text, on_it, process, DOING.get())
        loop = asyncio.get_running_loop()
        pending = self._pending = _Call(
            text=text, act=on_it, process=process, doing=DOING.get(), answer=loop.create_future()
        )
        wait = weather.chance.choice(WAITS) if weather.befalls(weather.slow) else 0.0
        if wait:
            loop.call_later(wait, self._in_time, pending)
        else:
            loop.call_soon(self._in_time, pending)
        return await to_its_end(pending.answer)

    async def close(self) -> None:
        self.stop()

    def stop(self) -> None:
        """End it, whatever it was doing."""
        self._settle()
        if self._connection is not None:
            self._connection.rollback()
            self._connection.close()
            self._connection = None

    def bury(self, process: Process) -> None:
        if self._pending is not None and self._pending.process is process:
            self._settle()

    def sweep(self) -> None:
        writer = self._writer
        if self._connection is not None and writer is not None and writer.dead:
            # Of the dead alone: what the living have asked meanwhile is still to be begun.
            self.bury(writer)
            self._connection.rollback()
            self._writer = None

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
            result = self._make(call.text, call.act, call.process, call.doing)
        except Exception as error:  # noqa: BLE001 - whatever it is, who asked hears of it
            if not call.answer.done():
                call.answer.set_exception(error)
        else:
            if not call.answer.done():
                call.answer.set_result(result)

    def _make(self, text: str, act: Callable[[], Any], process: Process, doing: object) -> Any:  # noqa: ANN401 - of any act
        if text == "COMMIT":
            return self._commits(act, process, doing)
        weather = self._server.weather
        if text == "ROLLBACK":
            return act()
        weather.before(process)
        if text.startswith("BEGIN"):
            self._writer = process
        if weather.unheard is not None and text.startswith(weather.unheard):
            return None
        return act()

    def _commits(self, act: Callable[[], Any], process: Process, doing: object) -> None:
        weather, connection = self._server.weather, self._connection
        assert connection is not None
        if not process.dead and weather.befalls(weather.uncommitted):
            connection.rollback()
            raise sqlite3.OperationalError("not committed")
        act()
        weather.committed(connection, doing)
        if not process.dead and weather.befalls(weather.unknown):
            raise sqlite3.OperationalError("committed, and the answer is lost")
