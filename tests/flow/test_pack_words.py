"""S20: a group is renamed in the middle of a concern, and case systems follow one by one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.intake import Became
from tests.flow.intake_scene import document
from tests.flow.reload_scene import Renewal, renewal


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Renewal]:
    async with renewal(tmp_path) as opened:
        yield opened


def led_by(kind: str) -> bytes:
    """West Sussex leads, as a kind of agency in somebody's own word."""
    whole = document("lead-agency-set")
    whole["data"] |= {"kind": kind}
    return json.dumps(whole).encode()


async def test_S20_a_word_that_the_new_pack_brings_is_understood_from_then_on(hub: Renewal) -> None:
    await hub.takes(json.dumps(document("concern-opened")).encode())
    before = await hub.takes(led_by("upper tier"))
    hub.change("sharing.toml", r'"spcg" = ', '"upper tier" = "la"\n"spcg" = ')
    hub.new_version()

    assert await hub.reload.renew()
    after = await hub.takes(led_by("Upper Tier"))

    assert (before.became, [f.pointer for f in before.faults]) == (
        Became.QUARANTINED,
        ["/data/kind"],
    )
    assert after.became is Became.ACCEPTED, after.faults
    assert (await hub.record()).concern.lead_agency == "gss:E10000032"
