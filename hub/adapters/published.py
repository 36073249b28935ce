"""Opens a published table of figures, a spreadsheet or a CSV file, as sheets of rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook

from hub.cqc.headings import Cell
from hub.vocabulary import HubError

_SPREADSHEETS: Final = {".ods", ".xlsx"}
_ENCODINGS: Final = ("utf-8-sig", "cp1252")
"""CQC has published in both. The first refuses what is not its own, so it is tried first."""


class CannotBeRead(HubError):
    """The file cannot be read:"""  # noqa: D400  # its name and why follow


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSheet:
    """One sheet: its name, how many rows it has, and each of them from the first on."""

    name: str
    height: int
    rows: Iterator[Sequence[Cell]]


def open_published(path: Path) -> tuple[PublishedSheet, ...]:
    """Return the sheets of an ODS, XLSX or CSV file. Raises CannotBeRead."""
    try:
        if path.suffix.casefold() in _SPREADSHEETS:
            return tuple(_workbook(path))
        if path.suffix.casefold() == ".csv":
            return (_comma_separated(path),)
    except (OSError, CalamineError, csv.Error) as error:
        raise CannotBeRead(f"{path}: {error}") from error
    raise CannotBeRead(f"{path}: neither .ods, .xlsx nor .csv")


def _workbook(path: Path) -> Iterator[PublishedSheet]:
    with CalamineWorkbook.from_path(path) as workbook:
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            # A sheet that begins lower down is given with the empty rows above it.
            height = sheet.total_height + (sheet.start[0] if sheet.start else 0)
            yield PublishedSheet(name=name, height=height, rows=iter(sheet.iter_rows()))


def _comma_separated(path: Path) -> PublishedSheet:
    records = list(csv.reader(io.StringIO(_text(path), newline="")))
    return PublishedSheet(name=path.name, height=len(records), rows=iter(records))


def _text(path: Path) -> str:
    raw = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CannotBeRead(f"{path}: its letters are neither UTF-8 nor Windows-1252")
