"""Criminal status, police advice, consultation and investigation (004 sections 4.4, 6.1, 7.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal

from pydantic import StringConstraints, model_validator

from hub.events.model import (
    CRIMINAL,
    PROCESS,
    EventData,
    Fact,
    Line,
    Moment,
    Person,
    Text,
    Variant,
)
from hub.vocabulary import CriminalStatus, InfoClass, PoliceAdvice

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,47}$")]
"""The name a case system gives a question, a decision or a check, so that others can mean it."""

Step = Literal[
    "tell the provider",
    "interview",
    "staff suspension",
    "publication",
    "tell adults or families",
    "capacity assessment",
    "a request that names a person",
    "share findings with the provider",
    "another step",
]
"""What somebody wants to do beside a criminal enquiry, and must ask the police about first."""


class CriminalStatusDeclared(EventData):
    """M055 (004 6.1): whether there is a criminal investigation; `unknown` holds (H1)."""

    wire: ClassVar[str] = "criminal.status.declared"
    before_opening: ClassVar[bool] = True

    status: Annotated[CriminalStatus, CRIMINAL]
    declared_by: Annotated[Line, CRIMINAL]
    reason: Annotated[Text | None, CRIMINAL] = None
    log_number: Annotated[Line | None, CRIMINAL] = None

    @model_validator(mode="after")
    def _none_suspected_needs_a_reason(self) -> CriminalStatusDeclared:
        if self.status is CriminalStatus.NONE_SUSPECTED and not self.reason:
            msg = "`none suspected` needs a reason"
            raise ValueError(msg)
        return self


class PoliceAdviceRecorded(EventData):
    """M072 (004 7.2): what the provider may be told, as advised; no free text is parsed."""

    wire: ClassVar[str] = "police.advice.recorded"
    before_opening: ClassVar[bool] = True

    advice: Annotated[PoliceAdvice, CRIMINAL]
    classes: Annotated[tuple[InfoClass, ...], CRIMINAL] = ()
    """For a partial release: the classes that may be told. Empty otherwise."""
    officer: Annotated[Line, CRIMINAL]
    log_number: Annotated[Line, CRIMINAL]
    advised_at: Annotated[Moment, CRIMINAL]
    recorded_by: Annotated[Line, CRIMINAL]
    review_due: Annotated[Moment | None, CRIMINAL] = None

    @model_validator(mode="after")
    def _classes_fit_the_advice(self) -> PoliceAdviceRecorded:
        if self.advice is PoliceAdvice.PARTIAL and not self.classes:
            msg = "a partial release names the classes released"
            raise ValueError(msg)
        if self.advice is not PoliceAdvice.PARTIAL and self.classes:
            msg = "only a partial release names classes"
            raise ValueError(msg)
        if self.advice in {PoliceAdvice.HOLD, PoliceAdvice.PARTIAL} and self.review_due is None:
            msg = "what is still held needs a review date"
            raise ValueError(msg)
        return self


class PoliceConsultationRequested(EventData):
    """M051, M084 (004 4.4, 8.1e): the police are asked about a step before it is taken.

    While it is open the steps of the list wait. What protects people at once is never asked here.
    """

    wire: ClassVar[str] = "police.consultation.requested"

    consultation_id: Annotated[Name, PROCESS, Fact("consultation_id")]
    step: Annotated[Step, CRIMINAL, Variant(), Fact("step_asked")]
    says: Annotated[Text, CRIMINAL, Fact("step_in_words")]
    asked_by: Annotated[Person, Fact("step_asked_by")]
    answer_by: Annotated[Moment | None, PROCESS] = None

    def about(self) -> str:
        """Return which question."""
        return self.consultation_id


class PoliceConsultationAnswered(EventData):
    """M051 (004 4.4): what the police say of the step; `not yet` keeps it waiting."""

    wire: ClassVar[str] = "police.consultation.answered"

    consultation_id: Annotated[Name, PROCESS, Fact("consultation_id")]
    answer: Annotated[
        Literal["go ahead", "go ahead on conditions", "not yet"], PROCESS, Variant(), Fact("step")
    ]
    conditions: Annotated[Text | None, CRIMINAL] = None
    officer: Annotated[Line, CRIMINAL]
    log_number: Annotated[Line, CRIMINAL]
    answered_at: Annotated[Moment, CRIMINAL]
    recorded_by: Annotated[Line, CRIMINAL]
    review_due: Annotated[Moment | None, PROCESS] = None

    def about(self) -> str:
        """Return which question."""
        return self.consultation_id

    @model_validator(mode="after")
    def _whole(self) -> PoliceConsultationAnswered:
        if (self.answer == "go ahead on conditions") != (self.conditions is not None):
            msg = "`go ahead on conditions` has `conditions`, and nothing else does"
            raise ValueError(msg)
        if (self.answer == "not yet") != (self.review_due is not None):
            msg = "`not yet` has a `review_due`, and nothing else does"
            raise ValueError(msg)
        return self


class CriminalInvestigationOpened(EventData):
    """M050 (004 4.4): the police lead criminal proceedings; parties hear only what they allow.

    What was advised before it was opened frees nothing any more.
    """

    wire: ClassVar[str] = "criminal.investigation.opened"

    log_number: Annotated[Line, CRIMINAL, Fact("investigation_log")]
    officer: Annotated[Line, CRIMINAL, Fact("investigation_officer")]
    opened_at: Annotated[Moment, CRIMINAL]
    recorded_by: Annotated[Line, CRIMINAL]

    def about(self) -> str:
        """Return which investigation."""
        return self.log_number


class CriminalInvestigationConcluded(EventData):
    """M121 (004 4.4, 7.2): an investigation ends; what is still held is reviewed the same day."""

    wire: ClassVar[str] = "criminal.investigation.concluded"

    log_number: Annotated[Line, CRIMINAL]
    outcome: Annotated[
        Literal["no further action", "charged and decided by a court", "out of court", "other"],
        CRIMINAL,
    ]
    officer: Annotated[Line, CRIMINAL]
    concluded_at: Annotated[Moment, CRIMINAL]
    review_by: Annotated[Moment, PROCESS, Fact("review_by")]
    """The end of the same day: until then whatever is still held is reviewed."""
    recorded_by: Annotated[Line, CRIMINAL]

    def about(self) -> str:
        """Return which investigation."""
        return self.log_number

    @model_validator(mode="after")
    def _the_same_day(self) -> CriminalInvestigationConcluded:
        if not self.concluded_at <= self.review_by <= _day_after(self.concluded_at):
            msg = "`review_by` is on the day of `concluded_at` (mission M121)"
            raise ValueError(msg)
        return self


def _day_after(moment: datetime) -> datetime:
    """Return the end of the day of an instant, by its own clock."""
    return moment.replace(hour=23, minute=59, second=59, microsecond=999_999)


TYPES: Final[tuple[type[EventData], ...]] = (
    CriminalStatusDeclared,
    PoliceAdviceRecorded,
    PoliceConsultationRequested,
    PoliceConsultationAnswered,
    CriminalInvestigationOpened,
    CriminalInvestigationConcluded,
)
"""Every event of this chapter."""
