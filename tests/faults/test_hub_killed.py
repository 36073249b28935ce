"""The hub is killed again and again while it works, and nothing is lost (tests.md, 4).

`KILLS=50 make soak TESTS=tests/faults/test_hub_killed.py` kills it so often instead of 200 times.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

import pytest

from bench.work import TOLD
from tests.faults.ground import Ground

MANY: Final = int(os.environ.get("KILLS", "200"))
EVENTS_A_KILL: Final = 50
"""Each is told to five: 200 kills over 50,000 notices."""
IDLE: Final = 15.0
"""Seconds without a single copy after which it is killed all the same."""


async def killed(ground: Ground, *, kills: int, events: int) -> None:
    """Publish so many events, and kill the hub so often on the way."""
    chance = random.Random(kills)
    publishing = asyncio.create_task(ground.case_system.publish(events))
    between = events * TOLD // (kills + 1)
    await ground.hub.start()
    for _ in range(kills):
        wanted = ground.sinks.total + chance.randrange(between // 2, between * 3 // 2)
        await ground.sinks.until(wanted, IDLE)
        with ground.history.fault("killed"):
            await ground.hub.kill()
            await ground.hub.start()
    await publishing


@pytest.mark.parametrize(
    ("kills", "events"),
    [
        pytest.param(3, 60, id="few"),
        pytest.param(MANY, MANY * EVENTS_A_KILL, id="many", marks=pytest.mark.soak),
    ],
)
async def test_B03_killed_again_and_again_nothing_is_lost_and_what_came_twice_is_flagged(
    ground: Ground, kills: int, events: int, record_property: Callable[[str, object], None]
) -> None:
    await killed(ground, kills=kills, events=events)
    # What a busy machine has not sent between two kills is sent once it is left alone.
    await ground.settled(within=120 + events / 2)

    verdict = await ground.verdict()

    record_property("verdict", asdict(verdict))
    assert not verdict.wrong, verdict
    assert verdict.faults == kills
    assert verdict.acknowledged == verdict.attempted == events
    assert verdict.deliveries == events * TOLD
    assert ground.hub.logged("event.quarantined") == 0
