"""One connection to the relay: opened, covered, signed in, and asked one thing at a time.

It drives the protocol object of aiosmtplib itself: the client's convenience calls drop replies,
re-serialise messages, and cannot tell a drop before the final dot from one after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from aiosmtplib.auth import auth_login_encode, auth_plain_encode
from aiosmtplib.errors import SMTPException, SMTPResponseException
from aiosmtplib.esmtp import parse_esmtp_extensions

from hub.adapters.smtp.classify import Phase, Reply
from hub.adapters.smtp.relay import Cover, Relay
from hub.adapters.smtp.trouble import Trouble, lost, uncovered
from hub.adapters.smtp.wire import Wire

_LEADING_DOT: Final = re.compile(rb"^\.", re.MULTILINE)
_OUT_OF_TURN: Final = "the mail server spoke out of turn"
_KNOWN: Final = ("8BITMIME", "DSN", "PIPELINING", "SIZE", "SMTPUTF8")
"""What a relay may offer that is of use to a notice."""
_PIECE: Final = 16_384
"""Octets handed over at a time. Under TLS the system's appetite is felt only between pieces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How many seconds each step may take (RFC 5321, 4.5.3.2)."""

    connect: float = 30
    """From the first packet to the end of the sign-in, all together."""
    command: float = 300
    data: float = 120
    content: float = 180
    dot: float = 600
    idle: float = 30
    """How long a connection may lie idle before NOOP must show that it lives."""
    ready: float = 5
    farewell: float = 2


