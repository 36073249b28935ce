"""The wheel holds all that the hub needs: installed alone, from an empty folder, it works."""

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.house.tree import ROOT, files

pytestmark = pytest.mark.wheel


def _run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built by the locked tools without a network."""
    target = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target, cwd=ROOT)
    (built,) = target.glob("concern_hub-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh venv with the wheel in it, beside the dependencies but not beside this tree."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    _run(
        *(sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"),
        *("install", "--quiet", "--no-index", "--no-deps", wheel),
        cwd=home,
    )
    own = _run(python, "-c", "import sysconfig as s; print(s.get_path('purelib'))", cwd=home)
    # Paths that a .pth file adds come last, and .pth files in them are not read.
    (Path(own.strip()) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return home


def _without_settings() -> dict[str, str]:
    # The hub of another session must not speak in.
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HUB_", "PYTHON", "COV_", "VIRTUAL_ENV"))
    }


def test_the_wheel_holds_the_words_the_rules_and_the_examples(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        held = set(archive.namelist())
    shipped = {
        f"hub/_shipped/{path.relative_to(ROOT)}"
        for path in files()
        if path.relative_to(ROOT).parts[0] in {"message_templates", "policy", "examples"}
    }

    assert shipped
    assert shipped <= held


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.startswith("hub/_shipped/")}
    package = {str(path.relative_to(ROOT)) for path in files() if path.is_relative_to(ROOT / "hub")}

    assert package <= held
    assert {name.split("/")[0].split("-")[0] for name in held} == {"hub", "concern_hub"}


@pytest.mark.parametrize("command", [["--help"], ["check"]])
def test_the_installed_hub_works_from_an_empty_folder(
    installed: Path, tmp_path: Path, command: list[str]
) -> None:
    env = _without_settings()
    where = _run(
        installed / "bin" / "python", "-c", "import hub; print(hub.__file__)", cwd=tmp_path, env=env
    )
    assert Path(where.strip()).is_relative_to(installed)

    assert _run(installed / "bin" / "hub", *command, cwd=tmp_path, env=env)
