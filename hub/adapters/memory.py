"""The world in memory: a broker, a clock and a mint that keep the ports' promises.

They pass the same contract suites as the real ones; the demo, `hub simulate` and tests use them.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from hub.adapters.clock import CODE_ALPHABET, CODE_LENGTH, SystemClock, uuid7
from hub.ports import BrokerLost, Clock, Received

DELIVERY_LIMIT: Final = 20
SUSPECT: Final = 3
_UNLOADED: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    body: bytes
    content_type: str
    headers: Mapping[str, str]
    user_id: str | None
    routing_key: str
    delivery_count: int = 0


class MemoryBroker:
    """An intake queue in memory. `session()` opens a consuming session: a `Broker` of the ports.

    What a session did not acknowledge goes back to the front when it closes, in order, with one
    more delivery counted; past the limit it goes to the dead letters.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.dead: list[bytes] = []
        """Bodies that were delivered too often."""
        self._queue: deque[_Kept] = deque()
        self._arrived = asyncio.Event()
        self._acknowledged = asyncio.Event()
        self._epochs = itertools.count(1)
        self._sessions: set[MemorySession] = set()

    def publish(
        self,
        body: bytes,
        *,
        user_id: str | None,
        routing_key: str,
        content_type: str = "application/cloudevents+json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Put one message at the end of the queue."""
        self._queue.append(
            _Kept(
                body=body,
                content_type=content_type,
                headers=dict(headers or {}),
                user_id=user_id,
                routing_key=routing_key,
            )
        )
        self._arrived.set()

    @property
    def depth(self) -> int:
        """Return how many messages wait or are unacknowledged."""
        return len(self._queue) + sum(len(s.unacknowledged) for s in self._sessions)

    async def emptied(self) -> None:
        """Return when everything published has been acknowledged."""
        while self.depth:
            self._acknowledged.clear()
            await self._acknowledged.wait()

    def acknowledged(self) -> None:
        """Hear that a session has acknowledged something; used by sessions."""
        self._acknowledged.set()

    async def session(self) -> MemorySession:
        """Open a new consuming session, in a new epoch."""
        session = MemorySession(self, next(self._epochs))
        self._sessions.add(session)
        return session

    def drop_connections(self) -> None:
        """End every session, as a broker that restarts would."""
        for session in list(self._sessions):
            session.end()

    def take(self, limit: int) -> list[_Kept]:
        """Hand out up to `limit` messages, a suspect one alone; used by sessions."""
        taken: list[_Kept] = []
        while self._queue and len(taken) < limit:
            if taken and max(self._queue[0].delivery_count, taken[-1].delivery_count) >= SUSPECT:
                break
            taken.append(self._queue.popleft())
        return taken

    def give_back(self, session: MemorySession, messages: list[_Kept]) -> None:
        """Take back what a session did not acknowledge; used by sessions."""
        self._sessions.discard(session)
        for message in reversed(messages):
            again = replace(message, delivery_count=message.delivery_count + 1)
            if again.delivery_count > DELIVERY_LIMIT:
                self.dead.append(again.body)
            else:
                self._queue.appendleft(again)
        if self._queue:
            self._arrived.set()

    @property
    def waiting(self) -> int:
        """Return how many messages wait to be handed out."""
        return len(self._queue)

    async def arrival(self, many: int = 1) -> None:
        """Wait until there are so many messages in the queue."""
        while len(self._queue) < many:
            self._arrived.clear()
            await self._arrived.wait()


class MemorySession:
    """One consuming session on a MemoryBroker."""

    def __init__(self, broker: MemoryBroker, epoch: int) -> None:
        self.epoch = epoch
        self.unacknowledged: dict[int, _Kept] = {}
        self._broker = broker
        self._tags = itertools.count(1)
        self._ended = asyncio.Event()
        self._drained = asyncio.Event()

    async def receive(self, *, limit: int, linger: timedelta) -> tuple[Received, ...]:
        """Return up to `limit` messages, or what came within `linger` of the first."""
        while True:
            await self._something()
            if self._broker.waiting < limit and linger and not self._drained.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(linger.total_seconds()):
                        await self._broker.arrival(limit)
            self._must_live()
            if self._drained.is_set():
                return ()
            if self._broker.waiting:  # else another session was quicker
                return tuple(self._hand_out(limit))

    async def ack_through(self, tag: int) -> None:
        """Acknowledge every message up to this tag."""
        self._must_live()
        for earlier in [t for t in self.unacknowledged if t <= tag]:
            del self.unacknowledged[earlier]
        self._broker.acknowledged()

    async def drain(self) -> None:
        """Take no more: nothing was handed out unasked, so nothing is left to come."""
        self._drained.set()

    async def close(self) -> None:
        """Close the session; what was not acknowledged goes back."""
        self.end()

    def end(self) -> None:
        """End the session, from either side."""
        if not self._ended.is_set():
            self._ended.set()
            self._broker.give_back(self, list(self.unacknowledged.values()))
            self.unacknowledged.clear()

    async def _something(self) -> None:
        """Wait for a message or for the end of the session, which raises."""
        self._must_live()
        waits = [
            asyncio.ensure_future(self._broker.arrival()),
            asyncio.ensure_future(self._ended.wait()),
            asyncio.ensure_future(self._drained.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._must_live()

    def _hand_out(self, limit: int) -> list[Received]:
        out = []
        for kept in self._broker.take(limit):
            tag = next(self._tags)
            self.unacknowledged[tag] = kept
            out.append(
                Received(
                    tag=tag,
                    body=kept.body,
                    content_type=kept.content_type,
                    headers=kept.headers,
                    user_id=kept.user_id,
                    routing_key=kept.routing_key,
                    delivery_count=kept.delivery_count,
                    received=self._broker.clock.now(),
                )
            )
        return out

    def _must_live(self) -> None:
        if self._ended.is_set():
            raise BrokerLost


class VirtualClock:
    """A clock that stands still until somebody moves it; sleepers wake in order of their time."""

    def __init__(self, start: datetime = _UNLOADED) -> None:
        self._now = start
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._gone_to_sleep = asyncio.Event()

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been moved on by so much."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        due = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (due, next(self._order), wake))
        self._gone_to_sleep.set()
        await wake

    @property
    def next_wake(self) -> datetime | None:
        """Return when the first sleeper wakes; None where nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    async def asleep(self) -> None:
        """Return when somebody sleeps."""
        while self.next_wake is None:
            self._gone_to_sleep.clear()
            await self._gone_to_sleep.wait()

    async def move_to(self, moment: datetime) -> None:
        """Move the clock forward, waking whoever is due on the way, each at its own time."""
        while (due := self.next_wake) is not None and due <= moment:
            self._now = max(self._now, due)
            heapq.heappop(self._sleepers)[2].set_result(None)
            # Let the sleeper do what it woke for, and go back to sleep, before time goes on.
            for _ in range(10):
                await asyncio.sleep(0)
        self._now = max(self._now, moment)

    async def advance(self, by: timedelta) -> None:
        """Move the clock forward by so much."""
        await self.move_to(self._now + by)


class SequentialMint:
    """Ids in a fixed sequence: the same run makes the same bytes."""

    def __init__(self, start: int = 0) -> None:
        self._next = itertools.count(start)

    def id(self) -> str:
        """Return the next id, in the layout of a UUIDv7."""
        return uuid7(int(_UNLOADED.timestamp() * 1000), next(self._next), 0)

    def code(self) -> str:
        """Return the next code."""
        number, letters = next(self._next), []
        for _ in range(CODE_LENGTH):
            number, index = divmod(number, len(CODE_ALPHABET))
            letters.append(CODE_ALPHABET[index])
        return "".join(reversed(letters))

    def fraction(self) -> float:
        """Return the middle: jitter without chance."""
        return 0.5
