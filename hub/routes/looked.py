"""The looks at one authority's concerns, by a filter, with the names that stand for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from hub.calendar import LONDON
from hub.routes.audit import MOST, pseudonyms_of
from hub.routes.deps import Web
from hub.routes.looks import Look, Row, looks
from hub.routes.naming import named
from hub.vocabulary import AgencyId, ConcernId

MOST_LEAVES: Final = 20_000
"""Of so many entries of the log in the time that is asked for, the newest are read."""
USUALLY: Final = timedelta(days=7)
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which looks are wanted: from and until when (UTC), whose, and at which concern."""

    since: datetime
    until: datetime
    person: str = ""
    """An id, or a part of a name."""
    concern: str = ""
    """A concern's pseudonym."""

    @property
    def first_day(self) -> date:
        """Return the first day, in London."""
        return self.since.astimezone(LONDON).date()

    @property
    def last_day(self) -> date:
        """Return the last day, in London."""
        return (self.until - timedelta(microseconds=1)).astimezone(LONDON).date()

    @property
    def query(self) -> str:
        """Return what stands behind the `?` of a page of the same looks."""
        said = {
            "from": self.first_day.isoformat(),
            "to": self.last_day.isoformat(),
            "person": self.person,
            "concern": self.concern,
        }
        return urlencode({name: value for name, value in said.items() if value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found."""

    looks: tuple[Look, ...]
    rows: tuple[Row, ...]
    names: Mapping[str, str]
    cut: bool
    """Whether there is more in the log than was read."""

    def name(self, person: str) -> str:
        """Return what a person is called, or their id."""
        return self.names.get(person, person)


def filter_of(query: Mapping[str, str], now: datetime) -> tuple[Filter, Mapping[str, str]]:
    """Read a filter, and what is wrong with it; without one, the last seven days until now."""
    faults: dict[str, str] = {}
    today = now.astimezone(LONDON).date()
    first = _day(query, "from", (now - USUALLY).astimezone(LONDON).date(), faults)
    last = _day(query, "to", today, faults)
    if not faults and last < first:
        faults["to"] = "The last day is before the first"
    since, until = (_begins(day) for day in (first, last + timedelta(days=1)))
    return (
        Filter(
            since=since,
            until=until,
            person=query.get("person", "").strip()[:_LONGEST],
            concern=query.get("concern", "").strip().upper()[:_LONGEST],
        ),
        faults,
    )


def _day(query: Mapping[str, str], name: str, otherwise: date, faults: dict[str, str]) -> date:
    typed = query.get(name, "").strip()
    if not typed:
        return otherwise
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        found = date.min
    if not date(2000, 1, 1) <= found <= date(2999, 1, 1):
        faults[name] = "Enter a day, such as 2027-04-15"
        return otherwise
    return found


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=LONDON)


async def looked(deps: Web, agency: AgencyId, wanted: Filter) -> Looked:
    """Return the looks at this authority's concerns that the filter finds, the newest first."""
    register = deps.register
    leaves = await register.looks_at(agency, wanted.since, wanted.until, limit=MOST_LEAVES)
    found = looks(leaves)
    names = await _names(deps, agency, found)
    pseudonyms = await _pseudonyms(deps, agency)
    directory = await register.directory()
    kept = tuple(each for each in found if _wanted(each, wanted, names, pseudonyms))
    rows = tuple(
        Row(
            at=each.at,
            who=names.get(each.person, each.person),
            person=each.person,
            organisation=named(each.agency, directory) if each.agency else "not recorded",
            concerns=_called(each, pseudonyms),
            page=each.page,
            emergency=bool(each.access),
        )
        for each in kept
    )
    return Looked(looks=kept, rows=rows, names=names, cut=len(leaves) >= MOST_LEAVES)


def _wanted(
    look: Look, by: Filter, names: Mapping[str, str], pseudonyms: Mapping[ConcernId, str]
) -> bool:
    if by.person and by.person != look.person:
        known = names.get(look.person, "").casefold()
        if by.person.casefold() not in known:
            return False
    return not by.concern or any(pseudonyms.get(one) == by.concern for one in look.concerns)


def _called(look: Look, pseudonyms: Mapping[ConcernId, str]) -> str:
    if len(look.concerns) == 1:
        return pseudonyms.get(look.concerns[0], "not known")
    return f"{look.many} concerns" if look.many else "a list"


async def _names(deps: Web, agency: AgencyId, found: tuple[Look, ...]) -> Mapping[str, str]:
    people = sorted({each.person for each in found})
    given = await deps.register.emergency_access_to(agency)
    asked = {each.by.id: each.by.name for each in given}
    return asked | dict(await deps.register.names_of(people))


async def _pseudonyms(deps: Web, agency: AgencyId) -> Mapping[ConcernId, str]:
    """Return what stands for each concern, the same as on the auditor's screens."""
    concerns = await deps.register.as_reader(agency).concerns(MOST)
    partnerships = {each.partnership for each in concerns}
    of = {one: await pseudonyms_of(deps.register, one) for one in partnerships}
    return {each.id: of[each.partnership].concern(each) for each in concerns}
