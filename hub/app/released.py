"""Waiting until nothing keeps a register from sending: a restored one waits for a named person."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from hub.ports import Clock, Register
from hub.ports.pausing import pause
from hub.vocabulary import HubError

log = structlog.get_logger("hub.released")

LOOK: Final = timedelta(seconds=2)
"""Between two looks at a register that is paused, or away."""


async def released(register: Register, clock: Clock, stop: asyncio.Event) -> bool:
    """Return True once the register may send, and False where `stop` came first."""
    said = False
    while not stop.is_set():
        try:
            found = await register.paused()
        except HubError as away:
            log.warning("register.away", fault=type(away).__name__)
        else:
            if found is None:
                return True
            if not said:
                log.error("hub.paused", backup_of=found.taken.isoformat())
            said = True
        await pause(clock, LOOK, stop)
    return False
