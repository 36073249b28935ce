"""Schema and model agree: what the hub takes the schema takes, and both refuse the same mistakes.

One thing aside: the models forgive white space around a text, and the schemas do not.
"""

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hub.events import EVENTS
from hub.events.payload import read_data
from hub.events.schema import Schema, event_schema
from tests.corpus.making import Seeded, accepted, data_for, fullest, schema_of, whole

NAMES: Final = sorted(EVENTS)
Place = tuple[str | int, ...]

STRANGE: Final = (
    *(
        "",
        "x",
        "x" * 201,
        "x" * 2001,
        "two\nlines",
        "hidden\u200b",
        "A",
        "RH19 1AA",
        "no such word",
    ),
    *("gss:E10000032", "gss:E1000003", "ods:QNX", "2026-12-01", "2026-12-01T09:30Z", "tomorrow"),
    *("2026-12-01T09:30:00Z", "2026-13-01", "É", "\u0660\u0661", "01632 960123", "adult-7f3k2m"),
    *(0, 1, -1, 100_001, 1.0, 1.5, True, False, None),
)


@cache
def judge(name: str) -> Draft202012Validator:
    return Draft202012Validator(event_schema(name))


def takes(name: str, data: object) -> tuple[bool, bool]:
    """Return whether the hub takes this event, and whether its schema does."""
    body = whole(name, data, "agrees")
    return accepted(body) is not None, judge(name).is_valid(json.loads(body))


def places(value: object, before: Place = ()) -> Iterator[Place]:
    """Return every place in the data, outermost first."""
    inner: Any = ()
    match value:
        case dict():
            inner = value.items()
        case list():
            inner = enumerate(value)
        case _:
            pass
    for key, each in inner:
        yield (*before, key)
        yield from places(each, (*before, key))


def put(data: Any, place: Place, value: object) -> Any:  # noqa: ANN401 - any JSON
    """Return the data with one place changed; Ellipsis takes it out."""
    made = copy.deepcopy(data)
    inner = made
    for key in place[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return made


def full_data(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(full_body(name))["data"]
    return data


@cache
def full_body(name: str) -> bytes:
    return fullest(name)


def objects(name: str, data: object) -> Iterator[Place]:
    """Return every place that holds an object of certain fields, the whole included."""
    for place in ((), *places(data)):
        if "properties" in schema_at(name, place):
            yield place


def schema_at(name: str, place: Place) -> Schema:
    """Return the schema of what stands at this place; of a union, what is not null."""
    root = schema_of(name)
    schema = root
    for key in (*place, None):
        while "$ref" in schema or "anyOf" in schema:
            if "$ref" in schema:
                schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
            else:
                held = [each for each in schema["anyOf"] if each.get("type") != "null"]
                # Of several forms none can be named as the one that is meant here.
                schema = held[0] if len(held) == 1 else {"type": "one of several"}
        if key is not None:
            free = schema.get("additionalProperties")
            if isinstance(key, int):
                fixed = schema.get("prefixItems", ())
                schema = fixed[key] if key < len(fixed) else schema["items"]
            else:
                schema = schema.get("properties", {}).get(key, free)
    return schema


@pytest.mark.parametrize("name", NAMES)
def test_what_the_hub_takes_its_schema_takes_whatever_is_changed_in_it(name: str) -> None:
    random = Random(name)
    for number in range(40):
        data = data_for(name, Seeded(random=random, full=number * 5 % 100))
        for _ in range(number % 3):
            place = random.choice([*places(data), ()])
            if place:
                data = put(data, place, random.choice((*STRANGE, ...)))

        taken, valid = takes(name, data)

        assert valid or not taken, data


@given(name=st.sampled_from(NAMES), random=st.randoms(), text=st.text(max_size=250))
@settings(max_examples=300, deadline=None)
def test_any_text_that_the_hub_takes_the_schema_takes(name: str, random: Random, text: str) -> None:
    data = full_data(name)
    texts = [p for p in places(data) if schema_at(name, p).get("type") == "string"]
    if not texts or text != text.strip():
        return

    taken, valid = takes(name, put(data, random.choice(texts), text))

    assert valid or not taken


@pytest.mark.parametrize("name", NAMES)
def test_a_field_that_is_not_known_is_refused_by_both_at_every_depth(name: str) -> None:
    data = full_data(name)

    assert takes(name, data) == (True, True)
    for place in objects(name, data):
        assert takes(name, put(data, (*place, "no_such_field"), 1)) == (False, False), place


@pytest.mark.parametrize("name", NAMES)
def test_a_field_that_is_missing_is_refused_by_both_at_every_depth(name: str) -> None:
    data = full_data(name)

    for place in objects(name, data):
        for field in schema_at(name, place).get("required", ()):
            assert takes(name, put(data, (*place, field), ...)) == (False, False), (place, field)


@pytest.mark.parametrize("name", NAMES)
def test_a_value_of_another_form_is_refused_by_both_at_every_place(name: str) -> None:
    data = full_data(name)

    for place in places(data):
        for value in _mistakes(schema_at(name, place)):
            assert takes(name, put(data, place, value)) == (False, False), (place, value)


def test_white_space_around_a_text_is_forgiven_by_the_hub_alone() -> None:
    data = full_data("lead.agency.set") | {"reason": f" {'x' * 200} \n"}

    assert takes("lead.agency.set", data) == (True, True)
    assert takes("lead.agency.set", data | {"reason": f"{'x' * 2000} "}) == (True, False)
    assert takes("lead.agency.set", data | {"reason": "  "}) == (False, False)


def test_read_data_and_the_schema_agree_that_an_object_is_asked_for() -> None:
    for wrong in ("", "x", 1, None):
        assert takes("lead.agency.set", wrong) == (False, False)
        assert read_data("lead.agency.set", wrong) == ()


def _mistakes(schema: Schema) -> Iterator[object]:
    """Return values that this schema's plain demands refuse."""
    kind = schema.get("type")
    if kind != "object":
        yield {"not": "this"}
    if kind != "array":
        yield ["not", "this"]
    if "enum" in schema or "const" in schema:
        yield "no such word"
    if kind == "string":
        yield from _mistaken_texts(schema)
    if kind == "integer":
        yield "17"
        yield 1.5
        if "maximum" in schema:
            yield schema["maximum"] + 1
    if schema.get("format") in {"date-time", "date"}:
        yield "tomorrow"
        yield "2026-12"
    if schema.get("minItems"):
        yield []
    if schema.get("minLength") or "pattern" in schema:
        yield ""
    if schema.get("required"):
        yield {}
    if "properties" in schema:
        yield "not this"


def _mistaken_texts(schema: Schema) -> Iterator[object]:
    yield 17
    yield "x" * (schema.get("maxLength", 5000) + 1)
    # An event's own id and source may hold whatever their envelope lets stand.
    if re.search(schema.get("pattern", "$^"), "hidden\u200bhere") is None:
        yield "hidden\u200bhere"
