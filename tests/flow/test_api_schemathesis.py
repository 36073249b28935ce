"""Schemathesis against the running hub, all its checks on, with a LEO's and an agency's key."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from hub.access import Official
from hub.ports.keys import Scope
from hub.routes.deps import WebSettings
from tests.flow.rosewood import LEO, Rosewood, rosewood, served
from tests.flow.test_answers import OPENING
from tests.flow.test_api_keys import key_for
from tests.flow.test_api_reading import OF_SURREY
from tests.flow.test_openapi import whole
from tests.flow.test_rules import knows_rules

UNLIMITED: Final = WebSettings(public_url="http://hub.test", requests_a_minute=100_000)
SECONDS: Final = 420
"""How long one token's run may take; on two quiet cores it takes a minute."""
A_MAP_TAKES: Final = 120
"""Seconds that one answer may take: a map is drawn and a draft compared while it waits."""


def _expecting(folder: Path) -> Path:
    """Return what schemathesis may expect: a form that is right may still be refused.

    An act may be refused for what it means (an older view, a key that came with another request, a
    reference that is not the notice's): 412 and 422. What is only read may not.
    """
    file = folder / "schemathesis.toml"
    statuses = ["2xx", "401", "403", "404", "409", "412", "422", "429"]
    file.write_text(
        '[[operations]]\ninclude-method = "POST"\n'
        f"[operations.checks.positive_data_acceptance]\nexpected-statuses = {statuses}\n"
    )
    return file


@pytest.mark.timeout(480)  # scenarios are played and drafts compared
@pytest.mark.parametrize("person", [LEO, OF_SURREY], ids=["a LEO", "an agency"])
async def test_B03_schemathesis_finds_nothing_against_the_running_hub(
    person: Official, tmp_path: Path
) -> None:
    async with rosewood(*OPENING) as story:
        doors = whole(story) | knows_rules(story)
        await _finds_nothing(story, person, doors, tmp_path)


async def _finds_nothing(
    story: Rosewood, person: Official, doors: dict[str, Any], tmp_path: Path
) -> None:
    async with served(story, settings=UNLIMITED, **doors):
        await story.sent()
        bearer = await key_for(story, person, frozenset(Scope))

        run = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("schemathesis"),
            *("--config-file", str(_expecting(tmp_path))),
            *("run", f"{story.base}/v1/openapi.json", "--checks", "all"),
            *("--header", f"Authorization: {bearer['Authorization']}"),
            *("--max-examples", "3", "--seed", "1", "--no-color"),
            *("--request-timeout", str(A_MAP_TAKES), "--max-response-time", str(A_MAP_TAKES)),
            cwd=tmp_path,
            env=os.environ | {"COLUMNS": "120"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _ = await asyncio.wait_for(run.communicate(), SECONDS)
        finally:
            if run.returncode is None:
                run.kill()
                await run.wait()

    text = said.decode()
    assert run.returncode == 0, text[-12000:]
    assert re.search(r"[1-9]\d* passed|No issues found", text), text[-2000:]
