"""What opens a notice that comes late, and who reports: facts that no event says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Final

from hub.calendar import LONDON
from hub.compose.plain import day_in_words, moment_in_words
from hub.decision import Occasion, OccasionKind
from hub.directory import Directory
from hub.events import MeetingScheduled
from hub.events.envelope import Event
from hub.events.marks import facts_of
from hub.events.placements import ByCommissioner, PlacementEnquiryAnswered
from hub.vocabulary import InfoClass

LATE: Final = ("late_since", "late_lapsed")
"""The facts of class C0 that open a late notice, whatever it is about (rules.md, semantics 11)."""
REPORTING: Final = "reporting_authority"
FACTS: Final = (*LATE, REPORTING)

_LINE: Final = (
    "**Late.** This notice is late: it tells you what others were told on {late_since}, when we "
    "did not know that you had a part in this."
)
_LAPSED: Final = " {late_lapsed} has passed: for that date nothing more is asked of you."


def opening(slots: Mapping[str, str]) -> str:
    """Return the Markdown that opens a notice: that it is late, and what has lapsed, or nothing."""
    if "late_since" not in slots:
        return ""
    said = _LINE + (_LAPSED if "late_lapsed" in slots else "")
    return said.format_map(slots) + "\n\n"


def late_facts(occasion: Occasion, event: Event) -> dict[str, str | None]:
    """Return since when a back-filled notice was owed, and the last of its dates that has passed.

    The date by which to reply is no such date: it counts from now. Times are in London's time.
    """
    if occasion.kind is not OccasionKind.FOUND_LATE:
        return {}
    now = occasion.at
    passed = [moment for moment in _dates(event) if event.occurred < moment < now]
    return {
        "late_since": day_in_words(event.occurred.astimezone(LONDON).date()),
        "late_lapsed": moment_in_words(max(passed)) if passed else None,
    }


def reporting_facts(event: Event, directory: Directory) -> dict[str, str | None]:
    """Return the name of whoever reports by this event, as the directory has it."""
    match event.data:
        case ByCommissioner(commissioner=agency) | PlacementEnquiryAnswered(answered_by=agency):
            known = directory.agency(agency)
            return {REPORTING: known.name if known else agency}
        case _:
            return {}


def _dates(event: Event) -> Iterator[datetime]:
    """Yield each date that a notice of this event may show to every reader (C0)."""
    if isinstance(event.data, MeetingScheduled):
        yield event.data.starts_at
    for fact in facts_of(event.data):
        if fact.info is not InfoClass.PROCESS:
            continue
        for value in fact.values:
            if isinstance(value, datetime):
                yield value
            elif isinstance(value, date):
                yield datetime.combine(value, time(23, 59), LONDON)
