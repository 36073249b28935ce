"""The process is killed at a named point: what was committed is there, what was not is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from hub.adapters.register import open_register
from hub.ports import Register
from hub.vocabulary import Lane

PROGRAM = """
import asyncio, sys
from datetime import timedelta
from hub.adapters.register import open_register
from hub.notice import Accepted
from hub.ports import Completion
from hub.vocabulary import Lane, Rung
from tests.builders import LONG_AGO, opened, receipt_of, telling

async def main(url):
    register = await open_register(url)
    event = opened()
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(telling(event))
    (leased,) = await register.lease(
        Lane.STANDARD, limit=9, lease_for=timedelta(0), worker="doomed"
    )
    accepted = Accepted(at=LONG_AGO, detail="taken", rung=Rung.SUBMITTED)
    receipts = (receipt_of(leased.delivery, attempt=leased.attempt),)
    await register.complete([Completion(
        leased=leased, outcome=accepted, again_at=None, costs_attempt=True, receipts=receipts,
    )])

asyncio.run(main(sys.argv[1]))
"""

ROOT = Path(__file__).parents[2]


async def killed_at(point: str, path: Path) -> Register:
    """Run the program until it dies there, and open what it left."""
    url = f"sqlite+aiosqlite:///{path}"
    ended = subprocess.run(  # noqa: ASYNC221  # nothing else runs here
        [sys.executable, "-c", PROGRAM, url],
        env={**os.environ, "HUB_FAILPOINT": point, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL
    return await open_register(url)


@pytest.mark.parametrize(
    ("point", "events", "queued"),
    [("insert.after", 0, 0), ("commit.before", 0, 0), ("commit.after", 1, 1)],
)
async def test_an_entry_is_whole_or_nothing(
    point: str, events: int, queued: int, tmp_path: Path
) -> None:
    register = await killed_at(point, tmp_path / "register.db")

    depths = await register.depths()
    await register.close()

    assert (depths.events, depths.notices, depths.queued) == (events, events, queued)


@pytest.mark.parametrize(
    ("point", "maybe_sent"),
    [("lease.before", False), ("lease.after", True), ("outcome.before", True)],
)
async def test_what_was_leased_comes_back_and_says_whether_it_may_have_been_sent(
    point: str, maybe_sent: bool, tmp_path: Path
) -> None:
    register = await killed_at(point, tmp_path / "register.db")

    (again,) = await register.lease(
        Lane.STANDARD, limit=9, lease_for=timedelta(minutes=1), worker="next"
    )
    await register.close()

    assert again.maybe_sent is maybe_sent


async def test_an_outcome_that_was_committed_stands(tmp_path: Path) -> None:
    register = await killed_at("outcome.after", tmp_path / "register.db")

    depths = await register.depths()
    await register.close()

    assert (depths.queued, depths.leased, depths.unaccounted, depths.notices) == (0, 0, 0, 1)
