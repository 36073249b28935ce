"""What an event is to its concern: whom it names, whether it is said again, why it must wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from hub.concern import CannotFollow, Concern, Party, after
from hub.decision import Occasion, OccasionKind
from hub.events.envelope import Event
from hub.events.marks import named_by, variant_of
from hub.events.records import NoticeRecalled
from hub.pack.rules import HOLDS_CHANGED
from hub.page import Unsent
from hub.vocabulary import OccasionId, Role

LATE: Final = timedelta(hours=24)
"""A record made so much later than what it records is no longer contemporaneous (000 8.2, 9.2)."""

DESKS: Final = frozenset(
    {
        Role.CONTRACTS,
        Role.EMERGENCY_DUTY_TEAM,
        Role.HEAD_OF_SAFEGUARDING,
        Role.HEADS_OF_SERVICE,
        Role.COMMUNICATIONS,
        Role.EMERGENCY_PLANNING,
        Role.DATA_PROTECTION,
    }
)
"""Desks of an agency for one task, beside the part it answers by."""


def occasion_of(
    event: Event,
    kind: OccasionKind,
    concern: Concern | None,
    now: datetime,
    *,
    reconsidered: frozenset[Party],
    again: bool = False,
) -> Occasion:
    """Return the reason to tell that an event is, or that changed holds are after it."""
    key, is_event = f"{event.source}|{event.id}|{kind}", kind is OccasionKind.EVENT
    return Occasion(
        id=OccasionId(sha256(key.encode()).hexdigest()[:32]),
        kind=kind,
        concern=event.concern,
        event=event.id,
        event_source=event.source,
        event_name=event.name if is_event else HOLDS_CHANGED,
        at=now,
        reconsidered=reconsidered,
        named=named(event, concern) if is_event else frozenset(),
        variant=variant_of(event.data) if is_event else None,
        again=again and is_event,
    )


def named(event: Event, concern: Concern | None) -> frozenset[Party]:
    """Return whom the event names: each in the part it joins in, or in the parts it answers by.

    An agency that is named without a part is not meant at its desks for something else, such as
    contracts, unless it has no other part.
    """
    by = named_by(event.data)
    parties = concern.parties() if concern is not None else ()
    mine = [party for party in parties if (party.agency, None) in by]
    answering = {party.agency for party in mine if party.role not in DESKS}
    meant = {p for p in mine if p.role not in DESKS or p.agency not in answering}
    return frozenset(meant | {p for p in parties if (p.agency, p.role) in by})


def is_recalled(unsent: Unsent, event: Event) -> bool:
    """Whether this event calls back what waits to be sent (B03)."""
    data = event.data
    return (
        isinstance(data, NoticeRecalled)
        and unsent.party == Party(agency=data.party, role=data.role)
        and (unsent.event_source, unsent.event) == (data.event_source, data.event)
    )


def late_entry(event: Event) -> dict[str, str]:
    """Return the flag of an event that came long after it occurred (N030); nothing for others."""
    late = event.received is not None and event.received - event.occurred > LATE
    return {"late": "yes"} if late else {}


def said_already(event: Event, before: Concern | None) -> bool:
    """Whether an event says word for word what was said last about the same subject (M046)."""
    return before is not None and before.last(type(event.data), event.data.about()) == event.data


def why_not(concern: Concern | None, event: Event) -> str:
    """Say why an event still waits; nothing where it would follow now, and is about to be tried."""
    then = after(concern, event)
    return then.why if isinstance(then, CannotFollow) else ""
