"""`hub directory import`: every provider that CQC has registered, from its published file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from hub.cli.directory import NoSuchFile

if TYPE_CHECKING:
    from hub.cqc.changes import Changes
    from hub.cqc.headings import Cell
    from hub.cqc.read import Reading
    from hub.ports import Register
    from hub.settings import Settings

_AT_ONCE: Final = 2_000
"""How many locations one transaction writes: the hub goes on beside it."""
_AGENCIES_AT_ONCE: Final = 10_000
"""More of these, since a hub that runs reads its directory anew after each transaction."""
_NOTHING_KNOWN: Final = "sqlite+aiosqlite://"
_SOME_REFUSED: Final = 3
"""Exit code where rows have faults; the others were taken."""
_ALWAYS_SAID: Final = {"rows read", "faults, each listed above"}
_NAMED_AT_MOST: Final = 20
"""How many of a kind the table for people names; `--json` names all."""
T = TypeVar("T")


def import_directory(
    file: Annotated[
        Path,
        typer.Argument(help="CQC's care directory (ODS or CSV), or its deactivated locations."),
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option(help="Say what would change, and write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for programs.")] = False,
) -> None:
    """Put the providers and locations that CQC publishes into the live directory.

    Nothing is deleted, and no contact or endpoint is made or touched: a telephone number in the
    file is nobody's duty desk. A row with a fault is listed and not taken; the others are. The same
    file a second time changes nothing. Exit code: 0 every row was taken; 3 some rows have faults;
    1 the file is refused whole. On SQLite stop the hub first, since one process may write.
    """
    from hub.settings import read_settings

    if not file.is_file():
        raise NoSuchFile(str(file))
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
    )
    with progress:
        reading = _read(file, progress)
        url = _where(read_settings(), dry_run=dry_run)
        changes = asyncio.run(_import(url, reading, progress, dry_run=dry_run))
    if as_json:
        typer.echo(json.dumps(_for_programs(file, reading, changes, dry_run=dry_run), default=str))
    else:
        _for_people(file, reading, changes, dry_run=dry_run)
    if reading.faults:
        raise typer.Exit(_SOME_REFUSED)


def _read(file: Path, progress: Progress) -> Reading:
    from hub.adapters.published import open_published
    from hub.cqc.councils import english_councils
    from hub.cqc.headings import Sheet
    from hub.cqc.read import read_directory

    opening = progress.add_task(f"Opening {file.name}", total=None)
    sheets = open_published(file)
    progress.update(opening, total=1, completed=1)
    reading = progress.add_task("Reading rows", total=sum(sheet.height for sheet in sheets))
    given = [Sheet(name=s.name, rows=_counted(s.rows, progress, reading)) for s in sheets]
    read = read_directory(given, english_councils())
    progress.update(reading, total=progress.tasks[reading].completed)
    return read


def _counted(
    rows: Iterator[Sequence[Cell]], progress: Progress, task: TaskID
) -> Iterator[Sequence[Cell]]:
    done = 0
    for done, row in enumerate(rows, 1):
        if done % 500 == 0:
            progress.advance(task, 500)
        yield row
    progress.advance(task, done % 500)


async def _import(url: str, reading: Reading, progress: Progress, *, dry_run: bool) -> Changes:
    from hub.adapters.register import open_register
    from hub.cqc.changes import compare

    register = await open_register(url, read_only=dry_run and url != _NOTHING_KNOWN)
    try:
        known = {location.id: location for location in await register.locations()}
        changes = compare(reading, known, await register.directory())
        if not dry_run:
            await _write(register, changes, progress)
    finally:
        await register.close()
    return changes


def _where(settings: Settings, *, dry_run: bool) -> str:
    """Return the register's URL; of one that is not there yet nothing is known, nor is it made."""
    scheme, _, path = settings.register.partition(":///")
    if not scheme.startswith("sqlite") or not path:
        return settings.register
    if dry_run:
        return settings.register if Path(path).exists() else _NOTHING_KNOWN
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return settings.register


