"""The hub works on and on, and what it needs of memory stays what it was.

`MINUTES=5 make soak TESTS=tests/faults/test_memory.py` looks at it for so long instead of 30.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import asdict
from statistics import median
from typing import Final

import pytest

from tests.faults.ground import Ground
from tests.faults.lasting import after

MINUTES: Final = float(os.environ.get("MINUTES", "30"))
EVERY: Final = 0.5
"""Seconds from one event to the next, each about a new concern and told to five."""
LOOK_EVERY: Final = 2.0
"""Seconds between two looks at its memory."""
GROWS_BY_MB: Final = 5.0
"""From the second quarter of the time, when whatever is remembered is, to the last."""


@pytest.mark.soak
async def test_B03_in_half_an_hour_of_steady_work_the_memory_of_the_hub_does_not_grow(
    ground: Ground, record_property: Callable[[str, object], None]
) -> None:
    stop = asyncio.Event()
    await ground.hub.start()
    publishing = asyncio.create_task(ground.case_system.publish_until(stop, every=EVERY))

    rss = []
    for _ in range(int(MINUTES * 60 / LOOK_EVERY)):
        await after(LOOK_EVERY)
        rss.append(ground.hub.rss_mb())
    stop.set()
    await publishing
    await ground.settled(within=300)

    verdict = await ground.verdict()
    quarter = len(rss) // 4
    early, late = median(rss[quarter : 2 * quarter]), median(rss[-quarter:])
    record_property("rss in MiB, second quarter and last", (early, late))
    record_property("verdict", asdict(verdict))
    assert not verdict.wrong, verdict
    assert verdict.duplicated == 0
    assert late <= early + GROWS_BY_MB, (early, late, rss[::30])
