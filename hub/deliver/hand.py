"""What one lane has in hand: leased rows that wait for their turn, and those on the wire.

A destination has its own limit and its own breaker, so that a black hole delays nobody else; and
its own turn, so that one agency's storm does not.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hub.notice import Leased
from hub.ports.cooling import Cooling
from hub.vocabulary import Channel, Lane

LEASE: Final = 100
"""How many rows are leased at a time."""

FAILURES_TO_OPEN: Final = 5
"""Failures on end after which a destination gets one try at a time (the breaker)."""

COOL_FOR: Final = timedelta(seconds=30)
"""How long a destination that fails is left alone between such tries."""

PATIENCE: Final = timedelta(hours=1)
"""How long, at most, one answer's `Retry-After` keeps the other rows of its destination waiting."""

SHARES: Final = {Lane.IMMEDIATE: 1.0, Lane.STANDARD: 0.75, Lane.BULK: 0.5}
"""How much of a way out each lane may fill: some of it is always left for what is urgent."""


@dataclass(slots=True, eq=False)
class Row:
    """One leased delivery in hand."""

    leased: Leased
    lane: Lane
    leased_at: datetime
    """By the clock."""
    leased_mono: float
    """By the loop's monotonic clock, in seconds."""
    task: asyncio.Task[None] | None = None
    cut: bool = False
    """True: we ended it ourselves, because the lease ends or the hub stops."""

    @property
    def dest(self) -> str:
        """What it shares a limit and a breaker with."""
        return self.leased.delivery.dest

    def cut_short(self) -> None:
        """End its task; what it says then depends on how far it had come."""
        if not self.cut and self.task is not None:
            self.cut = True
            self.task.cancel()

    def age(self, now: datetime, mono: float) -> timedelta:
        """Return how long the lease has run, by whichever clock says more."""
        return max(now - self.leased_at, timedelta(seconds=mono - self.leased_mono))


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What one row's end says of its destination."""

    failed: bool | None
    """True: it did not take it, by its own fault; False: it answered; None: it was not asked."""
    not_before: datetime | None = None
    """What it asked for with `Retry-After`."""


UNASKED: Final = Came(failed=None)


class Ways:
    """How many deliveries travel by each channel at once, all lanes together."""

    def __init__(self, at_once: dict[Channel, int]) -> None:
        self._at_once = at_once
        self._running: Counter[Channel] = Counter()

    def open(self, channel: Channel, lane: Lane) -> bool:
        """Whether this lane may start one more on this channel."""
        return self._running[channel] < max(1, int(self._at_once[channel] * SHARES[lane]))

    def start(self, channel: Channel) -> None:
        """Count one more on the wire."""
        self._running[channel] += 1

    def end(self, channel: Channel) -> None:
        """Count one less."""
        self._running[channel] -= 1


