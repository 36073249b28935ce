"""The examples of the demo as events of today, whatever the time of day."""

from datetime import date, datetime, timedelta
from typing import Final

import pytest

from hub.adapters.clock import RandomMint
from hub.calendar import london_day
from hub.cli.demo.events import told_today

CONCERN: Final = "019ac1d2-7400-7000-8000-0000000c0001"
AUTHORISED: Final = datetime.fromisoformat("2027-04-14T15:00:00Z")
"""When the example says that closure was authorised, on the day that the concern is closed on."""


@pytest.mark.parametrize(
    "now",
    [
        "2026-12-01T00:30:00Z",
        "2027-01-04T14:59:00Z",
        "2027-01-04T15:01:00Z",
        "2027-03-28T00:57:00Z",
        "2027-06-01T22:57:00Z",
        "2027-06-01T23:03:00Z",
        "2028-02-29T09:00:00Z",
    ],
)
def test_a_date_stays_on_the_london_day_of_its_event(now: str) -> None:
    moved_to = datetime.fromisoformat(now)

    told = told_today("closure-authorised", CONCERN, RandomMint(), moved_to - AUTHORISED)

    assert date.fromisoformat(told["data"]["closed_on"]) == london_day(moved_to)
    authorised = datetime.fromisoformat(told["data"]["authorised_at"])
    assert authorised == moved_to - timedelta(minutes=15)
