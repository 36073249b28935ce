"""One delivering worker: leases for each lane, starts what may start, and stops in order."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from hub.deliver.breakers import Breakers
from hub.deliver.courier import Courier
from hub.deliver.gate import Gate
from hub.deliver.hand import LEASE, UNASKED, Hand, Row, Ways
from hub.deliver.results import Results
from hub.ports import Carrier, Clock, Register
from hub.vocabulary import Channel, HubError, Lane, Mint

log = structlog.get_logger()

BUDGETS: Final[Mapping[Lane, int]] = {Lane.IMMEDIATE: 64, Lane.STANDARD: 128, Lane.BULK: 32}
AT_ONCE: Final[Mapping[Channel, int]] = {
    Channel.EMAIL: 6,
    Channel.CJSM: 6,
    Channel.MESH: 6,
    Channel.SMS: 6,
    Channel.WEBHOOK: 128,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What one worker has done since it started, for metrics."""

    accepted: int
    deferred: int
    refused: int
    in_doubt: int
    stopped: int
    """Not sent, because a hold stood at the moment of sending."""
    gone: int
    """Not sent, because the row was no longer ours at the moment of sending."""
    handed_back: int
    fenced: int
    unwritten: int
    unsaved: int
    """Results that are not in the register yet."""
    running: Mapping[Lane, int]
    waiting: Mapping[Lane, int]


