"""The last look before sending: is it held now, is it still ours, and who is where today.

Holds are checked again at the moment of sending (rules.md, semantics 5). What asks within one turn
of the loop is answered by one query, which begins after every one of them has asked.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hub.directory import Directory
from hub.notice import Leased
from hub.page import StandingHold
from hub.ports import Register
from hub.vocabulary import HubError


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the register says of one delivery at this moment."""

    free: bool
    """True: it may be sent."""
    hold: StandingHold | None
    """Why not. None where it is not free: a page stopped it, or another worker has it."""
    directory: Directory


class Gate:
    """Asks the register for many at once."""

    def __init__(self, register: Register) -> None:
        self._register = register
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
