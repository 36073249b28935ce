"""The loop from the broker to the commit, and only then the ack (the law of the register)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Final, TypeVar

import structlog

from hub.events.envelope import Fault
from hub.failpoint import failpoint
from hub.intake.taking import Partnerships, ToolsFor, keep_raw, take_in
from hub.intake.took import Became, IntakeCounts, TookIn
from hub.leaf import leaf
from hub.ports import Broker, BrokerLost, Clock, Received, Register, RegisterAway

BATCH: Final = 200
LINGER: Final = timedelta(milliseconds=10)
SUSPECT: Final = 3
"""Delivered so often in vain: handled alone, so that only it can be what kills the process."""
KILLER: Final = 5
"""So often in hand alone when the process died: kept raw, unread (decision 0038). Fewer are met by
chance where a process is killed a second after each start."""
REGISTER_PATIENCE: Final = 60.0
"""Seconds to keep a batch while the register is away; then the broker holds the backlog."""
_FIRST_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 5.0

log = structlog.get_logger("hub.intake")

OpenSession = Callable[[], Awaitable[Broker]]
_Handle = Callable[[Sequence[Received]], Awaitable[object]]
_Brings = TypeVar("_Brings")


class Intake:
    """Takes events in, from a broker and by HTTP, through the same `take_in`."""

    def __init__(
        self,
        register: Register,
        tools_for: ToolsFor,
        clock: Clock,
        *,
        partnerships: Partnerships = tuple,
        batch: int = BATCH,
        linger: timedelta = LINGER,
    ) -> None:
        self._register = register
        self._tools_for = tools_for
        self._clock = clock
        self._partnerships = partnerships
        self._batch = batch
        self._linger = linger
        self.counts = IntakeCounts()
        self._alone: tuple[str, int] = ("", 0)
        """What this process had in hand alone last, and how often others died with it in theirs."""
        self.consuming = False
        """Whether a session is open on the intake queue, for readiness."""

    async def take_in(self, batch: Sequence[Received]) -> tuple[TookIn, ...]:
        """Take a batch in, in one transaction; return what became of each message, in order.

        Raises RegisterAway where nothing, or nobody knows what, was written: take the batch again.
        """
        took = await take_in(self._register, self._tools_for, self._partnerships, batch)
        self._count(took)
        return took

    async def run(
        self, open_session: OpenSession, stop: asyncio.Event, open_dead: OpenSession | None = None
    ) -> None:
        """Consume until `stop` is set; then take what has come already, acknowledge it, and return.

        `open_session` waits until the broker lets us consume; `open_dead` is the same for the dead
        letters, which go to quarantine as they came.
        """
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._loop(open_session, stop, self._take_part, events=True))
            if open_dead is not None:
                loops.create_task(self._loop(open_dead, stop, self._bury, events=False))

    async def _loop(
        self, open_session: OpenSession, stop: asyncio.Event, handle: _Handle, *, events: bool
    ) -> None:
        while not stop.is_set():
            session = await _unless(stop, open_session())
            if session is None:
                return
            self.counts = replace(self.counts, sessions=self.counts.sessions + 1)
            self.consuming = self.consuming or events
            away = False
            try:
                await self._consume(session, stop, handle)
            except BrokerLost as lost:
                self.counts = replace(self.counts, broker_lost=self.counts.broker_lost + 1)
                log.warning("broker.lost", why=str(lost))
            except RegisterAway as error:
                away = True
                log.error("intake.paused", why=str(error))  # noqa: TRY400 (its class says it all)
            finally:
                self.consuming = self.consuming and not events
                await session.close()
            if away:
                await self._until_the_register_answers(stop)

    async def _consume(self, session: Broker, stop: asyncio.Event, handle: _Handle) -> None:
        draining = asyncio.create_task(_drain_at(stop, session))
        try:
            while batch := await session.receive(limit=self._batch, linger=self._linger):
                for part in _parts(batch):
                    await self._patiently(handle, part, stop)
                    # Only now, and up to here: what comes later in the batch is not written yet.
                    await session.ack_through(part[-1].tag)
                    failpoint("ack.after")
        finally:
            draining.cancel()
            await asyncio.gather(draining, return_exceptions=True)

    async def _patiently(
        self, handle: _Handle, part: Sequence[Received], stop: asyncio.Event
    ) -> None:
        """Handle these; while the register is away keep them, unacknowledged, and try again.

        The channel stays open for a while: closing it would count a delivery for each message in
        hand, and an outage would look like messages that kill. What an unknown commit did write,
        the dedupe meets.
        """
        waited, wait = 0.0, _FIRST_WAIT
        while True:
            try:
                await handle(part)
            except RegisterAway as away:
                self.counts = replace(self.counts, register_away=self.counts.register_away + 1)
                if stop.is_set() or waited >= REGISTER_PATIENCE:
                    raise
                log.warning("register.away", why=str(away), messages=len(part))
                await _unless(stop, self._clock.sleep(wait))
                waited, wait = waited + wait, min(wait * 2, _LONGEST_WAIT)
            else:
                return

    async def _take_part(self, part: Sequence[Received]) -> None:
        if len(part) == 1 and part[0].delivery_count >= SUSPECT:
            await self._take_suspect(part[0])
        else:
            await self._take(part)

    async def _take_suspect(self, one: Received) -> None:
        """Take alone what was often delivered in vain; keep it raw if that has killed so often.

        How often it was delivered is no proof: what else was in hand is counted with what kills.
        """
        key = sha256(one.body).hexdigest()
        if self._alone[0] != key:
            # Once for this process: while it lives, nothing that is tried again has killed it.
            self._alone = (key, await self._register.alone_with(key))
        died = self._alone[1]
        if died >= KILLER:
            says = f"killed the process: taken alone {died} times, and never answered"
            await self._keep(one, Fault(pointer="", says=says))
        else:
            await self._take([one])
        await self._register.answered(key)
        self._alone = ("", 0)

    async def _take(self, part: Sequence[Received]) -> None:
        try:
            await self.take_in(part)
        except RegisterAway:
            raise
        except Exception as error:  # noqa: BLE001 (one bad message never stops the others)
            if len(part) > 1:
                log.warning("batch.failed", error=type(error).__name__, messages=len(part))
                for one in part:
                    await self._take([one])
                return
            says = f"could not be taken: {type(error).__name__}"
            log.error("event.failed", error=type(error).__name__)  # noqa: TRY400 (no content)
            await self._keep(part[0], Fault(pointer="", says=says))

    async def _bury(self, part: Sequence[Received]) -> None:
        """Keep dead letters as they came."""
        fault = Fault(pointer="", says="the broker gave it up after too many deliveries")
        for one in part:
            await self._keep(one, fault)
        dead = self.counts.dead_letters + len(part)
        self.counts = replace(self.counts, dead_letters=dead)

    async def _keep(self, received: Received, fault: Fault) -> None:
        self._count((await keep_raw(self._register, received, fault),))

    async def _until_the_register_answers(self, stop: asyncio.Event) -> None:
        """Wait until it takes something: that we go on is written down.

        One that can only be read (a full disk, a standby) would let us open session after session
        in vain, and each counts as a delivery of whatever is in hand.
        """
        while not stop.is_set():
            with suppress(RegisterAway):
                async with self._register.entry() as entry:
                    await entry.note([leaf("intake.resumed", await entry.now())])
                return
            await _unless(stop, self._clock.sleep(_LONGEST_WAIT))

    def _count(self, took: Sequence[TookIn]) -> None:
        """Count, and say what people must look at. Ids only."""
        now, many = self.counts, _how_many(took)
        self.counts = replace(
            now,
            accepted=now.accepted + many[Became.ACCEPTED],
            waiting=now.waiting + many[Became.WAITING],
            duplicates=now.duplicates + many[Became.DUPLICATE],
            conflicts=now.conflicts + many[Became.CONFLICT],
            quarantined=now.quarantined + many[Became.QUARANTINED],
            decisions=now.decisions + sum(one.decisions for one in took),
            notices=now.notices + sum(one.notices for one in took),
            batches=now.batches + 1,
        )
        for one in took:
            match one.became:
                case Became.ACCEPTED | Became.DUPLICATE:
                    log.debug("event.taken", id=one.event, became=one.became)
                case Became.WAITING:
                    log.warning("event.waits", id=one.event, concern=one.concern)
                case Became.CONFLICT | Became.QUARANTINED:
                    log.error(
                        "event.quarantined",
                        id=one.event,
                        concern=one.concern,
                        quarantine=one.quarantine,
                        pointers=[fault.pointer for fault in one.faults],
                    )


def _how_many(took: Sequence[TookIn]) -> dict[Became, int]:
    many = dict.fromkeys(Became, 0)
    for one in took:
        many[one.became] += 1
    return many


def _parts(batch: Sequence[Received]) -> Iterator[Sequence[Received]]:
    """Split a batch, in order, so that a suspect stands alone."""
    part: list[Received] = []
    for one in batch:
        if one.delivery_count >= SUSPECT:
            if part:
                yield part
            yield [one]
            part = []
        else:
            part.append(one)
    if part:
        yield part


async def _drain_at(stop: asyncio.Event, session: Broker) -> None:
    await stop.wait()
    await session.drain()


async def _unless(stop: asyncio.Event, doing: Awaitable[_Brings]) -> _Brings | None:
    """Return what `doing` brings, or None where `stop` is set first; `doing` is then cancelled."""
    task, stopping = asyncio.ensure_future(doing), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for each in (task, stopping):
            each.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)
