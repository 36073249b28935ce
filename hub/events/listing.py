"""Every event type on one page: rows, meaning, fields and their classes (`hub schema --page`)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from inspect import cleandoc
from typing import Final

from hub.events import EVENTS
from hub.events.envelope import WIRE_PREFIX, WIRE_SUFFIX
from hub.events.schema import CLASS_KEYWORD, Schema, chapter_of, classes_of, data_schema

_HEAD: Final = """\
# Every event type

Made by `hub schema --page` from the models in `hub/events/`; `make contract` writes it anew.
What a field's class means stands in `docs/glossary.md`. `hub schema NAME` prints one schema, and
`hub schema --asyncapi` the whole contract. A star marks a field that must be sent.
"""
_SAYS: Final = re.compile(r"^(?P<rows>[^:]*[A-Z][0-9][^:]*): (?P<rest>.*)", re.DOTALL)


def listing() -> str:
    """Return the page in Markdown, by chapter; the same text for the same models."""
    parts = [_HEAD, f"There are {len(EVENTS)}, in {len(_chapters())} chapters.\n"]
    for chapter, names in _chapters().items():
        parts.append(f"## {chapter.replace('_', ' ').capitalize()}\n")
        parts.append(f"{_opening(names[0])}\n")
        parts.extend(_section(name) for name in names)
    return "\n".join(parts)


def _chapters() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in EVENTS:
        found.setdefault(chapter_of(name), []).append(name)
    return found


def _opening(name: str) -> str:
    """Return what the chapter of this event says of itself."""
    return cleandoc(sys.modules[EVENTS[name].__module__].__doc__ or "").partition("\n\n")[0]


def _section(name: str) -> str:
    schema = data_schema(name)
    says = " ".join(str(schema.get("description", "")).split())
    parted = _SAYS.match(says)
    rows, rest = (parted["rows"], parted["rest"]) if parted else ("", says)
    wire = f"{WIRE_PREFIX}{name}{WIRE_SUFFIX}"
    lines = [
        f"### `{name}`\n",
        f"{rest[:1].upper()}{rest[1:]}\n",
        f"Rows: {rows or 'none'}. Classes: {', '.join(classes_of(name))}. On the wire: `{wire}`.\n",
        "| field | form | class |",
        "| --- | --- | --- |",
        *(f"| {' | '.join(row)} |" for row in _rows(schema, schema, "")),
    ]
    return "\n".join(lines) + "\n"


def _rows(schema: Schema, root: Schema, before: str) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each field, those of a part under its own name."""
    for field, found in schema.get("properties", {}).items():
        star = "*" if field in schema.get("required", ()) else ""
        inner, many = _inside(found, root)
        if CLASS_KEYWORD in found:
            yield f"`{before}{field}`{star}", _form(found, root), str(found[CLASS_KEYWORD])
        elif inner is not None:
            form = "a list of parts" if many else "a part"
            yield f"`{before}{field}`{star}", form, ""
            yield from _rows(inner, root, f"{before}{field}{'[].' if many else '.'}")


def _inside(schema: Schema, root: Schema) -> tuple[Schema | None, bool]:
    """Return the object that this schema holds, and whether it holds many."""
    found = _resolved(schema, root)
    if "properties" in found:
        return found, False
    if isinstance(found.get("items"), dict):
        return _inside(found["items"], root)[0], True
    for option in (*found.get("anyOf", ()), *found.get("oneOf", ())):
        inner, many = _inside(option, root)
        if inner is not None:
            return inner, many
    return None, False


def _form(schema: Schema, root: Schema) -> str:
    found = _resolved(schema, root)
    match found:
        case {"enum": [*words]} if len(words) <= 12:
            return ", ".join(f"`{word}`" for word in words)
        case {"enum": [*words]}:
            return f"one of {len(words)} words"
        case {"const": word}:
            return f"`{word}`"
        case {"anyOf": [*options]}:
            forms = [_form(each, root) for each in options if each.get("type") != "null"]
            return " or ".join(dict.fromkeys(forms))
        case {"type": "array"}:
            return f"a list of: {_form(found.get('items', {}), root)}"
        case {"type": "string"}:
            return _string(found)
        case {"type": kind}:
            return str(kind)
        case _:
            return "any"


def _string(found: Schema) -> str:
    if "format" in found:
        return {"date-time": "time", "date": "day"}.get(found["format"], str(found["format"]))
    if str(found.get("pattern", "")).startswith("^(gss:"):
        return "agency's code"
    if "maxLength" in found:
        return f"text, {found['maxLength']} at most"
    form = str(found.get("pattern", ""))
    # A bar would end the cell, and a long form says nothing to a reader.
    return f"text like `{form}`" if form and len(form) <= 60 and "|" not in form else "text"


def _resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Schema = root["$defs"][str(schema["$ref"]).removeprefix("#/$defs/")]
    return found
