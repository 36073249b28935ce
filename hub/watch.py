"""Look at the clock: tell who must be told next, take what step has come; audit the register."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog

from hub.concern import Concern
from hub.directory import Directory
from hub.obligation import Obligation
from hub.page import Standing
from hub.plan import Tools
from hub.plan.asking import ask_desks
from hub.plan.at_last import told_at_last
from hub.plan.climbing import Looked, look
from hub.plan.reach import Became, Known, reach
from hub.ports import Clock, Entry, NoticeRecord, Register
from hub.vocabulary import ConcernId, HubError, NoticeId

log = structlog.get_logger("hub.watch")

ToolsFor = Callable[[str, Directory], Tools | None]
"""The pack in force, words and the rest for a partnership; None where this hub has no such pack."""

AT_ONCE: Final = 500
"""How many obligations one sweep looks at, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep found and did."""

    told: int = 0
    """Next contacts told."""
    nobody_left: int = 0
    needless: int = 0
    held: int = 0
    """Left open, because a hold stands; a hold never expires into a send."""
    failed: int = 0
    """Left open, because this one could not be planned or written; said in the log."""
    overdue: int = 0
    """Obligations past their time. They stay open, and are shown."""
    climbed: int = 0
    """Ladders that took a step, or ended."""
    asked: int = 0
    """Desks of host authorities that a ladder asked for something."""
    told_at_last: int = 0
    """Concerns of which somebody was told who had waited for a fit channel."""
    listed: int = 0
    """Concerns whose desks were sent the list of what ladders ask of them."""
    unaccounted: int = 0
    """Deliveries neither in the queue nor finished with evidence. It is 0."""
    unaccounted_obligations: int = 0
    """Obligations whose ladder nobody looks at any more. It is 0."""


def _known(record: NoticeRecord) -> Known:
    return Known(notice=record.notice, deliveries=record.deliveries, receipts=record.receipts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is known about one obligation, its concern locked."""

    standing: Standing
    concern: Concern
    tools: Tools
    known: Known | None


