"""`python -m bench.sides NAME SETTINGS`: one side of the comparison, in a process of its own.

`hub` is the whole hub as `hub run` makes it, every role on. `intake` is its intake alone, `bare`
only consumes and acknowledges, `floor` is the program in `bench.floor`. `SETTINGS` is JSON: the
URLs, and how many messages to count (`warm`, `count`). A line of JSON says when it is ready, and a
last one what it measured by itself. It ends when standard input does.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop

from bench import floor
from bench.work import PACK, directory
from hub.adapters.broker import RabbitBroker
from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.shipped import shipped
from hub.app import Made, open_hub
from hub.app.books import open_books
from hub.app.lasting import keep_what_is_loaded
from hub.compose import Sender
from hub.events.decode import decode
from hub.explain import explain
from hub.intake import Intake
from hub.intake.loop import BATCH, LINGER
from hub.logs import set_up_logs
from hub.page import Standing
from hub.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the side was asked for."""

    amqp: str = ""
    register: str = ""
    smtp: str = ""
    hooks: str = ""
    folder: str = ""
    warm: int = 0
    count: int = 0
    seconds: float = 0

    @property
    def settings(self) -> Settings:
        """Return the settings of a hub for this run."""
        return Settings.model_validate(
            {
                "data_dir": Path(self.folder),
                "amqp_url": self.amqp,
                "register_url": self.register,
                "smtp_url": self.smtp,
                "web_port": 0,
                "log_form": "json",
            }
        )


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


async def intake_side(asked: Asked) -> None:
    """Take in what waits in the queue: published to committed to acknowledged."""
    made = Made(seeds=directory(asked.hooks))
    hub = await open_hub(asked.settings, ("intake",), made)
    keep_what_is_loaded()
    stop = asyncio.Event()
    say({"ready": True})
    await until_input_says_go()
    running = asyncio.create_task(hub.run(stop))
    seconds = await _between(hub.parts.intake, asked)
    stop.set()
    await running
    say({"seconds": seconds, "cpu": time.process_time()})


async def _between(intake: Intake, asked: Asked) -> float:
    """Return the seconds from the warm-up's last commit to the last of all."""
    async with asyncio.timeout(300):
        await _until_accepted(intake, asked.warm)
        began, already = time.monotonic(), intake.counts.accepted
        await _until_accepted(intake, asked.warm + asked.count)
    taken = intake.counts.accepted - already
    return (time.monotonic() - began) * asked.count / taken


async def _until_accepted(intake: Intake, count: int) -> None:
    while intake.counts.accepted < count:  # noqa: ASYNC110  # the hub has no event for it
        await asyncio.sleep(0.001)


async def bare_side(asked: Asked) -> None:
    """Consume and acknowledge what waits in the queue, with the hub's own session."""
    broker = RabbitBroker(asked.amqp, clock=SystemClock(), mint=RandomMint())
    say({"ready": True})
    await until_input_says_go()
    session = await broker.session()
    done, began, already = 0, 0.0, 0
    while done < asked.warm + asked.count:
        batch = await session.receive(limit=BATCH, linger=timedelta(0) if done else LINGER)
        await session.ack_through(batch[-1].tag)
        done += len(batch)
        if not began and done >= asked.warm:
            began, already = time.monotonic(), done
    seconds = (time.monotonic() - began) * asked.count / (done - already)
    await session.close()
    say({"seconds": seconds, "cpu": time.process_time()})


async def explain_side(asked: Asked) -> None:
    """Explain the shipped example again and again."""
    sender = Sender(
        from_name="Safeguarding provider concerns",
        from_address="concerns@hub.example",
        message_id_domain="hub.example",
        public_url="https://hub.example",
        source="https://hub.example",
    )
    books = open_books(None, None, sender, RandomMint())
    tools = books.tools_for(PACK, books.seeds[PACK])
    body = (shipped("examples") / "concern-opened.json").read_bytes()
    event = decode(body, "application/cloudevents+json", {})
    if tools is None or isinstance(event, tuple):
        raise TypeError(event)
    say({"ready": True})
    await until_input_says_go()
    now = SystemClock().now()
    for _ in range(50):
        explain(event, Standing(), tools, now)
    done, began = 0, time.process_time()
    while time.process_time() - began < asked.seconds:
        explain(event, Standing(), tools, now)
        done += 1
    say({"rate": done / (time.process_time() - began)})


def say(line: dict[str, Any]) -> None:
    """Tell the benchmark one thing."""
    print(json.dumps(line), flush=True)


async def until_input_ends() -> None:
    """Return when the benchmark hangs up."""
    await asyncio.to_thread(sys.stdin.read)


async def until_input_says_go() -> None:
    """Return when the benchmark says a word."""
    await asyncio.to_thread(sys.stdin.readline)


SIDES = {
    "hub": hub_side,
    "floor": floor_side,
    "intake": intake_side,
    "bare": bare_side,
    "explain": explain_side,
}

if __name__ == "__main__":
    set_up_logs("json", "INFO")
    uvloop.run(SIDES[sys.argv[1]](Asked(**json.loads(sys.argv[2]))))
