"""`hub directory apply`: correct the live directory; what waits goes to the right mailbox."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from hub.vocabulary import HubError

if TYPE_CHECKING:
    from hub.directory import Contact, Directory, Endpoint
    from hub.settings import Settings


class NoSuchFile(HubError):
    """There is no such file:"""  # noqa: D400  # its name follows


def apply_directory(
    file: Annotated[Path, typer.Argument(help="Written as a pack's directory.toml is.")],
) -> None:
    """Put the mailboxes and webhooks of a file into the live directory, and print what changed.

    Nothing is deleted: a contact that is to be used no more is left out by `order` or moved to
    another role. What waits in the queue goes to the corrected address. Keys of webhooks come from
    HUB_ENDPOINT_KEYS. A contact that was put aside as the wrong one is used again once its file has
    a later `verified_on`, or another address. On SQLite stop the hub first, since one process may
    write.
    """
    from hub.pack.load import load_directory
    from hub.settings import read_settings

    if not file.is_file():
        raise NoSuchFile(str(file))
    console = Console(highlight=False, soft_wrap=True)
    changes = asyncio.run(_apply(read_settings(), load_directory(file.read_text("utf-8"))))
    for change in changes:
        console.print(change, markup=False)
    console.print(f"{len(changes)} changed." if changes else "Nothing to change.")


async def _apply(settings: Settings, given: Directory) -> list[str]:
    from hub.adapters.register import open_register
    from hub.adapters.secrets import endpoint_keys
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
    return changes


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
