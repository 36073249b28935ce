"""Arrangements with external providers: diligence, agreements, standards (000 sections 2 to 6)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from hub.events.model import (
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
from hub.vocabulary import Role

CheckKind = Literal[
    "registration",
    "insurance",
    "criminal records",
    "training",
    "references",
    "safeguarding policy",
    "information governance",
    "finance",
    "conflict of interest",
]
"""What is checked before an arrangement (000 4)."""


class PartyRegistered(EventData):
    """N002 (000 2): somebody to whom the policy applies, how to reach it, and what it may be told.

    It takes part from then on, and is told what it is asked to do.
    """

    wire: ClassVar[str] = "party.registered"

    agency: Annotated[Code, PROCESS, Names(Role.PARTICIPANT)]
    party_type: Annotated[
        Literal[
            "external provider",
            "health professional",
            "therapy service",
            "equipment supplier",
            "care agency",
            "representative body",
            "regulatory body",
        ],
        PROCESS,
    ]
    contact: Annotated[Line, PROCESS]
    """Which desk answers for it; its address is in the directory."""
    channel: Annotated[Literal["email", "webhook", "telephone", "post"], PROCESS]
    sharing_agreement: Annotated[Reference | None, PROCESS] = None
    """None: there is no agreement, and it is told that the process exists, and no more."""

    def about(self) -> str:
        """Return the agency."""
        return self.agency


class DiligenceCheck(Data):
    """N007 (000 4): one check, and until when it holds."""

    kind: Annotated[CheckKind, PROCESS]
    outcome: Annotated[Literal["passed", "failed", "missing", "expired"], PROCESS]
    expires_on: Annotated[date | None, PROCESS] = None


class DueDiligenceRecorded(EventData):
    """N006, N007 (000 4): what was checked before an arrangement, and what must be renewed."""

    wire: ClassVar[str] = "due.diligence.recorded"

    arrangement: Annotated[Reference, PROCESS, Fact("diligence_arrangement")]
    standing: Annotated[Literal["complete", "incomplete"], PROCESS, Variant()]
    checks: tuple[DiligenceCheck, ...] = Field(min_length=1, max_length=20)
    recorded_by: Person

    @model_validator(mode="after")
    def _standing_is_what_the_checks_say(self) -> DueDiligenceRecorded:
        kinds = [check.kind for check in self.checks]
        twice = sorted({kind for kind in kinds if kinds.count(kind) > 1})
        if twice:
            msg = f"has two checks of {', '.join(twice)}"
            raise ValueError(msg)
        if (self.standing == "complete") != all(c.outcome == "passed" for c in self.checks):
            msg = "is `complete` where every check was passed, and `incomplete` where one was not"
            raise ValueError(msg)
        return self

    def about(self) -> str:
        """Return the arrangement."""
        return self.arrangement


class AgreementSigned(EventData):
    """N008, N009 (000 4): the written agreement, and how soon incidents are reported under it."""

    wire: ClassVar[str] = "agreement.signed"

    arrangement: Annotated[Reference, PROCESS]
    signed_on: Annotated[date, PROCESS]
    terms: Annotated[
        tuple[
            Literal[
                "scope",
                "roles",
                "escalation",
                "information sharing",
                "incident reporting",
                "records",
                "monitoring",
                "termination",
            ],
            ...,
        ],
        PROCESS,
        Field(min_length=1, max_length=8),
    ]
    incident_hours: Annotated[int, PROCESS, Field(ge=1, le=720)]
    """Within how many hours by the clock an incident is reported."""

    def about(self) -> str:
        """Return the arrangement."""
        return self.arrangement


class AgreementEmergencyAuthorised(EventData):
    """N008 (000 4): an arrangement without a written agreement, for now, by a senior manager."""

    wire: ClassVar[str] = "agreement.emergency.authorised"

    arrangement: Annotated[Reference, PROCESS, Fact("emergency_arrangement")]
    authorised_by: Annotated[Person, Fact("emergency_authoriser")]
    reason: Annotated[Text, PROCESS, Fact("emergency_arrangement_reason")]
    expires_at: Annotated[Moment, PROCESS, Fact("emergency_arrangement_ends")]

    def about(self) -> str:
        """Return the arrangement."""
        return self.arrangement


class ApprovalDecided(EventData):
    """N010 (000 4): approved only where the Fundamental Standards can be supported."""

    wire: ClassVar[str] = "approval.decided"

    arrangement: Annotated[Reference, PROCESS]
    outcome: Annotated[Literal["approved", "refused"], PROCESS, Variant()]
    supports_fundamental_standards: Annotated[bool, PROCESS]
    reason: Annotated[Text, PROCESS]
    decided_by: Person

    @model_validator(mode="after")
    def _approved_only_if_able(self) -> ApprovalDecided:
        if self.outcome == "approved" and not self.supports_fundamental_standards:
            msg = "approved only where the Fundamental Standards can be supported (000 4)"
            raise ValueError(msg)
        return self

    def about(self) -> str:
        """Return the arrangement."""
        return self.arrangement


class StandardBreachReported(EventData):
    """N011 (000 5): an external provider does not meet a standard."""

    wire: ClassVar[str] = "standard.breach.reported"

    arrangement: Annotated[Reference, PROCESS, Fact("breach_arrangement")]
    standard: Annotated[
        Literal[
            "registration",
            "competent and checked staff",
            "follows care plans",
            "reports concerns at once",
            "records",
            "confidentiality",
        ],
        PROCESS,
        Fact("breached_standard"),
    ]
    severity: Annotated[Literal["minor", "serious", "persistent"], PROCESS, Variant()]
    what: Annotated[Text, THEMES, Fact("breach")]

    def about(self) -> str:
        """Return the arrangement and the standard."""
        return f"{self.arrangement} {self.standard}"


class ArrangementReviewed(EventData):
    """N044 (000 9.9): whether an arrangement is still suitable."""

    wire: ClassVar[str] = "arrangement.reviewed"

    arrangement: Annotated[Reference, PROCESS, Fact("reviewed_arrangement")]
    outcome: Annotated[Literal["suitable", "suitable if changed", "unsuitable"], PROCESS, Variant()]
    reason: Annotated[Text, THEMES, Fact("arrangement_review")]
    reviewed_by: Person

    def about(self) -> str:
        """Return the arrangement."""
        return self.arrangement


TYPES: Final[tuple[type[EventData], ...]] = (
    PartyRegistered,
    DueDiligenceRecorded,
    AgreementSigned,
    AgreementEmergencyAuthorised,
    ApprovalDecided,
    StandardBreachReported,
    ArrangementReviewed,
)
"""Every event of this chapter."""
