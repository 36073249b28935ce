"""Working time: a nation's bank holidays, and Europe/London through both clock changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from hub.vocabulary import Nation

LONDON: Final = ZoneInfo("Europe/London")
OPENING: Final = time(9, 0)
CLOSE_OF_BUSINESS: Final = time(17, 0)
OFFICE_HOURS: Final = CLOSE_OF_BUSINESS.hour - OPENING.hour
"""How many hours of a working day count."""
_MOST_CLOSINGS: Final = 1_000
"""So many closes of business are remembered; then it begins anew."""


@lru_cache(maxsize=1_000)
def london_day(now: datetime) -> date:
    """Return the day that it is in London at an instant."""
    return now.astimezone(LONDON).date()


def is_past(day: date, now: datetime) -> bool:
    """Whether this day is over in London at an instant."""
    return london_day(now) > day


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """A time allowed: clock time, or the reader's own working time."""

    amount: int
    unit: Literal["minutes", "hours", "working days"]


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Bank holidays by nation (GOV.UK's published list)."""

    holidays: Mapping[Nation, frozenset[date]]

    def due(self, start: datetime, within: Within, nation: Nation) -> datetime:
        """Return when a time allowed from `start` (UTC, aware) ends, in UTC.

        Minutes and hours are clock time. Working days end at 17:00 in London on the last day;
        the day itself does not count, nor do weekends and the nation's bank holidays.
        """
        if within.unit == "minutes":
            return start + timedelta(minutes=within.amount)
        if within.unit == "hours":
            return start + timedelta(hours=within.amount)
        return self._closing(london_day(start), within.amount, nation).astimezone(start.tzinfo)

    def _closing(self, day: date, amount: int, nation: Nation) -> datetime:
        """Return, in UTC, the close of business so many working days after a day."""
        key = (day, amount, nation)
        closing = self._closings.get(key)
        if closing is None:
            for _ in range(amount):
                day = self._next_working_day(day, nation)
            closing = datetime.combine(day, CLOSE_OF_BUSINESS, tzinfo=LONDON).astimezone(UTC)
            if len(self._closings) >= _MOST_CLOSINGS:
                self._closings.clear()
            self._closings[key] = closing
        return closing

    @cached_property
    def _closings(self) -> dict[tuple[date, int, Nation], datetime]:
        return {}

    def worked(self, start: datetime, within: Within, nation: Nation) -> datetime:
        """Return when a time allowed from `start` (UTC, aware) has been worked, in UTC.

        Minutes and hours count from 9:00 to 17:00 in London on the nation's working days, through
        both clock changes; working days are those of `due`.
        """
        if within.unit == "working days":
            return self.due(start, within, nation)
        left = timedelta(**{within.unit: within.amount})
        day = start.astimezone(LONDON).date()
        if not self._works(day, nation):
            day = self._next_working_day(day, nation)
        while True:
            opens = datetime.combine(day, OPENING, tzinfo=LONDON).astimezone(start.tzinfo)
            closes = datetime.combine(day, CLOSE_OF_BUSINESS, tzinfo=LONDON)
            begins = max(start, opens)
            ends = begins + left
            closing = closes.astimezone(start.tzinfo)
            if ends <= closing:
                return ends
            left -= max(closing - begins, timedelta(0))
            day = self._next_working_day(day, nation)

    def works(self, day: date, nation: Nation) -> bool:
        """Whether this nation works on this day."""
        return self._works(day, nation)

    def _works(self, day: date, nation: Nation) -> bool:
        # Saturday is 5.
        return day.weekday() < 5 and day not in self.holidays.get(nation, frozenset())

    def _next_working_day(self, day: date, nation: Nation) -> date:
        day += timedelta(days=1)
        while not self._works(day, nation):
            day += timedelta(days=1)
        return day
