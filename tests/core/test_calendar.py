"""Working time: nations, bank holidays, and London through both clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.calendar import LONDON, Calendar, Within
from hub.vocabulary import Nation
from tests.core.packs import pack

ENGLAND = Nation.ENGLAND_AND_WALES
SCOTLAND = Nation.SCOTLAND


def _days(amount: int) -> Within:
    return Within(amount=amount, unit="working days")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "days", "nation", "due"),
    [
        # Christmas 2026: Friday 25th, Boxing Day's substitute on Monday 28th, New Year on Friday.
        ("2026-12-24T16:00", 1, ENGLAND, "2026-12-29T17:00"),
        ("2026-12-24T16:00", 4, ENGLAND, "2027-01-04T17:00"),
        # Easter 2027: Good Friday 26 March, Easter Monday 29 March, clocks change on the 28th.
        ("2027-03-25T12:00", 1, ENGLAND, "2027-03-30T16:00"),
        ("2027-03-24T12:00", 1, ENGLAND, "2027-03-25T17:00"),
        # The clocks go back on Sunday 31 October 2027.
        ("2027-10-29T12:00", 1, ENGLAND, "2027-11-01T17:00"),
        ("2027-10-28T12:00", 1, ENGLAND, "2027-10-29T16:00"),
        # Half past midnight in London is the evening before in UTC: the day is London's.
        ("2027-06-01T23:30", 1, ENGLAND, "2027-06-03T16:00"),
        # A weekend does not count, nor does the day itself.
        ("2027-06-04T08:00", 1, ENGLAND, "2027-06-07T16:00"),
        ("2027-06-05T08:00", 1, ENGLAND, "2027-06-07T16:00"),
    ],
)
def test_M014_working_days_end_at_five_in_london_on_the_last_day(
    start: str, days: int, nation: Nation, due: str
) -> None:
    assert pack().calendar.due(_utc(start), _days(days), nation) == _utc(due)


def test_M014_each_nation_keeps_its_own_bank_holidays() -> None:
    calendar = pack().calendar
    new_year = _utc("2026-12-31T12:00")

    english = calendar.due(new_year, _days(1), ENGLAND)
    scottish = calendar.due(new_year, _days(1), SCOTLAND)

    assert english == _utc("2027-01-04T17:00")
    assert scottish > english  # the second of January is kept there


def test_M014_a_nation_without_a_list_still_has_weekends() -> None:
    bare = Calendar(holidays={})

    assert bare.due(_utc("2026-12-24T16:00"), _days(1), SCOTLAND) == _utc("2026-12-25T17:00")


@pytest.mark.parametrize(
    ("amount", "unit", "due"),
    [
        (30, "minutes", "2027-03-28T01:15"),
        (24, "hours", "2027-03-29T00:45"),
        (24 * 7, "hours", "2027-04-04T00:45"),
    ],
)
def test_M014_S9_minutes_and_hours_are_clock_time_whatever_the_day(
    amount: int, unit: Literal["minutes", "hours"], due: str
) -> None:
    # A quarter of an hour before the clocks go forward.
    start = _utc("2027-03-28T00:45")

    assert pack().calendar.due(start, Within(amount=amount, unit=unit), ENGLAND) == _utc(due)


def test_what_is_due_is_given_in_the_zone_it_was_asked_in() -> None:
    asked = datetime(2027, 6, 1, 12, tzinfo=LONDON)

    due = pack().calendar.due(asked, _days(1), ENGLAND)

    assert due.tzinfo is LONDON
    assert due.hour == 17


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 11, 1)),  # noqa: DTZ001 - given UTC below
    amount=st.integers(1, 20),
    nation=st.sampled_from(Nation),
)
def test_M014_a_working_day_is_never_a_weekend_nor_a_holiday_and_more_is_later(
    start: datetime, amount: int, nation: Nation
) -> None:
    calendar, begun = pack().calendar, start.replace(tzinfo=UTC)

    due = calendar.due(begun, _days(amount), nation)

    local = due.astimezone(LONDON)
    assert local.weekday() < 5
    assert local.date() not in calendar.holidays[nation]
    assert (local.hour, local.minute) == (17, 0)
    assert begun < due < calendar.due(begun, _days(amount + 1), nation)
    assert due - begun >= timedelta(days=amount - 1)


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-12-01T09:30:00+00:00", 4, "2026-12-01T13:30:00+00:00"),
        ("2026-12-01T16:00:00+00:00", 4, "2026-12-02T12:00:00+00:00"),
        ("2026-12-01T19:00:00+00:00", 0, "2026-12-02T09:00:00+00:00"),
        ("2026-12-05T12:00:00+00:00", 1, "2026-12-07T10:00:00+00:00"),  # a Saturday
        ("2026-12-24T16:30:00+00:00", 1, "2026-12-29T09:30:00+00:00"),  # over Christmas
        ("2027-03-25T16:00:00+00:00", 2, "2027-03-30T10:00:00+01:00"),  # Easter, clocks go forward
        ("2026-10-23T15:00:00+00:00", 2, "2026-10-26T10:00:00+00:00"),  # clocks go back
    ],
)
def test_working_hours_are_those_of_the_office_through_both_clock_changes(
    start: str, hours: int, expected: str
) -> None:
    worked = pack().calendar.worked(
        datetime.fromisoformat(start), Within(amount=hours, unit="hours"), ENGLAND
    )

    assert worked == datetime.fromisoformat(expected)
