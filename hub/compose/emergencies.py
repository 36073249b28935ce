"""The facts of an emergency and of a planned closure, as notices may show them (004 section 12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from hub.calendar import LONDON
from hub.compose.plain import day_in_words, moment_in_words
from hub.concern import Concern, Party
from hub.decision import Occasion
from hub.directory import Directory
from hub.events.emergency import ClosurePlannedProvider, PolicyReferenceApplied
from hub.pack.cell import cell_of
from hub.pack.conditions import applies
from hub.pack.rules import VARIANT, Pack
from hub.vocabulary import Role

FACTS: Final = frozenset(
    {
        *("ends_at", "cause", "coordinator_name", "coordinator_phone", "press_office"),
        *("phone_list", "planned_end_on", "days_left", "policies_applied"),
    }
)
"""All of class C0."""

_RING: Final = frozenset({Role.HOST_AUTHORITY, Role.EMERGENCY_DUTY_TEAM})
"""Whose desk rings everybody: it gets one list, not thirty calls (rules.md, E1)."""
_NOT_RUNG: Final = frozenset({Role.PROVIDER, Role.ADULTS})
"""The Lead Enquiry Officer tells the provider (7.2), a worker the adults (7.3)."""


def emergency_facts(
    concern: Concern, occasion: Occasion, party: Party, pack: Pack, directory: Directory
) -> Mapping[str, str | None]:
    """Return what is known of the emergency there is; empty: there is none."""
    emergency = concern.emergency
    if emergency is None:
        return {}
    return {
        "ends_at": moment_in_words(emergency.ends_at) if emergency.ends_at else None,
        # CQC's cause waits until its order is served and a named person has released it (M105).
        "cause": emergency.told_cause(),
        "coordinator_name": emergency.coordinator.name,
        "coordinator_phone": emergency.coordinator.phone or concern.duty_phone,
        "press_office": emergency.press_office,
        "phone_list": _phones(concern, occasion, pack, directory) if party.role in _RING else None,
    }


def planned_facts(concern: Concern, pack: Pack, now: datetime) -> Mapping[str, str | None]:
    """Return the countdown of a planned closure (M113), and which other policies apply (M103)."""
    planned = concern.last(ClosurePlannedProvider)
    left = (planned.ends_on - now.astimezone(LONDON).date()).days if planned else None
    applied = (one.policy for one in concern.every(PolicyReferenceApplied))
    return {
        "planned_end_on": day_in_words(planned.ends_on) if planned else None,
        "days_left": None if left is None else str(max(left, 0)),
        "policies_applied": "; ".join(pack.policies.get(policy, policy) for policy in applied),
    }


def _phones(concern: Concern, occasion: Occasion, pack: Pack, directory: Directory) -> str:
    """Return a line for each agency that this is told to: its name and its phone out of hours."""
    lines: dict[str, None] = {}
    for party in concern.parties():
        mine = party.agency == concern.host_authority
        if mine or party.role in _NOT_RUNG or not _is_told(party, occasion, pack):
            continue
        agency = directory.agency(party.agency)
        name = agency.name if agency else party.agency
        phone = agency.out_of_hours_phone if agency else None
        lines[f"{name}: {phone or 'no number known'}"] = None
    return "\n".join(lines)


def _is_told(party: Party, occasion: Occasion, pack: Pack) -> bool:
    """Whether some rule tells this role, as far as the event itself says; in doubt it is rung."""
    facts = {VARIANT: occasion.variant or "unknown"}
    facts["named"] = "yes" if party in occasion.named else "no"
    return any(
        all(applies({fact: route.when[fact]}, facts) for fact in facts if fact in route.when)
        for route in cell_of(pack, occasion.event_name, party.role).routes
    )
