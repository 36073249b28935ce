"""One world from one seed: two workers on one register, a broker, and receivers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from random import Random
from typing import Any, Final, cast

from hub.adapters.memory import MemoryBroker, MemorySession, SequentialMint
from hub.adapters.register.sql import SqlRegister
from hub.deliver import Deliver
from hub.directory import Directory
from hub.intake import Intake
from hub.notice import (
    Accepted,
    Deferred,
    InDoubt,
    Leased,
    Outcome,
    Refused,
    RefusedBecause,
)
from hub.page import Page, Poison
from hub.plan import Tools
from hub.ports import Completion, Entry, LastLook, Received, Register, Taking
from hub.vocabulary import Channel, Lane, Rung
from tests.flow.intake_scene import document
from tests.simulation.book import Book, Completing, Entering, Leasing
from tests.simulation.loop import Process, SeededLoop
from tests.simulation.wire import DOING, Server

START: Final = datetime(2026, 12, 8, 10, 0, tzinfo=UTC)
PARTNERSHIP: Final = "west-sussex"


async def passes(seconds: float) -> None:
    """Let time pass."""
    loop = asyncio.get_running_loop()
    passed: asyncio.Future[None] = loop.create_future()
    timer = loop.call_later(seconds, _set, passed)
    try:
        await passed
    finally:
        timer.cancel()


def _set(passed: asyncio.Future[None]) -> None:
    if not passed.done():
        passed.set_result(None)


class SkewedClock:
    """A machine's clock: it goes as time does, and may be set, forward or back."""

    def __init__(self, loop: SeededLoop) -> None:
        self.loop = loop
        self.off = 0.0
        """Seconds that it is fast."""

    def now(self) -> datetime:
        said = START + timedelta(seconds=round(self.loop.time() + self.off, 6))
        if isinstance(doing := DOING.get(), Leasing):
            doing.told.append(said)
        return said

    async def sleep(self, seconds: float) -> None:
        await passes(max(seconds, 0.0))


class Line:
    """The register as one process has it: what it does is in the book; a dead one is cut off."""

    def __init__(self, register: Register, process: Process, book: Book) -> None:
        self._register = register
        self._process = process
        self.book = book

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any method of the port
        self.alive()
        return getattr(self._register, name)

    def alive(self) -> None:
        if self._process.dead:
            raise asyncio.CancelledError

    async def lease(self, lane: Lane, **named: Any) -> tuple[Leased, ...]:  # noqa: ANN401 - as the port has it
        self.alive()
        doing = Leasing(process=self._process.name, avoid=named.get("avoid", frozenset()))
        with _doing(doing):
            return await self._leases(lane, **named)

    async def _leases(self, lane: Lane, **named: Any) -> tuple[Leased, ...]:  # noqa: ANN401 - as the port has it
        return await self._register.lease(lane, **named)

    async def complete(self, completions: Sequence[Completion]) -> tuple[bool, ...]:
        self.alive()
        with _doing(Completing(completions=tuple(completions))):
            return await self._completes(completions)

    async def _completes(self, completions: Sequence[Completion]) -> tuple[bool, ...]:
        return await self._register.complete(completions)

    async def last_look(self, leased: Sequence[Leased]) -> LastLook:
        self.alive()
        before = self.book.before_look(leased)
        found = await self._looks(leased)
        self.alive()
        self.book.look(self._process.name, leased, found.stopped, before)
        return found

    async def _looks(self, leased: Sequence[Leased]) -> LastLook:
        return await self._register.last_look(leased)

    @asynccontextmanager
    async def entry(self) -> AsyncIterator[Entry]:
        self.alive()
        entering = Entering()
        with _doing(entering):
            async with self._register.entry() as entry:
                yield cast(Entry, self._enters(entry, entering))

    def _enters(self, entry: Entry, entering: Entering) -> Entered:
        return Entered(entry, entering)


class Entered:
    """A transaction whose writes are in the book once it is committed."""

    def __init__(self, entry: Entry, entering: Entering) -> None:
        self._entry = entry
        self._entering = entering

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any method of the port
        return getattr(self._entry, name)

    async def take(self, events: Sequence[Any]) -> tuple[Taking, ...]:
        answers = await self._entry.take(events)
        self._entering.events += [
            event
            for event, answer in zip(events, answers, strict=True)
            if answer is not Taking.CONFLICT
        ]
        return answers

    async def write(self, page: Page) -> None:
        await self._entry.write(page)
        self._entering.pages.append(page)

    async def quarantine(self, poison: Poison) -> str:
        kept = await self._entry.quarantine(poison)
        self._entering.poison.append(poison)
        return kept

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        mark = self._entering.mark()
        try:
            async with self._entry.savepoint():
                yield
        except BaseException:
            self._entering.back_to(mark)
            raise


