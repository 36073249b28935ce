"""`python -m bench.sides NAME SETTINGS`: one side of the comparison, in a process of its own.

`hub` is the whole hub as `hub run` makes it, every role on; `floor` is the program in
`bench.floor`; the others are one part alone (`bench.alone`). `SETTINGS` is JSON: the URLs, and how
many messages to count (`warm`, `count`). A line of JSON says when it is ready, and a last one what
it measured by itself. It ends when standard input does.
"""

from __future__ import annotations

import asyncio
import json
import sys

import uvloop

from bench import floor
from bench.alone import bare_side, explain_side, intake_side, queue_side, row_side
from bench.asked import Asked, say, until_input_ends
from bench.work import directory
from hub.app import Made, open_hub
from hub.app.lasting import keep_what_is_loaded
from hub.logs import set_up_logs


async def hub_side(asked: Asked) -> None:
    """Run a whole hub until standard input ends."""
    hub = await open_hub(asked.settings, made=Made(seeds=directory(asked.hooks)))
    keep_what_is_loaded()
    stop = asyncio.Event()
    running = asyncio.create_task(hub.run(stop))
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


SIDES = {
    "hub": hub_side,
    "floor": floor_side,
    "intake": intake_side,
    "row": row_side,
    "bare": bare_side,
    "queue": queue_side,
    "explain": explain_side,
}

if __name__ == "__main__":
    set_up_logs("json", "INFO")
    uvloop.run(SIDES[sys.argv[1]](Asked(**json.loads(sys.argv[2]))))
