"""The figures of a time, from the register; and those of the last days, at most once a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from hub.adapters.shipped import pack_folders, read_folder, shipped
from hub.calendar import Calendar
from hub.figures import Report, Tally
from hub.pack.load import load
from hub.ports import Clock, Register

LAST: Final = timedelta(days=30)
"""What the figures of the page and of `/metrics` are of."""

KEPT: Final = timedelta(minutes=1)
"""How long figures are given again before they are worked out anew."""

AT_MOST: Final = timedelta(seconds=5)
"""How long whoever asks is kept waiting; Prometheus gives up after ten seconds."""

SAID_EVERY: Final = 500
"""Records between two words on progress."""


async def work_out(
    register: Register,
    since: datetime,
    until: datetime,
    now: datetime,
    calendars: Mapping[str, Calendar],
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Return every figure from `since` up to `until`; what is open, as it stands at `now` (UTC).

    `progress` is told how many records have been read. Raises RegisterAway.
    """
    tally = Tally(since, until, now, calendars)
    read = 0
    async for record in register.recorded(since, until):
        tally.take(record)
        read += 1
        if progress is not None and read % SAID_EVERY == 0:
            progress(read)
    return tally.report()


class LatelyFigures:
    """The figures of the last days, worked out beside whoever asks, at most once a minute."""

    def __init__(
        self,
        register: Register,
        clock: Clock,
        calendars: Callable[[], Mapping[str, Calendar]],
    ) -> None:
        self._register = register
        self._clock = clock
        self._calendars = calendars
        self._working: asyncio.Task[Report] | None = None
        self._report: Report | None = None

    async def latest(self) -> Report | None:
        """Return figures of the last minute, or older ones where working them out takes long.

        None: there are none yet; they are there for whoever asks later. Raises RegisterAway.
        """
        working = self._work()
        await asyncio.wait({working}, timeout=AT_MOST.total_seconds())
        return working.result() if working.done() else self._report

    async def close(self) -> None:
        """Stop working."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.wait({self._working})

    def _work(self) -> asyncio.Task[Report]:
        """Return the work that is under way, or was done within a minute; else begin anew."""
        known = self._report
        old = known is None or self._clock.now() - known.at >= KEPT
        if self._working is None or (self._working.done() and old):
            self._working = asyncio.create_task(self._worked_out())
            self._working.add_done_callback(_looked_at)
        return self._working

    async def _worked_out(self) -> Report:
        now = self._clock.now()
        self._report = await work_out(self._register, now - LAST, now, now, self._calendars())
        return self._report


def _looked_at(done: asyncio.Task[Report]) -> None:
    """Take note of how it ended: whoever asks next begins anew, and is told what is wrong then."""
    if not done.cancelled():
        done.exception()


def calendars_in(policy: Path | None) -> Mapping[str, Calendar]:
    """Return the calendar of each pack in a folder (None: what ships). Raises PackFaults."""
    packs = (load(read_folder(folder)) for folder in pack_folders(policy or shipped("policy")))
    return {pack.partnership: pack.calendar for pack in packs}
