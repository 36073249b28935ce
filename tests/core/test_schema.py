"""Schemas come from the models, and every field that holds something has exactly one class."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, Final

import pytest
from jsonschema import Draft202012Validator
from pydantic import AfterValidator, StringConstraints

from hub.events import EVENTS
from hub.events.decode import STRUCTURED, decode
from hub.events.envelope import Event
from hub.events.model import PROCESS, Data, _one_line
from hub.events.schema import (
    CLASS_KEYWORD,
    data_schema,
    envelope_schema,
    event_schema,
    leaves,
    model_schema,
    models_in,
    schemas,
)
from hub.vocabulary import InfoClass
from tests.corpus.making import fullest, sparest

EXAMPLES: Final = Path(__file__).parents[2] / "examples"


def example(name: str) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads((EXAMPLES / f"{name.replace('.', '-')}.json").read_text())
    return whole


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_each_leaf_field_has_exactly_one_information_class(name: str) -> None:
    for model in (EVENTS[name], *models_in(EVENTS[name])):
        for field, classes in leaves(model):
            assert len(classes) == 1, f"{model.__name__}.{field}: {classes}"


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_each_leaf_field_shows_its_class_in_the_schema(name: str) -> None:
    schema = data_schema(name)

    for model in (EVENTS[name], *models_in(EVENTS[name])):
        home = schema if model is EVENTS[name] else schema["$defs"][model.__name__]
        shown = {field: home["properties"][field][CLASS_KEYWORD] for field, _ in leaves(model)}
        assert set(shown.values()) <= set(InfoClass)


def test_who_raised_it_and_whom_it_names_are_of_their_own_classes() -> None:
    properties = data_schema("concern.opened")["properties"]

    assert properties["referrer"][CLASS_KEYWORD] == "referrer"
    assert properties["person_alleged"][CLASS_KEYWORD] == "person alleged"


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_each_schema_is_a_schema_and_takes_what_is_made_from_its_model(name: str) -> None:
    schema = event_schema(name)

    Draft202012Validator.check_schema(schema)
    for body in (fullest(name), sparest(name)):
        Draft202012Validator(schema).validate(json.loads(body))
        Draft202012Validator(envelope_schema()).validate(json.loads(body))


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.json")), ids=lambda file: file.stem)
def test_each_example_is_what_its_schema_takes(file: Path) -> None:
    whole = json.loads(file.read_text())
    name = whole["type"].removeprefix("concernhub.").removesuffix(".v1")

    Draft202012Validator(event_schema(name)).validate(whole)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 5},
        {"id": ""},
        {"specversion": "0.3"},
        {"subject": ""},
        {"subject": None, "concernid": None},
        {"time": "2026-12-01T12:00Z"},
        {"data_base64": "e30="},
        {"trace_parent": "x"},
        {"policypack": None},
        {"data": {"chair": {"name": "A", "role": "Chair"}}},
        {"data": {"chair": {"name": "A", "role": "Chair"}, "agency": "ods:QNX", "extra": 1}},
    ],
    ids=str,
)
def test_what_the_decoder_refuses_for_its_form_the_schema_refuses_too(
    changes: dict[str, object],
) -> None:
    document = example("chair.appointed") | changes

    assert not isinstance(decode(json.dumps(document).encode(), STRUCTURED, {}), Event)
    assert not Draft202012Validator(event_schema("chair.appointed")).is_valid(document)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_no_form_is_read_differently_by_another_dialect(name: str) -> None:
    # These hold every script's digits and letters here, and ASCII alone elsewhere.
    forms = re.findall(r'"pattern": "((?:[^"\\\\]|\\\\.)*)"', json.dumps(event_schema(name)))

    assert forms
    assert [form for form in forms if re.search(r"\\\\[dwb]", form)] == []


@pytest.mark.parametrize("digit", ["\u0661", "\uff11"])
def test_digits_of_another_script_are_no_part_of_a_code(digit: str) -> None:
    document = example("concern.opened")
    document["data"]["host_authority"] = f"gss:E1000003{digit}"
    document["data"]["service"]["postcode"] = f"RH{digit}9 1AA"

    faults = decode(json.dumps(document).encode(), STRUCTURED, {})

    assert isinstance(faults, tuple)
    assert {fault.pointer for fault in faults} == {
        "/data/host_authority",
        "/data/service/postcode",
    }


def test_a_form_of_its_own_stands_beside_the_form_of_its_kind() -> None:
    class Referring(Data):
        reference: Annotated[
            str, StringConstraints(pattern="^PC-"), AfterValidator(_one_line), PROCESS
        ]

    (field,) = model_schema(Referring)["properties"].values()

    assert field["pattern"] == "^PC-"
    assert Draft202012Validator(field).is_valid("PC-1")
    assert not Draft202012Validator(field).is_valid("PC-1\nPC-2")


def test_there_is_a_schema_for_every_event_type() -> None:
    assert schemas().keys() == EVENTS.keys()
