"""A log entry's bytes: canonical JSON of ids, types and times; no free text, no names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import orjson

from hub.exact import exact
from hub.vocabulary import ConcernId


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One entry of the append-only log, written in the transaction of what it records."""

    concern: ConcernId | None
    kind: str
    at: datetime
    data: bytes


def leaf(
    kind: str, at: datetime, concern: ConcernId | None = None, **ids: str | int | bool
) -> Leaf:
    """Return the leaf of one act. RFC 8785 form: ASCII keys sorted, no floats, no spaces."""
    # Only in UTC are equal instants written alike: of the hour that comes twice, two are equal.
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    fields: dict[str, str | int | bool] = {"type": kind, "time": _stamp(utc), **ids}
    if concern is not None:
        fields["concern"] = concern
    data = exact(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS))
    return Leaf(concern=concern, kind=kind, at=at, data=data)


@lru_cache(maxsize=1_000)
def _stamp(at: datetime) -> str:
    """Write out an instant in UTC; one page has many leaves of one instant."""
    return f"{at.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
