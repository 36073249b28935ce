"""Where mail and webhooks end: light receivers that note each copy before they answer for it."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from types import TracebackType
from typing import Final, Self, cast

from tests.faults.checker import CARRY, History

_MESSAGE_ID: Final = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE)
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_WEBHOOK_ID: Final = re.compile(rb"webhook-id: *(\S+)", re.IGNORECASE)


class Sinks:
    """A mail server and a webhook receiver on loopback that take everything."""

    def __init__(self, history: History) -> None:
        self.copies: Counter[str] = Counter()
        """How many copies of each delivery came."""
        self.total = 0
        self.resets = 0
        """How many of the mails to come are taken, and answered by RST after the final dot."""
        self._history = history
        self._news = asyncio.Condition()
        self._answering = True
        self._owed: list[tuple[asyncio.Transport, bytes]] = []
        self._open: set[asyncio.Transport] = set()
        self._servers: list[asyncio.Server] = []
        self._waking: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for protocol in (_Mail, _Hook):
            self._servers.append(await loop.create_server(partial(protocol, self), "127.0.0.1"))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.close()
        for transport in tuple(self._open):
            transport.abort()
        await asyncio.gather(*self._waking)

    @property
    def smtp(self) -> str:
        """The URL of the mail server."""
        return f"smtp://127.0.0.1:{self._port(0)}"

    @property
    def hooks(self) -> str:
        """Host and port of the webhook receiver."""
        return f"127.0.0.1:{self._port(1)}"

    def _port(self, which: int) -> int:
        port: int = self._servers[which].sockets[0].getsockname()[1]
        return port

    async def until(self, copies: int, within: float) -> bool:
        """Wait until so many copies have come in all; False where they do not within the time."""
        return await self._until(lambda: self.total >= copies, within)

    async def until_all(self, deliveries: int, within: float) -> bool:
        """Wait until so many different deliveries have come; False where they do not in time."""
        return await self._until(lambda: len(self.copies) >= deliveries, within)

    async def _until(self, enough: Callable[[], bool], within: float) -> bool:
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(enough)
        except TimeoutError:
            return False
        return True

    def hold_answers(self) -> None:
        """Take what comes and say nothing of it, until `answer`."""
        self._answering = False

    def answer(self) -> None:
        """Say what was held back, to whoever still listens, and answer at once from now on."""
        self._answering = True
        owed, self._owed = self._owed, []
        for transport, line in owed:
            if not transport.is_closing():
                transport.write(line)

    def took(self, delivery: str, content: bytes, wire: asyncio.Transport, says: bytes) -> None:
        """Note one copy, and only then answer for it."""
        self.copies[delivery] += 1
        self.total += 1
        digest = sha256(content).hexdigest()
        self._history.note(CARRY, "taken", delivery=delivery, sha256=digest)
        if self._answering:
            wire.write(says)
        else:
            self._owed.append((wire, says))
        task = asyncio.ensure_future(self._wake())
        self._waking.add(task)
        task.add_done_callback(self._waking.discard)

    async def _wake(self) -> None:
        async with self._news:
            self._news.notify_all()

    def opened(self, transport: asyncio.Transport) -> None:
        """Know one more connection."""
        self._open.add(transport)

    def closed(self, transport: asyncio.Transport) -> None:
        """Know one less."""
        self._open.discard(transport)


class _Conversation(asyncio.Protocol, ABC):
    """One connection to a sink."""

    def __init__(self, sinks: Sinks) -> None:
        self.sinks = sinks
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.sinks.opened(self.transport)
        self.begin()

    def connection_lost(self, error: Exception | None) -> None:
        self.sinks.closed(self.transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while not self.transport.is_closing() and self.step():
            pass

    def begin(self) -> None:  # a webhook's server says nothing first
        """Say what is said first."""

    @abstractmethod
    def step(self) -> bool:
        """Take what is whole; False where more must come first."""


class _Mail(_Conversation):
    content = False

    def begin(self) -> None:
        self.say(b"220 sink ESMTP")

    def step(self) -> bool:
        end = b"\r\n.\r\n" if self.content else b"\r\n"
        whole, found, rest = self.buffer.partition(end)
        if not found:
            return False
        self.buffer = rest
        if self.content:
            self.content = False
            # A dot that begins a line was doubled on its way (RFC 5321, 4.5.2).
            message = re.sub(rb"(?m)^\.\.", b".", whole + b"\r\n")
            said = _MESSAGE_ID.search(message)
            name = said[1].decode() if said else ""
            self.sinks.took(name, message, self.transport, self.word())
        else:
            self.obey(whole[:4].upper())
        return True

    def word(self) -> bytes:
        """Return what is said to the final dot, or hang up by RST."""
        if not self.sinks.resets:
            return b"250 2.0.0 Ok: queued\r\n"
        self.sinks.resets -= 1
        found: socket.socket = self.transport.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
        return b""

    def obey(self, verb: bytes) -> None:
        match verb:
            case b"EHLO":
                self.say(b"250-sink\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 DSN")
            case b"DATA":
                self.content = True
                self.say(b"354 Go ahead")
            case b"QUIT":
                self.say(b"221 2.0.0 Bye")
                self.transport.close()
            case _:
                self.say(b"250 2.0.0 Ok")

    def say(self, line: bytes) -> None:
        self.transport.write(line + b"\r\n")


class _Hook(_Conversation):
    def step(self) -> bool:
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        count = int(length[1]) if length else 0
        if not found or len(rest) < count:
            return False
        self.buffer = rest[count:]
        said = _WEBHOOK_ID.search(head)
        name = said[1].decode() if said else ""
        self.sinks.took(name, rest[:count], self.transport, b"HTTP/1.1 204 No Content\r\n\r\n")
        return True
