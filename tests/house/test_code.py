"""The code keeps the rules of the house: floors, sizes, names, and what the core may not ask."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, lines, modules, plant

MODULE_LINES = 340
FUNCTION_LINES = 40
NO_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}
# What asks the world for the time, for an id or for chance.
ASKING_MODULES = {"random", "secrets", "time"}
ASKING_CALLS = {"uuid1", "uuid4", "uuid6", "uuid7", "urandom"}
CLOCK_CALLS = {"now", "utcnow", "today"}
# A schema step is written once and never touched again, whatever its length.
FROZEN = "migrations/versions"


def floors(root: Path) -> list[list[str]]:
    """Return the floors of the house from the top, as pyproject.toml names them."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (each["layers"] for each in contracts["contracts"] if each["type"] == "layers")
    return [[name.strip() for name in floor.split("|")] for floor in layers]


def core(root: Path) -> list[str]:
    """Return the modules below the ports, where nothing asks the world."""
    below = floors(root)
    ports = next(number for number, floor in enumerate(below) if "ports" in floor)
    return [name for floor in below[ports + 1 :] for name in floor]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on a tree."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root), "NO_COLOR": "1", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def long_modules(root: Path) -> Iterator[str]:
    for path, _ in modules("hub", root):
        if FROZEN in str(path):
            continue
        count = len(path.read_text("utf-8").splitlines())
        if count > MODULE_LINES:
            yield f"{path.relative_to(root)}: {count} lines, {MODULE_LINES} at most"


def long_functions(root: Path) -> Iterator[str]:
    for path, module in modules("hub", root):
        if FROZEN in str(path):
            continue
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                count = _length(node)
                if count > FUNCTION_LINES:
                    place = f"{path.relative_to(root)}:{node.lineno}"
                    yield f"{place}: {node.name} has {count} lines, {FUNCTION_LINES} at most"


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    count = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        said = function.body[0]
        count -= (said.end_lineno or said.lineno) - said.lineno + 1
    return count


def questions(root: Path) -> Iterator[str]:
    """Yield each place in the core that asks for the time, an id or chance."""
    pure = core(root)
    for path, module in modules("hub", root):
        first = path.relative_to(root / "hub").parts[0].removesuffix(".py")
        if first in pure:
            for line, what in _asked(module):
                yield f"{path.relative_to(root)}:{line}: asks for {what}; take it as an argument"


def _asked(module: ast.Module) -> Iterator[tuple[int, str]]:
    clocks = {"datetime", "date", *_names_of_clocks(module)}
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                asked = [name.name for name in names if name.name in ASKING_MODULES]
            case ast.ImportFrom(module="uuid", names=names):
                asked = [name.name for name in names if name.name in ASKING_CALLS]
            case ast.ImportFrom(module=str(source)) if source in ASKING_MODULES:
                asked = [source]
            case ast.Attribute(attr=attribute) if attribute in ASKING_CALLS:
                asked = [attribute]
            case ast.Attribute(
                attr=attribute, value=ast.Name(id=owner) | ast.Attribute(attr=owner)
            ) if attribute in CLOCK_CALLS and owner in clocks:
                asked = [attribute]
            case _:
                continue
        for what in asked:
            yield node.lineno, what


def _names_of_clocks(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module == "datetime":
            yield from (name.asname or name.name for name in node.names)


def empty_names(root: Path) -> Iterator[str]:
    """Yield each file or folder whose name says nothing."""
    for path in files(root):
        said = path.relative_to(root)
        if NO_NAMES & {part.partition(".")[0].lower() for part in said.parts}:
            yield f"{said}: name it by what is in it"


def test_nobody_reaches_upstairs() -> None:
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_stay_short() -> None:
    assert lines(long_modules(ROOT)) == ""


def test_functions_stay_short() -> None:
    assert lines(long_functions(ROOT)) == ""


def test_the_core_asks_neither_time_nor_ids_nor_chance() -> None:
    assert lines(questions(ROOT)) == ""


def test_names_say_something() -> None:
    assert lines(empty_names(ROOT)) == ""


def test_every_floor_of_the_core_is_kept_from_the_world() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (kept,) = (
        each["source_modules"]
        for each in contracts["contracts"]
        if each["type"] == "forbidden" and "asyncio" in each["forbidden_modules"]
    )

    assert sorted(kept) == sorted(f"hub.{name}" for name in core(ROOT))


# Each rule can fail.


def _house(root: Path, planted: Mapping[str, str]) -> Path:
    shutil.copy(ROOT / "pyproject.toml", root / "pyproject.toml")
    for floor in floors(ROOT):
        for name in floor:
            plant(root, {f"hub/{name}.py": ""})
    return plant(root, {"hub/__init__.py": "", **planted})


def test_a_house_without_imports_stands(tmp_path: Path) -> None:
    done = lint_imports(_house(tmp_path, {}))

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hub/decide.py", "from hub import plan"),
        ("hub/compose.py", "from hub import decide"),
        ("hub/adapters.py", "from hub import deliver"),
        ("hub/notice.py", "import asyncio"),
        ("hub/garage.py", ""),
    ],
)
def test_who_reaches_upstairs_is_caught(tmp_path: Path, name: str, text: str) -> None:
    done = lint_imports(_house(tmp_path, {name: text}))

    assert done.returncode != 0


def test_a_long_module_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, {"hub/long.py": "a = 1\n" * 341, "hub/short.py": "a = 1\n" * 340})

    assert lines(long_modules(tmp_path)).startswith("hub/long.py: 341 lines")


def test_a_long_function_is_caught_and_its_docstring_is_free(tmp_path: Path) -> None:
    said = '    """' + "Says.\n" * 30 + '    """\n'
    plant(
        tmp_path,
        {
            "hub/long.py": "async def f():\n" + "    a = 1\n" * 40,
            "hub/short.py": "def f():\n" + said + "    a = 1\n" * 39,
        },
    )

    assert lines(long_functions(tmp_path)) == "hub/long.py:1: f has 41 lines, 40 at most"


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime, UTC\nnow = datetime.now(UTC)",
        "import datetime as d\nnow = d.datetime.utcnow()",
        "from datetime import datetime as moment\nnow = moment.now()",
        "from datetime import date\nday = date.today()",
        "import time\nnow = time.time()",
        "from time import time",
        "import uuid\nid = uuid.uuid4()",
        "from uuid import uuid4",
        "import random",
        "from secrets import token_hex",
        "from functools import partial\nfrom datetime import datetime\nask = partial(datetime.now)",
    ],
)
def test_a_question_in_the_core_is_caught(tmp_path: Path, text: str) -> None:
    _house(tmp_path, {"hub/decide.py": text, "hub/deliver.py": text})

    found = lines(questions(tmp_path))

    assert re.fullmatch(r"hub/decide\.py:\d: asks for \w+; take it as an argument", found)


def test_a_moment_that_was_given_is_no_question(tmp_path: Path) -> None:
    _house(tmp_path, {"hub/decide.py": "def f(desk): return desk.now, desk.pack.today"})

    assert lines(questions(tmp_path)) == ""


def test_a_name_that_says_nothing_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, {"hub/utils.py": "", "tests/Helpers/a.py": "", "hub/notice.py": ""})

    assert len(list(empty_names(tmp_path))) == 2
