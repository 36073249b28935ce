"""The pure parts alone: nothing is read from anywhere, and nothing is written.

What planning costs bounds what any register and any carrier could make of the rest
(`bench.aims.at_most`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle
from typing import Final

from bench.asked import Asked, say, until_input_says_go
from bench.composing import Composer, read, tools_at
from bench.work import Opened, directory
from hub.adapters.shipped import shipped
from hub.app.lasting import keep_what_is_loaded
from hub.explain import explain
from hub.page import Standing
from hub.plan import plan

_MANY: Final = 500
"""How many events, each about a concern of its own, come again and again."""
_WARM: Final = 50


async def explain_side(asked: Asked) -> None:
    """Explain the shipped example again and again."""
    tools = tools_at(directory(asked.hooks))
    event = read((shipped("examples") / "concern-opened.json").read_bytes())
    await _word()
    now = datetime.now(UTC)
    say({"rate": _rate(asked.seconds, lambda: explain(event, Standing(), tools, now))})


async def plan_side(asked: Asked) -> None:
    """Read and plan events as intake does; then read and compose them as the floor does."""
    composer = Composer.open(directory(asked.hooks))
    opened = Opened()
    bodies = cycle([opened.next()[0] for _ in range(_MANY)])
    await _word()
    now = datetime.now(UTC)

    def planned() -> None:
        plan(Standing(), (read(next(bodies)),), composer.tools, now)

    def composed() -> None:
        composer.deliveries(read(next(bodies)), now)

    say(
        {
            "planned": _rate(asked.seconds, planned),
            "composed": _rate(asked.seconds, composed),
        }
    )


async def _word() -> None:
    keep_what_is_loaded()
    say({"ready": True})
    await until_input_says_go()


def _rate(seconds: float, act: Callable[[], object]) -> float:
    """Return how often it is done in a second of this process's CPU time, once it is warm."""
    for _ in range(_WARM):
        act()
    done, began = 0, time.process_time()
    while time.process_time() - began < seconds:
        act()
        done += 1
    return done / (time.process_time() - began)
