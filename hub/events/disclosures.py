"""Requests for information, and decisions to share or not to share (004 2.3; 000 sections 6, 7)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from hub.events.model import (
    PERSON_ALLEGED,
    PLACED_ADULT,
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
from hub.events.placements import RecordNumber
from hub.events.police import Name
from hub.vocabulary import AgencyId, InfoClass, Role

Condition = Literal[
    "consent",
    "direct care",
    "legal obligation",
    "safeguarding",
    "vital interests",
    "prevention or detection of crime",
    "court order",
    "public interest",
]
"""On which conditions information may be shared (000 section 7). Closed."""

Exemption = Literal[
    "crime and taxation", "serious harm", "rights of others", "legal privilege", "regulatory duty"
]
"""Why an entry is not shown on a subject access request (DPA 2018 Schedules 2 and 3). Closed."""

LegalCode = Annotated[Line, PROCESS]
"""A code of the pack's legal register."""

Classes = Annotated[tuple[InfoClass, ...], PROCESS, Field(min_length=1, max_length=8)]


class InformationRequestIssued(EventData):
    """M012 (004 2.3): agencies are asked what they know of a named person or the organisation.

    It says for what and on which lawful basis; who is asked answers the requester and the Lead
    Enquiry Officer, and nobody else.
    """

    wire: ClassVar[str] = "information.request.issued"

    request_id: Annotated[Name, PROCESS, Fact("request_id")]
    asks_about: Annotated[Literal["a person", "the organisation"], PROCESS, Variant()]
    person: Annotated[Line | None, PERSON_ALLEGED, Fact("request_person")] = None
    question: Annotated[Text, THEMES, Fact("request_question")]
    purpose: Annotated[Line, PROCESS, Fact("request_purpose")]
    basis: LegalCode
    requester: Annotated[Code, PROCESS]
    asked_by: Annotated[Person, Fact("request_by")]
    to: Annotated[tuple[Code, ...], PROCESS, Names(), Field(min_length=1, max_length=50)]
    answer_by: Annotated[Moment | None, PROCESS] = None

    def about(self) -> str:
        """Return which request."""
        return self.request_id

    @model_validator(mode="after")
    def _names_whom_it_is_about(self) -> InformationRequestIssued:
        if (self.asks_about == "a person") != (self.person is not None):
            msg = "`person` is who is asked about, where a person is"
            raise ValueError(msg)
        if len({*self.to}) != len(self.to):
            msg = "`to` names an agency twice"
            raise ValueError(msg)
        return self


class InformationRequestAnswered(EventData):
    """M013 (004 2.3): one agency's reply, by the request's id; it goes to who asked."""

    wire: ClassVar[str] = "information.request.answered"

    request_id: Annotated[Name, PROCESS, Fact("request_id")]
    by: Annotated[Code, PROCESS, Fact("answer_by_agency")]
    requester: Annotated[Code, PROCESS, Names()]
    outcome: Annotated[
        Literal["information is given", "nothing is known", "it is refused"],
        PROCESS,
        Variant(),
        Fact("answer_outcome"),
    ]
    answer: Annotated[Text | None, PERSON_ALLEGED, Fact("answer_text")] = None
    reference: Annotated[Line | None, PROCESS, Fact("answer_reference")] = None
    answered_at: Annotated[Moment, PROCESS]

    def about(self) -> str:
        """Return whose reply to which request."""
        return f"{self.request_id}/{self.by}"


class LegalBasisRecorded(EventData):
    """N004 (000 section 3): the law a disclosure of this concern rests on, by its code."""

    wire: ClassVar[str] = "legal.basis.recorded"

    code: LegalCode
    sender: Annotated[Code, PROCESS]
    relied_on_for: Annotated[Text, PROCESS]
    from_day: Annotated[date, PROCESS]
    """The day from which it is relied on: the code must be in force then."""
    recorded_by: Person

    def about(self) -> str:
        """Return which law, for whom."""
        return f"{self.sender}/{self.code}"


class AdultWishesRecorded(EventData):
    """N017 (000 section 6): what an adult wants shared, and how they want to be spoken with.

    It stands beside every decision about facts of adults; to override it takes a reason.
    """

    wire: ClassVar[str] = "adult.wishes.recorded"

    commissioner: Annotated[Code, PROCESS, Names()]
    adult: Annotated[RecordNumber, PLACED_ADULT, Fact("wishes_of")]
    wish: Annotated[Literal["share", "share in part", "do not share"], PROCESS, Variant()]
    says: Annotated[Text | None, PLACED_ADULT, Fact("wishes")] = None
    needs: Annotated[Text | None, PLACED_ADULT, Fact("wishes_needs")] = None
    """Communication, equality and culture."""
    recorded_by: Annotated[Person, Fact("wishes_recorded_by")]
    recorded_on: Annotated[date, PROCESS, Fact("wishes_recorded_on")]

    def about(self) -> str:
        """Return whose wishes."""
        return f"{self.commissioner}/{self.adult}"


class DisclosureAssessed(EventData):
    """N018 (000 section 7): seven questions about what would be shared; without need, none is."""

    wire: ClassVar[str] = "disclosure.assessed"

    assessment_id: Annotated[Name, PROCESS]
    party: Annotated[Code, PROCESS]
    role: Annotated[Role, PROCESS]
    classes: Classes
    necessary: Annotated[Text | None, PROCESS]
    """Why it is needed. Empty: it is held (H6) until somebody says why."""
    proportionate: Annotated[Text, PROCESS]
    relevant: Annotated[Text, PROCESS]
    adequate: Annotated[Text, PROCESS]
    accurate: Annotated[Text, PROCESS]
    timely: Annotated[Text, PROCESS]
    secure: Annotated[Text, PROCESS]
    assessed_by: Person
    review_due: Annotated[Moment | None, PROCESS] = None

    def about(self) -> str:
        """Return which assessment."""
        return self.assessment_id

    @model_validator(mode="after")
    def _no_need_is_reviewed(self) -> DisclosureAssessed:
        if self.necessary is None and self.review_due is None:
            msg = "without `necessary` it is held, and what is held has a `review_due`"
            raise ValueError(msg)
        return self


