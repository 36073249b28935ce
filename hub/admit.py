"""Who may assert what: only who may, may (rules.md, semantics 15).

What needs the concern itself (who may release a hold, which pack it belongs to) is asked by `plan`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from pydantic import BaseModel

from hub.directory import Directory, Publisher, nation_of, regulator_for
from hub.events import (
    ChairAppointed,
    ConcernOpened,
    HoldPlaced,
    HoldReleased,
    LeadAgencySet,
    Placement,
    PlacementRegisterAmended,
    PlacementRegisterDeclared,
    ProviderInvolvementReviewed,
)
from hub.events.assessing import InitiationDecided
from hub.events.envelope import Event, Fault
from hub.events.fields import holds_codes
from hub.events.ground import Ground, ground_of
from hub.events.marks import named_by
from hub.events.participation import ParticipationAgencyAdded
from hub.events.placements import (
    ByCommissioner,
    HostIcbNamed,
    HostOtherNamed,
    PlacementEnquiryAnswered,
    PlacementEnquirySent,
)
from hub.events.strict import step
from hub.pack.rules import Grant, Pack
from hub.vocabulary import AgencyId, AgencyKind, Role

_COUNCIL: Final = frozenset({AgencyKind.COUNCIL})
_BODIES: Final = frozenset({AgencyKind.BODY, AgencyKind.COUNCIL, AgencyKind.ICB, AgencyKind.NHS})
_ICB: Final = frozenset({AgencyKind.ICB})
_BOARDS: Final = frozenset({AgencyKind.ICB, AgencyKind.NHS})
"""Who commissions health care: an integrated care board in England, a health board elsewhere."""
KINDS: Final[Mapping[Role, frozenset[AgencyKind]]] = {
    Role.REGULATOR: frozenset({AgencyKind.REGULATOR}),
    Role.HOST_AUTHORITY: _COUNCIL,
    Role.HOST_ICB: _BOARDS,
    Role.PLACING_AUTHORITY: _COUNCIL,
    Role.PLACING_ICB: _BOARDS,
    Role.POLICE: frozenset({AgencyKind.POLICE}),
    Role.PROVIDER: frozenset({AgencyKind.PROVIDER}),
    Role.CONTRACTS: _COUNCIL,
    Role.EMERGENCY_DUTY_TEAM: _COUNCIL,
    Role.HEAD_OF_SAFEGUARDING: _COUNCIL,
    Role.HEADS_OF_SERVICE: _COUNCIL,
    Role.OTHER_HOST: _COUNCIL,
    Role.ADULTS: _COUNCIL | _BOARDS,
    **dict.fromkeys(
        (
            Role.QSIG,
            Role.SPCG,
            Role.HEALTHWATCH,
            Role.ADVOCACY,
            Role.COMMUNICATIONS,
            Role.PROFESSIONAL_REGULATOR,
            Role.DBS,
            Role.PUBLIC_GUARDIAN,
            Role.FIRE,
            Role.HSE,
            Role.BUILDING_CONTROL,
            Role.EMERGENCY_PLANNING,
            Role.NHS_SERVICES,
            Role.SAB,
            Role.DATA_PROTECTION,
            Role.PARTICIPANT,
        ),
        _BODIES,
    ),
}
"""What an agency must be to have this part: no code can be the provider and somebody else too."""
_LEADS: Final[Mapping[str, frozenset[AgencyKind]]] = {
    "la": _COUNCIL,
    "icb": _ICB,
    "nhs": frozenset({AgencyKind.ICB, AgencyKind.NHS}),
}
_NUMBERED: Final = "cqc:"
_PLACING: Final[Mapping[str, Role]] = {
    "council": Role.PLACING_AUTHORITY,
    "icb": Role.PLACING_ICB,
}
_MAY_KNOW: Final = _COUNCIL | _ICB | {AgencyKind.NHS, AgencyKind.PROVIDER}
_JUDGES: Final = frozenset(AgencyKind) - {AgencyKind.PROVIDER}
"""Who may chair, endorse or release: never the provider, about whom it is decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAllowed(Fault):
    """Nothing is wrong with the event itself: this publisher may not assert it."""


def identify(
    user_id: str | None, routing_key: str | None, source: str, directory: Directory
) -> Publisher | Fault:
    """Return the publisher that sent this, or why nobody may be named.

    The validated `user_id`, the first word of the routing key and the CloudEvents `source` must
    name one publisher. `routing_key` is None where there is none: by HTTP, where an API key
    names the publisher.
    """
    if not user_id:
        return NotAllowed(pointer="", says="came without a validated `user_id`")
    publisher = next((p for p in directory.publishers if p.id == user_id), None)
    if publisher is None:
        return NotAllowed(pointer="", says=f"`{user_id}` is no publisher of this hub")
    if source != publisher.source:
        return NotAllowed(pointer="/source", says=f"is not the source of `{publisher.id}`")
    if routing_key is not None and routing_key.partition(".")[0] != publisher.prefix:
        says = f"came by a routing key that does not begin with `{publisher.prefix}.`"
        return NotAllowed(pointer="", says=says)
    return publisher


