"""What follows from emergencies, and from closures that are planned (004 section 12)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Disclosure, Matter, Party
from hub.concern.lifting import lift
from hub.events import Emergency, EmergencyClosureCqc, Person
from hub.events.emergency import (
    ClosurePlannedProvider,
    ClosureResponsePlanDecided,
    ContractWithdrawn,
    EmergencyCategorySet,
    EmergencyEvacuation,
    EmergencyPlanningIndicated,
    RegulatorNoticeDecision,
    RegulatorNoticeProposal,
)
from hub.frozen import replace
from hub.vocabulary import AgencyId, HoldKind, InfoClass, ObligationKind, Role

URGENT_MEETING: Final = "urgent"
"""The key of the meeting of the heads of service (12.1): the kind of meeting that ends it."""
PLAN: Final = "closure response plan"
_PLANNED: Final = "planned closure:"
_REMOVAL: Final = "removal:"
_LONDON: Final = ZoneInfo("Europe/London")
_END_OF_DAY: Final = time(17)
_PLANNERS: Final = frozenset({Role.PLACING_AUTHORITY, Role.PLACING_ICB})


def care_owed(reference: str) -> str:
    """Return the key of the other care that is owed where an arrangement or contract ends."""
    return f"arrangement:{reference}"


@follow.register
def _(data: Emergency, concern: Concern) -> Concern | CannotFollow:
    return _begun(concern, data)


@follow.register
def _(data: EmergencyPlanningIndicated, concern: Concern) -> Concern | CannotFollow:
    # What has happened says more than what is feared: it stays what late parties are told.
    if concern.emergency is None:
        concern = replace(_set(concern, data), category=concern.category)
    return _called(_joined(concern, Role.EMERGENCY_PLANNING))


@follow.register
def _(data: EmergencyClosureCqc, concern: Concern) -> Concern | CannotFollow:
    # M105: holds H4 and H8 lift for C0 only, once served and released by name; H1 to H3 stand.
    if data.served_at is not None and data.released_by is not None:
        kinds = {HoldKind.H4, HoldKind.H8}
        process = frozenset({InfoClass.PROCESS})
        concern = lift(concern, lambda h: process if h.kind in kinds else None)
    return _begun(concern, data)


@follow.register
def _(data: EmergencyEvacuation, concern: Concern) -> Concern | CannotFollow:
    then = _begun(_joined(concern, Role.EMERGENCY_PLANNING), data)
    for role in (Role.FIRE, Role.NHS_SERVICES, Role.BUILDING_CONTROL, Role.HSE):
        key, kind = f"emergency:{role}", ObligationKind.ACT
        if role not in data.unnamed():
            then = then.met(kind, key)
        elif all(party.role is not role for party in then.parties()):
            says = f"ring the {role}: the event names none, so nobody there has been told (12.1)"
            then = then.owing(Matter(kind=kind, key=key, says=says, urgent=True))
    return then


@follow.register
def _(data: ContractWithdrawn, concern: Concern) -> Concern | CannotFollow:
    says = "arrange other care for everybody whose contract was withdrawn (12.1)"
    if data.cause == "financial":
        says = "meet everybody's needs for as long as necessary, whoever pays (Care Act 2014 s.48)"
    key, kind = care_owed(data.contract), ObligationKind.ARRANGE_CARE
    return _begun(concern, data).owing(Matter(kind=kind, key=key, says=says, urgent=True))


@follow.register
def _(data: EmergencyCategorySet, concern: Concern) -> Concern | CannotFollow:
    if data.category == "emergency":
        return _begun(concern, data)
    return _to_be_planned(
        replace(concern, category="planned", emergency=None, emergency_after_end=False)
    )


@follow.register
def _(data: ClosurePlannedProvider, concern: Concern) -> Concern | CannotFollow:
    says = "everybody has moved before the provider's notice runs out (12.1)"
    then = _due_by(concern, _PLANNED, data.ends_on, says)
    then = replace(then, category=then.category or "planned")
    return _to_be_planned(_joined(then, Role.HEADS_OF_SERVICE))


@follow.register
def _(data: RegulatorNoticeProposal, concern: Concern) -> Concern | CannotFollow:
    if concern.last(RegulatorNoticeDecision, data.reference) is not None:
        return CannotFollow(why=f"it has been decided already on `{data.reference}` (12.1)")
    then = _agreed_to_plan(concern, data.planners, data.agreed_by)
    if data.expected_end_on is not None:
        then = _due_by(then, _REMOVAL, data.expected_end_on, _REMOVED)
    return _to_be_planned(then)


@follow.register
def _(data: RegulatorNoticeDecision, concern: Concern) -> Concern | CannotFollow:
    """The decision takes the proposal's place: what was planned by is counted again (M115)."""
    proposed = (RegulatorNoticeProposal.wire, data.supersedes)
    said = tuple(s for s in concern.said if (s.data.wire, s.about) != proposed)
    then = _agreed_to_plan(replace(concern, said=said), data.planners, data.agreed_by)
    if data.takes_effect_on is None:
        return _without(then, _REMOVAL)
    return _to_be_planned(_due_by(then, _REMOVAL, data.takes_effect_on, _REMOVED))


