"""Bytes become an event or every fault of them (CloudEvents 1.0; intake.md)."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.events import EVENTS
from hub.events.decode import ATTRIBUTES, STRUCTURED, Mode, decode, mode_of
from hub.events.envelope import Event, Fault
from hub.events.strict import MAX_BYTES, MAX_DEPTH, MAX_FAULTS
from tests.core.every_event import events_of

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
CONCERN: Final = "019ac1d2-7400-7000-8000-0000000c0001"


def example(name: str = "chair-appointed", **changes: object) -> dict[str, Any]:
    """An event of the story, with attributes changed; `...` takes one out."""
    document = json.loads((EXAMPLES / f"{name}.json").read_text()) | changes
    return {key: value for key, value in document.items() if value is not ...}


def read(document: object, content_type: str = STRUCTURED) -> Event | tuple[Fault, ...]:
    return decode(json.dumps(document).encode(), content_type, {})


def event_of(document: object) -> Event:
    event = read(document)
    assert isinstance(event, Event), event
    return event


def faults_of(document: object) -> dict[str, str]:
    faults = read(document)
    assert not isinstance(faults, Event)
    return {fault.pointer: fault.says for fault in faults}


def raw_faults(body: bytes, content_type: str = STRUCTURED) -> dict[str, str]:
    faults = decode(body, content_type, {})
    assert not isinstance(faults, Event)
    return {fault.pointer: fault.says for fault in faults}


def test_an_event_carries_what_was_sent() -> None:
    body = json.dumps(example()).encode()

    event = decode(body, "application/cloudevents+json; charset=UTF-8", {})

    assert isinstance(event, Event)
    assert event.name == "chair.appointed"
    assert event.concern == CONCERN
    assert event.partnership == "west-sussex"
    assert event.host == "gss:E10000032"
    assert event.occurred == datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
    assert event.body == body
    assert event.body_sha256 == sha256(body).hexdigest()


class TestConformance:
    """The cases that CloudEvents' own conformance suite asks about."""

    def test_a_time_without_seconds_is_refused(self) -> None:
        assert "RFC 3339" in faults_of(example(time="2026-12-01T12:00Z"))["/time"]

    def test_nanoseconds_are_accepted(self) -> None:
        event = event_of(example(time="2026-12-01T12:00:00.123456789Z"))

        assert event.occurred == datetime(2026, 12, 1, 12, 0, 0, 123456, tzinfo=UTC)

    def test_an_offset_is_accepted_and_becomes_utc(self) -> None:
        event = event_of(example(time="2027-06-01T12:00:00+01:00"))

        assert event.occurred == datetime(2027, 6, 1, 11, 0, tzinfo=UTC)

    @pytest.mark.parametrize(
        "time",
        [
            "2026-12-01 12:00:00Z",
            "2026-12-01T12:00:00",
            "1764590400",
            "2026-02-30T12:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "٢٠٢٦-12-01T12:00:00Z",
        ],
    )
    def test_what_is_no_instant_is_refused(self, time: str) -> None:
        assert "/time" in faults_of(example(time=time))

    @pytest.mark.parametrize(
        "moment", ["0001-01-01T00:00:00Z", "1899-12-31T23:59:59Z", "9999-12-31T23:59:59Z"]
    )
    def test_an_instant_at_the_ends_of_the_calendar_stops_no_page_and_no_later_notice(
        self, moment: str
    ) -> None:
        hold = json.loads((EXAMPLES / "hold-placed.json").read_text())
        hold["data"]["review_due"] = moment

        assert faults_of(hold) == {"/data/review_due": "is outside the years 1900 to 2199"}
        assert "/time" in faults_of(example(time=moment))

    def test_a_numeric_id_is_refused(self) -> None:
        assert faults_of(example(id=7)) == {"/id": "must be a string"}

    def test_an_id_too_long_for_an_index_of_a_register_is_refused(self) -> None:
        assert isinstance(read(example(id="\N{MUSICAL SYMBOL G CLEF}" * 256)), Event)
        assert faults_of(example(id="x" * 257)) == {"/id": "is longer than 256 characters"}

    def test_an_empty_id_is_refused(self) -> None:
        assert faults_of(example(id="")) == {"/id": "must not be empty"}

    def test_an_empty_subject_is_refused(self) -> None:
        assert faults_of(example(subject="")) == {"/subject": "must not be empty"}

    @pytest.mark.parametrize("subject", [None, ...])
    def test_a_null_subject_is_accepted_where_concernid_names_the_concern(
        self, subject: object
    ) -> None:
        assert event_of(example(subject=subject)).concern == CONCERN

    def test_without_a_subject_concernid_must_name_the_concern(self) -> None:
        assert "/subject" in faults_of(example(subject=None, concernid=None))

    def test_data_beside_data_base64_is_refused(self) -> None:
        assert "beside" in faults_of(example(data_base64="e30="))["/data_base64"]

    def test_data_base64_alone_is_refused_with_what_to_do(self) -> None:
        document = example(data_base64="e30=", data=...)

        assert "send JSON in `data`" in faults_of(document)["/data_base64"]

    @pytest.mark.parametrize("name", ["Traceparent", "trace_parent", "trace-parent", "spür", ""])
    def test_extension_names_are_lower_case_alphanumeric(self, name: str) -> None:
        assert "letters and digits" in faults_of(example(**{name: "x"}))[f"/{name}"]

    def test_an_extension_nobody_knows_is_accepted(self) -> None:
        event_of(example(traceparent="00-ab-cd-01", sampledrate=30, replay=False, other=None))

    def test_so_many_extensions_that_they_would_keep_the_others_waiting_are_refused(self) -> None:
        assert isinstance(read(example(**{f"mine{n}": "x" for n in range(64)})), Event)
        found = faults_of(example(**{f"mine{n}": "x" for n in range(65)}))
        assert found == {"": "has more than 64 extension attributes"}

    def test_an_extension_is_no_structure(self) -> None:
        assert "/trace" in faults_of(example(trace={"a": 1}))

    @pytest.mark.parametrize("version", ["0.3", "1.0.2", 1.0, None])
    def test_another_specversion_is_refused(self, version: object) -> None:
        assert "/specversion" in faults_of(example(specversion=version))

    @pytest.mark.parametrize("name", ["id", "source", "type"])
    def test_control_characters_are_refused(self, name: str) -> None:
        assert "control" in faults_of(example(**{name: "a\u0007b"}))[f"/{name}"]

    def test_data_of_another_type_are_refused(self) -> None:
        assert "/datacontenttype" in faults_of(example(datacontenttype="text/xml"))

    def test_a_batch_is_refused_with_what_to_do(self) -> None:
        faults = raw_faults(b"[]", "application/cloudevents-batch+json")

        assert "each event by itself" in faults[""]


