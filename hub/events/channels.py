"""Where the hub is met: servers, channels, operations and keys, for the AsyncAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.events import EVENTS
from hub.events.hoist import key_for
from hub.events.schema import Schema
from hub.events.told_back import FactsAround

AMQP_BINDING: Final = "0.3.0"
HTTP_BINDING: Final = "0.3.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the document says that the events themselves do not know."""

    version: str
    exchange: str
    queue: str
    dead_queue: str
    path: str
    """Where events are taken by HTTP."""
    most_bytes: int
    notice: Schema
    """The whole body of a webhook that the hub sends."""
    acknowledging_path: str
    """Where an agency's system acknowledges a notice; holds `{notice}`."""
    acknowledgement: Schema
    """The whole body that it signs."""
    examples: Mapping[str, Sequence[Mapping[str, Any]]]
    """Whole events in structured JSON, by short name."""
    facts: FactsAround


def message_key(name: str, by: str | None = None) -> str:
    """Return the key of an event's message: structured, or binary `by` amqp or http."""
    return key_for(name if by is None else f"{name}.{by}")


def servers() -> Schema:
    """Return the broker, the hub's own door and an agency's endpoint."""

    def server(host: str, protocol: str, says: str, scheme: str, **more: Any) -> Schema:  # noqa: ANN401  # any keyword of a Server Object
        security = [{"$ref": f"#/components/securitySchemes/{scheme}"}]
        variables = {host.strip("{}"): {"description": says}}
        return {
            "host": host,
            "protocol": protocol,
            "description": says,
            "security": security,
            "variables": variables,
            **more,
        }

    return {
        "broker": server(
            "{broker}", "amqps", "The partnership's RabbitMQ", "brokerUser", protocolVersion="0-9-1"
        ),
        "hub": server("{hub}", "https", "The hub itself", "publisherKey"),
        "agency": server(
            "{endpoint}", "https", "An agency's own endpoint, as the directory has it", "signature"
        ),
    }


def channels(around: Surroundings) -> Schema:
    """Return the exchange and its queues, the HTTP door, and the webhook."""
    return {
        "events": _exchange(around),
        "queue": _queue(around.queue, "What the hub reads: bound to the exchange with `#`"),
        "dead": _queue(around.dead_queue, "What could not be taken, however often it was tried"),
        "door": _door(around),
        "webhook": {
            "address": None,
            "title": "Notices, to an agency's own system",
            "description": (
                "Standard Webhooks. Every retry sends the same bytes with the same `webhook-id`. "
                "Answer 200, 201 or 204 once you have it; acknowledge at `acknowledge.url`."
            ),
            "servers": [{"$ref": "#/servers/agency"}],
            "messages": {"notice": {"$ref": "#/components/messages/notice"}},
        },
        "acknowledgements": {
            "address": around.acknowledging_path,
            "title": "Acknowledgements, by an agency's own system",
            "description": (
                "That the notice is read, or that it is `declined`, with why. "
                "201: written down. 200: it was before. 401: no key of the agency that was told "
                "signed it, or more than five minutes ago. 422: every fault, by its JSON pointer."
            ),
            "servers": [{"$ref": "#/servers/hub"}],
            "parameters": {"notice": {"description": "`notice`, as the webhook's data name it."}},
            "messages": {"acknowledgement": {"$ref": "#/components/messages/acknowledgement"}},
        },
    }


def operations(around: Surroundings) -> Schema:
    """Return what the hub does: it receives events, and sends notices."""
    post = {"http": {"method": "POST", "bindingVersion": HTTP_BINDING}}
    ack = {"amqp": _amqp(ack=True)}
    answer = "Signed with a key of the agency that was told, as the webhook was."
    told = "Acknowledged to the broker once event, decisions and notices are written down."

    def operation(action: str, channel: str, title: str, bindings: Schema, says: str) -> Schema:
        of = {"$ref": f"#/channels/{channel}"}
        return {
            "action": action,
            "channel": of,
            "title": title,
            "description": says,
            "bindings": bindings,
        }

    door = f"`POST {around.path}`, through the same intake; the answer is a receipt."
    return {
        "takeByBroker": operation("receive", "events", "Take an event", ack, told),
        "takeByHttp": operation("receive", "door", "Take an event by HTTP", post, door),
        "tellByWebhook": {
            **operation("send", "webhook", "Tell an agency", post, "One notice to one party."),
            "reply": {
                "channel": {"$ref": "#/channels/acknowledgements"},
                "address": {"location": "$message.payload#/data/acknowledge/url"},
            },
        },
        "takeAcknowledgement": {
            **operation("receive", "acknowledgements", "Take an acknowledgement", post, answer),
            "security": [{"$ref": "#/components/securitySchemes/signature"}],
        },
    }


def _exchange(around: Surroundings) -> Schema:
    exchange = {"name": around.exchange, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": "{publisher}.{event}",
        "title": "Events, by RabbitMQ",
        "description": (
            "Publish persistent and mandatory, with publisher confirms, and with your broker "
            f"user as `user_id`. The hub reads them from the queue `{around.queue}`."
        ),
        "servers": [{"$ref": "#/servers/broker"}],
        "parameters": {
            "publisher": {"description": "Your prefix, such as `wscc`."},
            "event": {"description": "The short name of the event.", "enum": [*EVENTS]},
        },
        "messages": _taken("amqp"),
        "bindings": {"amqp": _amqp(**{"is": "routingKey", "exchange": exchange})},
    }


def _queue(name: str, title: str) -> Schema:
    queue = {"name": name, "durable": True, "exclusive": False, "autoDelete": False}
    return {
        "address": name,
        "title": title,
        "servers": [{"$ref": "#/servers/broker"}],
        "messages": _taken("amqp"),
        "bindings": {"amqp": _amqp(**{"is": "queue", "queue": queue})},
    }


def _door(around: Surroundings) -> Schema:
    return {
        "address": around.path,
        "title": "Events, by HTTP",
        "description": (
            "202: written down. 200: a duplicate of what is. 409: another event with this "
            "`source` and `id`. 403 and 422: every fault, by its JSON pointer; kept in "
            "quarantine. 401, 408, 413, 415: not read. 503: send the same event again. "
            f"At most {around.most_bytes // 1024} KiB."
        ),
        "servers": [{"$ref": "#/servers/hub"}],
        "messages": _taken("http"),
    }


def _taken(by: str) -> Schema:
    keys = [key for name in EVENTS for key in (message_key(name), message_key(name, by))]
    return {key: {"$ref": f"#/components/messages/{key}"} for key in keys}


def security() -> Schema:
    """Return how each side shows who it is."""
    return {
        "brokerUser": {
            "type": "userPassword",
            "description": "A broker user of your own; RabbitMQ checks that it is `user_id`.",
        },
        "publisherKey": {
            "type": "http",
            "scheme": "bearer",
            "description": "The key of a publisher (RFC 6750).",
        },
        "signature": {
            "type": "httpApiKey",
            "name": "webhook-signature",
            "in": "header",
            "description": (
                "`v1,` and the HMAC-SHA256 of `id.timestamp.body`, one for each key, with a space "
                "between. Verify it over the bytes as they came."
            ),
        },
    }


def _amqp(**said: Any) -> Schema:  # noqa: ANN401  # any keyword of the binding
    return {**said, "bindingVersion": AMQP_BINDING}
