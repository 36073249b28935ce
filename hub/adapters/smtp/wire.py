"""The client library's protocol object, made strict: one reply to one question, and no other word.

The library drops what comes unasked and keeps what came too early for the next question. Either way
a later reply may be taken for the answer to something else, such as the final dot.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

from aiosmtplib.errors import SMTPResponseException
from aiosmtplib.protocol import SMTPProtocol
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

    def data_received(self, data: bytes) -> None:
        """Take what the server says, and note whether anything was asked."""
        waiter = self._response_waiter
        if waiter is None or waiter.done() or not self._response_pending:
            self._unasked = True
        super().data_received(data)

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
        """Return one reply; what came with it was not asked for."""
        response = await super().read_response(timeout)
        self._unasked |= self.begun
        return response

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
