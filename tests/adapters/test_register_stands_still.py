"""A hub that stands still within a transaction, and those who wait for its locks."""

from __future__ import annotations

import asyncio

import pytest

from hub.adapters.register import sessions
from hub.ports import RegisterAway
from tests.adapters.conftest import Registers
from tests.builders import opened


async def test_who_stands_still_within_a_transaction_loses_it_and_others_go_on(
    postgres_registers: Registers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sessions.STANDS_STILL, "idle_in_transaction_session_timeout", "300ms")
    concern = opened().concern
    stopped, other = await postgres_registers.open(), await postgres_registers.open()

    async def stands_still() -> None:
        async with stopped.entry() as entry:
            await entry.standing([concern])
            # From here on it does nothing, and holds the lock of this concern.
            async with asyncio.timeout(10), other.entry() as theirs:
                await theirs.standing([concern])
            await entry.take([opened()])

    with pytest.raises(RegisterAway):
        await stands_still()


def test_it_is_given_a_minute() -> None:
    assert sessions.STANDS_STILL["idle_in_transaction_session_timeout"] == "60s"
