"""Beside many that are due for a destination that may not be tried, the same rows by a shorter way.

The two statements are compared with a plain list in Python, over queues that nobody chose.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

import pytest
from sqlalchemy import Executable, delete, select

from hub.adapters.register import due
from hub.adapters.register import tables as t
from hub.adapters.register.due import Due, found_due
from hub.adapters.register.ready import leasing, leasing_by_destination
from hub.adapters.register.sql import SqlRegister
from hub.adapters.register.unreleased import restored
from hub.notice import Leased
from hub.vocabulary import Lane
from tests.adapters.by_hand import look, meddle
from tests.adapters.conftest import Registers
from tests.adapters.planted import run, told, write
from tests.builders import directory

Q: Final = t.delivery_queue
MINUTE: Final = timedelta(minutes=1)
STORM: Final = "webhook:storm"
CLOSED: Final = "surrey-hook"
ROWS: Final = 60
DESTS: Final = (STORM, "email:a", "email:b", "webhook:surrey-hook", "a", "webhook:z")

COPIES: Final = """
    INSERT INTO delivery (id, notice_id, concern_id, agency_id, role, channel, target, dest, lane,
                          classes, body_id, sha256, due, recorded)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {many})
    SELECT 'waits-' || n, notice_id, concern_id, agency_id, role, channel, target, dest, lane,
           classes, body_id, sha256, due, recorded
    FROM (SELECT * FROM delivery LIMIT 1) AS one, numbers
