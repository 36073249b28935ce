"""How long a fault lasts is a part of the fault; nothing else in these tests waits by the clock."""

from __future__ import annotations

import asyncio


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
