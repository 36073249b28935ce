"""Read what came back by mail: what it is, what it is about, what it proves, what is owed now.

The inbox keeps each mail before anybody reads it, so whatever goes wrong here loses nothing: what
could not be read is still there, and is read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog

from hub.bounce import Filing, ReturnedMail, correlate, file, named_by, sort
from hub.obligation import ObligationKind
from hub.ports import Clock, Register, RegisterAway
from hub.ports.pausing import pause
from hub.vocabulary import ContactId, DeliveryId, HubError, Mint

log = structlog.get_logger("hub.returns")

AT_ONCE: Final = 20
"""How many mails one look takes, oldest first; each may be of a mebibyte."""

AddressOf = Callable[[str], DeliveryId | None]
"""What an address of ours names, for reports or replies; None where this hub did not make it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What this process has read since it started, for metrics."""

    read: int = 0
    came_back: int = 0
    """Mails that say a delivery failed: what was claimed of it is claimed no more."""
    for_a_person: int = 0
    unfiled: int = 0
    """How often a mail could not be filed; it stays, and is read again."""


class Returns:
    """Reads returned mail out of the register. Two of them do no harm.

    `names` says which delivery a bounce address names, `domain` is the right side of this hub's
    Message-IDs, `trusted` are the mail servers whose word of success counts. `every`: between
    looks.
    """

    def __init__(
        self,
        register: Register,
        clock: Clock,
        mint: Mint,
        *,
        names: AddressOf,
        domain: str,
        trusted: Collection[str] = (),
        every: timedelta = timedelta(seconds=1),
    ) -> None:
        self._register = register
        self._clock = clock
        self._mint = mint
        self._names = names
        self._domain = domain
        self._trusted = frozenset(name.lower().rstrip(".") for name in trusted)
        self._every = every
        self.counts = Counts()
        self._stuck = 0
        """How many could not be filed at the last look: they stand before those that came later."""

    async def run(self, stop: asyncio.Event) -> None:
        """Read until `stop`. The register may be away: then the next look finds what there is."""
        while not stop.is_set():
            try:
                read = await self.read_all()
            except HubError as away:
                log.warning("mail.unread", fault=type(away).__name__)
                read = 0
            if read < AT_ONCE:
                await pause(self._clock, self._every, stop)

    async def read_all(self) -> int:
        """Read what is unread now, at most so much as one look takes; return how much was read."""
        read = stuck = 0
        for mail in await self._register.unread_mail(AT_ONCE + self._stuck):
            try:
                await self._read(mail)
                read += 1
            except RegisterAway:
                raise
            except Exception as fault:  # noqa: BLE001 (whatever one mail does, the others are read)
                # It stays unread. No traceback: its frames hold what is in the mail.
                log.error("mail.unread", mail=mail.id, fault=type(fault).__name__)  # noqa: TRY400 - ids only
                stuck += 1
        self._stuck = stuck
        self.counts = replace(self.counts, unfiled=self.counts.unfiled + stuck)
        return read

    async def _read(self, mail: ReturnedMail) -> None:
        # In a thread: a mail made to be slow to parse must not hold up what is sent meanwhile.
        found = await asyncio.to_thread(sort, mail.raw, mail.sender)
        named = named_by(found, self._names(mail.recipient), domain=self._domain)
        known = await self._register.sent(named)
        directory = await self._register.directory()
        contacts = {
            sent.delivery.id: directory.contact(ContactId(sent.delivery.target)) for sent in known
        }
        addresses = {id_: contact.address for id_, contact in contacts.items() if contact}
        about = correlate(found, named, known, addresses)
        now = self._clock.now()
        # A mail server reports to the envelope's sender: where people reply, none is believed.
        trusted = frozenset[str]() if mail.came_as_reply else self._trusted
        filing = file(mail, found, about, trusted=trusted, now=now, mint=self._mint)
        if await self._register.file_mail(filing):
            self._count(filing, None if about.sent is None else about.sent.delivery.id)

    def _count(self, filing: Filing, delivery: DeliveryId | None) -> None:
        owed = {obligation.kind for obligation in filing.obligations}
        came_back = ObligationKind.REACH in owed
        self.counts = replace(
            self.counts,
            read=self.counts.read + 1,
            came_back=self.counts.came_back + came_back,
            for_a_person=self.counts.for_a_person + (ObligationKind.PERSON in owed),
        )
        said = log.warning if came_back else log.info
        word = "delivery.came.back" if came_back else "mail.read"
        said(word, mail=filing.mail, read_as=filing.read_as.value, delivery=delivery)
