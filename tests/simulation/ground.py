"""The ground on which worlds are played one after another: a loop, a database, the shipped pack."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from random import Random
from typing import Any, Final

import pytest
import structlog

from hub.adapters.register import dialect, open_register
from tests import worlds
from tests.simulation.book import Book, Broken
from tests.simulation.chaos import play
from tests.simulation.loop import SeededLoop
from tests.simulation.wire import Server, Weather
from tests.simulation.world import Makers, SkewedClock, World

HONEST: Final = Makers()


class Ground:
    """Plays worlds. One register serves them all, made new for each."""

    def __init__(self) -> None:
        self.loop = SeededLoop()
        self.server = Server()
        self._clock = SkewedClock(self.loop)
        self._tools = worlds.tools()
        asyncio.run(_migrated_once())
        with _instead(self.server):
            self._renew()

    def _renew(self) -> None:
        """Open a register of its own for what comes."""
        self.loop.begin(Random(0))
        self._ids = count()
        self._register = self.loop.run_until_complete(self._open())
        self._anchor: sqlite3.Connection = self._register._database._memory
        self._empty = sqlite3.connect(":memory:")
        self._anchor.backup(self._empty)

    async def _open(self) -> Any:  # noqa: ANN401 - a register, and behind its door
        register = await open_register("sqlite+aiosqlite://", clock=self._clock, ids=self._id)
        await register.seed(self._tools.directory)
        return register

    def _id(self) -> str:
        return f"r-{next(self._ids):08}"

    def play(self, seed: int, makers: Makers = HONEST, dies_at: int | None = None) -> Book:
        """Play the world of one seed to its end. Raises Broken, whatever was wrong.

        `dies_at`: a plain world, whose first worker dies at this step and no other harm is done.
        """
        # A world is small, and soon forgotten whole: looking for garbage costs it a tenth.
        gc.disable()
        try:
            with _instead(self.server):
                return self._play(seed, makers, dies_at)
        finally:
            gc.enable()

    def _play(self, seed: int, makers: Makers, dies_at: int | None) -> Book:
        self._empty.backup(self._anchor)
        self.loop.run_until_complete(self._forget())
        self.loop.begin(Random(f"the order of {seed}"))
        self.server.weather = Weather(
            chance=Random(f"the weather of {seed}"), unheard=makers.unheard
        )
        self._ids = count()
        world = World(seed, self.loop, self.server, self._register, self._tools, makers)
        world.clock = self._clock
        self._clock.off = 0.0
        self.loop.dying, self.loop.died = self.server.buried, self.server.swept
        world.book.broken = partial(setattr, self.loop, "fault")
        self.server.weather.committed = lambda connection, doing: world.book.committed(
            connection, doing, self.loop.time()
        )
        try:
            self.loop.run_until_complete(self._played(world, dies_at))
        except Exception as error:
            world.book.is_broken = True
            which = f"{seed}" if dies_at is None else f"{seed}:{dies_at}"
            raise Broken(_report(which, world.book, error)) from error
        finally:
            world.book.broken = lambda _: None  # what follows from it while all ends is no news
            self.server.weather = Weather(chance=Random(0))
            self.loop.end()
            if world.book.is_broken:
                # It may have been left in the middle of anything.
                self.server.close()
                self._renew()
        return world.book

    async def _forget(self) -> None:
        """Let the register forget the world before: its directory, and that it rang."""
        await self._register.directory()
        await self._register.wake(0.0)

    async def _played(self, world: World, dies_at: int | None) -> None:
        await play(world, dies_at)
        await _verdict(world, self._anchor)

    def close(self) -> None:
        """Give everything back."""
        with _instead(self.server):
            self.loop.run_until_complete(self._register.close())
        self._empty.close()
        self.loop.close()


async def _migrated_once() -> None:
    """Have a schema that every register in memory copies: what makes it needs a thread."""
    await (await open_register("sqlite+aiosqlite://")).close()


async def _verdict(world: World, database: sqlite3.Connection) -> None:
    """Ask at the end whether every promise was kept."""
    book = world.book
    book.took(world.published)
    depths = await world.register.depths()
    if depths.queued or depths.leased or depths.unaccounted:
        raise Broken(f"at the end: {depths}")
    proofs = [tuple(row) for row in database.execute(_RECEIPTS)]
    owed = {row[0] for row in database.execute(_OWED)}
    for id_ in book.deliveries:
        mine = [proof for proof in proofs if proof[0] == id_]
        _one(book, id_, mine, owed)


_RECEIPTS: Final = "SELECT delivery_id, rung, setback, evidence, fenced, attempt_id FROM receipt"
_OWED: Final = "SELECT delivery_id FROM obligation WHERE delivery_id IS NOT NULL"


def _one(book: Book, id_: str, proofs: list[tuple[Any, ...]], owed: set[str]) -> None:
    copies, ended = book.copies.get(id_, []), book.ended.get(id_)
    claims = [proof for proof in proofs if proof[1] is not None]
    if ended is None:
        raise Broken(f"{id_} has never come to an end")
    if ended == "accepted" and not copies:
        raise Broken(f"{id_} is said to be accepted, and never came")
    if claims and not copies:
        raise Broken(f"{id_} is claimed to have come, and never did")
    if ended == "accepted" and not any(not proof[4] for proof in claims):
        raise Broken(f"{id_} was accepted, and nothing says so")
    if ended == "refused" and id_ not in owed:
        raise Broken(f"{id_} was refused for good, and nobody has it in hand")
    if any(not proof[4] and proof[5] not in book.stood for proof in claims):
        raise Broken(f"{id_} is claimed to have come by a result that was fenced")
    if len(copies) > 1:
        setbacks = Counter(proof[2] for proof in proofs)
        said = any("possible duplicate" in str(proof[3]) for proof in claims)
        if not setbacks["in doubt"] or (ended == "accepted" and not said):
            raise Broken(f"{id_} came {len(copies)} times, and nothing says that it may have")


def _report(seed: str, book: Book, error: Exception) -> str:
    tail = "\n".join(f"  {line}" for line in book.history[-60:])
    return f"seed {seed}: {error}\n{tail}\nAgain: SEED={seed} make test TESTS=tests/simulation"


@contextmanager
def _instead(server: Server) -> Iterator[None]:
    """Put our connections in place of those with a thread, and let nobody log."""
    logs = structlog.get_config()
    structlog.configure(processors=[_silence])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialect, "Link", server.connect)
        try:
            yield
        finally:
            structlog.configure(**logs)


def _silence(*_: object) -> Any:  # noqa: ANN401 - as structlog has it
    raise structlog.DropEvent
