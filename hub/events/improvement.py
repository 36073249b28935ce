"""Stages 2 to 4: plans, improvement and delay (004 sections 7.1, 8 and 9)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from hub.events.model import (
    COMMERCIAL,
    PROCESS,
    THEMES,
    Code,
    Data,
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


class EnquiryPlanAgreed(EventData):
    """M063 (004 7.1e): one enquiry of the plan: of which type, who leads it, by when.

    There is an event for each enquiry, so that each lead is told of its own and of no other.
    """

    wire: ClassVar[str] = "enquiry.plan.agreed"

    enquiry: Annotated[Reference, PROCESS, Fact("planned_enquiry")]
    type: Annotated[
        Literal["visit", "records", "conversations", "care reviews", "clinical", "provider's own"],
        PROCESS,
        Fact("enquiry_type"),
    ]
    looks_at: Annotated[Text, THEMES, Fact("enquiry_looks_at")]
    lead: Annotated[Code, PROCESS, Names()]
    due: Annotated[Moment, PROCESS, Fact("enquiry_due")]
    standing: Annotated[Literal["agreed", "completed"], PROCESS, Variant()]
    said_by: Person

    def about(self) -> str:
        """Return the enquiry."""
        return self.enquiry


class ManagedRisk(Data):
    """One risk, what is done about it, and who sees to that."""

    risk: Annotated[Line, THEMES, Fact("managed_risks")]
    mitigation: Annotated[Line, THEMES, Fact("risk_mitigations")]
    owner: Annotated[Code, PROCESS]


class RiskPlanAgreed(EventData):
    """M064 (004 7.1f): how risks are managed meanwhile, until which review."""

    wire: ClassVar[str] = "risk.plan.agreed"

    plan: Annotated[Reference, PROCESS]
    risks: tuple[ManagedRisk, ...] = Field(min_length=1, max_length=50)
    review_due: Annotated[Moment, PROCESS, Fact("risk_review_due")]
    agreed_by: Person

    def about(self) -> str:
        """Return the plan."""
        return self.plan


class ImprovementIssuesDrafted(EventData):
    """M065 (004 7.1g): what an improvement plan, or a plan for risks, should take up."""

    wire: ClassVar[str] = "improvement.issues.drafted"

    issues: Annotated[
        tuple[Line, ...], THEMES, Fact("improvement_issues"), Field(min_length=1, max_length=50)
    ]
    drafted_by: Person


class CommissioningIntentionRecorded(EventData):
    """M066, M083 (004 7.1h, 8.1d): what commissioners mean to do, such as to place nobody new.

    The provider is told only where somebody decided so, by name.
    """

    wire: ClassVar[str] = "commissioning.intention.recorded"

    intention: Annotated[
        Literal[
            "no change",
            "fewer new placements",
            "no new placements",
            "move people",
            "review the contract",
            "end the contract",
        ],
        COMMERCIAL,
        Fact("commissioning_intention"),
    ]
    details: Annotated[Text | None, COMMERCIAL, Fact("commissioning_details")] = None
    starts_at: Annotated[Moment, PROCESS, Fact("commissioning_starts_at")]
    recorded_by: Annotated[Person, Fact("intention_by")]
    provider: Annotated[Literal["decided to tell", "not decided"], PROCESS, Variant()]
    decided_by: Person | None = None
    """Who decided that the provider is told."""

    @model_validator(mode="after")
    def _decided_by_name(self) -> CommissioningIntentionRecorded:
        if (self.provider == "decided to tell") != (self.decided_by is not None):
            msg = "`decided_by` is named where it was `decided to tell` the provider, and only then"
            raise ValueError(msg)
        return self


class PlanItem(Data):
    """One required improvement: what, whose, by when, and who answers for it."""

    item: Annotated[Reference, PROCESS]
    improvement: Annotated[Line, THEMES, Fact("improvement_items")]
    owner: Annotated[Code, PROCESS]
    responsible: Person
    due: Annotated[Moment, PROCESS]


class Accord(Data):
    """M086 (004 8.2): whether the plan agrees with what contracts and commissioning recommended."""

    checked_by: Annotated[Person, Fact("plan_checked_by")]
    conflicts: Annotated[
        tuple[Line, ...], COMMERCIAL, Fact("plan_conflicts"), Field(max_length=20)
    ] = ()
    """The recommendations in place that it does not agree with; none: there is no conflict."""


class ImprovementPlanAgreed(EventData):
    """M081, N025, M086 (004 8.1b, 8.2; 000 8): required improvements, who, by when, reviewed when.

    A named person records that it agrees with the recommendations in place, or with which not.
    """

    wire: ClassVar[str] = "improvement.plan.agreed"

    plan: Annotated[Reference, PROCESS, Fact("improvement_plan")]
    items: tuple[PlanItem, ...] = Field(min_length=1, max_length=100)
    review_dates: Annotated[
        tuple[date, ...],
        PROCESS,
        Fact("improvement_review_dates"),
        Field(min_length=1, max_length=20),
    ]
    accords: Accord

    @model_validator(mode="after")
    def _each_item_once(self) -> ImprovementPlanAgreed:
        numbers = [item.item for item in self.items]
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        if twice:
            msg = f"has two items of the number {', '.join(twice)}"
            raise ValueError(msg)
        return self

    def about(self) -> str:
        """Return the plan."""
        return self.plan


class ImprovementMeasureRecorded(EventData):
    """M085 (004 8.2): what was measured of a plan: safety, governance, compliance and so on."""

    wire: ClassVar[str] = "improvement.measure.recorded"

    plan: Annotated[Reference, PROCESS, Fact("measured_plan")]
    item: Annotated[Reference | None, PROCESS, Fact("measured_item")] = None
    """Which improvement it measures; none: the plan as a whole."""
    measure: Annotated[
        Literal["safety", "governance", "compliance", "clinical effectiveness", "adults' outcomes"],
        PROCESS,
        Fact("improvement_measure"),
    ]
    standing: Annotated[
        Literal["met", "partly met", "not met"], THEMES, Variant(), Fact("measure_standing")
    ]
    result: Annotated[Text, THEMES, Fact("measure_result")]
    owners: Annotated[tuple[Code, ...], PROCESS, Names(), Field(min_length=1, max_length=50)]
    """Whose part of the plan it is."""
    review_date: Annotated[date | None, PROCESS] = None
    """The review of the plan at which it was measured, which is thereby done."""
    measured_by: Person

    def about(self) -> str:
        """Return what was measured of which plan."""
        return f"{self.plan} {self.item or ''} {self.measure}"


class ImprovementDelayFlagged(EventData):
    """M091 (004 9.1): the provider is seriously late; a further meeting is always held.

    Nothing here dismisses the meeting: it is scheduled, or said why not yet, and ends when held.
    """

    wire: ClassVar[str] = "improvement.delay.flagged"

    plan: Annotated[Reference, PROCESS, Fact("delayed_plan")]
    item: Annotated[Reference, PROCESS, Fact("delayed_item")]
    since: Annotated[Moment, PROCESS, Fact("delayed_since")]
    delay: Annotated[Text, THEMES, Fact("improvement_delay")]
    resolution: Annotated[
        Literal["likely", "unlikely", "not known"], THEMES, Variant(), Fact("resolution_outlook")
    ]
    """Whether it looks likely to be put right (10.4)."""
    no_meeting_yet: Annotated[Text | None, THEMES, Fact("no_meeting_yet")] = None
    """Why the meeting has no date yet; it stays owed."""
    flagged_by: Person

    def about(self) -> str:
        """Return the item that is late."""
        return f"{self.plan}/{self.item}"


TYPES: Final[tuple[type[EventData], ...]] = (
    EnquiryPlanAgreed,
    RiskPlanAgreed,
    ImprovementIssuesDrafted,
    CommissioningIntentionRecorded,
    ImprovementPlanAgreed,
    ImprovementMeasureRecorded,
    ImprovementDelayFlagged,
)
"""Every event of this chapter."""
