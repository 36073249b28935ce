"""Stage 6: the process ends (004 section 11.1). `closure.attested` is the hub's own."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from hub.events.model import (
    COMMERCIAL,
    PLACED_ADULT,
    PROCESS,
    THEMES,
    Code,
    Data,
    EventData,
    Fact,
    Line,
    Moment,
    Person,
    Text,
)
from hub.events.references import AnyHoldId, Reference
from hub.vocabulary import Ending

Open = Literal["action", "advocacy", "support", "care", "deprivation of liberty"]
"""What may be open at the end, and is then handed over to somebody by name (M100)."""


class HandedOver(Data):
    """One open matter, and who sees to it once the process has ended."""

    kind: Annotated[Open, PROCESS]
    reference: Annotated[Line, PLACED_ADULT]
    """Which one, as the concern calls it; of a deprivation of liberty whose it is."""
    to: Person
    agency: Annotated[Code, PROCESS]


class HoldClosed(Data):
    """A hold that stands at the end, and why its owner leaves it: it is never thereby a release."""

    hold_id: Annotated[AnyHoldId, PROCESS]
    reason: Annotated[Text, PROCESS]
    by: Person
    authority: Annotated[Code | None, PROCESS] = None
    """Whose hold it is: the agency of `by`. Another that may not release it may not leave it."""


class FunderSearch(Data):
    """Where it was looked for who funds the places that nobody has claimed, without finding it."""

    searched: Annotated[tuple[Line, ...], PROCESS, Field(min_length=1, max_length=20)]
    result: Annotated[Text, PROCESS]
    by: Person


class ClosureProposed(EventData):
    """M100 (004 11.1): the process should end, with the evidence that its ending asks for.

    What an ending other than `improved` rests on is asked for when the Chair authorises it: what
    was a lawful proposal stays one.
    """

    wire: ClassVar[str] = "closure.proposed"

    ending: Annotated[Ending, PROCESS]
    proposed_by: Person
    evidence: Annotated[Text | None, THEMES] = None
    evidence_reference: Annotated[Reference | None, PROCESS] = None
    """Of `improved`: the reference of a test that found improvement attained and sustained."""
    ended_on: Annotated[date | None, PROCESS, Fact("service_ended_on")] = None
    transferred_to: Annotated[Line | None, PROCESS, Fact("transferred_to")] = None
    error: Annotated[Text | None, PROCESS] = None
    """What the error was by which it was opened."""
    handed_over: tuple[HandedOver, ...] = Field(default=(), max_length=500)
    holds_closed: tuple[HoldClosed, ...] = Field(default=(), max_length=100)
    funder_search: FunderSearch | None = None

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
