"""Read a pack from the text of its files: complete, or refused with every fault at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Final

from hub.calendar import Calendar
from hub.directory import Directory
from hub.pack.aliases import read_aliases, resolve
from hub.pack.authority import (
    read_escalation,
    read_grants,
    read_hold_authorities,
)
from hub.pack.directory_file import read_directory
from hub.pack.faults import PackFault, PackFaults, Where, nearest
from hub.pack.holidays import covers, read_calendar
from hub.pack.ladder import Ladder
from hub.pack.ladders import read_ladders
from hub.pack.routing import read_checks, read_nothings, read_routes
from hub.pack.rules import (
    Check,
    Deadline,
    Grant,
    HoldAuthority,
    Nothing,
    Pack,
    Route,
    Share,
    WithholdRule,
)
from hub.pack.sharing import Sharing, read_sharing
from hub.pack.sheet import Sheet
from hub.pack.tables import EVENT_NAMES, HandlingTable, PackTable
from hub.vocabulary import PackHash, Role, RuleId

SHARING: Final = "sharing.toml"
ROUTING: Final = "routing.toml"
ESCALATION: Final = "escalation.toml"
AUTHORITY: Final = "authority.toml"
CALENDAR: Final = "calendar.json"
DIRECTORY: Final = "directory.toml"
FILES: Final = (SHARING, ROUTING, ESCALATION, AUTHORITY, CALENDAR, DIRECTORY)
"""What a policy folder holds; and more routing, such as `routing-closure.toml`."""

HASHED: Final = (SHARING, ROUTING, ESCALATION, AUTHORITY)
"""What the pack's hash is over, with all routing: the agreement, not the address book and not the
calendar."""

MORE_ROUTING: Final = re.compile(r"routing-[a-z0-9]+(-[a-z0-9]+)*\.toml")

LONGEST_REVIEW: Final = timedelta(days=366)
"""A pack is reviewed at least once a year (N047, 000 section 10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    sharing: Sharing
    deadlines: tuple[Deadline, ...]
    ladders: tuple[Ladder, ...]
    routes: tuple[Route, ...]
    nothings: tuple[Nothing, ...]
    checks: tuple[Check, ...]
    grants: tuple[Grant, ...]
    holds: tuple[HoldAuthority, ...]
    calendar: Calendar


def load(sources: Mapping[str, str], *, earlier: bool = False) -> Pack:
    """Return the pack that these files say, from file name to text.

    An `earlier` pack, to be compared with another, may lack events and roles that have come since.
    Raises PackFaults with every fault, each with its file, its line and what was probably meant.
    """
    faults = list(_missing(sources))
    more = sorted(name for name in sources if MORE_ROUTING.fullmatch(name))
    sheets = {name: Sheet(name, sources.get(name, "")) for name in (*HASHED, *more)}
    present = {name: sheet for name, sheet in sheets.items() if name in sources}
    aliases = read_aliases(sheets[SHARING])
    for sheet in sheets.values():
        resolve(sheet, aliases)
    read = _read(sheets, sources.get(CALENDAR), faults)
    if DIRECTORY in sources:
        directory = Sheet(DIRECTORY, sources[DIRECTORY])
        read_directory(directory)
        faults += directory.faults
    # A word misspelt in a route would leave a hole as well: holes are told once the words stand.
    whole = not faults and not any(sheet.faults for sheet in present.values())
    faults += _ids(read, sheets[SHARING]) + _dates(read, sheets[SHARING])
    if whole and not earlier:
        faults += _coverage(read, sheets[ROUTING])
    for sheet in present.values():
        faults += sheet.faults
    pack, handling = read.sharing.pack, read.sharing.handling
    if faults or pack is None or handling is None:
        raise PackFaults(faults)
    made = _pack(read, pack.table, handling.table, _hash(sheets.values()))
    return replace(made, aliases=aliases)


def load_directory(text: str) -> Directory:
    """Return the directory that `directory.toml` seeds. Raises PackFaults with every fault."""
    sheet = Sheet(DIRECTORY, text)
    directory = read_directory(sheet)
    if sheet.faults:
        raise PackFaults(sheet.faults)
    return directory


def _read(sheets: Mapping[str, Sheet], calendar: str | None, faults: list[PackFault]) -> _Read:
    sharing = read_sharing(sheets[SHARING])
    routing = [sheet for name, sheet in sheets.items() if _routes_in(name)]
    routes = tuple(route for sheet in routing for route in read_routes(sheet))
    ruled = (sheets[SHARING], *routing)
    return _Read(
        sharing=sharing,
        deadlines=read_escalation(sheets[ESCALATION]),
        ladders=read_ladders(sheets[ESCALATION]),
        routes=routes,
        nothings=tuple(nothing for sheet in ruled for nothing in read_nothings(sheet)),
        checks=tuple(check for sheet in ruled for check in read_checks(sheet)),
        grants=read_grants(sheets[AUTHORITY]),
        holds=read_hold_authorities(sheets[AUTHORITY]),
        calendar=Calendar(holidays={})
        if calendar is None
        else read_calendar(CALENDAR, calendar, faults),
    )


def _routes_in(name: str) -> bool:
    return name == ROUTING or MORE_ROUTING.fullmatch(name) is not None


def _missing(sources: Mapping[str, str]) -> Iterable[PackFault]:
    for name in FILES:
        if name not in sources:
            yield PackFault(file=name, line=1, says="this file is missing")
    for name in sources:
        if name not in FILES and not MORE_ROUTING.fullmatch(name):
            meant = nearest(name, FILES)
            yield PackFault(file=name, line=1, says="no part of a pack", did_you_mean=meant)


def _ids(read: _Read, sheet: Sheet) -> list[PackFault]:
    """Find ids that stand twice, and examples that name a rule nobody wrote."""
    rules: list[Share | WithholdRule | Route | Nothing | Ladder] = [*read.sharing.shares]
    rules += [*read.sharing.withholds, *read.routes, *read.nothings, *read.ladders]
    first: dict[RuleId, Where] = {}
    faults = []
    for rule in rules:
        before = first.setdefault(rule.id, rule.where)
        if before is not rule.where:
            says = f"rule `{rule.id}` stands already at {before.file}:{before.line}"
            faults.append(_fault(rule.where, says))
    # A faulty rule is left out of what was read, but an example that names it is not at fault.
    holding = {item.get("id") for item in sheet.items("withhold") if "hold" in item}
    for check in read.checks:
        for said in check.expect.values():
            named = said.removeprefix("held by ") if isinstance(said, str) else ""
            if named != said and named and named not in holding:
                says = f"no rule `{named}` holds anything"
                faults.append(_fault(check.where, says, nearest(named, map(str, holding))))
    return faults


def _dates(read: _Read, sheet: Sheet) -> list[PackFault]:
    row = read.sharing.pack
    if row is None:
        return []
    pack, faults = row.table, []
    if not pack.effective_from < pack.review_by <= pack.effective_from + LONGEST_REVIEW:
        says = "`review_by` is after `effective_from`, and within a year of it (000 section 10)"
        faults.append(_fault(sheet.where(("pack", "review_by")), says))
    if len({" ".join(person.casefold().split()) for person in pack.approved_by}) < 2:
        says = "`approved_by` names two different people"
        faults.append(_fault(sheet.where(("pack", "approved_by")), says))
    faults.extend(
        PackFault(file=CALENDAR, line=1, says=f"no bank holidays for {day.year}")
        for day in (pack.effective_from, pack.review_by)
        if read.calendar.holidays and not covers(read.calendar, day)
    )
    return faults


def _coverage(read: _Read, sheet: Sheet) -> list[PackFault]:
    """Find roles without a row, and events that a role is neither told of nor not told of."""
    shared = {role for share in read.sharing.shares for role in share.roles}
    covered = {(r.event, role) for r in read.routes for role in r.roles}
    covered |= {(e, role) for n in read.nothings for e in n.events for role in n.roles}
    faults = []
    for role in Role:
        events = [event for event in EVENT_NAMES if (event, role) not in covered]
        if role not in shared:
            faults.append(_fault(Where(file=SHARING, line=1), f"`{role}` has no `[[share]]` row"))
        for event in events:
            says = (
                f"nothing says what `{role}` is told on `{event}`: add a route or a `[[nothing]]`"
            )
            faults.append(_fault(sheet.where(("route",)), says))
    return faults


def _fault(where: Where, says: str, meant: str | None = None) -> PackFault:
    return PackFault(file=where.file, line=where.line, says=says, did_you_mean=meant)


def _pack(read: _Read, named: PackTable, caveat: HandlingTable, hashed: PackHash) -> Pack:
    return Pack(
        partnership=named.partnership,
        name=named.name,
        version=named.version,
        hash=hashed,
        effective_from=named.effective_from,
        review_by=named.review_by,
        approved_by=named.approved_by,
        purposes=read.sharing.purposes,
        bases=read.sharing.bases,
        shares=read.sharing.shares,
        withholds=read.sharing.withholds,
        routes=read.routes,
        nothings=read.nothings,
        checks=read.checks,
        grants=read.grants,
        hold_authorities=read.holds,
        handling=caveat.always,
        handling_once_informed=caveat.once_informed,
        roles=frozenset(role for share in read.sharing.shares for role in share.roles),
        calendar=read.calendar,
        deadlines=read.deadlines,
        ladders=read.ladders,
        names=read.sharing.names,
        legal=read.sharing.legal,
        policies=read.sharing.policies,
        words=read.sharing.words,
    )


def _hash(sheets: Iterable[Sheet]) -> PackHash:
    content = {sheet.name: sheet.content for sheet in sheets}
    canonical = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
    )
    return PackHash(sha256(canonical.encode()).hexdigest())
