"""Webhook receivers that mean harm, or are as badly written as if they did."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Self

from tests.faults.lasting import after

FLOOD: Final = 10 * 1024**3
"""Octets of the longest answer."""
BOMB: Final = gzip.compress(b"\0" * 50_000_000)
"""50 MB of nothing, in 50 kB."""
RETRY_AFTER: Final = 30
"""Seconds for which the busy one asks."""
TRAP: Final = "trap"
"""Where the redirect leads: nobody may ever come."""

_Answer = Callable[["Hostile", asyncio.StreamWriter], Awaitable[None]]


class Hostile:
    """One receiver for each kind, each on a port of its own."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        """How many requests each kind has read."""
        self.poured = 0
        """Octets of the flood that were taken from us."""
        self.ports: dict[str, int] = {}
        self._servers: list[asyncio.Server] = []
        self._talking: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        for kind in (*_ANSWERS, "stall", TRAP):
            server = await asyncio.start_server(self._door(kind), "127.0.0.1", 0)
            self._servers.append(server)
            self.ports[kind] = server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.close()
        for task in self._talking:
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)

    @property
    def urls(self) -> dict[str, str]:
        """Where each kind is."""
        return {
            kind: f"{'https' if kind == 'stall' else 'http'}://127.0.0.1:{port}/{kind}"
            for kind, port in self.ports.items()
            if kind != TRAP
        }

    def _door(
        self, kind: str
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def come_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is None:
                return
            self._talking.add(task)
            try:
                # Cancelled by ourselves alone, at the end; asyncio would complain of that.
                with contextlib.suppress(
                    OSError, asyncio.IncompleteReadError, asyncio.CancelledError
                ):
                    await self._talk(kind, reader, writer)
            finally:
                self._talking.discard(task)
                writer.close()

        return come_in

    async def _talk(
        self, kind: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if kind in {"stall", TRAP}:
            self.calls[kind] += 1
            await _never()
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = head.lower().split(b"\r\n")
            length = next(int(e[15:]) for e in lines if e.startswith(b"content-length:"))
            await reader.readexactly(length)
            self.calls[kind] += 1
            await _ANSWERS[kind](self, writer)

    async def pour(self, writer: asyncio.StreamWriter) -> None:
        """Answer with more than anybody can keep, for as long as it is taken."""
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % FLOOD)
        piece = b"x" * 65_536
        for _ in range(FLOOD // len(piece)):
            writer.write(piece)
            await writer.drain()
            self.poured += len(piece)


async def _hang(_: Hostile, writer: asyncio.StreamWriter) -> None:
    await _never()


async def _drip(_: Hostile, writer: asyncio.StreamWriter) -> None:
    for octet in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Patience: very much\r\n\r\n":
        writer.write(bytes([octet]))
        await writer.drain()
        await after(1)


async def _storm(_: Hostile, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")


async def _busy(_: Hostile, writer: asyncio.StreamWriter) -> None:
    head = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: %d\r\nContent-Length: 0\r\n\r\n"
    writer.write((head % RETRY_AFTER).encode())


async def _reset(_: Hostile, writer: asyncio.StreamWriter) -> None:
    found: socket.socket = writer.get_extra_info("socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    raise ConnectionResetError


async def _redirect(hostile: Hostile, writer: asyncio.StreamWriter) -> None:
    where = f"http://127.0.0.1:{hostile.ports[TRAP]}/"
    head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n"
    writer.write(head.encode())


async def _bomb(_: Hostile, writer: asyncio.StreamWriter) -> None:
    head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    writer.write((head % len(BOMB)).encode() + BOMB)
    await writer.drain()


_ANSWERS: Final[dict[str, _Answer]] = {
    "hang": _hang,
    "drip": _drip,
    "storm": _storm,
    "busy": _busy,
    "reset": _reset,
    "redirect": _redirect,
    "bomb": _bomb,
    "flood": Hostile.pour,
}


async def _never() -> None:
    await asyncio.get_running_loop().create_future()
