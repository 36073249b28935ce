"""Receivers that hang, drip, storm, pour and mislead: each is cut off and recorded (tests.md, 8).

What is timed and weighed is asserted by `make soak` alone; `EVERY=1 make soak
TESTS=tests/faults/test_hostile.py` publishes one event a second, not ten.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

import pytest

from bench.work import PUBLISHER, TOLD, percentile
from tests.faults.checker import CARRY, PUBLISH, RECORD
from tests.faults.checker import read as read_history
from tests.faults.conftest import migrated
from tests.faults.ground import Ground, a_run
from tests.faults.hostile import RETRY_AFTER, TRAP, Hostile
from tests.faults.lasting import after
from tests.servers.postgres import Postgres
from tests.servers.rabbit import Rabbit

EXPECTED: Final = {
    "hang": ("in doubt", "did not answer in time"),
    "drip": ("in doubt", "did not answer in time"),
    "storm": ("deferred", "(503)"),
    "busy": ("deferred", "(429)"),
    "stall": ("deferred", "did not answer in time"),
    "reset": ("in doubt", "the connection was lost"),
    "redirect": ("refused", "we do not follow (307)"),
    "bomb": ("accepted", "(200)"),
    "flood": ("accepted", "(200)"),
}
"""What the register must say of the first try."""
RESETS: Final = 2
"""Mails that the relay takes and answers by RST after the final dot: they come twice, flagged."""
SLOW: Final = {"hang", "drip", "stall"}
SWALLOWED: Final = 8 * 1024**2
"""Octets: the buffers of two sockets, and what is read before the hub hangs up."""
EVERY: Final = float(os.environ.get("EVERY", "0.1"))
"""Seconds from one event to the next: with the hostile ones an event is told to fourteen."""
SLOWER: Final = 1.5
HEAVIER_MB: Final = 5.0

_TRIES: Final = """
SELECT d.target, a.outcome, a.detail, a.started, a.ended
FROM attempt a JOIN delivery d ON d.id = a.delivery_id
WHERE d.target = ANY($1) ORDER BY a.started
"""
_WAITS: Final = """
SELECT extract(epoch FROM q.next_at - max(a.started)) AS seconds
FROM delivery_queue q JOIN delivery d ON d.id = q.delivery_id
JOIN attempt a ON a.delivery_id = d.id
WHERE d.target = ANY($1) AND a.ended IS NOT NULL GROUP BY q.delivery_id, q.next_at
"""


@asynccontextmanager
async def among(
    tmp_path: Path, rabbit: Rabbit, postgres: Postgres, hostile: dict[str, str]
) -> AsyncIterator[Ground]:
    """A run in which the regulator has these webhooks too."""
    publisher = await asyncio.to_thread(lambda: rabbit.add_user(PUBLISHER, write=".*", read=".*"))
    async with a_run(
        tmp_path,
        amqp=rabbit.url,
        register_url=await asyncio.to_thread(migrated, postgres),
        publisher=publisher,
        lease=60.0,
        margin=10.0,
        hostile=tuple(hostile.items()),
    ) as ground:
        yield ground


async def first_tries(ground: Ground, targets: list[str]) -> dict[str, tuple[str, str]]:
    """Return what the register says of the first try of each, once it says it of all."""
    async with asyncio.timeout(60):
        while True:
            said: dict[str, tuple[str, str]] = {}
            for row in await ground.rows(_TRIES, targets):
                if row["outcome"] is not None:
                    said.setdefault(row["target"], (row["outcome"], row["detail"]))
            if said.keys() == set(targets):
                return said
            await ground.register.wake(0.2)


async def test_each_hostile_receiver_is_cut_off_and_recorded_and_delays_nobody_else(
    tmp_path: Path,
    rabbit: Rabbit,
    postgres: Postgres,
    record_property: Callable[[str, object], None],
) -> None:
    async with Hostile() as hostile, among(tmp_path, rabbit, postgres, hostile.urls) as ground:
        kinds = list(hostile.urls)
        ground.sinks.resets = RESETS
        await ground.hub.start()
        light = ground.hub.peak_mb()
        with ground.history.fault("hostile receivers"):
            await ground.case_system.publish(4)
            assert await ground.sinks.until_all(4 * TOLD, 60)
            unended = {
                row["target"] for row in await ground.rows(_TRIES, kinds) if not row["ended"]
            }
            said = await first_tries(ground, kinds)
            assert await ground.sinks.until(4 * TOLD + RESETS, 30)
        heavy = ground.hub.peak_mb()

        # All healthy ones had theirs while the slow ones still kept the hub waiting.
        assert unended >= SLOW
        for kind, (outcome, detail) in EXPECTED.items():
            assert said[kind][0] == outcome, (kind, said[kind])
            assert detail in said[kind][1], (kind, said[kind])
        assert hostile.calls[TRAP] == 0
        assert hostile.poured < hostile.calls["flood"] * SWALLOWED
        waits = [row["seconds"] for row in await ground.rows(_WAITS, ["busy"])]
        # What the first of the four was told holds for the others too: they wait with it.
        assert waits
        assert min(waits) >= RETRY_AFTER
        verdict = await ground.verdict(apart=kinds)
    record_property("verdict", asdict(verdict))
    record_property("memory", (light, heavy))
    assert not verdict.wrong, verdict
    assert verdict.duplicated == RESETS
    assert verdict.deliveries == 4 * TOLD


@pytest.mark.soak
async def test_while_half_the_destinations_hang_the_others_wait_no_longer_and_memory_is_flat(
    tmp_path: Path,
    rabbit: Rabbit,
    postgres: Postgres,
    record_property: Callable[[str, object], None],
) -> None:
    found: dict[str, tuple[float, float]] = {}
    async with Hostile() as hostile:
        for name, urls in (("calm", {}), ("hostile", hostile.urls)):
            folder = tmp_path / name
            folder.mkdir()
            async with among(folder, rabbit, postgres, urls) as ground:
                await ground.hub.start()
                # All at once, to a hub that has just started: that wait is not what is compared.
                await ground.case_system.publish(20)
                assert await ground.sinks.until_all(20 * TOLD, 600)
                warm = time.monotonic()
                stop = asyncio.Event()
                pacing = asyncio.create_task(ground.case_system.publish_until(stop, every=EVERY))
                await after(60)
                stop.set()
                await pacing
                assert await ground.sinks.until_all(ground.case_system.owed, 600)
                memory = ground.hub.peak_mb()
                # As it ends it writes down what came of the last ones.
                await ground.hub.stop()
                verdict = await ground.verdict(apart=list(urls))
                assert not verdict.wrong, (name, verdict)
                found[name] = (p99(ground, since=warm), memory)
    record_property("p99 in seconds, memory in MiB", found)
    (calm, light), (storm, heavy) = found["calm"], found["hostile"]
    assert storm <= SLOWER * calm, found
    assert heavy <= light + HEAVIER_MB, found


def p99(ground: Ground, since: float) -> float:
    """Return the seconds from publishing an event to its delivery, for 99 of 100.

    Of the events since a moment of the machine's monotonic clock.
    """
    began: dict[str, float] = {}
    came: dict[str, float] = {}
    waits = []
    for one in read_history(ground.history.path):
        match one["operation"]:
            case kind if kind == PUBLISH:
                began[one["event"]] = one["start"]
            case kind if kind == CARRY:
                came.setdefault(one["delivery"], one["end"])
            case kind if kind == RECORD:
                if began[one["event"]] >= since:
                    waits.append(came[one["delivery"]] - began[one["event"]])
            case _:
                continue
    return percentile(waits, 0.99)