class Connection:
    """One open connection. `clean` is True between transactions, and never within one."""

    def __init__(self, wire: Wire, relay: Relay) -> None:
        self._wire = wire
        self._relay = relay
        self.extensions: Mapping[str, str] = {}
        self.together: list[tuple[Phase, Reply]] | None = None
        """What was answered so far to what was last sent in one piece; None: nothing was."""
        self._covered = _covered(wire)
        self._offered: tuple[tuple[str, str], ...] = ()
        self.phase = Phase.GREETING
        """What was asked, or waited for, last."""
        self.clean = False
        self.uses = 0
        self.idle_since = 0.0

    @property
    def alive(self) -> bool:
        """Whether the connection stands and is in step, as far as this side knows."""
        return self._wire.is_connected and not self._wire.gone.is_set() and self._wire.in_step

    @property
    def evidence(self) -> tuple[tuple[str, str], ...]:
        """Say where it goes, how it is covered and what was offered on it; known to its end."""
        return self._covered + self._offered

    @property
    def pipelines(self) -> bool:
        """Whether commands may go in one piece: it is offered here, and nobody forbids it."""
        return self._relay.pipelining and "pipelining" in self.extensions

    async def ask(self, phase: Phase, command: bytes, *, within: float) -> Reply:
        """Send a command and return its reply. Raises Trouble: none comes, or more than one."""
        self.phase = phase
        if not self._wire.in_step:
            raise Trouble(phase, _OUT_OF_TURN)
        try:
            code, text = await self._wire.execute_command(command, timeout=within)
        except (SMTPException, OSError) as error:
            raise self._lost(phase, error) from error
        return self._only(phase, Reply(code=code, text=text))

    def send(self, phase: Phase, *commands: bytes) -> None:
        """Send commands in one piece (RFC 2920); `phase` is the first one's. Raises Trouble."""
        self.phase, self.together = phase, None
        if not self._wire.in_step:
            raise Trouble(phase, _OUT_OF_TURN)
        try:
            self._wire.send(*commands)
        except (SMTPException, OSError) as error:
            raise self._lost(phase, error) from error
        self.together = []

    async def hear(self, phase: Phase, *, within: float) -> Reply:
        """Return the reply to the oldest command that has none, which is `phase`'s.

        Raises Trouble: none comes, or more have come than are owed.
        """
        self.phase = phase
        try:
            code, text = await self._wire.read_response(timeout=within)
        except (SMTPException, OSError) as error:
            raise self._lost(phase, error) from error
        reply = self._only(phase, Reply(code=code, text=text))
        if self.together is not None:
            self.together.append((phase, reply))
        return reply

    async def content(self, message: bytes, *, within: float) -> Reply | None:
        """Send the message, dots stuffed, without the final dot. Raises Trouble.

        Returns None when the system has taken every byte, or the reply that broke it off early.
        Whatever else happens than None, it never was a whole message.
        """
        stuffed = _LEADING_DOT.sub(b"..", message)
        try:
            async with asyncio.timeout(within):
                for start in range(0, len(stuffed), _PIECE):
                    await self._wire.put(stuffed[start : start + _PIECE])
        except (SMTPException, OSError) as error:
            return await self._broken_off(error)
        if self._wire.answered or self._wire.begun or not self.alive:
            return await self._broken_off(None)
        return None

    async def dot(self, *, within: float) -> None:
        """Write the final dot. From here on, whatever goes wrong is a doubt. Raises Trouble."""
        try:
            async with asyncio.timeout(within):
                await self._wire.put(b".\r\n")
        except (SMTPException, OSError) as error:
            raise self._lost(Phase.DOT, error) from error

    async def verdict(self, *, within: float) -> Reply:
        """Return the reply to the final dot. Raises Trouble where none comes."""
        try:
            code, text = await self._wire.read_response(timeout=within)
        except (SMTPException, OSError) as error:
            raise self._lost(Phase.DOT, error) from error
        return Reply(code=code, text=text)

    def drop(self) -> None:
        """Cut the connection, now."""
        self.clean = False
        if self._wire.transport is not None:
            cast("asyncio.Transport", self._wire.transport).abort()

    async def close(self, *, within: float) -> None:
        """Say goodbye where that is possible, and wait until the connection is gone."""
        if self.alive and self.clean:
            # If it is gone already, that is what was wanted.
            with contextlib.suppress(SMTPException, OSError):
                await self._wire.execute_command(b"QUIT", timeout=within)
        self.drop()
        await self._wire.gone.wait()

    async def _broken_off(self, error: BaseException | None) -> Reply:
        """Return the reply that came in the middle of the content. Raises Trouble: none did."""
        if self._wire.answered:
            try:
                code, text = await self._wire.read_response(timeout=0)
            except (SMTPException, OSError) as ended:
                error = ended
            else:
                return Reply(code=code, text=text)
        if self._wire.begun and error is None:
            raise Trouble(Phase.CONTENT, _OUT_OF_TURN)
        raise self._lost(Phase.CONTENT, error) from error

    def _lost(self, phase: Phase, error: BaseException | None) -> Trouble:
        return Trouble(phase, lost(error, self._wire.ended))

    def _only(self, phase: Phase, reply: Reply) -> Reply:
        """Return the reply. Raises Trouble where more came with it: of what, nobody can say."""
        if not self._wire.in_step:
            raise Trouble(phase, _OUT_OF_TURN, reply=reply)
        return reply

    # Opening, in the order of the wire.

    async def greet(self, local_name: str, tls: ssl.SSLContext, *, within: float) -> None:
        """Hear the greeting, say EHLO, cover the connection, sign in. Raises Trouble."""
        _expect(Phase.GREETING, await self.hear(Phase.GREETING, within=within), 220)
        await self._ehlo(local_name, within)
        if self._relay.cover is Cover.STARTTLS:
            await self._start_tls(tls, within)
            await self._ehlo(local_name, within)
        if self._relay.username is not None:
            await self._sign_in(self._relay.username, self._relay.password or "", within)
        transport = cast("asyncio.Transport | None", self._wire.transport)
        if transport is None:
            raise self._lost(self.phase, None)
        # Writing pauses until the system has taken everything: see `Wire.put`. Under TLS a limit of
        # 0 is reached by nothing at all, and writing would pause until something else is done.
        under_tls = transport.get_extra_info("ssl_object") is not None
        transport.set_write_buffer_limits(high=1 if under_tls else 0, low=0)
        self.clean = True

    async def _ehlo(self, local_name: str, within: float) -> None:
        reply = await self.ask(Phase.EHLO, b"EHLO " + local_name.encode("ascii"), within=within)
        _expect(Phase.EHLO, reply, 250)
        self.extensions = parse_esmtp_extensions(reply.text)[0]
        self._offered = _offered(self.extensions)

    async def _start_tls(self, tls: ssl.SSLContext, within: float) -> None:
        self.phase = Phase.STARTTLS
        if "starttls" not in self.extensions:
            raise Trouble(Phase.STARTTLS, "the relay does not offer STARTTLS", configuration=True)
        try:
            await self._wire.start_tls(tls, server_hostname=self._relay.host, timeout=within)
        except SMTPResponseException as error:
            reply = Reply(code=error.code, text=error.message)
            raise Trouble.of(Phase.STARTTLS, reply) from error
        except ssl.SSLError as error:
            raise uncovered(error) from error
        except (SMTPException, OSError) as error:
            raise self._lost(Phase.STARTTLS, error) from error
        if not self._wire.in_step:
            # It was thrown away unread (RFC 3207, 6); but whoever can say it can do more.
            said = "somebody spoke in plain text where the cover begins"
            raise Trouble(Phase.STARTTLS, said, configuration=True)
        self._covered = _covered(self._wire)
        # What was said without cover is not to be relied on (RFC 3207, 4.2).
        self.extensions, self._offered = {}, ()

    async def _sign_in(self, username: str, password: str, within: float) -> None:
        offered = self.extensions.get("auth", "").upper().split()
        if "PLAIN" in offered:
            initial = b"AUTH PLAIN " + auth_plain_encode(username, password)
            reply = await self.ask(Phase.AUTH, initial, within=within)
        elif "LOGIN" in offered:
            name, word = auth_login_encode(username, password)
            reply = await self.ask(Phase.AUTH, b"AUTH LOGIN " + name, within=within)
            if reply.code == 334:
                reply = await self.ask(Phase.AUTH, word, within=within)
        else:
            raise Trouble(Phase.AUTH, "the relay offers no sign-in we know", configuration=True)
        _expect(Phase.AUTH, reply, 235)


