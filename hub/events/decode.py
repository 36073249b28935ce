"""From bytes to an event, or to everything that is wrong with them (CloudEvents 1.0, intake.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from itertools import chain
from typing import Final
from urllib.parse import unquote

from hub.events import EVENTS, ConcernOpened, EventData, StageChanged
from hub.events.envelope import WIRE_PREFIX, WIRE_SUFFIX, Event, Fault
from hub.events.ground import ground_of
from hub.events.model import RFC3339, in_our_years
from hub.events.payload import read_data
from hub.events.references import LONGEST, LONGEST_ID
from hub.events.strict import at_most, did_you_mean, read, step
from hub.events.synonyms import NONE, Synonyms
from hub.vocabulary import AgencyId, ConcernId, EventId, Stage

STRUCTURED: Final = "application/cloudevents+json"
BATCHED: Final = "application/cloudevents-batch+json"

REQUIRED: Final = ("specversion", "id", "source", "type", "time", "policypack")
OPTIONAL: Final = (
    *("subject", "datacontenttype", "dataschema"),
    *("concernid", "stage", "hostgss", "classification"),
)
ATTRIBUTES: Final = (*REQUIRED, *OPTIONAL)
"""Every attribute the hub reads, the extensions of mission 1.0 included."""
CLASSIFICATIONS: Final = ("OFFICIAL", "OFFICIAL-SENSITIVE")
CONCERN_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
MOST_EXTENSIONS: Final = 64
PARTNERSHIP: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)

_EXTENSION: Final = re.compile(r"[a-z0-9]+", re.ASCII)
_GSS: Final = re.compile(r"[ENSW][0-9]{8}", re.ASCII)
_URI_REFERENCE: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", re.ASCII)
_JSON_TYPE: Final = re.compile(r"application/([a-z0-9.!#$&^_-]+\+)?json", re.ASCII)
# CloudEvents 1.0, 2.4: no control characters, no noncharacters in a String.
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")

_FORMS: Final = {
    "specversion": (re.compile(r"1\.0"), "must be `1.0`"),
    "source": (_URI_REFERENCE, "is not a URI reference (RFC 3986)"),
    "dataschema": (_URI_REFERENCE, "is not a URI reference (RFC 3986)"),
    "subject": (
        re.compile(rf"concern/{CONCERN_ID.pattern}", re.ASCII),
        "must be `concern/` and the concern's UUID, in lower case",
    ),
    "policypack": (PARTNERSHIP, "is not a name such as `west-sussex`"),
    "concernid": (CONCERN_ID, "must be a UUID, in lower case"),
    "hostgss": (_GSS, "is not a GSS code such as `E10000032`"),
}


class Mode(StrEnum):
    """How the event is laid on the wire."""

    STRUCTURED = "structured"
    BINARY = "binary"


def mode_of(content_type: str, headers: Mapping[str, str]) -> Mode | None:
    """Return how this message carries its event; None where it carries none that the hub reads."""
    media = _media_type(content_type)
    if media == STRUCTURED:
        return Mode.STRUCTURED
    if media != BATCHED and any(name.startswith("ce-") for name in headers):
        return Mode.BINARY
    return None


def decode(
    received_body: bytes,
    content_type: str,
    headers: Mapping[str, str],
    synonyms: Synonyms = NONE,
) -> Event | tuple[Fault, ...]:
    """Return the event these bytes carry, or every fault found. Never raises, whatever the bytes.

    Header names are lower-case; binary-mode attributes are `ce-...`, percent-encoded as the HTTP
    binding says. The dedupe hash is over the bytes received, in binary mode over the attributes
    too. `synonyms` are the partnership's other words for roles and kinds (S20).
    """
    body = received_body
    mode = mode_of(content_type, headers)
    if mode is None:
        return (_unreadable(content_type),)
    if mode is Mode.BINARY:
        laid_out = _structured(received_body, content_type, headers)
        if isinstance(laid_out, tuple):
            return laid_out
        body = laid_out
    document, faults = read(body)
    if faults:
        return faults
    if not isinstance(document, dict):
        return (Fault(pointer="", says="is not a JSON object"),)
    return _event(document, body, _charset_faults(content_type), synonyms)


def _media_type(content_type: str) -> str:
    return content_type.split(";", 1)[0].strip().lower()


def _unreadable(content_type: str) -> Fault:
    if _media_type(content_type) == BATCHED:
        return Fault(pointer="", says="is a batch: send each event by itself")
    return Fault(
        pointer="",
        says=f"is no CloudEvent: send `{STRUCTURED}`, or JSON with `ce-...` headers",
    )


def _charset_faults(content_type: str) -> Iterator[Fault]:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        charset = value.strip().strip('"').lower()
        if name.strip().lower() == "charset" and charset not in {"utf-8", "utf8", "us-ascii"}:
            yield Fault(pointer="", says="must be UTF-8")


def _structured(
    body: bytes, content_type: str, headers: Mapping[str, str]
) -> bytes | tuple[Fault, ...]:
    """Lay a binary-mode message out as structured JSON; its data keep their exact bytes."""
    attributes = {
        name.removeprefix("ce-"): unquote(value)
        for name, value in sorted(headers.items())
        if name.startswith("ce-")
    }
    misplaced = sorted({"data", "datacontenttype"} & attributes.keys())
    if misplaced:
        return tuple(
            Fault(pointer=step("", name), says="cannot be a header of its own in binary mode")
            for name in misplaced
        )
    # Read alone first: only a whole JSON value may be laid into another.
    _, faults = read(body)
    if faults:
        return tuple(Fault(pointer=f"/data{fault.pointer}", says=fault.says) for fault in faults)
    if content_type:
        attributes["datacontenttype"] = content_type
    return json.dumps(attributes).encode()[:-1] + b', "data": ' + body + b"}"


def _event(
    document: dict[str, object], body: bytes, before: Iterator[Fault], synonyms: Synonyms
) -> Event | tuple[Fault, ...]:
    name = _name(document.get("type"))
    ours = synonyms.get(str(document.get("policypack")), {})
    data = read_data(name, document.get("data"), ours) if name else ()
    concern = _concern(document)
    occurred = _moment(document.get("time"))
    of_data = iter(data) if isinstance(data, tuple) else _contradictions(document, data)
    faults = at_most(chain(before, _envelope_faults(document), of_data))
    if faults or not name or not concern or not occurred or isinstance(data, tuple):
        return faults
    gss = document.get("hostgss")
    return Event(
        id=EventId(str(document["id"])),
        source=str(document["source"]),
        name=name,
        concern=ConcernId(concern),
        partnership=str(document["policypack"]),
        occurred=occurred,
        data=data,
        body=body,
        body_sha256=sha256(body).hexdigest(),
        host=AgencyId(f"gss:{gss}") if gss else None,
    )


def _name(wire: object) -> str | None:
    if not isinstance(wire, str):
        return None
    name = wire.removeprefix(WIRE_PREFIX).removesuffix(WIRE_SUFFIX)
    return name if wire == f"{WIRE_PREFIX}{name}{WIRE_SUFFIX}" and name in EVENTS else None


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str) or RFC3339.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return moment.astimezone(UTC) if in_our_years(moment) else None


def _concern(document: dict[str, object]) -> str | None:
    """Return the concern that `subject` names, or else `concernid`."""
    subject, concern = document.get("subject"), document.get("concernid")
    if isinstance(subject, str):
        concern = subject.removeprefix("concern/") if subject.startswith("concern/") else None
    return concern if isinstance(concern, str) and CONCERN_ID.fullmatch(concern) else None


def _envelope_faults(document: dict[str, object]) -> Iterator[Fault]:
    for name in ATTRIBUTES:
        value = document.get(name)
        if value is None:
            if name in REQUIRED:
                yield Fault(pointer=step("", name), says="is missing")
            continue
        says = _shape(value, LONGEST_ID if name == "id" else LONGEST) or _says(name, str(value))
        if says:
            yield Fault(pointer=step("", name), says=says)
    yield from _identity_faults(document)
    yield from _payload_faults(document)
    others = document.keys() - {*ATTRIBUTES, "data", "data_base64"}
    if len(others) > MOST_EXTENSIONS:  # each is compared with every word we know
        yield Fault(pointer="", says=f"has more than {MOST_EXTENSIONS} extension attributes")
        return
    for name in others:
        yield from _extension_faults(name, document)


def _shape(value: object, longest: int) -> str | None:
    if not isinstance(value, str):
        return "must be a string"
    if not value:
        return "must not be empty"
    if len(value) > longest:
        return f"is longer than {longest} characters"
    if _FORBIDDEN.search(value):
        return "holds a control character"
    return None


def _says(name: str, value: str) -> str | None:
    """Return what is wrong with this attribute's value, or None."""
    says: str | None = None
    match name:
        case "type" if _name(value) is None:
            says = _unknown_type(value)
        case "stage" if value not in list(Stage):
            says = _one_of(value, list(Stage))
        case "classification" if value not in CLASSIFICATIONS:
            says = _one_of(value, list(CLASSIFICATIONS))
        case "time" if _moment(value) is None:
            says = "is not a time: write 2026-12-01T09:30:00Z (RFC 3339)"
        case "datacontenttype" if _JSON_TYPE.fullmatch(_media_type(value)) is None:
            says = "must be `application/json`"
        case _ if name in _FORMS and _FORMS[name][0].fullmatch(value) is None:
            says = _FORMS[name][1]
        case _:
            pass
    return says


