"""`hub simulate`: what a hub would do, told before it does anything."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from hub.vocabulary import HubError

if TYPE_CHECKING:
    from hub.app.simulate import RuleTable, Scenario, Timeline


class NoInstant(HubError):
    """This is no instant with its offset, such as 2026-12-04T09:00:00Z:"""  # noqa: D400  # it follows


def simulate(
    scenario: Annotated[Path, typer.Argument(help="A scenario: TOML (docs/simulate.md).")],
    at: Annotated[
        str | None,
        typer.Option(help="Stop at this instant, or let time pass until then: 2026-12-04T09:00Z."),
    ] = None,
    answers: Annotated[
        str | None,
        typer.Option(
            help="Who answers notices, instead of what the scenario says: `none`, `all` (each a "
            "quarter of an hour after it has left), or a file of `[[answer]]` tables."
        ),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="A folder of packs, one folder a partnership.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Show also who is told nothing, and each rung.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One line a row, for programs.")] = False,
) -> None:
    """Play a scenario on a virtual clock: who is told what and when, who is held, what is owed.

    It is the hub that runs, with its own intake, delivery, watch and answers. Nothing is sent.
    """
    from hub.app.simulate import read_scenario

    until = None if at is None else _instant(at)
    found = _played(_answered(read_scenario(scenario), answers), policy, until)
    if as_json:
        _write(found)
    else:
        from hub.cli.timeline import show_timeline

        width = None if sys.stdout.isatty() else 140
        show_timeline(found, Console(highlight=False, width=width), everything=everything)


def _played(scenario: Scenario, policy: Path | None, until: datetime | None) -> Timeline:
    """Play it; how far time has come is said on standard error."""
    from hub.app.simulate import simulate as played
    from hub.cli.asking import books_of
    from hub.logs import set_up_logs

    # What a simulated hub logs is about nothing that happens.
    set_up_logs("auto", "CRITICAL")
    books = books_of(policy)
    with Console(stderr=True, highlight=False).status("") as status:

        def progress(now: datetime) -> None:
            status.update(f"{now:%A %d %B %Y %H:%M} UTC")

        return asyncio.run(played(scenario, books, at=until, progress=progress))


def _write(found: Timeline) -> None:
    for row in found.rows:
        sys.stdout.write(json.dumps(row.as_json(), ensure_ascii=False) + "\n")
    for row in found.open:
        line = {**row.as_json(), "what": "open at the end"}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


def _answered(scenario: Scenario, answers: str | None) -> Scenario:
    from hub.app.simulate import RuleTable, read_answers

    rules: tuple[RuleTable, ...]
    match answers:
        case None:
            return scenario
        case "none":
            rules = ()
        case "all":
            rules = (RuleTable(),)
        case file:
            rules = read_answers(Path(file))
    return scenario.answered_by(rules)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise NoInstant(text) from error
    if found.tzinfo is None:
        raise NoInstant(text)
    return found.astimezone(UTC)
