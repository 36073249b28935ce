"""Bank holidays of the three nations, against the rules they follow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from hub.pack.faults import PackFault
from hub.pack.holidays import read_calendar
from hub.vocabulary import Nation
from tests.core.packs import faults_of, pack, sources

YEARS = range(2025, 2029)
ONCE = {Nation.SCOTLAND: {date(2026, 6, 15)}}
"""By proclamation: Scotland's return to the men's World Cup."""


@pytest.mark.parametrize("nation", Nation)
def test_every_year_has_its_holidays_worked_out_from_the_rules(nation: Nation) -> None:
    expected = {day for year in YEARS for day in _holidays(nation, year)}

    assert pack().calendar.holidays[nation] == expected | ONCE.get(nation, set())


def test_the_known_dates_of_two_years_are_as_published() -> None:
    england = pack().calendar.holidays[Nation.ENGLAND_AND_WALES]

    assert {day for day in england if day.year == 2025} == {
        date(2025, 1, 1), date(2025, 4, 18), date(2025, 4, 21), date(2025, 5, 5),
        date(2025, 5, 26), date(2025, 8, 25), date(2025, 12, 25), date(2025, 12, 26),
    }  # fmt: skip
    assert {day for day in england if day.year == 2026} == {
        date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4),
        date(2026, 5, 25), date(2026, 8, 31), date(2026, 12, 25), date(2026, 12, 28),
    }  # fmt: skip


def test_the_file_says_where_it_comes_from() -> None:
    calendar = json.loads(sources()["calendar.json"])

    assert "Open Government Licence v3.0" in calendar["attribution"]
    assert "https://www.gov.uk/bank-holidays.json" in calendar["attribution"]


def test_the_list_as_gov_uk_publishes_it_is_read_as_it_is() -> None:
    calendar = json.loads(sources()["calendar.json"])
    del calendar["attribution"]
    faults: list[PackFault] = []

    read = read_calendar("calendar.json", json.dumps(calendar), faults)

    assert faults == []
    assert read.holidays == pack().calendar.holidays


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "this is not JSON: Expecting property name enclosed in double quotes"),
        ("[]", "name the divisions, as GOV.UK does"),
        ("{}", "division `scotland` is missing"),
        ('{"wales": {}}', "unknown division `wales`"),
        ('{"scotland": {"division": "scotland", "events": [{"title": "x", "date": "2026-13-01"}]}}',
         "`scotland/events/0/date`"),
    ],
)  # fmt: skip
def test_a_faulty_calendar_is_refused(text: str, says: str) -> None:
    found = faults_of({**sources(), "calendar.json": text})

    assert any(fault.file == "calendar.json" and says in fault.says for fault in found)


def test_a_calendar_that_ends_before_the_pack_does_is_refused() -> None:
    calendar = json.loads(sources()["calendar.json"])
    events = calendar["scotland"]["events"]
    calendar["scotland"]["events"] = [e for e in events if e["date"] < "2027"]

    (fault,) = faults_of({**sources(), "calendar.json": json.dumps(calendar)})

    assert fault.says == "no bank holidays for 2027"


def _holidays(nation: Nation, year: int) -> Iterator[date]:
    """Work out a nation's holidays; one on a weekend moves to the next working day that is free."""
    easter = _easter(year)
    scotland = nation is Nation.SCOTLAND
    taken: set[date] = set()
    fixed = [date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)]
    fixed += [date(year, 1, 2), date(year, 11, 30)] if scotland else []
    fixed += [date(year, 3, 17), date(year, 7, 12)] if nation is Nation.NORTHERN_IRELAND else []
    for day in sorted(fixed):
        while day.weekday() >= 5 or day in taken:
            day += timedelta(days=1)  # noqa: PLW2901 - the holiday moves on
        taken.add(day)
    yield from taken
    yield easter - timedelta(days=2)
    if not scotland:
        yield easter + timedelta(days=1)
    yield _monday(date(year, 5, 1))
    yield _monday(date(year, 6, 1)) - timedelta(days=7)
    yield _monday(date(year, 8, 1)) if scotland else _monday(date(year, 9, 1)) - timedelta(days=7)


def _monday(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _easter(year: int) -> date:
    """The Gregorian computus (Meeus, Jones, Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    ell = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * ell) // 451
    month, day = divmod(h + ell - 7 * m + 114, 31)
    return date(year, month, day + 1)
