"""Who takes an obligation in hand until a time; then it is asked again (rules.md, escalation 6).

To take is to promise, never to have been told: nothing is discharged by it, nothing is evidence,
and what is overdue stays overdue. Pure; takes `now` (UTC).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from hub.obligation import Obligation, ObligationKind
from hub.vocabulary import Lane

LONGEST: Final = timedelta(hours=24)
"""Nothing is in one pair of hands for longer at a time."""
SHORTEST: Final = timedelta(minutes=15)
"""So long it may be taken, however little time it was given."""

BY_LAW: Final = frozenset(
    {ObligationKind.REPORT_BREACH, ObligationKind.ANSWER_SUBJECT, ObligationKind.ANSWER_BOARD}
)
"""Whose deadline the law sets (UK GDPR Art 33, 12(3); Care Act 2014 s.45)."""


def longest(owed: Obligation, lane: Lane | None, now: datetime) -> timedelta:
    """Return for how long it may be taken at most; zero or less: not at all.

    No longer than its time was in the first place, nor than a day: what was given 30 minutes is
    asked again after 30. What is about an immediate notice never waits an hour, which is how often
    such a ladder is raised. Before a deadline of the law it is never taken past it.
    """
    allowed = min(max(owed.due - owed.opened_at, SHORTEST), LONGEST)
    if lane is Lane.IMMEDIATE:
        allowed = min(allowed, timedelta(minutes=30))
    if owed.kind in BY_LAW and now < owed.due:
        allowed = min(allowed, owed.due - now)
    return allowed


def why_not(owed: Obligation, now: datetime) -> str:
    """Return why nobody may take it at this moment; empty: somebody may.

    It is asked again between one pair of hands and the next: to take it on and on would be an end
    in silence (escalation 5).
    """
    if owed.taken is not None and owed.taken.until > now:
        return f"It is in the hands of {owed.taken.by} already"
    asking = owed.climb is not None and owed.climb.next_at is not None
    if asking and owed.climb is not None and (owed.climb.next_at or now) <= now:
        return "It is being asked again at this moment; try again in a minute"
    return ""