def _unknown_type(value: str) -> str:
    wire = [f"{WIRE_PREFIX}{name}{WIRE_SUFFIX}" for name in EVENTS]
    return f"is no event type of this hub{did_you_mean(value, wire)}"


def _one_of(value: str, words: list[str]) -> str:
    return f"must be one of {', '.join(f'`{w}`' for w in words)}{did_you_mean(value, words)}"


def _identity_faults(document: dict[str, object]) -> Iterator[Fault]:
    subject, concern = document.get("subject"), document.get("concernid")
    if subject is None and concern is None:
        yield Fault(
            pointer="/subject", says="is missing, and `concernid` does not name the concern"
        )
    named = subject.removeprefix("concern/") if isinstance(subject, str) else None
    if named and isinstance(concern, str) and named != concern:
        yield Fault(pointer="/concernid", says="names another concern than `subject` does")


def _payload_faults(document: dict[str, object]) -> Iterator[Fault]:
    if document.get("data_base64") is not None:
        both = document.get("data") is not None
        says = "cannot stand beside `data`" if both else "is not taken: send JSON in `data`"
        yield Fault(pointer="/data_base64", says=says)
    elif document.get("data") is None:
        yield Fault(pointer="/data", says="is missing")
    elif not isinstance(document["data"], dict):
        yield Fault(pointer="/data", says="must be a JSON object")


