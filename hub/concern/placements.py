"""What follows from who placed whom: commissioners of record, what each owes, who hosts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Commissioner, Concern, Matter, Party
from hub.events.commissioning import (
    CapacityAssessmentRecorded,
    ContributionReceived,
    ContributionRequested,
)
from hub.events.placements import (
    ByCommissioner,
    HostIcbNamed,
    HostOtherNamed,
    Placement,
    PlacementChanged,
    PlacementEnquiryAnswered,
    PlacementEnquirySent,
    PlacementRegisterAmended,
    PlacementRegisterDeclared,
    PlacementReviewed,
    PlacementWelfareConfirmed,
)
from hub.frozen import replace
from hub.vocabulary import AgencyId, HoldKind, ObligationKind, Role

_KINDS: Final = {"council": Role.PLACING_AUTHORITY, "icb": Role.PLACING_ICB}


@follow.register
def _(data: PlacementRegisterDeclared, concern: Concern) -> Concern | CannotFollow:
    known, unknown = _merge(concern.commissioners, data.placements)
    return _with(
        replace(
            concern,
            unknown_funders=unknown,
            self_funders=data.self_funders,
            placements_known=data.complete and unknown == 0,
            register_complete=data.complete,
        ),
        known,
    )


@follow.register
def _(data: PlacementRegisterAmended, concern: Concern) -> Concern | CannotFollow:
    known, unknown = _merge(concern.commissioners, data.added)
    left = max(0, concern.unknown_funders + unknown - data.unknown_resolved)
    moved = frozenset(data.moved_out)
    marked = tuple(replace(c, moved_out=True) if c.party.agency in moved else c for c in known)
    placements_known = concern.register_complete and left == 0
    return _with(replace(concern, unknown_funders=left, placements_known=placements_known), marked)


@follow.register
def _(data: ByCommissioner, concern: Concern) -> Concern | CannotFollow:
    return _of_record(concern, data)


@follow.register
def _(data: PlacementEnquirySent, concern: Concern) -> Concern | CannotFollow:
    """Open the enquiry (M119): the host owes what the provider cannot be asked for yet (7.2)."""
    party = concern.as_party(data.asked)
    here = concern if party in concern.parties() else _joined(concern, party)
    return here.owing(
        Matter(
            kind=ObligationKind.ANSWER_PLACEMENTS,
            key=f"{data.enquiry}/{data.asked}",
            owner=None if party == concern.provider else party,
            says="say which authorities have placed adults here (4.1b)",
            due=data.due,
        )
    )


@follow.register
def _(data: PlacementEnquiryAnswered, concern: Concern) -> Concern | CannotFollow:
    """End the enquiry to whoever answers; whom it names is a commissioner of record (M119)."""
    found = concern
    for named in data.placing:
        found = _commissioner(found, named.commissioner, named.kind)
    if data.unknown_funders:
        unknown = max(found.unknown_funders, data.unknown_funders)
        found = replace(found, unknown_funders=unknown, placements_known=False)
    if data.answer == "not known":
        return found
    return found.met(ObligationKind.ANSWER_PLACEMENTS, f"{data.enquiry}/{data.answered_by}")


@follow.register
def _(data: PlacementWelfareConfirmed, concern: Concern) -> Concern | CannotFollow:
    """End the question whether people are safe only where somebody saw that they are (M033)."""
    here = _of_record(concern, data)
    if data.outcome == "met":
        return here.met(ObligationKind.CHECK_WELFARE, data.commissioner)
    if here.owes(ObligationKind.CHECK_WELFARE, data.commissioner):
        return here
    return _must_check(here, _party(data.commissioner, data.kind))


@follow.register
def _(data: PlacementReviewed, concern: Concern) -> Concern | CannotFollow:
    """Let other care be owed where a placement does not meet needs (M036)."""
    here = _of_record(concern, data)
    key = f"placement:{data.commissioner}"
    if data.outcome != "unsuitable":
        return here.met(ObligationKind.ARRANGE_CARE, key)
    return here.owing(
        Matter(
            kind=ObligationKind.ARRANGE_CARE,
            key=key,
            owner=_party(data.commissioner, data.kind),
            says="arrange other care: a placement does not meet needs (4.2d)",
        )
    )


@follow.register
def _(data: PlacementChanged, concern: Concern) -> Concern | CannotFollow:
    """Note that everybody has moved out; the authority stays a party to the end (M041)."""
    here = _of_record(concern, data)
    if not (data.nobody_left and data.change == "moved out"):
        return here
    party = _party(data.commissioner, data.kind)
    moved = (replace(c, moved_out=True) if c.party == party else c for c in here.commissioners)
    return replace(here, commissioners=tuple(moved)).met(
        ObligationKind.ARRANGE_CARE, f"placement:{data.commissioner}"
    )


@follow.register
def _(data: ContributionRequested, concern: Concern) -> Concern | CannotFollow:
    party = _party(data.commissioner, data.kind)
    if party not in concern.parties():
        # To ask is no alert: the request waits until the register has the authority, and is kept.
        return CannotFollow(why=f"no register names `{data.commissioner}` as a {party.role} yet")
    return concern.owing(
        Matter(
            kind=ObligationKind.CONTRIBUTE,
            key=f"{data.request}/{data.commissioner}",
            owner=party,
            says="contribute to the safeguarding work as asked (4.2b)",
            due=data.due,
        )
    )


@follow.register
def _(data: ContributionReceived, concern: Concern) -> Concern | CannotFollow:
    """End its own request where all of it came, or the authority declined by name (M034)."""
    here = _of_record(concern, data)
    if data.outcome == "in part":
        return here
    return here.met(ObligationKind.CONTRIBUTE, f"{data.request}/{data.commissioner}")


@follow.register
def _(data: CapacityAssessmentRecorded, concern: Concern) -> Concern | CannotFollow:
    """Lift the H5 hold that waited for this assessment, where the adult can decide (M037)."""
    here = _of_record(concern, data)
    if data.outcome != "can decide":
        return here
    left = (h for h in here.holds if h.kind is not HoldKind.H5 or h.id != data.hold_id)
    return replace(here, holds=tuple(left))


@follow.register
def _(data: HostIcbNamed, concern: Concern) -> Concern | CannotFollow:
    """Name the co-host (M118); the former stays a party, to hear what it is owed to the end."""
    if data.icb == concern.host_icb:
        return concern
    former = Party(agency=concern.host_icb, role=Role.HOST_ICB)
    named = Party(agency=data.icb, role=Role.HOST_ICB)
    others = tuple(p for p in concern.joined if p != named)
    return _joined(replace(concern, host_icb=data.icb, joined=others), former)


@follow.register
def _(data: HostOtherNamed, concern: Concern) -> Concern | CannotFollow:
    """Note another host (M008); who co-ordinates is owed until both have agreed."""
    key = f"coordinator:{data.authority}"
    if data.coordination == "agreed":
        return concern.met(ObligationKind.AGREE_RESPONSIBILITY, key)
    return concern.owing(
        Matter(
            kind=ObligationKind.AGREE_RESPONSIBILITY,
            key=key,
            says="agree with the other host authority who co-ordinates (2.1)",
        )
    )


def _party(agency: AgencyId, kind: str) -> Party:
    return Party(agency=agency, role=_KINDS[kind])


def _joined(concern: Concern, party: Party) -> Concern:
    return replace(concern, joined=(*(p for p in concern.joined if p != party), party))


def _of_record(concern: Concern, data: ByCommissioner) -> Concern:
    return _commissioner(concern, data.commissioner, data.kind)


def _commissioner(concern: Concern, agency: AgencyId, kind: str) -> Concern:
    """Return the concern with this commissioner of record; who reports has placed somebody."""
    party = _party(agency, kind)
    if any(c.party == party for c in concern.commissioners):
        return concern
    return _with(concern, (*concern.commissioners, Commissioner(party=party, adults=())))


def _with(concern: Concern, commissioners: Iterable[Commissioner]) -> Concern:
    """Return the concern with these; each new one is asked whether its people are safe (M033)."""
    was = {c.party for c in concern.commissioners}
    found = replace(concern, commissioners=tuple(commissioners))
    for commissioner in found.commissioners:
        if commissioner.party not in was:
            found = _must_check(found, commissioner.party)
    return found


def _must_check(concern: Concern, party: Party) -> Concern:
    return concern.owing(
        Matter(
            kind=ObligationKind.CHECK_WELFARE,
            key=party.agency,
            owner=party,
            says="check that each person it placed is safe, and say so (4.2a, 6.1)",
        )
    )


def _merge(
    known: tuple[Commissioner, ...], placements: tuple[Placement, ...]
) -> tuple[tuple[Commissioner, ...], int]:
    by_party = {c.party: c for c in known}
    unknown = 0
    for placement in placements:
        if placement.commissioner is None:
            unknown += 1
            continue
        party = _party(placement.commissioner, placement.kind)
        before = by_party[party].adults if party in by_party else ()
        adults = tuple(dict.fromkeys((*before, *placement.adults)))
        by_party[party] = Commissioner(party=party, adults=adults)
    return tuple(by_party.values()), unknown
