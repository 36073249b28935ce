"""The whole hub as `hub run` makes it, every role on, and the same with a backlog.

Nothing else is in their process: what the other sides are made of is no part of the hub's memory.
"""

from __future__ import annotations

import asyncio

import hub.cli  # noqa: F401  # `hub run` has its commands in memory as well
from bench.asked import Asked, say, until, until_input_ends, until_input_says_go
from bench.work import directory
from hub.app import Hub, Made, open_hub
from hub.app.lasting import keep_what_is_loaded


async def hub_side(asked: Asked) -> None:
    """Run a whole hub until standard input ends."""
    hub = await _open_hub(asked)
    await _run(hub)


async def behind_side(asked: Asked) -> None:
    """Take in what waits without sending it; at a word, run a whole hub that has it to send."""
    from bench.alone import taken_in  # noqa: PLC0415  # `hub_side` has no need of it

    await taken_in(asked)
    hub = await _open_hub(asked)
    say({"taken": True})
    await until_input_says_go()
    await _run(hub)


async def _open_hub(asked: Asked) -> Hub:
    hub = await open_hub(asked.settings, made=Made(seeds=directory(asked.hooks)))
    keep_what_is_loaded()
    return hub


async def _run(hub: Hub) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(hub.run(stop))
    consuming = asyncio.create_task(until(1, lambda: int(hub.parts.intake.consuming)))
    await asyncio.wait({running, consuming}, return_when=asyncio.FIRST_COMPLETED)
    say({"ready": True})
    await until_input_ends()
    stop.set()
    await running
