"""When nothing more comes by itself: then, and only then, virtual time may go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from hub.ports import Clock, Entry, Register

_TURNS: Final = 20
"""How many turns of the loop a task takes at most between two questions to the register."""
_READS: Final = frozenset(
    {
        "climbing",
        "concern",
        "depths",
        "directory",
        "handed_over",
        "keep_apart",
        "last_look",
        "lease",
        "next_due",
        "notice",
        "say_overdue",
        "unread_mail",
        "unreached",
    }
)
"""What changes nothing that a timeline tells."""


class Asked:
    """A register that knows whether somebody waits for an answer of it.

    Everything that a hub does passes through its register, so when nobody waits, and nobody asks
    within a few turns of the loop, all that is left to happen waits for the clock.
    """

    def __init__(self, register: Register) -> None:
        self.written = 0
        """How often it was asked for something that may have changed what stands in it."""
        self._register = register
        self._busy = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return the register's method of this name, counted while it runs."""
        method = getattr(self._register, name)
        # Waiting for a bell is not being busy; a reader's view is made without asking anything, and
        # who reads by it waits for nothing but the register itself.
        if name in {"wake", "recorded", "relaying", "as_reader"}:
            return method  # type: ignore[no-any-return]  # whatever the register has

        async def asked(*args: object, **named: object) -> object:
            return await self._counted(name, method(*args, **named))

        return asked

    @asynccontextmanager
    async def entry(self) -> AsyncIterator[Entry]:
        """Open one transaction of the register."""
        self._begin("entry")
        try:
            async with self._register.entry() as entry:
                yield entry
        finally:
            self._end()

    async def quiet(self) -> None:
        """Return when nobody waits for the register, and nobody is about to ask it."""
        turns = 0
        while turns < _TURNS:
            await self._idle.wait()
            await asyncio.sleep(0)
            turns = 0 if self._busy else turns + 1

    async def _counted(self, name: str, asking: Awaitable[object]) -> object:
        self._begin(name)
        try:
            return await asking
        finally:
            self._end()

    def _begin(self, name: str) -> None:
        self.written += name not in _READS
        self._busy += 1
        self._idle.clear()

    def _end(self) -> None:
        self._busy -= 1
        if not self._busy:
            self._idle.set()


class Ticks:
    """The clock of a part that looks every so often: looks that would find nothing are left out.

    The looks that are taken come at the very instants at which a real hub takes them.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: datetime | None = None
        self._every = timedelta()
        self._woken: asyncio.Future[None] | None = None

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        """Wait until it is woken at one of its instants."""
        self._woken = asyncio.get_running_loop().create_future()
        self._since, self._every = self.now(), timedelta(seconds=seconds)
        await self._woken

    def next_after(self, due: datetime) -> datetime | None:
        """Return its first instant at or after `due`; None where it does not sleep."""
        if self._since is None or self._woken is None or self._woken.done():
            return None
        ticks = ceil((due - self._since) / self._every)
        return self._since + max(ticks, 1) * self._every

    def wake(self) -> None:
        """Let it look now."""
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)
