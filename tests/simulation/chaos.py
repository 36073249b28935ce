"""What befalls a world: drawn from its seed, played, and then all is calm until it rests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from hub.ports import RegisterAway
from tests.simulation.book import Broken
from tests.simulation.world import FATES, Hostile, Knobs, Worker, World, passes

NAMES: Final = ("w-1", "w-2")
TIME: Final = 60.0
"""How long, in seconds of the world, things go wrong."""
REST: Final = 4 * 86_400.0
"""Within what time all must be done once nothing goes wrong any more."""
CALM: Final = Knobs()
PLAIN: Final = Knobs(lease=25.0, margin=5.0, poll=20.0)

Act = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What will befall one world, in order of time."""

    acts: tuple[tuple[float, str, Act], ...]
    knobs: Knobs


def plain(world: World) -> Story:
    """Return a story in which nothing befalls anybody."""
    troubles = _Troubles(world, PLAIN)
    for body in world.story(1, 2):
        troubles.add("published", partial(world.publish, body), 0.0)
    return Story(acts=tuple(troubles.acts), knobs=PLAIN)


def draw(world: World) -> Story:
    """Draw everything that will befall a world. Each kind of trouble is in about half of them."""
    chance = world.chance
    knobs = Knobs(
        batch=chance.choice((1, 2, 200)),
        lease=chance.choice((25.0, 60.0, 900.0)),
        margin=5.0,
        poll=chance.choice((20.0, 60.0)),
        grace=chance.choice((1.0, 20.0)),
        budget=chance.choice((1, 3, 64)),
        per_destination=chance.choice((1, 8)),
    )
    troubles = _Troubles(world, knobs)
    for trouble in (
        troubles.deaths,
        troubles.stops,
        troubles.stillness,
        troubles.clocks,
        troubles.register_away,
        troubles.commits,
        troubles.broker,
        troubles.receivers,
        troubles.slowness,
    ):
        if chance.random() < 0.5:
            trouble()
    troubles.events()
    if chance.random() < 0.5:
        troubles.webhooks()
    acts = sorted(troubles.acts, key=lambda act: act[0])
    return Story(acts=tuple(acts), knobs=knobs)


