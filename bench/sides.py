"""`python -m bench.sides NAME SETTINGS`: one side of the comparison, in a process of its own.

`hub` is the whole hub as `hub run` makes it, every role on, and `behind` the same
with a backlog; `floor` is the program in
`bench.floor`, `celery` the one in `bench.celery_side`; the others are one part of the hub alone
(`bench.alone`). `SETTINGS` is JSON: the URLs, and how many messages to count (`warm`, `count`). A
line of JSON says when it is ready, and a last one what it measured by itself. It ends when standard
input does.
"""

from __future__ import annotations

import asyncio
import json
import sys

import uvloop

from bench import celery_side, floor
from bench.alone import bare_side, explain_side, intake_side, queue_side, row_side, taken_in, until
from bench.asked import Asked, say, until_input_ends, until_input_says_go
from bench.rows import rows_side
from bench.work import directory
from hub.app import Hub, Made, open_hub
from hub.app.lasting import keep_what_is_loaded
from hub.logs import set_up_logs


async def hub_side(asked: Asked) -> None:
    """Run a whole hub until standard input ends."""
    hub = await _open_hub(asked)
    await _run(hub)


async def behind_side(asked: Asked) -> None:
    """Take in what waits without sending it; at a word, run a whole hub that has it to send."""
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


async def floor_side(asked: Asked) -> None:
    """Run the floor until standard input ends."""
    keep_what_is_loaded()
    running = asyncio.create_task(floor.run(asked.amqp, asked.register, asked.smtp, asked.hooks))
    say({"ready": True})
    await until_input_ends()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def celery_workers_side(asked: Asked) -> None:
    """Run Celery, with a feeder and its workers, until standard input ends."""
    keep_what_is_loaded()
    ready = asyncio.Event()
    running = asyncio.create_task(celery_side.run(asked, ready))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not ready.is_set():
        await running
    say({"ready": True})
    await until_input_ends()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


SIDES = {
    "hub": hub_side,
    "behind": behind_side,
    "floor": floor_side,
    "celery": celery_workers_side,
    "intake": intake_side,
    "rows": rows_side,
    "row": row_side,
    "bare": bare_side,
    "queue": queue_side,
    "explain": explain_side,
}

if __name__ == "__main__":
    set_up_logs("json", "INFO")
    uvloop.run(SIDES[sys.argv[1]](Asked(**json.loads(sys.argv[2]))))
