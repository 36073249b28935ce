"""A connection to SQLite is lent clean: nothing of the last borrower is left on it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Final

import pytest

from hub.adapters.register.sqlite_link import Link, Links
from hub.adapters.register.sqlite_phrases import Asked
from hub.ports import RegisterAway

COUNT: Final[Asked] = ("SELECT count(*) FROM kept", [])
KEEP: Final[Asked] = ("INSERT INTO kept VALUES (?)", [7])


@pytest.fixture
async def links(tmp_path: Path) -> AsyncIterator[Links]:
    """One connection to a file with one table."""
    where = str(tmp_path / "kept.db")
    made = Links(lambda: Link(where, uri=False, query_only=False), 1)
    async with made.lent() as link:
        await link.say("CREATE TABLE kept (is_ INTEGER)")
    yield made
    await made.close()


async def _kept(links: Links) -> int:
    async with links.lent() as link:
        _, rows = await link.fetch([COUNT])
    number: int = rows[0][0]
    return number


async def test_what_a_borrower_left_begun_is_undone(links: Links) -> None:
    async with links.lent() as link:
        await link.say("BEGIN IMMEDIATE")
        await link.run([KEEP])

    assert await _kept(links) == 0


async def test_a_borrower_who_is_cancelled_leaves_nothing_begun_and_its_act_has_ended(
    links: Links,
) -> None:
    async def borrows() -> None:
        async with links.lent() as link:
            await link.say("BEGIN IMMEDIATE")
            began.set()
            await link.many(KEEP[0], [[number] for number in range(100_000)])
            await link.say("COMMIT")

    began = asyncio.Event()
    borrowing = asyncio.ensure_future(borrows())
    await began.wait()
    borrowing.cancel()

    with pytest.raises(asyncio.CancelledError):
        await borrowing
    assert await _kept(links) == 0


async def test_many_sets_of_values_are_one_act_and_all_are_written(links: Links) -> None:
    async with links.lent() as link:
        assert await link.many(KEEP[0], [[1], [2], [3]]) == 3
        assert await link.run([KEEP, KEEP]) == 2

    assert await _kept(links) == 5


async def test_rows_that_nobody_reads_to_their_end_keep_no_hold_of_the_file(links: Links) -> None:
    async with links.lent() as link:
        await link.many(KEEP[0], [[number] for number in range(9)])
        async with aclosing(link.parts(("SELECT is_ FROM kept ORDER BY is_", []), 4)) as parts:
            names, rows = await anext(parts)

        # A table that is still being read is locked against its end (SQLITE_LOCKED).
        await link.say("DROP TABLE kept")

    assert (names, rows) == (["is_"], [(0,), (1,), (2,), (3,)])


async def test_what_sqlite_refuses_leaves_a_connection_that_is_lent_again(links: Links) -> None:
    async with links.lent() as link:
        await link.say("BEGIN IMMEDIATE")
        await link.run([KEEP])
        with pytest.raises(sqlite3.OperationalError):
            await link.say("INSERT INTO nowhere VALUES (1)")

    assert await _kept(links) == 0


async def test_of_a_register_that_is_closed_no_connection_is_lent(links: Links) -> None:
    await links.close()

    with pytest.raises(RegisterAway):
        await _kept(links)
