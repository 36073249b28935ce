"""The measurements, each a part of its own that may be left out (`--only`)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from bench.ground import Ground, Side, Sinks, until_count
from bench.results import Found, Results
from bench.sinks import Came
from bench.waiting import put_by
from bench.work import TAKEN, TOLD, Sent

PATIENCE: Final = 20.0
"""Seconds without any delivery after which what has not come is lost."""
SETTLE: Final = 0.5
"""Seconds for the last results to be written, before CPU time is read."""
URGENT_RATE: Final = 5.0
"""Urgent events a second, behind a backlog."""
BARE: Final = 5
"""How many times as many messages they are given that do next to nothing with one."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is done."""

    warm: int
    events: int
    rounds: int
    latency_seconds: float
    intake_events: int
    intake_rounds: int
    pure_seconds: float
    """Of CPU time, for each of the pure parts."""
    backlog: int
    """Events whose notices wait while something urgent happens."""
    urgent_seconds: float
    waiting: tuple[int, ...]
    """Beside how many others a delivery's cost is taken."""
    waiting_rounds: int


QUICK: Final = Plan(
    warm=60,
    events=150,
    rounds=2,
    latency_seconds=5,
    intake_events=200,
    intake_rounds=1,
    pure_seconds=1,
    backlog=200,
    urgent_seconds=4,
    waiting=(1_000, 10_000),
    waiting_rounds=2,
)
FULL: Final = Plan(
    warm=150,
    events=400,
    rounds=3,
    latency_seconds=12,
    intake_events=500,
    intake_rounds=2,
    pure_seconds=3,
    backlog=1_000,
    urgent_seconds=12,
    waiting=(1_000, 10_000, 100_000),
    waiting_rounds=7,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: where it happens, how much is done, and what was found so far."""

    ground: Ground
    sinks: Sinks
    plan: Plan
    tell: Tell
    results: Results


async def measure(
    ground: Ground, plan: Plan, parts: Collection[str], tell: Tell, ended: Tell
) -> Results:
    """Run these parts, in their own order; `ended` hears of each when it is over."""
    run = Run(ground=ground, sinks=await ground.sinks(), plan=plan, tell=tell, results=Results())
    for name, part in PARTS.items():
        if name in parts:
            await part(run)
            ended(name)
    return run.results


async def _sides(run: Run) -> None:
    """Take the sides in turns, so that a noisy machine is noisy for all of them."""
    plan, results = run.plan, run.results
    async with (
        run.ground.side("hub", run.sinks) as hub,
        run.ground.side("floor", run.sinks) as floor,
        run.ground.side("celery", run.sinks) as celery,
    ):
        every = ((hub, results.hub), (floor, results.floor), (celery, results.celery))
        for side, _ in every:
            run.tell(f"{side.name}: warming up")
            await _round(run, side, Found(), plan.warm)
        for number in range(plan.rounds):
            for side, found in every if number % 2 == 0 else reversed(every):
                run.tell(f"{side.name}: round {number + 1} of {plan.rounds}")
                await _round(run, side, found, plan.events)
        rate = (results.hub.rate or 0.0) / TOLD / 4
        for side, found in every:
            run.tell(f"{side.name}: how long one waits, at {rate:.0f} events/s")
            await _waits(run, side, found, rate)
            found.rss_mb = side.peak_rss_mb()


async def _waiting(run: Run) -> None:
    """Take the cost of a delivery beside few and beside many that wait, in turns.

    A hub for each, so that none is older or warmer than the others when its turn comes.
    """
    plan = run.plan
    async with AsyncExitStack() as ends:
        every = []
        for many in plan.waiting:
            run.tell(f"hub: {many:,} notices that wait, and warming up")
            hub = await ends.enter_async_context(run.ground.side("hub", run.sinks))
            await _round(run, hub, Found(), plan.warm)
            await put_by(run.ground, hub, many)
            hub.forget_peak()
            found = run.results.beside[many] = Found()
            every.append((many, hub, found))
        for number in range(plan.waiting_rounds):
            for many, hub, found in every if number % 2 == 0 else reversed(every):
                turn = f"round {number + 1} of {plan.waiting_rounds}"
                run.tell(f"hub: beside {many:,} notices that wait: {turn}")
                await _round(run, hub, found, plan.warm)
        for _, hub, found in every:
            found.rss_mb = hub.peak_rss_mb()


async def _urgent(run: Run) -> None:
    """Publish what is urgent to a hub that has a backlog to send; time it while any is left."""
    plan, found = run.plan, run.results.urgent
    run.tell(f"hub: taking {plan.backlog:,} events in, to be a backlog")
    async with run.ground.side("behind", run.sinks, count=plan.backlog) as hub:
        hub.go()
        await hub.hear()
        run.results.backlog = sum(one.told for one in hub.found)
        run.tell(f"hub: urgent events behind a backlog of {run.results.backlog:,}")
        urgent = await hub.voice.paced(URGENT_RATE, plan.urgent_seconds, TAKEN)
        every = [*hub.found, *urgent]
        await until_count(run.sinks, hub, sum(one.told for one in every), PATIENCE)
        came = await run.sinks.take()
    waited = {one.reference for one in hub.found}
    gone = max((first for reference, *_, first in came if reference in waited), default=0.0)
    _time(found, [one for one in urgent if one.at < gone], came)
    found.account(every, came)


async def _intake(run: Run) -> None:
    """Take events in without delivering, beside who only consumes."""
    plan, results = run.plan, run.results
    for number in range(plan.intake_rounds):
        for name, rates, times in (
            ("intake", results.intake, 1),
            ("rows", results.rows, 1),
            ("row", results.row, BARE),
            ("bare", results.bare, BARE),
        ):
            run.tell(f"{name} alone: round {number + 1} of {plan.intake_rounds}")
            rates.append(await _alone(run, name, times * plan.intake_events))


async def _queue(run: Run) -> None:
    """Lease and complete with a carrier that does nothing."""
    run.tell("the queue alone: taking events in, then leasing and completing")
    run.results.queue.append(await _alone(run, "queue", run.plan.intake_events) * TOLD)


async def _explain(run: Run) -> None:
    run.tell("explain")
    async with run.ground.side("explain", run.sinks, seconds=run.plan.pure_seconds) as side:
        side.go()
        run.results.explain.append((await side.hear())["rate"])


async def _plan(run: Run) -> None:
    run.tell("planning alone, and composing alone")
    async with run.ground.side("plan", run.sinks, seconds=run.plan.pure_seconds) as side:
        side.go()
        heard = await side.hear()
    run.results.planned.append(heard["planned"])
    run.results.composed.append(heard["composed"])


PARTS: Final[Mapping[str, Callable[[Run], Awaitable[None]]]] = {
    "sides": _sides,
    "waiting": _waiting,
    "urgent": _urgent,
    "intake": _intake,
    "queue": _queue,
    "explain": _explain,
    "plan": _plan,
}
"""What `--only` may name, in the order in which it is run."""


async def _round(run: Run, side: Side, found: Found, events: int) -> None:
    """Publish all at once; the clock runs from the first publish to the last first byte."""
    cpu, began = side.cpu(), time.monotonic()
    sent = await side.voice.all_at_once(events)
    await until_count(run.sinks, side, events * TOLD, PATIENCE)
    await asyncio.sleep(SETTLE)
    used = side.cpu() - cpu
    came = await run.sinks.take()
    last = max((first_byte for *_, first_byte in came), default=began)
    found.rates.append(len(came) / (last - began) if came else 0.0)
    found.cpu_ms.append(1000 * used / max(1, len(came)))
    found.account(sent, came)


async def _waits(run: Run, side: Side, found: Found, rate: float) -> None:
    sent = await side.voice.paced(rate, run.plan.latency_seconds)
    await until_count(run.sinks, side, len(sent) * TOLD, PATIENCE)
    await asyncio.sleep(SETTLE)
    came = await run.sinks.take()
    _time(found, sent, came)
    found.account(sent, came)


def _time(found: Found, sent: Sequence[Sent], came: Sequence[Came]) -> None:
    """Note how long each delivery of these events took, from publish to first byte."""
    at = {one.reference: one.at for one in sent}
    found.waits_ms += [1000 * (first - at[ref]) for ref, *_, first in came if ref in at]


async def _alone(run: Run, name: str, events: int) -> float:
    """Return the events a second of a side that finds its queue full and needs no sinks."""
    async with run.ground.side(name, run.sinks, warm=run.plan.warm, count=events) as side:
        side.go()
        return events / float((await side.hear())["seconds"])
