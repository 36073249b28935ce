"""A whole hub on one page: a register in memory, a clock that stands still, scripted carriers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Protocol, cast

from hub.adapters.memory import SequentialMint, VirtualClock
from hub.adapters.register import open_register
from hub.adapters.scripted import RELAYED, SUBMITTED, Carried, ScriptedCarrier, ScriptedService
from hub.deliver import Deliver
from hub.directory import Directory
from hub.events.envelope import Event
from hub.notice import Leased
from hub.page import Page, StandingHold
from hub.plan import Tools, plan
from hub.ports import Completion, Entry, NoticeRecord, Register, RegisterAway, RegisterRefused
from hub.ports.reading import Reading
from hub.tracking import Tracking
from hub.vocabulary import AgencyId, Channel, ConcernId, EventId, Lane, NoticeId
from hub.watch import Watch
from tests import worlds

REAL_SECONDS: Final = 120
"""How long a test waits, in real time, before it says that something hangs."""


class Runs(Protocol):
    """What works beside a test until it is told to stop."""

    async def run(self, stop: asyncio.Event) -> None: ...


class _View:
    def __init__(self, line: Line, reading: Reading) -> None:
        self._line, self._reading = line, reading

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._reading, name)

        async def asked(*args: object, **named: object) -> object:
            async with self._line._counted(name):
                return await method(*args, **named)

        return asked


def _lane_of(asked: Sequence[object]) -> Lane | None:
    """Return which lane a lease, or a last look, is for."""
    first = next(iter(asked), None)
    if isinstance(first, list) and first and isinstance(first[0], Leased):
        return first[0].delivery.lane
    return first if isinstance(first, Lane) else None


class Line:
    """A register behind a line that counts what is asked, and that can be cut."""

    def __init__(self, register: Register) -> None:
        self.asked: Counter[str] = Counter()
        self.away: set[str] = set()
        """Names of methods that fail as long as they stand here."""
        self.lost: set[str] = set()
        """Methods that do their work once, and whose answer is then lost."""
        self.refuses: str | None = None
        """A target whose results the register refuses, whatever else is in the batch."""
        self._register = register
        self._stuck: dict[str, asyncio.Event] = {}
        self._busy = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._register, name)

        async def asked(*args: object, **named: object) -> object:
            if name == "wake":
                return await method(*args, **named)
            for what in (name, f"{name} of {_lane_of(args)}"):
                if what in self._stuck:
                    await self._stuck[what].wait()
            async with self._counted(name):
                return await method(*args, **named)

        return asked

    def as_reader(self, organisation: AgencyId | None) -> Any:  # noqa: ANN401  # as the register's
        """Return a reader's view; what is asked of it goes by the same line."""
        return _View(self, self._register.as_reader(organisation))

    async def complete(self, completions: Sequence[Completion]) -> tuple[bool, ...]:
        if "complete" in self._stuck:
            await self._stuck["complete"].wait()
        async with self._counted("complete"):
            if any(one.leased.delivery.target == self.refuses for one in completions):
                raise RegisterRefused("as the test says")
            answer = await self._register.complete(completions)
            if "complete" in self.lost:
                self.lost.discard("complete")
                raise RegisterAway("the answer was lost")
            return answer

    @asynccontextmanager
    async def entry(self) -> AsyncIterator[Entry]:
        async with self._counted("entry"), self._register.entry() as entry:
            yield entry

    @asynccontextmanager
    async def _counted(self, name: str) -> AsyncIterator[None]:
        self.asked[name] += 1
        if name in self.away:
            raise RegisterAway("the line is cut")
        self._busy += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy:
                self._quiet.set()

    @asynccontextmanager
    async def stuck(self, name: str) -> AsyncIterator[None]:
        """Let this method hang inside the block; `lease of bulk` does so for one lane alone."""
        self._stuck[name] = asyncio.Event()
        try:
            yield
        finally:
            self._stuck.pop(name).set()

    async def quiet(self) -> None:
        """Return when nothing is being asked, and nothing more comes by itself."""
        turns = 0
        while turns < 20:
            async with asyncio.timeout(REAL_SECONDS):
                await self._quiet.wait()
            await asyncio.sleep(0)
            turns = turns + 1 if not self._busy else 0


