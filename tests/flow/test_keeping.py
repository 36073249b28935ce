"""`hub backup`, `hub restore` and `hub resume` as people type them, with a hub that is paused."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from hub.adapters.catcher import MailCatcher
from hub.adapters.register import migrate, open_register
from hub.adapters.register.sql import SqlRegister
from tests.adapters.by_hand import look
from tests.adapters.conftest import migrated
from tests.faults.child import take
from tests.faults.spool import publish
from tests.flow.test_commands import hub, running
from tests.servers.postgres import Postgres

BY = ("--by", "Sam Field, duty manager", "--reason", "the mail log was read")
KINDS = ["sqlite", "postgres"]


@pytest.fixture(params=KINDS)
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """A register, and an empty one of the same kind without a schema."""
    if request.param == "sqlite":
        return tuple(f"sqlite+aiosqlite:///{tmp_path / name}" for name in ("a.db", "b.db"))  # type: ignore[return-value]
    postgres: Postgres = request.getfixturevalue("postgres")
    return migrated(postgres), postgres.new_database()


@pytest.fixture
async def mail() -> AsyncIterator[MailCatcher]:
    catcher = MailCatcher()
    await catcher.start()
    yield catcher
    await catcher.stop()


async def filled(url: str, folder: Path) -> int:
    """Take events in; return how many deliveries wait."""
    await migrate(url)
    register = await open_register(url)
    publish(folder, 1)
    await take(register, folder, "http://127.0.0.1:9/hook")
    waiting = (await register.depths()).queued
    await register.close()
    return waiting


async def command(folder: Path, *words: str, **settings: str) -> tuple[int, str, str]:
    return await hub(folder, *words, within=120, **settings)


async def ready(url: str) -> tuple[int, list[str]]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/readyz") as answer:
        return answer.status, (await answer.json())["waiting"]


async def test_B03_a_restored_hub_starts_paused_and_resumes_by_name_alone(
    urls: tuple[str, str], mail: MailCatcher, tmp_path: Path
) -> None:
    url, other = urls
    waiting = await filled(url, tmp_path / "spool")
    file = tmp_path / "register.backup"
    code, _, err = await command(tmp_path, "backup", str(file), HUB_REGISTER_URL=url)
    assert code == 0, err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    settings = {"HUB_REGISTER_URL": other, "HUB_SMTP_URL": mail.url}
    code, _, err = await command(tmp_path, "restore", str(file), **settings)
    assert code == 0, err
    assert "hub resume" in err

    for _ in range(2):  # Starting it again does not resume it.
        async with running(tmp_path, **settings) as where:
            # In service: the holds that were placed since the backup must come in.
            status, waits = await ready(where)
            assert status == 200
            assert any(one.startswith("paused: restored from") for one in waits)
            assert await _metric(where, "hub_queue_depth") == waiting
            assert await _metric(where, "hub_deliver_accepted") == 0
    assert mail.tries == []

    code, out, err = await command(tmp_path, "resume", **settings)
    assert code == 0, err
    assert "Nothing was changed" in out
    assert f" {waiting} " in out
    code, _, err = await command(tmp_path, "resume", *BY[:2], **settings)
    assert code == 1
    assert "--reason" in err

    code, out, err = await command(tmp_path, "resume", *BY, **settings)
    assert code == 0, err
    async with running(tmp_path, **settings) as where:
        await mail.until(1, within=60)
        assert not any("paused" in one for one in (await ready(where))[1])
    code, _, err = await command(tmp_path, "resume", *BY, **settings)
    assert code == 1
    assert "not paused" in err


async def _metric(url: str, name: str) -> float:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    found = [line for line in lines if line.split(" ")[0] in {name, f"{name}_total"}]
    return float(found[0].split(" ")[1])


async def test_on_postgresql_a_hub_that_runs_paused_begins_to_send_once_it_is_resumed(
    postgres: Postgres, mail: MailCatcher, tmp_path: Path
) -> None:
    url, other = migrated(postgres), postgres.new_database()
    await filled(url, tmp_path / "spool")
    settings = {"HUB_REGISTER_URL": other, "HUB_SMTP_URL": mail.url}
    file = str(tmp_path / "register.backup")
    assert (await command(tmp_path, "backup", file, HUB_REGISTER_URL=url))[0] == 0
    assert (await command(tmp_path, "restore", file, **settings))[0] == 0

    async with running(tmp_path, **settings) as where:
        assert any("paused" in one for one in (await ready(where))[1])
        assert mail.tries == []
        assert (await command(tmp_path, "resume", *BY, **settings))[0] == 0
        await mail.until(1, within=60)

    register = await open_register(other)
    assert isinstance(register, SqlRegister)
    kinds = await look(register, "SELECT kind FROM audit_leaf WHERE concern_id IS NULL")
    await register.close()
    assert {("register.restored",), ("register.resumed",)} <= set(kinds)


async def test_a_backup_that_is_none_and_a_register_that_is_not_there_are_said_in_words(
    tmp_path: Path,
) -> None:
    (tmp_path / "no.backup").write_bytes(b"nothing")
    answers = await asyncio.gather(
        command(tmp_path, "restore", "no.backup"),
        command(tmp_path, "backup", "made.backup"),
        command(tmp_path, "resume"),
    )

    said = [(code, err.splitlines()[0]) for code, _, err in answers]
    assert [code for code, _ in said] == [1, 1, 1]
    assert "no whole backup" in said[0][1]
    assert "no register here yet" in said[1][1]
    assert "no register here yet" in said[2][1]
