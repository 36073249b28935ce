"""The measurements: rounds that alternate, so that a noisy machine is noisy for both sides."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from bench.ground import Ground, Side, Sinks, until_count
from bench.sinks import Came
from bench.waiting import put_by
from bench.work import TOLD, Sent, percentile

PATIENCE: Final = 20.0
"""Seconds without any delivery after which what has not come is lost."""
SETTLE: Final = 0.5
"""Seconds for the last results to be written, before CPU time is read."""

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
    explain_seconds: float
    waiting: tuple[int, ...]
    """Beside how many others a delivery's cost is taken."""


QUICK: Final = Plan(
    warm=60,
    events=150,
    rounds=2,
    latency_seconds=5,
    intake_events=200,
    intake_rounds=1,
    explain_seconds=1,
    waiting=(1_000, 10_000),
)
FULL: Final = Plan(
    warm=150,
    events=400,
    rounds=3,
    latency_seconds=12,
    intake_events=500,
    intake_rounds=2,
    explain_seconds=3,
    waiting=(1_000, 10_000, 100_000),
)


@dataclass(slots=True)
class Found:
    """What was measured of one side."""

    rates: list[float] = field(default_factory=list)
    """Deliveries a second, by round."""
    cpu_ms: list[float] = field(default_factory=list)
    """CPU time of its process a delivery, by round."""
    waits_ms: list[float] = field(default_factory=list)
    """From publish to first byte, at a quarter of the hub's capacity."""
    rss_mb: float = 0.0
    sent: int = 0
    lost: int = 0
    doubled: int = 0
    """Deliveries that came again with the same id."""
    doubled_ids: int = 0
    """Deliveries that came again with another id. There must be none."""

    @property
    def rate(self) -> float:
        """Return the median of the rounds."""
        return median(self.rates)

    @property
    def cpu(self) -> float:
        """Return the median of the rounds."""
        return median(self.cpu_ms)

    def account(self, sent: Sequence[Sent], came: Sequence[Came]) -> None:
        """Count what was lost and what came twice."""
        ids: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for reference, reader, delivery, _ in came:
            ids[reference, reader].append(delivery)
        published = {one.reference for one in sent}
        mine = [found for (reference, _), found in ids.items() if reference in published]
        self.sent += len(sent) * TOLD
        self.lost += len(sent) * TOLD - len(mine)
        self.doubled += sum(len(found) - len(set(found)) for found in mine)
        self.doubled_ids += sum(len(set(found)) - 1 for found in mine)


@dataclass(slots=True)
class Results:
    """Everything that was measured."""

    hub: Found = field(default_factory=Found)
    floor: Found = field(default_factory=Found)
    intake: list[float] = field(default_factory=list)
    """Events a second, committed and acknowledged, by round."""
    bare: list[float] = field(default_factory=list)
    """Messages a second, consumed and acknowledged alone."""
    explain: float = 0.0
    beside: dict[int, Found] = field(default_factory=dict)
    """The hub, by how many others were waiting."""


async def measure(ground: Ground, plan: Plan, tell: Tell) -> Results:
    """Run everything."""
    results = Results()
    sinks = await ground.sinks()
    async with (
        ground.side("hub", sinks) as hub,
        ground.side("floor", sinks) as floor,
    ):
        pairs = ((hub, results.hub), (floor, results.floor))
        for side, _ in pairs:
            tell(f"{side.name}: warming up")
            await _round(side, Found(), sinks, plan.warm)
        for number in range(plan.rounds):
            for side, found in pairs if number % 2 == 0 else reversed(pairs):
                tell(f"{side.name}: round {number + 1} of {plan.rounds}")
                await _round(side, found, sinks, plan.events)
        rate = results.hub.rate / TOLD / 4
        for side, found in pairs:
            tell(f"{side.name}: how long one waits, at {rate:.0f} events/s")
            await _waits(side, found, sinks, rate, plan.latency_seconds)
            found.rss_mb = side.peak_rss_mb()
        await _beside_others(ground, hub, sinks, plan, results, tell)
    for number in range(plan.intake_rounds):
        for name, rates in (("intake", results.intake), ("bare", results.bare)):
            tell(f"{name} alone: round {number + 1} of {plan.intake_rounds}")
            rates.append(await _alone(ground, name, sinks, plan))
    tell("explain")
    async with ground.side("explain", sinks, seconds=plan.explain_seconds) as side:
        side.go()
        results.explain = (await side.hear())["rate"]
    return results


async def _beside_others(
    ground: Ground, hub: Side, sinks: Sinks, plan: Plan, results: Results, tell: Tell
) -> None:
    """Take the cost of a delivery again while many others wait."""
    already = 0
    for many in plan.waiting:
        tell(f"hub: beside {many:,} notices that wait")
        await put_by(ground, hub, already, many)
        already = many
        found = results.beside[many] = Found()
        for _ in range(plan.rounds):
            await _round(hub, found, sinks, plan.warm)
        found.rss_mb = hub.peak_rss_mb()


async def _round(side: Side, found: Found, sinks: Sinks, events: int) -> None:
    """Publish all at once; the clock runs from the first publish to the last first byte."""
    cpu, began = side.cpu(), time.monotonic()
    sent = await side.voice.all_at_once(events)
    await until_count(sinks, side, events * TOLD, PATIENCE)
    await asyncio.sleep(SETTLE)
    used = side.cpu() - cpu
    came = await sinks.take()
    last = max((first_byte for *_, first_byte in came), default=began)
    found.rates.append(len(came) / (last - began) if came else 0.0)
    found.cpu_ms.append(1000 * used / max(1, len(came)))
    found.account(sent, came)


async def _waits(side: Side, found: Found, sinks: Sinks, rate: float, seconds: float) -> None:
    sent = await side.voice.paced(rate, seconds)
    await until_count(sinks, side, len(sent) * TOLD, PATIENCE)
    await asyncio.sleep(SETTLE)
    came = await sinks.take()
    at = {one.reference: one.at for one in sent}
    found.waits_ms += [1000 * (first - at[ref]) for ref, *_, first in came if ref in at]
    found.account(sent, came)


async def _alone(ground: Ground, name: str, sinks: Sinks, plan: Plan) -> float:
    many = plan.intake_events * (1 if name == "intake" else 5)
    async with ground.side(name, sinks, warm=plan.warm, count=many) as side:
        side.go()
        return many / float((await side.hear())["seconds"])


def waits(found: Found) -> tuple[float, float]:
    """Return p50 and p99, in milliseconds."""
    return percentile(found.waits_ms, 0.5), percentile(found.waits_ms, 0.99)