@dataclass(slots=True, kw_only=True)
class Scene:
    clock: VirtualClock
    line: Line
    tools: Tools
    mail: ScriptedCarrier
    hooks: ScriptedCarrier
    secure: ScriptedCarrier = field(init=False)
    mesh: ScriptedService = field(init=False)
    texts: ScriptedService = field(init=False)
    concerns: list[ConcernId] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    runs: Callable[[Sequence[Runs]], None] = field(default=lambda _: None)
    """Hears which workers run from now on."""
    _numbers: int = 0

    def __post_init__(self) -> None:
        self.secure = ScriptedCarrier(clock=self.clock, otherwise=RELAYED)
        self.mesh = ScriptedService(clock=self.clock)
        self.texts = ScriptedService(clock=self.clock, otherwise=SUBMITTED)

    @property
    def register(self) -> Register:
        return cast(Register, self.line)

    @property
    def carried(self) -> list[Carried]:
        carried = (
            *self.mail.carried,
            *self.secure.carried,
            *self.mesh.carried,
            *self.texts.carried,
            *self.hooks.carried,
        )
        return sorted(carried, key=lambda one: one.at)

    def tools_for(self, partnership: str, directory: Directory) -> Tools | None:
        return replace(self.tools, directory=directory) if partnership == "west-sussex" else None

    async def open_concern(self, number: int = 0) -> ConcernId:
        """Open a concern of its own; everybody who must be told waits in the queue."""
        concern = ConcernId(f"019ac1d2-7400-7000-8000-{number:012}")
        await self.take(replace(worlds.opened(), concern=concern))
        self.concerns.append(concern)
        return concern

    async def take(self, event: Event) -> Page:
        self._numbers += 1
        event = replace(event, id=EventId(f"taken-{self._numbers}"))
        async with self.register.entry() as entry:
            await entry.take([event])
            standing = (await entry.standing([event.concern]))[event.concern]
            tools = replace(self.tools, directory=await entry.directory())
            page = plan(standing, [event], tools, await entry.now())
            await entry.write(page)
        return page

    async def place_hold(self, concern: ConcernId, party: str, role: str) -> Page:
        """A named person places a hold on everything for one party."""
        data = {
            "hold_id": "hold-1",
            "kind": "H3",
            "party": party,
            "role": role,
            "classes": ["process", "themes"],
            "placed_by": worlds.person("Lead Enquiry Officer"),
            "reason": "the adult is not safe yet",
            "endorsed_by_agency": None,
            "review_due": (self.clock.now() + timedelta(days=3)).isoformat(),
            "conditions_for_release": "when the adult is safe",
        }
        return await self.take(replace(worlds.event("hold.placed", data, 1), concern=concern))

    async def set_holds(self, concern: ConcernId, *holds: StandingHold) -> None:
        """Let these holds stand in the register, without taking anything out of the queue."""
        async with self.register.entry() as entry:
            standing = (await entry.standing([concern]))[concern]
            page = Page(
                id=concern,
                concern=standing.concern,
                version=standing.version,
                at=await entry.now(),
                holds=frozenset(holds),
            )
            await entry.write(page)

    def deliver(
        self,
        worker: str = "w-1",
        make: type[Deliver] = Deliver,
        **knobs: Any,  # noqa: ANN401 - any of its knobs
    ) -> Deliver:
        # A poll so long that only what falls due, and what rings, can be what wakes it.
        knobs.setdefault("poll", timedelta(hours=1))
        carriers = {
            Channel.EMAIL: self.mail,
            Channel.CJSM: self.secure,
            Channel.MESH: self.mesh,
            Channel.SMS: self.texts,
            Channel.WEBHOOK: self.hooks,
        }
        return make(
            self.register, carriers, self.clock, SequentialMint(10_000), worker=worker, **knobs
        )

    def tracking(self) -> Tracking:
        services = {Channel.MESH: self.mesh, Channel.SMS: self.texts}
        mint = SequentialMint(20_000)
        every = timedelta(minutes=20)  # so that days pass in few steps
        return Tracking(self.register, services, self.clock, mint, every=every)

    def watch(self) -> Watch:
        return Watch(self.register, self.tools_for, self.clock)

    async def notices(self) -> list[NoticeRecord]:
        records: list[NoticeRecord] = []
        for concern in self.concerns:
            record = await self.register.concern(concern)
            assert record is not None
            records += record.notices
        return records

    async def notice(self, notice: NoticeId) -> NoticeRecord:
        record = await self.register.notice(notice)
        assert record is not None
        return record

    async def until(
        self, true: Callable[[], bool], within: timedelta = timedelta(minutes=10)
    ) -> timedelta:
        """Let virtual time pass until something is true; return how much has passed."""
        start = self.clock.now()
        await self.line.quiet()
        while not true():
            for task in self.tasks:
                if task.done():
                    task.result()
            wake = self.clock.next_wake
            assert wake is not None, "nothing sleeps, and it is not true"
            assert wake - start <= within, f"not true within {within}"
            await self._step(wake)
        return self.clock.now() - start

    async def pass_time(self, by: timedelta) -> None:
        """Let virtual time pass, everything that is due on the way done in its turn."""
        end = self.clock.now() + by
        await self.line.quiet()
        while (wake := self.clock.next_wake) is not None and wake <= end:
            await self._step(wake)
        await self.clock.move_to(end)
        await self.line.quiet()

    async def _step(self, wake: datetime) -> None:
        await self.clock.move_to(wake)
        await self.line.quiet()

    async def ended(self, *tasks: asyncio.Task[None]) -> timedelta:
        """Let virtual time pass until these tasks have ended; return how much has passed."""
        passed = await self.until(lambda: all(task.done() for task in tasks))
        for task in tasks:
            task.result()
        return passed


@cache
def _tools() -> Tools:
    return worlds.tools()


@asynccontextmanager
async def a_scene(url: str = "sqlite+aiosqlite://") -> AsyncIterator[Scene]:
    clock = VirtualClock(worlds.START)
    register = await open_register(url, clock=clock)
    tools = replace(_tools(), mint=SequentialMint())
    await register.seed(tools.directory)
    try:
        yield Scene(
            clock=clock,
            line=Line(register),
            tools=tools,
            mail=ScriptedCarrier(clock=clock),
            hooks=ScriptedCarrier(clock=clock),
        )
    finally:
        await register.close()


@asynccontextmanager
async def running(scene: Scene, *workers: Runs) -> AsyncIterator[asyncio.Event]:
    """Run workers beside the test; at its end they are stopped in order."""
    stop = asyncio.Event()
    scene.runs(workers)
    tasks = [asyncio.create_task(worker.run(stop)) for worker in workers]
    scene.tasks = tasks
    try:
        yield stop
        scene.runs(())
        stop.set()
        await scene.ended(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        async with asyncio.timeout(REAL_SECONDS):
            await asyncio.gather(*tasks, return_exceptions=True)


def targets(carried: Sequence[Carried]) -> list[str]:
    return [one.delivery.target for one in carried]