class _Troubles:
    def __init__(self, world: World, knobs: Knobs) -> None:
        self.world = world
        self.knobs = knobs
        self.acts: list[tuple[float, str, Act]] = []

    def add(self, what: str, act: Act, at: float | None = None) -> None:
        chance = self.world.chance
        # Most of the work is done in the first seconds; so is half of the trouble.
        moment = chance.uniform(0.0, chance.choice((3.0, TIME))) if at is None else at
        self.acts.append((moment, what, act))

    def events(self) -> None:
        """Publish: in order or not, some twice, some that cannot be read."""
        chance = self.world.chance
        bodies: list[bytes] = []
        for concern in range(1, chance.choice((2, 2, 3))):
            bodies += self.world.story(concern, chance.randint(1, 3))
        if chance.random() < 0.3:
            chance.shuffle(bodies)
        if chance.random() < 0.2:
            bodies.insert(chance.randint(0, len(bodies)), b'{"specversion": "1.0", "id": ')
        if chance.random() < 0.1:
            bodies.append(bodies[0].replace(b"Amara", b"Amira"))
        if chance.random() < 0.4:
            bodies.insert(chance.randint(0, len(bodies)), chance.choice(bodies))
        moment = 0.0
        for body in bodies:
            self.add("published", partial(self.world.publish, body), moment)
            moment += chance.choice((0.0, 0.0, 0.05, 1.0, 1.0, 5.0, 20.0))

    def deaths(self) -> None:
        """A worker dies at an await point, and comes back after a while."""
        for _ in range(self.world.chance.randint(1, 3)):
            name = self.world.chance.choice(NAMES)
            steps = self.world.chance.choice((1, 20, 100, 400))
            self.add(f"{name} dies", partial(self._dies, name, steps))

    def _dies(self, name: str, steps: int) -> None:
        if worker := self.world.workers.get(name):
            process = worker.process
            process.dies_at = process.steps + self.world.chance.randint(1, steps)

    def stops(self) -> None:
        """A worker is told to stop, and is started again."""
        name = self.world.chance.choice(NAMES)
        self.add(f"{name} is stopped", partial(self._stops, name))

    def _stops(self, name: str) -> None:
        if worker := self.world.workers.get(name):
            worker.stop.set()

    def stillness(self) -> None:
        """A worker stands still, past its leases or not, and goes on."""
        name, wait = (
            self.world.chance.choice(NAMES),
            self.world.chance.choice((1.0, 30.0, 100.0)),
        )
        self.add(f"{name} stands still for {wait}", partial(self._stands_still, name, wait))

    def _stands_still(self, name: str, wait: float) -> None:
        if worker := self.world.workers.get(name):
            worker.process.still_until = self.world.loop.time() + wait

    def clocks(self) -> None:
        """Clocks are set, forward or back: a worker's, or the register's."""
        for name in (*NAMES, "register"):
            if self.world.chance.random() < 0.6:
                by = self.world.chance.uniform(-300.0, 300.0)
                self.add(f"the clock of {name} jumps {by:.0f}", partial(self._jump, name, by))

    def _jump(self, name: str, by: float) -> None:
        if name == "register":
            self.world.clock.off += by
            return
        self.world.skew[name] = self.world.skew.get(name, 0.0) + by
        if worker := self.world.workers.get(name):
            worker.clock.off = self.world.skew[name]

    def register_away(self) -> None:
        """The register cannot be reached for a while, once or twice."""
        for _ in range(self.world.chance.randint(1, 2)):
            wait = self.world.chance.choice((0.1, 3.0, 30.0, 80.0))
            self.add(f"the register is away for {wait}", partial(self._away, wait))

    def _away(self, wait: float) -> None:
        self.world.server.weather.away_until = self.world.loop.time() + wait

    def commits(self) -> None:
        """Statements fail, commits fail, and the answers of commits are lost."""
        chance, weather = self.world.chance, self.world.server.weather
        weather.fails = chance.choice((0.0, 0.002, 0.02))
        weather.uncommitted = chance.choice((0.0, 0.05, 0.3))
        weather.unknown = chance.choice((0.0, 0.05, 0.3))

    def broker(self) -> None:
        """The broker ends every session."""
        for _ in range(self.world.chance.randint(1, 2)):
            self.add("the broker drops", self._drops)

    def _drops(self) -> None:
        # In one order always, so that the seed alone says what comes back first.
        for worker in self.world.workers.values():
            worker.buried()

    def receivers(self) -> None:
        """Receivers put off, refuse, hang, and leave us in doubt."""
        chance = self.world.chance
        some = chance.sample(FATES, chance.randint(1, 6))
        whole = chance.choice((0.2, 0.5, 0.9))
        self.world.hostile = Hostile(
            shares={fate: whole / len(some) for fate in some},
            slow=chance.choice((0.05, 2.0, 12.0)),
        )

    def webhooks(self) -> None:
        """Webhooks are closed and opened by hand, and the look comes round."""
        for _ in range(self.world.chance.randint(1, 4)):
            self.add("webhooks are closed", partial(self._begin, self._turn(parked=True)))
            self.add("webhooks are opened", partial(self._begin, self._turn(parked=False)))
            self.add("a look comes round", partial(self._begin, self._look))

    def _begin(self, deed: Callable[[], Awaitable[None]]) -> None:
        self.world.beside.append(asyncio.ensure_future(_if_it_can(deed)))

    def _turn(self, *, parked: bool) -> Callable[[], Awaitable[None]]:
        async def turn() -> None:
            world = self.world
            world.gone = True
            for endpoint in (await world.register.directory()).endpoints:
                await world.makers.put_endpoint(world.register, replace(endpoint, parked=parked))

        return turn

    async def _look(self) -> None:
        await self.world.register.keep_apart()

    def slowness(self) -> None:
        """The register takes its time over calls."""
        self.world.server.weather.slow = self.world.chance.choice((0.02, 0.2))