class TestJson:
    """Bounded, unambiguous JSON."""

    def test_256_kib_are_taken_and_one_byte_more_is_not(self) -> None:
        body = json.dumps(example()).encode()

        assert isinstance(decode(body + b" " * (MAX_BYTES - len(body)), STRUCTURED, {}), Event)
        assert "256 KiB" in raw_faults(body + b" " * (MAX_BYTES - len(body) + 1))[""]

    def test_deeper_than_twenty_levels_is_refused_before_it_is_read(self) -> None:
        deep = "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)

        assert "deeper than 20" in raw_faults(deep.encode())[""]
        assert "deeper than 20" in raw_faults(b"[" * MAX_BYTES)[""]

    def test_brackets_in_strings_are_no_depth(self) -> None:
        assert isinstance(read(example(trace='\\"' + "[" * 500)), Event)

    def test_a_key_that_appears_twice_is_refused_where_it_stands(self) -> None:
        body = json.dumps(example()).replace('"role":', '"name": "B", "role":')

        assert raw_faults(body.encode()) == {"/data/chair/name": "appears more than once"}

    @pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
    def test_what_is_no_finite_number_is_refused(self, word: str) -> None:
        body = json.dumps(example(odd="HERE")).replace('"HERE"', word)

        assert "/odd" in raw_faults(body.encode())

    @pytest.mark.parametrize(
        "digits",
        [str(2**53 + 1), str(-(2**53) - 1), "1" + "0" * 5000],
        ids=["above", "below", "far"],
    )
    def test_integers_beyond_two_to_the_53_are_refused(self, digits: str) -> None:
        body = json.dumps(example(odd="HERE")).replace('"HERE"', digits)

        assert "2^53" in raw_faults(body.encode())["/odd"]

    def test_integers_up_to_it_are_taken(self) -> None:
        assert isinstance(read(example(odd=2**53)), Event)

    @pytest.mark.parametrize("body", [b"", b"{", b"nul", b'{"a":}', b"\xff", b"\xef\xbb\xbf{}"])
    def test_what_is_no_json_says_where(self, body: bytes) -> None:
        assert list(raw_faults(body)) == [""]

    @pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null"])
    def test_what_is_no_object_is_no_event(self, body: bytes) -> None:
        assert raw_faults(body) == {"": "is not a JSON object"}

    def test_half_a_surrogate_pair_is_refused(self) -> None:
        body = json.dumps(example(odd="HERE")).replace("HERE", "\\ud800")

        assert "/odd" in raw_faults(body.encode())

    def test_faults_have_an_end(self) -> None:
        data = {f"x{n}": n for n in range(5000)}

        faults = read(example(data=data))

        assert not isinstance(faults, Event)
        assert len(faults) <= 2 * MAX_FAULTS + 2

    def test_another_charset_is_refused(self) -> None:
        assert raw_faults(b"{}", f"{STRUCTURED}; charset=latin-1")[""] == "must be UTF-8"


