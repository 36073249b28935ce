"""A hub: its parts put together, run until told to stop, and given back in order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from hub.access import Official
from hub.adapters.broker import RabbitBroker
from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.register import open_register
from hub.app import ways
from hub.app.bench import FolderBench
from hub.app.lifesigns import Signs
from hub.app.metrics import Snapshot, counters
from hub.app.parts import Aside, Parts, put_together
from hub.app.readiness import Readiness
from hub.app.reckoning import LatelyFigures
from hub.app.released import released
from hub.app.reload import Reload, Shelf, Source
from hub.app.sources import looker, reader, seeder
from hub.deliver import Deliver
from hub.directory import Directory
from hub.figures import Report
from hub.ports import Carrier, FactsOut, Register
from hub.routes.application import build_application
from hub.routes.deps import Web, WebSettings
from hub.routes.serving import build_runner
from hub.settings import Settings
from hub.vocabulary import Channel, PublisherId

log = structlog.get_logger()

ROLES: Final = ("intake", "deliver", "watch", "inbox", "facts", "web")
"""What `hub run --only` may name. Events by HTTP come in through `web`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a caller may put in place of what the settings would make: the demo and tests do."""

    seeds: Directory | None = None
    """Replaces what the packs' `directory.toml` seed."""
    people: tuple[Official, ...] | None = None
    """Who may sign in where the development sign-in is on."""
    grants: Mapping[PublisherId, Collection[PublisherId]] | None = None
    """Lets one publisher assert what others may, for a broker with one user."""
    facts: FactsOut | None = None
    """Where facts go; None: to the broker, where there is one."""
    deliver: Callable[..., Deliver] = Deliver
    """Makes the part that delivers; a fault test gives it a lease of seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A hub, put together and ready to run. `roles` are the parts that run in this process."""

    roles: frozenset[str]
    register: Register
    parts: Parts
    brokers: tuple[RabbitBroker, ...]
    """Of the intake queue and of its dead letters; none where events come by HTTP alone."""
    readiness: Readiness
    site: web.Application
    door: socket.socket
    """Where the web listens; bound before anything else, so that the address is known."""
    inside: tuple[web.Application, socket.socket] | None
    """What operators alone ask, and where; None: beside the pages."""
    stack: AsyncExitStack

    @property
    def url(self) -> str:
        """Return where the web is on this machine."""
        return ways.address_of(self.door)

    async def run(self, stop: asyncio.Event) -> None:
        """Run every part until `stop`; then let each end its work, and give everything back."""
        try:
            await self._serve(self.site, self.door)
            if self.inside is not None:
                await self._serve(*self.inside)
            # Whoever reads that it has started finds it among the living.
            await self.parts.liveness.beat()
            log.info("hub.started", roles=sorted(self.roles), url=self.url)
            async with asyncio.TaskGroup() as beside:
                over = asyncio.Event()
                beside.create_task(self.parts.liveness.run(over))
                async with asyncio.TaskGroup() as parts:
                    parts.create_task(self._until(stop))
                    for part in self._working(stop):
                        parts.create_task(part)
                    if await released(self.register, self.readiness.clock, stop):
                        for part in self._sending(stop):
                            parts.create_task(part)
                over.set()
            log.info("hub.stopped")
        finally:
            await self.close()

    async def _serve(self, site: web.Application, door: socket.socket) -> None:
        runner = build_runner(site)
        await runner.setup()
        self.stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, door).start()

    def reload(self) -> None:
        """Read the packs and the words again, prove them, and put them in force if they hold."""
        self.parts.reload.ask()

    async def close(self) -> None:
        """Give everything back, in the opposite order of taking it."""
        await self.stack.aclose()

    def _working(self, stop: asyncio.Event) -> Iterator[Coroutine[Any, Any, None]]:
        yield self.parts.reload.run(stop)
        if "intake" in self.roles and self.brokers:
            events, dead = self.brokers
            yield self.parts.intake.run(events.session, stop, dead.session)
        if "watch" in self.roles:
            yield self.parts.heartbeat.run(stop)
        if self.parts.back is not None:
            yield from (self.parts.back.inbox.run(stop), self.parts.back.returns.run(stop))

    def _sending(self, stop: asyncio.Event) -> Iterator[Coroutine[Any, Any, None]]:
        """Yield what sends, and what makes others send."""
        if "deliver" in self.roles:
            yield self.parts.deliver.run(stop)
        if "watch" in self.roles:
            yield from (self.parts.watch.run(stop), self.parts.auditor.run(stop))
            yield from (self.parts.drill.run(stop), self.parts.tracking.run(stop))
        if "facts" in self.roles and self.parts.relay is not None:
            yield self.parts.relay.run(stop)

    async def _until(self, stop: asyncio.Event) -> None:
        for reason in await self.readiness.reasons():
            log.warning("hub.not.ready", why=reason)
        await stop.wait()


async def open_hub(
    settings: Settings, roles: Collection[str] = ROLES, made: Made | None = None
) -> Hub:
    """Put a hub together.

    Raises HubError (BooksRefused, RegisterTooOld, RegisterTooNew, KeysUnusable ...) where it must
    not start; it starts, and is not ready, where a server is merely away.
    """
    stack = AsyncExitStack()
    try:
        return await _put(settings, frozenset(roles), made or Made(), stack)
    except BaseException:
        await stack.aclose()
        raise


