"""Look at the clock: tell who must be told next, take what step has come; audit the register."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from hub.concern import Concern
from hub.obligation import Obligation
from hub.page import Standing, together
from hub.plan import Tools
from hub.plan.climbing import Looked, look
from hub.plan.reach import Became, Known, reach
from hub.ports import Clock, Entry, NoticeRecord, Register
from hub.ports.pausing import pause
from hub.vocabulary import ConcernId, HubError
from hub.watch.about import About, ToolsFor, about
from hub.watch.at_last import AtLast
from hub.watch.lists import Lists
from hub.watch.replaying import Replaying
from hub.watch.untried import Untried

log = structlog.get_logger("hub.watch")

AT_ONCE: Final = 500
"""How many obligations one sweep looks at, oldest first."""

BREATH: Final = timedelta(milliseconds=20)
"""Between two looks, however soon the next step comes: what falls due meanwhile goes together."""


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
    waiting: int = 0
    """Deliveries that wait untried, and of which somebody has been told now."""
    again: int = 0
    """Deliveries put back into the queue, because somebody had them sent again."""
    unaccounted: int = 0
    """Deliveries neither in the queue nor finished with evidence. It is 0."""
    unaccounted_obligations: int = 0
    """Obligations whose ladder nobody looks at any more. It is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is known about one obligation, its concern locked."""

    standing: Standing
    concern: Concern
    tools: Tools
    known: Known | None


def _known(record: NoticeRecord) -> Known:
    return Known(
        notice=record.notice,
        deliveries=record.deliveries,
        receipts=record.receipts,
        people=record.people,
        superseded=record.newer is not None,
    )


class Watch:
    """Sweeps the register for what nobody else will notice. Two of them do no harm.

    A step is taken when its instant comes. `every`: between looks for contacts to tell, and the
    longest between two at ladders; `audit_every`: between counts of what is overdue and of what is
    unaccounted for (rules.md, escalation 8).
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
        self._standing_still: frozenset[str] = frozenset()
        """What could not climb when every ladder was last looked at."""
        self._lists = Lists(register, tools_for, at_once=at_once)
        self._at_last = AtLast(register, tools_for)
        self._replaying = Replaying(register, tools_for)
        self._untried = Untried(register, tools_for, at_once=at_once)
        self.looked_at: datetime | None = None
        """When it last began to look at every ladder, and could (UTC)."""

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until `stop`. The register may be away: then the next sweep finds what is due."""
        audited = reached = None
        counting: asyncio.Task[None] | None = None
        async with asyncio.TaskGroup() as beside:
            while not stop.is_set():
                now = self._clock.now()
                due = audited is None or now - audited >= self._audit_every
                try:
                    if due or reached is None or now - reached >= self._every:
                        await self._look_round(at_last=due)
                        reached = now
                    else:
                        await self._climb_all(self._standing_still)
                    self.looked_at = now
                except HubError as away:
                    log.warning("sweep.failed", fault=type(away).__name__)
                if due and (counting is None or counting.done()):
                    # Whatever there is to count, no step waits for it.
                    counting, audited = beside.create_task(self._count()), now
                await self._until_due(stop)

    async def sweep(self) -> Swept:
        """Reach whom nobody has reached, then audit. Raises RegisterAway."""
        return await self._audit(await self._look_round(at_last=True))

    async def _look_round(self, *, at_last: bool) -> Swept:
        """Tell whom somebody must be told next, and take every step that has come."""
        waiting = await self._untried.say() if at_last else 0
        again = await self._replaying.go_on() if at_last else 0
        became = await self._reach_all()
        late = await self._at_last.tell() if at_last else 0
        climbed = await self._climb_all()
        return Swept(
            told=became[Became.TOLD],
            nobody_left=became[Became.NOBODY_LEFT],
            needless=became[Became.NEEDLESS],
            held=became[Became.HELD],
            failed=became[None],
            climbed=sum(1 for one in climbed if one.move and one.move.fired),
            asked=sum(len(one.move.asks) for one in climbed if one.move),
            listed=await self._lists.send(),
            told_at_last=late,
            waiting=waiting,
            again=again,
        )

    async def _count(self) -> None:
        try:
            await self._audit(Swept())
        except HubError as away:
            log.warning("sweep.failed", fault=type(away).__name__)

    async def _audit(self, swept: Swept) -> Swept:
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
        # Last: it saves time, and nobody waits to be told of an obligation for that.
        if apart := await self._register.keep_apart():
            log.info("deliveries.kept.apart", count=apart)
        return replace(
            swept,
            overdue=depths.overdue_obligations,
            unaccounted=depths.unaccounted,
            unaccounted_obligations=depths.unaccounted_obligations,
        )

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
            found = await self._found(entry, await self._about(entry, owed.concern), owed)
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

    async def _climb_all(self, but: frozenset[str] = frozenset()) -> tuple[Looked, ...]:
        """Take every step that has come, the longest due first; a concern's together.

        `but`: what could not climb a moment ago.
        """
        looked: list[Looked] = []
        failed = set(but)
        due = await self._register.climbing(self._at_once + len(self._standing_still))
        for owed in _by_concern([one for one in due if one.id not in but]):
            for one, done in zip(owed, await self._climb_together(owed), strict=True):
                if done is None:
                    failed.add(one.id)
                else:
                    looked.append(done)
        self._standing_still = frozenset(failed)
        return tuple(looked)

    async def _climb_together(self, owed: Sequence[Obligation]) -> Sequence[Looked | None]:
        """Take the steps of one concern in one entry; where one of them fails, each in its own."""
        try:
            return await self._climb(owed)
        except Exception as fault:  # noqa: BLE001 (whatever one does, the others climb)
            if len(owed) > 1:
                return [one for each in owed for one in await self._climb_together([each])]
            log.error("climb.failed", obligation=owed[0].id, fault=type(fault).__name__)  # noqa: TRY400 - ids only
            return [None]

    async def _climb(self, owed: Sequence[Obligation]) -> Sequence[Looked | None]:
        async with self._register.entry() as entry:
            about = await self._about(entry, owed[0].concern)
            done = [await self._take_step(entry, about, one) for one in owed]
            pages = [each.page for each in done if each is not None and each.page is not None]
            if pages:
                await entry.write(together(pages))
        return done

    async def _take_step(
        self, entry: Entry, about: About | None, owed: Obligation
    ) -> Looked | None:
        found = await self._found(entry, about, owed)
        if found is None:
            return None
        now = await entry.now()
        looked = look(owed, found.known, found.standing, found.concern, found.tools, now)
        # Compared under the concern's lock: of two watchers, one takes the step.
        if not await entry.move_on(owed, looked.climb):
            return Looked(climb=looked.climb, page=None)
        state = looked.climb.state if looked.climb else None
        log.info("climb.done", obligation=owed.id, notice=owed.notice, state=state)
        return looked

    async def _found(self, entry: Entry, about: About | None, owed: Obligation) -> _Found | None:
        """Return what is known about one obligation of a concern; None: it cannot be planned."""
        record = None if owed.notice is None else await entry.notice(owed.notice)
        if about is None or (record is None and owed.notice is not None):
            why = "obligation.without.pack" if about is None else "obligation.without.notice"
            log.error(why, obligation=owed.id)
            return None
        known = None if record is None else _known(record)
        return _Found(
            standing=about.standing, concern=about.concern, tools=about.tools, known=known
        )

    async def _about(self, entry: Entry, concern: ConcernId) -> About | None:
        return await about(entry, concern, self._tools_for)

    async def _until_due(self, stop: asyncio.Event) -> None:
        """Wait for the next step to come, and no longer than between two looks."""
        wait = self._every
        try:
            coming = await self._register.next_step()
        except HubError as away:
            log.warning("sweep.failed", fault=type(away).__name__)
        else:
            left = wait if coming is None else coming - self._clock.now()
            wait = min(wait, max(left, BREATH))
        await pause(self._clock, wait, stop)


def _by_concern(due: Sequence[Obligation]) -> Sequence[Sequence[Obligation]]:
    """Return what is due, a concern at a time, in the order of each one's longest due."""
    found: defaultdict[ConcernId, list[Obligation]] = defaultdict(list)
    for owed in due:
        found[owed.concern].append(owed)
    return list(found.values())
