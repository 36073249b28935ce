"""How a concern is classified, and to whom it is escalated (000 9.5 and 9.6)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from hub.events.ground import Ground
from hub.events.model import (
    CRIMINAL,
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
from hub.vocabulary import AgencyId, Role

LABELS: Final = (
    "safeguarding",
    "serious incident",
    "complaint",
    "contract breach",
    "disciplinary",
    "notifiable safety incident",
)
"""What a concern may amount to (000 9.5); it may amount to several at once."""

Label = Literal[
    "safeguarding",
    "serious incident",
    "complaint",
    "contract breach",
    "disciplinary",
    "notifiable safety incident",
]
Body = Literal[
    "local authority", "cqc", "police", "professional regulator", "commissioner", "safeguarding"
]

_JOINS: Final = {"professional regulator": Role.PROFESSIONAL_REGULATOR}


class ConcernClassified(EventData):
    """N040 (000 9.5): what a concern amounts to; each label adds those who must hear of it."""

    wire: ClassVar[str] = "concern.classified"
    before_opening: ClassVar[bool] = True

    ground: Ground | None = None
    raised: Annotated[Reference, PROCESS, Fact("classified_number")]
    labels: Annotated[
        tuple[Label, ...], THEMES, Fact("classified_labels"), Field(min_length=1, max_length=6)
    ]
    professional_regulator: Annotated[Code | None, PROCESS, Names(Role.PROFESSIONAL_REGULATOR)] = (
        None
    )
    """Who regulates the profession of whoever is concerned, for a disciplinary matter."""
    classified_by: Annotated[Person, Fact("classified_by")]
    reason: Annotated[Text, THEMES, Fact("classified_reason")]

    def about(self) -> str:
        """Return which concern."""
        return self.raised

    @model_validator(mode="after")
    def _whole(self) -> ConcernClassified:
        if len(set(self.labels)) != len(self.labels):
            msg = "a label stands twice"
            raise ValueError(msg)
        return self


class EscalatedTo(Data):
    """N041 (000 9.6): one body it is escalated to, and what that one is asked, nobody else."""

    agency: Annotated[Code, PROCESS, Names()]
    body: Annotated[Body, PROCESS]
    asked: Annotated[Line, PROCESS]
    """What this body alone is told it should do; read by nobody else."""
    commissions: Annotated[Literal["council", "icb"], PROCESS] = "council"
    """For a commissioner: what it is."""


class ConcernEscalated(EventData):
    """N041 (000 9.6): a concern is escalated, each body with its own words; a crime: police first.

    The police hear of a suspected crime whether or not they are named.
    """

    wire: ClassVar[str] = "concern.escalated"
    before_opening: ClassVar[bool] = True
    urgent: ClassVar[bool] = True

    ground: Ground | None = None
    escalation: Annotated[Reference, PROCESS, Fact("escalation_number")]
    what: Annotated[Text, THEMES, Fact("escalated_what")]
    to: Annotated[tuple[EscalatedTo, ...], Field(min_length=1, max_length=50)]
    crime_suspected: Annotated[bool, CRIMINAL, Variant()]
    escalated_by: Annotated[Person, Fact("escalated_by")]
    escalated_at: Annotated[Moment, PROCESS, Fact("escalated_at")]

    def about(self) -> str:
        """Return which escalation."""
        return self.escalation

    def joins(self) -> tuple[tuple[AgencyId, Role], ...]:
        """Return who joins: a professional regulator, and a commissioner as what it is."""
        return tuple((one.agency, role) for one in self.to if (role := _role(one)) is not None)

    def asked_of(self, agency: AgencyId) -> str | None:
        """Return what one agency is asked; None: it is not one of those it is escalated to."""
        mine = [one.asked for one in self.to if one.agency == agency]
        return "; ".join(mine) or None


def _role(one: EscalatedTo) -> Role | None:
    if one.body == "commissioner":
        return Role.PLACING_ICB if one.commissions == "icb" else Role.PLACING_AUTHORITY
    return _JOINS.get(one.body)


TYPES: Final[tuple[type[EventData], ...]] = (ConcernClassified, ConcernEscalated)
"""Every event of this chapter."""
