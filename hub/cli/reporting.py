"""`hub report`: the key figures of a time, for people, for programs and for the Board."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.vocabulary import HubError

if TYPE_CHECKING:
    from hub.figures import Report

_DAY = "%Y-%m-%d"


class NoTime(HubError):
    """There is no time between these days:"""  # noqa: D400  # the days follow


def report(
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=[_DAY], help="The first day, in London; else 30 days back."),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=[_DAY], help="The last day, in London; else: until now."),
    ] = None,
    as_json: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="For programs; `-` prints it instead."),
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="A page for the Board.")
    ] = None,
) -> None:
    """Say how promptly agencies were told and answered, and what is overdue. Changes nothing.

    Each figure has its target, over how many it was measured, and what it rests on; where there
    was nothing to measure, that is said. No name, no address and nothing of adults is in it.
    """
    now = datetime.now(UTC)
    since, until = _time(first, last, now)
    found = asyncio.run(_worked_out(since, until, now))
    if as_json is not None:
        _write_json(found, as_json)
    if svg is not None:
        from hub.figures.drawing import as_svg

        svg.write_text(as_svg(found), "utf-8")
    if as_json != "-":
        _show(found, Console(highlight=False))


def _time(
    first: datetime | None, last: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """Return from when until when: whole days in London, and never later than now."""
    from hub.app.reckoning import LAST
    from hub.calendar import LONDON

    until = now
    if last is not None:
        until = min(now, (last + timedelta(days=1)).replace(tzinfo=LONDON).astimezone(UTC))
    since = until - LAST
    if first is not None:
        since = first.replace(tzinfo=LONDON).astimezone(UTC)
    if since >= until:
        raise NoTime(f"{since:%Y-%m-%d %H:%M} and {until:%Y-%m-%d %H:%M} UTC")
    return since, until


async def _worked_out(since: datetime, until: datetime, now: datetime) -> Report:
    from hub.adapters.register import open_register
    from hub.app.reckoning import calendars_in, work_out
    from hub.settings import read_settings

    settings = read_settings()
    calendars = calendars_in(settings.policy_dir)
    register = await open_register(settings.register, read_only=True)
    try:
        with Console(stderr=True).status("Reading the register") as shown:
            return await work_out(
                register,
                since,
                until,
                now,
                calendars,
                lambda read: shown.update(f"Reading the register: {read:,} records"),
            )
    finally:
        await register.close()


def _write_json(found: Report, where: str) -> None:
    from hub.figures.said import as_json

    said = json.dumps(as_json(found), indent=2, ensure_ascii=False) + "\n"
    if where == "-":
        sys.stdout.write(said)
    else:
        Path(where).write_text(said, "utf-8")


def _show(found: Report, console: Console) -> None:
    from hub.figures import Verdict
    from hub.figures.said import VERDICTS, of_words, target_words, time_words, value_words

    styles = {Verdict.MET: "green", Verdict.NOT_MET: "bold red"}
    console.print(f"Key figures, {time_words(found)}", style="bold")
    table = Table(expand=True, show_lines=True)
    for name, ratio in (("figure", 6), ("value", 2), ("of", 2), ("target", 2), ("verdict", 2)):
        table.add_column(name, ratio=ratio, overflow="fold")
    for figure in found.figures:
        meaning = figure.meaning
        about = Text(meaning.name)
        about.append(
            f"\n{meaning.counted}; rests on {meaning.rests_on} ({meaning.paragraph})", "dim"
        )
        table.add_row(
            about,
            value_words(figure),
            of_words(figure),
            target_words(figure),
            Text(VERDICTS[figure.verdict], styles.get(figure.verdict, "")),
        )
    console.print(table)
