"""A provider concern as known at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from hub.events import (
    AnyEmergency,
    AnyEvent,
    ClosureAuthorised,
    ClosureProposed,
    EventData,
    MeetingScheduled,
    Person,
    ProviderInformed,
    ProviderInvolvementReviewed,
    Service,
    Theme,
)
from hub.frozen import remembered, replace
from hub.vocabulary import (
    AgencyId,
    ConcernId,
    ContactId,
    CriminalStatus,
    EventId,
    HoldId,
    HoldKind,
    InfoClass,
    ObligationKind,
    PoliceAdvice,
    Role,
    Stage,
)

_E = TypeVar("_E", bound=EventData)


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
class Said:
    """The newest event of one type about one subject, as it was said."""

    event: EventId
    source: str
    at: datetime
    """When it occurred, by its publisher's word."""
    about: str
    """Which subject of its type, such as one action; empty where the type has one subject."""
    data: AnyEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """Something that somebody owes to this concern until an event ends it."""

    kind: ObligationKind
    key: str
    """Which one of its kind: the request's id, the action's, the agency's code."""
    owner: Party | None = None
    """Who owes it; None: the host authority."""
    says: str
    """One line for people, without addresses and without anything of a class above C1."""
    due: datetime | None = None
    """By the event's own word; None: the pack's deadline counts from `opened_at`."""
    opened_at: datetime | None = None
    """When its event occurred; the concern sets it."""
    urgent: bool = False
    """Whether it is owed in an emergency: the pack's times for that apply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """A recorded decision about classes that a party is told only where somebody decides so."""

    party: Party
    classes: frozenset[InfoClass]
    share: bool
    """False: it was decided not to tell it (N023)."""
    authority: AgencyId
    """Whose decision it is, such as the police's for criminal matters."""
    decided_at: datetime | None = None
    """When it was decided, by the word of who recorded it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Another concern about the same provider that the provider is not told of."""

    concern: ConcernId
    since: datetime
    """Since when, by the register's clock: what was agreed before does not free it."""


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
    emergency: AnyEmergency | None = None
    """What was said last of the emergency that there is; None: there is none (12.1)."""
    emergency_after_end: bool = False
    """Whether it came after the Chair had authorised the end: it is told all the same."""
    closure_proposed: ClosureProposed | None = None
    closure_authorised: ClosureAuthorised | None = None
    opened: bool = True
    """False: it has only been reported; `opened_at` is when that was."""
    initiated: bool | None = None
    """Whether it was decided to begin the process; None: not decided (M058)."""
    adults_in_emergency: bool = False
    """Whether adults and carers were told in an emergency, for which no plan is waited (M076)."""
    unsafe_contacts: tuple[tuple[AgencyId, str], ...] = ()
    """Whose records, and which contact in them, is alleged to have caused harm (M079)."""
    protected: bool = False
    """Whether somebody was named who keeps people safe while the provider is held (M122)."""
    communication_agreed: bool = False
    """Whether the communication strategy for adults is agreed (M060)."""
    sharing_agreed: bool = False
    """Whether an information sharing protocol for this concern is agreed (M067)."""
    severe: bool = False
    """Whether high volume and severity was flagged: it shortens the pack's deadlines (M016)."""
    category: str | None = None
    """`emergency` or `planned`, as somebody decided it (M116)."""
    scope: frozenset[Party] | None = None
    """Who was decided to take part besides the statutory minimum; None: not decided (M022)."""
    sharing_rows: tuple[tuple[Role, frozenset[InfoClass]], ...] = ()
    """What this concern's own protocol leaves of the pack, by part; none: all of it (M067)."""
    joined: tuple[Party, ...] = ()
    """Who takes part besides those every concern has, in the order they joined."""
    kept: tuple[Party, ...] = ()
    """From whom the want of a fit channel keeps something (H7, H10): told once there is one."""
    struck: frozenset[ContactId] = frozenset()
    """Contacts of the directory that no notice of this concern may reach (M019)."""
    verified: tuple[tuple[Party, ContactId], ...] = ()
    """Which contact alone may be written to, where nobody knows whose the others are (M019)."""
    disclosures: tuple[Disclosure, ...] = ()
    consulting: tuple[str, ...] = ()
    """Questions to the police that are open: what they gate waits (M051)."""
    mistaken: tuple[Party, ...] = ()
    """Who was told only by mistake, and takes no part: nothing more goes to it (B03)."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """Who last held the provider beside this, when it was last planned; asked each time."""
    provider_held_since: datetime | None = None
    """Since when this concern holds its provider for reasons of its own; None: it does not."""
    matters: tuple[Matter, ...] = ()
    said: tuple[Said, ...] = ()
    """What events said, the newest of each type and subject, oldest first."""

    @property
    def provider(self) -> Party:
        """Return the provider as a party."""
        return Party(agency=self.service.provider, role=Role.PROVIDER)

    def refused_to(self, party: Party) -> frozenset[InfoClass]:
        """Return the classes that were decided by name not to be told to this party (N023)."""
        newest: dict[InfoClass, bool] = {}
        for one in self.disclosures:
            if one.party == party:
                newest |= dict.fromkeys(one.classes, one.share)
        return frozenset(info for info, share in newest.items() if not share)

    @property
    def provider_cleared_at(self) -> datetime | None:
        """Return when the police last agreed that the provider may be told of this very concern.

        None: they have not, or have taken it back. Nothing else frees what another concern about
        the same provider holds (7.2).
        """
        theirs = (
            one
            for one in reversed(self.disclosures)
            if one.party == self.provider
            and one.authority == self.police
            and InfoClass.PROCESS in one.classes
        )
        newest = next(theirs, None)
        return newest.decided_at if newest is not None and newest.share else None

    @property
    def held_elsewhere(self) -> bool:
        """Whether another concern about the same provider keeps the provider from being told."""
        cleared = self.provider_cleared_at
        return any(cleared is None or cleared < other.since for other in self.elsewhere)

    @remembered(200)
    def parties(self) -> tuple[Party, ...]:
        """Return everybody this concern has, each once, in a fixed order (004 section 4)."""
        commissioners = sorted(c.party for c in self.commissioners)
        adults = sorted(self._adults())
        return tuple(dict.fromkeys((*self.always(), *commissioners, *adults, *self.joined)))

    def always(self) -> tuple[Party, ...]:
        """Return whom every concern has."""
        host = self.host_authority
        return (
            Party(agency=self.regulator, role=Role.REGULATOR),
            Party(agency=host, role=Role.HOST_AUTHORITY),
            Party(agency=self.host_icb, role=Role.HOST_ICB),
            Party(agency=self.police, role=Role.POLICE),
            self.provider,
            Party(agency=host, role=Role.CONTRACTS),
            Party(agency=host, role=Role.EMERGENCY_DUTY_TEAM),
            Party(agency=host, role=Role.HEAD_OF_SAFEGUARDING),
        )

    def _adults(self) -> Iterator[Party]:
        """Yield whose workers tell the adults and their carers: they have no address (7.3)."""
        for commissioner in self.commissioners:
            yield Party(agency=commissioner.party.agency, role=Role.ADULTS)
        if self.self_funders:
            yield Party(agency=self.host_authority, role=Role.ADULTS)

    def as_party(self, agency: AgencyId) -> Party:
        """Return what an agency is to this concern: its first part, or a participant."""
        found = (party for party in self.parties() if party.agency == agency)
        return next(found, Party(agency=agency, role=Role.PARTICIPANT))

    def last(self, model: type[_E], about: str | None = None) -> _E | None:
        """Return what was said last of this type, about one subject or any; None: nothing."""
        return next(reversed(self.every(model, about)), None)

    def every(self, model: type[_E], about: str | None = None) -> tuple[_E, ...]:
        """Return the newest of this type about each subject, oldest first."""
        return tuple(
            said.data
            for said in self.said
            if isinstance(said.data, model) and about in {None, said.about}
        )

    def owing(self, matter: Matter) -> Concern:
        """Return the concern with this matter open; an open one of its kind and key is replaced."""
        others = self.met(matter.kind, matter.key).matters
        return replace(self, matters=(*others, matter))

    def met(self, kind: ObligationKind, key: str) -> Concern:
        """Return the concern without the open matter of this kind and key, if there is one."""
        left = tuple(m for m in self.matters if (m.kind, m.key) != (kind, key))
        return replace(self, matters=left)

    def met_all(self, kind: ObligationKind, prefix: str) -> Concern:
        """Return the concern without the open matters of this kind whose key begins so."""
        left = (m for m in self.matters if m.kind is not kind or not m.key.startswith(prefix))
        return replace(self, matters=tuple(left))

    def owes(self, kind: ObligationKind, key: str | None = None) -> bool:
        """Whether a matter of this kind (and key) is open."""
        return any(m.kind is kind and key in {None, m.key} for m in self.matters)

    def adults_of(self, party: Party) -> tuple[str, ...]:
        """Return this commissioner's own record numbers; empty for everybody else (C2).

        The worker who tells an authority's adults reads the same numbers as the authority.
        """
        mine = (
            commissioner.adults
            for commissioner in self.commissioners
            if commissioner.party == party
            or (party.role is Role.ADULTS and commissioner.party.agency == party.agency)
        )
        return tuple(dict.fromkeys(adult for adults in mine for adult in adults))