class TestFaults:
    """Every fault at once, at its JSON pointer, in words that help."""

    def test_all_faults_of_envelope_and_data_come_together(self) -> None:
        document = example("concern-opened", id=5, time="yesterday", policypack=...)
        document["data"]["police"] = "Sussex Police"
        document["data"]["themes"][1]["question"] = "well led"
        del document["data"]["leo"]["name"]

        assert set(faults_of(document)) == {
            "/id",
            "/time",
            "/policypack",
            "/data/police",
            "/data/themes/1/question",
            "/data/leo/name",
        }

    def test_an_unknown_type_asks_what_was_meant(self) -> None:
        says = faults_of(example(type="concernhub.chair.apointed.v1"))["/type"]

        assert "did you mean `concernhub.chair.appointed.v1`?" in says

    def test_an_unknown_field_asks_what_was_meant(self) -> None:
        document = example()
        document["data"]["chiar"] = document["data"].pop("chair")
        document["data"]["agency"] = "gss:E10000032"

        faults = faults_of(document)

        assert faults["/data/chair"] == "is missing"
        assert "did you mean `chair`?" in faults["/data/chiar"]

    def test_an_unknown_field_inside_a_part_asks_what_was_meant_there(self) -> None:
        document = example()
        document["data"]["chair"]["phnoe"] = document["data"]["chair"].pop("phone")

        assert "did you mean `phone`?" in faults_of(document)["/data/chair/phnoe"]

    def test_a_misspelt_attribute_asks_what_was_meant(self) -> None:
        document = example()
        document["policyPack"] = document.pop("policypack")

        assert "did you mean `policypack`?" in faults_of(document)["/policyPack"]

    def test_pointers_escape_what_rfc_6901_escapes(self) -> None:
        document = example()
        document["data"]["a/b~c"] = 1

        assert "/data/a~1b~0c" in faults_of(document)

    def test_words_are_not_guessed_into_values(self) -> None:
        document = example("placement-register-declared")
        document["data"]["complete"] = "yes"
        document["data"]["self_funders"] = "2"

        assert set(faults_of(document)) == {"/data/complete", "/data/self_funders"}

    def test_times_in_the_data_are_held_to_the_same_form(self) -> None:
        document = example("stage-changed")
        document["data"]["changed_at"] = "2026-12-07T10:00Z"

        assert "RFC 3339" in faults_of(document)["/data/changed_at"]

    def test_bidi_characters_cannot_hide_what_a_reader_is_told(self) -> None:
        document = example()
        document["data"]["chair"]["name"] = "A\u202eB"

        assert "U+202E" in faults_of(document)["/data/chair/name"]


class TestConsistency:
    """What is said twice must agree."""

    def test_subject_and_concernid_name_one_concern(self) -> None:
        other = CONCERN.replace("0001", "0002")

        assert "/concernid" in faults_of(example(concernid=other))

    def test_the_host_of_an_opened_concern_is_the_host_of_the_envelope(self) -> None:
        assert "/hostgss" in faults_of(example("concern-opened", hostgss="E10000030"))

    def test_the_stage_of_a_stage_change_is_one_of_its_two(self) -> None:
        assert "/stage" in faults_of(example("stage-changed", stage="closing"))

    @pytest.mark.parametrize("value", [[], {}, 1, True])
    @pytest.mark.parametrize("name", ["stage", "hostgss", "subject", "type", "time", "concernid"])
    def test_what_is_compared_may_be_anything(self, name: str, value: object) -> None:
        for event in ("stage-changed", "concern-opened"):
            assert f"/{name}" in faults_of(example(event, **{name: value}))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("stage", "intial meeting"),
            ("hostgss", "gss:E10000032"),
            ("classification", "SECRET"),
            ("policypack", "West Sussex"),
            ("concernid", CONCERN.upper()),
            ("subject", f"concerns/{CONCERN}"),
            ("source", "not a uri"),
        ],
    )
    def test_extensions_have_their_forms(self, name: str, value: str) -> None:
        assert f"/{name}" in faults_of(example(**{name: value}))


def binary(document: Mapping[str, Any], **more: str) -> tuple[bytes, dict[str, str]]:
    attributes = {k: v for k, v in document.items() if k not in {"data", "datacontenttype"}}
    headers = {f"ce-{name}": str(value) for name, value in attributes.items()} | more
    return json.dumps(document["data"]).encode(), headers


