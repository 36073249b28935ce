"""A published file is opened as it comes: ODS or CSV, in either of the encodings it has come in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hub.adapters.published import CannotBeRead, open_published
from tests.care_directory import (
    FILTERS,
    PREAMBLE,
    README,
    WEEKLY,
    monthly,
    table,
    weekly,
    write_csv,
    write_ods,
)


def test_an_ods_file_has_its_sheets_and_the_rows_as_a_person_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "Active.ODS"
    write_ods(path, {"README": README, "Active": [[""], *table(FILTERS, [monthly()])]})

    readme, active = open_published(path)

    rows = list(active.rows)
    assert (readme.name, active.name, active.height) == ("README", "Active", 3)
    assert [row[0] for row in rows] == ["", "Location ID", "1-2000000001"]
    assert rows[2][FILTERS.index("Location HSCA start date")] == date(2010, 10, 1)
    assert rows[2][FILTERS.index("Care homes beds")] == 40


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp1252"])
def test_a_csv_file_is_read_in_each_encoding_it_has_come_in(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "weekly.csv"
    row = weekly(Name="Rosewood’s Café")
    write_csv(path, [*PREAMBLE, *table(WEEKLY, [row])], encoding)

    (only,) = open_published(path)

    rows = list(only.rows)
    assert rows[0] == ["CQC Locations data"]
    assert rows[5][0] == "Rosewood’s Café"
    assert rows[5][2] == "1 Rose Lane,\nEast Grinstead"
    assert only.height == 6


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.ods", b"no archive", "a.ods: "),
        ("a.csv", b"name\n\x81\x8d", "neither UTF-8 nor Windows-1252"),
        ("a.csv", b'name\n"' + b"x" * 200_000, "a.csv: field larger"),
        ("a.pdf", b"%PDF", "neither .ods, .xlsx nor .csv"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(CannotBeRead, match=says):
        open_published(path)
