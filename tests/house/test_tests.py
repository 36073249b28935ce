"""The tests keep the rules of the house: no waiting, no mocks, no row that the mission lacks."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT, lines, modules, plant

ROW = re.compile(r"(?<![A-Za-z0-9])(M\d{3}|N\d{3}|B\d{2})(?!\d)")
BANNED_MODULES = {"unittest.mock", "mock"}


def waits(root: Path) -> Iterator[str]:
    """Yield each sleep; `asyncio.sleep(0)` waits for nothing and gives way, which is allowed."""
    for path, module in modules("tests", root):
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and _is_sleep(node):
                yield f"{path.relative_to(root)}:{node.lineno}: a test waits for what it awaits"
            if isinstance(node, ast.ImportFrom) and "sleep" in {name.name for name in node.names}:
                yield f"{path.relative_to(root)}:{node.lineno}: sleep is not to be imported"


def _is_sleep(call: ast.Call) -> bool:
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "sleep"):
        return False
    match call.args:
        case [ast.Constant(value=0)]:
            return False
        case _:
            return True


def mocks(root: Path) -> Iterator[str]:
    for path, module in modules("tests", root):
        for node in ast.walk(module):
            if isinstance(node, ast.Import | ast.ImportFrom) and _imported(node) & BANNED_MODULES:
                yield f"{path.relative_to(root)}:{node.lineno}: fakes are shipped adapters"


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    match node:
        case ast.Import(names=names):
            return {name.name for name in names}
        case ast.ImportFrom(module=str(source), names=names):
            return {source, *(f"{source}.{name.name}" for name in names)}
        case ast.ImportFrom(names=names):
            return {name.name for name in names}


def unknown_rows(root: Path) -> Iterator[str]:
    """Yield each row that a test claims and the mission does not have."""
    known = set(ROW.findall((root / "docs" / "mission.md").read_text("utf-8")))
    for path, name, rows in claims(root):
        for row in rows:
            if row not in known:
                yield f"{path.relative_to(root)}: {name} claims {row}, which the mission lacks"


def unnamed_rows(root: Path) -> Iterator[str]:
    """Yield each row whose place in the mission is not what the tests name."""
    named = {row for _, _, rows in claims(root) for row in rows}
    rows = _rows_under("Rows that tests name", root)
    if not rows:
        yield "docs/mission.md: it lists no row that a test names"
    for row in rows:
        if row not in named:
            yield f"docs/mission.md: no test names {row}"
    for row in _rows_under("Rows that no test names", root):
        if row in named:
            yield f"docs/mission.md: a test names {row}"


def _rows_under(heading: str, root: Path) -> list[str]:
    mission = (root / "docs" / "mission.md").read_text("utf-8")
    part = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", mission, re.MULTILINE | re.DOTALL)
    return re.findall(r"^\| (\w+) \| ", part[1], re.MULTILINE)[1:] if part else []


def claims(root: Path) -> Iterator[tuple[Path, str, list[str]]]:
    """Yield each test under core and flow with the rows that its name claims."""
    for folder in ("tests/core", "tests/flow"):
        for path, module in modules(folder, root):
            for node in ast.walk(module):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    rows = ROW.findall(node.name.replace("_", " "))
                    if node.name.startswith("test_") and rows:
                        yield path, node.name, rows


def test_no_test_waits_by_the_clock() -> None:
    assert lines(waits(ROOT)) == ""


def test_no_test_mocks() -> None:
    assert lines(mocks(ROOT)) == ""


def test_every_row_that_a_test_claims_is_in_the_mission() -> None:
    assert lines(unknown_rows(ROOT)) == ""


def test_every_row_that_the_mission_calls_named_is_named_by_a_test() -> None:
    assert lines(unnamed_rows(ROOT)) == ""


# Each rule can fail.


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.sleep(1)",
        "import asyncio\nasync def f():\n    await asyncio.sleep(0.01)",
        "from asyncio import sleep",
        "import anyio\nasync def f(n):\n    await anyio.sleep(n)",
    ],
)
def test_a_sleep_is_caught(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"tests/a.py": text})

    assert len(list(waits(tmp_path))) == 1


def test_giving_way_is_no_sleep(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {"tests/a.py": "import asyncio\nasync def f():\n    await asyncio.sleep(0)"},
    )

    assert lines(waits(tmp_path)) == ""


@pytest.mark.parametrize(
    "text", ["import unittest.mock", "from unittest import mock", "from unittest.mock import Mock"]
)
def test_a_mock_is_caught(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"tests/a.py": text})

    assert len(list(mocks(tmp_path))) == 1


def test_a_row_that_nobody_wrote_is_caught(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "docs/mission.md": "| M021 | a hold |\n| B07 | a bound |",
            "tests/core/a.py": "def test_M021_B07_known(): ...\ndef test_M999_unknown(): ...",
            "tests/adapters/a.py": "def test_M998_elsewhere(): ...",
        },
    )

    found = list(unknown_rows(tmp_path))

    assert found == ["tests/core/a.py: test_M999_unknown claims M999, which the mission lacks"]


def test_a_row_that_no_test_names_is_caught(tmp_path: Path) -> None:
    table = "| row | asks |\n| --- | --- |\n| M021 | a hold |\n| M022 | a list |\n"
    plant(
        tmp_path,
        {
            "docs/mission.md": f"## Rows that tests name\n\n{table}\n## Others\n\n| M099 | c |\n",
            "tests/core/a.py": "def test_M021_known(): ...",
        },
    )

    assert list(unnamed_rows(tmp_path)) == ["docs/mission.md: no test names M022"]


def test_a_row_that_a_test_names_and_the_mission_calls_unnamed_is_caught(tmp_path: Path) -> None:
    table = "| row | asks |\n| --- | --- |\n"
    mission = (
        f"## Rows that tests name\n\n{table}| M021 | a hold |\n"
        f"\n## Rows that no test names\n\n{table}| M022 | a level |\n"
    )
    plant(
        tmp_path,
        {
            "docs/mission.md": mission,
            "tests/core/test_a.py": "def test_M021_a(): ...\ndef test_M022_b(): ...",
        },
    )

    assert list(unnamed_rows(tmp_path)) == ["docs/mission.md: a test names M022"]


def test_a_mission_without_rows_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, {"docs/mission.md": "| M021 | a hold |\n"})

    assert list(unnamed_rows(tmp_path)) == ["docs/mission.md: it lists no row that a test names"]
