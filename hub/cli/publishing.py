"""`hub publish`: give an event to a hub, by RabbitMQ or by HTTP, as a case system would."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console

from hub.vocabulary import HubError


class EventNotTaken(HubError):
    """The hub did not take the event:"""  # noqa: D400  # every fault follows


class NoKey(HubError):
    """No key to publish with: set HUB_PUBLISHER_KEY, or run `hub run` here first."""


def publish(
    files: Annotated[list[Path], typer.Argument(help="Events: CloudEvents 1.0, structured JSON.")],
    publisher: Annotated[
        str, typer.Option(help="Who publishes: its routing prefix, and whose key is used.")
    ] = "wscc",
    url: Annotated[
        str, typer.Option(envvar="HUB_URL", help="The hub's address, for HTTP.")
    ] = "http://127.0.0.1:8080",
) -> None:
    """Publish events, in the order given: by RabbitMQ where HUB_AMQP_URL is set, else by HTTP.

    Over the broker it waits for the confirm; over HTTP for the receipt, and prints every fault.
    """
    console = Console(stderr=True, highlight=False)
    for file in files:
        body = file.read_bytes()
        with console.status(f"Publishing {file.name}"):
            said = asyncio.run(_publish(body, publisher, url))
        console.print(f"{file.name}: {said}")


async def _publish(body: bytes, publisher: str, url: str) -> str:
    from hub.settings import read_settings

    settings = read_settings()
    if settings.amqp_url is not None:
        from hub.adapters.topology import publish as to_broker

        amqp = settings.amqp_url.get_secret_value()
        name = _name_of(body)
        await to_broker(
            amqp, body, f"{publisher}.{name}", user_id=urlsplit(amqp).username or "guest"
        )
        return "confirmed by the broker"
    from hub.adapters.secrets import publisher_key_of

    key = os.environ.get("HUB_PUBLISHER_KEY") or publisher_key_of(settings.data_dir, publisher)
    if key is None:
        raise NoKey
    return await _post(url, body, key)


async def _post(url: str, body: bytes, key: str) -> str:
    from hub.client import Client, HubUnreachable, Refused

    try:
        async with Client(url, key) as hub:
            return await hub.publish_event(body)
    except (HubUnreachable, Refused) as error:
        raise EventNotTaken(str(error)) from error


def _name_of(body: bytes) -> str:
    """Return the event's short name for its routing key; the hub judges the rest."""
    from hub.events.envelope import WIRE_PREFIX, WIRE_SUFFIX

    try:
        kind = str(json.loads(body).get("type", ""))
    except (ValueError, AttributeError):
        return "unreadable"
    return kind.removeprefix(WIRE_PREFIX).removesuffix(WIRE_SUFFIX) or "unnamed"
