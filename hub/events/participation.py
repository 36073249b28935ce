"""Who takes part, who leads, who is responsible (004 sections 2.1, 3.1 and 4)."""

from __future__ import annotations

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
    Names,
    Person,
    Text,
    Variant,
)
from hub.events.references import Reference
from hub.vocabulary import AgencyId, InfoClass, Role

OWN_WAY: Final = frozenset(
    {
        Role.REGULATOR,
        Role.HOST_AUTHORITY,
        Role.HOST_ICB,
        Role.PLACING_AUTHORITY,
        Role.PLACING_ICB,
        Role.POLICE,
        Role.PROVIDER,
        Role.ADULTS,
    }
)
"""Parts that an agency has by the opening or the placement register, and by nothing else."""


def _may_be_added(role: Role, whose: str) -> None:
    if role in OWN_WAY:
        msg = f"{whose} `{role}` is a part that the opening or the placement register gives"
        raise ValueError(msg)


class ParticipationAgencyAdded(EventData):
    """M009, M087 (004 2.1, 8.3): an agency takes part from now on, in a part of its own.

    A contract officer's agency is added as `contracts and commissioning`.
    """

    wire: ClassVar[str] = "participation.agency.added"

    agency: Annotated[Code, PROCESS]
    role: Annotated[Role, PROCESS]
    purpose: Annotated[Line, PROCESS, Fact("participation_purpose")]
    sharing_reference: Annotated[Reference | None, PROCESS, Fact("sharing_reference")] = None
    """The information sharing agreement that binds it, by its own number."""
    added_by: Person

    @model_validator(mode="after")
    def _a_part_to_be_added(self) -> ParticipationAgencyAdded:
        _may_be_added(self.role, "role")
        return self

    def about(self) -> str:
        """Return the agency and its part."""
        return f"{self.agency} {self.role}"

    def joins(self) -> tuple[tuple[AgencyId, Role], ...]:
        """Return the agency in its part."""
        return ((self.agency, self.role),)


class Member(Data):
    """One agency of the list of who takes part, in one part."""

    agency: Annotated[Code, PROCESS]
    role: Annotated[Role, PROCESS]


class ParticipationScopeSet(EventData):
    """M022 (004 3.1): the level and nature of the concern decide which organisations take part.

    The statutory minimum takes part whatever the list says.
    """

    wire: ClassVar[str] = "participation.scope.set"

    members: tuple[Member, ...] = Field(max_length=100)
    reason: Annotated[Text, PROCESS]
    set_by: Person


class ParticipationDelegateNamed(EventData):
    """M023 (004 3.1): who speaks for an agency, and whether that person may decide for it."""

    wire: ClassVar[str] = "participation.delegate.named"

    agency: Annotated[Code, PROCESS, Names()]
    delegate: Annotated[Person, Fact("delegate")]
    authority: Annotated[
        Literal["decides for its organisation", "must ask its organisation"], PROCESS, Variant()
    ]

    def about(self) -> str:
        """Return the agency."""
        return self.agency


class ResponsibilityAgreed(EventData):
    """M029, N005 (004 4.1d, 000 3): one side's word on who is responsible for something.

    It is agreed once both sides have said so. A dispute escalates, and delays no one (000 9).
    """

    wire: ClassVar[str] = "responsibility.agreed"

    item: Annotated[Reference, PROCESS]
    responsibility: Annotated[Line, PROCESS, Fact("responsibility")]
    agency: Annotated[Code, PROCESS, Names()]
    """Who says it."""
    other: Annotated[Code, PROCESS, Names()]
    """The other side."""
    word: Annotated[Literal["proposes", "agrees", "disputes"], PROCESS, Variant()]
    said_by: Person

    @model_validator(mode="after")
    def _two_sides(self) -> ResponsibilityAgreed:
        if self.agency == self.other:
            msg = "`agency` and `other` are two different agencies"
            raise ValueError(msg)
        return self

    def about(self) -> str:
        """Return the item, and whose word it is."""
        return f"{self.item} {self.agency}"


class ResponsibilityClassified(EventData):
    """M092 (004 9.1): whether a matter is for safeguarding or for commissioning to act on."""

    wire: ClassVar[str] = "responsibility.classified"

    item: Annotated[Reference, PROCESS]
    matter: Annotated[Line, THEMES, Fact("classified_matter")]
    belongs_to: Annotated[Literal["safeguarding", "commissioning"], PROCESS, Variant()]
    classified_by: Person

    def about(self) -> str:
        """Return the item."""
        return self.item


class CommissioningLeadSet(EventData):
    """M032 (004 4.1f): who leads the commissioners in monitoring quality."""

    wire: ClassVar[str] = "commissioning.lead.set"

    agency: Annotated[Code, PROCESS, Names(Role.CONTRACTS)]
    lead: Annotated[Person, Fact("commissioning_lead")]
    position: Annotated[Text | None, COMMERCIAL, Fact("commissioning_position")] = None


class SharingRow(Data):
    """What one part may be told under a concern's own protocol."""

    role: Annotated[Role, PROCESS]
    classes: Annotated[tuple[InfoClass, ...], PROCESS]


class IsaAgreed(EventData):
    """M067 (004 7.1i): the information sharing protocol of this concern.

    It may only narrow what the pack allows, and never what a risk notice carries: the standing
    protocol applies from the opening (11.2). A part without a row keeps what the pack allows.
    """

    wire: ClassVar[str] = "isa.agreed"

    reference: Annotated[Reference, PROCESS, Fact("sharing_protocol")]
    rows: tuple[SharingRow, ...] = Field(default=(), max_length=64)
    agreed_by: tuple[Person, ...] = Field(min_length=1, max_length=50)

    @model_validator(mode="after")
    def _one_row_each(self) -> IsaAgreed:
        roles = [row.role for row in self.rows]
        twice = sorted({role for role in roles if roles.count(role) > 1})
        if twice:
            msg = f"has two rows for {', '.join(twice)}"
            raise ValueError(msg)
        return self


TYPES: Final[tuple[type[EventData], ...]] = (
    ParticipationAgencyAdded,
    ParticipationScopeSet,
    ParticipationDelegateNamed,
    ResponsibilityAgreed,
    ResponsibilityClassified,
    CommissioningLeadSet,
    IsaAgreed,
)
"""Every event of this chapter."""
