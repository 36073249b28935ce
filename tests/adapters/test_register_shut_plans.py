"""What a lease reads does not grow with what waits behind closed webhooks: by plans, never time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from sqlalchemy import Executable

from hub.adapters.register import open_register, queue, ready
from hub.adapters.register.dialect import Database
from hub.adapters.register.due import due_now
from hub.adapters.register.phrases import Phrasebook
from hub.adapters.register.sessions import server_settings
from hub.adapters.register.sql import SqlRegister
from hub.adapters.register.sqlite_phrases import Phrasebook as SqlitePhrasebook
from hub.vocabulary import EndpointId, Lane
from tests.adapters.by_hand import meddle
from tests.adapters.conftest import Registers
from tests.adapters.planted import told, write
from tests.builders import LONG_AGO, directory
from tests.migrated import migrated_file

WAITING: Final = 3_000
FEW: Final = 100
"""What a statement may read beside so many, be it a page of an index or a row of another table."""

ASKED: Final[Mapping[str, Callable[[Database], Executable]]] = {
    "the lease": ready.leasing,
    "the look at what is due": due_now,
    "when the next is due": lambda _database: queue._NEXT_DUE,
}
NOW: Final = datetime.now(UTC)
VALUES: Final[Mapping[str, object]] = {
    "of_lane": Lane.STANDARD.value,
    "at": NOW,
    "avoided": [],
    "most": 100,
    "until": NOW + timedelta(minutes=1),
    "by": "worker",
}
DELIVERIES: Final = f"""
    INSERT INTO delivery (id, notice_id, concern_id, agency_id, role, channel, target, dest, lane,
                          classes, body_id, sha256, due, recorded)
    SELECT 'waits-' || n, notice_id, concern_id, agency_id, role, channel, target, dest, lane,
           classes, body_id, sha256, due, recorded
    FROM (SELECT * FROM delivery LIMIT 1) AS one, generate_series(1, {WAITING}) AS n
"""  # noqa: S608 - numbers alone
QUEUED: Final = f"""
    INSERT INTO delivery_queue (delivery_id, lane, next_at, token, attempts, dest, order_key, turn,
                                endpoint_id, maybe_sent)
    SELECT 'waits-' || n, lane, next_at, 0, 0, 'webhook:surrey-hook', n, n, 'surrey-hook', false
    FROM (SELECT * FROM delivery_queue LIMIT 1) AS one, generate_series(1, {WAITING}) AS n
"""  # noqa: S608 - numbers alone

LATER: Final = """
    UPDATE delivery_queue SET next_at = next_at + interval '1 second' WHERE endpoint_id IS NULL
"""
"""What may go is due behind all that may not."""


async def closed(register: SqlRegister) -> None:
    await register.seed(directory())
    endpoint = (await register.directory()).endpoint(EndpointId("surrey-hook"))
    assert endpoint is not None
    await register.put_endpoint(replace(endpoint, parked=True))


async def read_by(
    registers: Registers,
    register: SqlRegister,
    statement: Executable,
    values: Mapping[str, object] = VALUES,
) -> int:
    """Return how many rows of the queue one statement reads, on a session set as the hub's are."""
    await meddle(register, "ANALYZE")  # As the server does by itself within a minute.
    phrase = Phrasebook().phrase(statement, values)
    session = await asyncpg.connect(
        registers.url.replace("+asyncpg", ""), server_settings=server_settings("a test")
    )
    try:
        undone = session.transaction()
        await undone.start()
        explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {phrase.text}"
        (row,) = await session.fetch(explained, *phrase.arguments(values))
        await undone.rollback()
    finally:
        await session.close()
    return _read(json.loads(row[0])[0]["Plan"])


def _read(plan: Mapping[str, Any]) -> int:
    mine = 0
    if plan.get("Relation Name") == "delivery_queue" and plan["Node Type"] != "ModifyTable":
        found = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        mine = (found + plan.get("Rows Removed by Index Recheck", 0)) * plan["Actual Loops"]
    return mine + sum(_read(each) for each in plan.get("Plans", ()))


@pytest.mark.parametrize("asked", ASKED)
async def test_what_waits_behind_a_closed_webhook_is_read_until_the_look_and_never_after(
    postgres_registers: Registers, asked: str
) -> None:
    register = await postgres_registers.open()
    await closed(register)
    await write(register, *told(1, at=LONG_AGO))
    await meddle(register, DELIVERIES)
    await meddle(register, QUEUED)
    await meddle(register, LATER)
    statement = ASKED[asked](register._database)
    before = await read_by(postgres_registers, register, statement)

    assert await register.keep_apart() == WAITING
    after = await read_by(postgres_registers, register, statement)

    assert after < FEW
    if asked != "the look at what is due":  # It ends at the first it finds.
        assert before >= WAITING


@pytest.mark.parametrize("asked", ASKED)
async def test_sqlite_walks_the_same_index(tmp_path: Path, asked: str) -> None:
    register = await open_register(migrated_file(tmp_path / "register.db"))
    assert isinstance(register, SqlRegister)
    statement = ASKED[asked](register._database)
    await register.close()
    text, values = SqlitePhrasebook().phrase(statement, VALUES).asked(VALUES)

    with closing(sqlite3.connect(tmp_path / "register.db")) as session:
        plan = [row[-1] for row in session.execute(f"EXPLAIN QUERY PLAN {text}", values)]

    walked = [line for line in plan if "ix_delivery_queue_due" in line]
    assert walked, plan
    assert all("lane=?" in line for line in walked)