async def _write(register: Register, changes: Changes, progress: Progress) -> None:
    from hub.directory import Directory

    # Agencies first: where this is interrupted, the next import sees that their locations are new.
    locations = (*changes.new, *changes.changed)
    agencies = len(changes.new_agencies) + len(changes.corrected_agencies)
    if not (total := agencies + len(locations)):
        return
    task = progress.add_task("Writing", total=total)
    for some in _batches(changes.new_agencies, _AGENCIES_AT_ONCE):
        await register.seed(Directory(agencies=some))
        progress.advance(task, len(some))
    for some in _batches(changes.corrected_agencies, _AGENCIES_AT_ONCE):
        await register.put_agencies(some)
        progress.advance(task, len(some))
    for batch in _batches(locations, _AT_ONCE):
        await register.put_locations(batch)
        progress.advance(task, len(batch))


def _batches(things: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    rest = iter(things)
    while some := tuple(islice(rest, size)):
        yield some


def _for_programs(
    file: Path, reading: Reading, changes: Changes, *, dry_run: bool
) -> dict[str, object]:
    return {
        "file": file.name,
        "forms": reading.forms,
        "dry_run": dry_run,
        "changed": not changes.nothing,
        "rows": reading.rows,
        "locations": {
            "new": len(changes.new),
            "changed": len(changes.changed),
            "same": changes.same,
            "deregistered": changes.newly_ended,
            "deregistered_but_listed": changes.ended_but_listed,
            "missing": changes.missing_locations,
        },
        "providers": {
            "new": len(changes.new_agencies),
            "corrected": [agency.id for agency in changes.corrected_agencies],
            "deregistered": changes.ended_providers,
            "nhs_bodies": changes.nhs_bodies,
            "left_alone": [asdict(each) for each in changes.left_alone],
            "missing": [asdict(each) for each in changes.missing],
        },
        "faults": [asdict(fault) for fault in reading.faults],
    }


def _for_people(file: Path, reading: Reading, changes: Changes, *, dry_run: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for fault in reading.faults:
        console.print(str(fault), markup=False)
    table = Table(title=f"{file.name}: {', '.join(reading.forms)}", title_justify="left")
    table.add_column("what")
    table.add_column("how many", justify="right")
    for what, number in _figures(reading, changes):
        if number or what in _ALWAYS_SAID:
            table.add_row(what, f"{number:,}")
    console.print(table)
    for line in _to_look_at(changes):
        console.print(line, markup=False)
    if changes.nothing:
        console.print("Nothing to change.")
    elif dry_run:
        console.print("Nothing was written: this was a dry run.")


def _figures(reading: Reading, changes: Changes) -> tuple[tuple[str, int], ...]:
    taken = [published.location for published in reading.published]
    return (
        ("rows read", reading.rows),
        ("faults, each listed above", len(reading.faults)),
        ("new providers", len(changes.new_agencies)),
        ("corrected providers", len(changes.corrected_agencies)),
        ("providers left as people entered them", len(changes.left_alone)),
        ("NHS bodies, to be entered by people", len(changes.nhs_bodies)),
        ("new locations", len(changes.new)),
        ("changed locations", len(changes.changed)),
        ("locations as they were", changes.same),
        ("newly marked as deregistered", len(changes.newly_ended)),
        ("providers whose last known location ended", len(changes.ended_providers)),
        ("dormant", sum(1 for location in taken if location.dormant)),
        ("dual registrations", sum(1 for each in taken if each.linked or each.primary)),
        ("without a local authority", sum(1 for location in taken if location.host is None)),
        ("known providers missing from the file", len(changes.missing)),
        ("known locations missing from the file", len(changes.missing_locations)),
    )


def _to_look_at(changes: Changes) -> Iterator[str]:
    yield from _some(f"left alone: {each.id} {each.says}" for each in changes.left_alone)
    yield from _some(f"no known location goes on: {each}" for each in changes.ended_providers)
    yield from _some(
        f"missing: {each.id} {each.name} ({each.locations} known)" for each in changes.missing
    )
    yield from _some(
        f"listed, and marked as deregistered by an earlier file: {each}"
        for each in changes.ended_but_listed
    )


def _some(lines: Iterable[str]) -> Iterator[str]:
    every = list(lines)
    yield from every[:_NAMED_AT_MOST]
    if len(every) > _NAMED_AT_MOST:
        yield f"... and {len(every) - _NAMED_AT_MOST} more: --json names all"
