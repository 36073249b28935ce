"""The last look before sending: is it held now, is it still ours, and who is where today.

Holds are checked again at the moment of sending (rules.md, semantics 5). What asks within a moment
is answered by one query, which begins after every one of them has asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hub.directory import Directory
from hub.notice import Leased
from hub.page import StandingHold
from hub.ports import Clock, Register
from hub.vocabulary import HubError, Lane

GATHER: Final[Mapping[Lane, timedelta]] = {
    Lane.IMMEDIATE: timedelta(0),
    Lane.STANDARD: timedelta(milliseconds=5),
    Lane.BULK: timedelta(milliseconds=5),
}
"""How long the first of each lane waits for others to ask with it; what is urgent waits for none.

It waits before the register is asked, never between its answer and the wire.
"""


def gather(lane: Lane, at_once: int) -> timedelta:
    """Return how long the first of a lane waits, where `at_once` of it are on the wire at most.

    Where that is one, nobody else will ask.
    """
    return GATHER[lane] if at_once > 1 else timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the register says of one delivery at this moment."""

    free: bool
    """True: it may be sent."""
    hold: StandingHold | None
    """Why not. None where it is not free: a page stopped it, or another worker has it."""
    directory: Directory


class Gate:
    """Asks the register for many at once. `gather`: how long the first of them waits for others."""

    def __init__(self, register: Register, clock: Clock, gather: timedelta) -> None:
        self._register = register
        self._clock = clock
        self._gather = gather.total_seconds()
        self._asked: list[tuple[Leased, asyncio.Future[Look]]] = []
        self._any = asyncio.Event()

    async def look(self, leased: Leased) -> Look:
        """Return what the register says now. Raises RegisterAway: then nothing may be sent."""
        answer: asyncio.Future[Look] = asyncio.get_running_loop().create_future()
        self._asked.append((leased, answer))
        self._any.set()
        return await answer

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            await self._any.wait()
            if self._gather:
                await self._clock.sleep(self._gather)
            self._any.clear()
            asked, self._asked = self._asked, []
            try:
                looks = await self._look_at([leased for leased, _ in asked])
            except HubError as away:
                for _, answer in asked:
                    if not answer.done():
                        answer.set_exception(away)
            else:
                for (_, answer), look in zip(asked, looks, strict=True):
                    if not answer.done():
                        answer.set_result(look)

    async def _look_at(self, leased: list[Leased]) -> list[Look]:
        said = await self._register.last_look(leased)
        stopped, directory = said.stopped, said.directory
        return [
            Look(free=id_ not in stopped, hold=stopped.get(id_), directory=directory)
            for id_ in [one.delivery.id for one in leased]
        ]
