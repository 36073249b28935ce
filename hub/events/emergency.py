"""Emergency planning and emergency closure (004 sections 11.2 and 12)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from hub.events.ground import Ground
from hub.events.model import (
    COMMERCIAL,
    PROCESS,
    REGULATORY,
    THEMES,
    Code,
    EventData,
    Fact,
    Line,
    Moment,
    Names,
    Person,
    Text,
    Variant,
)
from hub.events.references import Reference
from hub.vocabulary import Role

CAUSES: Final = {
    "disaster": "a natural disaster",
    "fire": "fire",
    "flood": "flood",
    "unsafe-building": "the building is not safe",
}
"""Why people must leave, in words for every reader (004 12.1)."""


class Emergency(EventData):
    """004 12.1: what every emergency says, so that whoever is found late hears of it as well.

    It may come before any concern is opened; then `ground` says whom to tell.
    """

    before_opening: ClassVar[bool] = True
    urgent: ClassVar[bool] = True
    brings: ClassVar[bool] = True

    ground: Ground | None = None
    ends_at: Annotated[Moment | None, PROCESS] = None
    """When care here ends, or everybody must have left; None: nobody knows yet."""
    coordinator: Person
    """Who is rung at all hours until it is over."""
    press_office: Annotated[Line, PROCESS]

    def told_cause(self) -> str | None:
        """Return its cause as every reader may be told it (C0); None: it may not be, or is not."""
        return None


class EmergencyPlanningIndicated(Emergency):
    """M104 (004 12.1): a concern indicates the emergency planning procedure: they meet at once."""

    wire: ClassVar[str] = "emergency.planning.indicated"

    indicated_by: Annotated[Person, Fact("indicated_by")]
    reason: Annotated[Text, THEMES, Fact("emergency_reason")]
    heads_of_service: Annotated[
        tuple[Code, ...], PROCESS, Names(Role.HEADS_OF_SERVICE), Field(max_length=20)
    ] = ()
    """Whose heads of service meet, besides the host authority's own."""
    meet_at: Annotated[Moment | None, PROCESS, Fact("urgent_meeting_at")] = None
    meet_where: Annotated[Line | None, PROCESS, Fact("urgent_meeting_place")] = None


class EmergencyClosureCqc(Emergency):
    """M105 (004 12.1): CQC closes the service at once.

    The cause may be told only once the order has been served and a named person has released it.
    A release of an order that has not been served is refused.
    """

    wire: ClassVar[str] = "emergency.closure.cqc"

    ends_at: Annotated[Moment, PROCESS]
    served_at: Annotated[Moment | None, PROCESS] = None
    released_by: Annotated[Line | None, PROCESS] = None
    cause: Annotated[Line, REGULATORY]
    removal_resisted: Annotated[bool, PROCESS, Variant()] = False
    """Whether somebody stops people from being moved: the police are asked to send officers."""

    def told_cause(self) -> str | None:
        """Return the cause once the order is served and a named person has released it (M105)."""
        return self.cause if self.served_at is not None and self.released_by is not None else None


class EmergencyEvacuation(Emergency):
    """M106, M107, M108, M109 (004 12.1): people must leave: disaster, fire, flood, the building."""

    wire: ClassVar[str] = "emergency.evacuation"

    cause: Annotated[Literal["disaster", "fire", "flood", "unsafe-building"], PROCESS, Variant()]
    extent: Annotated[
        Literal["evacuation", "temporary closure", "permanent closure"],
        PROCESS,
        Fact("evacuation_extent"),
    ] = "evacuation"
    gathering_at: Annotated[Line | None, PROCESS, Fact("gathering_at")] = None
    """Where people are taken first, such as a rest centre."""
    fire_service: Annotated[Code | None, PROCESS, Names(Role.FIRE)] = None
    nhs_services: Annotated[
        tuple[Code, ...], PROCESS, Names(Role.NHS_SERVICES), Field(max_length=20)
    ] = ()
    """Ambulance, hospital and community services."""
    building_control: Annotated[Code | None, PROCESS, Names(Role.BUILDING_CONTROL)] = None
    health_and_safety: Annotated[Code | None, PROCESS, Names(Role.HSE)] = None

    def told_cause(self) -> str | None:
        """Return the cause: an evacuation's is no secret of anybody."""
        return CAUSES[self.cause]

    def unnamed(self) -> tuple[Role, ...]:
        """Return who is needed here and is not named: somebody must ring them (M106, M109)."""
        needed: dict[Role, object] = {
            Role.FIRE: self.fire_service,
            Role.NHS_SERVICES: self.nhs_services,
        }
        if self.cause == "unsafe-building":
            needed[Role.BUILDING_CONTROL] = self.building_control
            needed[Role.HSE] = self.health_and_safety
        return tuple(role for role, code in needed.items() if not code)


class ContractWithdrawn(Emergency):
    """M110, M111, M112 (004 12.1): health or social care withdraws its contract at once.

    The provider's notice goes out by the authority of the Chair or the commissioner, named here.
    """

    wire: ClassVar[str] = "contract.withdrawn"

    withdrawn_by: Annotated[Code, PROCESS, Names()]
    cause: Annotated[
        Literal["safeguarding", "management", "financial"],
        COMMERCIAL,
        Variant(),
        Fact("withdrawal_cause"),
    ]
    authority: Annotated[Literal["chair", "commissioner"], PROCESS, Fact("withdrawal_authority")]
    authorised_by: Annotated[Person, Fact("withdrawal_authorised_by")]
    contract: Annotated[Reference, COMMERCIAL]

    def about(self) -> str:
        """Return which contract."""
        return self.contract


