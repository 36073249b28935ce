"""From the broker to the commit, and only then the ack; whatever dies on the way (intake.md)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from typing import cast

import pytest
from structlog.testing import capture_logs

from hub.adapters.memory import SUSPECT, MemoryBroker, MemorySession, _Kept
from hub.intake import Intake
from hub.intake.loop import REGISTER_PATIENCE
from hub.ports import Entry, Received, Register, RegisterAway
from tests.flow.intake_scene import REAL_SECONDS, IntakeScene, body_of, received, scene
from tests.flow.scene import Line


@pytest.fixture
async def hub() -> AsyncIterator[IntakeScene]:
    async with scene() as made:
        yield made


def opened(*concerns: int) -> list[bytes]:
    return [body_of("concern-opened", n) for n in concerns]


class Shaky(Line):
    """A register whose commits fail in a given way, as often as it is told."""

    def __init__(self, register: Register) -> None:
        super().__init__(register)
        self.fails: list[Exception] = []
        """Raised instead of each commit, one after the other."""
        self.forgets = 0
        """How many commits succeed, and nobody hears of it."""

    @asynccontextmanager
    async def entry(self) -> AsyncIterator[Entry]:
        async with super().entry() as entry:
            yield entry
            if self.fails:
                raise self.fails.pop(0)
        if self.forgets:
            self.forgets -= 1
            raise RegisterAway("the commit's answer was lost")


class ReadOnly(Line):
    """A register that answers, and takes nothing: a full disk, or a standby."""

    def __init__(self, register: Register) -> None:
        super().__init__(register)
        self.takes_nothing = True

    @asynccontextmanager
    async def entry(self) -> AsyncIterator[Entry]:
        async with super().entry() as entry:
            yield cast(Entry, ReadOnlyEntry(entry)) if self.takes_nothing else entry


class ReadOnlyEntry:
    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def __getattr__(self, name: str) -> object:
        if name in {"take", "write", "quarantine", "owe", "note"}:
            raise RegisterAway("it can only be read")
        return getattr(self._entry, name)


def shaky(hub: IntakeScene) -> Shaky:
    line = Shaky(hub.line._register)
    hub.line = line
    hub.intake._register = cast(Register, line)
    return line


async def test_what_is_published_is_taken_and_only_then_acknowledged(hub: IntakeScene) -> None:
    hub.publish(*opened(1, 2, 3))

    async with hub.running():
        await hub.emptied()
        assert hub.intake.consuming
        assert (await hub.register.depths()).events == 3

    assert not hub.intake.consuming
    assert hub.intake.counts.accepted == 3
    assert hub.intake.counts.sessions == 1


async def test_nothing_is_acknowledged_before_it_is_committed(hub: IntakeScene) -> None:
    at_ack: list[tuple[int, int]] = []

    class Watched(MemorySession):
        async def ack_through(self, tag: int) -> None:
            at_ack.append((tag, (await hub.register.depths()).events))
            await super().ack_through(tag)

    hub.broker = WithSessions(hub, Watched)
    hub.publish(*opened(*range(1, 31)))
    hub.intake._batch = 7

    async with hub.running():
        await hub.emptied()

    assert [tag for tag, _ in at_ack] == [7, 14, 21, 28, 30]
    assert all(events >= tag for tag, events in at_ack)


async def test_a_commit_that_fails_is_tried_again_in_place_and_counts_no_delivery(
    hub: IntakeScene,
) -> None:
    line = shaky(hub)
    line.fails = [RegisterAway("gone"), RegisterAway("gone")]
    hub.publish(*opened(1, 2))

    async with hub.running():
        for _ in range(2):
            await hub.asleep()
            assert hub.broker.depth == 2
            await hub.clock.advance(timedelta(seconds=1))
        await hub.emptied()

    counts = hub.intake.counts
    assert (counts.accepted, counts.sessions, counts.register_away) == (2, 1, 2)


async def test_a_commit_nobody_heard_of_meets_the_dedupe(hub: IntakeScene) -> None:
    line = shaky(hub)
    line.forgets = 1
    hub.publish(*opened(1, 2))

    async with hub.running():
        await hub.asleep()
        await hub.clock.advance(timedelta(seconds=1))
        await hub.emptied()

    assert (await hub.register.depths()).events == 2
    assert hub.intake.counts.duplicates == 2
    assert await hub.kept() == []


async def test_after_a_minute_without_the_register_the_broker_holds_the_backlog(
    hub: IntakeScene,
) -> None:
    hub.publish(*opened(1, 2))
    hub.line.away.add("entry")

    async with hub.running():
        for _ in range(int(REGISTER_PATIENCE)):
            await hub.asleep()
            await hub.clock.advance(timedelta(seconds=2))
        assert hub.broker.waiting == 2
        assert not hub.intake.consuming
        assert len(hub.sessions) == 1

        hub.line.away.clear()
        await hub.asleep()
        await hub.clock.advance(timedelta(seconds=10))
        await hub.emptied()

    assert hub.intake.counts.accepted == 2
    assert len(hub.sessions) == 2


async def test_a_register_that_can_only_be_read_makes_no_killer_of_what_waits(
    hub: IntakeScene,
) -> None:
    line = ReadOnly(hub.line._register)
    hub.intake._register = cast(Register, line)
    hub.publish(*opened(1, 2))

    async with hub.running():
        for _ in range(2 * int(REGISTER_PATIENCE)):
            await hub.asleep()
            await hub.clock.advance(timedelta(seconds=2))
        assert hub.broker.waiting == 2
        assert len(hub.sessions) == 1, "each session in vain would count as a delivery"

        line.takes_nothing = False
        while hub.broker.depth:  # it may be asking just now, and sleep once more
            await hub.clock.advance(timedelta(seconds=2))
            await asyncio.sleep(0)

    assert await hub.kept() == []
    assert hub.intake.counts.accepted == 2


async def test_a_lost_broker_is_opened_again_and_nothing_is_lost_or_taken_twice(
    hub: IntakeScene,
) -> None:
    class DiesAtTheAck(MemorySession):
        died = 0

        async def ack_through(self, tag: int) -> None:
            if DiesAtTheAck.died < 2:
                DiesAtTheAck.died += 1
                self.end()
            await super().ack_through(tag)

    hub.broker = WithSessions(hub, DiesAtTheAck)
    hub.publish(*opened(1, 2, 3))

    async with hub.running():
        await hub.emptied()

    counts = hub.intake.counts
    assert (counts.broker_lost, counts.sessions) == (2, 3)
    assert (counts.accepted, counts.duplicates) == (3, 6)
    assert (await hub.register.depths()).events == 3


async def test_a_restarted_broker_finds_us_again(hub: IntakeScene) -> None:
    async with hub.running():
        hub.publish(*opened(1))
        await hub.emptied()
        hub.broker.drop_connections()
        hub.publish(*opened(2))
        await hub.emptied()

    assert hub.intake.counts.accepted == 2
    assert hub.sessions[1].epoch > hub.sessions[0].epoch


async def deliver_in_vain(hub: IntakeScene, times: int) -> None:
    for _ in range(times):
        session = await hub.broker.session()
        await session.receive(limit=1, linger=timedelta(0))
        await session.close()


@pytest.mark.parametrize("times", [3, 4])
async def test_a_suspect_is_handled_alone(hub: IntakeScene, times: int) -> None:
    hub.publish(*opened(1))
    await deliver_in_vain(hub, times)
    hub.publish(*opened(2, 3))

    async with hub.running():
        await hub.emptied()

    assert hub.intake.counts.accepted == 3
    assert hub.intake.counts.batches == 2


async def die_with(hub: IntakeScene, body: bytes) -> None:
    """Let one process have this message in hand when it dies, and a new one come after it."""
    gone, begun = hub.intake, asyncio.Event()
    takes = gone.take_in

    async def take_in(batch: list[Received]) -> object:
        if body in [one.body for one in batch]:
            begun.set()
            await asyncio.Event().wait()
        return await takes(batch)

    gone.take_in = take_in  # type: ignore[method-assign,assignment]
    run = asyncio.create_task(gone.run(hub.open_session, hub.stop))
    await asyncio.wait_for(begun.wait(), REAL_SECONDS)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    hub.intake = Intake(hub.register, gone._tools_for, hub.clock)


class HandsOutTogether(MemoryBroker):
    """Hands out whatever waits, though one of it was delivered in vain."""

    def take(self, limit: int) -> list[_Kept]:
        taken: list[_Kept] = []
        while some := super().take(limit):
            taken += some
        return taken


async def test_an_ack_goes_no_further_than_what_is_written(hub: IntakeScene) -> None:
    broker = HandsOutTogether(hub.clock)
    broker.publish(body_of("concern-opened"), user_id="wscc", routing_key="wscc.concern.opened")
    for _ in range(SUSPECT):
        session = await broker.session()
        await session.receive(limit=1, linger=timedelta(0))
        await session.close()
    broker.publish(body_of("concern-opened", 2), user_id="wscc", routing_key="wscc.concern.opened")
    broker._queue.rotate()  # the suspect comes second, and a third after it
    broker.publish(body_of("concern-opened", 3), user_id="wscc", routing_key="wscc.concern.opened")
    left: list[tuple[int, int]] = []

    class Counting(MemorySession):
        async def ack_through(self, tag: int) -> None:
            await super().ack_through(tag)
            left.append(((await hub.register.depths()).events, len(self.unacknowledged)))

    async def open_session() -> MemorySession:
        return Counting(broker, 99)

    run = asyncio.create_task(hub.intake.run(open_session, hub.stop))
    await asyncio.wait_for(broker.emptied(), 20)
    hub.stop.set()
    await asyncio.wait_for(run, 20)

    assert left == [(1, 2), (2, 1), (3, 0)]


async def test_what_kills_each_process_is_kept_raw_after_five_alone_and_never_read(
    hub: IntakeScene,
) -> None:
    (body,) = opened(1)
    hub.publish(body)
    for _ in range(8):  # the first three of them beside others, for all that is known
        await die_with(hub, body)
    hub.publish(*opened(2))

    async with hub.running():
        await hub.emptied()

    (kept,) = await hub.register.quarantined()
    assert kept.poison.body == body
    assert kept.poison.routing_key == "wscc.event"
    says = "killed the process: taken alone 5 times, and never answered"
    assert kept.poison.faults[0].says == says
    assert kept.poison.urgent
    assert hub.intake.counts.accepted == 1


async def test_B03_what_was_in_hand_beside_the_killer_is_taken_however_often_it_was_delivered(
    hub: IntakeScene,
) -> None:
    hub.publish(*opened(1))
    await deliver_in_vain(hub, 12)
    hub.publish(*opened(2, 3))

    async with hub.running():
        await hub.emptied()

    assert await hub.register.quarantined() == ()
    assert hub.intake.counts.accepted == 3


async def test_B03_a_register_that_is_away_makes_no_killer_of_what_is_in_hand_alone(
    hub: IntakeScene,
) -> None:
    line = shaky(hub)
    hub.publish(*opened(1))
    await deliver_in_vain(hub, 3)
    line.fails = [RegisterAway("away")] * 6

    async with hub.running():
        while line.fails:
            await hub.asleep()
            await hub.clock.advance(timedelta(seconds=5))
        await hub.emptied()

    assert await hub.register.quarantined() == ()
    assert hub.intake.counts.accepted == 1


async def test_what_was_answered_is_no_suspect_any_more(hub: IntakeScene) -> None:
    (body,) = opened(1)
    hub.publish(body)
    await deliver_in_vain(hub, 3)

    async with hub.running():
        await hub.emptied()

    assert await hub.register.alone_with(sha256(body).hexdigest()) == 0


async def test_a_batch_that_cannot_be_committed_is_taken_one_by_one_and_the_bad_one_kept(
    hub: IntakeScene,
) -> None:
    line = shaky(hub)
    # The batch of three, then the second of them alone.
    line.fails = [ZeroDivisionError("batch")]
    bodies = opened(1, 2, 3)
    takes = hub.intake.take_in

    async def take_in(batch: list[Received]) -> object:
        if [one.body for one in batch] == [bodies[1]]:
            line.fails = [ZeroDivisionError("alone")]
        return await takes(batch)

    hub.intake.take_in = take_in  # type: ignore[method-assign,assignment]
    hub.publish(*bodies)

    async with hub.running():
        await hub.emptied()

    (kept,) = await hub.register.quarantined()
    assert kept.poison.body == bodies[1]
    assert (await hub.register.depths()).events == 2


async def test_dead_letters_are_kept_as_they_came(hub: IntakeScene) -> None:
    dead = MemoryBroker(hub.clock)
    hub.open_dead = dead.session
    bodies = [b"\x00dead", b"\x01dead", b"\x02dead"]
    for body in bodies:
        dead.publish(body, user_id="wscc", routing_key="wscc.x")

    async with hub.running():
        await asyncio.wait_for(dead.emptied(), 20)

    says = "the broker gave it up after too many deliveries"
    assert sorted(await hub.kept()) == [(body, says) for body in bodies]
    assert hub.intake.counts.dead_letters == 3


async def test_stop_takes_what_has_come_acknowledges_it_and_ends(hub: IntakeScene) -> None:
    line = shaky(hub)
    line.fails = [RegisterAway("gone")]
    hub.publish(*opened(1, 2))

    async with hub.running() as run:
        await hub.asleep()
        hub.publish(*opened(3))
        await hub.clock.advance(timedelta(seconds=1))
        await hub.emptied()
        hub.stop.set()
        await asyncio.wait_for(run, 20)

    assert hub.sessions[0].unacknowledged == {}
    assert hub.intake.counts.accepted == 3


async def test_stop_leaves_with_the_broker_what_the_register_was_away_for(hub: IntakeScene) -> None:
    hub.publish(*opened(1, 2))
    hub.line.away.add("entry")

    async with hub.running() as run:
        await hub.asleep()
        hub.stop.set()
        await asyncio.wait_for(run, 20)

    assert hub.broker.waiting == 2
    assert hub.broker.depth == 2


async def test_stop_ends_a_loop_to_which_no_session_is_opened(hub: IntakeScene) -> None:
    async def never() -> MemorySession:
        await asyncio.Event().wait()
        raise AssertionError

    run = asyncio.create_task(hub.intake.run(never, hub.stop))
    hub.stop.set()

    await asyncio.wait_for(run, 20)


async def test_logs_carry_ids_and_never_what_an_event_says(hub: IntakeScene) -> None:
    data = {"chair": {"name": "Gloria Secret", "role": 5}, "agency": "gss:E10000032"}
    hub.publish(body_of("chair-appointed", data=data), body_of("lead-agency-set", 2), *opened(1))

    with capture_logs() as said:
        async with hub.running():
            await hub.emptied()

    assert {line["event"] for line in said} == {
        "event.quarantined",
        "event.waits",
        "event.taken",
    }
    assert "Gloria" not in str(said)
    assert "Amara" not in str(said)


class WithSessions(MemoryBroker):
    """A broker whose sessions are of another kind."""

    def __init__(self, hub: IntakeScene, kind: type[MemorySession]) -> None:
        super().__init__(hub.clock)
        self._kind = kind

    async def session(self) -> MemorySession:
        session = self._kind(self, next(self._epochs))
        self._sessions.add(session)
        return session


def test_the_scene_sends_as_the_publisher_of_the_source() -> None:
    assert received(body_of("police-advice-recorded")).user_id == "sussex-police"
