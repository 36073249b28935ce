"""What every model of the API has in common."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Final

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
)

_RFC3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


def stamped(at: datetime) -> str:
    """Return an instant as RFC 3339 in UTC, such as `2027-04-15T09:00:00Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _with_its_offset(value: object) -> object:
    if isinstance(value, str) and not _RFC3339.fullmatch(value):
        msg = "must be a time with its offset (RFC 3339), such as 2027-04-15T09:00:00Z"
        raise ValueError(msg)
    # A leap second is a time of RFC 3339, and none of Python's.
    if isinstance(value, str):
        return datetime.fromisoformat(re.sub(r":60(?=[.Z+-])", ":59", value.upper()))
    return value


_A_TIME: Final = WithJsonSchema({"type": "string", "format": "date-time"})

Instant = Annotated[
    AwareDatetime, PlainSerializer(stamped, return_type=str, when_used="json"), _A_TIME
]
"""An instant as it is answered: always in UTC."""

GivenInstant = Annotated[AwareDatetime, BeforeValidator(_with_its_offset), _A_TIME]
"""An instant as it is sent, with whatever offset."""


def tag_of(said: BaseModel | bytes) -> str:
    """Return the entity tag of an answer (RFC 9110, 8.8.3): of its bytes, and so strong."""
    return f'"{sha256(written(said)).hexdigest()[:32]}"'


def written(said: BaseModel | bytes) -> bytes:
    """Return an answer's bytes, as the hub sends them."""
    return said if isinstance(said, bytes) else said.model_dump_json().encode()


class Model(BaseModel):
    """Frozen, and exactly its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sent(Model):
    """What is sent in a body: each value of its very type, and none read into another."""

    model_config = ConfigDict(strict=True)
