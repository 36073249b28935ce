"""Destinations that fail, on every register: known to whoever opens it next."""

from __future__ import annotations

from datetime import timedelta

from hub.adapters.register.sql import SqlRegister
from hub.ports.cooling import Cooling
from tests.adapters.conftest import Registers
from tests.builders import LONG_AGO

DEST = "webhook:surrey-hook"
FIRST = Cooling(failures=5, until=LONG_AGO)
LATER = Cooling(failures=6, until=LONG_AGO + timedelta(seconds=30))


async def test_B03_what_is_known_of_a_destination_stands_until_it_recovers(
    register: SqlRegister,
) -> None:
    assert await register.cooling() == {}

    await register.cool({DEST: FIRST, "sms": None})
    await register.cool({"email:other.example": FIRST})
    await register.cool({DEST: LATER})
    failing = await register.cooling()
    await register.cool({DEST: None})
    await register.cool({DEST: None})

    assert failing == {DEST: LATER, "email:other.example": FIRST}
    assert await register.cooling() == {"email:other.example": FIRST}


async def test_B03_another_process_knows_it_at_once(postgres_registers: Registers) -> None:
    first, second = await postgres_registers.open(), await postgres_registers.open()

    await first.cool({DEST: FIRST})

    assert await second.cooling() == {DEST: FIRST}


async def test_B03_many_destinations_are_written_at_once_and_the_larger_count_stands(
    register: SqlRegister,
) -> None:
    many = {f"email:{number}.example": Cooling(failures=1, until=LONG_AGO) for number in range(50)}
    gone = dict.fromkeys(list(many)[:20])
    fewer = Cooling(failures=2, until=LATER.until + timedelta(minutes=20))

    await register.cool(many | {DEST: LATER})
    await register.cool({})
    await register.cool(gone | {DEST: fewer})

    found = dict(await register.cooling())
    assert found.pop(DEST) == Cooling(failures=LATER.failures, until=fewer.until)
    assert found.keys() == many.keys() - gone.keys()