async def play(world: World, dies_at: int | None = None) -> None:
    """Play a world to its end. Raises Broken, or DoesNotRest.

    `dies_at`: nothing else befalls it than that its first worker dies at this step.
    """
    story = draw(world) if dies_at is None else plain(world)
    for name in NAMES:
        _start(world, name, story.knobs)
    world.workers[NAMES[0]].process.dies_at = dies_at
    keeper = asyncio.ensure_future(_keep_running(world, story.knobs))
    for at, what, act in story.acts:
        await passes(max(0.0, at - world.loop.time()))
        world.say(what)
        act()
    await passes(max(0.0, TIME - world.loop.time()))
    if keeper.done():
        keeper.result()
    keeper.cancel()
    await _calm(world)
    await _rests(world)


def _start(world: World, name: str, knobs: Knobs) -> None:
    world.say(name, "starts")
    world.workers[name] = Worker(world, name, knobs)


async def _keep_running(world: World, knobs: Knobs) -> None:
    """Start again whoever died or was stopped; what ends by itself is a fault."""
    while True:
        await passes(1.0)
        for name, worker in [*world.workers.items()]:
            if not worker.task.done():
                continue
            _ended(world, name, worker)
            await passes(world.chance.choice((0.0, 2.0, 30.0)))
            _start(world, name, knobs)


def _ended(world: World, name: str, worker: Worker) -> None:
    worker.buried()
    if worker.process.dead:
        world.say(name, "died")
        return
    if not worker.task.cancelled() and (error := worker.task.exception()) is not None:
        raise Broken(f"{name} ended by itself") from error
    if not worker.stop.is_set():
        raise Broken(f"{name} ended by itself, without a word")
    world.say(name, "stopped")


async def _calm(world: World) -> None:
    """Let nothing go wrong any more, and start the workers anew."""
    weather = world.server.weather
    weather.away_until = weather.fails = weather.uncommitted = weather.unknown = weather.slow = 0.0
    world.calm = True
    world.say("calm")
    for worker in world.workers.values():
        worker.process.still_until = 0.0
        worker.process.dies_at = None
        worker.stop.set()
    await _all_ended(world)
    for name in NAMES:
        _start(world, name, CALM)


async def _all_ended(world: World) -> None:
    until = world.loop.time() + 3_600.0
    while not all(worker.task.done() for worker in world.workers.values()):
        if world.loop.time() > until:
            raise Broken("a worker was told to stop, and works on")
        await passes(1.0)
    for name, worker in world.workers.items():
        _ended(world, name, worker)


async def _rests(world: World) -> None:
    """Wait until the broker is empty and the queue too; then let the workers end."""
    until = world.loop.time() + REST
    while world.broker.depth or world.book.queue:
        if world.loop.time() > until:
            waits = world.broker.depth, len(world.book.queue)
            raise Broken(f"{waits[0]} messages and {waits[1]} deliveries wait for ever")
        await _open_again(world)
        await passes(20.0)
        for name, worker in world.workers.items():
            if worker.task.done():
                _ended(world, name, worker)
    for worker in world.workers.values():
        worker.stop.set()
    await _all_ended(world)


async def _if_it_can(deed: Callable[[], Awaitable[None]]) -> None:
    with suppress(RegisterAway):
        await deed()


async def _open_again(world: World) -> None:
    """Put right what the receivers said is gone, and what was closed by hand."""
    if not world.gone:
        return
    await asyncio.gather(*world.beside)
    world.gone = False
    for endpoint in (await world.register.directory()).endpoints:
        if endpoint.parked:
            world.say("opened again", endpoint.id)
            await world.makers.put_endpoint(world.register, replace(endpoint, parked=False))