def _extension_faults(name: str, document: dict[str, object]) -> Iterator[Fault]:
    absent = [known for known in ATTRIBUTES if document.get(known) is None]
    meant = did_you_mean(name, absent)
    if _EXTENSION.fullmatch(name) is None:
        says = f"is no attribute name: lower-case letters and digits only{meant}"
        yield Fault(pointer=step("", name), says=says)
    elif meant:
        yield Fault(pointer=step("", name), says=f"is not known{meant}")
    elif isinstance(document[name], dict | list | float):
        says = "must be a string, an integer or a boolean"
        yield Fault(pointer=step("", name), says=says)


def _contradictions(document: dict[str, object], data: EventData) -> Iterator[Fault]:
    """What the envelope says of the concern and what the data say must agree."""
    gss, stage = document.get("hostgss"), document.get("stage")
    said = data if isinstance(data, ConcernOpened) else ground_of(data)
    if said is not None and gss and said.host_authority != f"gss:{gss}":
        yield Fault(pointer="/hostgss", says="is not the `host_authority` that the data name")
    moves = {data.from_stage, data.to_stage} if isinstance(data, StageChanged) else None
    if moves and isinstance(stage, str) and stage not in moves:
        yield Fault(pointer="/stage", says="is neither `from_stage` nor `to_stage`")
