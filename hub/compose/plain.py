"""Plain English for dates, times and closed words, as a reader of a letter expects them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

from hub.calendar import LONDON
from hub.vocabulary import CriminalStatus, Ending

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_NOT_FOR_READERS: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

ENDINGS: Final[dict[Ending, str]] = {
    Ending.IMPROVED: "the service has improved, on evidence",
    Ending.SERVICE_ENDED: "the service has ended",
    Ending.TRANSFERRED: "the service has passed to another provider",
    Ending.NOT_INITIATED: "it was decided not to start the process",
    Ending.OPENED_IN_ERROR: "it was opened in error",
}
"""How the process ended, to follow "because" (004 11.1)."""

CRIMINAL: Final[dict[CriminalStatus, str]] = {
    CriminalStatus.YES: "there is a criminal investigation",
    CriminalStatus.SUSPECTED: "a crime is suspected",
    CriminalStatus.CONSULTED_NONE: "the police were consulted and there is no investigation",
    CriminalStatus.NONE_SUSPECTED: "no crime is suspected",
    CriminalStatus.UNKNOWN: "it is not known whether a crime is involved",
}
"""Criminal status, class C4 (004 6.1)."""

MEETINGS: Final[dict[str, str]] = {
    "initial": "initial provider concerns meeting",
    "findings": "findings meeting",
    "update": "update meeting",
    "failure": "meeting of all stakeholders about risks to the service",
    "urgent": "urgent meeting",
}
"""The meetings of the framework (004 7.1, 8.1, 8.4, 9.1, 12.1)."""


def day_in_words(day: date) -> str:
    """Return a date as people write it: `Tuesday 24 November 2026`."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment_in_words(moment: datetime) -> str:
    """Return an instant in London's time: `Tuesday 24 November 2026 at 17:00`.

    In the hour that comes twice when the clocks go back, the zone is named.
    """
    return _in_london(moment.astimezone(UTC))


@lru_cache(maxsize=1_000)
def _in_london(moment: datetime) -> str:
    """Say one instant in UTC: of the hour that comes twice, both would be equal in London."""
    local = moment.astimezone(LONDON)
    said = f"{day_in_words(local.date())} at {local:%H:%M}"
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{said} {local.tzname()}" if twice else said


def readable(value: str) -> str:
    """Return a value with lines ended by a newline and every unreadable character shown as U+FFFD.

    Control, bidi and zero-width characters hide what a reader is told; lone surrogates cannot be
    written at all.
    """
    if value.isprintable():
        return value
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char if _shown(char) else "\N{REPLACEMENT CHARACTER}" for char in lines)


def _shown(char: str) -> bool:
    return char == "\n" or unicodedata.category(char) not in _NOT_FOR_READERS