class EmergencyCategorySet(Emergency):
    """M116 (004 12.1): it was decided that this is an emergency, or that it is planned."""

    wire: ClassVar[str] = "emergency.category.set"

    category: Annotated[
        Literal["emergency", "planned"], PROCESS, Variant(), Fact("category_decided")
    ]
    reason: Annotated[Line, PROCESS, Fact("category_reason")]
    decided_by: Annotated[Person, Fact("category_decided_by")]


class ClosurePlannedProvider(EventData):
    """M113 (004 12.1): the provider gives notice under its contract that it will close."""

    wire: ClassVar[str] = "closure.planned.provider"
    brings: ClassVar[bool] = True

    notice_given_on: Annotated[date, PROCESS, Fact("notice_given_on")]
    notice_days: Annotated[int, PROCESS, Field(ge=1, le=730), Fact("notice_days")]
    """The notice period of the contract, in days; the countdown begins when notice was given."""
    plan_contact: Annotated[Person, Fact("plan_contact")]
    reason: Annotated[Text | None, COMMERCIAL, Fact("market_exit_reason")] = None

    @property
    def ends_on(self) -> date:
        """Return the day on which the notice period runs out."""
        return self.notice_given_on + timedelta(days=self.notice_days)


class RegulatorNoticeProposal(EventData):
    """M114 (004 12.1): CQC proposes to remove a location from the registration.

    What it proposes is the regulator's: the host and those who must plan are told it only where
    the regulator agrees, by name, here or by a decision of its own. Adults are not told.
    """

    wire: ClassVar[str] = "regulator.notice.proposal"
    brings: ClassVar[bool] = True

    reference: Annotated[Line, REGULATORY]
    proposal: Annotated[Line, REGULATORY, Fact("notice_of_proposal")]
    served_on: Annotated[date, REGULATORY, Fact("proposal_served_on")]
    expected_end_on: Annotated[date | None, REGULATORY, Fact("expected_end_on")] = None
    planners: Annotated[tuple[Code, ...], PROCESS, Names(), Field(max_length=200)] = ()
    """The commissioners who need to plan, and why that is so has been recorded."""
    agreed_by: Annotated[Person | None, PROCESS] = None
    """Who at the regulator agreed that the host and the planners are told; None: nobody yet."""

    def about(self) -> str:
        """Return which proposal."""
        return self.reference


class RegulatorNoticeDecision(EventData):
    """M115 (004 12.1): CQC decides on its proposal; that takes the proposal's place."""

    wire: ClassVar[str] = "regulator.notice.decision"
    brings: ClassVar[bool] = True

    supersedes: Annotated[Line, REGULATORY]
    """The reference of the Notice of Proposal."""
    outcome: Annotated[
        Literal["remove", "do not remove"], REGULATORY, Variant(), Fact("decision_outcome")
    ]
    served_on: Annotated[date, REGULATORY, Fact("decision_served_on")]
    takes_effect_on: Annotated[date | None, REGULATORY, Fact("removal_takes_effect_on")] = None
    planners: Annotated[tuple[Code, ...], PROCESS, Names(), Field(max_length=200)] = ()
    agreed_by: Annotated[Person | None, PROCESS] = None

    def about(self) -> str:
        """Return which proposal it decides."""
        return self.supersedes

    @model_validator(mode="after")
    def _removal_takes_effect(self) -> RegulatorNoticeDecision:
        if (self.outcome == "remove") != (self.takes_effect_on is not None):
            msg = "`takes_effect_on` stands with `remove`, and with nothing else"
            raise ValueError(msg)
        return self


class ClosureResponsePlanDecided(EventData):
    """M123 (004 12.1): whether the closure response plan is invoked, by whom, and why."""

    wire: ClassVar[str] = "closure.response.plan.decided"
    brings: ClassVar[bool] = True

    decision: Annotated[
        Literal["invoked", "not invoked"], PROCESS, Variant(), Fact("plan_decision")
    ]
    decided_by: Annotated[Person, Fact("plan_decided_by")]
    reason: Annotated[Line, PROCESS, Fact("plan_reason")]


class PolicyReferenceApplied(EventData):
    """M103 (004 11.2): another policy applies to this concern; notices cite it from now on."""

    wire: ClassVar[str] = "policy.reference.applied"

    policy: Annotated[
        Literal["emergency planning", "joint management of incidents", "information sharing"],
        PROCESS,
        Variant(),
        Fact("policy_applied"),
    ]
    reason: Annotated[Line, PROCESS, Fact("policy_reason")]

    def about(self) -> str:
        """Return which policy."""
        return self.policy


TYPES: Final[tuple[type[EventData], ...]] = (
    EmergencyPlanningIndicated,
    EmergencyClosureCqc,
    EmergencyEvacuation,
    ContractWithdrawn,
    EmergencyCategorySet,
    ClosurePlannedProvider,
    RegulatorNoticeProposal,
    RegulatorNoticeDecision,
    ClosureResponsePlanDecided,
    PolicyReferenceApplied,
)
"""Every event of this chapter."""
