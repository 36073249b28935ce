"""The base of every event's data: frozen, closed, each field with exactly one information class."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from hub.vocabulary import AGENCY_ID, AgencyId, InfoClass, Role


@dataclass(frozen=True, slots=True)
class Info:
    """Marks a field with the information class of what it holds."""

    info: InfoClass


@dataclass(frozen=True, slots=True)
class Fact:
    """Marks a field that a notice may show, under this name; its class is the field's own."""

    name: str


@dataclass(frozen=True, slots=True)
class Names:
    """Marks an agency's code: the event is for that agency, or about its part.

    With a role, the agency joins the concern in that role. Without one it is meant in whatever
    part it has already.
    """

    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """Marks the one field whose value tells kinds of one event apart: rules may ask for it."""


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


RFC3339: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def _rfc3339(value: object) -> object:
    """Read a time ourselves: a lenient reader takes one without seconds, or a bare number."""
    if not isinstance(value, str):
        return value
    if RFC3339.fullmatch(value) is None:
        msg = "is not a time: write it as 2026-12-01T09:30:00Z (RFC 3339)"
        raise ValueError(msg)
    return datetime.fromisoformat(value.upper())


YEARS: Final = range(1900, 2200)
"""The years an instant may lie in. At either end of the calendar no local time can be said of it,
so that every page and every later notice of its concern would fail."""


def in_our_years(value: datetime) -> bool:
    """Whether an instant lies, in UTC, in a year that the hub takes."""
    try:
        return value.astimezone(UTC).year in YEARS
    except OverflowError:
        return False


def _of_our_years(value: datetime) -> datetime:
    if not in_our_years(value):
        msg = f"is outside the years {YEARS[0]} to {YEARS[-1]}"
        raise ValueError(msg)
    return value


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
Moment = Annotated[AwareDatetime, BeforeValidator(_rfc3339), AfterValidator(_of_our_years)]
"""An instant with its offset (RFC 3339)."""
Count = Annotated[int, Field(ge=0, le=100_000)]


class Data(BaseModel):
    """What every event's data and its parts have in common."""

    # Built when first read: most processes meet a few of these types, and each would wait for all.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        ser_json_timedelta="iso8601",
        defer_build=True,
    )


class EventData(Data):
    """What one event says. Subclasses name it and open their docstring with rows and paragraphs."""

    wire: ClassVar[str]
    """The short name, such as `concern.opened`; the wire type is `concernhub.<name>.v1`."""
    before_opening: ClassVar[bool] = False
    """Whether it may come before `concern.opened`."""
    urgent: ClassVar[bool] = False
    """Whether a person is rung within 5 minutes where it cannot be taken (M001)."""
    brings: ClassVar[bool] = False
    """Whether a party may join by it in another way than by `Names(role)` or `joins()`."""

    def about(self) -> str:
        """Return what it is about: of each name and subject a concern remembers the newest."""
        return ""

    def joins(self) -> tuple[tuple[AgencyId, Role], ...]:
        """Return who joins by it, besides those in fields marked `Names(role)`."""
        return ()


class Person(Data):
    """A professional named in the process; events carry no addresses (rules.md, semantics 15)."""

    name: Annotated[Line, PROCESS]
    role: Annotated[Line, PROCESS]
    phone: Annotated[
        Annotated[str, StringConstraints(pattern=r"^\+?[0-9 ()]{7,24}$")] | None, PROCESS
    ] = None
