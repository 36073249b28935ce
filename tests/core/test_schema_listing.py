"""The page of events says in a few words what a field may hold."""

from collections.abc import Mapping

import pytest

from hub.events.listing import _form, _rows
from hub.events.schema import CLASS_KEYWORD, Schema

PART: Schema = {"type": "object", "properties": {"name": {"type": "string", CLASS_KEYWORD: "a"}}}
ROOT: Schema = {"$defs": {"Part": PART, "Word": {"enum": ["one", "two"]}}}


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"$ref": "#/$defs/Word"}, "`one`, `two`"),
        ({"enum": [str(number) for number in range(13)]}, "one of 13 words"),
        ({"const": "x"}, "`x`"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer"),
        ({"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, "integer or boolean"),
        ({"type": "array", "items": {"$ref": "#/$defs/Word"}}, "a list of: `one`, `two`"),
        ({"type": "string", "format": "date-time"}, "time"),
        ({"type": "string", "format": "date"}, "day"),
        ({"type": "string", "pattern": "^(gss:x|ods:y)$"}, "agency's code"),
        ({"type": "string", "maxLength": 9}, "text, 9 at most"),
        ({"type": "string", "pattern": "^[a-z]+$"}, "text like `^[a-z]+$`"),
        ({"type": "string", "pattern": "^(a|b)$"}, "text"),
        ({}, "any"),
    ],
    ids=str,
)
def test_a_form_is_said_in_words(schema: Mapping[str, object], says: str) -> None:
    assert _form(dict(schema), ROOT) == says


def test_the_fields_of_a_part_stand_under_its_name_also_where_it_may_be_missing() -> None:
    part = {"$ref": "#/$defs/Part"}
    maybe = {"anyOf": [{"type": "null"}, part]}
    schema = {"properties": {"one": part, "maybe": maybe, "many": {"items": part}}}

    assert [row[0] for row in _rows(schema, ROOT, "")] == [
        *("`one`", "`one.name`", "`maybe`", "`maybe.name`", "`many`", "`many[].name`"),
    ]
