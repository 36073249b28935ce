"""Who may decide that something is shared, on which law; and what may not be recorded (000 7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from difflib import get_close_matches
from functools import singledispatch
from typing import Final

from hub.calendar import LONDON
from hub.concern import Concern, Party
from hub.directory import Directory
from hub.events import EventData
from hub.events.disclosures import (
    AdultWishesRecorded,
    DisclosureAssessed,
    DisclosureAuthorised,
    DisclosureRecorded,
    DisclosureWithheld,
    InformationRequestAnswered,
    InformationRequestIssued,
    LegalBasisRecorded,
)
from hub.events.envelope import Event, Fault
from hub.events.police import CriminalInvestigationConcluded, PoliceConsultationAnswered
from hub.events.records import NoticeRecalled
from hub.events.regulator import InspectionReportShared, RegulatorEvidenceReferred
from hub.pack.cell import cell_of
from hub.pack.rules import HOLDS_CHANGED, Pack
from hub.vocabulary import AgencyId, AgencyKind, CriminalStatus, InfoClass, PoliceAdvice, Role

_MAY_BE_A_CRIME: Final = frozenset(
    {CriminalStatus.YES, CriminalStatus.SUSPECTED, CriminalStatus.UNKNOWN}
)
_HOLD: Final = frozenset({PoliceAdvice.HOLD, PoliceAdvice.PARTIAL})
_FIXED: Final = frozenset(
    {Role.REGULATOR, Role.HOST_AUTHORITY, Role.HOST_ICB, Role.POLICE, Role.PROVIDER}
)
"""Whose part is the concern's own: they may be told too much, and never take no part at all."""


class Asked:
    """What an objection is asked about: the event with all that stands around it."""

    def __init__(self, event: Event, concern: Concern, pack: Pack, directory: Directory) -> None:
        self.event = event
        self.concern = concern
        self.pack = pack
        self.directory = directory

    def publisher(self) -> AgencyId | None:
        """Return whose system says it."""
        source = self.event.source
        return next((p.agency for p in self.directory.publishers if p.source == source), None)

    def legal(self, code: str, sender: AgencyId, on: date) -> Iterator[Fault]:
        """Yield why this law carries nothing that this sender shares on this day (N004)."""
        known = {one.code: one for one in self.pack.legal}
        law = known.get(code)
        if law is None:
            near = get_close_matches(code, known, n=1)
            meant = f"; did you mean `{near[0]}`?" if near else ""
            says = f"`{code}` is not in the pack's legal register{meant}"
            yield Fault(pointer=self._pointer("basis", "code"), says=says)
            return
        if on < law.since or (law.until is not None and on > law.until):
            until = f" to {law.until}" if law.until else ""
            says = f"`{code}` is not in force on {on}: it is from {law.since}{until}"
            yield Fault(pointer=self._pointer("basis", "code"), says=says)
        agency = self.directory.agency(sender)
        kind = sender_type(agency.kind if agency else None)
        if kind not in law.senders:
            says = f"`{code}` is no basis for a {kind}; it is for: {', '.join(law.senders)}"
            yield Fault(pointer=self._pointer("basis", "code"), says=says)

    def _pointer(self, *names: str) -> str:
        name = next(n for n in names if n in type(self.event.data).model_fields)
        return f"/data/{name}"


def sender_type(kind: AgencyKind | None) -> str:
    """Return what an agency is as a sender (mission 2.3)."""
    match kind:
        case AgencyKind.PROVIDER:
            return "private provider"
        case AgencyKind.POLICE:
            return "police"
        case _:
            return "public body"


def consent_objections(
    event: Event, concern: Concern, pack: Pack, directory: Directory
) -> tuple[Fault, ...]:
    """Return why a decision to share, or a record of one, may not stand; empty where it may."""
    return tuple(_objections(event.data, Asked(event, concern, pack, directory)))


@singledispatch
def _objections(data: EventData, asked: Asked) -> Iterator[Fault]:  # noqa: ARG001  # by default there is none
    yield from ()


@_objections.register
def _(data: DisclosureAuthorised, asked: Asked) -> Iterator[Fault]:
    yield from _decides(data, asked)
    yield from asked.legal(data.basis, data.authority, data.decided_at.astimezone(LONDON).date())
    party = Party(agency=data.party, role=data.role)
    lacking = [
        one.assessment_id
        for one in asked.concern.every(DisclosureAssessed)
        if (one.party, one.role) == (data.party, data.role)
        and data.info in one.classes
        and one.necessary is None
    ]
    if lacking:
        says = f"assessment `{lacking[-1]}` gives no reason why it is necessary (000 section 7)"
        yield Fault(pointer="/data/info", says=says)
    if data.info is InfoClass.PLACED_ADULT and data.override_reason is None:
        against = [w for w in asked.concern.every(AdultWishesRecorded) if w.wish != "share"]
        if against:
            says = f"an adult asked: `{against[-1].wish}`; an override needs its reason (000 6)"
            yield Fault(pointer="/data/override_reason", says=says)
    if data.info is InfoClass.PROCESS and not asked.concern.held_elsewhere:
        says = f"nothing about the {party.role} waits for this: it is told by the protocol"
        yield Fault(pointer="/data/info", says=says)


@_objections.register
def _(data: DisclosureWithheld, asked: Asked) -> Iterator[Fault]:
    yield from _decides(data, asked)


@_objections.register
def _(data: DisclosureRecorded, asked: Asked) -> Iterator[Fault]:
    yield from asked.legal(data.basis, data.sender, data.shared_at.astimezone(LONDON).date())
    before = asked.concern.last(DisclosureRecorded, data.disclosure_id)
    if before is not None and before != data:
        says = f"`{data.disclosure_id}` is recorded already, otherwise: a record is never changed"
        yield Fault(pointer="/data/disclosure_id", says=says)


