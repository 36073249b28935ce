"""From the rows that CQC publishes to locations, with every fault of every row (pure).

A row with a fault is not taken, and nothing of it is guessed; the others are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from hub.cqc.councils import Councils, NoCouncil
from hub.cqc.headings import DUAL, FILTERS, WEEKLY, Cell, Found, Sheet, find_headings, said
from hub.cqc.location import Location, LocationId
from hub.vocabulary import AgencyId

_LOCATION: Final = re.compile(r"1-\d{3,12}|[A-Z][A-Z0-9]{2,8}")
"""CQC's number, or the ODS code of an NHS site."""
_PROVIDER: Final = re.compile(r"1-\d{3,12}|[A-Z][A-Z0-9]{2,4}")
"""CQC's number, or the ODS code of an NHS trust."""
_POSTCODE: Final = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}")
_BRITISH_DATE: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_UNSAID: Final = frozenset({"", "-", "unspecified"})
"""How CQC writes that nothing is known."""
_YES_OR_NO: Final = {"y": True, "n": False, "yes": True, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """One thing wrong with a published row: where it stands, and what was probably meant."""

    sheet: str
    row: int
    """As a spreadsheet counts: from 1, the headings and what stands before them included."""
    heading: str
    says: str
    did_you_mean: str | None = None

    def __str__(self) -> str:
        """Give the fault as one line."""
        hint = f"; did you mean `{self.did_you_mean}`?" if self.did_you_mean else ""
        return f"{self.sheet}:{self.row}: {self.heading}: {self.says}{hint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A location as one sheet has it, and which of its fields that sheet speaks of."""

    location: Location
    tells: frozenset[str]
    row: int
    sheet: str
    weekly: bool = False
    """Whether its service types are in the weekly directory's own, shorter words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that a file says."""

    forms: tuple[str, ...]
    published: tuple[Published, ...]
    faults: tuple[RowFault, ...]
    rows: int
    named: frozenset[str]
    """Every location's id that stands in it, in a row that was taken or not."""
    providers_named: frozenset[AgencyId]
    whole: bool
    """Whether it lists every location that is registered: what it leaves out is missing."""


def read_directory(sheets: Sequence[Sheet], councils: Councils) -> Reading:
    """Read the sheets of one published file. Raises HeadingsDoNotFit: then nothing is taken."""
    found = find_headings(sheets)
    reader = _Reader(councils)
    for one in found:
        if one.form is not DUAL:
            reader.take(one)
    for one in found:
        if one.form is DUAL:
            reader.link(one)
    return reader.finish(tuple(dict.fromkeys(one.form.name for one in found)))


@dataclass(slots=True)
class _Line:
    """One row: its texts by field, and what is wrong with them."""

    found: Found
    number: int
    texts: Mapping[str, str]
    faults: list[RowFault] = field(default_factory=list)

    def fault(self, name: str, says: str, did_you_mean: str | None = None) -> None:
        heading = self.found.headings.get(name, name)
        self.faults.append(
            RowFault(
                sheet=self.found.sheet,
                row=self.number,
                heading=heading,
                says=says,
                did_you_mean=did_you_mean,
            )
        )

    def text(self, name: str) -> str | None:
        text = self.texts.get(name, "")
        if not text.isprintable():
            self.fault(name, "has a character that cannot be printed")
        return None if text.casefold() in _UNSAID else text

    def needed(self, name: str) -> str:
        text = self.text(name)
        if text is None:
            self.fault(name, "is empty")
        return text or ""

    def code(self, name: str, pattern: re.Pattern[str]) -> str:
        code = self.needed(name)
        if code and not pattern.fullmatch(code):
            self.fault(name, f"`{code}` is no id of CQC's")
        return code

    def postcode(self) -> str | None:
        given = self.text("postcode")
        bare = (given or "").replace(" ", "").upper()
        postcode = f"{bare[:-3]} {bare[-3:]}"
        if given and not _POSTCODE.fullmatch(postcode):
            self.fault("postcode", f"`{given}` is no postcode")
        return postcode if given else None

    def day(self, name: str) -> date | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            if british := _BRITISH_DATE.fullmatch(text):
                day, month, year = map(int, british.groups())
                return date(year, month, day)
            return date.fromisoformat(text[:10] if text[10:] in {"", "T00:00:00"} else text)
        except ValueError:
            self.fault(name, f"`{text}` is no date")
            return None

    def yes_or_no(self, name: str) -> bool | None:
        text = self.text(name)
        if text is None:
            return None
        if text.casefold() not in _YES_OR_NO:
            self.fault(name, f"`{text}` is neither Y nor N")
        return _YES_OR_NO.get(text.casefold())


class _Reader:
    """Takes one sheet after another; keeps what was read by the location's id."""

    def __init__(self, councils: Councils) -> None:
        self._councils = councils
        self._hosts: dict[str, AgencyId | NoCouncil] = {}
        self._kept: dict[str, Published] = {}
        self._refused: set[str] = set()
        self._names: dict[str, tuple[str, str, int]] = {}
        self._links: dict[str, set[str]] | None = None
        self._faults: list[RowFault] = []
        self._rows = 0
        self._named: set[str] = set()
        self._providers: set[AgencyId] = set()
        self._whole = False

    def take(self, found: Found) -> None:
        self._whole = self._whole or found.form in {FILTERS, WEEKLY}
        tells = _tells(found)
        for number, cells in _filled(found):
            self._rows += 1
            line = _line(found, number, cells)
            location = self._location(line, _services(found, line, cells))
            self._once(line, location)
            self._named.add(location.id)
            self._providers.add(location.provider)
            self._one_name(line, location)
            if line.faults:
                self._faults.extend(line.faults)
                continue
            self._kept[location.id] = Published(
                location=location,
                tells=tells,
                row=number,
                sheet=found.sheet,
                weekly=found.form is WEEKLY,
            )

    def link(self, found: Found) -> None:
        links = self._links = self._links if self._links is not None else {}
        for number, cells in _filled(found):
            self._rows += 1
            line = _line(found, number, cells)
            here, there = (line.code(name, _LOCATION) for name in ("id", "other"))
            relationship = line.text("relationship")
            if here and here not in self._named:
                line.fault("id", f"`{here}` is no location of this file")
            self._faults.extend(line.faults)
            if not line.faults and (relationship or "dual").casefold().startswith("dual"):
                links.setdefault(here, set()).add(there)

    def finish(self, forms: tuple[str, ...]) -> Reading:
        return Reading(
            forms=forms,
            published=tuple(map(self._linked, self._kept.values())),
            faults=tuple(sorted(self._faults, key=lambda f: (f.sheet, f.row))),
            rows=self._rows,
            named=frozenset(self._named),
            providers_named=frozenset(self._providers),
            whole=self._whole,
        )

    def _location(self, line: _Line, services: tuple[str, ...]) -> Location:
        primary = line.text("primary")
        return Location(
            id=LocationId(line.code("id", _LOCATION)),
            name=line.needed("name"),
            provider=_agency(line.code("provider", _PROVIDER)),
            provider_name=line.needed("provider_name"),
            postcode=line.postcode(),
            services=services,
            region=line.text("region"),
            authority=line.text("authority"),
            host=self._host(line),
            ods_code=line.text("ods_code"),
            registered=line.day("registered"),
            dormant=line.yes_or_no("dormant"),
            ended=line.day("ended"),
            primary=LocationId(line.code("primary", _LOCATION)) if primary else None,
        )

    def _host(self, line: _Line) -> AgencyId | None:
        name = line.text("authority")
        if name is None:
            return None
        if name not in self._hosts:
            council = self._councils.named(name)
            self._hosts[name] = council if isinstance(council, NoCouncil) else council.agency
        host = self._hosts[name]
        if isinstance(host, NoCouncil):
            line.fault("authority", host.says, host.did_you_mean)
            return None
        return host

    def _once(self, line: _Line, location: Location) -> None:
        """Refuse a location that stands twice; where the two differ, neither can be believed."""
        if location.id in self._refused:
            line.fault("id", f"`{location.id}` stands more than once, in other words")
            return
        first = self._kept.get(location.id)
        if first is None:
            if location.id and location.id in self._named:
                line.fault("id", f"`{location.id}` stands in a row with faults too")
            return
        if first.location == location and first.sheet == line.found.sheet:
            line.fault("id", f"`{location.id}` stands in row {first.row} too; taken once")
            return
        says = f"`{location.id}` stands in {first.sheet}:{first.row} too, in other words"
        line.fault("id", f"{says}; neither is taken")
        del self._kept[location.id]
        self._refused.add(location.id)
        says = f"`{location.id}` stands in {line.found.sheet}:{line.number} too, in other words"
        self._faults.append(
            RowFault(
                sheet=first.sheet,
                row=first.row,
                heading=line.found.headings["id"],
                says=f"{says}; neither is taken",
            )
        )

    def _one_name(self, line: _Line, location: Location) -> None:
        if line.faults:
            return
        here = (location.provider_name, line.found.sheet, line.number)
        name, sheet, row = self._names.setdefault(location.provider, here)
        if name != location.provider_name:
            says = f"`{location.provider}` is called `{name}` in {sheet}:{row}"
            line.fault("provider_name", says)

    def _linked(self, published: Published) -> Published:
        if self._links is None:
            return published
        linked = tuple(LocationId(n) for n in sorted(self._links.get(published.location.id, ())))
        return replace(
            published,
            location=replace(published.location, linked=linked),
            tells=published.tells | {"linked"},
        )


def _filled(found: Found) -> Iterator[tuple[int, Sequence[Cell]]]:
    for number, cells in enumerate(found.rows, found.first):
        if any(cell not in {"", None} for cell in cells):
            yield number, cells


def _line(found: Found, number: int, cells: Sequence[Cell]) -> _Line:
    texts = {
        name: said(cells[place]) if place < len(cells) else ""
        for name, place in found.columns.items()
    }
    return _Line(found, number, texts)


def _services(found: Found, line: _Line, cells: Sequence[Cell]) -> tuple[str, ...]:
    if "services" in found.columns:
        parts = (part.strip() for part in line.texts["services"].split(","))
        return tuple(dict.fromkeys(part for part in parts if part))
    # Read as they stand: with thirty-odd columns of them this is most of the file.
    given = [(name, cells[place]) for name, place in found.services if place < len(cells)]
    for name, cell in given:
        if cell and cell not in {"Y", "N"}:
            line.fault(f"Service type - {name}", f"`{said(cell)}` is neither Y nor empty")
    return tuple(name for name, cell in given if cell == "Y")


def _tells(found: Found) -> frozenset[str]:
    """Return the fields of a location that this sheet speaks of."""
    told = set(found.columns) - {"id"}
    told |= {"host"} if "authority" in told else set()
    return frozenset(told | ({"services"} if found.services else set()))


def _agency(code: str) -> AgencyId:
    return AgencyId(f"cqc:{code}" if code.startswith("1-") else f"ods:{code}")
