"""A mail relay that keeps to the letter until the moment a test has named, and then does not."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from hub.adapters.smtp import Patience, SmtpCarrier
from tests.adapters.carriers.ground import VERP_KEY, StandingClock
from tests.adapters.carriers.peers import Peer, Script, Wire, peer
from tests.servers.papers import Papers

PLAIN = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "content", "dot", "after")
COVERED = (
    *("greeting", "EHLO", "STARTTLS", "handshake", "EHLO again", "AUTH"),
    *("MAIL", "RCPT", "DATA", "content", "dot", "after"),
)
"""The points at which a connection may end, in the order of the wire."""
OFFERED = ("SIZE 102400000", "8BITMIME", "DSN", "PIPELINING", "ENHANCEDSTATUSCODES")
ONE_BY_ONE = tuple(word for word in OFFERED if word != "PIPELINING")
"""What a relay offers that takes MAIL, RCPT and DATA one after the other alone."""
QUICK = Patience(connect=1.5, command=0.5, data=0.5, content=0.5, dot=0.5, farewell=0.5)
PATIENT = Patience(connect=20, command=20, data=20, content=20, dot=20, farewell=1)


class Over(Exception):  # it is no error: the script has come to its end
    """The connection has ended here, as the test wanted."""


@dataclass
class Relay:
    """One relay. Every call after the first is served without fault, if `once`."""

    ends: str | None = None
    """The point at which it ends instead of going on."""
    how: str = "fin"
    """`fin`, `rst`, or `silence`."""
    answers: dict[str, str] = field(default_factory=dict)
    """What it answers at a point instead of the usual, lines and all."""
    offered: tuple[str, ...] = OFFERED
    later: tuple[str, ...] | None = None
    """What it offers on every connection but the first, where that is something else."""
    under_cover: tuple[str, ...] | None = None
    """What it offers once it is covered, where that is something else."""
    tls: ssl.SSLContext | None = None
    once: bool = True
    cut: str | None = None
    """The point at which its answer has no end of a line, and it hangs up."""
    crumbs: bool = False
    """Say everything one octet at a time."""
    heard: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    calls: int = 0

    async def __call__(self, wire: Wire) -> None:
        self.calls += 1
        talk = Talk(self, wire, faulty=not self.once or self.calls == 1)
        with suppress(Over):
            await talk.all()


class Talk:
    """One connection, from the relay's side."""

    def __init__(self, relay: Relay, wire: Wire, *, faulty: bool) -> None:
        self.relay = relay
        self.wire = wire
        self.faulty = faulty
        self.covered = False
        self.granted: set[str] = set()

    async def all(self) -> None:
        await self.say("greeting", "220 mail.test ESMTP")
        while line := await self.wire.hear():
            verb = line.split()[0].upper()
            self.relay.heard.append(line.rstrip("\r\n"))
            match verb:
                case "EHLO":
                    await self.say("EHLO again" if self.covered else verb, self.offers())
                case "STARTTLS":
                    await self.say(verb, "220 2.0.0 Ready to start TLS")
                    await self.cover()
                case "AUTH":
                    await self.say(verb, "235 2.7.0 Welcome")
                case "MAIL":
                    self.granted.clear()
                    await self.grant(verb, "250 2.1.0 Ok")
                case "RCPT":
                    named = "MAIL" in self.granted
                    await self.grant(verb, "250 2.1.5 Ok" if named else "503 5.5.1 MAIL first")
                case "DATA":
                    await self.mail()
                case "QUIT":
                    await self.say(verb, "221 2.0.0 Bye")
                    return
                case _:
                    await self.say(verb, "250 2.1.0 Ok")

    def offers(self) -> str:
        relay = self.relay
        words = relay.offered if relay.calls == 1 or relay.later is None else relay.later
        if self.covered and relay.under_cover is not None:
            words = relay.under_cover
        if relay.tls is not None:
            words = (*words, "AUTH PLAIN" if self.covered else "STARTTLS")
        return "\r\n".join(["250-mail.test", *(f"250-{word}" for word in words), "250 HELP"])

    async def cover(self) -> None:
        await self.end_at("handshake")
        assert self.relay.tls is not None
        await self.wire.writer.start_tls(self.relay.tls)
        self.covered = True

    async def grant(self, point: str, usual: str) -> None:
        await self.say(point, usual)
        if self.answer(point, usual).startswith("2"):
            self.granted.add(point)

    async def mail(self) -> None:
        usual = "354 Go on" if "RCPT" in self.granted else "554 5.5.1 No valid recipients"
        await self.say("DATA", usual)
        if not self.answer("DATA", usual).startswith("354"):
            return
        if self.faulty and self.relay.ends == "content":
            await self.wire.reader.readexactly(1)
            await self.end_at("content")
        self.relay.mails.append(await self.wire.hear_mail())
        await self.say("dot", "250 2.0.0 Ok: queued as 4XyZ")
        await self.end_at("after")

    def answer(self, point: str, usual: str) -> str:
        return self.relay.answers.get(point, usual) if self.faulty else usual

    async def say(self, point: str, usual: str) -> None:
        await self.end_at(point)
        if self.faulty and self.relay.cut == point:
            await self.wire.say(self.answer(point, usual))
            raise Over
        said = (self.answer(point, usual) + "\r\n").encode()
        pieces = [said[at : at + 1] for at in range(len(said))] if self.relay.crumbs else [said]
        for piece in pieces:
            await self.wire.say(piece)
            # Each in its own packet: what is written in one turn of the loop may travel together.
            await asyncio.sleep(0)

    async def end_at(self, point: str) -> None:
        if not self.faulty or self.relay.ends != point:
            return
        transport = self.wire.writer.transport
        if self.relay.how == "rst":
            hard = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)
            transport.abort()
        elif self.relay.how == "fin" and transport.can_write_eof():
            transport.write_eof()
            await self.wire.gone()
        elif self.relay.how == "fin":
            self.wire.writer.close()
        elif point == "content":
            # It takes no more, until the test is over and with it this task.
            cast("asyncio.Transport", transport).pause_reading()
            await asyncio.Event().wait()
        else:
            await self.wire.gone()
        raise Over


@asynccontextmanager
async def relaying(
    relay: Script,
    *,
    made: Papers | None = None,
    patience: Patience = PATIENT,
    size: int = 1,
    pipelining: bool = True,
) -> AsyncIterator[tuple[SmtpCarrier, Peer]]:
    """Serve a relay, and the carrier that goes to it: under cover where there are papers."""
    async with peer(relay) as server:
        place = "smtp+starttls://hub:secret@127.0.0.1" if made else "smtp://127.0.0.1"
        carrier = SmtpCarrier(
            f"{place}:{server.port}",
            domain="hub.test",
            key=VERP_KEY,
            clock=StandingClock(),
            ca_file=made.authority if made else None,
            patience=patience,
            size=size,
            pipelining=pipelining,
        )
        try:
            yield carrier, server
        finally:
            await carrier.close()


def covering(chain: Path) -> ssl.SSLContext:
    """Return a server's side of TLS with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context
