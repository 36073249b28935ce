"""An AMQP message as the ports have it: one form for both spellings of binary-mode CloudEvents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from aiormq.abc import DeliveredMessage

from hub.ports import Received

_BINARY_PREFIXES: Final = ("cloudevents:", "cloudevents_", "ce-")


def received(message: DeliveredMessage, tag: int, now: datetime) -> Received:
    """Return one delivered message; `tag` counts within its session."""
    properties = message.header.properties
    headers = properties.headers or {}
    counted = headers.get("x-delivery-count")
    return Received(
        tag=tag,
        body=message.body,
        content_type=properties.content_type or "",
        headers=_headers(headers),
        user_id=properties.user_id or None,
        routing_key=message.routing_key or "",
        delivery_count=counted if isinstance(counted, int) else 0,
        received=now,
    )


def _headers(headers: Mapping[str, object]) -> dict[str, str]:
    """Return the headers with lower-case names, CloudEvents attributes as `ce-...`.

    Their values are percent-encoded as in the HTTP binding, so that one decoder reads both. An
    attribute that is no string, or that two spellings give two values, is left out, and so missed.
    """
    out: dict[str, str] = {}
    doubtful = set()
    for spelled, value in headers.items():
        name = spelled.lower()
        prefix = next((p for p in _BINARY_PREFIXES if name.startswith(p)), None)
        text = _text(value)
        if prefix is None:
            out[name] = text if text is not None else str(value)
            continue
        attribute = f"ce-{spelled[len(prefix) :]}"
        written = quote(text or "", safe=" !#$&'()*+,-./:;<=>?@[]^_`{|}~")
        if text is None or out.setdefault(attribute, written) != written:
            doubtful.add(attribute)
    return {name: value for name, value in out.items() if name not in doubtful}


def _text(value: object) -> str | None:
    match value:
        case str():
            return value
        case bytes() | bytearray():
            return bytes(value).decode("utf-8", "replace")
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case _:
            return None
