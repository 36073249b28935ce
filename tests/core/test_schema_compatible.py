"""The rule by which a schema may change: it may take more, and never less."""

import copy
from random import Random
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from hub.events import EVENTS
from hub.events.schema import CLASS_KEYWORD, Schema, data_schema, envelope_schema
from tests.corpus.compatible import bare, narrowings
from tests.corpus.making import Seeded, data_for

BASE: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["kind"],
    "properties": {
        "kind": {"enum": ["council", "icb"], CLASS_KEYWORD: "process"},
        "text": {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^[a-z]+$"},
        "count": {"type": "integer", "minimum": 0, "maximum": 10},
        "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}, "maxItems": 3},
        "fixed": {"const": 1},
    },
    "$defs": {
        "Part": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "maxLength": 9},
                "inner": {"$ref": "#/$defs/Part"},
            },
        }
    },
}


def changed(path: str, value: object) -> Schema:
    """Return the base with one place set, or taken out where the value is None."""
    schema = copy.deepcopy(BASE)
    *way, last = path.split("/")
    place: Any = schema
    for part in way:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return schema


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("properties/text", None, "/text: is gone"),
        ("required", ["kind", "text"], "/text: must now be sent"),
        ("properties/kind/enum", ["council"], "/kind: `icb` is no longer taken"),
        ("properties/kind", {"const": "icb", CLASS_KEYWORD: "process"}, "`council` is no longer"),
        ("properties/text/enum", ["a"], "/text: is now one of a few words"),
        ("properties/text/minLength", 2, "/text: `minLength` rose"),
        ("properties/text/maxLength", 8, "/text: `maxLength` fell"),
        ("properties/text/pattern", "^[a-y]+$", "/text: `pattern` is new or another"),
        ("properties/text/format", "date", "/text: `format` is new or another"),
        ("properties/text/type", "integer", "/text: string is no longer taken"),
        ("properties/text/not", {"const": "a"}, "/text: `not` changed, and cannot be compared"),
        ("properties/text/allOf", [{"pattern": "a"}], "/text: asks for more"),
        ("properties/count/minimum", 1, "/count: `minimum` rose"),
        ("properties/count/maximum", 9, "/count: `maximum` fell"),
        ("properties/count/exclusiveMaximum", 10, "/count: `exclusiveMaximum` fell"),
        ("properties/maybe", {"type": "string", "default": None}, "null is no longer taken"),
        ("properties/maybe/default", "x", "/maybe: means another thing where it is left out"),
        ("properties/parts/maxItems", 2, "/parts: `maxItems` fell"),
        ("properties/parts/minItems", 1, "/parts: `minItems` rose"),
        ("properties/parts/uniqueItems", True, "/parts: `uniqueItems` is new"),
        ("properties/fixed/const", 2, "/fixed: `1` is no longer taken"),
        ("$defs/Part/properties/inner", None, "/parts/items/inner: is gone"),
        ("$defs/Part/required", ["name", "inner"], "/parts/items/inner: must now be sent"),
        ("$defs/Part/properties/name/maxLength", 8, "/parts/items/name: `maxLength` fell"),
        (f"properties/kind/{CLASS_KEYWORD}", "themes", "class was process and is themes"),
    ],
)
def test_a_narrowing_is_caught(path: str, value: object, says: str) -> None:
    found = narrowings(BASE, changed(path, value))

    assert len(found) == 1
    assert says in found[0]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("properties/more", {"type": "string", "minLength": 3}),
        ("required", []),
        ("properties/kind/enum", ["council", "icb", "police"]),
        ("properties/kind", {"type": "string", CLASS_KEYWORD: "process"}),
        ("properties/text/minLength", None),
        ("properties/text/maxLength", 20),
        ("properties/text/pattern", None),
        ("properties/text/type", ["string", "null"]),
        ("properties/text/description", "Other words."),
        ("properties/text", {"anyOf": [BASE["properties"]["text"], {"type": "null"}]}),
        ("properties/count/type", "number"),
        ("properties/count/maximum", None),
        ("properties/maybe/anyOf", [{"type": "null"}, {"type": "string"}, {"type": "integer"}]),
        ("properties/parts/maxItems", 30),
        ("properties/parts/items", True),
        ("properties/fixed", {"enum": [1, 2]}),
        ("$defs/Part/properties/more", {"type": "string"}),
        ("$defs/Part/properties/name/maxLength", 90),
        ("additionalProperties", True),
    ],
)
def test_a_widening_is_allowed(path: str, value: object) -> None:
    assert narrowings(BASE, changed(path, value)) == []


def test_what_was_free_may_not_be_closed_or_given_a_form() -> None:
    free = changed("additionalProperties", True)
    formed = copy.deepcopy(free)
    formed["properties"]["more"] = {"type": "integer"}

    assert narrowings(free, BASE) == ["/additionalProperties: was free, and now has a form"]
    assert narrowings(free, formed) == ["/more: was free, and now has a form"]


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_schema_takes_what_it_takes_itself_and_remarks_do_not_count(name: str) -> None:
    schema = data_schema(name)

    assert narrowings(schema, schema) == []
    assert narrowings(schema, bare(schema)) == []
    assert narrowings(bare(envelope_schema()), envelope_schema()) == []


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_a_field_taken_out_or_asked_for_is_caught_in_every_real_schema(name: str) -> None:
    schema = data_schema(name)
    for field in schema["properties"]:
        without = copy.deepcopy(schema)
        del without["properties"][field]
        assert f"/{field}: is gone" in narrowings(schema, without)
    for field in schema["properties"].keys() - set(schema.get("required", ())):
        asked = copy.deepcopy(schema)
        asked["required"] = [*schema.get("required", ()), field]
        assert narrowings(schema, asked) == [f"/{field}: must now be sent"]


def test_where_no_narrowing_is_found_no_event_is_lost() -> None:
    """Chance takes words out of real schemas; where the rule is silent, all old data must fit."""
    random, silent, caught = Random("narrowings"), 0, 0
    for name in sorted(EVENTS):
        schema = bare(data_schema(name))
        old = [data_for(name, Seeded(random=Random(n), full=50)) for n in range(15)]
        for _ in range(15):
            other = copy.deepcopy(schema)
            _disturb(other, random)
            if narrowings(schema, other):
                caught += 1
                continue
            silent += 1
            judge = Draft202012Validator(other)
            assert all(judge.is_valid(each) for each in old), other
    assert silent > 20
    assert caught > 100


def _disturb(schema: Schema, random: Random) -> None:
    places = list(_places(schema))
    place = random.choice(places)
    words = sorted(place.keys() - {"$defs"})
    if not words:
        return
    word = random.choice(words)
    match place[word]:
        case int() as number if not isinstance(number, bool):
            place[word] = max(0, number + random.choice((-1, 1, 5)))
        case list() as many if many:
            many.remove(random.choice(many))
        case str() if word in {"pattern", "type"}:
            place[word] = random.choice(("string", "integer", "^A"))
            if word == "type" and place[word] == "^A":
                place[word] = "array"
        case _:
            del place[word]


def _places(value: object, *, named: bool = False) -> Any:  # noqa: ANN401 - schemas within schemas
    if isinstance(value, dict):
        if not named:
            yield value
        for word, inner in value.items():
            if word not in {"enum", "const", "default", "required"}:
                yield from _places(inner, named=word in {"properties", "$defs"} and not named)
    elif isinstance(value, list):
        for inner in value:
            yield from _places(inner)
