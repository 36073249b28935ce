"""A carrier that does as its script says: for the flows, `hub demo` and simulations."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from hub.directory import Directory
from hub.notice import Accepted, Deferred, Delivery, Leased, Outcome, Refused, RefusedBecause
from hub.ports import Clock
from hub.ports.tracked import MESSAGE, Fate
from hub.vocabulary import AttemptId, Channel, ContactId, EndpointId, Rung

_SOMETIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Where a script needs an instant: the carrier puts the clock's in its place."""

SUBMITTED: Final = Accepted(at=_SOMETIME, detail="taken, as scripted", rung=Rung.SUBMITTED)
RELAYED: Final = Accepted(at=_SOMETIME, detail="taken, as scripted", rung=Rung.RELAYED)
DELIVERED: Final = Accepted(at=_SOMETIME, detail="taken, as scripted", rung=Rung.DELIVERED)
IN_THE_INBOX: Final = Fate(at=_SOMETIME, detail="in the inbox, as scripted", rung=Rung.DELIVERED)
FETCHED: Final = Fate(at=_SOMETIME, detail="fetched, as scripted", rung=Rung.COLLECTED)
ON_A_TELEPHONE: Final = Fate(
    at=_SOMETIME, detail="taken by the telephone's network, as scripted", rung=Rung.RELAYED
)
NOTHING: Final = Fate(at=_SOMETIME, detail="nothing that counts, as scripted")
GIVEN_UP: Final = Fate(at=_SOMETIME, detail="nobody has fetched it, as scripted", lost=True)
NO_TELEPHONE: Final = Fate(at=_SOMETIME, detail="no such telephone, as scripted", lost=True)
SWITCHED_OFF: Final = Fate(
    at=_SOMETIME, detail="the telephone took nothing, as scripted", lost=True, dead=False
)
NEVER_SENT: Final = Fate(at=_SOMETIME, detail="never sent, as scripted", lost=True, dead=False)
LATER: Final = Deferred(at=_SOMETIME, detail="not now, as scripted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """One try, as the script saw it."""

    attempt: AttemptId
    delivery: Delivery
    where: str
    """The address or the URL as the directory had it at this try."""
    outcome: Outcome
    at: datetime


class ScriptedCarrier:
    """A carrier whose every answer is scripted.

    `script` gives, for a target (contact or endpoint), the outcomes of its tries in order; when
    they are used up, and for every other target, `otherwise` is the answer. An outcome's `at` is
    the clock's. What was carried stands in `carried`, oldest first.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        script: Mapping[str, Iterable[Outcome]] | None = None,
        otherwise: Outcome = SUBMITTED,
    ) -> None:
        self.carried: list[Carried] = []
        self.started: list[AttemptId] = []
        """Every try that began, those still at a gate included."""
        self.away: str | None = None
        """What `ready` says; while it is set, every try is put off."""
        self.takes = timedelta(0)
        """How long each try takes, by the clock."""
        self._clock = clock
        self._script = {target: deque(outcomes) for target, outcomes in (script or {}).items()}
        self._otherwise = otherwise
        self._gates: dict[str, asyncio.Event] = {}
        self._closed = False

    def then(self, target: str, *outcomes: Outcome) -> None:
        """Add to what this target answers."""
        self._script.setdefault(target, deque()).extend(outcomes)

    def hold(self, target: str) -> asyncio.Event:
        """Let tries of this target wait until the returned event is set."""
        return self._gates.setdefault(target, asyncio.Event())

    async def carry(self, leased: Leased, directory: Directory) -> Outcome:
        """Answer as the script says, and remember it. Cancelled at a gate, nothing was carried."""
        self.started.append(leased.attempt)
        if gate := self._gates.get(leased.delivery.target):
            await gate.wait()
        if self.takes:
            await self._clock.sleep(self.takes.total_seconds())
        where = _where(leased.delivery, directory)
        outcome = replace(self._answer(leased.delivery, where), at=self._clock.now())
        carried = Carried(
            attempt=leased.attempt,
            delivery=leased.delivery,
            where=where or "",
            outcome=outcome,
            at=outcome.at,
        )
        self.carried.append(carried)
        return outcome

    async def ready(self) -> str | None:
        """Return what `away` says."""
        return "the scripted carrier is closed" if self._closed else self.away

    async def close(self) -> None:
        """Carry nothing more."""
        self._closed = True

    def _answer(self, delivery: Delivery, where: str | None) -> Outcome:
        if self._closed or self.away is not None:
            detail = self.away or "the scripted carrier is closed"
            return Deferred(at=_SOMETIME, detail=detail, ours=True)
        if where is None:
            mail = delivery.channel is not Channel.WEBHOOK
            because = RefusedBecause.ADDRESS if mail else RefusedBecause.GONE
            return Refused(at=_SOMETIME, detail="the directory has no such target", because=because)
        script = self._script.get(delivery.target)
        return script.popleft() if script else self._otherwise


class ScriptedService(ScriptedCarrier):
    """A carrier whose service takes a message under an id, and is asked later what became of it."""

    def __init__(self, *, clock: Clock, otherwise: Outcome = RELAYED) -> None:
        super().__init__(clock=clock, otherwise=otherwise)
        self.says: Fate | None = None
        """What it says of every message; None: it cannot be asked."""
        self.asked: list[datetime] = []

    async def carry(self, leased: Leased, directory: Directory) -> Outcome:
        """Answer as the script says; what is taken has the delivery's id for its own."""
        outcome = await super().carry(leased, directory)
        if isinstance(outcome, Accepted):
            return replace(outcome, evidence=((MESSAGE, leased.delivery.id),))
        return outcome

    async def track(self, message: str) -> Fate | None:  # noqa: ARG002 - it says the same of each
        """Answer as `says` stands; closed or away, it cannot be asked."""
        if self._closed or self.away is not None:
            return None
        self.asked.append(self._clock.now())
        return None if self.says is None else replace(self.says, at=self._clock.now())


def _where(delivery: Delivery, directory: Directory) -> str | None:
    if delivery.channel is not Channel.WEBHOOK:
        contact = directory.contact(ContactId(delivery.target))
        return contact.address if contact is not None and contact.usable else None
    endpoint = directory.endpoint(EndpointId(delivery.target))
    return endpoint.url if endpoint is not None else None
