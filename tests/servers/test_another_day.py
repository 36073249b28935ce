"""A run that is told it is another instant (`make test DAY=...`), and one that is not."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.servers.ground import day_of_the_run
from tests.servers.postgres import Postgres

SCRIPT = Path(__file__).with_name("another_day.sh")


def ran(instant: str, *command: str, path: str = "/usr/bin:/bin") -> tuple[int, str, str]:
    words = ["/bin/bash", str(SCRIPT), instant, *command]
    done = subprocess.run(words, env={"PATH": path}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_without_an_instant_a_command_runs_as_it_is_and_its_failure_stands() -> None:
    assert ran("", "sh", "-c", 'echo "<$LD_PRELOAD>"; exit 3') == (3, "<>\n", "")


def test_what_is_no_instant_runs_nothing() -> None:
    code, said, why = ran("the day after the fair", "echo", "ran")

    assert (code, said) == (1, "")
    assert "invalid date" in why


def test_where_there_is_no_compiler_it_is_said_which_to_install(tmp_path: Path) -> None:
    (tmp_path / "date").symlink_to("/bin/date")

    code, said, why = ran("2027-03-28 00:57", "echo", "ran", path=str(tmp_path))

    assert (code, said) == (1, "")
    assert "apt-get install gcc libc6-dev" in why


async def test_the_database_lives_on_the_day_of_the_run(postgres: Postgres) -> None:
    (row,) = postgres.sql("SELECT now() AS now")

    told = row["now"]
    assert isinstance(told, datetime)
    assert abs(told - datetime.now(UTC)) < timedelta(minutes=5)


def test_only_what_shifts_the_clock_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "")
    assert day_of_the_run() == {"LD_PRELOAD": ""}

    monkeypatch.delenv("LD_PRELOAD")
    assert day_of_the_run() == {}
