"""JSON Schema of each fact as a subscriber reads it: the whole CloudEvent."""

from __future__ import annotations

from typing import Any

from hub.events.schema import model_schema
from hub.facts.said import SAYS, FactName
from hub.facts.telling import TYPE_PREFIX, TYPE_SUFFIX


def fact_schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of each fact by its name; further fields may come, so readers skip them."""
    return {name.value: _schema(name) for name in FactName}


def _schema(name: FactName) -> dict[str, Any]:
    data = model_schema(SAYS[name])
    definitions = data.pop("$defs", {})
    data.pop("additionalProperties", None)
    text = {"type": "string", "minLength": 1}
    properties: dict[str, Any] = {
        "specversion": {"const": "1.0"},
        "id": {**text, "description": "The same each time this fact comes."},
        "source": {"type": "string", "format": "uri-reference"},
        "type": {"const": f"{TYPE_PREFIX}{name}{TYPE_SUFFIX}"},
        "subject": {"type": "string", "pattern": "^concern/"},
        "concernid": text,
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "data": data,
    }
    return {
        "type": "object",
        "title": f"{TYPE_PREFIX}{name}{TYPE_SUFFIX}",
        "description": data.get("description", ""),
        "required": [*properties],
        "properties": properties,
        "$defs": definitions,
    }
