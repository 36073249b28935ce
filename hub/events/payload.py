"""An event's data from JSON into its model, or every fault in words that help."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hub.events import EVENTS, EventData
from hub.events.envelope import Fault
from hub.events.strict import at_most, did_you_mean, step
from hub.events.synonyms import in_our_words


def read_data(
    name: str, data: object, ours: Mapping[str, str] | None = None
) -> EventData | tuple[Fault, ...]:
    """Return the data of the event with this short name, or every fault; no faults: no object.

    `ours`: other words for roles and kinds that this partnership uses, and the hub's own.
    """
    if not isinstance(data, dict):
        return ()  # said of the envelope
    try:
        said = in_our_words(EVENTS[name], data, ours or {})
        return EVENTS[name].model_validate_json(json.dumps(said), strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        return at_most(_data_fault(name, detail) for detail in details)


def _data_fault(name: str, detail: ErrorDetails) -> Fault:
    pointer = "/data"
    for key in detail["loc"]:
        pointer = step(pointer, key)
    return Fault(pointer=pointer, says=_in_words(name, detail))


def _in_words(name: str, detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            word = str(detail["loc"][-1])
            return f"is not a field of `{name}`{did_you_mean(word, _fields_beside(name, detail))}"
        case "enum" | "literal_error":
            return f"must be {context.get('expected', 'another word')}"
        case "value_error":
            return str(context.get("error", detail["msg"]))
        case "string_pattern_mismatch":
            return f"does not have the form `{context.get('pattern', '')}`"
        case _:
            return detail["msg"][:1].lower() + detail["msg"][1:]


def _fields_beside(name: str, detail: ErrorDetails) -> list[str]:
    """Return the fields of the model in which the unknown one stands."""
    model: object = EVENTS[name]
    for key in detail["loc"][:-1]:
        if isinstance(key, str):
            field = getattr(model, "model_fields", {}).get(key)
            model = _model_in(field.annotation) if field is not None else None
    return list(getattr(model, "model_fields", {}))


def _model_in(annotation: object) -> object:
    """Return the model that an annotation such as `tuple[Theme, ...]` or `Person | None` holds."""
    if hasattr(annotation, "model_fields"):
        return annotation
    return next(filter(None, map(_model_in, getattr(annotation, "__args__", ()))), None)