@contextmanager
def _doing(what: object) -> Iterator[None]:
    token = DOING.set(what)
    try:
        yield
    finally:
        DOING.reset(token)


class Session:
    """A session on the broker, of one process."""

    def __init__(self, session: MemorySession, process: Process, book: Book) -> None:
        self._session = session
        self._process = process
        self._book = book
        self._open: dict[int, Received] = {}

    async def receive(self, *, limit: int, linger: timedelta) -> tuple[Received, ...]:
        if self._process.dead:
            raise asyncio.CancelledError
        batch = await self._session.receive(limit=limit, linger=linger)
        self._open |= {one.tag: one for one in batch}
        return batch

    async def ack_through(self, tag: int) -> None:
        if self._process.dead:
            return
        through = [self._open.pop(each) for each in sorted(self._open) if each <= tag]
        self._book.acked(through)
        await self._session.ack_through(tag)

    async def drain(self) -> None:
        await self._session.drain()

    async def close(self) -> None:
        self._session.end()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """How often the receivers do what, by a share of all tries."""

    shares: Mapping[str, float]
    slow: float
    """The longest that a way to a receiver takes, in seconds."""


FATES: Final = (
    "deferred",
    "our fault",
    "later",
    "configuration",
    "address",
    "policy",
    "gone",
    "egress",
    "hangs at once",
    "hangs at last",
    "no reply",
    "breaks at once",
    "breaks at last",
)


class Receiver:
    """Carries to receivers that do as the seed says; of each copy that came the book has a line."""

    def __init__(self, world: World, process: Process, clock: SkewedClock) -> None:
        self._world = world
        self._process = process
        self._clock = clock

    async def carry(self, leased: Leased, directory: Directory) -> Outcome:
        del directory
        book, world = self._world.book, self._world
        book.starts(self._process.name, leased)
        fate, there, back = world.fate(leased)
        await passes(there)
        before = self._before(fate)
        if before is not None:
            return before
        if fate == "hangs at once":
            await asyncio.get_running_loop().create_future()
        if fate == "breaks at once":
            raise ZeroDivisionError
        book.arrives(leased, world.loop.time())
        await passes(back)
        if fate == "hangs at last":
            await asyncio.get_running_loop().create_future()
        if fate == "breaks at last":
            raise ZeroDivisionError
        now = self._clock.now()
        if fate == "no reply":
            return InDoubt(at=now, detail="no reply")
        return Accepted(at=now, detail="taken", rung=Rung.RELAYED)

    def _before(self, fate: str) -> Outcome | None:
        now = self._clock.now()
        match fate:
            case "deferred":
                return Deferred(at=now, detail="not now")
            case "our fault":
                return Deferred(at=now, detail="no route", ours=True)
            case "later":
                return Deferred(at=now, detail="busy", not_before=now + timedelta(seconds=90))
            case "configuration":
                return Deferred(at=now, detail="who are you", configuration=True)
            case "address" | "policy" | "gone" | "egress":
                return Refused(at=now, detail="no", because=RefusedBecause(fate))
            case _:
                return None

    async def ready(self) -> str | None:
        return None

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True, kw_only=True)
class Knobs:
    """How a worker is set up."""

    batch: int = 200
    lease: float = 7_200.0
    margin: float = 1_800.0
    poll: float = 21_600.0
    grace: float = 20.0
    budget: int = 64
    per_destination: int = 8


Made = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Makers:
    """What a worker is made of; mistakes are planted by putting something else in its place."""

    intake: Made = Intake
    deliver: Made = Deliver
    line: Made = Line
    session: Made = Session
    put_endpoint: Made = SqlRegister.put_endpoint
    unheard: str | None = None
    """What the register does not hear of: statements that begin so."""


