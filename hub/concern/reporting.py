"""What follows from what is reported, raised and escalated (004 1.2, 2.2, 9.1; 000 9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter, Party
from hub.events.escalating import LABELS, ConcernClassified, ConcernEscalated
from hub.events.reporting import (
    MULTIPLE,
    ConcernRaised,
    ConcernStaffRaised,
    EnquiryS42Linked,
    IncidentFurtherReported,
    ManagerInformed,
    TriggerReported,
)
from hub.frozen import replace
from hub.vocabulary import CriminalStatus, ObligationKind, PoliceAdvice, Role

TELL_THE_MANAGER: Final = timedelta(hours=24)
"""Until when the relevant manager is told "without delay" (000 9.3), from the record's time."""
_ENOUGH: Final = f"name {MULTIPLE} linked enquiries or more"
_SETTLED: Final = frozenset(
    {CriminalStatus.CONSULTED_NONE, CriminalStatus.NONE_SUSPECTED, CriminalStatus.UNKNOWN}
)
_FREES: Final = frozenset({PoliceAdvice.RELEASE, PoliceAdvice.PARTIAL})
_WIDER: Final = "say what the wider public interest or the risk to other adults is"


def lacking(data: TriggerReported, concern: Concern) -> tuple[str, ...]:
    """Return what a report of several enquiries still lacks (1.2); empty: nothing."""
    if data.basis != "multiple-s42":
        return ()
    linked = {*data.s42_refs, *(one.enquiry for one in concern.every(EnquiryS42Linked))}
    return (
        *(() if len(linked) >= MULTIPLE else (_ENOUGH,)),
        *(() if data.wider_risk else (_WIDER,)),
    )


@follow.register
def _(data: TriggerReported, concern: Concern) -> Concern | CannotFollow:
    """Start the clock of the decision; nothing is initiated by itself (M002, M003)."""
    return _completed(to_be_decided(concern, f"report:{data.report}"), data, concern)


@follow.register
def _(data: EnquiryS42Linked, concern: Concern) -> Concern | CannotFollow:
    linked = {one.enquiry for one in concern.every(EnquiryS42Linked)} | {data.enquiry}
    for report in concern.every(TriggerReported):
        whole = len({*report.s42_refs, *linked}) >= MULTIPLE and report.wider_risk
        if whole:
            concern = concern.met(ObligationKind.COMPLETE_TRIGGER, report.report)
    return concern


@follow.register
def _(data: ConcernRaised, concern: Concern) -> Concern | CannotFollow:
    then = concern.owing(
        Matter(
            kind=ObligationKind.ACT,
            key=f"manager:{data.raised}",
            says=f"inform the manager about {data.raised}, never one who is alleged (000 9.3)",
            due=data.recorded_at + TELL_THE_MANAGER,
        )
    )
    if data.kind == "confidentiality breach":
        then = at_the_host(then, Role.DATA_PROTECTION)
    if data.kind == "safeguarding":
        then = to_be_decided(then, f"raised:{data.raised}")
    return then


@follow.register
def _(data: ConcernStaffRaised, concern: Concern) -> Concern | CannotFollow:
    return replace(concern, referrer=concern.referrer or data.referrer)


@follow.register
def _(data: ManagerInformed, concern: Concern) -> Concern | CannotFollow:
    """To tell a manager who is alleged is no way to inform the manager (M019)."""
    return concern if data.alleged else concern.met(ObligationKind.ACT, f"manager:{data.raised}")


@follow.register
def _(data: IncidentFurtherReported, concern: Concern) -> Concern | CannotFollow:
    """What the police released before says nothing of what has happened since (M093)."""
    then = to_be_decided(concern, f"incident:{data.incident}")
    if data.crime == "not suspected":
        return then
    return _may_be_a_crime(then, data.occurred_at, suspected=data.crime == "suspected")


@follow.register
def _(data: ConcernClassified, concern: Concern) -> Concern | CannotFollow:
    if "safeguarding" not in data.labels:
        return concern
    return to_be_decided(concern, f"classified:{data.raised}")


@follow.register
def _(data: ConcernEscalated, concern: Concern) -> Concern | CannotFollow:
    if not data.crime_suspected:
        return concern
    return _may_be_a_crime(concern, data.escalated_at, suspected=True)


def amounts_to(concern: Concern) -> dict[str, bool]:
    """Return, for each label of a concern, whether it was classified so last (000 9.5)."""
    classified = concern.last(ConcernClassified)
    return {label: classified is not None and label in classified.labels for label in LABELS}


def to_be_decided(concern: Concern, key: str) -> Concern:
    """Return the concern for which a person must decide whether to initiate, if none has."""
    if concern.initiated:
        return concern
    kind = ObligationKind.INITIATE
    says = "decide whether to initiate; it never begins by itself (1.2, 6.1)"
    return concern.owing(Matter(kind=kind, key=key, says=says))


def at_the_host(concern: Concern, role: Role) -> Concern:
    """Return the concern in which a desk of the host authority's own takes part."""
    party = Party(agency=concern.host_authority, role=role)
    if party in concern.joined:
        return concern
    return replace(concern, joined=(*concern.joined, party))


def _completed(then: Concern, data: TriggerReported, concern: Concern) -> Concern:
    missing = lacking(data, concern)
    if not missing:
        return then.met(ObligationKind.COMPLETE_TRIGGER, data.report)
    kind = ObligationKind.COMPLETE_TRIGGER
    says = f"complete report {data.report}: {'; '.join(missing)} (1.2)"
    return then.owing(Matter(kind=kind, key=data.report, says=says))


def _may_be_a_crime(concern: Concern, since: datetime, *, suspected: bool) -> Concern:
    """Return the concern whose provider waits for the police again; an investigation stays one."""
    status = CriminalStatus.SUSPECTED if suspected else CriminalStatus.UNKNOWN
    if concern.criminal in _SETTLED:
        concern = replace(concern, criminal=status)
    advised = concern.police_advised_at
    if concern.police_advice not in _FREES or (advised is not None and advised > since):
        return concern  # what holds goes on holding, and later advice knows of this
    return replace(
        concern,
        police_advice=PoliceAdvice.UNKNOWN,
        police_released=frozenset(),
        police_review_due=None,
        police_advised_at=since,
    )
