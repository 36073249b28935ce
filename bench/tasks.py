"""What Celery's workers run: one task a delivery, which the hub's own carriers carry.

A worker is told where everything is by its environment. Its pool is the usual one of processes,
each with a loop and connections of its own that last as long as it does.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import uvloop
from celery import Celery
from celery.signals import worker_ready
from pydantic import TypeAdapter

from bench.composing import carriers, in_hand, receipt
from bench.work import directory
from hub.adapters.clock import RandomMint
from hub.app.lasting import keep_what_is_loaded
from hub.directory import Directory
from hub.notice import Delivery
from hub.ports import Carrier
from hub.vocabulary import Channel

READY: Final = "takes tasks now"
"""What a worker says when it is ready."""

AS_JSON: Final = TypeAdapter(Delivery)
"""Writes a delivery as what JSON can hold, and reads it."""

app = Celery("bench")
app.conf.update(
    broker_url=os.environ.get("BENCH_AMQP"),
    result_backend=os.environ.get("BENCH_RESULTS"),
    task_acks_late=True,
    task_default_queue="bench.deliveries",
    task_default_queue_type="quorum",
    broker_connection_retry_on_startup=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The ways out of one process of a pool."""

    loop: asyncio.AbstractEventLoop
    carriers: dict[Channel, Carrier]
    directory: Directory
    mint: RandomMint


@cache
def _ways() -> Ways:
    """Return this process's ways out, opened with its first task: not before the fork."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    opened = loop.run_until_complete(_opened(os.environ["BENCH_SMTP"]))
    where = directory(os.environ["BENCH_HOOKS"])
    keep_what_is_loaded()
    return Ways(loop=loop, carriers=opened, directory=where, mint=RandomMint())


async def _opened(smtp: str) -> dict[Channel, Carrier]:
    return dict(carriers(smtp))


def _send(written: dict[str, Any]) -> dict[str, Any]:
    """Carry one delivery, and return its receipt for the result backend to keep."""
    ways, delivery = _ways(), AS_JSON.validate_python(written)
    leased = in_hand(delivery, ways.mint)
    carrier = ways.carriers[delivery.channel]
    return receipt(delivery, ways.loop.run_until_complete(carrier.carry(leased, ways.directory)))


send = app.task(name="bench.send")(_send)


@worker_ready.connect  # type: ignore[untyped-decorator]
def _say_so(**_: object) -> None:
    print(READY, flush=True)
