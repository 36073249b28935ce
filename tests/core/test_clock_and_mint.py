"""Ids in order, codes that can be read out, and a clock that stands still until it is moved."""

import asyncio
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from hub.adapters.clock import CODE_ALPHABET, RandomMint, SystemClock
from hub.adapters.memory import SequentialMint, VirtualClock
from hub.vocabulary import Mint

NOON: Final = datetime(2026, 12, 25, 12, 0, tzinfo=UTC)


@pytest.fixture(params=[RandomMint, SequentialMint])
def mint(request: pytest.FixtureRequest) -> Mint:
    made: Mint = request.param()
    return made


def test_ids_are_uuids_of_version_7_unique_and_in_order(mint: Mint) -> None:
    ids = [mint.id() for _ in range(5000)]

    assert ids == sorted(set(ids))
    for each in (uuid.UUID(ids[0]), uuid.UUID(ids[-1])):
        assert each.version == 7
        assert each.variant == uuid.RFC_4122


def test_an_id_begins_with_the_millisecond_it_was_made_in() -> None:
    before = time.time_ns() // 1_000_000

    made = uuid.UUID(RandomMint().id()).int >> 80

    assert before <= made <= time.time_ns() // 1_000_000


def test_ids_stay_in_order_when_the_machines_clock_steps_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mint = RandomMint()
    first = mint.id()
    monkeypatch.setattr(time, "time_ns", lambda: 0)

    assert first < mint.id() < mint.id()


def test_codes_have_six_characters_that_cannot_be_misread(mint: Mint) -> None:
    codes = {mint.code() for _ in range(1000)}

    assert len(codes) == 1000
    assert all(len(code) == 6 for code in codes)
    assert set("".join(codes)) <= set(CODE_ALPHABET)
    assert not set("01ILO") & set(CODE_ALPHABET)


def test_a_fraction_is_from_0_up_to_1(mint: Mint) -> None:
    assert all(0 <= mint.fraction() < 1 for _ in range(1000))


def test_two_sequential_mints_make_the_same_bytes() -> None:
    one, other = SequentialMint(), SequentialMint()

    assert [one.id(), one.code(), one.id()] == [other.id(), other.code(), other.id()]


async def test_the_system_clock_tells_utc_and_waits() -> None:
    clock = SystemClock()
    before = clock.now()

    nap = clock.sleep  # the thing under test
    await nap(0.01)

    assert before.tzinfo is UTC
    assert clock.now() - before >= timedelta(seconds=0.01)


async def test_a_virtual_clock_stands_still_and_wakes_sleepers_each_at_its_time() -> None:
    clock = VirtualClock(NOON)
    nap = clock.sleep  # the thing under test
    woke: list[tuple[str, datetime]] = []

    async def sleeper(name: str, *seconds: float) -> None:
        for each in seconds:
            await nap(each)
            woke.append((name, clock.now()))

    sleepers = [
        asyncio.create_task(sleeper("late", 3600)),
        asyncio.create_task(sleeper("often", 10, 10)),
    ]
    await asyncio.wait_for(clock.asleep(), 5)
    assert clock.now() == NOON

    await clock.advance(timedelta(minutes=1))
    assert woke == [
        ("often", NOON + timedelta(seconds=10)),
        ("often", NOON + timedelta(seconds=20)),
    ]
    assert clock.now() == NOON + timedelta(minutes=1)

    await clock.move_to(NOON + timedelta(hours=1))
    await asyncio.gather(*sleepers)
    assert woke[-1] == ("late", NOON + timedelta(hours=1))


async def test_a_cancelled_sleeper_wakes_nobody() -> None:
    clock = VirtualClock(NOON)
    nap = clock.sleep  # the thing under test
    sleeping = asyncio.create_task(nap(5))
    await asyncio.wait_for(clock.asleep(), 5)

    sleeping.cancel()
    await asyncio.gather(sleeping, return_exceptions=True)

    assert clock.next_wake is None
    await clock.advance(timedelta(seconds=10))
    assert clock.now() == NOON + timedelta(seconds=10)