class Watch:
    """Sweeps the register for what nobody else will notice. Two of them do no harm.

    `every`: between looks for contacts to tell; `audit_every`: between counts of what is overdue
    and of what is unaccounted for (rules.md, escalation 8).
    """

    def __init__(
        self,
        register: Register,
        tools_for: ToolsFor,
        clock: Clock,
        *,
        every: timedelta = timedelta(seconds=1),
        audit_every: timedelta = timedelta(seconds=30),
        at_once: int = AT_ONCE,
    ) -> None:
        self._register = register
        self._tools_for = tools_for
        self._clock = clock
        self._every = every
        self._audit_every = audit_every
        self._at_once = at_once
        self._stuck = 0
        """How many stood in the way at the last look: what is held, and what cannot be planned."""
        self._standing_still = 0
        """How many could not climb at the last look."""
        self._unlisted = 0
        """How many concerns' lists could not be sent at the last look."""
        self._known: Directory | None = None
        """The directory by which nobody waits any more who need not."""
        self.last = Swept()
        """The last audited sweep, for metrics."""

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until `stop`. The register may be away: then the next sweep finds what is due."""
        audited = None
        while not stop.is_set():
            now = self._clock.now()
            try:
                if audited is None or now - audited >= self._audit_every:
                    await self.sweep()
                    audited = now
                else:
                    await self._reach_all()
                    await self._climb_all()
                    await self._list_all()
            except HubError as away:
                log.warning("sweep.failed", fault=type(away).__name__)
            await self._pause(stop)

    async def sweep(self) -> Swept:
        """Reach whom nobody has reached, then audit. Raises RegisterAway."""
        became = await self._reach_all()
        late = await self._tell_at_last()
        climbed = await self._climb_all()
        listed = await self._list_all()
        overdue = await self._register.say_overdue(self._at_once)
        if overdue:
            log.info("obligations.said.overdue", count=overdue)
        depths = await self._register.depths()
        if depths.unaccounted:
            log.error("deliveries.unaccounted", count=depths.unaccounted)
        if depths.unaccounted_obligations:
            log.error("obligations.unaccounted", count=depths.unaccounted_obligations)
        if depths.overdue_obligations:
            log.warning("obligations.overdue", count=depths.overdue_obligations)
        self.last = Swept(
            told=became[Became.TOLD],
            nobody_left=became[Became.NOBODY_LEFT],
            needless=became[Became.NEEDLESS],
            held=became[Became.HELD],
            failed=became[None],
            overdue=depths.overdue_obligations,
            climbed=sum(1 for one in climbed if one.move and one.move.fired),
            asked=sum(len(one.move.asks) for one in climbed if one.move),
            listed=listed,
            told_at_last=late,
            unaccounted=depths.unaccounted,
            unaccounted_obligations=depths.unaccounted_obligations,
        )
        return self.last

    async def _reach_all(self) -> Counter[Became | None]:
        became: Counter[Became | None] = Counter()
        # The oldest come first; those that must wait may never keep the others from their turn.
        for owed in await self._register.unreached(self._at_once + self._stuck):
            try:
                done = await self._reach(owed)
            except Exception as fault:  # noqa: BLE001 (whatever one does, the others are reached)
                # One that cannot be planned must not hide the others; it stays open and overdue.
                log.error("reach.failed", obligation=owed.id, fault=type(fault).__name__)  # noqa: TRY400 - ids only
                done = None
            became[done] += 1
        self._stuck = became[Became.HELD] + became[None]
        return became

    async def _reach(self, owed: Obligation) -> Became | None:
        async with self._register.entry() as entry:
            found = await self._found(entry, owed.concern, owed.notice)
            if found is None or found.known is None:
                return None
            now = await entry.now()
            became, page = reach(owed, found.known, found.standing, found.concern, found.tools, now)
            if page is None:
                return became
            # Counted under the concern's lock: of two watchers, one discharges it.
            if not await entry.discharge(owed.concern, page.discharges):
                return Became.NEEDLESS
            await entry.write(page)
            if became is not Became.NEEDLESS:
                # Failure is a trigger: the ladder of this notice takes its next step now.
                await entry.bring_forward(owed.concern, found.known.notice.id)
        log.info("reach.done", obligation=owed.id, notice=owed.notice, became=became)
        return became

    async def _tell_at_last(self) -> int:
        """Tell whoever waited for a fit channel, once for each change of the directory."""
        directory = await self._register.directory()
        if directory is self._known:
            return 0
        done = failed = 0
        for concern in await self._register.wanting():
            try:
                told = await self._tell_what_waited(concern)
            except Exception as fault:  # noqa: BLE001 (whatever one does, the others are told)
                log.error("at_last.failed", concern=concern, fault=type(fault).__name__)  # noqa: TRY400 - ids only
                told = None
            failed += told is None
            done += bool(told)
        self._known = None if failed else directory
        return done

    async def _tell_what_waited(self, concern: ConcernId) -> bool | None:
        """Return whether somebody is told; None where nothing can be planned now."""
        async with self._register.entry() as entry:
            found = await self._found(entry, concern)
            if found is None:
                return None
            last = (await entry.past([concern]))[concern][-1]
            now = await entry.now()
            page = told_at_last(found.standing, found.concern, last, found.tools, now)
            if page is None:
                return False
            await entry.write(page)
        log.info("at_last.told", concern=concern, notices=len(page.notices))
        return True

    async def _climb_all(self) -> tuple[Looked, ...]:
        """Take every step that has come, the longest due first."""
        looked: list[Looked] = []
        failed = 0
        for owed in await self._register.climbing(self._at_once + self._standing_still):
            try:
                done = await self._climb(owed)
            except Exception as fault:  # noqa: BLE001 (whatever one does, the others climb)
                log.error("climb.failed", obligation=owed.id, fault=type(fault).__name__)  # noqa: TRY400 - ids only
                done = None
            if done is None:
                failed += 1
            else:
                looked.append(done)
        self._standing_still = failed
        return tuple(looked)

    async def _climb(self, owed: Obligation) -> Looked | None:
        async with self._register.entry() as entry:
            found = await self._found(entry, owed.concern, owed.notice)
            if found is None:
                return None
            now = await entry.now()
            looked = look(owed, found.known, found.standing, found.concern, found.tools, now)
            # Compared under the concern's lock: of two watchers, one takes the step.
            if not await entry.move_on(owed, looked.climb):
                return Looked(climb=looked.climb, page=None)
            if looked.page is not None:
                await entry.write(looked.page)
        state = looked.climb.state if looked.climb else None
        log.info("climb.done", obligation=owed.id, notice=owed.notice, state=state)
        return looked

    async def _list_all(self) -> int:
        """Send each desk that ladders have asked one list of it; return for how many concerns."""
        done = 0
        concerns = await self._register.asking(self._at_once + self._unlisted)
        for concern in concerns:
            try:
                done += await self._list(concern)
            except Exception as fault:  # noqa: BLE001 (whatever one does, the others are sent)
                log.error("list.failed", concern=concern, fault=type(fault).__name__)  # noqa: TRY400 - ids only
        self._unlisted = len(concerns) - done
        return done

    async def _list(self, concern: ConcernId) -> bool:
        async with self._register.entry() as entry:
            found = await self._found(entry, concern)
            # Asked under the concern's lock: of two watchers, one sends the list.
            tasks = () if found is None else await entry.asked(concern)
            if found is None or not tasks:
                return False
            last = (await entry.past([concern]))[concern][-1]
            now = await entry.now()
            standing, tools = found.standing, found.tools
            await entry.write(ask_desks(tasks, standing, found.concern, last, tools, now))
            await entry.listed(tasks)
        log.info("list.done", concern=concern, tasks=len(tasks))
        return True

    async def _found(
        self, entry: Entry, concern: ConcernId, notice: NoticeId | None = None
    ) -> _Found | None:
        """Lock the concern and return what is known; None: nothing can be planned of it."""
        standing = (await entry.standing([concern]))[concern]
        record = None if notice is None else await entry.notice(notice)
        if standing.concern is None or (record is None and notice is not None):
            log.error("concern.without.notice", concern=concern, notice=notice)
            return None
        tools = self._tools_for(standing.concern.partnership, await entry.directory())
        if tools is None:
            log.error("concern.without.pack", concern=concern)
            return None
        provider = standing.concern.service.provider
        holding = (await entry.holding([provider], 2)).get(provider, ())
        now = replace(standing.concern, elsewhere=tuple(h for h in holding if h.concern != concern))
        known = None if record is None else _known(record)
        return _Found(standing=standing, concern=now, tools=tools, known=known)

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
