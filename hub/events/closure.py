"""Stage 6: the process ends (004 section 11.1). `closure.attested` is the hub's own."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final

from pydantic import Field, model_validator

from hub.events.model import (
    COMMERCIAL,
    PROCESS,
    THEMES,
    Code,
    Data,
    EventData,
    Line,
    Moment,
    Person,
    Text,
)
from hub.vocabulary import Ending


class ClosureProposed(EventData):
    """M100 (004 11.1): the process should end, with the evidence that its ending asks for."""

    wire: ClassVar[str] = "closure.proposed"

    ending: Annotated[Ending, PROCESS]
    proposed_by: Person
    evidence: Annotated[Text | None, THEMES] = None
    evidence_reference: Annotated[Line | None, PROCESS] = None

    @model_validator(mode="after")
    def _improvement_needs_evidence(self) -> ClosureProposed:
        if self.ending is Ending.IMPROVED and not (self.evidence and self.evidence_reference):
            msg = "`improved` needs `evidence` and `evidence_reference` (004 11.1)"
            raise ValueError(msg)
        return self


class FirstHearing(Data):
    """The Chair's named decision that a party first hears of the process at its end (M101)."""

    party: Annotated[Code, PROCESS]
    reason: Annotated[Text, PROCESS]


class ClosureAuthorised(EventData):
    """M101 (004 11.1): the Chair authorises the closure notices, which carry the Chair's name."""

    wire: ClassVar[str] = "closure.authorised"

    ending: Annotated[Ending, PROCESS]
    chair: Person
    closed_on: Annotated[date, PROCESS]
    authorised_at: Annotated[Moment, PROCESS]
    improvement_evidence: Annotated[Text | None, THEMES] = None
    continuing_actions: Annotated[Text | None, THEMES] = None
    contract_contact: Annotated[Line | None, COMMERCIAL] = None
    complaints_route: Annotated[Line, PROCESS]
    first_hearings: tuple[FirstHearing, ...] = Field(default=(), max_length=200)


TYPES: Final[tuple[type[EventData], ...]] = (
    ClosureProposed,
    ClosureAuthorised,
)
"""Every event of this chapter."""
