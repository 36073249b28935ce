"""What a concern is after one more event; or why the event cannot follow yet."""

from __future__ import annotations

from hub.concern import (  # noqa: F401  # each registers what follows
    actions,
    adults,
    arrangements,
    assessing,
    assurance,
    closure,
    conflicts,
    continuity,
    disclosures,
    emergency,
    improvement,
    meetings,
    participation,
    placements,
    police,
    provider,
    records,
    regulator,
    reporting,
)
from hub.concern.following import follow
from hub.concern.improvement import meeting_about_delay
from hub.concern.known import CannotFollow, Concern, Party, PlacedHold, Said
from hub.concern.lifting import lift
from hub.concern.opening import opened, reported
from hub.concern.provider import still_protected
from hub.concern.source import guard_the_source
from hub.events import (
    ChairAppointed,
    ConcernOpened,
    CriminalStatusDeclared,
    HoldPlaced,
    HoldReleased,
    LeadAgencySet,
    PoliceAdviceRecorded,
    ProviderInformed,
    ProviderInvolvementReviewed,
    ThemesAgreed,
)
from hub.events.envelope import Event
from hub.events.escalating import ConcernEscalated
from hub.events.marks import named_by
from hub.events.placements import PlacementRegisterAmended, PlacementRegisterDeclared
from hub.events.police import CriminalInvestigationConcluded, CriminalInvestigationOpened
from hub.events.records import NoticeRecalled
from hub.events.reporting import IncidentFurtherReported
from hub.frozen import replace
from hub.vocabulary import Role


def after(concern: Concern | None, event: Event) -> Concern | CannotFollow:
    """Return the concern after this event, or why the event cannot follow yet. Pure."""
    then = _step(concern, event)
    if isinstance(then, CannotFollow):
        return then
    known = still_protected(_noted(_dated(then, event), event))
    return guard_the_source(concern, meeting_about_delay(known, event.occurred), event)


def _step(concern: Concern | None, event: Event) -> Concern | CannotFollow:
    if isinstance(event.data, ConcernOpened):
        if concern is not None and concern.opened:
            return CannotFollow(why="this concern has been opened already")
        return opened(event, event.data, concern)
    concern = concern or reported(event)
    if concern is None:
        return CannotFollow(why="`concern.opened` has not come")
    if not concern.opened and not event.data.before_opening:
        return CannotFollow(why="`concern.opened` has not come: it has only been reported")
    return follow(event.data, concern)


def _noted(concern: Concern, event: Event) -> Concern:
    """Remember what was said, who joined by it, and since when what it opened is owed."""
    said = Said(
        event=event.id,
        source=event.source,
        at=event.occurred,
        about=event.data.about(),
        data=event.data,
    )
    kept = (s for s in concern.said if (s.data.wire, s.about) != (said.data.wire, said.about))
    here = {*concern.parties()}
    named = (Party(agency=agency, role=role) for agency, role in named_by(event.data) if role)
    return replace(
        concern,
        said=(*kept, said),
        mistaken=tuple(p for p in concern.mistaken if p not in _taken_on(event)),
        joined=(*concern.joined, *sorted(party for party in named if party not in here)),
        matters=tuple(
            m if m.opened_at is not None else replace(m, opened_at=event.occurred)
            for m in concern.matters
        ),
    )


def _taken_on(event: Event) -> frozenset[Party]:
    """Return who has a part by this event, so that it is in the concern by mistake no longer."""
    match event.data:
        case NoticeRecalled():
            return frozenset()
        case PlacementRegisterDeclared(placements=lines) | PlacementRegisterAmended(added=lines):
            placing = {Role.PLACING_AUTHORITY, Role.PLACING_ICB, Role.ADULTS}
            agencies = {line.commissioner for line in lines if line.commissioner is not None}
            return frozenset(Party(agency=a, role=r) for a in agencies for r in placing)
        case data:
            return frozenset(Party(agency=a, role=r) for a, r in named_by(data) if r)


def _dated(concern: Concern, event: Event) -> Concern:
    """Note when what may be freed later came into force: a release from before does not count."""
    match event.data:
        case CriminalStatusDeclared():
            return replace(concern, criminal_at=event.occurred)
        case IncidentFurtherReported(crime=crime) if crime != "not suspected":
            return replace(concern, criminal_at=event.occurred)
        case ConcernEscalated(crime_suspected=True):
            return replace(concern, criminal_at=event.occurred)
        case CriminalInvestigationOpened() | CriminalInvestigationConcluded():
            return replace(concern, criminal_at=concern.criminal_at or event.occurred)
        case HoldPlaced(hold_id=placed):
            at = event.occurred
            holds = (replace(h, placed_at=at) if h.id == placed else h for h in concern.holds)
            return replace(concern, holds=tuple(holds))
        case _:
            return concern


@follow.register
def _(data: LeadAgencySet, concern: Concern) -> Concern | CannotFollow:
    return replace(concern, lead_agency=data.agency)


@follow.register
def _(data: ChairAppointed, concern: Concern) -> Concern | CannotFollow:
    return replace(concern, chair=data.chair)


@follow.register
def _(data: CriminalStatusDeclared, concern: Concern) -> Concern | CannotFollow:
    return replace(concern, criminal=data.status)


@follow.register
def _(data: PoliceAdviceRecorded, concern: Concern) -> Concern | CannotFollow:
    return replace(
        concern,
        police_advice=data.advice,
        police_released=frozenset(data.classes),
        police_advised_at=data.advised_at,
        police_review_due=data.review_due,
    )


@follow.register
def _(data: ProviderInvolvementReviewed, concern: Concern) -> Concern | CannotFollow:
    return replace(concern, involvement=(*concern.involvement, data))


@follow.register
def _(data: ProviderInformed, concern: Concern) -> Concern | CannotFollow:
    return replace(concern, provider_informed=data)


@follow.register
def _(data: HoldPlaced, concern: Concern) -> Concern | CannotFollow:
    hold = PlacedHold(
        id=data.hold_id,
        kind=data.kind,
        party=Party(agency=data.party, role=data.role),
        classes=frozenset(data.classes),
        placed_by=data.placed_by,
        reason=data.reason,
        endorsed_by_agency=data.endorsed_by_agency,
        review_due=data.review_due,
        conditions_for_release=data.conditions_for_release,
    )
    others = tuple(h for h in concern.holds if h.id != hold.id)
    return replace(concern, holds=(*others, hold))


@follow.register
def _(data: HoldReleased, concern: Concern) -> Concern | CannotFollow:
    if all(hold.id != data.hold_id for hold in concern.holds):
        return CannotFollow(why=f"no hold `{data.hold_id}` stands on this concern")
    released = frozenset(data.classes)
    return lift(concern, lambda h: (released or h.classes) if h.id == data.hold_id else None)


@follow.register
def _(data: ThemesAgreed, concern: Concern) -> Concern | CannotFollow:
    count = concern.affected_count if data.affected_count is None else data.affected_count
    return replace(concern, themes=data.themes, risk_level=data.risk_level, affected_count=count)
