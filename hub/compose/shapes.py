"""Which facts are certain to be there for a route and a role; any other needs a condition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from hub.compose.asked import BOARD
from hub.compose.endings import FACTS as ENDING
from hub.compose.naming import NAMES
from hub.events import EVENT_FACTS, EVENTS, Emergency
from hub.events.marks import certain_facts
from hub.events.placements import ByCommissioner, PlacementEnquiryAnswered
from hub.pack.rules import Route
from hub.vocabulary import InfoClass, Lane, Role

ALWAYS: Final = frozenset(
    {
        *("concern_ref", "opened_on", "host_authority", "provider_name", "location_name"),
        *("postcode", "stage", "leo_name", "leo_phone", "duty_phone", "ack_code", "ack_page"),
        *("purpose", "basis", BOARD, *NAMES),
    }
)
"""Every notice that may say that the process exists has these (C0)."""

_EMERGENCY: Final = frozenset({"coordinator_name", "coordinator_phone", "press_office"})
_CLOSURE: Final = frozenset({*ENDING, "chair_name"})
_MEETING: Final = frozenset({"meeting_kind", "meeting_at", "meeting_place", "next_meeting_at"})
_THEMES: Final = frozenset({"themes_by_key_question", "themes_plain", "risk_level"})
_URGENT: Final = frozenset({"escalate_at", "on_call_role", "reply_due"})

_OF_EVENT: Final[Mapping[str, frozenset[str]]] = {
    "lead.agency.set": frozenset({"lead_agency"}),
    "chair.appointed": frozenset({"chair_name"}),
    "provider.informed": frozenset({"informed_at"}),
    "stage.changed": frozenset({"from_stage", "to_stage"}),
    "meeting.scheduled": _MEETING - {"next_meeting_at"},
    "emergency.closure.cqc": _EMERGENCY | {"ends_at"},
    "closure.planned.provider": frozenset({"planned_end_on", "days_left"}),
    "closure.authorised": _CLOSURE,
}
_OF_POSITION: Final[Mapping[str, frozenset[str]]] = {"emergency": _EMERGENCY, "closing": _CLOSURE}

_TOGETHER: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(_EMERGENCY, _EMERGENCY),
    **dict.fromkeys(("cause", "ends_at", "phone_list"), _EMERGENCY),
    **dict.fromkeys(_CLOSURE - {"chair_name"}, _CLOSURE),
    **dict.fromkeys(_MEETING - {"next_meeting_at"}, _MEETING - {"next_meeting_at"}),
    **dict.fromkeys(_THEMES | {"affected_count"}, _THEMES),
    **dict.fromkeys({"escalate_at", "on_call_role"}, _URGENT),
    **dict.fromkeys({"from_stage", "to_stage"}, frozenset({"from_stage", "to_stage"})),
    "chair_phone": frozenset({"chair_name"}),
}


def certain(route: Route, role: Role) -> frozenset[str]:
    """Return the facts that every notice of this route to this role has, if it is told C0 alone."""
    found = ALWAYS | _OF_EVENT.get(route.event, frozenset())
    model = EVENTS.get(route.event)
    if model is not None:
        of_event = certain_facts(model)
        found |= {fact for fact in of_event if EVENT_FACTS[fact] is InfoClass.PROCESS}
        if issubclass(model, ByCommissioner | PlacementEnquiryAnswered):
            found |= {"reporting_authority"}
        if issubclass(model, Emergency) and route.event != "emergency.category.set":
            found |= _EMERGENCY
    if role is not Role.PROVIDER:
        found |= {"handling"}
    if route.reply_within is not None:
        found |= _URGENT if route.lane is Lane.IMMEDIATE else {"reply_due"}
    positions = route.when.get("position", frozenset())
    if len(positions) == 1:
        found |= _OF_POSITION.get(next(iter(positions)), frozenset())
    return found


def with_company(facts: Iterable[str]) -> frozenset[str]:
    """Return these facts, and those of the same class that are always there where they are."""
    known = frozenset(facts)
    return known.union(*(_TOGETHER.get(fact, frozenset()) for fact in known))
