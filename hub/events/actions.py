"""Agreements, actions, advocacy and disagreements (004 4.1c to e; 000 9)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from hub.events.model import (
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
from hub.events.references import AnyHoldId, Reference
from hub.vocabulary import Role


class AgreementRecorded(EventData):
    """M031 (004 4.1e): what was agreed, between whom, who leads, by when."""

    wire: ClassVar[str] = "agreement.recorded"

    agreement: Annotated[Reference, PROCESS]
    between: Annotated[tuple[Code, ...], PROCESS, Names(), Field(min_length=1, max_length=50)]
    agreed: Annotated[Text, THEMES, Fact("agreed")]
    lead: Annotated[Person, Fact("agreement_lead")]
    by: Annotated[Moment | None, PROCESS, Fact("agreement_due")] = None

    def about(self) -> str:
        """Return the agreement."""
        return self.agreement


class ActionAssigned(EventData):
    """M027, N043 (004 4.1c, 000 9.8): an agency is to do something, by a time."""

    wire: ClassVar[str] = "action.assigned"

    action: Annotated[Reference, PROCESS, Fact("action_number")]
    owner: Annotated[Code, PROCESS, Names()]
    what: Annotated[Text, THEMES, Fact("action")]
    due: Annotated[Moment, PROCESS, Fact("action_due")]
    assigned_by: Person

    def about(self) -> str:
        """Return the action."""
        return self.action


class ActionCompleted(EventData):
    """M027, N043 (004 4.1c, 000 9.8): an action has been done."""

    wire: ClassVar[str] = "action.completed"

    action: Annotated[Reference, PROCESS, Fact("completed_action")]
    outcome: Annotated[Text, THEMES, Fact("action_outcome")]
    completed_at: Annotated[Moment, PROCESS, Fact("action_completed_at")]
    completed_by: Person

    def about(self) -> str:
        """Return the action."""
        return self.action


class ActionOverdue(EventData):
    """M027 (004 4.1c): an action is overdue; its owner hears, and whoever co-ordinates."""

    wire: ClassVar[str] = "action.overdue"

    action: Annotated[Reference, PROCESS, Fact("overdue_action")]
    owner: Annotated[Code, PROCESS, Names()]
    since: Annotated[Moment, PROCESS, Fact("overdue_since")]

    def about(self) -> str:
        """Return the action."""
        return self.action


class AdvocacyArranged(EventData):
    """M028, M061 (004 4.1d, 7.1c): somebody needs an advocate, has one, or does not want one."""

    wire: ClassVar[str] = "advocacy.arranged"

    need: Annotated[Reference, PROCESS]
    standing: Annotated[Literal["needed", "arranged", "declined"], PROCESS, Variant()]
    commissioner: Annotated[Code, PROCESS, Names()]
    """Who must see that an advocate is found."""
    service: Annotated[Code | None, PROCESS, Names(Role.ADVOCACY)] = None
    adults: Annotated[
        tuple[RecordNumber, ...], PLACED_ADULT, Fact("advocacy_for"), Field(max_length=500)
    ] = ()
    """By the commissioner's own record numbers."""
    purpose: Annotated[Line, PROCESS, Fact("advocacy_purpose")]

    @model_validator(mode="after")
    def _arranged_with_somebody(self) -> AdvocacyArranged:
        if (self.standing == "arranged") != (self.service is not None):
            msg = "`service` is named where advocacy is `arranged`, and nowhere else"
            raise ValueError(msg)
        return self

    def about(self) -> str:
        """Return the need."""
        return self.need


class DisagreementRaised(EventData):
    """N045 (000 9): professionals disagree. It delays nothing, and somebody keeps people safe."""

    wire: ClassVar[str] = "disagreement.raised"

    disagreement: Annotated[Reference, PROCESS, Fact("disagreement")]
    between: Annotated[tuple[Code, ...], PROCESS, Names(), Field(min_length=2, max_length=20)]
    subject: Annotated[Text, THEMES, Fact("disagreement_subject")]
    interim_action: Annotated[Text, THEMES, Fact("disagreement_interim")]
    """What keeps people safe meanwhile: there is no disagreement without it."""
    hold_id: Annotated[AnyHoldId | None, PROCESS] = None
    """The hold that is disputed: it stands for that party alone."""

    def about(self) -> str:
        """Return the disagreement."""
        return self.disagreement


class DisagreementEscalated(EventData):
    """N045 (000 9): it was not resolved, and goes to those who manage."""

    wire: ClassVar[str] = "disagreement.escalated"

    disagreement: Annotated[Reference, PROCESS, Fact("disagreement")]
    reason: Annotated[Text, THEMES, Fact("disagreement_reason")]

    def about(self) -> str:
        """Return the disagreement."""
        return self.disagreement


class DisagreementResolved(EventData):
    """N045 (000 9): it is resolved, with the outcome."""

    wire: ClassVar[str] = "disagreement.resolved"

    disagreement: Annotated[Reference, PROCESS, Fact("disagreement")]
    between: Annotated[tuple[Code, ...], PROCESS, Names(), Field(min_length=2, max_length=20)]
    outcome: Annotated[Text, THEMES, Fact("disagreement_outcome")]
    resolved_by: Person

    def about(self) -> str:
        """Return the disagreement."""
        return self.disagreement


TYPES: Final[tuple[type[EventData], ...]] = (
    AgreementRecorded,
    ActionAssigned,
    ActionCompleted,
    ActionOverdue,
    AdvocacyArranged,
    DisagreementRaised,
    DisagreementEscalated,
    DisagreementResolved,
)
"""Every event of this chapter."""