@follow.register
def _(data: ClosureResponsePlanDecided, concern: Concern) -> Concern | CannotFollow:
    del data  # whatever was decided: it has been decided (M123)
    return _joined(concern, Role.HEADS_OF_SERVICE).met(ObligationKind.DECIDE_CLOSURE_PLAN, PLAN)


_REMOVED: Final = "everybody has moved before the location leaves the register (12.1)"


def _begun(concern: Concern, data: Emergency) -> Concern:
    """Return the concern in an emergency: the heads of service meet and decide on the plan.

    Adults hear of it without an agreed plan for telling them, and of what follows from it (M076).
    An order that has not been served is not told to them, and begins nothing.
    """
    if not isinstance(data, EmergencyClosureCqc) or data.told_cause() is not None:
        concern = replace(concern, adults_in_emergency=True)
    return _called(_set(concern, data))


def _set(concern: Concern, data: Emergency) -> Concern:
    known = concern.emergency
    if data.ends_at is None and known is not None:
        data = data.model_copy(update={"ends_at": known.ends_at})
    late = concern.closure_authorised is not None
    return replace(concern, emergency=data, emergency_after_end=late, category="emergency")


def _called(concern: Concern) -> Concern:
    """Return the concern for which the heads of service must meet, always (12.1)."""
    concern = _joined(concern, Role.HEADS_OF_SERVICE)
    if not concern.owes(ObligationKind.HOLD_MEETING, URGENT_MEETING):
        concern = concern.owing(
            Matter(
                kind=ObligationKind.HOLD_MEETING,
                key=URGENT_MEETING,
                says="the heads of service and contracts and commissioning meet (12.1)",
                urgent=True,
            )
        )
    return _to_be_planned(concern)


def _to_be_planned(concern: Concern) -> Concern:
    """Return the concern for which somebody must say whether the plan is invoked (M123)."""
    if concern.owes(ObligationKind.DECIDE_CLOSURE_PLAN, PLAN):
        return concern
    return concern.owing(
        Matter(
            kind=ObligationKind.DECIDE_CLOSURE_PLAN,
            key=PLAN,
            says="decide whether the closure response plan is invoked (12.1)",
            urgent=concern.emergency is not None,
        )
    )


def _joined(concern: Concern, role: Role) -> Concern:
    """Return the concern in which a desk of the host authority's own takes part."""
    party = Party(agency=concern.host_authority, role=role)
    if party in concern.joined:
        return concern
    return replace(concern, joined=(*concern.joined, party))


def _agreed_to_plan(
    concern: Concern, planners: tuple[AgencyId, ...], agreed_by: Person | None
) -> Concern:
    """Record that the regulator agreed that the host and these commissioners are told (S24)."""
    if agreed_by is None:
        return concern
    regulatory = frozenset({InfoClass.REGULATORY})
    mine = (
        party
        for party in concern.parties()
        if party.role is Role.HOST_AUTHORITY
        or (party.role in _PLANNERS and party.agency in planners)
    )
    new = tuple(
        Disclosure(party=party, classes=regulatory, share=True, authority=concern.regulator)
        for party in mine
    )
    return replace(concern, disclosures=(*concern.disclosures, *new))


def _due_by(concern: Concern, prefix: str, day: date, says: str) -> Concern:
    """Return the concern with this deadline in the place of the one it had, if another."""
    key, kind = f"{prefix}{day.isoformat()}", ObligationKind.MEET_DEADLINE
    due = datetime.combine(day, _END_OF_DAY, _LONDON)
    return _without(concern, prefix).owing(Matter(kind=kind, key=key, says=says, due=due))


def _without(concern: Concern, prefix: str) -> Concern:
    for matter in concern.matters:
        if matter.kind is ObligationKind.MEET_DEADLINE and matter.key.startswith(prefix):
            concern = concern.met(matter.kind, matter.key)
    return concern
