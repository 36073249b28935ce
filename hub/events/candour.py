"""Candour, notifiable incidents, co-operation, complaints and reviews (000 8.3, 9 and 10)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import model_validator

from hub.events.model import (
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


class IncidentNotifiableDeclared(EventData):
    """N032 (000 8.3): an incident that has duties of notification and of candour.

    Regulation 18 of the CQC (Registration) Regulations 2009 and regulation 20 of the HSCA 2008
    (Regulated Activities) Regulations 2014 say which. What the provider may say of it while the
    police are consulted is for them to advise (004 4.4).
    """

    wire: ClassVar[str] = "incident.notifiable.declared"

    incident: Annotated[Reference, PROCESS, Fact("incident")]
    arrangement: Annotated[Reference | None, PROCESS] = None
    """The arrangement under which it happened: its agreement says how soon it is reported."""
    kind: Annotated[
        Literal[
            "death",
            "serious injury",
            "abuse or allegation of abuse",
            "reported to or investigated by the police",
            "unauthorised absence",
            "threat to the service",
            "deprivation of liberty request",
        ],
        THEMES,
        Fact("incident_kind"),
    ]
    occurred_at: Annotated[Moment, PROCESS, Fact("incident_at")]
    duties: Annotated[
        Literal["notify the regulator", "be candid", "notify and be candid"], PROCESS, Variant()
    ]
    declared_by: Person

    def about(self) -> str:
        """Return the incident."""
        return self.incident


class CandourNotificationGiven(EventData):
    """N031 (000 8.3): the provider has been open with those concerned; nothing waits for it."""

    wire: ClassVar[str] = "candour.notification.given"

    incident: Annotated[Reference, PROCESS]
    given_on: Annotated[date, PROCESS]
    how: Annotated[Literal["face to face", "by telephone", "in writing only"], PROCESS]
    apologised: Annotated[bool, PROCESS]
    followed_in_writing: Annotated[bool, PROCESS]

    def about(self) -> str:
        """Return the incident."""
        return self.incident


class CooperationRequested(EventData):
    """N033 (000 8.3): an agency is asked to co-operate with a review, an enquiry or candour."""

    wire: ClassVar[str] = "cooperation.requested"

    request: Annotated[Reference, PROCESS, Fact("cooperation_request")]
    agency: Annotated[Code, PROCESS, Names()]
    what: Annotated[Text, THEMES, Fact("cooperation")]
    due: Annotated[Moment | None, PROCESS, Fact("cooperation_due")] = None

    def about(self) -> str:
        """Return the request."""
        return self.request


class CooperationGiven(EventData):
    """N033 (000 8.3): the agency has co-operated, or has refused to."""

    wire: ClassVar[str] = "cooperation.given"

    request: Annotated[Reference, PROCESS, Fact("cooperation_answered")]
    agency: Annotated[Code, PROCESS, Names()]
    outcome: Annotated[Literal["given", "refused"], PROCESS, Variant()]
    says: Annotated[Text | None, THEMES, Fact("cooperation_answer")] = None

    def about(self) -> str:
        """Return the request."""
        return self.request


class ComplaintReceived(EventData):
    """N046 (000 9): a complaint is linked to this concern; it keeps a channel of its own."""

    wire: ClassVar[str] = "complaint.received"

    complaint: Annotated[Reference, PROCESS, Fact("complaint")]
    handled_by: Annotated[Line, PROCESS, Fact("complaint_handler")]
    received_on: Annotated[date, PROCESS, Fact("complaint_on")]

    def about(self) -> str:
        """Return the complaint."""
        return self.complaint


class ComplaintOutcomeShared(EventData):
    """N046 (000 9): how a linked complaint ended."""

    wire: ClassVar[str] = "complaint.outcome.shared"

    complaint: Annotated[Reference, PROCESS, Fact("complaint_ended")]
    outcome: Annotated[Literal["upheld", "upheld in part", "not upheld"], PROCESS, Variant()]
    learning: Annotated[Text | None, THEMES, Fact("complaint_learning")] = None

    def about(self) -> str:
        """Return the complaint."""
        return self.complaint


class PolicyReviewDue(EventData):
    """N047 (000 10): the policy is due for review: once a year, and when something asks for it."""

    wire: ClassVar[str] = "policy.review.due"

    policy: Annotated[Line, PROCESS, Fact("policy")]
    due_on: Annotated[date, PROCESS, Fact("policy_review_on")]
    because: Annotated[
        Literal[
            "a year has passed",
            "the law has changed",
            "an incident",
            "an audit finding",
            "the regulator's feedback",
            "a safeguarding outcome",
            "a trend in complaints",
            "a new kind of provider or system",
        ],
        PROCESS,
        Fact("policy_review_because"),
    ]

    @model_validator(mode="after")
    def _named(self) -> PolicyReviewDue:
        if not any(char.isalpha() for char in self.policy):
            msg = "`policy` names the policy in words"
            raise ValueError(msg)
        return self

    def about(self) -> str:
        """Return the policy."""
        return self.policy


TYPES: Final[tuple[type[EventData], ...]] = (
    IncidentNotifiableDeclared,
    CandourNotificationGiven,
    CooperationRequested,
    CooperationGiven,
    ComplaintReceived,
    ComplaintOutcomeShared,
    PolicyReviewDue,
)
"""Every event of this chapter."""