class Deliver:
    """Carries what is due, lane by lane, each with its own budget.

    `budgets`: how many of one lane are on the wire at once. `per_destination`: of those, to one
    destination. `at_once`: by one channel, all lanes together (the mail pool's size, so that
    nothing waits between the last look and the wire). `a_lease`: how many rows are leased at a
    time. `lease_for`: longer than a carrier's longest try; `margin` before its end a try is cut and
    written down as in doubt. `grace`: how long a stop waits for what is on the wire.
    """

    def __init__(  # noqa: PLR0913 - each is one knob of delivery.md's queue
        self,
        register: Register,
        carriers: Mapping[Channel, Carrier],
        clock: Clock,
        mint: Mint,
        *,
        worker: str,
        budgets: Mapping[Lane, int] = BUDGETS,
        per_destination: int = 8,
        at_once: Mapping[Channel, int] = AT_ONCE,
        a_lease: int = LEASE,
        lease_for: timedelta = timedelta(minutes=15),
        margin: timedelta = timedelta(seconds=10),
        grace: timedelta = timedelta(seconds=20),
        poll: timedelta = timedelta(seconds=1),
    ) -> None:
        if lease_for <= 2 * margin:
            msg = "a lease must be longer than twice its margin"
            raise ValueError(msg)
        self._register = register
        self._clock = clock
        self._worker = worker
        self._lease_for = lease_for
        self._margin = margin
        self._grace = grace
        self._poll = poll
        ways = Ways({channel: at_once.get(channel, 1) for channel in carriers})
        each = per_destination, ways, a_lease
        self._hands = {lane: Hand(lane, budgets[lane], *each) for lane in Lane}
        self._breakers = Breakers(register, self._hands.values(), clock, every=5 * poll)
        self._dry: dict[Lane, frozenset[str]] = {}
        self._rings = 0
        self._moved = {lane: asyncio.Event() for lane in Lane}
        self._changed, self._idle = asyncio.Event(), asyncio.Event()
        self._stopping = False
        # A gate for each lane: what is urgent asks at once, and not after what others have asked.
        self._gates = {lane: Gate(register) for lane in Lane}
        self._results = Results(register, clock, self._changed)
        self._courier = Courier(carriers, clock, mint, self._gates, self._results)

    def counts(self) -> Counts:
        """Return the counters as they stand."""
        done = self._courier.counts
        return Counts(
            accepted=done["accepted"],
            deferred=done["deferred"],
            refused=done["refused"],
            in_doubt=done["in doubt"],
            stopped=done["stopped"],
            gone=done["gone"],
            handed_back=done["handed back"],
            fenced=self._results.fenced,
            unwritten=self._results.unwritten,
            unsaved=self._results.kept(),
            running={lane: len(hand.running) for lane, hand in self._hands.items()},
            waiting={lane: hand.waiting() for lane, hand in self._hands.items()},
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`; then finish what is on the wire and hand back the rest."""
        await self._breakers.learn()
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            writing = tasks.create_task(self._results.run())
            others = [
                tasks.create_task(work)
                for work in (
                    *(gate.run() for gate in self._gates.values()),
                    self._breakers.run(),
                    self._breakers.write(),
                    self._alarm(),
                    self._listen(),
                    self._watch_leases(),
                    self._await_stop(stop),
                )
            ]
            # A lane for itself: what is urgent waits for no other lane's lease.
            async with asyncio.TaskGroup() as leasing:
                for lane in Lane:
                    leasing.create_task(self._keep_leasing(lane, stop))
            await self._wind_down()
            self._results.close()
            await self._within_grace(writing)
            for other in others:
                other.cancel()
        # What is not saved is not lost: its lease ends, and it is tried again, flagged.
        log.info("deliver.ended", worker=self._worker, unsaved=self._results.kept())

    # Leasing

    async def _keep_leasing(self, lane: Lane, stop: asyncio.Event) -> None:
        """Lease for one lane until `stop`, and never end within a lease: its rows are in hand."""
        while not stop.is_set():
            await self._moved[lane].wait()
            self._moved[lane].clear()
            await self._lease_for_hand(lane, self._hands[lane])

    async def _lease_for_hand(self, lane: Lane, hand: Hand) -> None:
        avoid = hand.avoid(self._clock.now())
        room = hand.room()
        # Nothing was left when less was avoided: ask again when something rings.
        if not room or (lane in self._dry and avoid >= self._dry[lane]):
            return
        rung = self._rings
        rows = await self._lease(lane, room, avoid)
        if rows:
            hand.put(rows)
            self._start(hand)
            if self._lease_for <= self._poll:
                # This lease may end before the alarm asks again by itself what is due next.
                self._changed.set()
        if len(rows) == room:
            self._moved[lane].set()
        elif rung == self._rings:  # What rang meanwhile may not have been seen.
            # There was room for more: whatever else is due waits for something that rings.
            self._dry[lane] = avoid

    async def _lease(self, lane: Lane, room: int, avoid: frozenset[str]) -> list[Row]:
        # Both clocks are read before: a lease never seems longer than it is.
        now, mono = self._clock.now(), asyncio.get_running_loop().time()
        try:
            leased = await self._register.lease(
                lane, limit=room, lease_for=self._lease_for, worker=self._worker, avoid=avoid
            )
        except HubError as away:
            log.warning("lease.failed", lane=lane, fault=type(away).__name__)
            return []
        return [Row(leased=one, lane=lane, leased_at=now, leased_mono=mono) for one in leased]

    def _start(self, hand: Hand) -> None:
        if self._stopping:
            return
        started = hand.start()
        if started:
            self._moved[hand.lane].set()
        for row in started:
            row.task = self._tasks.create_task(self._carry(hand, row))
            row.task.add_done_callback(partial(self._never_begun, hand, row))

    def _never_begun(self, hand: Hand, row: Row, _task: asyncio.Task[None]) -> None:
        """Give back a row whose task was cut before its first step: nothing of it was sent.

        A process that stood still finds the lease over in the same turn in which the row is due.
        """
        if row not in hand.running:
            return
        now = self._clock.now()
        hand.done(row, now, UNASKED)
        self._courier.hand_back([row], now)
        self._room_made(hand)

    async def _carry(self, hand: Hand, row: Row) -> None:
        came = UNASKED
        try:
            came = await self._courier.take(row)
        finally:
            hand.done(row, self._clock.now(), came)
        if came.failed:
            self._hand_back_cooling(hand)
        # Every lane: a way out that this one leaves may be what rows of another waited for.
        for each in self._hands.values():
            self._start(each)
        self._room_made(hand)
        if came.failed is False:
            if self._breakers.took(row.dest):
                self._all_moved()
        elif came.failed:
            self._breakers.failed(row.dest, hand)

    def _hand_back_cooling(self, hand: Hand) -> None:
        """Give back what waits for a destination that is left alone: nobody waits behind it."""
        cooling = hand.cooling(self._clock.now())
        for row in hand.give_up(lambda row: row.dest in cooling):
            self._courier.hand_back([row], cooling[row.dest])

    # Beside the rows

    async def _alarm(self) -> None:
        """Ring when something falls due, and at least once a poll: hints may be lost."""
        self._ring()
        while True:
            self._changed.clear()
            wait = self._poll
            try:
                due = await self._register.next_due()
            except HubError as away:
                log.warning("register.away", fault=type(away).__name__)
            else:
                left = wait if due is None else due - self._clock.now()
                # What is due and was not leased is full or hangs: a poll is soon enough.
                wait = min(left, wait) if left > timedelta(0) else wait
            if not await self._changed_within(wait):
                self._ring()

    async def _listen(self) -> None:
        """Ring when the register says that new work may have come."""
        while True:
            try:
                await self._register.wake(self._poll.total_seconds())
            except HubError:
                await self._clock.sleep(self._poll.total_seconds())
            self._ring()

    async def _watch_leases(self) -> None:
        """Cut what is on the wire before its lease ends; hand back what has waited half of it."""
        while True:
            await self._clock.sleep(self._margin.total_seconds() / 2)
            now, mono = self._clock.now(), asyncio.get_running_loop().time()
            for hand in self._hands.values():
                for row in hand.running:
                    if row.age(now, mono) >= self._lease_for - self._margin:
                        row.cut_short()
                self._courier.hand_back(hand.give_up(partial(self._waited_long, now, mono)), now)

    def _waited_long(self, now: datetime, mono: float, row: Row) -> bool:
        return row.age(now, mono) >= self._lease_for / 2

    async def _await_stop(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._all_moved()

    def _ring(self) -> None:
        self._rings += 1
        self._dry.clear()
        self._all_moved()

    def _room_made(self, hand: Hand) -> None:
        self._moved[hand.lane].set()
        self._idle.set()

    def _all_moved(self) -> None:
        for moved in self._moved.values():
            moved.set()

    async def _changed_within(self, wait: timedelta) -> bool:
        """Whether something may fall due earlier than was known, before the wait is over."""
        changed = asyncio.ensure_future(self._changed.wait())
        timer = asyncio.ensure_future(self._clock.sleep(wait.total_seconds()))
        try:
            await asyncio.wait({changed, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            timer.cancel()
        return self._changed.is_set()

    # Stopping

    async def _wind_down(self) -> None:
        """Lease nothing more; hand back what waits, finish what is on the wire, cut the rest."""
        self._stopping = True
        now = self._clock.now()
        for hand in self._hands.values():
            self._courier.hand_back(hand.give_up(lambda _row: True), now)
        await self._within_grace(self._tasks.create_task(self._drained()))
        for hand in self._hands.values():
            for row in hand.running:
                row.cut_short()
        await self._drained()

    async def _drained(self) -> None:
        while any(hand.running for hand in self._hands.values()):
            self._idle.clear()
            await self._idle.wait()

    async def _within_grace(self, task: asyncio.Task[None]) -> None:
        """Wait for a task, for as long as a stop may take; then end it."""
        timer = asyncio.ensure_future(self._clock.sleep(self._grace.total_seconds()))
        await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        timer.cancel()
        task.cancel()
