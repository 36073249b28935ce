"""Servers that do exactly as a test says, down to the octet at which they hang up."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


class Wire:
    """One connection, from the server's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, data: str | bytes) -> None:
        self.writer.write(data if isinstance(data, bytes) else data.encode())
        await self.writer.drain()

    async def hear(self) -> str:
        """One line; an empty string where the client has gone."""
        return (await self.reader.readline()).decode()

    async def hear_mail(self) -> bytes:
        """Everything to the final dot, as it came."""
        return await self.reader.readuntil(b"\r\n.\r\n")

    async def hear_request(self) -> bytes:
        """One HTTP request with its body; nothing where the client has gone."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""
        lines = head.lower().split(b"\r\n")
        length = next(line for line in lines if line.startswith(b"content-length:"))
        return head + await self.reader.readexactly(int(length.partition(b":")[2]))

    async def gone(self) -> None:
        """Wait until the client has hung up."""
        while True:
            try:
                if not await self.reader.read(65_536):
                    return
            except ConnectionError:
                return


Script = Callable[[Wire], Awaitable[None]]


class Peer:
    """Where a scripted server listens, and how often it was called."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.calls = 0
        self.faults: list[BaseException] = []


@asynccontextmanager
async def peer(script: Script, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    """Serve a script to whoever calls; hang up, hard, when it ends."""
    running: set[asyncio.Task[None]] = set()
    transports: list[asyncio.WriteTransport] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here.calls += 1
        try:
            await script(Wire(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except Exception as fault:  # noqa: BLE001  # it is raised again when the test ends
            here.faults.append(fault)
        finally:
            writer.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        transports.append(writer.transport)
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=tls, limit=2**24)
    here = Peer(server.sockets[0].getsockname()[1])
    try:
        yield here
    finally:
        server.close()
        for task in tuple(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        # One that still had something to send, or a handshake to end, would outlive its loop.
        for transport in transports:
            transport.abort()
        await asyncio.sleep(0)
    assert not here.faults, here.faults