async def connect(
    relay: Relay, tls: ssl.SSLContext, local_name: str, *, within: float
) -> Connection:
    """Open a connection, ready for its first transaction. Raises Trouble."""
    connection: Connection | None = None
    try:
        async with asyncio.timeout(within):
            connection = Connection(await _dial(relay, tls, within), relay)
            await connection.greet(local_name, tls, within=within)
    except TimeoutError as error:
        _cut(connection)
        phase = connection.phase if connection else Phase.CONNECT
        trouble = Trouble(phase, "the relay did not answer in time")
        raise trouble.at(connection.evidence if connection else ()) from error
    except Trouble as trouble:
        _cut(connection)
        raise trouble.at(connection.evidence if connection else ()) from trouble.__cause__
    except BaseException:
        _cut(connection)
        raise
    return connection


async def _dial(relay: Relay, tls: ssl.SSLContext, within: float) -> Wire:
    covered = relay.cover is Cover.TLS
    try:
        _, wire = await asyncio.get_running_loop().create_connection(
            Wire,
            relay.host,
            relay.port,
            ssl=tls if covered else None,
            ssl_handshake_timeout=within if covered else None,
        )
    except socket.gaierror as error:
        # Our resolver, or our setting: no agency has anything to do with it.
        raise Trouble(Phase.CONNECT, "the relay's name cannot be resolved", ours=True) from error
    except ssl.SSLError as error:
        raise uncovered(error) from error
    except TimeoutError:
        raise
    except OSError as error:
        raise Trouble(Phase.CONNECT, lost(error)) from error
    return wire


def _expect(phase: Phase, reply: Reply, code: int) -> None:
    if reply.code != code:
        raise Trouble.of(phase, reply)


def _covered(wire: Wire) -> tuple[tuple[str, str], ...]:
    """Say where a connection goes and how it is covered."""
    transport = cast("asyncio.Transport | None", wire.transport)
    if transport is None:
        return ()
    peer = transport.get_extra_info("peername")
    found = [("remote", f"{peer[0]}:{peer[1]}")] if peer else []
    if covered := transport.get_extra_info("ssl_object"):
        found += [("tls", covered.version()), ("cipher", covered.cipher()[0])]
    return tuple(found)


def _offered(extensions: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Say what was offered of what this hub could use or be refused for, and what was not."""
    offered = [name for name in _KNOWN if name.lower() in extensions]
    lacking = [name for name in _KNOWN if name not in offered]
    if (most := extensions.get("size", "")).isdigit():
        offered[offered.index("SIZE")] = f"SIZE {most[:20]}"
    found = (("offered", ", ".join(offered)), ("not offered", ", ".join(lacking)))
    return tuple((what, names) for what, names in found if names)


def _cut(connection: Connection | None) -> None:
    if connection is not None:
        connection.drop()
