"""The books while the hub runs: read anew when they change, proved, and swapped or refused whole.

A new pack decides what is planned from then on. What is in flight keeps its decisions, its bytes
and their pack's hash (semantics 16): nothing here writes to a concern.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from hub.app.books import Books, BooksRefused
from hub.app.on_record import say_in_force, say_reviews, unproved
from hub.calendar import LONDON, Calendar, is_past
from hub.directory import Directory
from hub.plan import Tools
from hub.ports import Clock, Register, RegisterAway, RegisterRefused
from hub.routes.policy import PackInForce, Policy
from hub.vocabulary import HubError

log = structlog.get_logger("hub.policy")

UNWATCHED: Final = timedelta(hours=1)
"""How often the day of review is looked at where no folder is watched."""
AGAIN: Final = timedelta(seconds=5)
"""When what could not be written down is tried again."""

Look = tuple[tuple[str, int, int], ...]
"""Every file of the watched folders: its path, its size and when it changed, in nanoseconds."""


class Shelf:
    """The books in force. One assignment puts new ones in their place."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.policy = Policy(packs=_in_force(books))

    def tools_for(self, partnership: str, directory: Directory) -> Tools | None:
        """Return what planning needs now, or None for a partnership the hub has no pack of."""
        return self.books.tools_for(partnership, directory)

    def partnerships(self) -> tuple[str, ...]:
        """Return the partnerships there is a pack of."""
        return self.books.partnerships()

    def calendars(self) -> Mapping[str, Calendar]:
        """Return the working days of each partnership, as its pack in force has them."""
        return self.books.calendars()

    def put(self, books: Books) -> None:
        """Let these books decide what is planned from now on."""
        self.books = books
        self.policy = Policy(packs=_in_force(books))

    def refuse(self, faults: tuple[str, ...], now: datetime) -> None:
        """Keep what is in force, and remember why nothing newer took its place."""
        self.policy = replace(self.policy, refused=faults, refused_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where new books come from."""

    read: Callable[[], Books]
    """Reads and checks packs and words. Raises BooksRefused. Runs beside the event loop."""
    look: Callable[[], Look]
    """Says whether anything has changed, without reading it."""
    seed: Callable[[Books], Awaitable[None]]
    """Puts in the directory what new packs seed and is not there yet."""


class Reload:
    """Renews the books on a shelf, when asked and when their files change.

    `every`: between looks at the folders; None: only when asked (SIGHUP).
    """

    def __init__(
        self,
        shelf: Shelf,
        source: Source,
        register: Register,
        clock: Clock,
        *,
        every: timedelta | None,
        as_read: Look = (),
    ) -> None:
        self.shelf = shelf
        self._source = source
        self._register = register
        self._clock = clock
        self._every = every
        self._asked = asyncio.Event()
        self._read: Look | None = as_read
        """What the folders looked like when they were last read; None: read them again."""
        self._last: Look = as_read
        self._overdue: frozenset[str] = frozenset()
        """The packs, by hash, whose overdue review has been written down."""

    async def start(self) -> None:
        """Prove the first books and write down that they are in force.

        Raises BooksRefused where they do not hold: what a running hub refuses, none starts with.
        """
        books = self.shelf.books
        faults = await unproved(self._register, books)
        if faults:
            raise BooksRefused(faults)
        await self._put_in_force(books)
        await self._say_reviews()

    def ask(self) -> None:
        """Read everything again now, whatever the files' times say."""
        self._asked.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Renew until `stop`. Nothing that a file holds can end this, or the hub."""
        while not stop.is_set():
            await self._wait(stop)
            if stop.is_set():
                return
            try:
                if await self._due():
                    await self.renew()
                await self._say_reviews()
            except HubError as away:
                self._read = None
                log.warning("policy.not.written.down", fault=type(away).__name__)

    async def renew(self) -> bool:
        """Read, prove and swap; return whether it was done. Raises RegisterAway, nothing swapped.

        Reading and proving take seconds and run beside the event loop.
        """
        try:
            books = await asyncio.to_thread(self._source.read)
            gone = _gone(self.shelf.books, books)
            faults = gone or await unproved(self._register, books)
            faults = faults or _early(self.shelf.books, books, self._clock.now())
        except BooksRefused as refused:
            faults = refused.faults
        except (RegisterAway, RegisterRefused):
            raise
        except Exception as fault:  # noqa: BLE001 (whatever a folder brings about, the hub goes on)
            faults = (_unreadable(fault),)
        if faults:
            self._refuse(faults)
            return False
        await self._put_in_force(books)
        self.shelf.put(books)
        for pack in books.packs.values():
            log.info(
                "policy.reloaded",
                partnership=pack.partnership,
                version=pack.version,
                hash=pack.hash,
                words=books.words_digest[:12],
            )
        return True

    async def _put_in_force(self, books: Books) -> None:
        await self._source.seed(books)
        await say_in_force(self._register, books, self._clock.now())

    async def _say_reviews(self) -> None:
        books, now = self.shelf.books, self._clock.now()
        overdue = frozenset(p.hash for p in books.packs.values() if is_past(p.review_by, now))
        if overdue != self._overdue:
            await say_reviews(self._register, books, now)
            self._overdue = overdue

    def _refuse(self, faults: tuple[str, ...]) -> None:
        self.shelf.refuse(faults, self._clock.now())
        stays = [f"{p.partnership} {p.version} {p.hash[:12]}" for p in self.shelf.policy.packs]
        log.error("policy.refused", faults=len(faults), stays_in_force=stays)
        for number, fault in enumerate(faults, start=1):
            log.error("policy.fault", number=number, of=len(faults), fault=fault)

    async def _due(self) -> bool:
        asked = self._asked.is_set()
        self._asked.clear()
        seen = await asyncio.to_thread(self._source.look)
        # Twice the same: somebody who still copies files is let finish first.
        settled, self._last = seen == self._last, seen
        changed = self._every is not None and settled and seen != self._read
        if not asked and not changed and not self._another_day() and self._read is not None:
            return False
        self._read = seen
        return True

    def _another_day(self) -> bool:
        """Whether what was refused was refused on an earlier day: a pack may take effect today."""
        at = self.shelf.policy.refused_at
        return at is not None and is_past(at.astimezone(LONDON).date(), self._clock.now())

    async def _wait(self, stop: asyncio.Event) -> None:
        pause = AGAIN if self._read is None else self._every or UNWATCHED
        waits: set[asyncio.Future[object]] = {
            asyncio.ensure_future(stop.wait()),
            asyncio.ensure_future(self._asked.wait()),
            asyncio.ensure_future(self._clock.sleep(pause.total_seconds())),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def look_at(folders: Iterable[Path]) -> Look:
    """Return what the files below these folders look like now; a file that goes is not there."""
    found = []
    for folder in folders:
        for parent, _, names in os.walk(folder):
            for name in names:
                path = Path(parent, name)
                with suppress(OSError):
                    about = path.stat()
                    found.append((str(path), about.st_size, about.st_mtime_ns))
    return tuple(sorted(found))


def _unreadable(fault: Exception) -> str:
    """Return a fault that nobody foresaw; only our own words are safe to repeat."""
    detail = f": {fault}" if isinstance(fault, HubError) else ""
    return f"cannot be read: {type(fault).__name__}{detail}"


def _gone(old: Books, new: Books) -> tuple[str, ...]:
    """A partnership whose concerns are open is not dropped in passing: that needs a new start."""
    return tuple(
        f"{name}/: the pack in force has no successor here; to drop it, start the hub anew"
        for name in old.partnerships()
        if name not in new.packs
    )


def _early(old: Books, new: Books, now: datetime) -> tuple[str, ...]:
    """A version agreed for a later day waits for it, and the one in force is told to stay."""
    today = now.astimezone(LONDON).date()
    return tuple(
        f"{name}/sharing.toml: version {pack.version} takes effect on {pack.effective_from}; "
        "it is read again on that day"
        for name, pack in new.packs.items()
        if pack.effective_from > today
        and (name not in old.packs or old.packs[name].hash != pack.hash)
    )


def _in_force(books: Books) -> tuple[PackInForce, ...]:
    return tuple(
        PackInForce(
            partnership=pack.partnership,
            version=pack.version,
            hash=pack.hash,
            review_by=pack.review_by,
        )
        for pack in books.packs.values()
    )
