"""`make bench`: how fast the hub is, beside the floor and beside Celery (docs/benchmarks.md)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.aims import aims
from bench.ground import open_ground
from bench.measure import FULL, PARTS, QUICK, Plan, measure
from bench.picture import picture
from bench.results import Results
from bench.show import line, tables

PICTURE: Final = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.svg"


def main(words: Sequence[str]) -> int:
    """Measure, show, and return what the process ends with: 1 where something was lost."""
    asked = _asked().parse_args(words)
    parts = asked.only or tuple(PARTS)
    began = time.monotonic()
    console = Console(stderr=True)
    results = asyncio.run(_measured(QUICK if asked.quick else FULL, parts, console))
    shown = Console(width=200)
    for table in tables(results):
        shown.print(table)
    _draw(results, asked.svg or (PICTURE if _is_whole(asked) else None))
    about = {"parts": list(parts), "quick": asked.quick}
    print(json.dumps(line(results) | about | {"seconds": round(time.monotonic() - began, 1)}))
    found = results.of_the_hub()
    return 1 if any(each.lost > 0 or each.doubled_ids > 0 for each in found) else 0


def _is_whole(asked: Namespace) -> bool:
    """Return whether everything was measured, with the counts that the aims are about."""
    return not asked.only and not asked.quick


def _draw(results: Results, path: Path | None) -> None:
    """Write the picture where one is wanted."""
    if path is not None:
        events = results.hub.sent + results.floor.sent + results.celery.sent
        about = (
            f"One run on {os.cpu_count()} cores; {events:,} deliveries by three programs in turns."
        )
        path.write_text(picture(aims(results), about), "utf-8")


def _asked() -> ArgumentParser:
    parser = ArgumentParser("make bench ARGS=...", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=tuple(PARTS), metavar="PART", help=", ".join(PARTS)
    )
    parser.add_argument(
        "--svg", type=Path, help="where to draw the aims; a whole run draws docs/benchmarks.svg"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        default=os.environ.get("QUICK") == "1",
        help="smaller counts: to see that it works",
    )
    return parser


async def _measured(plan: Plan, parts: Collection[str], console: Console) -> Results:
    columns = (
        BarColumn(20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=console.is_terminal) as progress:
        task = progress.add_task("starting RabbitMQ and PostgreSQL", total=len(parts))

        def tell(what: str) -> None:
            progress.update(task, description=what)
            if not console.is_terminal:
                console.print(what)

        def ended(_part: str) -> None:
            progress.advance(task)

        async with open_ground() as ground:
            return await measure(ground, plan, parts, tell, ended)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