class Hand:
    """The rows of one lane. The worker asks what may start, and tells what has ended."""

    def __init__(
        self, lane: Lane, budget: int, per_destination: int, ways: Ways, a_lease: int = LEASE
    ) -> None:
        self.lane = lane
        self.running: set[Row] = set()
        self._budget = budget
        self._per_destination = per_destination
        self._ways = ways
        self._a_lease = a_lease
        self._waiting: dict[str, deque[Row]] = {}
        self._busy: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._cool_until: dict[str, datetime] = {}

    def waiting(self) -> int:
        """Return how many rows wait for their turn."""
        return sum(len(rows) for rows in self._waiting.values())

    def room(self) -> int:
        """Return how many rows to lease now; 0 while enough that could start are in hand.

        Of a destination no more count than it may take at once, and none where it is full: one
        that is owed much may not stand in front of others.
        """
        waiting = self._waiting.items()
        able = sum(min(len(r), self._limit(d)) for d, r in waiting if not self._full(d))
        spare = self._budget - len(self.running)
        if spare <= 0 or able > self._a_lease // 2:
            return 0
        return self._a_lease - able

    def avoid(self, now: datetime) -> frozenset[str]:
        """Return the destinations of which nothing more should be leased now."""
        crowded = {d for d, rows in self._waiting.items() if len(rows) >= self._limit(d)}
        full = {dest for dest in self._busy if self._full(dest)}
        return frozenset(self.cooling(now).keys() | crowded | full)

    def put(self, rows: Iterable[Row]) -> None:
        """Take leased rows in hand, in the order they were leased."""
        for row in rows:
            self._waiting.setdefault(row.dest, deque()).append(row)

    def start(self) -> list[Row]:
        """Return the rows that may start now, and count them as running.

        One of each destination in turn, and whose turn it was stands last: what many wait for in
        one place takes its share of a way out, and no more.
        """
        started = []
        turns = deque(self._waiting)
        while turns:
            dest = turns.popleft()
            if (row := self._next(dest)) is not None:
                self._begin(row)
                started.append(row)
                self._waiting[dest] = self._waiting.pop(dest)
                turns.append(dest)
        if started:
            self._forget_empty()
        return started

    def done(self, row: Row, now: datetime, came: Came) -> None:
        """Take a row out of hand, and note what it says of its destination."""
        self.running.discard(row)
        self._busy[row.dest] -= 1
        if not self._busy[row.dest]:
            del self._busy[row.dest]
        self._ways.end(row.leased.delivery.channel)
        # The breaker never delays what is urgent.
        if not came.failed or self.lane is Lane.IMMEDIATE:
            return
        self._failures[row.dest] += 1
        if self._open(row.dest):
            self._cool(row.dest, now + COOL_FOR)
        if came.not_before is not None:
            # It asked for patience; each of the others must have its own try in time all the same.
            self._cool(row.dest, min(came.not_before, now + PATIENCE))

    def recovered(self, dest: str) -> bool:
        """Forget that a destination failed; return whether anything was known of it."""
        failed = self._failures.pop(dest, 0) > 0
        return self._cool_until.pop(dest, None) is not None or failed

    def failing(self, dest: str, now: datetime) -> Cooling | None:
        """Return how a destination that has failed stands here; None: nothing is known of it."""
        if dest not in self._failures and dest not in self._cool_until:
            return None
        until = self._cool_until.get(dest, now)
        return Cooling(failures=self._failures[dest], until=until)

    def learn(self, dest: str, cooling: Cooling) -> None:
        """Take over what another worker, or this one before a restart, found of a destination."""
        if self.lane is not Lane.IMMEDIATE:
            self._failures[dest] = max(self._failures[dest], cooling.failures)
            self._cool(dest, cooling.until)

    def give_up(self, unwanted: Callable[[Row], bool]) -> list[Row]:
        """Take out and return the waiting rows of which this is true."""
        given = []
        for dest, rows in self._waiting.items():
            given += [row for row in rows if unwanted(row)]
            self._waiting[dest] = deque(row for row in rows if not unwanted(row))
        self._forget_empty()
        return given

    def cooling(self, now: datetime) -> dict[str, datetime]:
        """Return the destinations that are left alone for now, and until when."""
        return {dest: until for dest, until in self._cool_until.items() if until > now}

    def _cool(self, dest: str, until: datetime) -> None:
        self._cool_until[dest] = max(until, self._cool_until.get(dest, until))

    def _next(self, dest: str) -> Row | None:
        rows = self._waiting[dest]
        if not rows or self._full(dest) or len(self.running) >= self._budget:
            return None
        if not self._ways.open(rows[0].leased.delivery.channel, self.lane):
            return None
        return rows.popleft()

    def _begin(self, row: Row) -> None:
        self.running.add(row)
        self._busy[row.dest] += 1
        self._ways.start(row.leased.delivery.channel)

    def _full(self, dest: str) -> bool:
        return self._busy[dest] >= self._limit(dest) if dest in self._busy else False

    def _limit(self, dest: str) -> int:
        return 1 if self._open(dest) else self._per_destination

    def _open(self, dest: str) -> bool:
        return self._failures[dest] >= FAILURES_TO_OPEN if dest in self._failures else False

    def _forget_empty(self) -> None:
        self._waiting = {dest: rows for dest, rows in self._waiting.items() if rows}
