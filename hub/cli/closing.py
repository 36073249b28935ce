"""`hub directory close` and `hub directory open`: a webhook that is to wait, and that may go on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from hub.vocabulary import EndpointId, HubError

if TYPE_CHECKING:
    from hub.settings import Settings

_Which = Annotated[str, typer.Argument(help="The webhook's id in the directory.")]


class NoSuchWebhook(HubError):
    """The directory has no webhook of this id:"""  # noqa: D400  # its id follows


def close_webhook(webhook: _Which) -> None:
    """Close a webhook for now: what is for it waits in the queue, and goes in order later.

    The hub does this by itself where the agency's system says that it is gone (410). Whoever is
    told by no other way is told by mail; each concern owes another webhook until this one is open.
    On SQLite stop the hub first, since one process may write.
    """
    _say(webhook, parked=True)


def open_webhook(webhook: _Which) -> None:
    """Open a webhook again: what has waited for it goes now, in order.

    On SQLite stop the hub first, since one process may write.
    """
    _say(webhook, parked=False)


def _say(webhook: str, *, parked: bool) -> None:
    from hub.settings import read_settings

    was = asyncio.run(_set(read_settings(), EndpointId(webhook), parked=parked))
    now = "closed" if parked else "open"
    before = "It was so before" if was == parked else f"It is {now} now"
    Console(highlight=False, soft_wrap=True).print(f"{before}: {webhook}", markup=False)


async def _set(settings: Settings, webhook: EndpointId, *, parked: bool) -> bool:
    """Return whether it was closed before."""
    from hub.adapters.register import open_register

    register = await open_register(settings.register, source=settings.source)
    try:
        endpoint = (await register.directory()).endpoint(webhook)
        if endpoint is None:
            raise NoSuchWebhook(webhook)
        if endpoint.parked != parked:
            await register.put_endpoint(replace(endpoint, parked=parked))
        return endpoint.parked
    finally:
        await register.close()
