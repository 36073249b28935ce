"""The shipped examples as events of today: another concern, new ids, times moved to now."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import orjson

from hub.adapters.shipped import shipped
from hub.calendar import london_day
from hub.vocabulary import Mint

_INSTANT: Final = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
_DATE: Final = re.compile(r"^\d{4}-\d\d-\d\d$")


def told_today(name: str, concern: str, mint: Mint, shift: timedelta) -> dict[str, Any]:
    """Return one example as an event of this concern, with a new id, moved by `shift`.

    A date stays as many days in London from the event's own as it was, whatever the time of day.
    """
    example = _read(name)
    then = datetime.fromisoformat(example["time"])
    days = london_day(then + shift) - london_day(then)
    event: dict[str, Any] = _moved(example, shift, days)
    return event | {
        "id": mint.id(),
        "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "concernid": concern,
        "subject": f"concern/{concern}",
    }


def shift_to_now(name: str) -> timedelta:
    """Return how far the examples must move so that this one happens now."""
    return datetime.now(UTC) - datetime.fromisoformat(_read(name)["time"])


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((shipped("examples") / f"{name}.json").read_bytes())
    return found


def _moved(value: Any, shift: timedelta, days: timedelta) -> Any:  # noqa: ANN401  # JSON is whatever it is
    if isinstance(value, dict):
        return {key: _moved(item, shift, days) for key, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, shift, days) for item in value]
    if isinstance(value, str) and _INSTANT.match(value):
        moved = datetime.fromisoformat(value) + shift
        return moved.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and _DATE.match(value):
        return (date.fromisoformat(value) + days).isoformat()
    return value
