"""What case systems publish: the wire contract, one frozen model an event, one module a chapter.

Every field carries its information class; every docstring opens with its mission row and
paragraph. The envelope is CloudEvents 1.0.
"""

from __future__ import annotations

from typing import Final

from hub.events.closure import ClosureAuthorised, ClosureProposed, FirstHearing
from hub.events.emergency import EmergencyClosureCqc
from hub.events.initiation import ChairAppointed, ConcernOpened, LeadAgencySet, Service, Theme
from hub.events.meetings import MeetingScheduled, StageChanged, ThemesAgreed
from hub.events.model import Data, Info, Person
from hub.events.placements import Placement, PlacementRegisterAmended, PlacementRegisterDeclared
from hub.events.police import CriminalStatusDeclared, PoliceAdviceRecorded
from hub.events.provider import (
    HoldPlaced,
    HoldReleased,
    ProviderInformed,
    ProviderInvolvementReviewed,
)

EventData = (
    ConcernOpened
    | LeadAgencySet
    | ChairAppointed
    | PlacementRegisterDeclared
    | PlacementRegisterAmended
    | CriminalStatusDeclared
    | PoliceAdviceRecorded
    | ProviderInvolvementReviewed
    | ProviderInformed
    | HoldPlaced
    | HoldReleased
    | StageChanged
    | MeetingScheduled
    | ThemesAgreed
    | EmergencyClosureCqc
    | ClosureProposed
    | ClosureAuthorised
)

EVENTS: Final[dict[str, type[EventData]]] = {
    "concern.opened": ConcernOpened,
    "lead.agency.set": LeadAgencySet,
    "chair.appointed": ChairAppointed,
    "placement.register.declared": PlacementRegisterDeclared,
    "placement.register.amended": PlacementRegisterAmended,
    "criminal.status.declared": CriminalStatusDeclared,
    "police.advice.recorded": PoliceAdviceRecorded,
    "provider.involvement.reviewed": ProviderInvolvementReviewed,
    "provider.informed": ProviderInformed,
    "hold.placed": HoldPlaced,
    "hold.released": HoldReleased,
    "stage.changed": StageChanged,
    "meeting.scheduled": MeetingScheduled,
    "themes.agreed": ThemesAgreed,
    "emergency.closure.cqc": EmergencyClosureCqc,
    "closure.proposed": ClosureProposed,
    "closure.authorised": ClosureAuthorised,
}
"""Every event type by its short name; the wire type is `concernhub.<name>.v1`."""

__all__ = [
    "EVENTS",
    "ChairAppointed",
    "ClosureAuthorised",
    "ClosureProposed",
    "ConcernOpened",
    "CriminalStatusDeclared",
    "Data",
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
