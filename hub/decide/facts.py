"""The facts a rule may ask for, as they are for one party at one moment (rules.md, semantics 2)."""

from __future__ import annotations

from typing import Final

from hub.concern import Concern, Party
from hub.concern.adults import communication
from hub.concern.provider import contact
from hub.concern.reporting import amounts_to
from hub.decision import (
    History,
    Occasion,
    OccasionKind,
)
from hub.events import ClosureAuthorised, EmergencyClosureCqc
from hub.events.assessing import ThresholdAssessed
from hub.events.records import NoticeRecalled
from hub.events.regulator import InspectionReportShared
from hub.pack.rules import UNKNOWN, VARIANT
from hub.vocabulary import (
    Role,
)

BY_LAW: Final = frozenset({Role.SAB, Role.DATA_PROTECTION})
"""Who comes by the law, whether or not the process has ended (Care Act s.45; Art 33)."""


def facts_about(
    party: Party, concern: Concern, history: History, occasion: Occasion | None = None
) -> dict[str, str]:
    """Return the value of every fact a rule may ask for, as it is for this party now."""
    commissions = party.role in {Role.PLACING_AUTHORITY, Role.PLACING_ICB}
    reconsidered = occasion is not None and party in occasion.reconsidered
    # Whoever is found late has been told the current position, or it is held, before its history.
    late = occasion is not None and occasion.kind is OccasionKind.FOUND_LATE
    ending = concern.closure_authorised or concern.closure_proposed
    return {
        "criminal": str(concern.criminal),
        "police_advice": str(concern.police_advice),
        "places_adults": _places_adults(party, concern) if commissions else "no",
        "reconsider": _yes(reconsidered and not late),
        "position": _position(concern),
        "held_before": _yes(party in history.ever_held()),
        "told_before": _yes(late or party in history.ever_told()),
        "provider_informed": _yes(concern.provider_informed is not None),
        "order_served": _order_served(concern),
        "first_hearing": _first_hearing(party, concern, history, occasion),
        "ending": str(ending.ending) if ending else UNKNOWN,
        "named": _yes(occasion is not None and party in occasion.named),
        VARIANT: (occasion.variant if occasion is not None else None) or UNKNOWN,
        "again": _yes(occasion is not None and occasion.again),
        "report": _report(occasion),
        "mistaken": _mistaken(party, concern, occasion),
        "scope": _scope(party, concern),
        "takes_part": _yes(party in concern.joined),
        "contact": contact(concern),
        **facts_of_the_concern(concern),
    }


def facts_of_the_concern(concern: Concern) -> dict[str, str]:
    """Return the facts that are the same for every party."""
    begun = {True: "yes", False: "no", None: "undecided"}
    return {
        "risk": concern.risk_level,
        "severity": "flagged" if concern.severe else "not flagged",
        "initiated": begun[concern.initiated],
        "communication": communication(concern),
        "sharing": _agreed(concern.sharing_agreed),
        "held_elsewhere": _yes(concern.held_elsewhere),
        "consultation": _consultation(concern),
        "category": concern.category or UNKNOWN,
        "urgency": "not urgent",
        **_assessed(concern),
    }


def _consultation(concern: Concern) -> str:
    """Whether the police are asked about a step; protection in an emergency never waits (M051)."""
    waits = concern.consulting and _position(concern) != "emergency"
    return "open" if waits else "none"


def _assessed(concern: Concern) -> dict[str, str]:
    """Return what was said last of the threshold, and of what the concern amounts to (000 9.5)."""
    threshold = concern.last(ThresholdAssessed)
    return {
        "threshold": threshold.decision if threshold else UNKNOWN,
        **{_label(one): _yes(so) for one, so in amounts_to(concern).items()},
    }


def _label(label: str) -> str:
    return "is_" + label.removesuffix(" safety incident").replace(" ", "_")


def _report(occasion: Occasion | None) -> str:
    """Whether this occasion tells of an inspection report that is not published yet (M045)."""
    if occasion is None or occasion.event_name != InspectionReportShared.wire:
        return "no report"
    return occasion.variant or UNKNOWN


def _mistaken(party: Party, concern: Concern, occasion: Occasion | None) -> str:
    """Whether this party was told by mistake alone; it hears once more, to delete (B03)."""
    recall = concern.last(NoticeRecalled)
    if occasion is not None and occasion.event_name == NoticeRecalled.wire and recall is not None:
        mistaken = Party(agency=recall.party, role=recall.role)
        if party == mistaken:
            return "recalled"
    return _yes(party in concern.mistaken)


def _scope(party: Party, concern: Concern) -> str:
    """Return whether a party is on the list of who takes part; the statutory minimum always is."""
    if concern.scope is None:
        return "not set"
    return "outside" if party in concern.joined and party not in concern.scope else "within"


def _places_adults(party: Party, concern: Concern) -> str:
    return "yes" if concern.adults_of(party) else UNKNOWN


def _position(concern: Concern) -> str:
    if concern.closure_authorised is not None and not concern.emergency_after_end:
        return "closing"
    if concern.emergency is not None:
        return "emergency"
    return "open" if concern.opened else "reported"


def _order_served(concern: Concern) -> str:
    now = concern.emergency
    order = now if isinstance(now, EmergencyClosureCqc) else concern.last(EmergencyClosureCqc)
    if order is None:
        return UNKNOWN
    return _yes(order.served_at is not None and bool(order.released_by))


def _first_hearing(
    party: Party, concern: Concern, history: History, occasion: Occasion | None
) -> str:
    """Nobody first hears at closure without the Chair's named decision (M101)."""
    if concern.closure_authorised is None or party in history.ever_told():
        return "not the first"
    if party.role in BY_LAW:
        return "not the first"
    of_the_end = occasion is not None and occasion.event_name == ClosureAuthorised.wire
    if concern.emergency_after_end and not of_the_end:
        return "not the first"  # it hears of an emergency, not of the end
    decided = {hearing.party for hearing in concern.closure_authorised.first_hearings}
    return "decided by the Chair" if party.agency in decided else "not decided"


def _agreed(value: bool) -> str:  # noqa: FBT001  # it is the whole of what is asked
    return "agreed" if value else "not agreed"


def _yes(value: bool) -> str:  # noqa: FBT001  # it is the whole of what is asked
    return "yes" if value else "no"
