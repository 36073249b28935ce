"""Carry facts from the register to their publishers: in order, at least once, with the same id.

A fact that no queue takes stays where it is and is said loudly. It keeps those that follow it for
the same publisher from being told before it, and nobody else's.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from hub.ports import Clock, FactsOut, OutgoingFact, Register
from hub.ports.pausing import pause
from hub.vocabulary import ConcernId, HubError, PublisherId

log = structlog.get_logger("hub.relay")

AT_ONCE: Final = 200
"""How many facts one turn takes; so many may come twice where the process dies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the relay has done since its start, for metrics."""

    published: int = 0
    returned: int = 0
    """How often a fact came back, because no queue took it."""


class Relay:
    """Publishes what waits. Of many processes one has the turn.

    `every`: between looks where nothing waits; `again`: until a publisher without a queue is tried
    again.
    """

    def __init__(
        self,
        register: Register,
        out: FactsOut,
        clock: Clock,
        *,
        every: timedelta = timedelta(milliseconds=500),
        again: timedelta = timedelta(seconds=30),
        at_once: int = AT_ONCE,
    ) -> None:
        self._register = register
        self._out = out
        self._clock = clock
        self._every = every
        self._again = again
        self._at_once = at_once
        self._aside: dict[PublisherId, datetime] = {}
        """Publishers whose queue takes nothing, and when to try again."""
        self._published = 0
        self._returned = 0

    def counts(self) -> Counts:
        """Return the counters as they stand."""
        return Counts(published=self._published, returned=self._returned)

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until `stop`. The broker and the register may be away: then it tries again."""
        while not stop.is_set():
            done = 0
            try:
                done = await self.turn()
            except HubError as away:
                log.warning("facts.wait", fault=type(away).__name__, why=str(away))
            if done < self._at_once:
                await pause(self._clock, self._every, stop)

    async def turn(self) -> int:
        """Publish what waits, once; return how many were confirmed.

        Raises BrokerLost and RegisterAway; what was confirmed before is written down.
        """
        now = self._clock.now()
        self._aside = {who: at for who, at in self._aside.items() if at > now}
        async with self._register.relaying() as mine:
            if not mine:
                return 0
            facts = await self._register.facts(self._at_once, avoid=frozenset(self._aside))
            taken: list[OutgoingFact] = []
            chains = _chains(facts)
            ended = await asyncio.gather(
                *(self._publish(chain, taken) for chain in chains), return_exceptions=True
            )
            await self._register.published(taken)
            self._published += len(taken)
        for fault in ended:
            if fault is not None:
                raise fault
        return len(taken)

    async def _publish(self, chain: Sequence[OutgoingFact], taken: list[OutgoingFact]) -> None:
        """Publish one concern's facts for one publisher, each once the one before is confirmed."""
        for fact in chain:
            subscriber = fact.told.subscriber
            if subscriber in self._aside:
                return
            if not await self._out.publish(fact.told):
                self._put_aside(fact)
                return
            taken.append(fact)

    def _put_aside(self, fact: OutgoingFact) -> None:
        told = fact.told
        self._returned += 1
        self._aside[told.subscriber] = self._clock.now() + self._again
        log.error(
            "fact.returned",
            why="no queue takes it: run `hub topology apply`",
            subscriber=told.subscriber,
            fact=told.id,
            name=told.name.value,
            concern=told.concern,
        )


def _chains(facts: Sequence[OutgoingFact]) -> list[list[OutgoingFact]]:
    """Return the facts of each concern for each publisher, in their order."""
    found: defaultdict[tuple[PublisherId, ConcernId], list[OutgoingFact]] = defaultdict(list)
    for fact in sorted(facts, key=lambda one: one.seq):
        found[fact.told.subscriber, fact.told.concern].append(fact)
    return list(found.values())
