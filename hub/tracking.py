"""Ask services what became of the messages they took, until that is known or days are over.

A message that nobody fetches is no message: then the next contact is told (receipts.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from hub.bounce import Named, Sent
from hub.escalate import reach_instead_of, replace_contact
from hub.leaf import leaf
from hub.notice import is_drill
from hub.obligation import Obligation
from hub.ports import Clock, Register
from hub.ports.pausing import pause
from hub.ports.tracked import MESSAGE, Fate, HandedOver, Tracker
from hub.receipt import Receipt
from hub.vocabulary import Channel, DeliveryId, HubError, Mint, Setback

log = structlog.get_logger("hub.tracking")

UNCOLLECTED_AFTER: Final = timedelta(days=5)
"""How long MESH keeps what nobody fetches."""
OWN_WORD: Final = timedelta(hours=1)
"""How long after that the service has to say so itself."""
_LOST: Final = (Setback.LATE_FAILURE, Setback.EXPIRED)
_SOONEST: Final = timedelta(minutes=1)
_LATEST: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """When what a service has said nothing final of counts as lost: twice is no danger."""

    after: timedelta
    says: str
    dead: bool
    """Whether its contact is taken to be dead."""


UNKNOWN: Final[Mapping[Channel, Unknown]] = {
    Channel.MESH: Unknown(
        after=timedelta(days=6),
        says="nobody could say in six days whether it was fetched",
        dead=True,
    ),
    # Networks try for 72 hours; many abroad never say whether the telephone took it.
    Channel.SMS: Unknown(
        after=timedelta(hours=74),
        says="nobody could say in three days whether a telephone took it",
        dead=False,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What this process has learnt since it started, for metrics."""

    asked: int = 0
    learnt: int = 0
    lost: int = 0
    unanswered: int = 0
    """How often a service could not be asked."""


class Tracking:
    """Asks about each message less and less often. Two of them do no harm.

    `every`: between looks at what there is to ask about.
    """

    def __init__(
        self,
        register: Register,
        trackers: Mapping[Channel, Tracker],
        clock: Clock,
        mint: Mint,
        *,
        every: timedelta = timedelta(minutes=1),
    ) -> None:
        self._register = register
        self._trackers = trackers
        self._clock = clock
        self._mint = mint
        self._every = every
        self._asked: dict[DeliveryId, datetime] = {}
        self.counts = Counts()

    async def run(self, stop: asyncio.Event) -> None:
        """Ask until `stop`. The register may be away: then the next look finds what there is."""
        while not stop.is_set():
            try:
                await self.look()
            except HubError as away:
                log.warning("tracking.away", fault=type(away).__name__)
            await pause(self._clock, self._every, stop)

    async def look(self) -> int:
        """Ask about whatever is due to be asked about; return of how many something was learnt."""
        waiting = await self._register.handed_over(tuple(self._trackers))
        self._asked = {
            one.delivery: self._asked[one.delivery]
            for one in waiting
            if one.delivery in self._asked
        }
        learnt = 0
        away: set[Channel] = set()
        for one in waiting:
            now = self._clock.now()
            if now < self._asked.get(one.delivery, one.since) + _wait(now - one.since):
                continue
            fate = None if one.channel in away else await self._ask(one)
            if fate is None:
                away.add(one.channel)
            else:
                self._asked[one.delivery] = now
            counted = _counted(one, fate, self._clock.now())
            if counted is not None and await self._write(one, *counted):
                learnt += 1
        self.counts = replace(self.counts, learnt=self.counts.learnt + learnt)
        return learnt

    async def _ask(self, one: HandedOver) -> Fate | None:
        fate = await self._trackers[one.channel].track(one.message)
        self.counts = replace(
            self.counts,
            asked=self.counts.asked + 1,
            unanswered=self.counts.unanswered + (fate is None),
        )
        return fate

    async def _write(self, one: HandedOver, fate: Fate, setback: Setback | None) -> bool:
        """Append what was learnt, and what is owed because of it; False where it is known."""
        (sent,) = await self._register.sent(Named(address=one.delivery))
        # Another process may have learnt it while this one asked: nobody is told twice for it.
        if any(_says(receipt, one, fate, setback) for receipt in sent.receipts):
            return False
        delivery = sent.delivery
        receipt = Receipt(
            notice=delivery.notice,
            delivery=delivery.id,
            attempt=one.attempt,
            at=fate.at,
            source=one.channel.value,
            rung=None if setback else fate.rung,
            setback=setback,
            detail=fate.detail,
            evidence=((MESSAGE, one.message), *fate.evidence),
        )
        word = "delivery.lost" if setback else "delivery.tracked"
        ids = {"delivery": delivery.id, "notice": delivery.notice}
        note = leaf(word, fate.at, delivery.concern, **ids, learnt=str(setback or fate.rung))
        owed = self._owed(sent, fate) if setback else ()
        await self._register.receive((receipt,), (), (note,), owed=owed)
        self.counts = replace(self.counts, lost=self.counts.lost + bool(setback))
        log.info(word, **ids)
        return True

    def _owed(self, sent: Sent, fate: Fate) -> tuple[Obligation, ...]:
        """Return what a loss brings: the next contact now, and another in a dead one's place."""
        delivery, now = sent.delivery, fate.at
        owed = []
        if not is_drill(delivery.concern):
            owed.append(reach_instead_of(delivery, now, self._mint))
        if fate.dead:
            owed.append(replace_contact(delivery, sent.host_authority, now, self._mint))
        return tuple(owed)


def _says(receipt: Receipt, one: HandedOver, fate: Fate, setback: Setback | None) -> bool:
    """Whether this receipt says already what was learnt now: that rung, or that it is lost."""
    if receipt.fenced or receipt.source != one.channel.value:
        return False
    lost = setback is not None and receipt.setback in _LOST
    return lost or (setback is None and receipt.rung is fate.rung)


def _wait(age: timedelta) -> timedelta:
    """Return how long to wait before asking again about a message of this age."""
    return min(max(age / 8, _SOONEST), _LATEST)


def _counted(
    one: HandedOver, fate: Fate | None, now: datetime
) -> tuple[Fate, Setback | None] | None:
    """Return what is to be written of an answer, or of there being none; None: nothing is new."""
    age = now - one.since
    if fate is not None and fate.lost:
        return fate, Setback.LATE_FAILURE
    if fate is not None and fate.rung is not None and fate.rung not in one.rungs:
        return fate, None
    if fate is not None and fate.rung is not None and age >= UNCOLLECTED_AFTER + OWN_WORD:
        said = "nobody has fetched it in five days"
        return Fate(at=now, detail=said, evidence=fate.evidence), Setback.EXPIRED
    unknown = UNKNOWN[one.channel]
    if age >= unknown.after:
        return Fate(at=now, detail=unknown.says, dead=unknown.dead), Setback.EXPIRED
    return None
