"""The table of ASVS 5.0.0: each requirement of levels 1 and 2 stands in it once, and truly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.house.test_words import rows_without_a_test
from tests.house.tree import ROOT, lines, plant

PAGE: Final = "docs/asvs.md"
KNOWN: Final = Path(__file__).with_name("asvs-5.0.0.txt")
"""One requirement a line: its id, and the lowest level that asks for it."""
ID: Final = re.compile(r"V\d+\.\d+\.\d+")
# The words under which a requirement may stand, and whether its rows must name a test.
MET, OUTSIDE, NOT_OURS, GAPS = (
    "Met",
    "Left to whoever runs the hub",
    "Does not apply",
    "Gaps",
)
SECTIONS: Final = (MET, OUTSIDE, NOT_OURS, GAPS)


def requirements() -> frozenset[str]:
    """Return the id of every requirement of levels 1 and 2."""
    return frozenset(line.split()[0] for line in KNOWN.read_text("ascii").splitlines())


def section(page: str, name: str) -> str:
    """Return what stands under a heading, up to the next of its height."""
    return page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of every row of every table, without headings."""
    found = [line for line in text.splitlines() if line.startswith("| V")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in found]


def faults(root: Path, known: frozenset[str]) -> Iterator[str]:
    """Yield each requirement that is missing, strange or twice, and each row that says nothing."""
    page = (root / PAGE).read_text("utf-8")
    counted: Counter[str] = Counter()
    for name in SECTIONS:
        for row in rows(section(page, name)):
            counted.update(ID.findall(row[0]))
            if len(row) < (4 if name == MET else 2) or not all(row):
                yield f"{row[0]}: an empty cell"
    yield from (f"{each}: is not there" for each in sorted(known - set(counted)))
    yield from (f"{each}: is no requirement of levels 1 and 2" for each in counted.keys() - known)
    yield from (f"{each}: stands there {many} times" for each, many in counted.items() if many > 1)


def unproved(root: Path) -> Iterator[str]:
    """Yield each row that is said to be met and names no test."""
    page = (root / PAGE).read_text("utf-8")
    found = [line for line in section(page, MET).splitlines() if line.startswith("| V")]
    yield from rows_without_a_test(PAGE, found)


def test_every_requirement_of_levels_1_and_2_stands_in_the_table_once() -> None:
    assert len(requirements()) == 253
    assert lines(faults(ROOT, requirements())) == ""


def test_every_requirement_that_is_met_names_its_test() -> None:
    assert lines(unproved(ROOT)) == ""


def test_the_counts_that_the_page_gives_are_those_of_its_tables() -> None:
    page = (ROOT / PAGE).read_text("utf-8")
    many = {
        name: sum(len(ID.findall(row[0])) for row in rows(section(page, name))) for name in SECTIONS
    }

    assert f"{many[MET]} are met" in page
    assert f"{many[OUTSIDE]} are left to whoever runs the hub" in page
    assert f"{many[NOT_OURS]} do not apply" in page
    assert f"{many[GAPS]} are gaps" in page


PLANTED: Final = """# A page

## Met

| id | asks | kept in | proved by |
| --- | --- | --- | --- |
| V1.1.1 | a | b | `test_a` |
| V1.1.2 | a | b | hope |
| V1.1.2 |  | b | `test_a` |

## Left to whoever runs the hub

## Does not apply

| V1.2.1, V1.2.2 | reason |

## Gaps

| V9.9.9 | it leaks |
"""


def test_a_requirement_that_is_left_out_twice_there_or_unproved_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, {PAGE: PLANTED})
    known = frozenset({"V1.1.1", "V1.1.2", "V1.2.1", "V1.2.2", "V1.2.3"})

    assert sorted(faults(tmp_path, known)) == [
        "V1.1.2: an empty cell",
        "V1.1.2: stands there 2 times",
        "V1.2.3: is not there",
        "V9.9.9: is no requirement of levels 1 and 2",
    ]
    assert list(unproved(tmp_path)) == ["docs/asvs.md: nothing stands against: V1.1.2"]
