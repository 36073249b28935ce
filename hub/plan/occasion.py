"""What an event is to its concern: whom it names, whether it is said again, why it must wait."""

from __future__ import annotations

from hub.concern import CannotFollow, Concern, Party, after
from hub.events.envelope import Event
from hub.events.marks import named_by
from hub.events.records import NoticeRecalled
from hub.page import Unsent


def named(event: Event, concern: Concern | None) -> frozenset[Party]:
    """Return whom the event names, each in the part it joins in, or in every part it has."""
    by = named_by(event.data)
    return frozenset(
        party
        for party in (concern.parties() if concern is not None else ())
        if (party.agency, party.role) in by or (party.agency, None) in by
    )


def is_recalled(unsent: Unsent, event: Event) -> bool:
    """Whether this event calls back what waits to be sent (B03)."""
    data = event.data
    return (
        isinstance(data, NoticeRecalled)
        and unsent.party == Party(agency=data.party, role=data.role)
        and (unsent.event_source, unsent.event) == (data.event_source, data.event)
    )


def said_already(event: Event, before: Concern | None) -> bool:
    """Whether an event says word for word what was said last about the same subject (M046)."""
    return before is not None and before.last(type(event.data), event.data.about()) == event.data


def why_not(concern: Concern | None, event: Event) -> str:
    """Say why an event still waits; nothing where it would follow now, and is about to be tried."""
    then = after(concern, event)
    return then.why if isinstance(then, CannotFollow) else ""
