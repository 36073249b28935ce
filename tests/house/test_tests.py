"""The tests keep the rules of the house: no waiting, no mocks, no row that the mission lacks."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import mission
from tests.house.tree import ROOT, lines, modules, plant

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
    known = {row.id for row in mission.rows(root)}
    for path, name, claimed in mission.claims(root):
        for row in claimed:
            if row not in known:
                yield f"{path}: {name} claims {row}, which the mission lacks"


def unnamed_rows(root: Path) -> Iterator[str]:
    """Yield each row of the mission that no test names."""
    named = mission.claimants(root)
    for row in mission.rows(root):
        if row.id not in named:
            yield f"docs/mission.md: no test names {row.id}"


def test_no_test_waits_by_the_clock() -> None:
    assert lines(waits(ROOT)) == ""


def test_no_test_mocks() -> None:
    assert lines(mocks(ROOT)) == ""


def test_every_row_that_a_test_claims_is_in_the_mission() -> None:
    assert lines(unknown_rows(ROOT)) == ""


def test_every_row_of_the_mission_is_named_by_a_test() -> None:
    assert lines(unnamed_rows(ROOT)) == ""


def test_the_mission_has_its_180_rows_each_once() -> None:
    ids = [row.id for row in mission.rows()]

    assert len(ids) == 180
    assert ids == [
        *(f"M{number:03}" for number in range(1, 126)),
        *(f"N{number:03}" for number in range(1, 50)),
        *(f"B{number:02}" for number in range(1, 7)),
    ]


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
            "docs/mission.md": "| M021 | 3.1 | a hold |\n| B06 | hub | a bound |",
            "tests/core/a.py": "def test_M021_B06_known(): ...\ndef test_M999_unknown(): ...",
        },
    )

    found = list(unknown_rows(tmp_path))

    assert found == ["tests/core/a.py: test_M999_unknown claims M999, which the mission lacks"]


def test_a_row_that_no_test_names_is_caught(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "docs/mission.md": "| M021 | 3.1 | a hold |\n| M022 | 3.1 | a list |\n",
            "tests/core/a.py": "def test_M021_known(): ...",
        },
    )

    said, missing = mission.report(tmp_path)

    assert list(unnamed_rows(tmp_path)) == ["docs/mission.md: no test names M022"]
    assert missing == 1
    assert said == [
        "M021  3.1       a hold",
        "      tests/core/a.py::test_M021_known",
        "M022  3.1       a list",
        "      NO TEST NAMES THIS ROW",
        "2 rows, 1 without a test",
    ]
