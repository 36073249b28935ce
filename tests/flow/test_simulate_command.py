"""`hub simulate`, as people and programs use it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hub.adapters.shipped import shipped
from hub.app.simulate import ScenarioRefused, What, read_scenario, simulate
from hub.cli import app
from hub.cli.asking import books_of

# The command silences the logs of its process, and so those of the tests that follow.
pytestmark = pytest.mark.usefixtures("logs_restored")

POLICE_HOLD = shipped("examples") / "scenarios" / "police-hold.toml"


def simulated(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "120"}).invoke(app, ["simulate", *words])


def rows(*words: str) -> list[dict[str, Any]]:
    found = simulated(*words, "--json")
    assert found.exit_code == 0, found.output
    return [json.loads(line) for line in found.stdout.splitlines()]


def test_the_provider_is_held_until_the_third_day_and_then_told_one_class() -> None:
    found = rows(str(POLICE_HOLD), "--answers", "all")

    mine = [row for row in found if row["party"] and row["party"]["role"] == "provider"]
    held = [row for row in mine if row["what"] == "held"]
    assert held[0]["at"] == "2026-12-01T09:15:00Z"
    assert (held[0]["rule"], held[0]["paragraph"]) == ("W1", "004 7.2")
    (told,) = [row for row in mine if row["what"] == "told"]
    assert told["at"] == "2026-12-04T09:00:00Z"
    assert told["occasion"] == "holds changed"
    assert set(told["shared"]) == {"process"}
    assert "location_name" in told["shared"]["process"]
    assert told["held"]["themes"]["released_by"] == "police"
    sent = [row["at"] for row in mine if row["what"] == "sent"]
    assert sent
    assert min(map(datetime.fromisoformat, sent)) >= datetime.fromisoformat(told["at"])


def test_a_scenario_is_stopped_at_an_instant_and_the_timeline_is_for_people(tmp_path: Path) -> None:
    found = simulated(str(POLICE_HOLD), "--at", "2026-12-01T09:20:00Z", "--answers", "none")

    assert found.exit_code == 0, found.output
    assert "Nothing is sent" in found.stdout
    assert "Care Quality Commission" in found.stdout
    assert "Owed at the end" in found.stdout
    assert "provider-informed" not in found.stdout
    assert "…" not in found.stdout


def test_a_scenario_in_which_nothing_happens_says_so(tmp_path: Path) -> None:
    file = tmp_path / "quiet.toml"
    file.write_text('[scenario]\ntitle = "Quiet"\n[[step]]\nat = 2026-12-01T09:00:00Z\n', "utf-8")

    found = simulated(str(file))

    assert found.exit_code == 0, found.output
    assert "Nothing happens." in found.stdout


def test_every_fault_of_a_scenario_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "faulty.toml"
    file.write_text(
        '[scenario]\ntitle = "Faulty"\n'
        "[[step]]\nat = 2026-12-01T09:00:00Z\nfile = 'nowhere.json'\n"
        "[[step]]\nat = 2026-11-01T09:00:00Z\n"
        "[[step]]\nafter = 'a while'\n"
        "[[step]]\nevent = { type = 'concern.openned', data = {} }\n"
        "[[step]]\nconfirm = {}\nruns = []\n"
        "[[answers]]\n",
        "utf-8",
    )

    found = simulated(str(file))

    assert isinstance(found.exception, ScenarioRefused)
    said = "\n".join(found.exception.faults)
    for fault in (
        "faulty.toml:5: `nowhere.json`: No such file or directory",
        "faulty.toml:7: is before the step before it; time only goes forward",
        "faulty.toml:9: `after`: is a length of time such as",
        "faulty.toml:11: unknown event `concern.openned`; did you mean `concern.opened`?",
        "faulty.toml:12: does confirm and runs; write a step for each",
        "faulty.toml:15: unknown table `answers`; did you mean `answer`?",
    ):
        assert fault in said, said


@pytest.mark.parametrize("at", ["tomorrow", "2026-12-01T09:20:00"])
def test_an_instant_that_cannot_be_read_or_has_no_offset_is_refused(at: str) -> None:
    found = simulated(str(POLICE_HOLD), "--at", at)

    assert found.exit_code == 1
    assert at in str(found.exception)


FRIDAY = shipped("examples") / "scenarios" / "friday-closure.toml"


def test_on_a_friday_evening_who_does_not_answer_is_passed_over_and_somebody_is_rung() -> None:
    found = [row for row in rows(str(FRIDAY)) if row["at"] >= "2026-12-18T16:55:00Z"]

    def of(role: str, what: str) -> list[dict[str, Any]]:
        return [r for r in found if r["what"] == what and r["party"] and r["party"]["role"] == role]

    (read,) = of("regulator", "acknowledged")
    assert read["at"].startswith("2026-12-18T17:35:00")
    surrey = [r for r in of("placing authority", "sent") if r["party"]["agency"] == "gss:E10000030"]
    assert (surrey[0]["target"], surrey[0]["came"]) == ("surrey-safeguarding", "refused")
    (deputy,) = [r for r in surrey if r["target"] == "surrey-safeguarding-deputy"]
    assert deputy["at"] <= "2026-12-18T16:56:00Z"
    icb = [r for r in of("host icb", "ladder") if r["kind"] == "answer"]
    assert icb
    assert [r["at"] for r in icb] == sorted(r["at"] for r in icb)
    assert any("phone" in r["says"] for r in found if r["what"] == "owed" and r["asked"])
    still = {
        r["party"]["role"]
        for r in found
        if r["what"] == "open at the end" and r["kind"] == "answer"
    }
    assert "host icb" in still
    assert "regulator" not in still


def test_a_notice_that_nobody_writes_is_refused_with_the_one_that_was_meant(tmp_path: Path) -> None:
    file = tmp_path / "answers.toml"
    file.write_text('[[answer]]\nnotice = "closure-notise"\n', "utf-8")

    found = simulated(str(FRIDAY), "--answers", str(file))

    assert "did you mean `closure-notice`" in str(found.exception)


HELD = """
[scenario]
title = "The regulator's mailbox refuses, and before anybody looks its notice is held"
until = 2026-12-01T12:00:00Z
[[step]]
at = 2026-12-01T09:15:00Z
runs = ["deliver"]
[[step]]
outcome = { target = "cqc", says = "refused" }
[[step]]
file = "concern-opened.json"
[[step]]
after = "1 minute"
[step.event]
type = "hold.placed"
[step.event.data]
hold_id = "hold-1"
kind = "H3"
party = "regulator:cqc"
role = "regulator"
classes = ["process", "themes"]
placed_by = { name = "Amara Okafor", role = "Lead Enquiry Officer", phone = "+44 1632 960101" }
reason = "the adult is not safe yet"
review_due = 2026-12-04T09:00:00Z
conditions_for_release = "when the adult is safe"
[[step]]
after = "1 minute"
runs = ["deliver", "watch"]
"""


async def test_what_is_held_lets_time_go_on_and_is_told_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "concern-opened.json").write_bytes(
        (shipped("examples") / "concern-opened.json").read_bytes()
    )
    file = tmp_path / "held.toml"
    file.write_text(HELD, "utf-8")
    instants: list[datetime] = []

    found = await simulate(read_scenario(file), books_of(None), progress=instants.append)

    events = [row.detail["became"] for row in found.rows if row.what is What.EVENT]
    assert events == ["accepted", "accepted"]
    reach = [row for row in found.open if row.detail["kind"] == "reach another contact"]
    assert [row.party and row.party.role for row in reach] == ["regulator"]
    to_cqc = [row.detail["target"] for row in found.rows if row.what is What.SENT]
    assert to_cqc.count("cqc") == 1
    assert "cqc-deputy" not in to_cqc
    assert len(instants) < 100


TEXTED = """
[scenario]
title = "The health board has telephones alone, and the first is no more"
until = 2026-12-01T12:00:00Z
[[step]]
at = 2026-12-01T09:00:00Z
[[step.directory.contact]]
id = "sussex-icb"
agency = "ods:QNX"
roles = ["host icb"]
name = "Duty telephone"
address = "tel:+447700900120"
verified_on = 2026-11-02
[[step.directory.contact]]
id = "sussex-icb-deputy"
agency = "ods:QNX"
roles = ["host icb"]
name = "The deputy's telephone"
address = "tel:+447700900121"
order = 1
verified_on = 2026-11-02
[[step]]
file = "concern-opened.json"
[[step]]
service = { channel = "sms", says = "permanent-failure" }
[[step]]
after = "25 minutes"
service = { channel = "sms", says = "delivered" }
"""


def test_S7_a_scenario_says_what_a_service_answers_later_and_the_timeline_what_follows(
    tmp_path: Path,
) -> None:
    (tmp_path / "concern-opened.json").write_bytes(
        (shipped("examples") / "concern-opened.json").read_bytes()
    )
    file = tmp_path / "texted.toml"
    file.write_text(TEXTED, "utf-8")

    found = rows(str(file), "--everything")

    mine = [row for row in found if row["party"] and row["party"]["role"] == "host icb"]
    sent = [(row["target"], row["channel"], row["came"]) for row in mine if row["what"] == "sent"]
    assert sent[:2] == [
        ("sussex-icb", "sms", "submitted"),
        ("sussex-icb-deputy", "sms", "submitted"),
    ]
    said = [row["setback"] or row["rung"] for row in mine if row["what"] == "evidence"]
    assert said[0] == "late failure"
    assert said[-1] == "relayed"
    steps = [row["says"] for row in found if row["what"] == "step"]
    assert "asked what became of messages, sms says: delivered" in steps


@pytest.mark.parametrize(
    ("channel", "says"), [("sms", "acknowledged"), ("mesh", "permanent-failure"), ("sms", "read")]
)
def test_a_service_says_its_own_words_alone(tmp_path: Path, channel: str, says: str) -> None:
    file = tmp_path / "texted.toml"
    file.write_text(
        '[scenario]\ntitle = "x"\n[[step]]\nat = 2026-12-01T09:00:00Z\n'
        f'service = {{ channel = "{channel}", says = "{says}" }}\n',
        "utf-8",
    )

    with pytest.raises(ScenarioRefused, match=f"{channel} says one of: away, nothing, "):
        read_scenario(file)
