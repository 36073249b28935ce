"""`hub directory apply` corrects the live directory; `hub directory health` says how it fares."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.vocabulary import HubError

if TYPE_CHECKING:
    from hub.concern import Party
    from hub.directory import Contact, Directory, Endpoint
    from hub.figures import Health
    from hub.settings import Settings

_MOST_CONCERNS: Final = 10_000
"""Of how many concerns, newest first, those who take part are looked at."""


class NoSuchFile(HubError):
    """There is no such file:"""  # noqa: D400  # its name follows


def apply_directory(
    file: Annotated[Path, typer.Argument(help="Written as a pack's directory.toml is.")],
) -> None:
    """Put the mailboxes and webhooks of a file into the live directory, and print what changed.

    Nothing is deleted: of an agency that the file names, what it does not have is used on as it
    stands, and is named. A contact that is to be used no more is moved to another role, and what
    waits for it then goes to the next. What waits in the queue goes to the corrected address. Keys
    of webhooks come from HUB_ENDPOINT_KEYS. A contact that was put aside as the wrong one is used
    again once its file has a later `verified_on`, or another address. On SQLite stop the hub first,
    since one process may write.
    """
    from hub.pack.load import load_directory
    from hub.settings import read_settings

    if not file.is_file():
        raise NoSuchFile(str(file))
    console = Console(highlight=False, soft_wrap=True)
    given = load_directory(file.read_text("utf-8"))
    changes, left_out = asyncio.run(_apply(read_settings(), given))
    for each in (*changes, *left_out):
        console.print(each, markup=False)
    console.print(f"{len(changes)} changed." if changes else "Nothing to change.")


def directory_health(
    as_json: Annotated[bool, typer.Option("--json", help="For programs: every contact.")] = False,
) -> None:
    """Say which mailboxes and webhooks can no longer be relied on, coverage gaps first.

    A contact is broken where its last failure stands, and stale where nobody has verified it for a
    year. A coverage gap is one without another way that works. Who takes part in a concern and has
    no contact at all is named first. No address is shown.
    """
    from hub.figures.health import as_json as whole
    from hub.settings import read_settings

    found, nobody = asyncio.run(_health(read_settings()))
    if as_json:
        parties = [{"agency": one.agency, "role": one.role.value} for one in nobody]
        said = {"contacts": [whole(each) for each in found], "without_a_contact": parties}
        sys.stdout.write(json.dumps(said, indent=2, ensure_ascii=False) + "\n")
        return
    console = Console(highlight=False, soft_wrap=True)
    for one in nobody:
        says = f"{one.agency} ({one.role}) takes part in a concern, and has no contact."
        console.print(says, markup=False)
    _show(found, Console(highlight=False))


async def _health(settings: Settings) -> tuple[tuple[Health, ...], tuple[Party, ...]]:
    from hub.adapters.register import open_register
    from hub.figures import health_of, out_of_reach

    register = await open_register(settings.register, read_only=True)
    try:
        directory = await register.directory()
        concerns = await register.concerns(_MOST_CONCERNS)
        nobody = out_of_reach(directory, (p for one in concerns for p in one.parties()))
        return health_of(directory, await register.tried(), datetime.now(UTC)), nobody
    finally:
        await register.close()


def _show(found: Sequence[Health], console: Console) -> None:
    from hub.figures.health import Condition, said

    table = Table(expand=True, show_lines=True)
    for title in ("agency and contact", "how it fares", "last taken", "last failure", "verified"):
        table.add_column(title, overflow="fold")
    unwell = [each for each in found if each.condition <= Condition.STALE]
    for each in unwell:
        tried = each.tried
        failed = f"{_day(tried.failed_at)}\n{tried.failures} since it was last taken"
        table.add_row(
            Text(f"{each.agency}\n{each.target}: {each.name}"),
            Text(said(each), "bold red" if each.gap else "yellow"),
            _day(tried.taken_at),
            failed if tried.failed_at else "never",
            each.verified_on.isoformat() if each.verified_on else "never said",
        )
    if unwell:
        console.print(table)
    gaps = sum(each.gap for each in found)
    console.print(
        f"{len(found)} contacts, {len(unwell)} not to be relied on, {gaps} coverage gaps."
    )


def _day(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


async def _apply(settings: Settings, given: Directory) -> tuple[list[str], list[str]]:
    from hub.adapters.endpoint_keys import endpoint_keys
    from hub.adapters.register import open_register
    from hub.app.books import with_keys

    keys = settings.endpoint_keys.get_secret_value() if settings.endpoint_keys else None
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    register = await open_register(settings.register)
    try:
        before = await register.directory()
        wanted = with_keys(given, endpoint_keys(keys))
        await register.seed(wanted)
        changes = [f"new agency: {a.id}" for a in wanted.agencies if before.agency(a.id) is None]
        for contact in wanted.contacts:
            known = before.contact(contact.id)
            if known is None:
                changes.append(f"new contact: {contact.id}")
            elif known != (verified := _verified(known, contact)):
                await register.put_contact(verified)
                changes.append(f"corrected contact: {contact.id}")
        for endpoint in wanted.endpoints:
            kept = before.endpoint(endpoint.id)
            if kept is None:
                changes.append(f"new endpoint: {endpoint.id}")
            elif kept != (corrected := _corrected(kept, endpoint)):
                await register.put_endpoint(corrected)
                changes.append(f"corrected endpoint: {endpoint.id}")
    finally:
        await register.close()
    return changes, _left_out(before, given)


def _left_out(before: Directory, given: Directory) -> list[str]:
    """Say what of the agencies in a file is used on although the file does not have it.

    Whoever took a line out believes it deleted, and notices would go there all the same.
    """
    agencies = {agency.id for agency in given.agencies}
    contacts = [c for c in before.contacts if c.usable and c.agency in agencies]
    webhooks = [e for e in before.endpoints if e.agency in agencies]
    return [
        *(f"not in the file, still used: {c.id}" for c in contacts if not given.contact(c.id)),
        *(f"not in the file, still used: {e.id}" for e in webhooks if not given.endpoint(e.id)),
    ]


def _verified(kept: Contact, given: Contact) -> Contact:
    """Keep aside what was said to be the wrong contact, until it is verified anew or corrected."""
    if kept.usable or kept.address.casefold() != given.address.casefold():
        return given
    since, now = kept.verified_on, given.verified_on
    return replace(given, usable=now is not None and (since is None or now > since))


def _corrected(kept: Endpoint, given: Endpoint) -> Endpoint:
    """Keep the keys that a file never has; an endpoint closed by its agency opens at a new URL."""
    parked = kept.parked and kept.url == given.url
    return replace(given, keys=given.keys or kept.keys, parked=parked)
