"""`make bench`: how fast the hub is, beside the floor it is measured by (docs/benchmarks.md)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from statistics import median

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.ground import open_ground
from bench.measure import FULL, QUICK, Found, Plan, Results, measure, waits


def main() -> int:
    """Measure, show, and return what the process ends with: 1 where something was lost."""
    quick = os.environ.get("QUICK") == "1" or "--quick" in sys.argv[1:]
    began = time.monotonic()
    console = Console(stderr=True)
    results = asyncio.run(_measured(QUICK if quick else FULL, console))
    Console().print(_table(results))
    print(json.dumps(_line(results, quick=quick, seconds=time.monotonic() - began)))
    every = (results.hub, *results.beside.values())
    return 1 if any(found.lost > 0 or found.doubled_ids > 0 for found in every) else 0


async def _measured(plan: Plan, console: Console) -> Results:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=console.is_terminal) as progress:
        task = progress.add_task("starting RabbitMQ and PostgreSQL", total=None)

        def tell(what: str) -> None:
            progress.update(task, description=what)
            if not console.is_terminal:
                console.print(what)

        async with open_ground() as ground:
            return await measure(ground, plan, tell)


def _table(results: Results) -> Table:
    hub, floor = results.hub, results.floor
    table = Table(title="One event to five parties: three emails, two signed webhooks")
    for name in ("", "hub", "floor", "hub / floor"):
        table.add_column(name, justify="left" if not name else "right")
    _row(table, "deliveries/s", hub.rate, floor.rate, "{:.0f}")
    _row(table, "CPU ms a delivery", hub.cpu, floor.cpu, "{:.2f}")
    for name, mine, theirs in zip(("p50", "p99"), waits(hub), waits(floor), strict=True):
        _row(table, f"{name} publish to first byte, ms", mine, theirs, "{:.0f}")
    _row(table, "peak RSS, MiB", hub.rss_mb, floor.rss_mb, "{:.0f}")
    for name in ("lost", "doubled", "doubled_ids"):
        says = name.replace("doubled_ids", "doubled, with another id")
        table.add_row(says, str(getattr(hub, name)), str(getattr(floor, name)), "")
    intake, bare = median(results.intake), median(results.bare)
    table.add_section()
    _row(table, "intake alone | consume and ack, events/s", intake, bare, "{:.0f}")
    table.add_row("explain, events/s", f"{results.explain:.0f}", "", "")
    table.add_section()
    for many, found in results.beside.items():
        says = f"beside {many:,} that wait: CPU ms a delivery"
        table.add_row(says, f"{found.cpu:.2f}", "", "")
    return table


def _row(table: Table, name: str, hub: float, floor: float, form: str) -> None:
    ratio = f"{hub / floor:.2f}" if floor else ""
    table.add_row(name, form.format(hub), form.format(floor), ratio)


def _line(results: Results, *, quick: bool, seconds: float) -> dict[str, object]:
    hub, floor = results.hub, results.floor
    p50, p99 = waits(hub)
    floor_p50, floor_p99 = waits(floor)
    intake, bare = median(results.intake), median(results.bare)
    return {
        "floor_ratio": round(hub.rate / floor.rate, 3) if floor.rate else None,
        "intake_ratio": round(intake / bare, 4),
        "cpu_ms_per_delivery": round(hub.cpu, 3),
        "p99_ms": round(p99, 1),
        "rss_mb": round(hub.rss_mb, 1),
        "lost": hub.lost,
        "doubled": hub.doubled,
        "doubled_with_another_id": hub.doubled_ids,
        "deliveries": hub.sent,
        "deliveries_per_s": round(hub.rate, 1),
        "p50_ms": round(p50, 1),
        "intake_per_s": round(intake, 1),
        "bare_per_s": round(bare, 1),
        "explain_per_s": round(results.explain, 1),
        "cpu_ms_beside": {many: round(found.cpu, 3) for many, found in results.beside.items()},
        "rate_beside": {many: round(found.rate, 1) for many, found in results.beside.items()},
        "rss_mb_beside": {many: round(found.rss_mb, 1) for many, found in results.beside.items()},
        "rounds": _rounds(hub),
        "floor": {
            "deliveries_per_s": round(floor.rate, 1),
            "cpu_ms_per_delivery": round(floor.cpu, 3),
            "p50_ms": round(floor_p50, 1),
            "p99_ms": round(floor_p99, 1),
            "rss_mb": round(floor.rss_mb, 1),
            "lost": floor.lost,
            "rounds": _rounds(floor),
        },
        "quick": quick,
        "seconds": round(seconds, 1),
    }


def _rounds(found: Found) -> list[int]:
    return [round(rate) for rate in found.rates]


if __name__ == "__main__":
    sys.exit(main())
