"""`hub run` and its policy, as an operator does it: edit the folder, send SIGHUP, look."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from hub.adapters.shipped import shipped
from tests.flow.reload_scene import BROKEN
from tests.flow.test_commands import HUB, environment
from tests.servers.ground import free_port

PATIENCE = 60


@asynccontextmanager
async def hub_run(folder: Path, **settings: str) -> AsyncIterator[tuple[Process, str]]:
    port = str(free_port())
    settings |= {"HUB_WEB_PORT": port, "HUB_LOG_FORM": "json"}
    process = await asyncio.create_subprocess_exec(
        HUB, "run", cwd=folder, env=environment(folder, **settings), stderr=PIPE
    )
    try:
        await said(process, "hub.started")
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            await process.communicate()
    assert process.returncode == 0


async def said(process: Process, event: str) -> list[dict[str, Any]]:
    """Read its log up to the entry of this name; return the entries read."""
    assert process.stderr is not None
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE):
        async for line in process.stderr:
            if line.startswith(b"{"):
                found.append(json.loads(line))
                if found[-1]["event"] == event:
                    return found
    msg = f"it ended without saying {event}"
    raise AssertionError(msg)


def broken(folder: Path) -> None:
    file = folder / "west-sussex" / BROKEN[0][0]
    _, old, new = BROKEN[0]
    file.write_text(file.read_text("utf-8").replace(old, new, 1), "utf-8")


async def test_on_SIGHUP_a_running_hub_refuses_a_bad_pack_and_takes_a_good_one(
    tmp_path: Path,
) -> None:
    policy = tmp_path / "policy"
    shutil.copytree(shipped("policy") / "west-sussex", policy / "west-sussex")
    settings = {"HUB_POLICY_DIR": str(policy), "HUB_POLICY_WATCH_SECONDS": "0"}

    async with (
        hub_run(tmp_path, **settings) as (process, url),
        aiohttp.ClientSession(url) as operator,
    ):
        broken(policy)
        os.kill(process.pid, signal.SIGHUP)
        await said(process, "policy.fault")
        async with operator.get("/readyz") as got:
            ready = await got.json()
        async with operator.get("/metrics") as got:
            measured = await got.text()
        assert ready["policy"]["newer_refused"]
        assert "regulatr" in ready["policy"]["faults"][0]
        assert "hub_pack_refused 1.0" in measured

        shutil.copytree(shipped("policy") / "west-sussex", policy / "west-sussex",
                        dirs_exist_ok=True)  # fmt: skip
        os.kill(process.pid, signal.SIGHUP)
        await said(process, "policy.reloaded")
        async with operator.get("/readyz") as got:
            assert not (await got.json())["policy"]["newer_refused"]


async def test_a_hub_that_watches_its_folder_needs_no_signal(tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    shutil.copytree(shipped("policy") / "west-sussex", policy / "west-sussex")
    settings = {"HUB_POLICY_DIR": str(policy), "HUB_POLICY_WATCH_SECONDS": "1"}

    async with hub_run(tmp_path, **settings) as (process, _):
        broken(policy)

        await said(process, "policy.refused")