"""


@dataclass(frozen=True, kw_only=True)
class Queued:
    """One row of the queue, as the oracle and the table have it."""

    seq: int
    dest: str
    next_at: datetime
    lane: Lane = Lane.STANDARD
    order_key: int
    turn: int
    endpoint_id: str | None = None
    worker: str | None = None
    first_tried: datetime | None = None
    replayed: datetime | None = None
    shut: bool = False

    @property
    def open(self) -> bool:
        return self.endpoint_id != CLOSED

    def row(self) -> dict[str, object]:
        whole = {name: getattr(self, name) for name in self.__dataclass_fields__}
        delivery = {"delivery_id": f"waits-{self.seq}", "maybe_sent": False}
        return whole | delivery | {"token": 0, "attempts": 0, "lane": self.lane.value}


def expected(
    queue: Sequence[Queued], lane: Lane, now: datetime, avoid: Collection[str], limit: int
) -> list[int]:
    """Return what a lease takes, read off a list: the oldest that may go and wait for no other."""

    def goes_before(older: Queued, row: Queued) -> bool:
        theirs = older.order_key == row.order_key and older.seq < row.seq
        if not theirs or older.turn == row.turn:
            return False
        untried = older.first_tried is None and older.next_at <= row.next_at
        may_be_tried = older.open and older.dest not in avoid
        return older.worker is not None or (untried and may_be_tried)

    ready = [
        row
        for row in queue
        if row.lane is lane and row.next_at <= now and row.open and not row.shut
        if row.dest not in avoid and not any(goes_before(older, row) for older in queue)
    ]
    ready.sort(key=lambda row: (row.next_at, row.seq))
    return sorted(row.seq for row in ready[:limit])


def any_queue(chance: Random, now: datetime) -> list[Queued]:
    """Return a queue as nobody would choose it: many alike in time, most for one destination."""
    return [
        Queued(
            seq=seq,
            dest=STORM if chance.random() < 0.5 else chance.choice(DESTS),
            next_at=now + chance.choice((-9, -5, -5, -3, -3, -1, 2)) * MINUTE,
            lane=Lane.STANDARD if chance.random() < 0.8 else Lane.IMMEDIATE,
            order_key=chance.randrange(20),
            turn=chance.randrange(30),
            endpoint_id=chance.choice((None, None, None, None, CLOSED, "open-hook")),
            worker="another" if chance.random() < 0.1 else None,
            first_tried=now - 20 * MINUTE if chance.random() < 0.3 else None,
            replayed=now - 30 * MINUTE if chance.random() < 0.1 else None,
            shut=chance.random() < 0.1,
        )
        for seq in range(1, ROWS + 1)
    ]


async def room_for(register: SqlRegister, many: int) -> None:
    """Write so many deliveries, with nothing in the queue; one webhook is closed."""
    await register.seed(directory())
    (closed,) = (each for each in (await register.directory()).endpoints if each.id == CLOSED)
    await register.put_endpoint(replace(closed, parked=True))
    await write(register, *told(1))
    await meddle(register, COPIES.format(many=many))
    await run(register, delete(Q))


async def put(register: SqlRegister, queue: Sequence[Queued]) -> None:
    await run(register, delete(Q))
    await run(register, Q.insert(), *(each.row() for each in queue))


class Undone(Exception):
    """What a statement did in a test is undone."""


async def taken(
    register: SqlRegister, statement: Executable, values: Mapping[str, object]
) -> list[int]:
    """Return which rows a statement leases, and let it not have been."""
    found: list[int] = []
    with suppress(Undone):
        async with register._database.writing("by hand") as wire:
            found = [row["seq"] for row in await wire.rows(statement, values)]
            raise Undone
    return sorted(found)


@pytest.mark.parametrize("seed", range(4))
async def test_both_ways_lease_what_a_plain_list_says_whatever_waits_and_whoever_may_not_be_tried(
    register: SqlRegister, seed: int
) -> None:
    await room_for(register, ROWS)
    chance = Random(seed)
    ways = leasing(register._database), leasing_by_destination(register._database)
    found_any = 0
    for _ in range(15):
        now = datetime.now(UTC)
        queue = any_queue(chance, now)
        await put(register, queue)
        for _ in range(4):
            avoid = sorted({dest for dest in DESTS if chance.random() < 0.4})
            lane = chance.choice((Lane.STANDARD, Lane.STANDARD, Lane.IMMEDIATE))
            limit = chance.choice((1, 3, 10, 100))
            values = {
                "of_lane": lane.value,
                "at": now,
                "avoided": avoid,
                "most": limit,
                "until": now + MINUTE,
                "by": "worker",
            }

            by_time, by_destination = [await taken(register, way, values) for way in ways]

            assert by_time == by_destination == expected(queue, lane, now, avoid, limit)
            found_any += len(by_time)
    assert found_any > ROWS


async def test_B03_neither_way_leases_anything_of_a_restored_register_before_a_person_says_so(
    register: SqlRegister,
) -> None:
    now = datetime.now(UTC)
    await room_for(register, ROWS)
    await put(register, storm(5, now - MINUTE))
    values = {
        "of_lane": Lane.STANDARD.value,
        "at": now,
        "avoided": [],
        "most": 9,
        "until": now + MINUTE,
        "by": "worker",
    }
    ways = leasing(register._database), leasing_by_destination(register._database)
    open_before = [await taken(register, way, values) for way in ways]

    await run(register, restored.insert(), {"taken": now, "at": now, "last_queued": 0})

    assert open_before == [[1, 2, 3, 4, 5]] * 2
    assert [await taken(register, way, values) for way in ways] == [[], []]


def storm(many: int, at: datetime, *, first: int = 1, **changes: object) -> list[Queued]:
    """Return so many rows of one destination, each of a party of its own, all due at once."""
    rows = [
        Queued(seq=seq, dest=STORM, next_at=at, order_key=seq, turn=seq)
        for seq in range(first, first + many)
    ]
    return [replace(row, **changes) for row in rows]  # type: ignore[arg-type]


async def lease(
    register: SqlRegister,
    *,
    avoid: Collection[str] = (STORM,),
    lane: Lane = Lane.STANDARD,
    limit: int = 100,
) -> list[int]:
    """Lease through the port; return which rows, in the order in which they are handed out."""
    leased = await register.lease(
        lane, limit=limit, lease_for=15 * MINUTE, worker="worker", avoid=frozenset(avoid)
    )
    return numbers(leased)


def numbers(leased: Sequence[Leased]) -> list[int]:
    return [int(each.delivery.id.removeprefix("waits-")) for each in leased]


async def found(register: SqlRegister, avoid: Collection[str] = (STORM,)) -> Due | None:
    async with register._database.reading() as wire:
        return await found_due(wire, register._database, Lane.STANDARD, avoid, 100)


FEW: Final = 20


@pytest.fixture
def near(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look goes no further than a few rows, as if the storm were so much greater."""
    monkeypatch.setattr(due, "FAR", FEW)


@pytest.mark.usefixtures("near")
async def test_beside_a_storm_others_go_oldest_first_and_the_storm_in_its_order_once_it_may(
    register: SqlRegister,
) -> None:
    now = datetime.now(UTC)
    await room_for(register, ROWS)
    waits = storm(FEW + 10, now - 9 * MINUTE)
    others = [
        Queued(seq=51, dest="email:b", next_at=now - 2 * MINUTE, order_key=51, turn=51),
        Queued(seq=52, dest="email:a", next_at=now - 4 * MINUTE, order_key=52, turn=52),
        Queued(seq=53, dest="email:b", next_at=now - 3 * MINUTE, order_key=53, turn=53),
        Queued(seq=54, dest="email:b", next_at=now + MINUTE, order_key=54, turn=54),
    ]
    await put(register, [*waits, *others])

    looked = await found(register)
    first_two = await lease(register, limit=2)
    last = await lease(register)
    nothing = await lease(register)
    all_of_it = await lease(register, avoid=())

    assert looked is not None
    assert looked.by_destination
    assert (first_two, last, nothing) == ([52, 53], [51], [])
    assert all_of_it == [row.seq for row in waits]


