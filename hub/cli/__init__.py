"""`hub`: run it, try it, prove its rules, ask it why. `hub --help` teaches."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from hub.cli import (
    asking,
    attesting,
    closing,
    demo,
    directory,
    drilling,
    importing,
    keeping,
    keys,
    proving,
    publishing,
    reading,
    replaying,
    reporting,
    running,
    simulating,
    verifying,
)
from hub.vocabulary import HubError

app = typer.Typer(
    name="hub",
    help=(
        "Concern Hub tells every agency that must know of a provider concern, and nobody else, "
        "and keeps the evidence.\n\n"
        "Try it: `hub demo`. Ask it: `hub explain examples/concern-opened.json`. "
        "Prove the rules: `hub check`. Run it: `hub run`."
    ),
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
topology = typer.Typer(help="The broker's exchanges and queues.", no_args_is_help=True)
app.add_typer(topology, name="topology")
agencies = typer.Typer(help="The live directory of agencies.", no_args_is_help=True)
app.add_typer(agencies, name="directory")
attestation = typer.Typer(help="Confirmations of closure.", no_args_is_help=True)
app.add_typer(attestation, name="attestation")
key = typer.Typer(help="Keys by which programs use the API.", no_args_is_help=True)
app.add_typer(key, name="key")

app.command()(running.run)
app.command()(demo.demo)
app.command()(publishing.publish)
app.command()(asking.explain)
app.command()(simulating.simulate)
app.command()(proving.check)
app.command()(proving.diff)
app.command()(reading.words)
app.command()(running.migrate)
app.command()(keeping.backup)
app.command()(keeping.restore)
app.command()(keeping.resume)
app.command()(reporting.report)
app.command()(drilling.drill)
app.command()(replaying.replay)
app.command()(asking.schema)
app.command(cls=verifying.Verifying)(verifying.verify)
attestation.command("export")(attesting.export)
topology.command("apply")(running.apply_topology)
agencies.command("apply")(directory.apply_directory)
agencies.command("close")(closing.close_webhook)
agencies.command("open")(closing.open_webhook)
agencies.command("health")(directory.directory_health)
agencies.command("import")(importing.import_directory)
key.command("make")(keys.make)
key.command("list")(keys.show)
key.command("end")(keys.end)


def main() -> None:
    """Run one command. A broken promise is one clear message and exit code 1, never a trace."""
    try:
        app()
    except HubError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(
            str(error), style="bold red", markup=False
        )
        sys.exit(1)
