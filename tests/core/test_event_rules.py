"""What an event's data must be: each rule of the wire contract, told at its pointer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.directory import Directory
from hub.events.decode import decode
from hub.events.envelope import Event, Fault
from hub.vocabulary import ContactId, EndpointId
from tests.builders import directory
from tests.core.test_decode import example, faults_of


def _with(name: str, **data: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    whole = example(name)
    return whole | {"data": whole["data"] | data}


ADVICE = "police-advice-recorded"
OPENED = "concern-opened"
LATER = "2026-12-04T10:00:00Z"


@pytest.mark.parametrize(
    ("name", "data", "pointer", "says"),
    [
        (
            "criminal-status-declared",
            {"status": "none suspected", "reason": None},
            "/data",
            "`none suspected` needs a reason",
        ),
        (
            ADVICE,
            {"advice": "partial release", "classes": [], "review_due": LATER},
            "/data",
            "a partial release names the classes released",
        ),
        (
            ADVICE,
            {"advice": "hold", "classes": ["process"], "review_due": LATER},
            "/data",
            "only a partial release names classes",
        ),
        (
            ADVICE,
            {"advice": "hold", "classes": [], "review_due": None},
            "/data",
            "what is still held needs a review date",
        ),
        ("closure-proposed", {"ending": "improved", "evidence": None}, "/data", "`improved` needs"),
        (OPENED, {"referrer": "a\u202eb"}, "/data/referrer", "character U+202E is not allowed"),
        (OPENED, {"person_alleged": "two\nlines"}, "/data/person_alleged", "must be one line"),
        (OPENED, {"opened_at": "2026-12-01T09:00:00"}, "/data/opened_at", "is not a time"),
        (OPENED, {"opened_at": 5}, "/data/opened_at", ""),
        (
            OPENED,
            {"opened_at": "0001-01-01T00:00:00+05:00"},
            "/data/opened_at",
            "is outside the years 1900 to 2199",
        ),
        (OPENED, {"duty_phone": "ring me"}, "/data/duty_phone", "does not have the form"),
        (OPENED, {"host_authority": "West Sussex"}, "/data/host_authority", "is not an agency"),
        (
            OPENED,
            {"themes": [{"question": "safe", "them": "falls"}]},
            "/data/themes/0/them",
            "did you mean `theme`?",
        ),
        (OPENED, {"leo": {"name": "A", "rol": "LEO"}}, "/data/leo/rol", "did you mean `role`?"),
        (
            OPENED,
            {"leo": {"name": {"first": "A"}, "role": "LEO"}},
            "/data/leo/name",
            "should be a valid string",
        ),
    ],
)
def test_M055_M072_M100_what_data_must_say_is_told_where_it_stands(
    name: str, data: dict[str, Any], pointer: str, says: str
) -> None:
    found = faults_of(_with(name, **data))

    assert pointer in found
    assert says in found[pointer]


def test_a_word_too_long_to_be_meant_is_told_without_a_guess() -> None:
    found = faults_of(_with(OPENED, **{"x" * 200: 1}))

    (says,) = found.values()
    assert says == "is not a field of `concern.opened`"


def test_a_name_with_half_a_surrogate_is_a_fault() -> None:
    body = b'{"specversion": "1.0", "data": {"\\ud800": ["\\ud800"]}}'

    found = decode(body, "application/cloudevents+json", {})

    assert not isinstance(found, Event)
    assert any("half a surrogate" in fault.says for fault in found)


def test_an_extension_that_holds_more_than_a_word_is_a_fault() -> None:
    found = faults_of(example(traceparts=["a"]))

    assert found == {"/traceparts": "must be a string, an integer or a boolean"}


def test_a_fault_is_one_line_and_the_whole_event_has_a_name() -> None:
    assert str(Fault(pointer="/data/x", says="is missing")) == "/data/x: is missing"
    assert str(Fault(pointer="", says="is not JSON")) == "(whole event): is not JSON"


def test_B05_the_directory_finds_a_mailbox_and_a_webhook_by_id() -> None:
    book: Directory = directory()

    assert book.contact(ContactId("surrey-duty")) == book.contacts[0]
    assert book.endpoint(EndpointId("surrey-hook")) == book.endpoints[0]
    assert book.contact(ContactId("nobody")) is None
    assert book.endpoint(EndpointId("nothing")) is None


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("trace_parent", "is no attribute name: lower-case letters and digits only"),
        ("Host-GSS", "is no attribute name: lower-case letters and digits only"),
        ("host_gss", "is no attribute name: lower-case letters and digits only"),
    ],
)
def test_an_extension_whose_name_cannot_travel_is_a_fault(name: str, says: str) -> None:
    document = {key: value for key, value in example().items() if key != "hostgss"}

    found = faults_of(document | {name: "x"})

    assert found[f"/{name}"].startswith(says)


def test_an_extension_that_is_nearly_one_of_ours_is_told_which() -> None:
    document = {key: value for key, value in example().items() if key != "hostgss"}

    found = faults_of(document | {"hostgs": "E10000032"})

    assert found == {"/hostgs": "is not known; did you mean `hostgss`?"}


def test_a_binary_event_may_come_without_a_content_type() -> None:
    whole = example()
    headers = {f"ce-{k}": str(v) for k, v in whole.items() if k not in {"data", "datacontenttype"}}

    found = decode(json.dumps(whole["data"]).encode(), "", headers)

    assert isinstance(found, Event)
    assert found.id == whole["id"]
