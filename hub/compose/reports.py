"""What no field of a report says of itself: what it lacks, that it is late, what one is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from hub.concern import Concern, Party
from hub.concern.reporting import lacking
from hub.events.envelope import Event
from hub.events.escalating import ConcernEscalated
from hub.events.reporting import ConcernRaised, TriggerReported

FACTS: Final = ("trigger_lacks", "late_entry", "escalation_asked")
"""Facts of class C0: they say what is to be done, and nothing of the matter."""
_DAY: Final = timedelta(days=1)


def report_facts(concern: Concern, event: Event, party: Party) -> dict[str, str | None]:
    """Return what a report still lacks (1.2), how late it was recorded, and what `party` is asked.

    What one body is asked is shown to that body alone (000 9.6).
    """
    match event.data:
        case TriggerReported() as data:
            return {"trigger_lacks": "; ".join(lacking(data, concern)) or None}
        case ConcernRaised() as data:
            return {"late_entry": _late(data.late_by())}
        case ConcernEscalated() as data:
            return {"escalation_asked": data.asked_of(party.agency)}
        case _:
            return {}


def _late(by: timedelta | None) -> str | None:
    if by is None:
        return None
    days = by // _DAY
    return f"recorded {days} day{'' if days == 1 else 's'} after it occurred"
