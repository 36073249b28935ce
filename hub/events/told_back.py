"""Facts in the AsyncAPI document: where publishers read what became of their concerns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub.events.hoist import SHELF, key_for
from hub.events.schema import Schema

AMQP_BINDING = "0.3.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsAround:
    """What the document says of facts; the floors above know it."""

    exchange: str
    queue: str
    """One for each publisher; holds `{publisher}`."""
    schemas: Mapping[str, Schema]
    """The whole CloudEvent of each fact, by its name."""


def fact_key(name: str) -> str:
    """Return the key of a fact's message and schema: an event may have the same name."""
    return key_for(f"fact.{name}")


def fact_channels(around: FactsAround) -> Schema:
    """Return the exchange that facts go out by, and the queue of each publisher."""
    exchange = {"name": around.exchange, "type": "topic", "durable": True, "autoDelete": False}
    messages = {
        fact_key(name): {"$ref": f"#/components/messages/{fact_key(name)}"}
        for name in around.schemas
    }
    publisher = {"description": "Your id as a publisher of this hub."}
    broker = [{"$ref": "#/servers/broker"}]
    return {
        "facts": {
            "address": "{publisher}.{fact}",
            "title": "Facts, by RabbitMQ",
            "description": (
                "Persistent, mandatory, with publisher confirms; in order for each concern, at "
                "least once, each time with the same `id`. You are told what you may know of the "
                "concerns into which your events were taken."
            ),
            "servers": broker,
            "parameters": {
                "publisher": publisher,
                "fact": {"description": "The fact's name.", "enum": [*around.schemas]},
            },
            "messages": messages,
            "bindings": {
                "amqp": {
                    "is": "routingKey",
                    "exchange": exchange,
                    "bindingVersion": AMQP_BINDING,
                }
            },
        },
        "factsQueue": {
            "address": around.queue,
            "title": "Your queue of facts",
            "description": "Bound with `{publisher}.#`; consume it, and acknowledge.",
            "servers": broker,
            "parameters": {"publisher": publisher},
            "messages": messages,
        },
    }


def fact_operations() -> Schema:
    """Return what the hub does with facts: it sends them."""
    return {
        "tellBack": {
            "action": "send",
            "channel": {"$ref": "#/channels/facts"},
            "title": "Tell a publisher what became of a concern",
            "description": "Written with what it is about, so that none is lost or too early.",
            "bindings": {
                "amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": AMQP_BINDING}
            },
        }
    }


def fact_messages(around: FactsAround, content_type: str) -> Iterator[tuple[str, Schema]]:
    """Yield each fact as a message."""
    for name, schema in around.schemas.items():
        yield (
            fact_key(name),
            {
                "name": f"fact.{name}",
                "title": schema["title"],
                "summary": schema["description"].split("\n", 1)[0],
                "contentType": content_type,
                "payload": {"$ref": f"{SHELF}{fact_key(name)}"},
            },
        )
