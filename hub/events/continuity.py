"""Continuity of care: failure, sanctions, risks, contingency, arrangements (004 8.4; 000 5, 8)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from hub.events.ground import Ground
from hub.events.model import (
    COMMERCIAL,
    PROCESS,
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


class ProviderFailureWarned(EventData):
    """M088 (004 8.4): the provider cannot improve, or may fail or be interrupted."""

    wire: ClassVar[str] = "provider.failure.warned"
    before_opening: ClassVar[bool] = True
    urgent: ClassVar[bool] = True

    ground: Ground | None = None
    warning: Annotated[
        Literal["unable to improve", "possible failure", "possible interruption"],
        THEMES,
        Variant(),
        Fact("failure_warning"),
    ]
    warned_at: Annotated[Moment, PROCESS, Fact("failure_warned_at")]
    care_may_end_at: Annotated[Moment | None, PROCESS, Fact("care_may_end_at")] = None
    position: Annotated[Text | None, COMMERCIAL, Fact("failure_position")] = None
    """What is known of the provider's money and contracts."""


class SanctionApplied(EventData):
    """N012 (000 5): what follows where a provider does not meet the standards."""

    wire: ClassVar[str] = "sanction.applied"
    before_opening: ClassVar[bool] = True

    ground: Ground | None = None
    sanction: Annotated[Reference, PROCESS]
    kind: Annotated[
        Literal[
            "monitoring",
            "corrective action",
            "suspension",
            "safeguarding",
            "contract action",
            "termination",
        ],
        PROCESS,
        Variant(),
        Fact("sanction_kind"),
    ]
    applied_by: Annotated[Person, Fact("sanction_applied_by")]
    starts_at: Annotated[Moment, PROCESS, Fact("sanction_starts_at")]
    reason: Annotated[Text, THEMES, Fact("sanction_reason")]

    def about(self) -> str:
        """Return which sanction."""
        return self.sanction


class ContinuityRiskRaised(EventData):
    """N027 (000 8.1): care that adults rely on may not come; or this hub itself did not work."""

    wire: ClassVar[str] = "continuity.risk.raised"
    before_opening: ClassVar[bool] = True

    ground: Ground | None = None
    risk: Annotated[Reference, PROCESS]
    kind: Annotated[
        Literal[
            "missed visits",
            "delayed response",
            "communication breakdown",
            "equipment",
            "workforce",
            "transport",
            "medication delay",
            "digital failure",
            "emergency unavailability",
            "hub outage",
        ],
        PROCESS,
        Variant(),
        Fact("continuity_risk"),
    ]
    since: Annotated[Moment, PROCESS, Fact("continuity_risk_since")]
    until: Annotated[Moment | None, PROCESS, Fact("continuity_risk_until")] = None
    """None: it lasts."""
    affected: Annotated[tuple[Code, ...], PROCESS, Names(), Field(max_length=200)] = ()
    """The commissioners of the adults affected; of an outage of this hub, everybody's."""
    cover: Annotated[Text | None, THEMES, Fact("continuity_cover")] = None
    """What is done meanwhile."""

    def about(self) -> str:
        """Return which risk."""
        return self.risk


class ContingencyPlanRecorded(EventData):
    """N028 (000 8.1): the written plan for when care that carries a higher risk does not come."""

    wire: ClassVar[str] = "contingency.plan.recorded"

    plan: Annotated[Reference, PROCESS]
    triggers: Annotated[Text, THEMES]
    alternative_cover: Annotated[Text, THEMES]
    contacts: Annotated[tuple[Person, ...], PROCESS, Field(min_length=1, max_length=20)]
    escalation: Annotated[Text, PROCESS]
    telling_the_person: Annotated[Text, THEMES]
    """How the adult is told, and by whom."""
    out_of_hours: Annotated[Line, PROCESS, Fact("plan_out_of_hours")]

    def about(self) -> str:
        """Return which plan."""
        return self.plan


class ContingencyPlanInvoked(EventData):
    """N028 (000 8.1): the plan is put to work; whoever placed the adult, and the adult, hear."""

    wire: ClassVar[str] = "contingency.plan.invoked"
    before_opening: ClassVar[bool] = True

    ground: Ground | None = None
    plan: Annotated[Reference, PROCESS]
    placed_by: Annotated[tuple[Code, ...], PROCESS, Names(), Field(min_length=1, max_length=200)]
    """The authorities whose adults the plan is for."""
    invoked_by: Annotated[Person, Fact("plan_invoked_by")]
    invoked_at: Annotated[Moment, PROCESS, Fact("plan_invoked_at")]
    cover: Annotated[Text, THEMES, Fact("plan_cover")]
    """Who gives the care from now on, and how."""

    def about(self) -> str:
        """Return which plan."""
        return self.plan


class _Arrangement(EventData):
    """N034 (000 8.4): an arrangement with the provider no longer stands as it stood."""

    before_opening: ClassVar[bool] = True

    ground: Ground | None = None
    arrangement: Annotated[Reference, PROCESS]
    cause: Annotated[
        Literal[
            "abuse or neglect",
            "unsafe care",
            "regulatory action",
            "safeguarding",
            "data breach",
            "uninsured",
            "non-cooperation",
            "insolvency",
        ],
        COMMERCIAL,
        Fact("arrangement_cause"),
    ]
    decided_by: Annotated[Person, Fact("arrangement_decided_by")]
    decided_at: Annotated[Moment, PROCESS, Fact("arrangement_decided_at")]
    evidence: Annotated[Line, COMMERCIAL]
    """Where the evidence is kept."""
    rationale: Annotated[Text, COMMERCIAL, Fact("arrangement_rationale")]
    adults_affected: Annotated[bool, PROCESS] = True
    """Whether anybody loses care by it, who must have other care without avoidable delay."""

    def about(self) -> str:
        """Return which arrangement."""
        return self.arrangement


class ArrangementSuspended(_Arrangement):
    """N034 (000 8.4): the arrangement is suspended, on evidence."""

    wire: ClassVar[str] = "arrangement.suspended"


class ArrangementRestricted(_Arrangement):
    """N034 (000 8.4): the arrangement is restricted, on evidence."""

    wire: ClassVar[str] = "arrangement.restricted"

    restriction: Annotated[Line, PROCESS, Fact("arrangement_restriction")]


class ArrangementTerminated(_Arrangement):
    """N034 (000 8.4): the arrangement is ended, on evidence."""

    wire: ClassVar[str] = "arrangement.terminated"

    ends_at: Annotated[Moment, PROCESS, Fact("arrangement_ends_at")]


class AlternativeCareArranged(EventData):
    """N034 (000 8.4): other care is in place for those who lost it, without avoidable delay."""

    wire: ClassVar[str] = "alternative.care.arranged"
    before_opening: ClassVar[bool] = True

    ground: Ground | None = None
    stands_in_for: Annotated[Reference, PROCESS]
    """The arrangement or the contract that no longer gives this care."""
    arranged_by: Annotated[Person, Fact("care_arranged_by")]
    starts_at: Annotated[Moment, PROCESS, Fact("other_care_starts_at")]

    def about(self) -> str:
        """Return what it stands in for."""
        return self.stands_in_for


TYPES: Final[tuple[type[EventData], ...]] = (
    ProviderFailureWarned,
    SanctionApplied,
    ContinuityRiskRaised,
    ContingencyPlanRecorded,
    ContingencyPlanInvoked,
    ArrangementSuspended,
    ArrangementRestricted,
    ArrangementTerminated,
    AlternativeCareArranged,
)
"""Every event of this chapter."""
