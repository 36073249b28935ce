"""How long a fault lasts is a part of the fault; nothing else in these tests waits by the clock."""

from __future__ import annotations

import asyncio
from typing import Final, TypedDict


class Lease(TypedDict):
    """How long a lease lasts, in seconds, and how long before its end a try is cut."""

    lease: float
    margin: float


UNHURRIED: Final[Lease] = {"lease": 60.0, "margin": 10.0}
"""Where throughput is measured: by a lease of seconds a slow machine would be cut while it sends,
and what was in doubt twice waits five minutes."""


async def after(seconds: float) -> None:
    """Return so many seconds later."""
    if seconds <= 0:
        return
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    timer = loop.call_later(seconds, over.set_result, None)
    try:
        await over
    finally:
        timer.cancel()
