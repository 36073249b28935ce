"""Once a week a drill goes by every mailbox and webhook, through the queue and the carriers (B05).

A dead duty inbox is found before it matters: what fails counts against the contact as anything
else does, and against nothing more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from hub.calendar import Calendar
from hub.compose import Sender
from hub.plan.drill import drill_day, drill_of, end_drill, is_time, plan_drill
from hub.ports import Clock, Register
from hub.vocabulary import HubError, Mint

log = structlog.get_logger("hub.drill")


async def start_drill(
    register: Register, name: str, before: str | None, sender: Sender, mint: Mint
) -> int | None:
    """Start the drill of this name and stop what `before` has not sent; None: it has begun.

    Returns how many deliveries it queued. Of two processes one starts it. Raises RegisterAway.
    """
    drills = [drill_of(each) for each in (name, *([before] if before else []))]
    async with register.entry() as entry:
        standing = await entry.standing(drills)
        if standing[drills[0]].version:
            return None
        now = await entry.now()
        page = plan_drill(name, standing[drills[0]], await entry.directory(), sender, mint, now)
        await entry.write(page)
        for older in drills[1:]:
            if (ended := end_drill(older, standing[older], now)) is not None:
                await entry.write(ended)
    log.info("drill.started", drill=drills[0], deliveries=len(page.deliveries))
    return len(page.deliveries)


class Drill:
    """Starts the drill of each week when its time comes. Two of them do no harm.

    `weekday` and `hour` are in London; `calendar` says which days are worked; a drill that could
    not begin before the close of business is left out. `every`: between looks at the clock.
    """

    def __init__(
        self,
        register: Register,
        clock: Clock,
        mint: Mint,
        *,
        sender: Sender,
        weekday: str | None,
        hour: int,
        calendar: Callable[[], Calendar],
        every: timedelta = timedelta(minutes=1),
    ) -> None:
        self._register = register
        self._clock = clock
        self._mint = mint
        self._sender = sender
        self._weekday = weekday
        self._hour = hour
        self._calendar = calendar
        self._every = every

    async def run(self, stop: asyncio.Event) -> None:
        """Look at the clock until `stop`. The register may be away: then it looks again."""
        while self._weekday is not None and not stop.is_set():
            try:
                await self.look(self._weekday)
            except HubError as away:
                log.warning("drill.waits", fault=type(away).__name__)
            await self._pause(stop)

    async def look(self, weekday: str) -> int | None:
        """Start this week's drill if it is time; return how much it queued, or None."""
        now, calendar = self._clock.now(), self._calendar()
        day = drill_day(now, weekday, calendar)
        if day is None or not is_time(now, day, self._hour):
            return None
        last = drill_day(now - timedelta(days=7), weekday, calendar)
        before = last.isoformat() if last else None
        return await start_drill(self._register, day.isoformat(), before, self._sender, self._mint)

    async def _pause(self, stop: asyncio.Event) -> None:
        waits: set[asyncio.Future[object]] = {
            asyncio.ensure_future(stop.wait()),
            asyncio.ensure_future(self._clock.sleep(self._every.total_seconds())),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