class Worker:
    """A process of the hub: takes in and delivers."""

    def __init__(self, world: World, name: str, knobs: Knobs) -> None:
        self.process = Process(name)
        self.stop = asyncio.Event()
        self.clock = SkewedClock(world.loop)
        self.clock.off = world.skew.get(name, 0.0)
        self.sessions: list[MemorySession] = []
        self._world = world
        register = cast(Register, world.makers.line(world.register, self.process, world.book))
        self.intake = world.makers.intake(
            register,
            world.tools_for,
            self.clock,
            partnerships=lambda: (PARTNERSHIP,),
            batch=knobs.batch,
        )
        receiver = Receiver(world, self.process, self.clock)
        self.deliver = world.makers.deliver(
            register,
            {Channel.EMAIL: receiver, Channel.WEBHOOK: receiver, Channel.CJSM: receiver},
            self.clock,
            world.mint,
            worker=name,
            budgets=dict.fromkeys(Lane, knobs.budget),
            per_destination=knobs.per_destination,
            lease_for=timedelta(seconds=knobs.lease),
            margin=timedelta(seconds=knobs.margin),
            grace=timedelta(seconds=knobs.grace),
            poll=timedelta(seconds=knobs.poll),
        )
        self.task = world.loop.spawn(self.process, self._run())

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self.intake.run(self._session, self.stop))
            parts.create_task(self.deliver.run(self.stop))

    async def _session(self) -> Session:
        if self.process.dead:
            raise asyncio.CancelledError
        session = await self._world.broker.session()
        self.sessions.append(session)
        made: Session = self._world.makers.session(session, self.process, self._world.book)
        return made

    def buried(self) -> None:
        """Give back what a dead worker had not acknowledged."""
        for session in self.sessions:
            session.end()


@cache
def _story(name: str) -> Mapping[str, Any]:
    return document(name)


class World:
    """Everything there is, for one seed."""

    def __init__(
        self,
        seed: int,
        loop: SeededLoop,
        server: Server,
        register: Register,
        tools: Tools,
        makers: Makers,
    ) -> None:
        self.seed = seed
        self.chance = Random(f"the world of {seed}")
        self.loop = loop
        self.server = server
        self.register = register
        self.makers = makers
        self.book = Book()
        self.mint = SequentialMint()
        self.skew: dict[str, float] = {}
        self.clock = SkewedClock(loop)
        self.broker = MemoryBroker(self.clock)
        self.workers: dict[str, Worker] = {}
        self.published: list[bytes] = []
        self.calm = False
        self.gone = False
        """Whether an endpoint may be parked: a receiver has said so, or it was closed by hand."""
        self.beside: list[asyncio.Future[None]] = []
        """What people have begun by hand."""
        self.hostile = Hostile(shares={}, slow=0.1)
        self._tools = replace(tools, mint=self.mint)
        self._tries = count()

    def tools_for(self, partnership: str, directory: Directory) -> Tools | None:
        if partnership != PARTNERSHIP:
            return None
        return replace(self._tools, directory=directory)

    def say(self, *what: object) -> None:
        self.book.note(self.loop.time(), *what)

    # Receivers

    def fate(self, leased: Leased) -> tuple[str, float, float]:
        """Return what becomes of a try, and how long there and back."""
        chance = Random(f"{self.seed} {leased.delivery.id} {leased.token}")
        there, back = chance.uniform(0, self.hostile.slow), chance.uniform(0, self.hostile.slow)
        if self.calm:
            return "taken", min(there, 0.2), min(back, 0.2)
        names = [*self.hostile.shares]
        drawn = chance.random()
        for name in names:
            drawn -= self.hostile.shares[name]
            if drawn < 0:
                self.say(name, leased.delivery.id, leased.token)
                self.gone |= name == "gone"
                return name, there, back
        return "taken", there, back

    # The broker

    def publish(self, body: bytes) -> None:
        """Publish a message, confirmed."""
        self.published.append(body)
        self.broker.publish(body, user_id="wscc", routing_key="wscc.event")

    def story(self, concern: int, events: int) -> list[bytes]:
        """Return what happens in one concern, in the order it happens."""
        chance = self.chance
        names = ["concern-opened"]
        names += [chance.choice(_NEXT) for _ in range(events)]
        return [self._event(name, concern, number) for number, name in enumerate(names)]

    def _event(self, name: str, concern: int, number: int) -> bytes:
        whole = dict(_story(name))
        id_ = f"019ac1d2-7400-7000-8000-{concern:012}"
        whole |= {
            "id": f"019ac1d2-7400-7000-9000-{concern:06}{number:06}",
            "concernid": id_,
            "subject": f"concern/{id_}",
        }
        if name.startswith("hold"):
            party, role = self.chance.choice(_HELD)
            hold = {"hold_id": f"H-{self.chance.randint(1, 2)}"}
            if name == "hold-placed":
                hold |= {"kind": "H3", "party": party, "role": role}
                classes = self.chance.choice((["process", "themes"], ["themes"]))
                whole["data"] = {**whole["data"], **hold, "classes": classes}
            else:
                whole["data"] = {**whole["data"], **hold, "authority": "gss:E10000032"}
        return json.dumps(whole).encode()


_NEXT: Final = (
    "hold-placed",
    "hold-placed",
    "hold-released",
    "meeting-scheduled",
    "lead-agency-set",
)
_HELD: Final = (
    ("ods:QNX", "host icb"),
    ("regulator:cqc", "regulator"),
    ("cqc:1-1000000001", "provider"),
)