def admit(
    event: Event, publisher: Publisher, pack: Pack, directory: Directory
) -> tuple[Fault, ...]:
    """Return why this publisher may not assert this event, every reason at once; empty: it may."""
    found: list[Fault] = []
    if event.source != publisher.source:
        found.append(NotAllowed(pointer="/source", says=f"is not the source of `{publisher.id}`"))
    if event.partnership != pack.partnership:
        found.append(unknown_pack(event.partnership, (pack.partnership,)))
    named = host_named(event)
    if not _granted(event.name, publisher, pack):
        says = f"`{publisher.id}` may not publish `{event.name}` (the pack's authority table)"
        found.append(NotAllowed(pointer="/type", says=says))
    elif named is not None:
        found.extend(host_faults(event, named, pack, directory))
    found.extend(_unknown_agencies(event, directory))
    found.extend(_wrong_kinds(event, directory))
    found.extend(_elsewhere(event))
    return tuple(found)


def host_faults(
    event: Event, host: AgencyId, pack: Pack, directory: Directory
) -> tuple[Fault, ...]:
    """Return why this event may not be asserted about a concern of this host authority.

    The publisher is the one whose `source` the event has: who sent it is settled by `identify`.
    """
    publisher = next((p for p in directory.publishers if p.source == event.source), None)
    grants = _granted(event.name, publisher, pack) if publisher else ()
    if any(host in grant.hosts for grant in grants):
        return ()
    opens, reports = isinstance(event.data, ConcernOpened), ground_of(event.data) is not None
    pointer = "/data/host_authority" if opens else "/hostgss"
    pointer = "/data/ground/host_authority" if reports else pointer
    who = f"`{publisher.id}`" if publisher else "this source"
    says = f"{who} may not publish `{event.name}` for `{host}` (the pack's authority table)"
    return (NotAllowed(pointer=pointer, says=says),)


def host_named(event: Event) -> AgencyId | None:
    """Return the host authority that an event itself names, or None."""
    ground = ground_of(event.data)
    if ground is not None:
        return ground.host_authority
    opened = event.data if isinstance(event.data, ConcernOpened) else None
    return opened.host_authority if opened else event.host


def unknown_pack(partnership: str, known: Iterable[str]) -> Fault:
    """Return the fault of an event whose `policypack` this hub does not have (M001)."""
    names = ", ".join(f"`{name}`" for name in sorted(known)) or "none"
    says = f"`{partnership}` is no partnership of this hub; there is {names}"
    return Fault(pointer="/policypack", says=says)


def agencies_named(model: BaseModel, pointer: str = "/data") -> Iterator[tuple[str, AgencyId]]:
    """Return every agency code an event's data name, each with its JSON pointer."""
    for name in type(model).model_fields:
        is_code = holds_codes(type(model), name)
        yield from _named(getattr(model, name), step(pointer, name), is_code=is_code)


def _named(value: object, pointer: str, *, is_code: bool) -> Iterator[tuple[str, AgencyId]]:
    match value:
        case BaseModel():
            yield from agencies_named(value, pointer)
        case tuple():
            for index, member in enumerate(value):
                yield from _named(member, step(pointer, index), is_code=is_code)
        case str() if is_code:
            yield pointer, AgencyId(value)
        case _:
            pass


def _granted(name: str, publisher: Publisher, pack: Pack) -> tuple[Grant, ...]:
    return tuple(g for g in pack.grants if g.publisher == publisher.id and name in g.events)


def _unknown_agencies(event: Event, directory: Directory) -> Iterator[Fault]:
    for pointer, code in agencies_named(event.data):
        if directory.agency(code) is None:
            near = get_close_matches(code, _spelled_like(code, directory), 1, 0.75)
            meant = f"; did you mean `{near[0]}`?" if near else ""
            yield Fault(pointer=pointer, says=f"`{code}` is not in the directory{meant}")


def _spelled_like(code: AgencyId, directory: Directory) -> list[str]:
    """Return the codes that could have been meant.

    Beside a number of CQC's stands another provider's, of tens of thousands: none is offered.
    """
    if code.startswith(_NUMBERED):
        return []
    return [agency.id for agency in directory.agencies if not agency.id.startswith(_NUMBERED)]


def _wrong_kinds(event: Event, directory: Directory) -> Iterator[Fault]:
    for field, code, part, kinds in _parts(event):
        pointer = f"/data/{field}"
        agency = directory.agency(code) if code is not None else None
        if agency is None or agency.kind in kinds:
            continue
        if agency.kind is None:
            yield Fault(pointer=pointer, says=f"the directory does not say what `{code}` is")
        else:
            says = f"`{code}` is a {_KIND_WORDS.get(agency.kind, agency.kind)}: it cannot be {part}"
            yield Fault(pointer=pointer, says=says)


