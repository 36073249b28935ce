"""What a hub has in memory once it is loaded: nothing that it does not need on an ordinary day."""

import subprocess
import sys

from tests.house.tree import ROOT

NOT_ON_AN_ORDINARY_DAY = {
    "alembic": "there is a schema to migrate once a release",
    "mako": "alembic's own templates",
    "python_calamine": "a directory's sheet is read when somebody brings one",
    "hub.app.simulate": "`hub simulate`",
    "hub.cli.demo.story": "`hub demo`",
    "bench": "the benchmark",
    "tests": "the tests",
    "celery": "the benchmark's other side",
    "pytest": "the tests",
    "hypothesis": "the tests",
}
"""What is loaded when it is asked for, and why that is soon enough."""


def loaded_by(program: str) -> set[str]:
    """Return every module that a program has loaded when it ends, in a process of its own."""
    said = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules, sep='\\n')"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(said.stdout.split())


def not_ordinary(modules: set[str]) -> set[str]:
    return {
        name
        for name in NOT_ON_AN_ORDINARY_DAY
        if any(each == name or each.startswith(f"{name}.") for each in modules)
    }


def test_what_hub_run_loads_is_what_an_ordinary_day_needs() -> None:
    modules = loaded_by("import hub.cli, hub.logs, hub.settings, hub.app.hub")

    assert "hub.routes.application" in modules
    assert not_ordinary(modules) == set()


def test_what_else_is_loaded_is_seen() -> None:
    assert not_ordinary(loaded_by("import alembic.config")) == {"alembic", "mako"}


def test_the_benchmarks_hub_has_no_other_side_in_memory() -> None:
    modules = loaded_by("import bench.sides, bench.whole")

    assert not_ordinary(modules) == {"bench"}
    assert not {"bench.alone", "bench.floor", "bench.celery_side", "bench.rows"} & modules