async def _put(settings: Settings, roles: frozenset[str], made: Made, stack: AsyncExitStack) -> Hub:
    clock, mint, door = SystemClock(), RandomMint(), ways.listen(settings, stack)
    inside = ways.listen_inside(settings, stack)
    public_url = settings.public_url or ways.address_of(door)
    register, reload = await _on_the_shelf(settings, made, public_url, clock, mint, stack)
    carriers = ways.carriers(settings, clock, stack)
    back = ways.way_back(settings, register, clock, mint, stack) if "inbox" in roles else None
    signs = Signs(settings, public_url, register, clock, mint, roles)
    aside = Aside(back=back, out=made.facts or ways.facts_out(settings, stack), signs=signs)
    parts = put_together(register, reload, carriers, aside, clock, mint, made.deliver)
    brokers = ways.brokers(settings, clock, mint) if "intake" in roles else ()
    readiness = _readiness(register, roles, carriers, brokers, parts, clock)
    deps = Web(
        register=register,
        answers=(answers := ways.answers(settings, register, clock, mint)),
        clock=clock,
        settings=_reached(settings, public_url),
        sign_in=await ways.sign_in(settings, register, reload.shelf.books, made.people, stack),
        readiness=readiness.reasons,
        metrics=_counters(parts, clock),
        policy=lambda: reload.shelf.policy,
        beside=readiness.beside,
        figures=_figures(register, reload, clock, stack),
        take_in=parts.intake.take_in,
        publisher_for=await ways.publishers(settings, register),
        signer=answers.signer,
        retired_keys=ways.older_keys(settings, answers),
    )
    return Hub(
        roles=roles,
        register=register,
        parts=parts,
        brokers=brokers,
        readiness=readiness,
        site=_site(deps, roles, settings, reload, carriers),
        door=door,
        inside=(build_application(deps, health_only=True), inside) if inside else None,
        stack=stack,
    )


def _reached(settings: Settings, public_url: str) -> WebSettings:
    return WebSettings(
        public_url=public_url,
        requests_a_minute=settings.requests_a_minute,
        events_a_minute=settings.events_a_minute,
    )


def _site(
    deps: Web,
    roles: frozenset[str],
    settings: Settings,
    reload: Reload,
    carriers: Mapping[Channel, Carrier],
) -> web.Application:
    """Return the web, with what its screens for operators try things out with."""
    given = replace(
        deps,
        tools_for=reload.shelf.tools_for,
        bench=FolderBench(policy=settings.policy_dir),
        webhooks=carriers[Channel.WEBHOOK],
    )
    return build_application(
        given,
        health_only="web" not in roles,
        health_elsewhere=settings.health_port is not None,
    )


async def _on_the_shelf(
    settings: Settings,
    made: Made,
    public_url: str,
    clock: SystemClock,
    mint: RandomMint,
    stack: AsyncExitStack,
) -> tuple[Register, Reload]:
    """Open the register, and put the pack in force in it on the shelf."""
    read = reader(settings, ways.sender(settings, public_url), mint, made.grants or {})
    look = looker(settings)
    as_read = look()
    books = read()
    register = await _register(settings, stack)
    source = Source(read=read, look=look, seed=seeder(register, settings, made.seeds))
    every = timedelta(seconds=settings.policy_watch_seconds) if as_read else None
    reload = Reload(Shelf(books), source, register, clock, every=every or None, as_read=as_read)
    await reload.start()
    return register, reload


async def _register(settings: Settings, stack: AsyncExitStack) -> Register:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    register = await open_register(settings.register, source=settings.source)
    stack.push_async_callback(register.close)
    return register


def _readiness(
    register: Register,
    roles: frozenset[str],
    carriers: Mapping[Channel, Carrier],
    brokers: tuple[RabbitBroker, ...],
    parts: Parts,
    clock: SystemClock,
) -> Readiness:
    return Readiness(
        register=register,
        carriers=carriers if "deliver" in roles else {},
        brokers=brokers,
        intake=parts.intake,
        clock=clock,
        auditor=parts.auditor if "watch" in roles else None,
        facts_go_out=parts.relay is not None,
    )


def _figures(
    register: Register, reload: Reload, clock: SystemClock, stack: AsyncExitStack
) -> Callable[[], Awaitable[Report | None]]:
    lately = LatelyFigures(register, clock, reload.shelf.calendars)
    stack.push_async_callback(lately.close)
    return lately.latest


def _counters(parts: Parts, clock: SystemClock) -> CollectorRegistry:
    found: dict[str, Snapshot] = {
        "intake": lambda: parts.intake.counts,
        "deliver": parts.deliver.counts,
        "audit": parts.auditor.counts,
        "heartbeat": parts.heartbeat.counts,
        "liveness": parts.liveness.counts,
        "tracking": lambda: parts.tracking.counts,
    }
    if parts.back is not None:
        returns = parts.back.returns
        found["returns"] = lambda: returns.counts
    if parts.relay is not None:
        found["facts"] = parts.relay.counts
    return counters(
        found,
        policy=lambda: (parts.reload.shelf.policy, clock.now()),
    )
