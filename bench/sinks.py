"""`python -m bench.sinks`: a mail server and a webhook receiver in a process of their own.

As light as they can be, since they share the machine with what is measured. They note of each
delivery whose it is, its id, and when its first byte came. Orders come by standard input, one a
line: `count`, or `dump PATH`, which writes what came and forgets it.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import Final, cast

import orjson
import uvloop

Came = tuple[str, str, str, float]
"""Reference, reader, delivery id, first byte on the machine's monotonic clock."""

_SUBJECT: Final = re.compile(rb"^Subject: (\S+)", re.MULTILINE)
_MESSAGE_ID: Final = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE)
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_WEBHOOK_ID: Final = re.compile(rb"webhook-id: *(\S+)", re.IGNORECASE)
_REFERENCE: Final = re.compile(rb'"concern_ref":"([^"]+)"')

came: list[Came] = []


def _found(pattern: re.Pattern[bytes], data: bytes) -> str:
    found = pattern.search(data)
    return found[1].decode() if found else ""


class Mail(asyncio.Protocol):
    """One SMTP conversation that takes everything."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._buffer = b""
        self._reader = ""
        self._content = False
        self._first = 0.0
        self._say(b"220 sink ESMTP")

    def data_received(self, data: bytes) -> None:
        """Take what came, and answer what is whole."""
        if self._content and not self._first:
            self._first = time.monotonic()
        self._buffer += data
        while self._step():
            pass

    def _step(self) -> bool:
        if self._content:
            end = self._buffer.find(b"\r\n.\r\n")
            if end < 0:
                return False
            message, self._buffer = self._buffer[:end], self._buffer[end + 5 :]
            head = message[: message.find(b"\r\n\r\n") + 2]
            came.append(
                (_found(_SUBJECT, head), self._reader, _found(_MESSAGE_ID, head), self._first)
            )
            self._content = False
            self._say(b"250 2.0.0 Ok: queued as S%08d" % len(came))
            return True
        line, separator, rest = self._buffer.partition(b"\r\n")
        if not separator:
            return False
        self._buffer = rest
        self._obey(line)
        return True

    def _obey(self, line: bytes) -> None:
        match line[:4].upper():
            case b"EHLO":
                self._say(
                    b"250-sink\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n"
                    b"250-8BITMIME\r\n250 DSN"
                )
            case b"RCPT":
                self._reader = line.partition(b"<")[2].partition(b">")[0].decode()
                self._say(b"250 2.1.5 Ok")
            case b"DATA":
                self._content, self._first = True, 0.0
                self._say(b"354 Go ahead")
            case b"QUIT":
                self._say(b"221 2.0.0 Bye")
                self._transport.close()
            case _:
                self._say(b"250 2.0.0 Ok")

    def _say(self, line: bytes) -> None:
        self._transport.write(line + b"\r\n")


class Hook(asyncio.Protocol):
    """One HTTP connection that takes every POST."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._buffer = b""
        self._first = 0.0

    def data_received(self, data: bytes) -> None:
        """Take what came, and answer what is whole."""
        self._first = self._first or time.monotonic()
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        length = int(_found(_LENGTH, head) or 0)
        if not separator or len(rest) < length:
            return
        path = head.split(b" ", 2)[1].decode()
        came.append((_found(_REFERENCE, rest), path, _found(_WEBHOOK_ID, head), self._first))
        self._buffer, self._first = rest[length:], 0.0
        self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


def _dump(path: Path) -> None:
    path.write_bytes(orjson.dumps(came))


async def main() -> None:
    """Listen, say where, and obey until standard input ends."""
    loop = asyncio.get_running_loop()
    mail = await loop.create_server(Mail, "127.0.0.1", 0)
    hooks = await loop.create_server(Hook, "127.0.0.1", 0)
    ports = [server.sockets[0].getsockname()[1] for server in (mail, hooks)]
    print(*ports, flush=True)
    while order := (await asyncio.to_thread(sys.stdin.readline)).split():
        if order[0] == "dump":
            _dump(Path(order[1]))
        print(len(came), flush=True)
        if order[0] == "dump":
            came.clear()


if __name__ == "__main__":
    uvloop.run(main())
