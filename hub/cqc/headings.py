"""Which columns of a published sheet say what: the headings, found wherever they stand.

CQC's monthly "care directory with filters" (ODS) has a README, `HSCA_Active_Locations` and
`Dual_Registration_Locations`; its file of deactivated locations has an end date for each; its
weekly "care directory" (CSV) has four lines before its headings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from types import MappingProxyType
from typing import Final

from hub.vocabulary import HubError

Cell = str | int | float | bool | date | datetime | time | timedelta
SERVICE: Final = "Service type - "
"""Begins the heading of each service type, which has Y in its column or nothing."""
_LOOK_AT: Final = 60
"""How many rows may stand before the headings."""
_FEW: Final = 3
"""A row with so many headings is meant to be the heading row, if others are missing."""


class HeadingsDoNotFit(HubError):
    """The file is refused whole, since its headings are not those that CQC publishes:"""  # noqa: D400  # they follow


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet as it was read: its name, and its rows from the first on."""

    name: str
    rows: Iterator[Sequence[Cell]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Form:
    """One kind of sheet: what must be among its headings, and what may."""

    name: str
    needs: Mapping[str, tuple[str, ...]]
    """A field, and the heading (or headings, over the years) that it stands under."""
    may_have: Mapping[str, tuple[str, ...]]
    services: bool = False
    """Whether a column for each service type must be there."""

    def missing(self, row: Mapping[str, int]) -> tuple[str, ...]:
        """Return every heading that is needed and not in this row."""
        wanted = [names[0] for names in self.needs.values() if _place(names, row) is None]
        if self.services and not any(_is_service(heading) for heading in row):
            wanted.append(f"{SERVICE}...")
        return tuple(wanted)

    @property
    def size(self) -> int:
        """Return how many headings it needs."""
        return len(self.needs) + self.services


_MONTHLY: Final = {
    "id": ("Location ID",),
    "name": ("Location Name",),
    "ods_code": ("Location ODS Code",),
    "registered": ("Location HSCA start date",),
    "region": ("Location Region",),
    "authority": ("Location Local Authority",),
    "postcode": ("Location Postal Code",),
    "provider": ("Provider ID",),
    "provider_name": ("Provider Name",),
}
_ENDED: Final = {"ended": ("Location HSCA End Date",)}
_DORMANT: Final = {"dormant": ("Dormant (Y/N)",)}
FILTERS: Final = Form(
    name="care directory with filters",
    needs=MappingProxyType({**_MONTHLY, **_DORMANT}),
    may_have=MappingProxyType(
        {**_ENDED, "primary": ("Primary ID (Dual registration locations)", "Primary ID")}
    ),
    services=True,
)
WEEKLY: Final = Form(
    name="care directory",
    needs=MappingProxyType(
        {
            "id": (
                "CQC Location ID (for office use only)",
                "CQC Location (for office use only)",
                "CQC Location (for office use only",
            ),
            "name": ("Name",),
            "postcode": ("Postcode",),
            "services": ("Service types",),
            "region": ("Region",),
            "authority": ("Local authority",),
            "provider": ("CQC Provider ID (for office use only)",),
            "provider_name": ("Provider name",),
        }
    ),
    may_have=MappingProxyType({}),
)
DEACTIVATED: Final = Form(
    name="deactivated locations",
    needs=MappingProxyType({**_MONTHLY, **_ENDED}),
    may_have=MappingProxyType(_DORMANT),
)
DUAL: Final = Form(
    name="dual registrations",
    needs=MappingProxyType({"id": ("Location ID",), "other": ("Linked Organisation ID",)}),
    may_have=MappingProxyType({"relationship": ("Relationship",)}),
)
FORMS: Final = (FILTERS, WEEKLY, DEACTIVATED, DUAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A sheet whose headings were found: where each field stands, and the rows that follow."""

    sheet: str
    form: Form
    columns: Mapping[str, int]
    headings: Mapping[str, str]
    services: tuple[tuple[str, int], ...]
    first: int
    """Number of the first row after the headings, as a spreadsheet counts: from 1."""
    rows: Iterator[Sequence[Cell]]


def find_headings(sheets: Sequence[Sheet]) -> tuple[Found, ...]:
    """Return each sheet that is one of CQC's, in order; a sheet of other words is left out.

    Raises HeadingsDoNotFit, naming every heading that is missing from any of them.
    """
    found: list[Found] = []
    wrong: list[str] = []
    for sheet in sheets:
        one = _find(sheet)
        if isinstance(one, Found):
            found.append(one)
        else:
            wrong.extend(one)
    if not wrong and not any(one.form is not DUAL for one in found):
        wrong.extend(f"no sheet has those of the {form.name}" for form in (FILTERS, WEEKLY))
        wrong.extend(f"missing: `{name}`" for name in FILTERS.missing({}))
    if wrong:
        raise HeadingsDoNotFit("".join(f"\n  {each}" for each in wrong))
    return tuple(found)


def said(cell: Cell) -> str:
    """Return a cell as text, blanks around and within made one; a date in its ISO form."""
    match cell:
        case str():
            return " ".join(cell.split())
        case bool():
            return "Y" if cell else "N"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def _find(sheet: Sheet) -> Found | tuple[str, ...]:
    head = list(islice(sheet.rows, _LOOK_AT))
    best: tuple[float, int, Form, dict[str, int]] | None = None
    for number, cells in enumerate(head):
        row: dict[str, int] = {}
        for place, cell in enumerate(cells):
            row.setdefault(_key(said(cell)), place)
        for form in FORMS:
            there = form.size - len(form.missing(row))
            share = there / form.size
            if (there >= _FEW or share == 1) and (best is None or share > best[0]):
                best = (share, number, form, row)
    if best is None:
        return ()
    share, number, form, row = best
    if share < 1:
        return tuple(f"{sheet.name}: missing: `{name}`" for name in form.missing(row))
    written = [said(cell) for cell in head[number]]
    twice = [w for w in dict.fromkeys(written) if w and written.count(w) > 1]
    if twice:
        return tuple(f"{sheet.name}: stands twice: `{name}`" for name in twice)
    return _found(sheet, form, number, row, written, head)


def _found(
    sheet: Sheet,
    form: Form,
    number: int,
    row: Mapping[str, int],
    written: Sequence[str],
    head: Sequence[Sequence[Cell]],
) -> Found:
    places = {f: _place(names, row) for f, names in {**form.needs, **form.may_have}.items()}
    columns = {field: place for field, place in places.items() if place is not None}
    return Found(
        sheet=sheet.name,
        form=form,
        columns=columns,
        headings={field: written[place] for field, place in columns.items()},
        services=tuple(
            (written[place][len(SERVICE) :], place)
            for heading, place in row.items()
            if _is_service(heading)
        ),
        first=number + 2,
        rows=chain(head[number + 1 :], sheet.rows),
    )


def _place(names: Sequence[str], row: Mapping[str, int]) -> int | None:
    return next((row[key] for key in map(_key, names) if key in row), None)


def _is_service(key: str) -> bool:
    return key.startswith(SERVICE.casefold())


def _key(heading: str) -> str:
    """Return a heading as it is compared: CQC changes its capitals from sheet to sheet."""
    return heading.casefold()
