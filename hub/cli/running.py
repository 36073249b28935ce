"""`hub run`, `hub migrate` and `hub topology apply`."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer
from rich.console import Console

from hub.vocabulary import HubError


class UnknownRole(HubError):
    """There is no such part of the hub:"""  # noqa: D400  # its name follows


class NoBroker(HubError):
    """HUB_AMQP_URL is not set, so there is no broker to declare anything on."""


class NoInbox(HubError):
    """HUB_INBOX_PORT is not set, so there is nowhere for mail to come back to."""


def run(
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Run one part: intake, deliver, watch, inbox, facts, web. May be given again."
        ),
    ] = None,
) -> None:
    """Run the hub until Ctrl-C, or one part of it.

    With nothing set it keeps its register in `hub-data/` (SQLite) and takes events by HTTP. Set
    HUB_AMQP_URL, HUB_REGISTER_URL and HUB_SMTP_URL to use a broker, PostgreSQL and a mail server;
    `HUB_X_FILE` names a file that holds a secret. `/readyz` says what is missing. On SIGHUP the
    packs and the words are read again, and put in force if they prove to hold.
    """
    from hub.app import ROLES
    from hub.logs import set_up_logs
    from hub.settings import read_settings

    roles = tuple(only or ROLES)
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        raise UnknownRole(f"{', '.join(unknown)}. There are: {', '.join(ROLES)}")
    settings = read_settings()
    if only and "inbox" in only and not settings.inbox_port:
        raise NoInbox
    set_up_logs(settings.log_form, settings.log_level)
    _use_uvloop()
    asyncio.run(_run(roles))


async def _run(roles: tuple[str, ...]) -> None:
    from hub.app import open_hub
    from hub.app.lasting import keep_what_is_loaded
    from hub.settings import read_settings

    hub = await open_hub(read_settings(), roles)
    keep_what_is_loaded()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hub.reload)
    await hub.run(stop_on_signals())


def migrate() -> None:
    """Bring the register's schema up to date. SQLite also does so by itself at each start."""
    from hub.adapters.register import migrate as migrate_register
    from hub.settings import read_settings

    settings = read_settings()
    console = Console(stderr=True)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with console.status("Bringing the register's schema up to date"):
        missing = asyncio.run(migrate_register(settings.register))
    console.print("The register's schema is up to date.")
    if missing:
        console.print(
            "PostgreSQL itself does not keep readers apart yet: this login may not make roles. Let "
            "somebody who may run what follows, and then run `hub migrate` again."
        )
        for statement in missing:
            console.print(f"  {statement};", highlight=False, markup=False)


def apply_topology(
    publisher: Annotated[
        list[str] | None,
        typer.Option(help="A publisher besides those of the packs. May be given again."),
    ] = None,
) -> None:
    """Declare the exchanges and queues on the broker that HUB_AMQP_URL names. Safe to repeat.

    Each publisher of the packs' directories is given a queue in which it finds its facts.
    """
    from hub.adapters.topology import apply
    from hub.app.books import publishers_in
    from hub.settings import read_settings

    settings = read_settings()
    if settings.amqp_url is None:
        raise NoBroker
    console = Console(stderr=True)
    with console.status("Declaring exchanges and queues"):
        theirs = {*publishers_in(settings.policy_dir), *(publisher or ())}
        asyncio.run(apply(settings.amqp_url.get_secret_value(), theirs))
    console.print("The broker has what the hub needs.")


def stop_on_signals() -> asyncio.Event:
    """Return an event that Ctrl-C and SIGTERM set; a second one kills as usual."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def asked(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked, number)
    return stop


def _use_uvloop() -> None:
    """Use the faster loop where the `speed` extra is installed."""
    try:
        import uvloop
    except ImportError:
        return
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