@pytest.mark.usefixtures("near")
async def test_what_is_urgent_is_leased_beside_a_storm_of_its_own_lane_or_another(
    register: SqlRegister,
) -> None:
    now = datetime.now(UTC)
    await room_for(register, ROWS)
    urgent = storm(FEW + 5, now - 9 * MINUTE, lane=Lane.IMMEDIATE)
    ordinary = storm(FEW + 5, now - 9 * MINUTE, first=30)
    one = Queued(seq=60, dest="email:a", next_at=now, lane=Lane.IMMEDIATE, order_key=60, turn=60)
    await put(register, [*urgent, *ordinary, one])

    beside = await lease(register, lane=Lane.IMMEDIATE)
    unavoided = await lease(register, lane=Lane.IMMEDIATE, avoid=())

    assert beside == [60]
    assert unavoided == [row.seq for row in urgent]


@pytest.mark.usefixtures("near")
async def test_a_notice_waits_beside_a_storm_for_the_older_one_to_its_party_as_it_does_anywhere(
    register: SqlRegister,
) -> None:
    now = datetime.now(UTC)
    await room_for(register, ROWS)
    older = Queued(seq=50, dest="email:a", next_at=now - 5 * MINUTE, order_key=7, turn=1)
    younger = Queued(seq=51, dest="email:b", next_at=now - 4 * MINUTE, order_key=7, turn=2)
    waits = storm(FEW + 5, now - 9 * MINUTE, order_key=1, turn=1)
    await put(register, [*waits, older, younger])

    first = await lease(register)
    in_hand = await lease(register)
    await run(register, delete(Q).where(Q.c.seq == 50))
    then = await lease(register)

    assert (first, in_hand, then) == ([50], [], [51])


async def test_where_all_that_is_due_may_not_be_tried_the_look_says_so_and_takes_no_turn(
    register: SqlRegister,
) -> None:
    now = datetime.now(UTC)
    await room_for(register, ROWS)
    await put(register, storm(5, now - MINUTE))

    avoided, other = await found(register), await found(register, ("email:a",))

    assert avoided is None
    assert other is not None
    assert not other.by_destination
    assert await lease(register) == []
    assert await look(register, "SELECT worker FROM delivery_queue WHERE token > 0") == []


@pytest.mark.usefixtures("near")
async def test_where_few_may_not_be_tried_or_enough_others_are_older_a_lease_goes_by_time(
    register: SqlRegister,
) -> None:
    now = datetime.now(UTC)
    await room_for(register, ROWS)
    few = storm(FEW - 1, now - 9 * MINUTE)
    await put(register, few)
    beside_few = await found(register, ("email:a",))
    many_older = storm(FEW, now - 9 * MINUTE, dest="email:a")
    await put(register, [*many_older, *storm(FEW, now - 5 * MINUTE, first=FEW + 1)])
    async with register._database.reading() as wire:
        enough = await found_due(wire, register._database, Lane.STANDARD, (STORM,), FEW)
        too_few = await found_due(wire, register._database, Lane.STANDARD, (STORM,), FEW + 1)

    assert beside_few is not None
    assert not beside_few.by_destination
    assert enough is not None
    assert not enough.by_destination
    assert too_few is not None
    assert too_few.by_destination


@pytest.mark.usefixtures("near")
async def test_what_another_worker_is_leasing_is_passed_over_and_what_is_behind_it_taken(
    postgres_registers: Registers,
) -> None:
    mine, other = await postgres_registers.open(), await postgres_registers.open()
    now = datetime.now(UTC)
    await room_for(mine, ROWS)
    others = storm(20, now - MINUTE, first=40, dest="email:a")
    await put(mine, [*storm(FEW + 5, now - 9 * MINUTE), *others])

    async with asyncio.timeout(30), mine._database.writing("by hand") as wire:
        await wire.rows(
            select(Q).where(Q.c.dest == "email:a").order_by(Q.c.seq).limit(8).with_for_update()
        )
        beside = await lease(other, limit=8)
    after = await lease(other, limit=20)

    assert beside == [row.seq for row in others[8:16]]
    assert after == [row.seq for row in (*others[:8], *others[16:])]


@pytest.mark.usefixtures("near")
async def test_of_many_workers_that_lease_beside_a_storm_at_once_each_row_is_one_s(
    postgres_registers: Registers,
) -> None:
    registers = [await postgres_registers.open() for _ in range(4)]
    now = datetime.now(UTC)
    await room_for(registers[0], 200)
    others = storm(160, now - MINUTE, first=41, dest="email:a")
    await put(registers[0], [*storm(40, now - 9 * MINUTE), *others])
    had: list[int] = []

    async def leases(register: SqlRegister) -> None:
        for _ in range(20):
            had.extend(await lease(register, limit=7))

    async with asyncio.timeout(120):
        await asyncio.gather(*map(leases, registers))

    assert sorted(had) == [row.seq for row in others]