class TestBinaryMode:
    """The attributes in headers, the data in the body."""

    def test_it_is_the_same_event(self) -> None:
        body, headers = binary(example())

        event = decode(body, "application/json", headers)

        assert isinstance(event, Event)
        structured = event_of(example())
        assert (event.id, event.data, event.occurred) == (
            structured.id,
            structured.data,
            structured.occurred,
        )

    def test_its_body_reads_again_as_the_same_event(self) -> None:
        body, headers = binary(example())
        event = decode(body, "application/json", headers)
        assert isinstance(event, Event)

        assert decode(event.body, STRUCTURED, {}) == event
        assert body in event.body

    def test_the_hash_is_over_data_and_attributes(self) -> None:
        body, headers = binary(example())

        def hash_of(sent: bytes, **more: str) -> str:
            event = decode(sent, "application/json", headers | more)
            assert isinstance(event, Event)
            return event.body_sha256

        first = hash_of(body)
        assert first == hash_of(body)
        assert first != hash_of(body + b" ")
        assert first != hash_of(body, **{"ce-time": "2026-12-01T12:00:01Z"})

    def test_values_are_percent_decoded(self) -> None:
        body, headers = binary(example())

        event = decode(body, "application/json", headers | {"ce-id": "a%20%E2%82%AC"})

        assert isinstance(event, Event)
        assert event.id == "a €"

    @pytest.mark.parametrize("body", [b"1, 2", b'{}, "id": "x"', b"", b"{", b"[[" * 20])
    def test_a_body_that_is_not_one_json_value_cannot_reach_the_envelope(self, body: bytes) -> None:
        _, headers = binary(example())

        faults = decode(body, "application/json", headers)

        assert not isinstance(faults, Event)
        assert [fault.pointer for fault in faults] == ["/data"]

    @pytest.mark.parametrize("name", ["ce-data", "ce-datacontenttype"])
    def test_what_has_a_place_of_its_own_is_no_header(self, name: str) -> None:
        body, headers = binary(example())

        faults = decode(body, "application/json", headers | {name: "x"})

        assert not isinstance(faults, Event)
        assert [fault.pointer for fault in faults] == [f"/{name.removeprefix('ce-')}"]

    def test_the_content_type_is_that_of_the_data(self) -> None:
        body, headers = binary(example())

        faults = decode(body, "text/xml", headers)

        assert not isinstance(faults, Event)
        assert "/datacontenttype" in {fault.pointer for fault in faults}

    def test_structured_wins_over_headers(self) -> None:
        body = json.dumps(example()).encode()

        event = decode(body, STRUCTURED, {"ce-id": "another"})

        assert isinstance(event, Event)
        assert event.id == example()["id"]

    def test_json_without_attributes_is_no_event(self) -> None:
        assert mode_of("application/json", {}) is None
        assert mode_of("application/json", {"ce-id": "1"}) is Mode.BINARY
        assert "no CloudEvent" in raw_faults(b"{}", "application/json")[""]


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


class TestNeverRaises:
    """Whatever the bytes: an event, or at least one fault."""

    @settings(deadline=None)
    @given(body=st.binary(max_size=200), content_type=st.text(max_size=40))
    def test_for_any_bytes(self, body: bytes, content_type: str) -> None:
        for kind in (STRUCTURED, content_type):
            found = decode(body, kind, {})
            assert isinstance(found, Event) or found

    @settings(deadline=None)
    @given(headers=st.dictionaries(st.sampled_from(ATTRIBUTES), st.text(max_size=30)))
    def test_for_any_headers(self, headers: dict[str, str]) -> None:
        sent = {f"ce-{name}": value for name, value in headers.items()}
        found = decode(b"{}", "application/json", sent)
        assert isinstance(found, Event) or found

    @settings(max_examples=300, deadline=None)
    @given(
        name=st.sampled_from(sorted(EVENTS)),
        changes=st.dictionaries(
            st.sampled_from([*ATTRIBUTES, "data", "data_base64", "other"]), JSONISH, max_size=4
        ),
    )
    def test_for_any_json_in_an_events_place(self, name: str, changes: dict[str, Any]) -> None:
        document = json.loads(events_of(name)[0].body) | changes
        found = decode(json.dumps(document).encode("utf-8", "replace"), STRUCTURED, {})
        assert isinstance(found, Event) or found

    @settings(max_examples=300, deadline=None)
    @given(data=st.data(), name=st.sampled_from(sorted(EVENTS)))
    def test_for_any_json_in_any_fields_place(self, data: st.DataObject, name: str) -> None:
        document = json.loads(events_of(name)[0].body)
        place = document["data"]
        while isinstance(place, dict | list) and place:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            inner = place[key]
            if not isinstance(inner, dict | list) or data.draw(st.booleans()):
                place[key] = data.draw(JSONISH)
                break
            place = inner
        found = decode(json.dumps(document).encode(), STRUCTURED, {})
        assert isinstance(found, Event) or found
