"""The commands, as people type them: each in a process of its own, in an empty folder."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import aiohttp
import pytest
from typer.testing import CliRunner

from hub.adapters.catcher import MailCatcher
from hub.adapters.register import open_register
from hub.adapters.shipped import shipped
from hub.cli import app
from hub.events import EVENTS
from hub.vocabulary import ContactId
from tests.flow.rosewood import TO_THE_END
from tests.servers.ground import free_port

HUB = str(Path(sys.executable).with_name("hub"))
EACH_RUN = {*TO_THE_END, "emergency-closure-cqc"}
"""By the command; every example is explained in tests/core/test_examples_explained.py."""
EXAMPLES = sorted(shipped("examples").glob("*.json"))


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Return the machine's environment without any setting but these."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HUB_")}
    return kept | {"HUB_DATA_DIR": str(folder / "data"), "COLUMNS": "120", **settings}


async def hub(
    folder: Path, *words: str, within: float = 120, **settings: str
) -> tuple[int, str, str]:
    """Run one command to its end; return its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        HUB,
        *words,
        cwd=folder,
        env=environment(folder, **settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(within):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@asynccontextmanager
async def running(folder: Path, *words: str, **settings: str) -> AsyncIterator[str]:
    """Run `hub run` until the block ends, then stop it as an operator would; give its address."""
    port = str(free_port())
    settings |= {"HUB_WEB_PORT": port, "HUB_LOG_FORM": "json"}
    process = await asyncio.create_subprocess_exec(
        HUB,
        "run",
        *words,
        cwd=folder,
        env=environment(folder, **settings),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(60):
            async for line in process.stderr:
                if b"hub.started" in line:
                    break
        drained = asyncio.create_task(process.stderr.read())
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            assert await process.wait() == 0
        await drained


async def test_help_teaches_what_to_try_first(tmp_path: Path) -> None:
    code, out, _ = await hub(tmp_path, "--help")

    assert code == 0
    for word in ("demo", "explain", "check", "run", "publish", "migrate", "schema", "topology"):
        assert word in out


@pytest.mark.parametrize(
    "example",
    [
        path
        if path.stem in {*TO_THE_END, "emergency-closure-cqc"}
        else pytest.param(path, marks=pytest.mark.soak)
        for path in EXAMPLES
    ],
    ids=lambda path: path.stem,
)
def test_B02_explain_names_every_party_rule_and_paragraph(example: Path) -> None:
    result = CliRunner().invoke(app, ["explain", str(example), "--json"])

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    roles = {party["role"] for party in found["parties"]}
    assert found["waits"] is None
    assert {"regulator", "host authority", "host icb", "police", "provider"} <= roles
    for party in found["parties"]:
        assert party["rule"]
        assert party["paragraph"]
        assert party["reason"]
        assert party["verdict"] != "withhold" or party["withheld"]


async def test_explain_reads_as_a_table_and_can_be_asked_of_one_party(tmp_path: Path) -> None:
    example = str(shipped("examples") / "concern-opened.json")

    code, out, _ = await hub(tmp_path, "explain", example, "--party", "provider")

    assert code == 0
    assert "held H1, released by police" in " ".join(out.split())
    assert "Care Quality Commission" not in out


def test_explain_cuts_no_word_on_a_narrow_terminal() -> None:
    example = str(shipped("examples") / "closure-authorised.json")

    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["explain", example])

    assert result.exit_code == 0, result.output
    assert "…" not in result.stdout


async def test_explaining_what_is_no_event_names_every_fault(tmp_path: Path) -> None:
    broken = json.loads((shipped("examples") / "concern-opened.json").read_bytes())
    broken["data"]["risk_level"] = "enormous"
    del broken["data"]["leo"]
    (tmp_path / "broken.json").write_text(json.dumps(broken))

    code, _, err = await hub(tmp_path, "explain", "broken.json")

    assert code == 1
    assert "/data/risk_level" in err
    assert "/data/leo" in err
    assert "Traceback" not in err


async def test_check_proves_the_shipped_pack_and_lists_all_ten_faults_of_a_bad_one(
    tmp_path: Path,
) -> None:
    good, said, _ = await hub(tmp_path, "check")
    pack = tmp_path / "west-sussex"
    shutil.copytree(shipped("policy") / "west-sussex", pack)
    sharing = (pack / "sharing.toml").read_text("utf-8")
    for number, (old, new) in enumerate(_TEN, start=1):
        assert old in sharing, number
        sharing = sharing.replace(old, new, 1)
    (pack / "sharing.toml").write_text(sharing, "utf-8")

    bad, faults, _ = await hub(tmp_path, "check", str(pack))

    assert good == 0, said
    assert "proved" in said
    assert bad == 1
    listed = [line for line in faults.splitlines() if "sharing.toml:" in line]
    assert len(listed) >= 10, faults
    assert "did you mean" in faults


_TEN = (
    ('with = "regulator"', 'with = "regulater"'),
    ('with = "host authority"', 'with = "host autority"'),
    ('with = "host icb"', 'with = "host icbb"'),
    ('with = "police"', 'with = "polise"'),
    ('with = "provider"', 'with = "provder"'),
    ('hold = "H1"', 'hold = "H11"'),
    ('hold = "H9"', 'hold = "H99"'),
    ('purpose = "regulate the provider"', 'purpose = "regulate the providr"'),
    ('version = "2026.1"', 'verzion = "2026.1"'),
    ('from = "provider"', 'from = "the provider"'),
)


async def test_schema_prints_every_event_with_its_information_classes(tmp_path: Path) -> None:
    code, out, _ = await hub(tmp_path, "schema")

    found = json.loads(out)
    assert code == 0
    assert set(EVENTS) <= set(found)
    assert "x-information-class" in out


async def test_settings_that_do_not_fit_are_all_named_at_once(tmp_path: Path) -> None:
    code, _, err = await hub(
        tmp_path,
        "run",
        HUB_REGISTER_URL="mysql://nowhere",
        HUB_WEB_PORT="ninety",
        HUB_SMTP_URI="smtp://127.0.0.1",
        HUB_SECRET_FILE=str(tmp_path / "nothing"),
    )
    wrong_values, _, values = await hub(
        tmp_path, "run", HUB_REGISTER_URL="mysql://nowhere", HUB_WEB_PORT="ninety"
    )

    assert code == wrong_values == 1
    assert "did you mean HUB_SMTP_URL" in err
    assert "HUB_SECRET_FILE" in err
    assert "HUB_REGISTER_URL" in values
    assert "HUB_WEB_PORT" in values
    assert "Traceback" not in err + values


async def test_an_inbox_alone_that_has_no_port_is_refused_at_the_start(tmp_path: Path) -> None:
    code, _, err = await hub(tmp_path, "run", "--only", "inbox")

    assert code == 1
    assert "HUB_INBOX_PORT is not set" in err
    assert "Traceback" not in err


async def test_a_mail_server_that_is_away_leaves_the_hub_up_and_not_ready(tmp_path: Path) -> None:
    away = f"smtp://127.0.0.1:{free_port()}"

    async with (
        running(tmp_path, HUB_SMTP_URL=away) as url,
        aiohttp.ClientSession() as http,
    ):
        async with http.get(f"{url}/healthz") as alive:
            assert alive.status == 200
        async with http.get(f"{url}/readyz") as ready:
            assert ready.status == 503
            assert "mail relay" in await ready.text()


async def test_B03_operators_ask_behind_a_door_of_their_own(tmp_path: Path) -> None:
    inside = free_port()

    async with (
        running(tmp_path, HUB_HEALTH_PORT=str(inside)) as url,
        aiohttp.ClientSession() as http,
    ):
        answers = {}
        for door in (url, f"http://127.0.0.1:{inside}"):
            for path in ("/healthz", "/readyz", "/metrics", "/acknowledge/x"):
                async with http.get(f"{door}{path}") as got:
                    answers[door == url, path] = got.status

    assert answers[True, "/healthz"] == answers[False, "/healthz"] == 200
    assert answers[True, "/readyz"] == answers[True, "/metrics"] == 404
    assert answers[False, "/readyz"] in {200, 503}
    assert answers[False, "/metrics"] == 200
    assert answers[True, "/acknowledge/x"] == 200
    assert answers[False, "/acknowledge/x"] == 404


async def test_B01_run_with_nothing_set_takes_an_event_by_http_and_again_as_a_duplicate(
    tmp_path: Path,
) -> None:
    example = str(shipped("examples") / "concern-opened.json")
    mail = MailCatcher()
    await mail.start()
    try:
        async with running(tmp_path, HUB_SMTP_URL=mail.url) as url:
            first, _, said = await hub(tmp_path, "publish", example, "--url", url)
            again, _, said_again = await hub(tmp_path, "publish", example, "--url", url)
            await mail.until(5, within=30)
    finally:
        await mail.stop()

    assert (first, again) == (0, 0), said + said_again
    assert '"accepted"' in said
    assert '"duplicate"' in said_again
    assert len({m.recipients for m in mail.mails}) == len(mail.mails)
    assert not [m for m in mail.mails if "rosewood" in str(m.recipients)]


async def test_the_demo_plays_the_whole_story_on_embedded_parts(tmp_path: Path) -> None:
    code, out, err = await hub(tmp_path, "demo", "--headless", within=240)

    assert code == 0, err
    _is_whole(out)


async def test_the_demo_plays_the_same_on_a_real_broker_and_postgresql(
    tmp_path: Path, broker_url: str, postgres_url: str
) -> None:
    code, out, err = await hub(
        tmp_path,
        "demo",
        "--headless",
        within=240,
        HUB_AMQP_URL=broker_url,
        HUB_REGISTER_URL=postgres_url,
    )

    assert code == 0, err
    _is_whole(out)


def _is_whole(out: str) -> None:
    figures = json.loads(out.splitlines()[-1])
    assert list(figures) == [
        "events",
        "decisions",
        "notices",
        "submitted",
        "held",
        "acknowledged",
        "lost",
        "closure",
    ]
    assert figures["events"] == 21
    assert figures["held"] > 0
    assert figures["submitted"] >= figures["notices"] > 50
    assert figures["acknowledged"] >= 10
    assert figures["lost"] == 0
    assert figures["closure"] == "attested"


async def test_B05_a_corrected_mailbox_is_put_into_the_live_directory(tmp_path: Path) -> None:
    seed = (shipped("policy") / "west-sussex" / "directory.toml").read_text("utf-8")
    right = seed.replace("adults-safeguarding@surrey.example", "duty@surrey.example")
    (tmp_path / "seed.toml").write_text(seed, "utf-8")
    (tmp_path / "right.toml").write_text(right, "utf-8")
    (tmp_path / "wrong.toml").write_text(right.replace("duty@surrey", "duty@elsewhere"), "utf-8")

    first, new, _ = await hub(tmp_path, "directory", "apply", "seed.toml")
    code, said, _ = await hub(tmp_path, "directory", "apply", "right.toml")
    again, nothing, _ = await hub(tmp_path, "directory", "apply", "right.toml")
    refused, _, faults = await hub(tmp_path, "directory", "apply", "wrong.toml")

    assert (first, code, again, refused) == (0, 0, 0, 1)
    assert "new contact: surrey-safeguarding" in new
    assert said.splitlines() == ["corrected contact: surrey-safeguarding", "1 changed."]
    assert nothing.strip() == "Nothing to change."
    assert "directory.toml:" in faults
    assert "surrey.example" not in said + nothing


async def test_B05_a_contact_taken_out_of_the_file_is_said_to_be_used_still(
    tmp_path: Path,
) -> None:
    seed = (shipped("policy") / "west-sussex" / "directory.toml").read_text("utf-8")
    before, _, rest = seed.partition('[[contact]]\nid = "surrey-safeguarding"')
    without = before + rest[rest.index("[[") :]
    (tmp_path / "seed.toml").write_text(seed, "utf-8")
    (tmp_path / "without.toml").write_text(without, "utf-8")
    await hub(tmp_path, "directory", "apply", "seed.toml")

    code, said, _ = await hub(tmp_path, "directory", "apply", "without.toml")

    assert code == 0
    assert said.splitlines() == [
        "not in the file, still used: surrey-safeguarding",
        "Nothing to change.",
    ]


async def test_B05_a_contact_that_was_put_aside_comes_back_once_it_is_verified_anew(
    tmp_path: Path,
) -> None:
    seed = (shipped("policy") / "west-sussex" / "directory.toml").read_text("utf-8")
    (tmp_path / "seed.toml").write_text(seed, "utf-8")
    later = seed.replace("verified_on = 2026-11-02", "verified_on = 2026-11-20")
    (tmp_path / "later.toml").write_text(later, "utf-8")
    await hub(tmp_path, "directory", "apply", "seed.toml")
    register = await open_register(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'register.db'}")
    known = (await register.directory()).contact(ContactId("surrey-safeguarding"))
    assert known is not None
    await register.put_contact(replace(known, usable=False))
    await register.close()

    _, same, _ = await hub(tmp_path, "directory", "apply", "seed.toml")
    _, verified, _ = await hub(tmp_path, "directory", "apply", "later.toml")

    assert same.strip() == "Nothing to change."
    assert "corrected contact: surrey-safeguarding" in verified.splitlines()
    register = await open_register(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'register.db'}")
    back = (await register.directory()).contact(known.id)
    await register.close()
    assert back == replace(known, verified_on=date(2026, 11, 20))
