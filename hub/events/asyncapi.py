"""The hub's whole contract as an AsyncAPI 3.1 document, from the models (`hub schema --asyncapi`).

Names of exchanges, queues and paths are arguments: the floors above know them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from inspect import cleandoc
from typing import Any, Final

from hub.events import EVENTS
from hub.events.channels import (
    Surroundings,
    channels,
    message_key,
    operations,
    security,
    servers,
)
from hub.events.decode import REQUIRED, STRUCTURED
from hub.events.envelope import WIRE_PREFIX, WIRE_SUFFIX
from hub.events.hoist import SHELF, hoisted, key_for, shared
from hub.events.schema import (
    CLASS_KEYWORD,
    Schema,
    chapter_of,
    classes_of,
    data_schema,
    envelope_schema,
)
from hub.events.told_back import fact_channels, fact_key, fact_messages, fact_operations

ASYNCAPI: Final = "3.1.0"
"""The version of the specification that the document follows."""

CLASSES_KEYWORD: Final = "x-information-classes"
"""Beside each message: the classes of all its fields."""

_IN_BINARY: Final = {
    "amqp": ("cloudEvents:", "cloudEvents_ and ce- are read too"),
    "http": ("ce-", "percent-encoded as the HTTP binding of CloudEvents says"),
}
"""How attributes are spelt in binary mode, by the protocol."""


def document(around: Surroundings) -> Schema:
    """Return the AsyncAPI document; the same bytes for the same models and surroundings.

    Its schemas are of AsyncAPI's own default format, a superset of JSON Schema draft 7.
    """
    facts = {fact_key(name): schema for name, schema in around.facts.schemas.items()}
    definitions, schemas = shared({name: data_schema(name) for name in EVENTS} | facts)
    return {
        "asyncapi": ASYNCAPI,
        "info": _info(around),
        "defaultContentType": STRUCTURED,
        "servers": servers(),
        "channels": {**channels(around), **fact_channels(around.facts)},
        "operations": {**operations(around), **fact_operations()},
        "components": {
            "schemas": {
                "envelope": hoisted(envelope_schema(), {}),
                **{f"headers.{by}": _headers(by) for by in _IN_BINARY},
                **definitions,
                **schemas,
                "notice": hoisted(around.notice, {}),
                "acknowledgement": hoisted(around.acknowledgement, {}),
            },
            "messages": {
                **dict(_messages(around)),
                "notice": _notice(around),
                "acknowledgement": _acknowledgement(),
                **dict(fact_messages(around.facts, STRUCTURED)),
            },
            "securitySchemes": security(),
        },
    }


def _info(around: Surroundings) -> Schema:
    return {
        "title": "Concern Hub",
        "version": around.version,
        "description": (
            "Case systems publish what happens in a provider concern; the hub tells each agency "
            "what it must be told, and keeps the evidence.\n\nEvents and notices are CloudEvents "
            f"1.0. Every field of an event has an information class (`{CLASS_KEYWORD}`), by which "
            "the partnership's rules say who may be told it."
        ),
        "tags": [{"name": chapter} for chapter in sorted({chapter_of(name) for name in EVENTS})],
    }


def _messages(around: Surroundings) -> Iterator[tuple[str, Schema]]:
    for name in EVENTS:
        examples = around.examples.get(name, ())
        yield message_key(name), _structured(name, examples)
        for by in _IN_BINARY:
            yield message_key(name, by), _binary(name, by, examples)


def _structured(name: str, examples: Sequence[Mapping[str, Any]]) -> Schema:
    data = {"$ref": f"{SHELF}{key_for(name)}"}
    whole = {"type": "object", "properties": {"type": {"const": _wire(name)}, "data": data}}
    return {
        "name": name,
        **_said(name),
        "contentType": STRUCTURED,
        "payload": {"allOf": [{"$ref": f"{SHELF}envelope"}, whole]},
        "examples": [{"payload": each} for each in examples],
    }


def _binary(name: str, by: str, examples: Sequence[Mapping[str, Any]]) -> Schema:
    prefix = _IN_BINARY[by][0]
    this = {"type": "object", "properties": {f"{prefix}type": {"const": _wire(name)}}}
    return {
        "name": f"{name} (binary)",
        **_said(name),
        "contentType": "application/json",
        "headers": {"allOf": [{"$ref": f"{SHELF}headers.{by}"}, this]},
        "payload": {"$ref": f"{SHELF}{key_for(name)}"},
        "examples": [
            {"headers": _in_binary(each, prefix), "payload": each["data"]} for each in examples
        ],
    }


def _said(name: str) -> Schema:
    says = cleandoc(EVENTS[name].__doc__ or "")
    return {
        "title": _wire(name),
        "summary": says.split("\n", 1)[0],
        "description": says,
        "tags": [{"name": chapter_of(name)}],
        CLASSES_KEYWORD: [*classes_of(name)],
    }


def _wire(name: str) -> str:
    return f"{WIRE_PREFIX}{name}{WIRE_SUFFIX}"


def _notice(around: Surroundings) -> Schema:
    return {
        "name": "notice",
        "title": str(around.notice["properties"]["type"]["const"]),
        "summary": "What one party is told on one occasion, from the permitted facts alone.",
        "contentType": STRUCTURED,
        "headers": _signed("The delivery's id; the same at every retry."),
        "payload": {"$ref": f"{SHELF}notice"},
    }


def _acknowledgement() -> Schema:
    return {
        "name": "acknowledgement",
        "title": "A notice was read",
        "summary": "Who, for the agency that was told, acknowledges the notice.",
        "contentType": "application/json",
        "headers": _signed("An id of the sender's own, new for each acknowledgement."),
        "payload": {"$ref": f"{SHELF}acknowledgement"},
    }


def _signed(id_says: str) -> Schema:
    """Return the headers of Standard Webhooks."""
    header = {"type": "string", "minLength": 1}
    headers = {
        "webhook-id": {**header, "description": id_says},
        "webhook-timestamp": {**header, "pattern": "^[0-9]+$"},
        "webhook-signature": {**header, "pattern": "^v1,[A-Za-z0-9+/=]+( v1,[A-Za-z0-9+/=]+)*$"},
    }
    return {"type": "object", "required": [*headers], "properties": headers}


def _headers(by: str) -> Schema:
    """Return the schema of the headers of binary mode: the attributes, each under its prefix."""
    prefix, says = _IN_BINARY[by]
    attributes = envelope_schema()["properties"]
    sent = {
        f"{prefix}{name}": {**schema, "type": "string"} if "enum" not in schema else schema
        for name, schema in attributes.items()
        if name not in {"data", "data_base64", "datacontenttype"}
    }
    required = [f"{prefix}{name}" for name in REQUIRED]
    named = [{"required": [f"{prefix}{name}"]} for name in ("subject", "concernid")]
    return {
        "type": "object",
        "description": f"CloudEvents attributes; {says}.",
        "required": required,
        "anyOf": named,
        "properties": sent,
    }


def _in_binary(event: Mapping[str, Any], prefix: str) -> Schema:
    attributes = {k: v for k, v in event.items() if k not in {"data", "datacontenttype"}}
    return {f"{prefix}{name}": value for name, value in attributes.items()}
