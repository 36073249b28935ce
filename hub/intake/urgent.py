"""What may not wait: which events are urgent, and who must look when one cannot be taken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from hub.admit import host_named
from hub.concern import Party
from hub.events import EVENTS
from hub.events.envelope import WIRE_PREFIX, WIRE_SUFFIX, Event
from hub.leaf import leaf
from hub.obligation import Obligation, ObligationKind
from hub.page import Page
from hub.plan import Tools
from hub.ports import Received
from hub.vocabulary import AgencyId, Mint, Role

log = structlog.get_logger("hub.intake")

URGENT: Final = frozenset(
    {
        "closure.authorised",
        "concern.opened",
        "contract.withdrawn",
        "criminal.status.declared",
        "hold.placed",
        "placement.register.amended",
        "placement.register.declared",
        "police.advice.recorded",
        "protection.immediate.taken",
        "provider.failure.warned",
    }
)
URGENT_CHAPTERS: Final = ("emergency.",)
"""Somebody is in danger, or might be tipped off, while one of these is not taken (semantics 9).
What begins with the name of an urgent chapter is urgent, whatever follows."""

LOOK_WITHIN: Final = timedelta(minutes=5)
"""When a person must have looked at an urgent event that went wrong (M001)."""

_WIRE_TYPE: Final = re.compile(
    re.escape(WIRE_PREFIX.encode()) + rb"([a-z0-9._-]{1,64}?)" + re.escape(WIRE_SUFFIX.encode())
)


def is_urgent(received: Received) -> bool:
    """Whether a person must be rung when this cannot be taken; what nobody can read, might be."""
    wire = received.headers.get("ce-type", "").encode("utf-8", "replace")
    found = _WIRE_TYPE.search(wire) or _WIRE_TYPE.search(received.body)
    return found is None or urgent_name(found[1].decode())


def urgent_name(name: str) -> bool:
    """Whether events of this name may not wait."""
    known = EVENTS.get(name)
    named = name in URGENT or name.startswith(URGENT_CHAPTERS)
    return named or (known is not None and known.urgent)


def somebody_must_look(
    event: Event, host: AgencyId, says: str, mint: Mint, now: datetime
) -> Obligation:
    """Return what the host authority owes: a person looks at an urgent event within 5 minutes.

    `says` is one line of ours; what the event itself says is in quarantine or in the register.
    """
    return Obligation(
        id=mint.id(),
        concern=event.concern,
        kind=ObligationKind.PERSON,
        party=Party(agency=host, role=Role.HOST_AUTHORITY),
        due=now + LOOK_WITHIN,
        opened_at=now,
        key=f"urgent event:{event.source}|{event.id}",
        says=f"look at `{event.name}` now: {says}",
    )


def flagged(
    page: Page,
    taken: Sequence[Event],
    misnamed: Sequence[tuple[Event, str]],
    tools: Tools,
    now: datetime,
) -> Page:
    """Return the page, and what a person must look at beside it (M001).

    `taken`: the events this page was planned from; an urgent report that waits for a concern which
    nobody has said whom to tell of rings somebody.
    `misnamed`: urgent events that named a policy nobody knows, with that name. What the plan itself
    refused is in quarantine, and urgent.
    """
    host = page.concern.host_authority if page.concern else None
    refused = {(one.event.source, one.event.id): one.event for one in page.refused}
    owed = [
        somebody_must_look(event, whose, "it is in quarantine", tools.mint, now)
        for event in refused.values()
        if urgent_name(event.name) and (whose := host or host_named(event))
    ]
    waits = {(one.source, one.event) for one in page.waiting}
    for event in taken:
        told_nobody = event.data.before_opening and (event.source, event.id) in waits
        if told_nobody and urgent_name(event.name) and (whose := host or host_named(event)):
            says = "it waits for its concern: nobody has been told"
            owed.append(somebody_must_look(event, whose, says, tools.mint, now))
    notes = []
    for event, named in misnamed:
        if (event.source, event.id) in refused:
            continue
        log.error("event.policy.unknown", id=event.id, concern=event.concern, named=named)
        ids = {"event": event.id, "named": named, "pack": tools.pack.hash}
        notes.append(leaf("event.policy.unknown", now, event.concern, **ids))
        if whose := host or host_named(event):
            says = f"it named the policy `{named}`, which nobody knows; {tools.pack.name} decided"
            owed.append(somebody_must_look(event, whose, says, tools.mint, now))
    return replace(page, obligations=(*page.obligations, *owed), leaves=(*page.leaves, *notes))
