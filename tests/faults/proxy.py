"""A wire that can be made bad while it is used: a TCP proxy on loopback with faults to switch."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit, urlunsplit

from tests.faults.lasting import after

_PIECE: Final = 16_384
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER by which closing sends RST instead of FIN."""


class Way(Enum):
    """Which way octets travel."""

    UP = "from the client to the server"
    DOWN = "from the server to the client"


@dataclass(eq=False)
class _Link:
    """One connection through the proxy: both of its halves."""

    near: asyncio.StreamWriter
    """To the client."""
    far: asyncio.StreamWriter
    """To the server."""
    left: dict[Way, int]
    """How many octets it may still pass, where that is bounded."""
    gone: bool = False
    """True: the server is gone and the client was never told."""

    def deaf(self, writer: asyncio.StreamWriter) -> bool:
        """Whether nobody is there any more to whom this leads."""
        return self.gone or writer.is_closing()

    def end(self, *, reset: bool = False) -> None:
        """Close both halves."""
        for writer in (self.near, self.far):
            if reset:
                _will_reset(writer)
                writer.transport.abort()
            writer.close()


class Proxy:
    """Passes connections on to a port of loopback, as badly as it is told.

    Faults may be switched at any time; `heal` ends them, and what a black hole held back goes on. A
    half-open connection stays so until its client gives it up.
    """

    host: Final = "127.0.0.1"

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._links: set[_Link] = set()
        self._running: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._latency = 0.0
        self._rate: float | None = None
        self._quota: dict[Way, int] = {}
        self._resets = False
        self.port = 0
        self.accepted = 0
        """How many connections have come."""
        self.passed = dict.fromkeys(Way, 0)
        """Octets that went through, each way."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def url(self, direct: str) -> str:
        """Return a URL of the server as it is reached through here."""
        parts = urlsplit(direct)
        user, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{user}{at}{self.host}:{self.port}"))

    @property
    def links(self) -> int:
        """How many connections are open now, half-open ones included."""
        return len(self._links)

    # The faults

    def slow(self, latency: float) -> None:
        """Hold every piece back for so many seconds, each way."""
        self._latency = latency

    def drip(self, rate: float) -> None:
        """Pass so many octets a second, each way of each connection."""
        self._rate = rate

    def cut_after(self, count: int, way: Way, *, reset: bool = False) -> None:
        """Cut each connection once it has passed so many octets more this way."""
        self._quota, self._resets = {way: count}, reset
        for link in self._links:
            link.left = dict(self._quota)

    def black_hole(self) -> None:
        """Take connections, keep those there are, and pass nothing until `heal`."""
        self._open.clear()

    def half_open(self) -> None:
        """Let the server be gone from every connection there is, without a word to its client."""
        for link in self._links:
            link.gone = True
            link.far.close()

    def reset(self) -> None:
        """End every connection there is by RST, both ways."""
        for link in tuple(self._links):
            link.end(reset=True)

    def heal(self) -> None:
        """Be a good wire again for all that is to come."""
        self._latency, self._rate, self._quota, self._resets = 0.0, None, {}, False
        for link in self._links:
            link.left = {}
        self._open.set()

    # The wire

    async def _accept(self, source: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._running.add(task)
        self.accepted += 1
        try:
            await self._open.wait()
            await self._link(source, near)
        except (OSError, asyncio.CancelledError):
            # Cancelled by ourselves alone, at the end; asyncio would complain of that.
            near.close()
        finally:
            self._running.discard(task)
            near.close()

    async def _link(self, source: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        answers, far = await asyncio.open_connection(self.host, self._server_port)
        link = _Link(near=near, far=far, left=dict(self._quota))
        self._links.add(link)
        ways = [
            asyncio.create_task(self._pump(link, Way.UP, source, far)),
            asyncio.create_task(self._pump(link, Way.DOWN, answers, near)),
        ]
        try:
            await asyncio.gather(*ways)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._links.discard(link)
            link.end()

    async def _pump(
        self, link: _Link, way: Way, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(_PIECE):
                await self._pass_on(link, way, data, target)
        # Of a peer that is gone nobody hears, and what is said to it is lost.
        if not link.deaf(target):
            with contextlib.suppress(OSError):
                target.write_eof()

    async def _pass_on(
        self, link: _Link, way: Way, data: bytes, target: asyncio.StreamWriter
    ) -> None:
        while data and not link.deaf(target):
            rate = self._rate
            piece = data[: max(1, int(rate / 10))] if rate else data
            await after(self._latency + (len(piece) / rate if rate else 0.0))
            await self._open.wait()
            if link.deaf(target):
                return
            piece = piece[: link.left.get(way, len(piece))]
            target.write(piece)
            await target.drain()
            self.passed[way] += len(piece)
            data = data[len(piece) :]
            if way in link.left:
                link.left[way] -= len(piece)
                if link.left[way] <= 0:
                    link.end(reset=self._resets)
                    return


def _will_reset(writer: asyncio.StreamWriter) -> None:
    found: socket.socket | None = writer.get_extra_info("socket")
    if found is not None:
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
