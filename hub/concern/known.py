"""A provider concern as known at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.events import (
    ClosureAuthorised,
    ClosureProposed,
    EmergencyClosureCqc,
    MeetingScheduled,
    Person,
    ProviderInformed,
    ProviderInvolvementReviewed,
    Service,
    Theme,
)
from hub.vocabulary import (
    AgencyId,
    ConcernId,
    CriminalStatus,
    HoldId,
    HoldKind,
    InfoClass,
    PoliceAdvice,
    Role,
    Stage,
)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Party:
    """An agency and what it is to this concern; one council may be host and placing as well."""

    agency: AgencyId
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedHold:
    """A hold that a named person placed on one party and some classes (mission 1.0)."""

    id: HoldId
    kind: HoldKind
    party: Party
    classes: frozenset[InfoClass]
    """What is still held; a partial release takes classes away."""
    placed_by: Person
    reason: str
    endorsed_by_agency: AgencyId | None
    review_due: datetime
    conditions_for_release: str
    placed_at: datetime | None = None
    """When it was last placed, by its publisher's word: what was released before does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commissioner:
    """An authority that has placed adults here, and those adults by its own record numbers."""

    party: Party
    adults: tuple[str, ...]
    moved_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotFollow:
    """This event does not follow from what is known yet: it is kept, signalled and tried again."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """The provider concern. Nothing here is an address, and no adult has a name."""

    id: ConcernId
    partnership: str
    reference: str
    opened_at: datetime
    service: Service
    host_authority: AgencyId
    host_icb: AgencyId
    regulator: AgencyId
    police: AgencyId
    leo: Person
    duty_phone: str
    themes: tuple[Theme, ...]
    risk_level: str
    affected_count: int | None
    person_alleged: str | None
    referrer: str | None
    stage: Stage = Stage.DECISION_TO_INITIATE
    chair: Person | None = None
    lead_agency: AgencyId | None = None
    commissioners: tuple[Commissioner, ...] = ()
    unknown_funders: int = 0
    self_funders: int = 0
    placements_known: bool = False
    register_complete: bool = False
    """Whether somebody has declared that the register names every place, funders known or not."""
    criminal: CriminalStatus = CriminalStatus.UNKNOWN
    criminal_at: datetime | None = None
    """When the status in force was declared, by its publisher's word."""
    police_advice: PoliceAdvice = PoliceAdvice.UNKNOWN
    police_released: frozenset[InfoClass] = frozenset()
    police_advised_at: datetime | None = None
    """When the police gave the advice in force, by their own word."""
    police_review_due: datetime | None = None
    holds: tuple[PlacedHold, ...] = ()
    involvement: tuple[ProviderInvolvementReviewed, ...] = ()
    provider_informed: ProviderInformed | None = None
    meetings: tuple[MeetingScheduled, ...] = ()
    emergency: EmergencyClosureCqc | None = None
    closure_proposed: ClosureProposed | None = None
    closure_authorised: ClosureAuthorised | None = None

    @property
    def provider(self) -> Party:
        """Return the provider as a party."""
        return Party(agency=self.service.provider, role=Role.PROVIDER)

    def parties(self) -> tuple[Party, ...]:
        """Return everybody this concern has, each once, in a fixed order (004 section 4)."""
        host = self.host_authority
        fixed = (
            Party(agency=self.regulator, role=Role.REGULATOR),
            Party(agency=host, role=Role.HOST_AUTHORITY),
            Party(agency=self.host_icb, role=Role.HOST_ICB),
            Party(agency=self.police, role=Role.POLICE),
            self.provider,
            Party(agency=host, role=Role.CONTRACTS),
            Party(agency=host, role=Role.EMERGENCY_DUTY_TEAM),
            Party(agency=host, role=Role.HEAD_OF_SAFEGUARDING),
        )
        return fixed + tuple(sorted(c.party for c in self.commissioners))

    def adults_of(self, party: Party) -> tuple[str, ...]:
        """Return this commissioner's own record numbers; empty for everybody else (C2)."""
        for commissioner in self.commissioners:
            if commissioner.party == party:
                return commissioner.adults
        return ()