@_objections.register
def _(data: LegalBasisRecorded, asked: Asked) -> Iterator[Fault]:
    yield from asked.legal(data.code, data.sender, data.from_day)


@_objections.register
def _(data: InformationRequestIssued, asked: Asked) -> Iterator[Fault]:
    day = asked.event.occurred.astimezone(LONDON).date()
    yield from asked.legal(data.basis, data.requester, day)
    if data.requester not in {p.agency for p in asked.concern.parties()}:
        yield Fault(pointer="/data/requester", says="takes no part in this concern")
    if asked.concern.service.provider in {data.requester, *data.to}:
        says = "the provider neither asks nor is asked here: `provider.information.requested` does"
        yield Fault(pointer="/data/to", says=says)
    before = asked.concern.last(InformationRequestIssued, data.request_id)
    if before is not None and before != data:
        says = f"`{data.request_id}` asks something else already: use another name"
        yield Fault(pointer="/data/request_id", says=says)


@_objections.register
def _(data: InformationRequestAnswered, asked: Asked) -> Iterator[Fault]:
    request = asked.concern.last(InformationRequestIssued, data.request_id)
    if request is None:
        return
    if data.by not in request.to:
        says = f"request `{data.request_id}` did not ask it"
        yield Fault(pointer="/data/by", says=says)
    if data.requester != request.requester:
        says = f"`{request.requester}` asked: a reply goes to who asked, and to nobody else"
        yield Fault(pointer="/data/requester", says=says)


@_objections.register
def _(data: RegulatorEvidenceReferred, asked: Asked) -> Iterator[Fault]:
    lead = asked.concern.lead_agency
    if data.lead_agency != lead:
        says = (
            f"the lead agency of record is `{lead}`: it is its consent" if lead else "none is set"
        )
        yield Fault(pointer="/data/lead_agency", says=says)
    if data.police_log_number is None and asked.concern.criminal in _MAY_BE_A_CRIME:
        says = f"the police consent first: the criminal status is `{asked.concern.criminal}`"
        yield Fault(pointer="/data/police_log_number", says=says)


@_objections.register
def _(data: InspectionReportShared, asked: Asked) -> Iterator[Fault]:
    before = asked.concern.last(InspectionReportShared, data.report)
    if before is not None and before.status == "published" and data.status == "embargoed":
        yield Fault(pointer="/data/status", says="it is published already")


@_objections.register
def _(data: CriminalInvestigationConcluded, asked: Asked) -> Iterator[Fault]:
    since = asked.concern.criminal_at
    if since is not None and asked.event.occurred < since:
        says = "is before the status in force, and would release what that holds"
        yield Fault(pointer="/time", says=says)
    if held_since(asked.concern, data.concluded_at):
        says = "is before the advice in force, and would release what that holds: ask the police"
        yield Fault(pointer="/data/concluded_at", says=says)


def held_since(concern: Concern, moment: datetime) -> bool:
    """Whether the police have advised to hold since then: what ended before ends no hold (7.2)."""
    advised = concern.police_advised_at
    return concern.police_advice in _HOLD and advised is not None and moment < advised


@_objections.register
def _(data: PoliceConsultationAnswered, asked: Asked) -> Iterator[Fault]:
    said = [
        one
        for one in asked.concern.said
        if one.data.wire == "police.consultation.requested" and one.about == data.consultation_id
    ]
    if said and asked.event.occurred < said[-1].at:
        says = f"is before question `{data.consultation_id}` was asked: it answers another"
        yield Fault(pointer="/time", says=says)


@_objections.register
def _(data: NoticeRecalled, asked: Asked) -> Iterator[Fault]:
    if data.only_by_mistake and data.role in _FIXED:
        says = f"the {data.role} has a part in every concern: it was told too much, not by mistake"
        yield Fault(pointer="/data/only_by_mistake", says=says)
    if (Party(agency=data.party, role=data.role)) not in asked.concern.parties():
        says = f"`{data.party}` is not the {data.role} of this concern: no notice went to it"
        yield Fault(pointer="/data/party", says=says)


def _decides(data: DisclosureAuthorised | DisclosureWithheld, asked: Asked) -> Iterator[Fault]:
    """Yield why this authority may not decide this, or this publisher not say so (semantics 15)."""
    concern, party = asked.concern, Party(agency=data.party, role=data.role)
    if party not in concern.parties():
        says = f"`{data.party}` is not the {data.role} of this concern"
        yield Fault(pointer="/data/party", says=says)
        return
    may = _deciders(party, data.info, concern, asked.pack)
    if not may:
        says = f"nobody decides whether the {data.role} is told `{data.info}`: the protocol does"
        yield Fault(pointer="/data/info", says=says)
    elif not may & {p.role for p in concern.parties() if p.agency == data.authority}:
        says = f"`{data.authority}` may not decide this; {', '.join(sorted(may))} may"
        yield Fault(pointer="/data/authority", says=says)
    publisher = asked.publisher()
    if publisher not in {concern.host_authority, data.authority}:
        says = f"`{publisher}` may not record what `{data.authority}` decided"
        yield Fault(pointer="/data/authority", says=says)
    if data.decided_at > asked.event.occurred:
        yield Fault(pointer="/data/decided_at", says="is after the event that records it")


def _deciders(party: Party, info: InfoClass, concern: Concern, pack: Pack) -> frozenset[Role]:
    """Return whose decision a class needs; of the very process, the provider's: the police's."""
    if info is InfoClass.PROCESS and party == concern.provider:
        return frozenset({Role.POLICE})
    cell = cell_of(pack, HOLDS_CHANGED, party.role)
    return frozenset(r for share in cell.shares if info in share.classes for r in share.decided_by)
