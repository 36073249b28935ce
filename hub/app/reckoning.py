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
    """The figures of the last days. Whoever asks within a minute is given the same ones again."""

    def __init__(
        self,
        register: Register,
        clock: Clock,
        calendars: Callable[[], Mapping[str, Calendar]],
    ) -> None:
        self._register = register
        self._clock = clock
        self._calendars = calendars
        self._alone = asyncio.Lock()
        self._report: Report | None = None

    async def report(self) -> Report:
        """Return the figures, worked out within the last minute. Raises RegisterAway."""
        async with self._alone:
            now = self._clock.now()
            if self._report is None or now - self._report.at >= KEPT:
                calendars = self._calendars()
                self._report = await work_out(self._register, now - LAST, now, now, calendars)
            return self._report


def calendars_in(policy: Path | None) -> Mapping[str, Calendar]:
    """Return the calendar of each pack in a folder (None: what ships). Raises PackFaults."""
    packs = (load(read_folder(folder)) for folder in pack_folders(policy or shipped("policy")))
    return {pack.partnership: pack.calendar for pack in packs}
