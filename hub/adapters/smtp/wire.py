"""The client library's protocol object, made strict: one reply to one question, and no other word.

The library drops what comes unasked and keeps what came too early for the next question. Either way
a later reply may be taken for the answer to something else, such as the final dot.

Where questions go in one piece (RFC 2920), each reply answers the oldest that has none: so many are
owed, and what comes beyond them was not asked for.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

from aiosmtplib.errors import SMTPResponseException
from aiosmtplib.protocol import COMMAND_INJECTION_REGEX, MAX_RESPONSE_LENGTH, SMTPProtocol
from aiosmtplib.response import SMTPResponse
from aiosmtplib.typing import SMTPStatus

from hub.adapters.smtp.trouble import HUNG_UP, LOST, RESET

_LINE: Final = re.compile(rb"([2-5][0-9]{2})(?:([ -]).*)?", re.DOTALL)
"""One line of a reply (RFC 5321, 4.2)."""


class Wire(SMTPProtocol):
    """The library's protocol, with content and dot apart, and an end one can wait for."""

    def __init__(self) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self.gone = asyncio.Event()
        self.ended = LOST
        """How it ended, in words."""
        self._unasked = False
        self._owed = 0
        """Replies to what was sent in one piece that nobody has read."""

    def data_received(self, data: bytes) -> None:
        """Take what the server says, and note whether anything was asked."""
        waiter = self._response_waiter
        if waiter is not None and not waiter.done() and self._response_pending:
            super().data_received(data)
        elif self._owed and len(self._buffer) + len(data) <= MAX_RESPONSE_LENGTH:
            # The library would drop what comes between two reads of what is owed.
            self._buffer.extend(data)
        else:
            self._unasked = True

    def eof_received(self) -> bool:
        """Note that the server ended it in good order."""
        self.ended = HUNG_UP
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note how it ended, if the server had not hung up before."""
        if isinstance(exc, ConnectionError) and self.ended is LOST:
            self.ended = RESET
        super().connection_lost(exc)
        self.gone.set()

    async def read_response(self, timeout: float | None = None) -> SMTPResponse:  # noqa: ASYNC109  # the library's
        """Return one reply; what came with it was not asked for, unless more are owed."""
        response = self._kept()
        if response is None:
            response = await super().read_response(timeout)
        self._owed -= bool(self._owed)
        self._unasked |= self.begun and not self._owed
        return response

    def send(self, *commands: bytes) -> None:
        """Write commands in one piece; each has a reply of its own, to be read in their order.

        Raises ValueError where a command holds an end of a line, or any other control character.
        """
        if any(COMMAND_INJECTION_REGEX.search(command) for command in commands):
            raise ValueError("a command holds a control character")
        self._response_pending = True
        self._owed = len(commands)
        self.write(b"".join(command + b"\r\n" for command in commands))

    async def put(self, data: bytes) -> None:
        """Hand bytes to the system, and return when it has taken all of them."""
        # A server may answer early, in the middle of the content, and hang up.
        self._response_pending = True
        self.write(data)
        await self._drain_helper()

    @property
    def answered(self) -> bool:
        """Whether a reply, or the end, came before it was asked for."""
        return self._response_waiter is None or self._response_waiter.done()

    @property
    def begun(self) -> bool:
        """Whether there is a word of a reply that nobody has read."""
        return bool(self._buffer)

    @property
    def in_step(self) -> bool:
        """Whether everything that the server said was the answer to something."""
        return not self._unasked

    def _kept(self) -> SMTPResponse | None:
        """Return the oldest reply that is owed, where it is here and nobody was told of it."""
        waiter = self._response_waiter
        told = waiter is not None and waiter.done() and waiter.exception() is None
        if told or not self._owed:
            return None
        response = self._read_response_from_buffer()
        if response is not None:
            self._response_pending = False
        return response

    def _read_response_from_buffer(self) -> SMTPResponse | None:
        """Return the reply in the buffer, if it is whole and says one thing."""
        codes = set()
        for line in bytes(self._buffer).split(b"\n")[:-1]:
            read = _LINE.fullmatch(line.rstrip(b"\r"))
            codes.add(read[1] if read else b"")
            if read is None or len(codes) > 1:
                raise SMTPResponseException(SMTPStatus.invalid_response.value, "not a reply")
            if read[2] != b"-":
                break
        return super()._read_response_from_buffer()
