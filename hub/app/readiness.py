"""Whether this process can do its work now, and every reason why not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from hub.adapters.broker import RabbitBroker
from hub.audit import Auditor
from hub.intake import Intake
from hub.ports import Carrier, Clock, Depths, Register
from hub.vocabulary import Channel, HubError

FRESH: Final = timedelta(seconds=5)
"""How long an answer is good for: whoever asks often must not wear out a mail relay."""
WAITS_LONG: Final = timedelta(minutes=5)
"""Mail that nobody reads, and facts that no broker takes, wait this long before it is said."""
PATIENCE: Final = 3.0
"""How long one part may take to answer, in seconds."""


@dataclass(slots=True, kw_only=True)
class Readiness:
    """Asks each part of this process whether it can work, and remembers for a few seconds."""

    register: Register
    carriers: Mapping[Channel, Carrier]
    brokers: Sequence[RabbitBroker]
    intake: Intake
    clock: Clock
    auditor: Auditor | None = None
    """None: it runs in another process."""
    facts_go_out: bool = True
    """False: this process knows no broker that takes facts."""
    _asked: datetime | None = None
    _found: tuple[str, ...] = ()
    _waits: tuple[str, ...] = ()
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def reasons(self) -> tuple[str, ...]:
        """Return every reason why this process is not ready; empty means it is."""
        async with self._asking:
            now = self.clock.now()
            if self._asked is None or now - self._asked >= FRESH:
                self._found = await self._look()
                self._asked = now
            return self._found

    async def waiting(self) -> tuple[str, ...]:
        """Return what has waited in the register for too long, as it was when it last answered.

        It is no reason to take this process out of service: that would help nobody who waits.
        """
        await self.reasons()
        return self._waits

    async def beside(self) -> Mapping[str, object]:
        """Return what operators must know beside the reasons: what waits, what was put right."""
        waiting = list(await self.waiting())
        return {"waiting": waiting, **({"audit": self.auditor.said()} if self.auditor else {})}

    async def _look(self) -> tuple[str, ...]:
        questions = [self._register(), self._intake()]
        questions += [self._carrier(channel, one) for channel, one in self.carriers.items()]
        return tuple(why for why in await asyncio.gather(*questions) if why is not None)

    async def _register(self) -> str | None:
        try:
            async with asyncio.timeout(PATIENCE):
                waits = self._waiting(await self.register.depths())
                self._waits = (*await self._paused(), *waits)
                return None
        except HubError as error:
            return f"register: {error}"
        except TimeoutError:
            return f"register: no answer within {PATIENCE:.0f} s"

    async def _paused(self) -> tuple[str, ...]:
        """Say that nothing is sent. Events and answers must come in meanwhile: holds, above all."""
        found = await self.register.paused()
        if found is None:
            return ()
        taken = found.taken.isoformat()
        return (f"paused: restored from a backup of {taken}; see `hub resume`",)

    def _waiting(self, depths: Depths) -> tuple[str, ...]:
        long_ago, minutes = self.clock.now() - WAITS_LONG, WAITS_LONG // timedelta(minutes=1)
        found = []
        if depths.unaccounted:
            found.append(f"queue: {depths.unaccounted} deliveries are unaccounted for")
        if depths.stalled:
            found.append(
                f"queue: {depths.stalled} deliveries have been due for more than {minutes} "
                "minutes, and nobody has them in hand"
            )
        if depths.behind_closed:
            found.append(f"queue: {depths.behind_closed} deliveries wait for closed webhooks")
        if depths.unread_since is not None and depths.unread_since < long_ago:
            found.append(
                f"inbox: {depths.unread_mail} returned mails unread, the oldest for more than "
                f"{minutes} minutes"
            )
        if depths.facts_since is not None and depths.facts_since < long_ago:
            why = "" if self.facts_go_out else "; no broker is configured (HUB_AMQP_URL)"
            found.append(
                f"facts: {depths.facts} wait for the broker, the oldest for more than "
                f"{minutes} minutes{why}"
            )
        return tuple(found)

    async def _intake(self) -> str | None:
        if not self.brokers or self.intake.consuming:
            return None
        why = "; ".join(b.why_not for b in self.brokers if b.why_not)
        return f"broker: not consuming{': ' + why if why else ''}"

    async def _carrier(self, channel: Channel, carrier: Carrier) -> str | None:
        try:
            async with asyncio.timeout(PATIENCE):
                return await carrier.ready()
        except TimeoutError:
            return f"{channel}: no answer within {PATIENCE:.0f} s"
