"""What the hands of this worker learn of destinations that fail, shared by way of the register.

A restart, and a second process, begin where the first one was. The immediate lane asks none of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta

import structlog

from hub.deliver.hand import Hand
from hub.ports import Clock, Register
from hub.ports.cooling import Cooling
from hub.vocabulary import HubError

log = structlog.get_logger()


class Breakers:
    """Keeps hands and register of one mind. `every`: between looks at what others have learnt."""

    def __init__(
        self, register: Register, hands: Iterable[Hand], clock: Clock, every: timedelta
    ) -> None:
        self._register = register
        self._hands = tuple(hands)
        self._clock = clock
        self._every = every
        self._unsaid: dict[str, Cooling | None] = {}
        """What was found here and is not written yet, the newest of each destination."""
        self._any = asyncio.Event()
        self._shared: frozenset[str] = frozenset()
        """What the register had at the last look: what is gone from it since has recovered."""

    async def run(self) -> None:
        """Learn from others until cancelled."""
        while True:
            await self._clock.sleep(self._every.total_seconds())
            await self.learn()

    async def learn(self) -> None:
        """Take over what the register knows. Where it is away, what is known here stands."""
        try:
            known = await self._register.cooling()
        except HubError as away:
            log.warning("breakers.unread", fault=type(away).__name__)
            return
        for hand in self._hands:
            for dest in self._shared - known.keys() - self._unsaid.keys():
                hand.recovered(dest)
            for dest, cooling in known.items():
                if dest not in self._unsaid:
                    hand.learn(dest, cooling)
        self._shared = frozenset(known)

    async def write(self) -> None:
        """Write down what is found here, until cancelled. No row and no stop waits for it."""
        while True:
            await self._any.wait()
            self._any.clear()
            # What is found while it is written goes together, once that is done.
            while self._unsaid:
                found, self._unsaid = self._unsaid, {}
                await self._keep(found)

    def took(self, dest: str) -> bool:
        """Say that a destination has taken something, whichever lane it came by.

        Return whether some lane knew that it had failed.
        """
        knew = sum(hand.recovered(dest) for hand in self._hands) > 0  # every one of them is told
        if knew or dest in self._shared:
            self._shared -= {dest}
            self._say(dest, None)
        return knew

    def failed(self, dest: str, hand: Hand) -> None:
        """Say that a destination has failed in one lane, and how often on end."""
        if (cooling := hand.failing(dest, self._clock.now())) is not None:
            self._say(dest, cooling)

    def _say(self, dest: str, cooling: Cooling | None) -> None:
        self._unsaid[dest] = cooling
        self._any.set()

    async def _keep(self, found: Mapping[str, Cooling | None]) -> None:
        try:
            await self._register.cool(found)
        except HubError as away:
            # It is a hint, never a promise: the next failure says it again.
            log.warning("breaker.unwritten", fault=type(away).__name__)
