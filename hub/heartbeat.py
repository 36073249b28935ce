"""Say at a set interval, by two channels, that the hub lives (rules.md, escalation 8).

By mail it says how it is, and what is wrong. By webhook it speaks to a switch that rings somebody
when it stays away: there it is silent unless it is well. It never says so on stale figures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import structlog

from hub.compose import Sender
from hub.compose.vitals import Vitals, vitals_event, vitals_mail
from hub.concern import Party
from hub.directory import Directory
from hub.notice import Accepted, Delivery, Leased
from hub.ports import Carrier, Clock, Depths, Register
from hub.ports.pausing import pause
from hub.vocabulary import (
    AgencyId,
    AttemptId,
    Channel,
    ConcernId,
    ContactId,
    DeliveryId,
    EndpointId,
    HubError,
    InfoClass,
    Lane,
    Mint,
    NoticeId,
    Role,
)

log = structlog.get_logger("hub.heartbeat")

OPERATIONS: Final = "heartbeat"
"""The id of the one contact and of the one endpoint that it goes to."""

STALE: Final = timedelta(minutes=2)
"""A watch that has not looked for so long is stalled."""

PATIENCE: Final = 30.0
"""How long the register, and each way out, may take (seconds)."""

TOLD: Final = (
    *("overdue_obligations", "unaccounted", "unaccounted_obligations", "queued"),
    *("waiting_events", "quarantined", "unread_mail", "facts"),
)
"""What of the register's counts is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What this process has sent since it started, for metrics."""

    taken: int = 0
    """Signs of life that the other side took."""
    not_taken: int = 0
    withheld: int = 0
    """How often the switch was left to ring, because the hub was not well."""


class Heartbeat:
    """Sends signs of life. `where` holds the contact and the endpoint named `heartbeat`, if any.

    `watched`: when the watch of this process last looked at every ladder (UTC), or None. `first`:
    whether, of all processes that watch, it is this one that speaks; None: there is no other.
    """

    def __init__(  # noqa: PLR0913 - it looks at all there is, and speaks by every way
        self,
        register: Register,
        carriers: Mapping[Channel, Carrier],
        clock: Clock,
        mint: Mint,
        *,
        sender: Sender,
        where: Directory,
        watched: Callable[[], datetime | None],
        first: Callable[[], Awaitable[bool]] | None = None,
        every: timedelta = timedelta(minutes=5),
    ) -> None:
        self._register = register
        self._carriers = carriers
        self._clock = clock
        self._mint = mint
        self._sender = sender
        self._where = where
        self._watched = watched
        self._first = first
        self._every = every
        self._counts = Counts()

    @property
    def channels(self) -> int:
        """Return by how many channels it speaks."""
        return len(self._ways())

    def counts(self) -> Counts:
        """Return the counters as they stand."""
        return self._counts

    async def run(self, stop: asyncio.Event) -> None:
        """Beat until `stop`, first after one interval: by then the watch has looked."""
        if self.channels < 2:
            log.warning("heartbeat.channels", channels=self.channels, wanted=2)
        while self.channels and not stop.is_set():
            await pause(self._clock, self._every, stop)
            if not stop.is_set() and await self._speaks():
                await self.beat()

    async def _speaks(self) -> bool:
        """Whether it is this process that speaks for the hub; where nobody can say, it does."""
        try:
            return self._first is None or await self._first()
        except HubError:
            return True

    async def beat(self) -> Vitals:
        """Say once how the hub is. Never raises for what the register or the wire does."""
        vitals = await self._look()
        if not vitals.well:
            log.error("heartbeat.not.well", why=vitals.wrong)
        async with asyncio.TaskGroup() as sending:
            for channel in self._ways():
                sending.create_task(self._send(channel, vitals))
        return vitals

    async def _look(self) -> Vitals:
        now, swept = self._clock.now(), self._watched()
        wrong = []
        if swept is None:
            wrong.append("the watch has not looked at the ladders yet")
        elif now - swept > STALE:
            minutes = int((now - swept) / timedelta(minutes=1))
            wrong.append(f"the watch has not looked at the ladders for {minutes} minutes")
        depths: Depths | None = None
        try:
            async with asyncio.timeout(PATIENCE):
                depths = await self._register.depths()
        except (HubError, TimeoutError):
            wrong.append("the register does not answer")
        counts = {} if depths is None else {name: getattr(depths, name) for name in TOLD}
        return Vitals(at=now, swept_at=swept, counts=counts, wrong=tuple(wrong))

    async def _send(self, channel: Channel, vitals: Vitals) -> None:
        if channel is Channel.WEBHOOK and not vitals.well:
            # Whatever is posted to a switch counts as life: only silence rings.
            self._counts = replace(self._counts, withheld=self._counts.withheld + 1)
            return
        leased = self._composed(channel, vitals)
        said = "no answer in time"
        try:
            async with asyncio.timeout(PATIENCE):
                outcome = await self._carriers[channel].carry(leased, self._where)
        except TimeoutError:
            taken = False
        except Exception as fault:  # noqa: BLE001 (the other channel must speak all the same)
            taken, said = False, type(fault).__name__
        else:
            taken, said = isinstance(outcome, Accepted), outcome.detail
        done = self._counts
        if taken:
            self._counts = replace(done, taken=done.taken + 1)
            log.info("heartbeat.sent", channel=channel, well=vitals.well)
        else:
            self._counts = replace(done, not_taken=done.not_taken + 1)
            log.warning("heartbeat.not.taken", channel=channel, why=said)

    def _ways(self) -> tuple[Channel, ...]:
        found = []
        if self._where.contact(ContactId(OPERATIONS)) is not None:
            found.append(Channel.EMAIL)
        if self._where.endpoint(EndpointId(OPERATIONS)) is not None:
            found.append(Channel.WEBHOOK)
        return tuple(found)

    def _composed(self, channel: Channel, vitals: Vitals) -> Leased:
        """Return it as carriers take it; it is of no concern, and the register never sees it."""
        id_ = DeliveryId(self._mint.id())
        contact = self._where.contact(ContactId(OPERATIONS))
        target: ContactId | EndpointId = EndpointId(OPERATIONS)
        body = vitals_event(vitals, id_, self._sender)
        if channel is Channel.EMAIL and contact is not None:
            target, body = contact.id, vitals_mail(vitals, id_, contact.address, self._sender)
        delivery = Delivery(
            id=id_,
            notice=NoticeId(OPERATIONS),
            concern=ConcernId(OPERATIONS),
            party=Party(agency=AgencyId(OPERATIONS), role=Role.HOST_AUTHORITY),
            channel=channel,
            target=target,
            dest=f"{channel}:{OPERATIONS}",
            lane=Lane.STANDARD,
            classes=frozenset({InfoClass.PROCESS}),
            body=body,
            sha256=sha256(body).hexdigest(),
            due_at=vitals.at,
        )
        return Leased(
            delivery=delivery,
            attempt=AttemptId(self._mint.id()),
            token=0,
            attempts=0,
            first_tried_at=None,
            expires_at=vitals.at + self._every,
        )
