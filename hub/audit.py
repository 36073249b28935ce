"""Audit the register: find what is in nobody's hands, put it right, and say so (escalation 8).

It reads the rows themselves and asks nobody whose work they were. It sends nothing: what it puts
right goes the way of everything else, past the same holds.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from hub.directory import Directory
from hub.leaf import leaf
from hub.obligation import Obligation
from hub.plan import Tools
from hub.plan.mending import look_at, rightful, untold
from hub.ports import IN_QUEUE, Clock, Entry, Register, Stray, Stuck
from hub.ports.pausing import pause
from hub.vocabulary import HubError

log = structlog.get_logger("hub.audit")

ToolsFor = Callable[[str, Directory], Tools | None]
"""The pack in force, words and the rest for a partnership; None where this hub has no such pack."""

AT_ONCE: Final = 500
"""How many rows of each way of being stuck one sweep looks at, oldest first."""

NOT_YET: Final = (Stuck.LATE, Stuck.UNREACHED)
"""A watch may be about to take these: they are stuck once it has looked in vain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What this process has found and done since it started, for metrics."""

    sweeps: int = 0
    found: int = 0
    repaired: int = 0
    unrepaired: int = 0
    """How often something stuck could not be put right; said in the log, and tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What one sweep found and did, by way of being stuck."""

    at: datetime
    found: Mapping[Stuck, int]
    repaired: Mapping[Stuck, int]


class Auditor:
    """Sweeps the register for what is stuck. Two of them do no harm.

    `every`: between sweeps. `watched`: when a watch of this process last looked at every ladder
    (UTC), or None; while it has not, what is late is not laid at anybody's door.
    `urgent`: whether events of this name may not wait.
    """

    def __init__(
        self,
        register: Register,
        tools_for: ToolsFor,
        clock: Clock,
        *,
        urgent: Callable[[str], bool],
        watched: Callable[[], datetime | None],
        every: timedelta = timedelta(seconds=20),
        at_once: int = AT_ONCE,
    ) -> None:
        self._register = register
        self._tools_for = tools_for
        self._clock = clock
        self._urgent = urgent
        self._watched = watched
        self._every = every
        self._at_once = at_once
        self._seen: dict[str, tuple[datetime, datetime]] = {}
        """What was late before: since when, and when it was first seen so."""
        self._counts = Counts()
        self.last: Audit | None = None
        self.last_repair: Audit | None = None
        """The last sweep that put something right."""

    def counts(self) -> Counts:
        """Return the counters as they stand."""
        return self._counts

    def said(self) -> Mapping[str, object]:
        """Return, for operators, what the last sweep found and what was last put right."""
        last, repair = self.last, self.last_repair
        return {
            "swept_at": last.at.isoformat() if last else None,
            "found": {how.value: number for how, number in last.found.items()} if last else {},
            "repaired": self._counts.repaired,
            "last_repaired_at": repair.at.isoformat() if repair else None,
            "last_repaired": {h.value: n for h, n in repair.repaired.items()} if repair else {},
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until `stop`. The register may be away: then the next sweep finds what is stuck."""
        while not stop.is_set():
            try:
                await self.sweep()
            except HubError as away:
                log.warning("audit.failed", fault=type(away).__name__)
            await pause(self._clock, self._every, stop)

    async def sweep(self) -> Audit:
        """Find what is stuck and put it right, once. Raises RegisterAway."""
        found = [one for one in await self._register.strays(self._at_once) if self._wanted(one)]
        for stray in found:
            log.error("audit.found", how=stray.how.name, id=stray.id, concern=stray.concern)
        done = list(await self._register.put_right([s for s in found if s.how in IN_QUEUE]))
        stuck = self._in_vain(found)
        failed = 0
        for stray in stuck:
            try:
                if await self._mend(stray):
                    done.append(stray)
            except Exception as fault:  # noqa: BLE001 (whatever one does, the others are put right)
                failed += 1
                log.error("audit.unrepaired", id=stray.id, fault=type(fault).__name__)  # noqa: TRY400 - ids only
        for stray in done:
            log.warning("audit.repaired", how=stray.how.name, id=stray.id, concern=stray.concern)
        return self._sum_up(found, done, failed)

    def _wanted(self, stray: Stray) -> bool:
        return stray.event is None or self._urgent(stray.event[2])

    def _in_vain(self, found: list[Stray]) -> list[Stray]:
        """Return what takes a plan or a person, without what a watch may be about to take."""
        now, watched = self._clock.now(), self._watched()
        late = {stray.id: stray.since for stray in found if stray.how in NOT_YET}
        # Where a step was taken meanwhile, its time begins anew.
        self._seen = {
            id_: before if (before := self._seen.get(id_)) and before[0] == since else (since, now)
            for id_, since in late.items()
        }
        in_vain = {
            id_ for id_, (_, seen) in self._seen.items() if watched is not None and watched > seen
        }
        return [
            stray
            for stray in found
            if stray.how not in IN_QUEUE and (stray.how not in NOT_YET or stray.id in in_vain)
        ]

    async def _mend(self, stray: Stray) -> bool:
        async with self._register.entry() as entry:
            standing = (await entry.standing([stray.concern]))[stray.concern]
            if standing.concern is None:
                log.error("audit.without.concern", id=stray.id)
                return False
            now = await entry.now()
            tools = self._tools_for(standing.concern.partnership, await entry.directory())
            if tools is None:
                log.error("audit.without.pack", id=stray.id)
                return False
            if stray.how is Stuck.UNWATCHED:
                done = stray.owed is not None and await _watch_again(entry, stray.owed, tools, now)
            elif stray.owed is not None:
                owed = look_at(stray.owed, standing.concern, tools.mint, now)
                done = await entry.owe_once(owed)
            else:
                source, event, name = stray.event or ("", "", "")
                key = f"urgent event:{source}|{event}"
                owed = untold(key, name, standing.concern, tools.mint, now)
                done = await entry.owe_once(owed)
            if done:
                kind = f"audit.{stray.how.name.lower()}"
                await entry.note([leaf(kind, now, stray.concern, stuck=stray.id)])
        return done

    def _sum_up(self, found: list[Stray], done: list[Stray], failed: int) -> Audit:
        before = self._counts
        self._counts = Counts(
            sweeps=before.sweeps + 1,
            found=before.found + len(found),
            repaired=before.repaired + len(done),
            unrepaired=before.unrepaired + failed,
        )
        self.last = Audit(
            at=self._clock.now(),
            found=Counter(stray.how for stray in found),
            repaired=Counter(stray.how for stray in done),
        )
        if done:
            self.last_repair = self.last
        return self.last


async def _watch_again(entry: Entry, owed: Obligation, tools: Tools, now: datetime) -> bool:
    """Let the watch look at its ladder when its step is due; False where it does so already."""
    if owed.climb is None:
        return False
    climb = rightful(owed, owed.climb, tools, now)
    return climb != owed.climb and await entry.move_on(owed, climb)
