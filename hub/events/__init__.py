"""What case systems publish: the wire contract, one frozen model an event, one module a chapter.

Every field carries its information class; every docstring opens with its mission row and
paragraph. The envelope is CloudEvents 1.0.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import PlainSerializer, PlainValidator

from hub.events import (
    actions,
    adults,
    arrangements,
    assessing,
    assurance,
    candour,
    closure,
    commissioning,
    continuity,
    disclosures,
    emergency,
    escalating,
    improvement,
    initiation,
    meetings,
    participation,
    placements,
    police,
    provider,
    records,
    regulator,
    reporting,
)
from hub.events.closure import ClosureAuthorised, ClosureProposed, FirstHearing
from hub.events.emergency import Emergency, EmergencyClosureCqc
from hub.events.initiation import ChairAppointed, ConcernOpened, LeadAgencySet, Service, Theme
from hub.events.marks import fact_classes
from hub.events.meetings import MeetingScheduled, StageChanged, ThemesAgreed
from hub.events.model import Data, EventData, Info, Person
from hub.events.placements import Placement, PlacementRegisterAmended, PlacementRegisterDeclared
from hub.events.police import CriminalStatusDeclared, PoliceAdviceRecorded
from hub.events.provider import (
    HoldPlaced,
    HoldReleased,
    ProviderInformed,
    ProviderInvolvementReviewed,
)
from hub.vocabulary import InfoClass

_CHAPTERS: Final = (
    reporting.TYPES,
    escalating.TYPES,
    initiation.TYPES,
    assessing.TYPES,
    participation.TYPES,
    actions.TYPES,
    meetings.TYPES,
    placements.TYPES,
    commissioning.TYPES,
    police.TYPES,
    regulator.TYPES,
    disclosures.TYPES,
    records.TYPES,
    provider.TYPES,
    adults.TYPES,
    improvement.TYPES,
    assurance.TYPES,
    emergency.TYPES,
    continuity.TYPES,
    arrangements.TYPES,
    candour.TYPES,
    closure.TYPES,
)

EVENTS: Final[dict[str, type[EventData]]] = {
    model.wire: model for chapter in _CHAPTERS for model in chapter
}
"""Every event type by its short name; the wire type is `concernhub.<name>.v1`."""

EVENT_FACTS: Final[dict[str, InfoClass]] = fact_classes(EVENTS.values())
"""Every fact that some event may have, with its one class."""


def _as_known(data: EventData) -> dict[str, object]:
    return {"event": data.wire, "data": data.model_dump(mode="json")}


def _read_known(value: object) -> EventData:
    if isinstance(value, EventData):
        return value
    if not isinstance(value, dict) or value.get("event") not in EVENTS:
        msg = "names no event that this hub knows"
        raise ValueError(msg)
    return EVENTS[value["event"]].model_validate(value.get("data"))


AnyEvent = Annotated[EventData, PlainSerializer(_as_known), PlainValidator(_read_known)]
"""What an event says, of whatever type, as a concern keeps it."""

AnyEmergency = Annotated[Emergency, PlainSerializer(_as_known), PlainValidator(_read_known)]
"""What an event says of an emergency, as a concern keeps it."""

__all__ = [
    "EVENTS",
    "EVENT_FACTS",
    "AnyEmergency",
    "AnyEvent",
    "ChairAppointed",
    "ClosureAuthorised",
    "ClosureProposed",
    "ConcernOpened",
    "CriminalStatusDeclared",
    "Data",
    "Emergency",
    "EmergencyClosureCqc",
    "EventData",
    "FirstHearing",
    "HoldPlaced",
    "HoldReleased",
    "Info",
    "LeadAgencySet",
    "MeetingScheduled",
    "Person",
    "Placement",
    "PlacementRegisterAmended",
    "PlacementRegisterDeclared",
    "PoliceAdviceRecorded",
    "ProviderInformed",
    "ProviderInvolvementReviewed",
    "Service",
    "StageChanged",
    "Theme",
    "ThemesAgreed",
]
