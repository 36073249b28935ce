"""Whether the provider had its papers in time for a findings meeting (004 8.1e; *Davis*).

The framework names no time. Two working days before the meeting are a project default: the local
guidance in the case said so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from hub.calendar import LONDON, Calendar, Within
from hub.concern import Concern, Party
from hub.concern.provider import provider_waits
from hub.events.asking import FairnessOverrideRecorded, ProviderPapersGiven
from hub.vocabulary import Nation, ObligationKind

BEFORE: Final = Within(amount=2, unit="working days")
_GIVE: Final = ObligationKind.GIVE_PAPERS

Owed = tuple[ObligationKind, str, Party, datetime | None, str]


def papers_owed(concern: Concern, host: Party, calendar: Calendar, now: datetime) -> Iterator[Owed]:
    """Yield that the papers are owed, or that it is too late for them to be fair.

    Nothing is owed while the provider is held: what it may not know it is not given (M072). Once
    it is free and the time is too short, the meeting is moved or somebody says why not (S17).
    """
    meetings = [meeting for meeting in concern.meetings if meeting.kind == "findings"]
    if not meetings or provider_waits(concern):
        return
    starts_at = meetings[-1].starts_at
    latest = latest_for(starts_at, calendar)
    key = starts_at.astimezone(UTC).isoformat()
    papers = concern.last(ProviderPapersGiven, key)
    if concern.last(FairnessOverrideRecorded, key) is not None:
        return
    if papers is None and now <= latest:
        says = "give the provider its papers two working days before the findings meeting (8.1e)"
        yield _GIVE, f"papers:{key}:", host, latest, says
    elif papers is None or papers.given_at > latest:
        says = "the papers are too late: move the findings meeting, or record why not (8.1e)"
        yield _GIVE, f"fairness:{key}:", host, min(now, starts_at), says


def latest_for(starts_at: datetime, calendar: Calendar) -> datetime:
    """Return when papers are last in time for a meeting: two whole working days lie between."""
    day = starts_at.astimezone(LONDON).replace(hour=23, minute=59, second=0, microsecond=0)
    while calendar.due(day, BEFORE, Nation.ENGLAND_AND_WALES) > starts_at:
        day -= timedelta(days=1)
    return day.astimezone(UTC)
