"""`calendar.json`: the bank holidays of the three nations, in the form GOV.UK publishes them."""

from __future__ import annotations

import json
from datetime import date
from typing import Final

from pydantic import ValidationError

from hub.calendar import Calendar
from hub.pack.faults import PackFault
from hub.pack.tables import DivisionTable
from hub.vocabulary import Nation

ATTRIBUTION: Final = "attribution"
"""The one key beside the three divisions: GOV.UK's list is under the Open Government Licence."""

_DIVISIONS: Final = tuple(nation.value for nation in Nation)


def read_calendar(name: str, text: str, faults: list[PackFault]) -> Calendar:
    """Read the calendar; faults are added, and what is sound is kept."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        says = f"this is not JSON: {error.msg}"
        faults.append(PackFault(file=name, line=error.lineno, says=says))
        return Calendar(holidays={})
    if not isinstance(content, dict):
        faults.append(PackFault(file=name, line=1, says="name the divisions, as GOV.UK does"))
        return Calendar(holidays={})
    holidays: dict[Nation, frozenset[date]] = {}
    faults.extend(
        _at(name, text, key, f"unknown division `{key}`")
        for key in content
        if key not in (ATTRIBUTION, *_DIVISIONS)
    )
    for nation in Nation:
        if nation not in content:
            faults.append(PackFault(file=name, line=1, says=f"division `{nation}` is missing"))
            continue
        holidays[nation] = _days(name, text, nation, content[nation], faults)
    return Calendar(holidays=holidays)


def covers(calendar: Calendar, day: date) -> bool:
    """Whether every nation's list reaches into the year of a day, so that deadlines can be told."""
    return all(
        any(holiday.year == day.year for holiday in calendar.holidays.get(nation, ()))
        for nation in Nation
    )


def _days(
    name: str, text: str, nation: Nation, division: object, faults: list[PackFault]
) -> frozenset[date]:
    try:
        return frozenset(event.date for event in DivisionTable.model_validate(division).events)
    except ValidationError as error:
        for detail in error.errors():
            where = "/".join(str(step) for step in detail["loc"])
            faults.append(_at(name, text, nation, f"`{nation}/{where}`: {detail['msg']}"))
        return frozenset()


def _at(name: str, text: str, key: str, says: str) -> PackFault:
    line = text.count("\n", 0, max(text.find(f'"{key}"'), 0)) + 1
    return PackFault(file=name, line=line, says=says)
