"""What may not be said of who hosts, who may be asked, and what an assessment may lift (4.1, 4.2).

It depends on the concern, so `admit` cannot ask it.
"""

from __future__ import annotations

from hub.concern import Concern
from hub.directory import Directory
from hub.events.assessing import InitiationDecided
from hub.events.commissioning import CapacityAssessmentRecorded
from hub.events.envelope import Event, Fault
from hub.events.placements import HostOtherNamed, PlacementEnquirySent
from hub.pack.rules import Pack
from hub.vocabulary import AgencyId, AgencyKind, HoldKind

_Faults = tuple[Fault, ...]


def who_is_who(event: Event, concern: Concern, pack: Pack, directory: Directory) -> _Faults:
    """Return why this event may not be asserted on this concern; empty where it may."""
    match event.data:
        case HostOtherNamed(authority=agency) if agency == concern.host_authority:
            says = f"`{agency}` is the host that co-ordinates: another host is another authority"
            return (Fault(pointer="/data/authority", says=says),)
        case PlacementEnquirySent(asked=agency):
            return _of_another_provider("asked", agency, concern, directory)
        case InitiationDecided(referring_agency=agency) if agency is not None:
            return _of_another_provider("referring_agency", agency, concern, directory)
        case CapacityAssessmentRecorded() as data:
            return _lifts(event, data, concern, pack)
        case _:
            return ()


def _of_another_provider(
    field: str, agency: AgencyId, concern: Concern, directory: Directory
) -> _Faults:
    """Return the fault of a provider that takes no part in this concern, and would by this."""
    known = directory.agency(agency)
    here = any(party.agency == agency for party in concern.parties())
    if here or known is None or known.kind is not AgencyKind.PROVIDER:
        return ()
    says = f"`{agency}` is another provider: it would hear that there is a concern"
    return (Fault(pointer=f"/data/{field}", says=says),)


def _lifts(event: Event, data: CapacityAssessmentRecorded, concern: Concern, pack: Pack) -> _Faults:
    """An assessment lifts the one hold that waited for it, by whoever may release that (H5)."""
    if data.hold_id is None or data.outcome != "can decide":
        return ()
    pointer = "/data/hold_id"
    hold = next((h for h in concern.holds if h.id == data.hold_id), None)
    if hold is None:
        return (Fault(pointer=pointer, says=f"no hold `{data.hold_id}` stands on this concern"),)
    if hold.kind is not HoldKind.H5 or hold.party.agency != data.commissioner:
        says = f"`{hold.id}` does not hold anything of `{data.commissioner}` for want of capacity"
        return (Fault(pointer=pointer, says=says),)
    if hold.placed_at is not None and event.occurred < hold.placed_at:
        says = f"is before `{hold.id}` was placed: it releases nothing"
        return (Fault(pointer="/time", says=says),)
    may = {a.kind: a.release for a in pack.hold_authorities}.get(hold.kind, frozenset())
    mine = {party.role for party in concern.parties() if party.agency == data.commissioner}
    if mine & may:
        return ()
    return (
        Fault(pointer=pointer, says=f"`{data.commissioner}` may not release a hold of its kind"),
    )
