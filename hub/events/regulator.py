"""The regulator: told, sharing what it knows, given evidence (004 sections 4.1 and 4.3)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from hub.events.initiation import Theme
from hub.events.model import (
    CRIMINAL,
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


class RegulatorNotified(EventData):
    """M024 (004 4.1a): the host has spoken with the regulator; the written notice follows."""

    wire: ClassVar[str] = "regulator.notified"

    occasion: Annotated[
        Literal["opening", "new stage", "emergency", "closure", "another concern"],
        PROCESS,
        Variant(),
        Fact("regulator_occasion"),
    ]
    notified_at: Annotated[Moment, PROCESS, Fact("regulator_notified_at")]
    how: Annotated[Literal["by phone", "in a meeting", "in writing"], PROCESS]
    spoken_with: Annotated[Line | None, PROCESS] = None
    by: Annotated[Person, Fact("regulator_notified_by")]
    says: Annotated[Text | None, THEMES, Fact("regulator_told")] = None


class RegulatorIntelligenceShared(EventData):
    """M042 (004 4.3): the regulator shares what it knows, as an independent partner.

    The class is given field by field: a present danger is told to whoever must act on it; what the
    regulator plans or found goes nowhere without its consent.
    """

    wire: ClassVar[str] = "regulator.intelligence.shared"

    intelligence_id: Annotated[Line, PROCESS]
    kind: Annotated[Literal["present danger", "intelligence", "both"], PROCESS, Variant()]
    danger: Annotated[Text | None, THEMES, Fact("present_danger")] = None
    intelligence: Annotated[Text | None, REGULATORY, Fact("regulator_intelligence")] = None
    plans: Annotated[Text | None, REGULATORY, Fact("regulator_plans")] = None
    shared_by: Annotated[Person, Fact("regulator_contact")]
    shared_at: Annotated[Moment, PROCESS]

    def about(self) -> str:
        """Return which piece of intelligence."""
        return self.intelligence_id

    @model_validator(mode="after")
    def _says_something(self) -> RegulatorIntelligenceShared:
        if (self.kind != "intelligence") != (self.danger is not None):
            msg = "`danger` says what the danger is where there is a present danger, and only there"
            raise ValueError(msg)
        more = self.intelligence is not None or self.plans is not None
        if (self.kind != "present danger") != more:
            msg = "`intelligence` or `plans` belong to `intelligence` and `both`"
            raise ValueError(msg)
        return self


class RegulatorEvidenceReferred(EventData):
    """M043 (004 4.3): an index of evidence of breaches goes to the regulator, with the consents.

    The evidence itself goes by the agreed secure route: the regulator asks for it by its index.
    """

    wire: ClassVar[str] = "regulator.evidence.referred"

    pack_reference: Annotated[Line, PROCESS, Fact("evidence_pack")]
    index: Annotated[
        tuple[Line, ...], THEMES, Fact("evidence_index"), Field(min_length=1, max_length=100)
    ]
    referred_by: Annotated[Person, Fact("evidence_contact")]
    lead_agency: Annotated[Code, PROCESS]
    """Whose consent it is: the lead agency of record."""
    lead_agency_consent: Person
    police_officer: Annotated[Line | None, CRIMINAL] = None
    police_log_number: Annotated[Line | None, CRIMINAL] = None
    """The police's consent; needed wherever a crime is or may be suspected."""

    def about(self) -> str:
        """Return which pack."""
        return self.pack_reference

    @model_validator(mode="after")
    def _whole_consent(self) -> RegulatorEvidenceReferred:
        if (self.police_officer is None) != (self.police_log_number is None):
            msg = "the police's consent is an officer and a log number"
            raise ValueError(msg)
        return self


class ThemeTagged(EventData):
    """M044 (004 4.3): a theme is put under one of the five key questions, a closed vocabulary."""

    wire: ClassVar[str] = "theme.tagged"

    theme: Theme
    tagged_by: Person

    def about(self) -> str:
        """Return which theme."""
        return self.theme.theme


class InspectionReportShared(EventData):
    """M045 (004 4.3): a report shared before it is published, with those on the list alone (H4).

    No date publishes it: it is published when this says `published`. The report itself is not in
    the hub. A new date, or another list, is told by saying it again.
    """

    wire: ClassVar[str] = "inspection.report.shared"

    report: Annotated[Line, PROCESS, Fact("report_reference")]
    status: Annotated[Literal["embargoed", "published"], PROCESS, Variant()]
    publish_on: Annotated[date | None, PROCESS, Fact("report_publish_on")] = None
    published_at: Annotated[Moment | None, PROCESS, Fact("report_published_at")] = None
    to: Annotated[tuple[Code, ...], PROCESS, Names(), Field(max_length=50)] = ()
    """The stated list of those who may know while it is embargoed."""
    shared_by: Annotated[Person, Fact("report_contact")]

    def about(self) -> str:
        """Return which report."""
        return self.report

    @model_validator(mode="after")
    def _as_its_status_asks(self) -> InspectionReportShared:
        if self.status == "embargoed" and (self.publish_on is None or not self.to):
            msg = "an embargoed report has `publish_on` and the list `to` of who may know"
            raise ValueError(msg)
        if (self.status == "published") != (self.published_at is not None):
            msg = "`published_at` belongs to a published report"
            raise ValueError(msg)
        return self


class ProcessJointAgreed(EventData):
    """M046 (004 4.3): where both processes overlap there is one plan, with two owners."""

    wire: ClassVar[str] = "process.joint.agreed"

    plan: Annotated[Line, PROCESS, Fact("joint_plan")]
    scope: Annotated[Text, THEMES, Fact("joint_scope")]
    owners: Annotated[tuple[Code, Code], PROCESS, Names()]
    agreed_at: Annotated[Moment, PROCESS]
    agreed_by: Annotated[Person, Fact("joint_contact")]

    def about(self) -> str:
        """Return which plan."""
        return self.plan

    @model_validator(mode="after")
    def _two_owners(self) -> ProcessJointAgreed:
        if len({*self.owners}) != len(self.owners):
            msg = "`owners` names two different agencies"
            raise ValueError(msg)
        return self


TYPES: Final[tuple[type[EventData], ...]] = (
    RegulatorNotified,
    RegulatorIntelligenceShared,
    RegulatorEvidenceReferred,
    ThemeTagged,
    InspectionReportShared,
    ProcessJointAgreed,
)
"""Every event of this chapter."""
