"""`hub drill`: a drill by every mailbox and webhook, started by a person."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from hub.directory import Contact, Endpoint
    from hub.settings import Settings


def drill(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List whom it would go to, and send nothing.")
    ] = False,
) -> None:
    """Send a plainly marked drill to every mailbox and webhook of the live directory.

    It goes through the queue of the hub that runs, like any notice, and says that nothing has
    happened. What does not take it is shown by `hub directory health`. HUB_DRILL_DAY starts one
    each week by itself. On SQLite stop the hub first, since one process may write; it sends the
    drill when it starts again.
    """
    from hub.settings import read_settings

    console = Console(highlight=False)
    settings = read_settings()
    if dry_run:
        _show(asyncio.run(_whom(settings)), console)
        return
    console.print(f"{asyncio.run(_start(settings))} deliveries of a drill are queued.")


async def _whom(settings: Settings) -> tuple[Contact | Endpoint, ...]:
    from hub.adapters.register import open_register
    from hub.plan.drill import whom

    register = await open_register(settings.register, read_only=True)
    try:
        return whom(await register.directory())
    finally:
        await register.close()


async def _start(settings: Settings) -> int:
    from hub.adapters.clock import RandomMint
    from hub.adapters.register import open_register
    from hub.app.ways import sender
    from hub.drill import start_drill

    register = await open_register(settings.register, source=settings.source)
    try:
        name = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"
        out = sender(settings, settings.public_url or "")
        return await start_drill(register, name, None, out, RandomMint()) or 0
    finally:
        await register.close()


def _show(found: Sequence[Contact | Endpoint], console: Console) -> None:
    from hub.directory import Endpoint

    table = Table()
    for title in ("agency", "mailbox or webhook", "way"):
        table.add_column(title, overflow="fold")
    for each in found:
        way = "webhook" if isinstance(each, Endpoint) else "email"
        table.add_row(Text(each.agency), Text(each.id), way)
    console.print(table)
    console.print(f"{len(found)} deliveries. Nothing was sent.")
