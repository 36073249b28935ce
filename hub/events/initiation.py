"""Stage 1: a concern is opened, a lead agency and a Chair are named (004 sections 2, 4 and 6)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from hub.events.model import (
    PERSON_ALLEGED,
    PROCESS,
    REFERRER,
    THEMES,
    Code,
    Count,
    Data,
    EventData,
    Line,
    Moment,
    Person,
    Text,
)
from hub.vocabulary import KeyQuestion


class Theme(Data):
    """M044 (004 4.3): one anonymised theme, under one of CQC's key questions."""

    question: Annotated[KeyQuestion, THEMES]
    theme: Annotated[Line, THEMES]


class Service(Data):
    """The registered provider and the location where the harm occurred (M008)."""

    provider: Annotated[Code, PROCESS]
    provider_name: Annotated[Line, PROCESS]
    location_name: Annotated[Line, PROCESS]
    postcode: Annotated[
        Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$")],
        PROCESS,
    ]
    cqc_location_id: Annotated[
        Annotated[str, StringConstraints(pattern=r"^1-[0-9]{3,12}$")] | None, PROCESS
    ] = None


class ConcernOpened(EventData):
    """M002, M003, M008, M024 (004 1.2, 2.1, 4.1): the host authority opens a provider concern.

    The host authority follows where the harm occurred, not the provider's head office.
    """

    wire: ClassVar[str] = "concern.opened"
    brings: ClassVar[bool] = True

    service: Service
    host_authority: Annotated[Code, PROCESS]
    host_icb: Annotated[Code, PROCESS]
    regulator: Annotated[Code, PROCESS]
    police: Annotated[Code, PROCESS]
    opened_at: Annotated[Moment, PROCESS]
    leo: Person
    duty_phone: Annotated[
        Annotated[str, StringConstraints(pattern=r"^\+?[0-9 ()]{7,24}$")], PROCESS
    ]
    ground: Annotated[Literal["significant", "multiple s42 enquiries"], THEMES]
    themes: tuple[Theme, ...] = Field(min_length=1, max_length=20)
    risk_level: Annotated[Literal["low", "medium", "high", "critical"], THEMES]
    affected_count: Annotated[Count | None, THEMES] = None
    person_alleged: Annotated[Line | None, PERSON_ALLEGED] = None
    referrer: Annotated[Text | None, REFERRER] = None


class LeadAgencySet(EventData):
    """M047, M048, M049 (004 4.4): the agency that co-ordinates the enquiry."""

    wire: ClassVar[str] = "lead.agency.set"

    agency: Annotated[Code, PROCESS]
    kind: Annotated[Literal["la", "icb", "nhs"], PROCESS]
    reason: Annotated[Text | None, PROCESS] = None


class ChairAppointed(EventData):
    """M030 (004 4.1): there is a Chair."""

    wire: ClassVar[str] = "chair.appointed"

    chair: Person
    agency: Annotated[Code, PROCESS]


TYPES: Final[tuple[type[EventData], ...]] = (
    ConcernOpened,
    LeadAgencySet,
    ChairAppointed,
)
"""Every event of this chapter."""
