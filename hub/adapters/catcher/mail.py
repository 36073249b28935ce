"""A mail server that keeps what it is given, and refuses what it is told to refuse."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from dataclasses import dataclass, field
from typing import Final, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from hub.adapters.catcher.keep import Keep

_DSN: Final = re.compile(r"\s(RET|ENVID|NOTIFY|ORCPT)=(\S+)", re.IGNORECASE)
_NOBODY: Final = "550 5.1.1 No such mailbox here"
_BUSY: Final = "450 4.2.0 Mailbox busy, try again later"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtMail:
    """One mail that was taken, with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    options: dict[str, str]
    """What was asked for delivery status notifications: RET, ENVID, NOTIFY, ORCPT."""
    content: bytes = field(repr=False)
    """Every octet between DATA and the final dot, dots unstuffed."""
    covered: bool
    """True: it came by TLS."""


class MailCatcher:
    """A mail server on loopback. It takes mail for everybody, unless it is told otherwise."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
        dsn: bool = True,
        users: dict[str, str] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.kept: Keep[CaughtMail] = Keep()
        self.tries: list[str] = []
        """Every recipient that was named, refused or not, oldest first."""
        self._answers: dict[str, str] = {}
        self._starttls = starttls
        self._tls = tls
        self._dsn = dsn
        self._users = users
        self._server: asyncio.Server | None = None
        self._open: set[_Server] = set()

    @property
    def mails(self) -> list[CaughtMail]:
        """Return every mail that was taken, oldest first."""
        return list(self.kept.all)

    @property
    def url(self) -> str:
        """Return the URL by which the hub's mail carrier reaches it."""
        scheme = "smtps" if self._tls else "smtp+starttls" if self._starttls else "smtp"
        return f"{scheme}://{self.host}:{self.port}"

    def refuse(self, recipient: str, answer: str = _NOBODY) -> None:
        """Refuse a recipient from now on."""
        self._answers[recipient.lower()] = answer

    def defer(self, recipient: str, answer: str = _BUSY) -> None:
        """Put a recipient off from now on."""
        self._answers[recipient.lower()] = answer

    def accept(self, recipient: str) -> None:
        """Take mail for a recipient again."""
        self._answers.pop(recipient.lower(), None)

    async def until(self, count: int, within: float = 10) -> list[CaughtMail]:
        """Wait until this many mails were taken, and return them. Raises TimeoutError."""
        return await self.kept.until(lambda mails: len(mails) >= count, within)

    async def start(self) -> None:
        """Listen. With port 0 the system chooses one, and `port` says which."""
        # aiosmtpd tells its log who writes to whom.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Server(self, loop), self.host, self.port, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._server is not None:
            self._server.close()
            self._server = None
        leaving = [one.hang_up() for one in tuple(self._open)]
        self._open.clear()
        await asyncio.gather(*leaving, return_exceptions=True)

    # What aiosmtpd asks of a handler.

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's own name
        self, _server: SMTP, session: Session, _envelope: Envelope, host: str, lines: list[str]
    ) -> list[str]:
        """Offer enhanced codes, and notifications where this catcher has them."""
        session.host_name = host
        more = ["250-ENHANCEDSTATUSCODES", *(["250-DSN"] if self._dsn else [])]
        return [*lines[:-1], *more, lines[-1]]

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's own name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Answer as told for this recipient."""
        self.tries.append(address)
        if answer := self._answers.get(address.lower()):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's own name
        self, server: _Server, session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail."""
        caught = CaughtMail(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            options=dict(server.asked),
            content=bytes(envelope.original_content or b""),
            covered=self._tls is not None or session.ssl is not None,
        )
        await self.kept.add(caught)
        return f"250 2.0.0 Ok: queued as C{len(self.kept.all):06d}"


class _Server(SMTP):
    """One conversation. aiosmtpd knows no notifications, so their words are taken off here."""

    def __init__(self, catcher: MailCatcher, loop: asyncio.AbstractEventLoop) -> None:
        users = catcher._users  # noqa: SLF001  # the catcher's own other half
        super().__init__(
            catcher,
            hostname="catcher.test",
            ident="catches",
            enable_SMTPUTF8=True,
            tls_context=catcher._starttls,  # noqa: SLF001  # as above
            require_starttls=catcher._starttls is not None,  # noqa: SLF001  # as above
            auth_require_tls=False,
            auth_callback=lambda _, name, word: (users or {}).get(name.decode()) == word.decode(),
            loop=loop,
        )
        self.asked: dict[str, str] = {}
        self._all = catcher._open  # noqa: SLF001  # as above

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._all.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._all.discard(self)

    def hang_up(self) -> asyncio.Task[None]:
        """Cut the connection; return what ends when the conversation has."""
        for transport in (self.transport, self._original_transport):
            if transport is not None:
                cast("asyncio.Transport", transport).abort()
        # It is there from the moment the connection is.
        talk = cast("asyncio.Task[None]", self._handler_coroutine)
        talk.cancel()
        return talk

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802  # aiosmtpd's own name
        """Take the sender."""
        self.asked = {}
        await super().smtp_MAIL(self._without_dsn(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802  # aiosmtpd's own name
        """Take a recipient."""
        await super().smtp_RCPT(self._without_dsn(arg))

    def _without_dsn(self, arg: str | None) -> str | None:
        if arg is None:
            return None
        self.asked |= {name.upper(): value for name, value in _DSN.findall(arg)}
        return _DSN.sub("", arg)
