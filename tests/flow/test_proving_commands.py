"""`hub check` and `hub diff`, as people and programs use them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from hub.adapters.shipped import shipped
from hub.cli import app
from hub.events import EVENTS
from hub.vocabulary import HubError

WEST_SUSSEX = shipped("policy") / "west-sussex"


def _hub(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "120"}).invoke(app, list(words))


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A copy of the pack in which the police's hold has lost one of its conditions' values."""
    folder = tmp_path / "west-sussex"
    shutil.copytree(WEST_SUSSEX, folder)
    text = (folder / "sharing.toml").read_text("utf-8")
    start = text.index('hold = "H1"')
    rule = text.rindex("[[withhold]]", 0, start)
    before = text[rule:start]
    changed = before.replace('"partial release", ', "", 1).replace(', "partial release"', "", 1)
    assert changed != before
    (folder / "sharing.toml").write_text(text[:rule] + changed + text[start:], "utf-8")
    return folder


def test_check_says_how_many_cases_were_proved_and_cuts_no_word() -> None:
    found = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["check", str(WEST_SUSSEX)])

    assert found.exit_code == 0, found.output
    assert "cases" in found.stdout
    assert "west-sussex" in found.stdout
    assert "proved" in found.stdout
    assert "…" not in found.stdout


def test_check_as_json_says_rules_checks_cases_seconds_and_hash() -> None:
    found = _hub("check", str(WEST_SUSSEX), "--json")

    assert found.exit_code == 0, found.output
    (pack,) = json.loads(found.stdout)["packs"]
    assert pack["pack"] == "west-sussex"
    assert pack["proved"] is True
    assert pack["faults"] == []
    assert pack["cases"] > len(EVENTS) * 10
    assert pack["rules"] > 50
    assert pack["checks"] > 50
    assert 0 < pack["seconds"] < 10
    assert len(pack["hash"]) == 64


def test_check_as_json_gives_each_fault_its_file_line_and_what_was_meant(new: Path) -> None:
    text = (new / "sharing.toml").read_text("utf-8")
    (new / "sharing.toml").write_text(text.replace('with = "regulator"', 'with = "regulater"', 1))

    found = _hub("check", str(new), "--json")

    assert found.exit_code == 1
    (pack,) = json.loads(found.stdout)["packs"]
    assert pack["proved"] is False
    fault = next(f for f in pack["faults"] if f["did_you_mean"] == "regulator")
    assert fault["file"] == "sharing.toml"
    assert fault["line"] > 1
    assert fault["says"] == "unknown role `regulater`"


def test_check_draws_the_map_as_svg_and_as_text(tmp_path: Path) -> None:
    drawn = _hub("check", str(WEST_SUSSEX), "--map", str(tmp_path / "map.svg"))
    said = _hub("check", str(WEST_SUSSEX), "--map", "-")

    assert drawn.exit_code == said.exit_code == 0, drawn.output
    root = ET.fromstring((tmp_path / "map.svg").read_text("utf-8"))  # noqa: S314  # our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert all(f"\n{event} " in said.stdout for event in EVENTS)


def test_a_pack_and_itself_tell_everybody_the_same() -> None:
    found = _hub("diff", str(WEST_SUSSEX), str(WEST_SUSSEX), "--events", str(shipped("examples")))

    assert found.exit_code == 0, found.output
    assert "Nobody would hear anything else" in found.stdout
    assert "Nothing is newly disclosed" in found.stdout


def test_what_is_newly_disclosed_is_refused_until_two_people_approve_it_by_name(new: Path) -> None:
    asked = ("diff", str(WEST_SUSSEX), str(new))
    ann, bea = "Ann Bee, Head of Safeguarding Adults", "Bea Cole, Caldicott Guardian"

    refused = _hub(*asked)
    one = _hub(*asked, "--approved-by", ann)
    approved = _hub(*asked, "--approved-by", ann, "--approved-by", bea)
    later = _hub(*asked)

    assert refused.exit_code == 2, refused.output
    assert "provider" in refused.stdout.partition("Newly disclosed:")[2]
    assert isinstance(one.exception, HubError)
    assert "2 different people" in str(one.exception)
    assert approved.exit_code == later.exit_code == 0, approved.output
    assert f"by {ann} and {bea}" in " ".join(later.stdout.split())
    (record,) = json.loads((new.parent / "west-sussex.approvals.json").read_text("utf-8"))
    assert record["names"] == [ann, bea]
    assert record["disclosed"] in later.stdout


def test_an_approval_does_not_outlive_the_pack_it_was_given_for(new: Path) -> None:
    asked = ("diff", str(WEST_SUSSEX), str(new))
    names = ("Ann Bee, Head of Safeguarding Adults", "Bea Cole, Caldicott Guardian")
    assert _hub(*asked, "--approved-by", names[0], "--approved-by", names[1]).exit_code == 0

    text = (new / "sharing.toml").read_text("utf-8")
    (new / "sharing.toml").write_text(text.replace('say = "', 'say = "Now: ', 1), "utf-8")

    assert _hub(*asked).exit_code == 2


def test_a_diff_is_data_for_programs_with_what_recorded_events_would_have_brought(
    new: Path,
) -> None:
    found = _hub("diff", str(WEST_SUSSEX), str(new), "--events", str(shipped("examples")), "--json")

    assert found.exit_code == 2
    said = json.loads(found.stdout)
    assert said["newly_disclosed"]["changes"][0]["roles"] == ["provider"]
    assert said["newly_disclosed"]["approval"] is None
    assert {one["role"] for one in said["recorded"]} == {"provider"}


def test_packs_that_cannot_be_read_are_said_with_every_fault_of_both(
    new: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(new, other)
    for folder, word in ((new, "regulater"), (other, "regulatr")):
        text = (folder / "sharing.toml").read_text("utf-8")
        text = text.replace('with = "regulator"', f'with = "{word}"', 1)
        (folder / "sharing.toml").write_text(text, "utf-8")

    found = _hub("diff", str(new), str(other))

    assert isinstance(found.exception, HubError)
    assert "unknown role `regulater`" in str(found.exception)
    assert "unknown role `regulatr`" in str(found.exception)


def test_an_old_pack_without_todays_events_is_compared_all_the_same(new: Path) -> None:
    """The first pack of a partnership knew fewer events; whoever is told of the others is new."""
    for file in new.glob("*.toml"):
        blocks = re.split(r"^(?=\[\[)", file.read_text("utf-8"), flags=re.MULTILINE)
        kept = "".join(
            block for block in blocks if not re.search(r'event = "themes.agreed"', block)
        )
        file.write_text(re.sub(r',\s*"themes.agreed"|"themes.agreed",\s*', "", kept), "utf-8")

    found = _hub("diff", str(new), str(WEST_SUSSEX), "--json")

    assert found.exit_code == 2, found.output or str(found.exception)
    changes = json.loads(found.stdout)["newly_disclosed"]["changes"]
    assert any("themes.agreed" in change["events"] for change in changes)
