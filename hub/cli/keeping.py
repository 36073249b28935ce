"""`hub backup`, `hub restore` and `hub resume`: the register into a file, and back with care."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from hub.vocabulary import HubError

if TYPE_CHECKING:
    from rich.status import Status

    from hub.ports import Register
    from hub.ports.paused import Unreconciled


class WhoAndWhy(HubError):
    """Give both --by and --reason: a named person lets a restored hub send again, and says why."""


def backup(
    file: Annotated[Path, typer.Argument(help="The new file. Nothing is written over.")],
) -> None:
    """Write the whole register into one file, while the hub runs. Changes nothing.

    The file restores into SQLite or PostgreSQL, and proves itself. It is not encrypted, and holds
    everything: what was told of people, every address, every webhook's key. It can be read by this
    user alone.
    """
    from hub.adapters.register import back_up
    from hub.settings import read_settings

    settings, console = read_settings(), Console(stderr=True)
    with console.status("Writing") as status:
        made = asyncio.run(back_up(settings.register, file, _telling(status)))
    console.print(
        f"{file}: {made.rows} rows, as of {made.taken:%Y-%m-%d %H:%M:%S} UTC.\nsha256 {made.sha256}"
    )


def restore(file: Annotated[Path, typer.Argument(help="What `hub backup` wrote.")]) -> None:
    """Put a backup into an empty register. It sends nothing until `hub resume` has been told to.

    The file is proved first, all is written in one transaction and read back. What the lost
    register did after the backup is not known to this one.
    """
    from hub.adapters.register import restore as put_back
    from hub.settings import read_settings

    settings, console = read_settings(), Console(stderr=True)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with console.status("Proving") as status:
        found = asyncio.run(put_back(settings.register, file, _telling(status)))
    console.print(
        f"{found.rows} rows, as of {found.taken:%Y-%m-%d %H:%M:%S} UTC, are back.\n"
        "The hub takes events and answers, and sends nothing: `hub resume` says what to look at."
    )


def resume(
    by: Annotated[
        str | None, typer.Option(help="Who lets it send again: a name and a post.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="What that rests on; it is kept with the name.")
    ] = None,
) -> None:
    """Say what a restored hub may send twice; with --by and --reason, let it send again.

    Holds placed since the backup are known only once their events have come again. Without these
    two nothing is changed. With them all that waited when the backup was taken is flagged
    as perhaps sent already, and goes again under the same ids, octet for octet.
    """
    from hub.settings import read_settings

    named, why = (by or "").strip(), (reason or "").strip()
    if bool(named) != bool(why) or (by is not None and not named):
        raise WhoAndWhy
    unknown = asyncio.run(_resume(read_settings().register, named, why))
    console = Console()
    _show(unknown, console)
    if named:
        console.print("\nThe hub sends again.")
    else:
        console.print("\nNothing was changed. `hub resume --by NAME --reason TEXT` lets it send.")


async def _resume(url: str, by: str, reason: str) -> Unreconciled:
    from hub.adapters.register import open_register

    register: Register = await open_register(url, read_only=not by)
    try:
        return await (register.resume(by, reason) if by else register.unreconciled())
    finally:
        await register.close()


def _show(unknown: Unreconciled, console: Console) -> None:
    restored = unknown.restored
    console.print(
        f"Restored at {restored.at:%Y-%m-%d %H:%M:%S} UTC from a backup of "
        f"{restored.taken:%Y-%m-%d %H:%M:%S} UTC. What came between is not known here."
    )
    console.print(
        "A hold that was placed in between holds nothing until its event has come again: let the "
        "case systems publish again what they published since, before the hub sends."
    )
    table = Table()
    table.add_column("what")
    table.add_column("how many", justify="right")
    table.add_column("what it means")
    for row in _rows(unknown):
        table.add_row(*row)
    console.print(table)


def _rows(unknown: Unreconciled) -> tuple[tuple[str, str, str], ...]:
    return (
        ("waited then", str(unknown.queued), "each may have gone since; it goes again, flagged"),
        ("of these on the wire", str(unknown.in_flight), "sent, or about to be"),
        ("of these tried before", str(unknown.tried), "not taken when the backup was made"),
        (
            "queued since",
            str(unknown.newer),
            "goes once; the lost hub may have told it too",
        ),
        ("steps of ladders", str(unknown.steps), "have come since; they may have been taken"),
        ("facts that wait", str(unknown.facts), "published again, under the same ids"),
    )


def _telling(status: Status) -> Callable[[str, int], None]:
    def seen(table: str, rows: int) -> None:
        if rows % 200 == 0:
            status.update(f"{table or 'Proving'}: {rows} rows")

    return seen
