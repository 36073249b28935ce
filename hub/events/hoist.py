"""From JSON Schema 2020-12 to AsyncAPI's own schema format, shared parts on one shelf."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from hub.events.schema import Schema

SHELF: Final = "#/components/schemas/"
_LOCAL: Final = "#/$defs/"


def shared(schemas: Mapping[str, Schema]) -> tuple[Schema, Schema]:
    """Return the definitions that these schemas hold, and the schemas; references reach the shelf.

    Two models of one name in two schemas stand apart, each under its schema's name.
    """
    forms: dict[str, set[str]] = {}
    for schema in schemas.values():
        for name, definition in schema.get("$defs", {}).items():
            forms.setdefault(name, set()).add(json.dumps(definition, sort_keys=True))
    definitions: Schema = {}
    bodies: Schema = {}
    for owner, schema in schemas.items():
        local = schema.get("$defs", {})
        keys = {
            name: key_for(name if len(forms[name]) == 1 else f"{owner}.{name}") for name in local
        }
        definitions |= {keys[name]: hoisted(local[name], keys) for name in local}
        bodies[key_for(owner)] = hoisted(schema, keys)
    return dict(sorted(definitions.items())), bodies


def key_for(name: str) -> str:
    """Return a name as the specification lets a component be called."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def hoisted(schema: Schema, keys: Mapping[str, str]) -> Schema:
    """Return one schema with its references to the shelf, without its own definitions.

    What stands beside a reference counts only in 2020-12: it is put around it instead.
    """
    out: Schema = {}
    for word, value in schema.items():
        match word:
            case "$defs" | "$schema" | "discriminator":
                continue
            case "properties":
                out[word] = {name: hoisted(each, keys) for name, each in value.items()}
            case "prefixItems":
                out["items"] = [hoisted(each, keys) for each in value]
            case "default" | "const" | "enum" | "examples":
                out[word] = value
            case "$ref":
                out[word] = f"{SHELF}{keys[str(value).removeprefix(_LOCAL)]}"
            case _:
                out[word] = _each(value, keys)
    if "$ref" in out and len(out) > 1:
        return {"allOf": [{"$ref": out.pop("$ref")}], **out}
    return out


def _each(value: Any, keys: Mapping[str, str]) -> Any:  # noqa: ANN401  # a schema holds any JSON
    match value:
        case dict():
            return hoisted(value, keys)
        case list():
            return [_each(inner, keys) for inner in value]
        case _:
            return value
