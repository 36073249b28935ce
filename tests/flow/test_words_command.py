"""`hub words`, as somebody who writes notices types it."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from hub.cli import app


def test_M074_every_notice_is_listed_with_its_reading_age_the_hardest_first() -> None:
    ran = CliRunner().invoke(app, ["words", "--json"])

    listed = json.loads(ran.stdout)
    ages = [one["age"] for one in listed]
    paths = {one["path"] for one in listed}
    assert ran.exit_code == 0
    assert ages == sorted(ages, reverse=True)
    assert {
        "concern-opened/notice.md.j2",
        "adults-informed/adults-and-carers.easy-read.md.j2",
    } <= paths
    assert not any("cymraeg" in path for path in paths)


def test_M074_the_table_names_each_column() -> None:
    ran = CliRunner().invoke(app, ["words"], env={"COLUMNS": "120"})

    assert ran.exit_code == 0
    for column in ("template", "grade", "age", "longest sentence"):
        assert column in ran.stdout
