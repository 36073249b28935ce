"""Events made from the models alone: from a schema, by one who chooses; the same each time."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any, Final, Protocol, TypeVar

from hub.events.decode import STRUCTURED, decode
from hub.events.envelope import WIRE_PREFIX, WIRE_SUFFIX, Event
from hub.events.schema import Schema, data_schema
from hub.vocabulary import HubError

T = TypeVar("T")
TRIES: Final = 4000
CONCERN: Final = "019ac1d2-7400-7000-8000-0000000c0001"
CODES: Final = (
    "gss:E10000032",
    "gss:E10000030",
    "ods:QNX",
    "regulator:cqc",
    "gss:E23000033",
    "cqc:1-1000000001",
)
# What a form asks for, by a text that has it. The first that fits is taken.
WORDS: Final = (
    *CODES,
    "A made-up line about Rosewood House",
    "RH19 1AA",
    "1-1000000001",
    "E10000032",
    "01632 960123",
    "PC-7K3M-2QXA",
    "adult-7f3k2m",
    "7f3k2m9q",
    "019ac1d2-7400-7000-8000-0000000c0002",
    "west-sussex",
    "word",
    "4 of 9",
    "A",
    "QNX",
    "2026",
    "12:30",
    "2026-12",
    "https://cases.westsussex.example/paper/1",
    "1.0",
    "AB12",
    "ABCDEFGH",
    "0123456789",
    "0" * 64,
    "abcdefgh" * 4,
)
MOMENTS: Final = (
    *("2026-12-01T09:30:00Z", "2026-12-02T10:00:00Z", "2026-12-03T14:15:00+00:00"),
    *("2026-12-08T09:00:00Z", "2027-01-04T16:45:00Z", "2026-11-20T08:00:00Z"),
)
DAYS: Final = ("2026-12-01", "2026-12-02", "2026-12-08", "2027-01-04", "2026-11-20")


class NothingFits(HubError):
    """No event could be made from the schema; add a word that has its form:"""


class Chooser(Protocol):
    """Chooses where a schema leaves a choice."""

    def one(self, options: Sequence[T]) -> T:
        """Choose one of these."""
        ...

    def optional(self, name: str) -> bool:
        """Whether a field that may be left out is there."""
        ...

    def many(self, least: int, most: int) -> int:
        """How many members a list has."""
        ...


@dataclass(frozen=True, kw_only=True)
class First:
    """Chooses the first of everything; every optional field, or none."""

    full: bool

    def one(self, options: Sequence[T]) -> T:
        return options[0]

    def optional(self, name: str) -> bool:
        return self.full

    def many(self, least: int, most: int) -> int:
        return max(least, min(most, 2 if self.full else 0))


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """Chooses by chance, the same each time; `full` in so many of a hundred optional fields."""

    random: Random = field(repr=False)
    full: int

    def one(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    def optional(self, name: str) -> bool:
        return self.random.randrange(100) < self.full

    def many(self, least: int, most: int) -> int:
        return self.random.randint(least, max(least, min(most, 3)))


@cache
def schema_of(name: str) -> Schema:
    return data_schema(name)


def data_for(name: str, chooser: Chooser) -> dict[str, Any]:
    """Return data that the schema of this event takes; what its fields ask of each other aside."""
    root = schema_of(name)
    made = _value(root, root, chooser)
    assert isinstance(made, dict)
    return made


def fullest(name: str) -> bytes:
    """Return an event with as many fields as its model lets stand side by side."""
    return _first_taken(name, "full", (First(full=True), *_seeds(name, (97, 85, 60, 30, 10))))


def sparest(name: str) -> bytes:
    """Return an event with as few fields as its model lets stand alone."""
    return _first_taken(name, "spare", (First(full=False), *_seeds(name, (2, 10, 25, 50, 80))))


def whole(name: str, data: object, id_: str, **more: object) -> bytes:
    """Return the structured bytes of an event with these data."""
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": "https://cases.westsussex.example/concerns",
        "type": f"{WIRE_PREFIX}{name}{WIRE_SUFFIX}",
        "subject": f"concern/{CONCERN}",
        "time": "2026-12-01T09:30:00Z",
        "datacontenttype": "application/json",
        "policypack": "west-sussex",
        **more,
        "data": data,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def accepted(body: bytes) -> Event | None:
    """Return the event that the decoder makes of these bytes, or None where it refuses them."""
    event = decode(body, STRUCTURED, {})
    return event if isinstance(event, Event) else None


def _seeds(name: str, fullness: Sequence[int]) -> Iterator[Chooser]:
    for full in fullness:
        for number in range(TRIES // len(fullness)):
            yield Seeded(random=Random(f"{name} {full} {number}"), full=full)


def _first_taken(name: str, kind: str, choosers: Sequence[Chooser] | Iterator[Chooser]) -> bytes:
    for chooser in choosers:
        body = whole(name, data_for(name, chooser), f"corpus-{name}-{kind}")
        if accepted(body) is not None:
            return body
    faults = decode(whole(name, data_for(name, First(full=True)), "x"), STRUCTURED, {})
    raise NothingFits(f"`{name}`: {faults}")


def _value(schema: Schema, root: Schema, chooser: Chooser) -> object:
    if "$ref" in schema:
        return _value(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, chooser)
    for options in ("anyOf", "oneOf"):
        if options in schema:
            # What may be null is there once it was chosen to be.
            held = [each for each in schema[options] if each.get("type") != "null"]
            return _value(chooser.one(held), root, chooser)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return chooser.one(schema["enum"])
    match schema.get("type"):
        case "object":
            return _object(schema, root, chooser)
        case "array":
            return _array(schema, root, chooser)
        case "string":
            return chooser.one(_texts(schema))
        case "integer" | "number":
            return chooser.one(_numbers(schema))
        case "boolean":
            return chooser.one((True, False))
        case kind:
            raise NothingFits(f"a value of type {kind}")


def _object(schema: Schema, root: Schema, chooser: Chooser) -> dict[str, object]:
    required = schema.get("required", ())
    made = {
        name: _value(inner, root, chooser)
        for name, inner in schema.get("properties", {}).items()
        if name in required or chooser.optional(name)
    }
    others = schema.get("additionalProperties")
    named = schema.get("patternProperties", {})
    form, inner = next(iter(named.items())) if named else ("", others)
    if isinstance(inner, dict) and not made:
        keys = {"pattern": form, **schema.get("propertyNames", {})}
        made[chooser.one(_texts(keys))] = _value(inner, root, chooser)
    return made


def _array(schema: Schema, root: Schema, chooser: Chooser) -> list[object]:
    if "prefixItems" in schema:
        return [_value(each, root, chooser) for each in schema["prefixItems"]]
    count = chooser.many(schema.get("minItems", 0), schema.get("maxItems", 2))
    made: list[object] = []
    for number in range(count):
        each = _value(schema["items"], root, chooser)
        made.append(_told_apart(each, number))
    if schema.get("uniqueItems"):
        return [each for i, each in enumerate(made) if each not in made[:i]]
    return made


def _told_apart(value: object, number: int) -> object:
    """Give members of a list their own codes: the models refuse the same agency twice."""
    if number == 0:
        return value
    text = json.dumps(value, ensure_ascii=False)
    other = {code: CODES[(CODES.index(code) + number) % len(CODES)] for code in CODES}
    found = re.compile("|".join(map(re.escape, CODES)))
    made: object = json.loads(found.sub(lambda match: other[match[0]], text))
    return made


def _texts(schema: Schema) -> Sequence[str]:
    match schema.get("format"):
        case "date-time":
            return MOMENTS
        case "date":
            return DAYS
        case "uuid":
            return (CONCERN,)
        case _:
            pass
    beside = (each.get("pattern", "") for each in schema.get("allOf", ()))
    forms = [schema.get("pattern", ""), *beside]
    least, most = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    plain = ("A made-up line about Rosewood House", *WORDS) if len(forms[0]) > 100 else WORDS
    found = [
        word
        for word in plain
        if least <= len(word) <= most and all(re.search(form, word) for form in forms)
    ]
    if not found:
        raise NothingFits(f"a text of the form {forms}, {least} to {most} characters")
    # A free text takes any word; only a form is chosen among.
    return found[:1] if len(found) > len(CODES) + 1 else found


def _numbers(schema: Schema) -> Sequence[int]:
    least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    most = schema.get("maximum", schema.get("exclusiveMaximum", 100_001) - 1)
    return tuple(dict.fromkeys(min(max(number, least), most) for number in (3, 1, 12, 0)))
