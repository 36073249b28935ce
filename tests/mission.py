"""The mission and the tests that name its rows: `make mission`.

A row counts as tested where the name of a test has it (`test_M072_...`). What a test proves is for
its reader to judge; this only says which rows nobody claims.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.house.tree import ROOT, modules

ROW = re.compile(r"(?<![A-Za-z0-9])(M\d{3}|N\d{3}|B\d{2})(?!\d)")
_LINE = re.compile(r"^\| (M\d{3}|N\d{3}|B\d{2}) \| ([^|]*) \| ([^|]*) \|", re.MULTILINE)
_WIDTH = 96


@dataclass(frozen=True, kw_only=True)
class MissionRow:
    """One row of docs/mission.md."""

    id: str
    section: str
    asks: str


def rows(root: Path = ROOT) -> tuple[MissionRow, ...]:
    """Return every row of the mission, in its order."""
    text = (root / "docs" / "mission.md").read_text("utf-8")
    return tuple(
        MissionRow(id=row, section=section.strip(), asks=asks.strip())
        for row, section, asks in _LINE.findall(text)
    )


def claims(root: Path = ROOT) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """Yield each test with the rows that its name claims."""
    for path, module in modules("tests", root):
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found = ROW.findall(node.name.replace("_", " "))
                if node.name.startswith("test_") and found:
                    yield path.relative_to(root), node.name, tuple(found)


def claimants(root: Path = ROOT) -> dict[str, list[str]]:
    """Return the tests that name each row, as pytest is asked for them."""
    found: dict[str, list[str]] = {}
    for path, name, claimed in claims(root):
        for row in claimed:
            found.setdefault(row, []).append(f"{path}::{name}")
    return found


def report(root: Path = ROOT) -> tuple[list[str], int]:
    """Return the lines to print, and how many rows no test names."""
    named, mission = claimants(root), rows(root)
    lines = []
    for row in mission:
        head = f"{row.id}  {row.section:<9} {row.asks}"
        lines.append(head if len(head) <= _WIDTH else f"{head[: _WIDTH - 3]}...")
        lines += [f"      {test}" for test in sorted(named.get(row.id, ()))]
        if row.id not in named:
            lines.append("      NO TEST NAMES THIS ROW")
    without = sum(row.id not in named for row in mission)
    lines.append(f"{len(mission)} rows, {without} without a test")
    return lines, without


if __name__ == "__main__":
    said, missing = report()
    print("\n".join(said))  # noqa: T201  # it is a report for people
    sys.exit(1 if missing else 0)
