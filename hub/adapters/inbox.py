"""The inbox: where mail that comes back is taken in, by SMTP or LMTP, from our own mail server.

It keeps, and reads nothing. 250 is said after the register's commit and not before, so whatever
happens to this process afterwards, the mail is kept; whatever happens earlier, the other side has
it still. Only addresses that this hub has made are taken (receipts.md, coming back).
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Final, cast

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from hub.bounce import MOST_OCTETS, ReturnedMail
from hub.ports import Clock, ReturnedMails
from hub.vocabulary import DeliveryId, Mint

log = structlog.get_logger("hub.inbox")

MOST_TAKEN: Final = MOST_OCTETS + 64 * 1024
"""Octets of one mail that is taken: what is read, and room for the headers it got on its way."""

SILENCE: Final = 120
"""Seconds after which a silent peer is hung up on."""

_NOBODY: Final = "550 5.1.1 No such mailbox here"
_ONE_EACH: Final = "452 4.5.3 One recipient at a time"
_TAKEN: Final = "250 2.0.0 Kept"
_LATER: Final = "451 4.3.0 Cannot be kept now, try again later"


class Inbox:
    """Listens for returned mail on a bound socket, and keeps it in the register.

    `names` says which delivery an address names, and None for any that this hub did not make. It
    offers no TLS: it belongs on loopback, or on the private network of its own mail server.
    """

    def __init__(
        self,
        register: ReturnedMails,
        clock: Clock,
        mint: Mint,
        door: socket.socket,
        *,
        names: Callable[[str], DeliveryId | None],
        host_name: str,
    ) -> None:
        # aiosmtpd tells its log who writes to whom.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)
        self._register = register
        self._clock = clock
        self._mint = mint
        self._door = door
        self._names = names
        self._host_name = host_name
        self._open: set[_Conversation] = set()

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self._door.getsockname()[1])

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until `stop`; then hang up. Who was not answered sends again."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: _Conversation(self, self._open, self._host_name, loop), sock=self._door
        )
        try:
            await stop.wait()
        finally:
            server.close()
            leaving = [one.hang_up() for one in tuple(self._open)]
            await asyncio.gather(*leaving, return_exceptions=True)

    # What aiosmtpd asks of a handler.

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's own name
        self, _server: SMTP, session: Session, _envelope: Envelope, host: str, lines: list[str]
    ) -> list[str]:
        """Greet; say that our codes are the enhanced ones (RFC 2034)."""
        session.host_name = host
        return [*lines[:-1], "250-ENHANCEDSTATUSCODES", lines[-1]]

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's own name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take a bounce address of ours, and nothing else; one in each transaction.

        By LMTP each recipient would have an answer of its own (RFC 2033, 4.2).
        """
        if self._names(address) is None:
            return _NOBODY
        if envelope.rcpt_tos:
            return _ONE_EACH
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's own name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail, and only then say so."""
        mail = ReturnedMail(
            id=self._mint.id(),
            sender=(envelope.mail_from or "").strip("<> "),
            recipient=envelope.rcpt_tos[0],
            raw=bytes(envelope.original_content or b""),
            received=self._clock.now(),
        )
        try:
            await self._register.keep_mail(mail)
        except Exception as fault:  # noqa: BLE001 (whatever it is, the other side keeps the mail)
            log.warning("mail.not.kept", fault=type(fault).__name__)
            return _LATER
        log.info("mail.kept", mail=mail.id)
        return _TAKEN


class _Conversation(SMTP):
    """One conversation, in SMTP or LMTP: they differ in the word of greeting alone."""

    # A line longer than the standard allows is no reason to lose a report.
    line_length_limit = 64 * 1024

    def __init__(
        self,
        inbox: Inbox,
        others: set[_Conversation],
        host_name: str,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(
            inbox,
            hostname=host_name,
            ident="Concern Hub",
            enable_SMTPUTF8=True,
            data_size_limit=MOST_TAKEN,
            timeout=SILENCE,
            loop=loop,
        )
        self._others = others

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str | None) -> None:  # noqa: N802  # aiosmtpd's own name
        """Greet by LMTP (RFC 2033, 4.1)."""
        await self.smtp_EHLO(arg)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._others.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._others.discard(self)

    def hang_up(self) -> asyncio.Task[None]:
        """Cut the connection; return what ends when the conversation has."""
        if self.transport is not None:
            cast("asyncio.Transport", self.transport).abort()
        # It is there from the moment the connection is.
        talk = cast("asyncio.Task[None]", self._handler_coroutine)
        talk.cancel()
        return talk