class DisclosureAuthorised(EventData):
    """N019 (000 section 7): somebody named decides that a party is told classes it needs.

    `authority` is whose decision it is; who records it may be another, who then names them. Of the
    class `process` the police's decision means that the provider may hear of this very concern.
    """

    wire: ClassVar[str] = "disclosure.authorised"

    disclosure_id: Annotated[Name, PROCESS]
    party: Annotated[Code, PROCESS]
    role: Annotated[Role, PROCESS]
    info: Annotated[InfoClass, PROCESS, Variant()]
    """The one class that is decided about; each has reasons of its own."""
    condition: Annotated[Condition, PROCESS]
    basis: LegalCode
    authority: Annotated[Code, PROCESS]
    authorised_by: Person
    decided_at: Annotated[Moment, PROCESS]
    reason: Annotated[Text, PROCESS]
    override_reason: Annotated[Text | None, PROCESS] = None
    """Why what an adult asked for is not followed (N017)."""
    sar_exempt_basis: Annotated[Exemption | None, PROCESS] = None
    """Why this entry is not shown on a subject access request, where it is not."""

    def about(self) -> str:
        """Return which decision."""
        return self.disclosure_id

    def joins(self) -> tuple[tuple[AgencyId, Role], ...]:
        """Return whom it is about, in this part alone."""
        return ((self.party, self.role),)


class DisclosureWithheld(EventData):
    """N023 (000 section 7): somebody named decides that a party is not told; reviewed by a date."""

    wire: ClassVar[str] = "disclosure.withheld"

    disclosure_id: Annotated[Name, PROCESS]
    party: Annotated[Code, PROCESS]
    role: Annotated[Role, PROCESS]
    info: Annotated[InfoClass, PROCESS]
    authority: Annotated[Code, PROCESS]
    decided_by: Person
    decided_at: Annotated[Moment, PROCESS]
    reason: Annotated[Text, PROCESS]
    review_due: Annotated[Moment, PROCESS]
    sar_exempt_basis: Annotated[Exemption | None, PROCESS] = None

    def about(self) -> str:
        """Return which decision."""
        return self.disclosure_id


class DisclosureRecorded(EventData):
    """N022 (000 section 7): something was shared by other means, with the rationale.

    Without consent the rationale is mandatory. What is recorded is never changed.
    """

    wire: ClassVar[str] = "disclosure.recorded"

    disclosure_id: Annotated[Name, PROCESS]
    to: Annotated[Code, PROCESS]
    classes: Classes
    how: Annotated[Literal["by phone", "in a meeting", "by letter", "by secure email"], PROCESS]
    shared_at: Annotated[Moment, PROCESS]
    shared_by: Person
    consent: Annotated[Literal["given", "refused", "not sought", "not possible"], PROCESS]
    rationale: Annotated[Text | None, PROCESS] = None
    condition: Annotated[Condition, PROCESS]
    basis: LegalCode
    sender: Annotated[Code, PROCESS]
    sar_exempt_basis: Annotated[Exemption | None, PROCESS] = None

    def about(self) -> str:
        """Return which disclosure."""
        return self.disclosure_id

    @model_validator(mode="after")
    def _without_consent_there_is_a_rationale(self) -> DisclosureRecorded:
        if self.consent != "given" and self.rationale is None:
            msg = "without consent a `rationale` is mandatory (000 section 7)"
            raise ValueError(msg)
        if (self.consent == "given") != (self.condition == "consent"):
            msg = "the condition is `consent` where consent was given, and only there"
            raise ValueError(msg)
        return self


class ControlVerified(EventData):
    """N021 (000 section 7): a control on sharing with an agency was checked, or found wanting.

    A channel that is not accredited holds what is sensitive (H7) until it is.
    """

    wire: ClassVar[str] = "control.verified"

    agency: Annotated[Code, PROCESS, Names(), Fact("control_agency")]
    control: Annotated[
        Literal["channel accreditation", "recipient identity", "sharing agreement", "breach route"],
        PROCESS,
        Fact("control"),
    ]
    outcome: Annotated[Literal["met", "not met"], PROCESS, Variant()]
    verified_on: Annotated[date, PROCESS]
    valid_until: Annotated[date | None, PROCESS, Fact("control_until")] = None
    reference: Annotated[Line | None, PROCESS] = None
    verified_by: Person
    review_due: Annotated[Moment | None, PROCESS] = None

    def about(self) -> str:
        """Return which control of whom."""
        return f"{self.agency}/{self.control}"

    @model_validator(mode="after")
    def _has_its_dates(self) -> ControlVerified:
        if (self.outcome == "met") != (self.valid_until is not None):
            msg = "what is met has `valid_until`, and nothing else does"
            raise ValueError(msg)
        if (self.outcome == "not met") != (self.review_due is not None):
            msg = "what is not met has a `review_due`, and nothing else does"
            raise ValueError(msg)
        return self


TYPES: Final[tuple[type[EventData], ...]] = (
    InformationRequestIssued,
    InformationRequestAnswered,
    LegalBasisRecorded,
    AdultWishesRecorded,
    DisclosureAssessed,
    DisclosureAuthorised,
    DisclosureWithheld,
    DisclosureRecorded,
    ControlVerified,
)
"""Every event of this chapter."""
