"""What a lease reads does not grow with what is due for a destination that may not be tried now.

By plans and by the database's own steps, never by time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from hub.adapters.register import open_register
from hub.adapters.register.due import FAR, due_beside, due_now
from hub.adapters.register.ready import leasing, leasing_by_destination
from hub.adapters.register.sql import SqlRegister
from hub.adapters.register.sqlite_phrases import Phrasebook as SqlitePhrasebook
from hub.vocabulary import Lane
from tests.adapters.conftest import Registers
from tests.adapters.test_register_by_destination import (
    STORM,
    Queued,
    found,
    lease,
    put,
    room_for,
    storm,
)
from tests.adapters.test_register_shut_plans import FEW, read_by
from tests.migrated import migrated_file

WAITING: Final = 3_000
OTHERS: Final = 9
NOW: Final = datetime.now(UTC)
MINUTE: Final = timedelta(minutes=1)
VALUES: Final[Mapping[str, object]] = {
    "of_lane": Lane.STANDARD.value,
    "at": NOW,
    "avoided": [STORM],
    "most": 100,
    "until": NOW + MINUTE,
    "by": "worker",
}
LOOK: Final = {"of_lane": Lane.STANDARD.value, "avoided": [STORM], "far": FAR}


def beside(waiting: int) -> list[Queued]:
    """Return a storm, and behind it what is due for three others, the oldest last in the table."""
    others = [
        Queued(
            seq=waiting + n,
            dest=f"email:{n % 3}",
            next_at=NOW - MINUTE - n * timedelta(seconds=1),
            order_key=waiting + n,
            turn=n,
        )
        for n in range(1, OTHERS + 1)
    ]
    return [*storm(waiting, NOW - 9 * MINUTE), *others]


@pytest.fixture
async def stormy(postgres_registers: Registers) -> SqlRegister:
    """A register with 3,000 due of a destination that may not be tried, and nine others."""
    register = await postgres_registers.open()
    await room_for(register, WAITING + OTHERS)
    await put(register, beside(WAITING))
    return register


async def test_a_lease_beside_a_storm_reads_what_others_have_and_nothing_of_the_storm(
    postgres_registers: Registers, stormy: SqlRegister
) -> None:
    by_time, by_destination = leasing(stormy._database), leasing_by_destination(stormy._database)

    past_the_storm = await read_by(postgres_registers, stormy, by_time, VALUES)
    around_it = await read_by(postgres_registers, stormy, by_destination, VALUES)
    looked = await found(stormy)

    assert past_the_storm >= WAITING
    assert around_it < FEW
    assert looked is not None
    assert looked.by_destination
    assert await lease(stormy) == list(range(WAITING + 1, WAITING + OTHERS + 1))


async def test_a_lease_for_nothing_beside_a_storm_reads_a_row_of_each_destination(
    postgres_registers: Registers, stormy: SqlRegister
) -> None:
    assert len(await lease(stormy)) == OTHERS

    statement = leasing_by_destination(stormy._database)
    read = await read_by(postgres_registers, stormy, statement, VALUES)

    assert read < OTHERS


async def test_the_look_beside_a_storm_reads_so_far_and_no_further(
    postgres_registers: Registers, stormy: SqlRegister
) -> None:
    plain = {"of_lane": Lane.STANDARD.value}

    beside_a_storm = await read_by(postgres_registers, stormy, due_beside(stormy._database), LOOK)
    beside_nothing = await read_by(postgres_registers, stormy, due_now(stormy._database), plain)

    assert beside_a_storm == FAR
    assert beside_nothing == 1


@pytest.mark.parametrize("most", [5, 25])
async def test_where_nobody_is_avoided_a_lease_reads_what_it_takes_however_much_is_due(
    postgres_registers: Registers, stormy: SqlRegister, most: int
) -> None:
    nobody = {**VALUES, "avoided": [], "most": most}

    read = await read_by(postgres_registers, stormy, leasing(stormy._database), nobody)

    # Once as due, once for its turn, once to be written.
    assert most <= read <= 3 * most


async def steps_of(folder: Path, waiting: int) -> tuple[int, int, list[str]]:
    """Return SQLite's steps, in hundreds, for a lease by time and by destination; and the plan."""
    url = migrated_file(folder / f"{waiting}.db")
    register = await open_register(url)
    assert isinstance(register, SqlRegister)
    await room_for(register, waiting + OTHERS)
    await put(register, beside(waiting))
    ways = leasing(register._database), leasing_by_destination(register._database)
    asked = [SqlitePhrasebook().phrase(way, VALUES).asked(VALUES) for way in ways]
    await register.close()
    counts = []
    with closing(sqlite3.connect(folder / f"{waiting}.db", isolation_level=None)) as session:
        for text, values in asked:
            steps: list[None] = []
            session.execute("BEGIN")
            session.set_progress_handler(lambda: steps.append(None), 100)  # noqa: B023 - at once
            assert len(session.execute(text, values).fetchall()) == OTHERS
            session.set_progress_handler(None, 100)
            session.execute("ROLLBACK")
            counts.append(len(steps))
        text, values = asked[-1]
        plan = [row[-1] for row in session.execute(f"EXPLAIN QUERY PLAN {text}", values)]
    by_time, by_destination = counts
    return by_time, by_destination, plan


async def test_on_sqlite_a_lease_beside_a_storm_takes_as_many_steps_however_great_it_is(
    tmp_path: Path,
) -> None:
    by_time_few, few, _ = await steps_of(tmp_path, 30)
    by_time_many, many, plan = await steps_of(tmp_path, WAITING)

    assert by_time_many > 10 * by_time_few
    assert many <= few + 1, plan
    walked = [line for line in plan if "ix_delivery_queue_dest" in line]
    assert any("lane=? AND dest=? AND next_at<?" in line for line in walked), plan
    assert not [line for line in plan if "ix_delivery_queue_due" in line], plan
