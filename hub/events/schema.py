"""JSON Schema (2020-12) of every event, from the models themselves (`hub schema`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from hub.events import EVENTS
from hub.events.decode import CLASSIFICATIONS, CONCERN_ID, PARTNERSHIP, REQUIRED
from hub.events.envelope import WIRE_PREFIX, WIRE_SUFFIX
from hub.events.model import RFC3339, Info, _known_code, _one_line, _plain, _rfc3339
from hub.events.references import LONGEST_ID
from hub.vocabulary import AGENCY_ID, InfoClass, Stage

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
CLASS_KEYWORD: Final = "x-information-class"
"""Beside each field that holds something: its information class (mission 1.0)."""

Schema = dict[str, Any]

# Control, zero-width and bidi characters, as every dialect of regular expressions can say it.
_CONTROL: Final = (
    r"\u0000-\u0009\u000b-\u001f\u007f-\u009f"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
)
_BY_HAND: Final = {
    _known_code: AGENCY_ID.pattern,
    _one_line: rf"^(?=\s*\S)[^\n{_CONTROL}]*$",
    _plain: rf"^(?=\s*\S)[^{_CONTROL}]*$",
    _rfc3339: f"^{RFC3339.pattern.replace(chr(92) + 'd', '[0-9]')}$",
}
"""The forms that functions of the models ask for. White space around a text is forgiven by the
models and not by these: who sends has no need of it."""


class _Written(GenerateJsonSchema):
    """A model's schema, with the forms in it that pydantic sees only as functions."""

    def function_after_schema(
        self, schema: core_schema.AfterValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """Add the form that the function asks for."""
        return _with_form(super().function_after_schema(schema), schema["function"]["function"])

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """Add the form that the function asks for."""
        return _with_form(super().function_before_schema(schema), schema["function"]["function"])

    def date_schema(self, schema: core_schema.DateSchema) -> JsonSchemaValue:
        """Add the form: `format` alone is a remark to most validators."""
        return {**super().date_schema(schema), "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}


def schemas() -> dict[str, Schema]:
    """Return a schema for each event type, by short name; each is of the whole structured event."""
    return {name: event_schema(name) for name in EVENTS}


def event_schema(name: str) -> Schema:
    """Return the schema of one whole event in structured JSON; `name` is the event's short name."""
    data = data_schema(name)
    definitions = data.pop("$defs", {})
    envelope = envelope_schema()
    wire = f"{WIRE_PREFIX}{name}{WIRE_SUFFIX}"
    properties = {**envelope["properties"], "type": {"const": wire}, "data": data}
    described = {"title": wire, "description": data.get("description", "")}
    return {**envelope, **described, "properties": properties, "$defs": definitions}


def envelope_schema() -> Schema:
    """Return the schema of the CloudEvents 1.0 envelope, with this hub's extensions."""
    line = {"type": "string", "minLength": 1, "maxLength": 1024}
    return {
        "$schema": DIALECT,
        "title": "A CloudEvent for Concern Hub",
        "type": "object",
        "required": [*REQUIRED, "data"],
        "anyOf": [
            {"required": ["subject"], "properties": {"subject": {"type": "string"}}},
            {"required": ["concernid"], "properties": {"concernid": {"type": "string"}}},
        ],
        "propertyNames": {"pattern": "^([a-z0-9]+|data_base64)$"},
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**line, "maxLength": LONGEST_ID},
            "source": {**line, "format": "uri-reference"},
            "type": {"enum": [f"{WIRE_PREFIX}{name}{WIRE_SUFFIX}" for name in EVENTS]},
            "subject": {"type": ["string", "null"], "pattern": f"^concern/{CONCERN_ID.pattern}$"},
            "time": {"type": "string", "format": "date-time", "pattern": _BY_HAND[_rfc3339]},
            "datacontenttype": {"type": ["string", "null"]},
            "dataschema": {"type": ["string", "null"], "format": "uri-reference"},
            "policypack": {"type": "string", "pattern": f"^{PARTNERSHIP.pattern}$"},
            "concernid": {"type": ["string", "null"], "pattern": f"^{CONCERN_ID.pattern}$"},
            "stage": {"enum": [*Stage, None]},
            "hostgss": {"type": ["string", "null"], "pattern": "^[ENSW][0-9]{8}$"},
            "classification": {"enum": [*CLASSIFICATIONS, None]},
            "data": {"type": "object"},
            "data_base64": {"type": "null"},
        },
    }


def data_schema(name: str) -> Schema:
    """Return the schema of one event's `data`, each field with its information class."""
    model = EVENTS[name]
    schema = model_schema(model)
    for part in {model, *models_in(model)}:
        home = schema if part is model else schema["$defs"][part.__name__]
        for field, classes in leaves(part):
            # A field with two classes, or none, is a defect; tests/core/test_schema.py looks.
            home["properties"][field][CLASS_KEYWORD] = " and ".join(classes)
    return schema


def model_schema(model: type[BaseModel]) -> Schema:
    """Return the schema of any model as it is read, with the forms that only functions ask for."""
    return model.model_json_schema(mode="validation", schema_generator=_Written)


def classes_of(name: str) -> tuple[InfoClass, ...]:
    """Return the information classes of the fields of one event, at any depth, in their order."""
    model = EVENTS[name]
    marked = {
        mark for part in (model, *models_in(model)) for _, marks in leaves(part) for mark in marks
    }
    return tuple(kind for kind in InfoClass if kind in marked)


def chapter_of(name: str) -> str:
    """Return the chapter of the framework that an event stands in: its module's name."""
    return EVENTS[name].__module__.removeprefix("hub.events.").partition(".")[0]


def leaves(model: type[BaseModel]) -> Iterator[tuple[str, tuple[InfoClass, ...]]]:
    """Return the fields of one model that hold something themselves, each with its classes."""
    for name, field in model.model_fields.items():
        if not _parts(field.annotation):
            yield name, _classes(field)


def models_in(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Return every model that stands inside this one, at any depth."""
    for field in model.model_fields.values():
        for part in _parts(field.annotation):
            yield part
            yield from models_in(part)


def _with_form(schema: JsonSchemaValue, function: object) -> JsonSchemaValue:
    form = next((form for known, form in _BY_HAND.items() if known is function), None)
    if form is None or schema.get("pattern", form) == form:
        return schema if form is None else {**schema, "pattern": form}
    return {**schema, "allOf": [*schema.get("allOf", ()), {"pattern": form}]}


def _classes(field: FieldInfo) -> tuple[InfoClass, ...]:
    return tuple(mark.info for mark in field.metadata if isinstance(mark, Info))


def _parts(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [part for inner in getattr(annotation, "__args__", ()) for part in _parts(inner)]
