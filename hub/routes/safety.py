"""Who keeps people safe tonight, from what events have said; and what the night is handed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from hub.access import Official
from hub.concern import Concern, Party
from hub.directory import Directory
from hub.events import Person
from hub.events.asking import ProtectionInterimRecorded
from hub.events.continuity import AlternativeCareArranged, ContingencyPlanInvoked
from hub.events.reporting import ProtectionImmediateTaken
from hub.obligation import SAID_OPENLY
from hub.ports import ConcernRecord
from hub.routes.board import board
from hub.routes.naming import named
from hub.routes.tasks import Place, place_of
from hub.vocabulary import InfoClass, Role

TONIGHT: Final = timedelta(hours=72)
"""How far a handover looks ahead: over a weekend, to the morning after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """One arrangement that keeps people safe."""

    who: str
    phone: str
    """Empty: the event named none."""
    what: str
    """Empty where this reader is not told themes."""
    until: datetime | None
    """When it must be looked at again; None: no time was said."""
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """Who keeps people safe at one service, and whom to ring there."""

    of: Place
    leo: Person
    duty_phone: str
    protections: tuple[Protection, ...]
    nobody: bool
    """The provider is not told, and nobody has been named who keeps people safe meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where the authority answers out of hours. Never an address."""

    names: tuple[str, ...]
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owing:
    """What falls due while the night is on."""

    who: str
    what: str
    due: datetime
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """One concern on the handover."""

    safety: Safety
    service: str
    risk: str
    untold: tuple[tuple[str, str], ...]
    owing: tuple[Owing, ...]
    on_the_board: int
    """How many more tasks fall due of which no paper may say what they are."""

    @property
    def quiet(self) -> bool:
        """Whether nothing of it needs anybody tonight."""
        busy = self.untold or self.owing or self.on_the_board
        return not busy and not self.safety.protections


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One page for the emergency duty team."""

    busy: tuple[HandedOver, ...]
    quiet: tuple[HandedOver, ...]
    untold: int
    until: datetime


def safety_of(record: ConcernRecord, now: datetime, *, themes: bool = True) -> Safety:
    """Return who keeps people safe; without `themes`, only who, and whom to ring."""
    concern = record.concern
    held = bool(record.standing.history.still_held(concern.provider))
    return Safety(
        of=place_of(record),
        leo=concern.leo,
        duty_phone=concern.duty_phone,
        protections=tuple(
            one if themes else replace(one, what="") for one in _protections(concern, now)
        ),
        nobody=held and not concern.protected,
    )


def out_of_hours(person: Official, directory: Directory) -> Desk:
    """Return the desks of this person's own authority that answer at night."""
    desks = directory.contacts_of(person.agency, Role.EMERGENCY_DUTY_TEAM)
    agency = directory.agency(person.agency)
    return Desk(
        names=tuple(desk.name for desk in desks),
        phone=(agency.out_of_hours_phone if agency else None) or "",
    )


def handover(
    records: Iterable[ConcernRecord], directory: Directory, person: Official, now: datetime
) -> Handover:
    """Return what the emergency duty team is handed, of concerns that are not at their end.

    A concern of which anything is held from that team, or was refused to it by name, is left out:
    paper carries nothing that a notice would not. That anything is held from anybody, and what a
    task says of a hold or of the police, stays on the board (rules.md, semantics 6).
    """
    until = now + TONIGHT
    found = [
        _handed_over(record, directory, person, now, until)
        for record in records
        if record.attestation is None and not kept_from_the_team(record)
    ]
    return Handover(
        busy=tuple(each for each in found if not each.quiet),
        quiet=tuple(each for each in found if each.quiet),
        untold=sum(len(each.untold) for each in found),
        until=until,
    )


def kept_from_the_team(record: ConcernRecord) -> bool:
    """Whether the emergency duty team may not hear that there is this concern."""
    team, unheard = _team(record.concern), InfoClass.PROCESS
    held = any(hold.party == team and hold.info is unheard for hold in record.holds)
    return held or unheard in record.concern.refused_to(team)


def _team(concern: Concern) -> Party:
    return Party(agency=concern.host_authority, role=Role.EMERGENCY_DUTY_TEAM)


def _handed_over(
    record: ConcernRecord, directory: Directory, person: Official, now: datetime, until: datetime
) -> HandedOver:
    concern, shown = record.concern, board(record, directory, person, now)
    team, unheard = _team(concern), InfoClass.THEMES
    kept = any(hold.party == team and hold.info is unheard for hold in record.holds)
    soon = [owed for owed in record.obligations if owed.due <= until]
    openly = [owed for owed in soon if owed.kind in SAID_OPENLY]
    return HandedOver(
        safety=safety_of(record, now, themes=not kept and unheard not in concern.refused_to(team)),
        service=f"{concern.service.provider_name}, {concern.service.postcode}",
        risk=concern.risk_level,
        untold=tuple((lane.name, lane.why) for lane in shown.untold),
        owing=tuple(
            Owing(
                who=named(owed.party.agency, directory),
                what=owed.says or str(owed.kind),
                due=owed.due,
                overdue=owed.due < now,
            )
            for owed in openly
        ),
        on_the_board=len(soon) - len(openly),
    )


def _protections(concern: Concern, now: datetime) -> Iterator[Protection]:
    """Yield what events have said of arrangements that keep people safe, the newest of each."""
    for interim in concern.every(ProtectionInterimRecorded):
        yield _protection(interim.lead, interim.measures, interim.review_due, now)
    for taken in concern.every(ProtectionImmediateTaken):
        yield _protection(taken.taken_by, taken.what, None, now)
    for plan in concern.every(ContingencyPlanInvoked):
        yield _protection(plan.invoked_by, plan.cover, None, now)
    for care in concern.every(AlternativeCareArranged):
        says = f"Other care is arranged in place of {care.stands_in_for}"
        yield _protection(care.arranged_by, says, None, now)


def _protection(who: Person, what: str, until: datetime | None, now: datetime) -> Protection:
    return Protection(
        who=f"{who.name}, {who.role}",
        phone=who.phone or "",
        what=what,
        until=until,
        overdue=until is not None and until < now,
    )
