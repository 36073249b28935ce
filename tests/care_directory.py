"""Published files as CQC makes them, with its real headings and providers that do not exist."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from hub.cqc.headings import Cell, Sheet

FILTERS: Final = (
    "Location ID",
    "Location HSCA start date",
    "Dormant (Y/N)",
    "Care home?",
    "Location Name",
    "Location ODS Code",
    "Location Telephone Number",
    "Registered manager",
    "Location Web Address",
    "Care homes beds",
    "Location Type/Sector",
    "Location Inspection Directorate",
    "Location Region",
    "Location NHS Region",
    "Location Local Authority",
    "Location Street Address",
    "Location City",
    "Location Postal Code",
    "Location Latitude",
    "Brand ID",
    "Provider ID",
    "Provider Name",
    "Provider Telephone Number",
    "Regulated activity - Personal care",
    "Service type - Care home service with nursing",
    "Service type - Care home service without nursing",
    "Service type - Domiciliary care service",
    "Service user band - Dementia",
    "Location Dual Registered",
    "Primary ID (Dual registration locations)",
)
"""Of the 122 headings of `HSCA_Active_Locations`, these; those left out are not read either."""

DEACTIVATED: Final = (
    "Location ID",
    "Location ODS Code",
    "Location Name",
    "Location Status",
    "Location HSCA start date",
    "Location HSCA End Date",
    "Care home?",
    "Care homes beds at point location de-activated",
    "Location Type/Sector",
    "Location Region",
    "Location Local Authority",
    "Location Postal Code",
    "Provider ID",
    "Provider Name",
)

DUAL: Final = (
    "Location ID",
    "Location Name",
    "Location HSCA Start Date",
    "Location Type/Sector",
    "Provider ID",
    "Provider Name",
    "Linked Organisation ID",
    "Linked Organisation Name",
    "Relationship",
    "Relationship Start Date",
    "Primary ID",
)

WEEKLY: Final = (
    "Name",
    "Also known as",
    "Address",
    "Postcode",
    "Phone number",
    "Service's website (if available)",
    "Service types",
    "Date of latest check",
    "Specialisms/services",
    "Provider name",
    "Local authority",
    "Region",
    "Location URL",
    "CQC Location ID (for office use only)",
    "CQC Provider ID (for office use only)",
)

README: Final[list[list[Cell]]] = [["Care directory with filters"], [], ["Made up for a test"]]
PREAMBLE: Final[list[list[Cell]]] = [
    ["CQC Locations data"],
    [],
    ["This data was produced on 19 August 2026"],
    [],
]


def monthly(number: int = 1, **other: Cell) -> dict[str, Cell]:
    """Return a row of the monthly file: Rosewood House, or another of Rosewood's houses.

    `other` gives cells by the heading's words with `_` for what is no letter.
    """
    row: dict[str, Cell] = {
        "Location ID": f"1-{2000000000 + number}",
        "Location HSCA start date": date(2010, 10, 1),
        "Dormant (Y/N)": "N",
        "Care home?": "Y",
        "Location Name": f"Rosewood House {number}",
        "Location ODS Code": f"VRW{number:02}",
        "Location Telephone Number": "01632960001",
        "Registered manager": "Nobody, No",
        "Care homes beds": 40.0,
        "Location Region": "South East",
        "Location Local Authority": "West Sussex",
        "Location Postal Code": "RH19 1AA",
        "Provider ID": "1-1000000001",
        "Provider Name": "Rosewood Care Ltd",
        "Provider Telephone Number": "01632960002",
        "Service type - Care home service with nursing": "Y",
    }
    return row | _by_heading(FILTERS, other)


def weekly(number: int = 1, **other: Cell) -> dict[str, Cell]:
    """Return a row of the weekly file."""
    row: dict[str, Cell] = {
        "Name": f"Rosewood House {number}",
        "Address": "1 Rose Lane,\nEast Grinstead",
        "Postcode": "RH19 1AA",
        "Phone number": "01632 960001",
        "Service types": "Nursing homes, Residential homes",
        "Provider name": "Rosewood Care Ltd",
        "Local authority": "West Sussex",
        "Region": "South East",
        "CQC Location ID (for office use only)": f"1-{2000000000 + number}",
        "CQC Provider ID (for office use only)": "1-1000000001",
    }
    return row | _by_heading(WEEKLY, other)


def deactivated(number: int = 1, **other: Cell) -> dict[str, Cell]:
    """Return a row of the file of deactivated locations."""
    kept = {name: cell for name, cell in monthly(number).items() if name in DEACTIVATED}
    ended: dict[str, Cell] = {
        "Location Status": "Inactive-Dereg",
        "Location HSCA End Date": "31/03/2026",
    }
    return {**kept, **ended, **_by_heading(DEACTIVATED, other)}


def linked(here: int, there: int, **other: Cell) -> dict[str, Cell]:
    """Return a row of the sheet of dual registrations."""
    row: dict[str, Cell] = {
        "Location ID": f"1-{2000000000 + here}",
        "Provider ID": "1-1000000001",
        "Linked Organisation ID": f"1-{2000000000 + there}",
        "Relationship": "Dual Registration",
    }
    return row | _by_heading(DUAL, other)


def table(headings: Sequence[str], rows: Sequence[Mapping[str, Cell]]) -> list[list[Cell]]:
    """Return the headings and then the rows, each cell under its heading."""
    return [list(headings), *([row.get(name, "") for name in headings] for row in rows)]


def sheet(name: str, rows: Sequence[Sequence[Cell]]) -> Sheet:
    """Return rows as a sheet that was read."""
    return Sheet(name=name, rows=iter(rows))


def write_csv(path: Path, rows: Sequence[Sequence[Cell]], encoding: str = "utf-8-sig") -> None:
    """Write rows as CQC's CSV is written: with carriage returns, quoted where needed."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


def write_ods(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> None:
    """Write sheets as an OpenDocument spreadsheet (ODF 1.2)."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}">{"".join(map(_ods_row, rows))}</table:table>'
        for name, rows in sheets.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMESPACES}>'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _MIME, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        archive.writestr("content.xml", content)


_MIME = "application/vnd.oasis.opendocument.spreadsheet"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_NAMESPACES = " ".join(
    [f'xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "table", "text")]
    + ['office:version="1.2"']
)
_MANIFEST = (
    f'<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_MIME}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)


def _ods_row(row: Sequence[Cell]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(cell: Cell) -> str:
    match cell:
        case "":
            return "<table:table-cell/>"
        case date():
            kind = f'office:value-type="date" office:date-value="{cell.isoformat()}"'
        case float():
            kind = f'office:value-type="float" office:value="{cell}"'
        case _:
            kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(str(cell))}</text:p></table:table-cell>"


def _by_heading(headings: Sequence[str], cells: Mapping[str, Cell]) -> dict[str, Cell]:
    by_word = {"".join(c if c.isalnum() else "_" for c in name): name for name in headings}
    return {by_word[word]: cell for word, cell in cells.items()}
