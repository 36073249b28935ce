"""The base of every event's data: frozen, closed, each field with exactly one information class."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from hub.vocabulary import AGENCY_ID, AgencyId, InfoClass


@dataclass(frozen=True, slots=True)
class Info:
    """Marks a field with the information class of what it holds."""

    info: InfoClass


PROCESS = Info(InfoClass.PROCESS)
THEMES = Info(InfoClass.THEMES)
PLACED_ADULT = Info(InfoClass.PLACED_ADULT)
PERSON_ALLEGED = Info(InfoClass.PERSON_ALLEGED)
CRIMINAL = Info(InfoClass.CRIMINAL)
REGULATORY = Info(InfoClass.REGULATORY)
COMMERCIAL = Info(InfoClass.COMMERCIAL)
REFERRER = Info(InfoClass.REFERRER)


def _plain(text: str) -> str:
    """Refuse control, bidi and zero-width characters: they hide what a reader is told."""
    for char in text:
        if char != "\n" and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}:
            msg = f"character U+{ord(char):04X} is not allowed"
            raise ValueError(msg)
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        msg = "must be one line"
        raise ValueError(msg)
    return _plain(text)


def _known_code(value: str) -> str:
    if not AGENCY_ID.match(value):
        msg = (
            "is not an agency code: use gss:E10000032, ods:QNX, regulator:cqc, "
            "cqc:1-1234567890 or unit:some-name"
        )
        raise ValueError(msg)
    return value


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_one_line),
]
"""One line of plain text, 1 to 200 characters."""
Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000, strip_whitespace=True),
    AfterValidator(_plain),
]
"""Plain text of a few sentences, 1 to 2000 characters."""
Code = Annotated[AgencyId, AfterValidator(_known_code)]
"""An agency's published code (vocabulary.AGENCY_ID)."""
Moment = AwareDatetime
"""An instant with its offset (RFC 3339)."""
Count = Annotated[int, Field(ge=0, le=100_000)]


class Data(BaseModel):
    """What every event's data and its parts have in common."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, ser_json_timedelta="iso8601"
    )


class Person(Data):
    """A professional named in the process; events carry no addresses (rules.md, semantics 15)."""

    name: Annotated[Line, PROCESS]
    role: Annotated[Line, PROCESS]
    phone: Annotated[
        Annotated[str, StringConstraints(pattern=r"^\+?[0-9 ()]{7,24}$")] | None, PROCESS
    ] = None
