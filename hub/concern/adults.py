"""What follows for adults who use the service and their carers (004 7.1b, 7.3 to 7.5)."""

from __future__ import annotations

from hub.concern.assessing import STATEMENT
from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter
from hub.events.adults import (
    AdultsTold,
    AdultsUpdated,
    BestInterestsStarted,
    CapacitySupportRecorded,
    CommunicationPlanAgreed,
    SupportArranged,
)
from hub.events.commissioning import CapacityAssessmentRecorded
from hub.frozen import replace
from hub.vocabulary import AgencyId, HoldKind, ObligationKind


@follow.register
def _(data: CommunicationPlanAgreed, concern: Concern) -> Concern | CannotFollow:
    del data  # how often it says is counted from what was said last (M075)
    return replace(concern, communication_agreed=True).met(ObligationKind.ACT, STATEMENT)


@follow.register
def _(data: AdultsUpdated, concern: Concern) -> Concern | CannotFollow:
    """An emergency waits for no plan; what was begun in one is not held for want of one (M076)."""
    if data.reason != "emergency":
        return concern
    return replace(concern, adults_in_emergency=True)


@follow.register
def _(data: AdultsTold, concern: Concern) -> Concern | CannotFollow:
    """Let the adult's safety be looked at where somebody unsafe was told: it has happened."""
    if not _is_unsafe(concern, data.commissioner, data.contact):
        return concern
    return concern.owing(
        Matter(
            kind=ObligationKind.CHECK_WELFARE,
            key=f"unsafe contact {data.commissioner}",
            owner=concern.as_party(data.commissioner),
            says="an unsafe contact was told: see now that the person concerned is safe (7.5)",
        )
    )


@follow.register
def _(data: CapacitySupportRecorded, concern: Concern) -> Concern | CannotFollow:
    """Lift the H5 hold that waited for this support (M077)."""
    left = (h for h in concern.holds if h.kind is not HoldKind.H5 or h.id != data.hold_id)
    return replace(concern, holds=tuple(left))


@follow.register
def _(data: BestInterestsStarted, concern: Concern) -> Concern | CannotFollow:
    """Nobody decides for an adult before support was given and capacity assessed (M077, M078)."""
    if _is_unsafe(concern, data.commissioner, data.contact):
        return CannotFollow(why="the representative is alleged to have caused harm (7.5)")
    if concern.last(CapacitySupportRecorded, data.about()) is None:
        return CannotFollow(why="no support to decide is recorded for this decision (7.5)")
    assessed = concern.last(CapacityAssessmentRecorded, data.about())
    if assessed is None or assessed.outcome != "cannot decide":
        return CannotFollow(why="it is not concluded that the adult cannot decide this (7.5)")
    return concern


@follow.register
def _(data: SupportArranged, concern: Concern) -> Concern | CannotFollow:
    new = tuple((data.commissioner, ref) for ref in data.unsafe_contacts)
    known = tuple(dict.fromkeys((*concern.unsafe_contacts, *new)))
    here = replace(concern, unsafe_contacts=known)
    if data.standing == "arranged" and _is_unsafe(here, data.commissioner, data.contact):
        return CannotFollow(why="who helps is alleged to have caused harm (7.5)")
    if data.standing != "needed":
        return here.met(ObligationKind.ARRANGE_SUPPORT, data.need)
    return here.owing(
        Matter(
            kind=ObligationKind.ARRANGE_SUPPORT,
            key=data.need,
            owner=here.as_party(data.commissioner),
            says=f"arrange support for somebody to understand and decide: {data.support} (7.5)",
        )
    )


def communication(concern: Concern) -> str:
    """Return whether adults may be told: `agreed`, in an `emergency` without, or `not agreed`."""
    if concern.communication_agreed:
        return "agreed"
    urgent = concern.adults_in_emergency or concern.emergency is not None
    return "emergency" if urgent else "not agreed"


def _is_unsafe(concern: Concern, commissioner: AgencyId, contact: str | None) -> bool:
    return contact is not None and (commissioner, contact) in concern.unsafe_contacts