def _elsewhere(event: Event) -> Iterator[Fault]:
    """Yield a regulator that does not regulate where the host authority is."""
    opened = event.data if isinstance(event.data, ConcernOpened) else None
    said, here = (opened, "") if opened else (ground_of(event.data), "ground/")
    right = regulator_for(said.host_authority) if said else None
    if said is not None and right is not None and said.regulator != right:
        says = f"`{said.regulator}` does not regulate for `{said.host_authority}`: `{right}` does"
        yield Fault(pointer=f"/data/{here}regulator", says=says)


_KIND_WORDS: Final = {
    AgencyKind.ICB: "board of the NHS",
    AgencyKind.NHS: "body of the NHS",
    AgencyKind.POLICE: "police force",
}

_Part = tuple[str, AgencyId | None, str, frozenset[AgencyKind]]


def _parts(event: Event) -> Iterator[_Part]:
    """Return each agency that the event gives a part, with the kinds that can have it."""
    if (ground := ground_of(event.data)) is not None:
        yield from _answering("ground/", ground)
    match event.data:
        case ConcernOpened() as data:
            yield from _answering("", data)
        case PlacementRegisterDeclared() as data:
            yield from _placements("placements", data.placements)
        case PlacementRegisterAmended() as data:
            yield from _placements("added", data.added)
        case LeadAgencySet() as data:
            yield "agency", data.agency, f"the lead agency as `{data.kind}`", _LEADS[data.kind]
        case ChairAppointed() as data:
            yield "agency", data.agency, "the Chair's", _JUDGES
        case ParticipationAgencyAdded() as data:
            yield "agency", data.agency, *_as(data.role)
        case HoldPlaced() as data:
            yield "party", data.party, *_as(data.role)
            yield "endorsed_by_agency", data.endorsed_by_agency, "who endorses", _JUDGES
        case HoldReleased() as data:
            yield "authority", data.authority, "who releases", _JUDGES
        case ProviderInvolvementReviewed() as data:
            yield "endorsed_by_agency", data.endorsed_by_agency, "who endorses", _JUDGES
        case _:
            yield from _of_placing_and_hosting(event)


def _of_placing_and_hosting(event: Event) -> Iterator[_Part]:
    match event.data:
        case ByCommissioner(commissioner=agency, kind=kind):
            yield "commissioner", agency, *_as(_PLACING[kind])
        case PlacementEnquiryAnswered() as data:
            for index, named in enumerate(data.placing):
                role = _PLACING[named.kind]
                yield f"placing/{index}/commissioner", named.commissioner, *_as(role)
        case PlacementEnquirySent(asked=agency):
            yield "asked", agency, "asked who places adults", _MAY_KNOW
        case InitiationDecided(ground=Ground() as ground, referring_agency=agency):
            if agency != ground.service.provider:  # it may have said so itself
                yield "referring_agency", agency, "who referred it", _JUDGES
        case HostIcbNamed(icb=agency):
            yield "icb", agency, *_board(event.host)
        case HostOtherNamed(authority=agency):
            yield "authority", agency, *_as(Role.OTHER_HOST)
        case _:
            yield from _of_its_marks(event)


def _of_its_marks(event: Event) -> Iterator[_Part]:
    """Yield who joins by an event's own marks, in which part."""
    for agency, role in sorted(named_by(event.data), key=str):
        if role is not None:
            fields = type(event.data).model_fields
            field = next((f for f in fields if getattr(event.data, f) == agency), "")
            yield field, agency, *_as(role)


def _answering(here: str, data: ConcernOpened | Ground) -> Iterator[_Part]:
    yield f"{here}service/provider", data.service.provider, *_as(Role.PROVIDER)
    yield f"{here}host_authority", data.host_authority, *_as(Role.HOST_AUTHORITY)
    yield f"{here}host_icb", data.host_icb, *_board(data.host_authority)
    yield f"{here}regulator", data.regulator, *_as(Role.REGULATOR)
    yield f"{here}police", data.police, *_as(Role.POLICE)


def _board(host: AgencyId | None) -> tuple[str, frozenset[AgencyKind]]:
    """Return what the host's board of the NHS must be, in its nation."""
    part, kinds = _as(Role.HOST_ICB)
    nation = nation_of(host) if host else ""
    return part, kinds if not nation else _ICB if nation == "E" else kinds - _ICB


def _as(role: Role) -> tuple[str, frozenset[AgencyKind]]:
    return f"the {role}", KINDS[role]


def _placements(name: str, placements: Iterable[Placement]) -> Iterator[_Part]:
    for index, placement in enumerate(placements):
        yield f"{name}/{index}/commissioner", placement.commissioner, *_as(_PLACING[placement.kind])
