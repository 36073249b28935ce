"""`hub demo`: one concern from its opening to its confirmed closure, on real parts, in a minute."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from hub.vocabulary import HubError

if TYPE_CHECKING:
    from hub.cli.demo.stage import Stage


class DemoFailed(HubError):
    """The demo did not go as the hub promises:"""  # noqa: D400  # what was expected follows


def demo(
    headless: Annotated[
        bool, typer.Option(help="Do not stay open; end with one line of JSON.")
    ] = False,
    port: Annotated[
        int, typer.Option(help="Where the pages are, when it stays open; 0: any.")
    ] = 8080,
) -> None:
    """Play the main job: every agency told what it may know, with evidence, up to closure.

    It runs on this machine alone: SQLite, a mail server and a webhook receiver on loopback, real
    carriers. With HUB_AMQP_URL and HUB_REGISTER_URL it plays through that broker and that
    PostgreSQL. Everything in it is made up.
    """
    from hub.logs import set_up_logs

    set_up_logs("auto", "ERROR")
    with TemporaryDirectory(prefix="concern-hub-demo-") as folder:
        asyncio.run(_demo(Path(folder), headless, port))


async def _demo(folder: Path, headless: bool, port: int) -> None:  # as demo
    from hub.cli.demo.stage import set_stage
    from hub.cli.demo.story import play
    from hub.cli.demo.summary import show_summary

    # Where nobody looks at a terminal, the table still has room for its words.
    width = None if sys.stdout.isatty() else 140
    console = Console(stderr=headless, highlight=False, width=width)
    async with set_stage(folder, 0 if headless else port) as stage:
        told = await play(stage, console)
        summary = await show_summary(told, Console(highlight=False, width=width))
        if not headless:
            await _stay(stage, console)
    sys.stdout.write(json.dumps(summary) + "\n")


async def _stay(stage: Stage, console: Console) -> None:
    from hub.cli.running import stop_on_signals

    console.print(f"\nThe pages: {stage.hub.url}/ (sign in as the LEO). Ctrl-C ends the demo.")
    await stop_on_signals().wait()
