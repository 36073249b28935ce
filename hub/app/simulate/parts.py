"""A whole hub on a virtual clock: the parts of every hub, and ways out that send nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from hub.adapters.memory import SequentialMint, VirtualClock
from hub.adapters.register import open_register
from hub.adapters.scripted import RELAYED, SUBMITTED, ScriptedCarrier, ScriptedService
from hub.adapters.smtp import verp_delivery
from hub.answers import Answers
from hub.app.books import Books, open_books
from hub.app.reload import Reload, Shelf, Source
from hub.app.simulate.quiet import Asked, Ticks
from hub.deliver import Deliver
from hub.directory import Contact
from hub.intake import Intake
from hub.ports import Carrier, Register
from hub.returns import Returns
from hub.tracking import Tracking
from hub.vocabulary import Channel, Mint
from hub.watch import Watch

POLL: Final = timedelta(days=1)
"""How often delivery looks for what nobody rang for. On one machine nothing is missed."""
LEASE: Final = timedelta(days=3650)
"""Longer than any simulation: its carriers answer at once, so no lease need ever be cut."""
TRIES: Final = 10_000_000
"""Where the ids that delivery makes begin, apart from all others."""
ASKS_EVERY: Final = timedelta(minutes=20)
"""Between looks at what services are to be asked about: so days pass in few steps."""
BOUNCES: Final = b"nothing leaves a simulation"
"""What its bounce addresses are signed with."""
RELAY: Final = "relay.simulated"
"""The mail server whose word of success counts."""


@dataclass(slots=True, kw_only=True)
class Parts:
    """The hub while it is simulated."""

    clock: VirtualClock
    register: Register
    asked: Asked
    books: Books
    """Those it began with."""
    shelf: Shelf
    mint: Mint
    tries: Mint
    asks: Mint
    ticks: Ticks
    intake: Intake
    answers: Answers
    returns: Returns
    mail: ScriptedCarrier
    secure: ScriptedCarrier
    mesh: ScriptedService
    """Takes everything; a scenario says what became of it, when the hub asks."""
    texts: ScriptedService
    """The same, for telephones."""
    hooks: ScriptedCarrier
    running: frozenset[str] = frozenset()
    """Which parts run: `deliver`, `tracking`, `watch`."""
    _stops: dict[str, asyncio.Event] = field(default_factory=dict)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _worker: int = 0

    async def run(self, *names: str) -> None:
        """Let exactly these parts run from now on."""
        wanted = frozenset(names)
        for name in sorted(self.running - wanted):
            await self._end(name)
        for name in sorted(wanted - self.running):
            self._stops[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._begin(name)(self._stops[name]))
        self.running = wanted
        await self.asked.quiet()

    async def renew(self, folder: Path) -> tuple[str, ...]:
        """Put the packs of a folder in force, as a running hub does; return why not, if not."""

        async def seed(books: Books) -> None:
            for seeds in books.seeds.values():
                await self.register.seed(seeds)

        source = Source(
            read=lambda: open_books(folder, None, self.books.sender, self.mint),
            look=lambda: (),
            seed=seed,
        )
        reload = Reload(self.shelf, source, self.register, self.clock, every=None)
        return () if await reload.renew() else self.shelf.policy.refused

    def way_to(self, contact: Contact) -> ScriptedCarrier:
        """Return what carries to a mailbox, by what its address says."""
        ways = {Channel.CJSM: self.secure, **self.services}
        return ways.get(contact.channel, self.mail)

    @property
    def services(self) -> dict[Channel, ScriptedService]:
        """Return what can be asked what became of the messages it took."""
        return {Channel.MESH: self.mesh, Channel.SMS: self.texts}

    def raise_fault(self) -> None:
        """Raise what a part has ended with, if one has."""
        for task in self._tasks.values():
            if task.done():
                task.result()

    def _begin(self, name: str) -> Any:  # noqa: ANN401 - the `run` of either
        if name == "watch":
            return Watch(self.register, self.shelf.tools_for, self.ticks).run
        if name == "tracking":
            return Tracking(
                self.register, self.services, self.clock, self.asks, every=ASKS_EVERY
            ).run
        self._worker += 1
        carriers: dict[Channel, Carrier] = {
            Channel.EMAIL: self.mail,
            Channel.CJSM: self.secure,
            **self.services,
            Channel.WEBHOOK: self.hooks,
        }
        return Deliver(
            self.register,
            carriers,
            self.clock,
            self.tries,
            worker=f"simulated-{self._worker}",
            lease_for=LEASE,
            margin=LEASE / 3,
            poll=POLL,
        ).run

    async def _end(self, name: str) -> None:
        self._stops.pop(name).set()
        task = self._tasks.pop(name)
        await self.asked.quiet()
        while not task.done() and (wake := self.clock.next_wake) is not None:
            await self.clock.move_to(wake)
            await self.asked.quiet()
        await task

    async def close(self) -> None:
        """End every part at once."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


@asynccontextmanager
async def simulated(books: Books, start: datetime) -> AsyncIterator[Parts]:
    """Put a hub together whose clock stands at `start`; its register is gone at the end."""
    clock = VirtualClock(start)
    opened = await open_register("sqlite+aiosqlite://", clock=clock)
    try:
        for seeds in books.seeds.values():
            await opened.seed(seeds)
        parts = _parts(books, clock, opened)
        try:
            yield parts
        finally:
            await parts.close()
    finally:
        await opened.close()


def _parts(books: Books, clock: VirtualClock, opened: Register) -> Parts:
    asked = Asked(opened)
    register = cast(Register, asked)
    shelf = Shelf(books)
    domain = books.sender.message_id_domain
    return Parts(
        clock=clock,
        register=register,
        asked=asked,
        books=books,
        shelf=shelf,
        mint=books.mint,
        tries=SequentialMint(TRIES),
        asks=SequentialMint(2 * TRIES),
        ticks=Ticks(clock),
        intake=Intake(register, shelf.tools_for, clock, partnerships=shelf.partnerships),
        answers=Answers(register=register, clock=clock, mint=books.mint),
        returns=Returns(
            register,
            clock,
            books.mint,
            names=partial(verp_delivery, domain=domain, key=BOUNCES),
            domain=domain,
            trusted=(RELAY,),
        ),
        mail=ScriptedCarrier(clock=clock),
        secure=ScriptedCarrier(clock=clock, otherwise=RELAYED),
        mesh=ScriptedService(clock=clock),
        texts=ScriptedService(clock=clock, otherwise=SUBMITTED),
        hooks=ScriptedCarrier(clock=clock),
    )
