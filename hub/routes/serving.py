"""How the application is served: slow peers are cut off, and every answer carries the headers.

What a handler never sees is answered here: heads of requests that cannot be parsed or do not
arrive in time (RFC 9110 15.5.9), and answers that nobody reads.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import aiohttp.http_parser
import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from multidict import CIMultiDict

from hub.routes.deps import WEB, WebSettings, secure
from hub.vocabulary import HubError

log = structlog.get_logger()

_IDLE_SECONDS: Final = 75.0
"""How long an idle connection is kept."""
_LINGER_SECONDS: Final = 2.0
"""How long a body that was refused is read on and thrown away, so that its sender sees why."""
_TOO_SLOW: Final = "This request took too long to arrive.\n"
_UNREADABLE: Final = "This request cannot be read.\n"


class ParserMissing(HubError):
    """The fast, strict parser of HTTP is not there: install aiohttp with its compiled part."""


class ChecksLeftOut(HubError):
    """Python runs with -O, which leaves checks out of libraries: run it without."""


def build_runner(app: web.Application, *, shutdown_seconds: float = 10.0) -> web.AppRunner:
    """Return a runner whose parser-level errors carry the same headers as everything else.

    There is no access log: paths hold notice ids, and a remote address is a person's. Raises
    ParserMissing: the parser written in Python takes some requests for two (request smuggling);
    ChecksLeftOut.
    """
    if not __debug__:
        raise ChecksLeftOut
    parser: type = aiohttp.http_parser.HttpRequestParser
    if parser is aiohttp.http_parser.HttpRequestParserPy:
        raise ParserMissing
    return _Runner(
        app,
        access_log=None,
        shutdown_timeout=shutdown_seconds,
        keepalive_timeout=_IDLE_SECONDS,
        lingering_time=_LINGER_SECONDS,
    )


class _Bare(web.Response):
    """A response to what never became a request: no hook of the application sees it."""

    def __init__(self, status: int, *, https: bool) -> None:
        super().__init__(status=status, text=_UNREADABLE)
        self._https = https
        self.force_close()

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        secure(self.headers, https=self._https)


class _Handler(RequestHandler):
    """aiohttp's own handler, with a time for each head and each answer, and errors that say little.

    aiohttp has no limit on how slowly the head of a request may come, nor on how slowly an answer
    may be read: a few hundred such peers would hold as many connections and their memory.
    """

    settings: WebSettings
    _late: asyncio.TimerHandle | None = None
    """Runs while a head has begun and is not whole."""

    def data_received(self, data: bytes) -> None:
        """Take bytes; where they begin a head and do not end it, its time begins."""
        super().data_received(data)
        if self._waiting_for_a_head():
            if self._late is None and self._loop is not None:
                self._late = self._loop.call_later(self.settings.head_seconds, self._cut)
        else:
            self._stop_waiting()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Let go."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _waiting_for_a_head(self) -> bool:
        """Whether nothing is in hand: no whole head has come since the last answer."""
        idle = self._waiter is not None and not self._waiter.done()
        return idle and not self._messages

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _cut(self) -> None:
        self._late = None
        if self.transport is None or not self._waiting_for_a_head():
            return
        log.info("web.too_slow", part="head")
        self.transport.write(_too_slow(https=self.settings.https))
        self.force_close()

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer within its time; whoever reads it more slowly is cut off."""
        try:
            async with asyncio.timeout(self.settings.answer_seconds):
                return await super().finish_response(request, resp, start_time)
        except TimeoutError:
            log.info("web.too_slow", part="answer")
            if self.transport is not None:
                # What waits in the buffer is thrown away: nobody reads it.
                self.transport.abort()
            return resp, True

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  the parser's words quote what was sent
    ) -> web.StreamResponse:
        """Answer what could not be parsed, or what failed outside every handler."""
        log.info("web.unreadable", status=status, error=type(exc).__name__)
        if request.writer.output_size > 0:
            msg = "a response has begun; another cannot follow"
            raise ConnectionError(msg)
        return _Bare(status, https=self.settings.https)


def _too_slow(*, https: bool) -> bytes:
    headers: CIMultiDict[str] = CIMultiDict()
    secure(headers, https=https)
    headers["Content-Type"] = "text/plain; charset=utf-8"
    headers["Content-Length"] = str(len(_TOO_SLOW))
    headers["Connection"] = "close"
    lines = (f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 408 Request Timeout\r\n{''.join(lines)}\r\n{_TOO_SLOW}".encode()


class _Server(web.Server):
    """aiohttp's own server, which makes our handler for each connection."""

    def __init__(self, made: web.Server, settings: WebSettings, options: dict[str, Any]) -> None:
        super().__init__(made.request_handler, request_factory=made.request_factory, **options)
        self._settings = settings

    def __call__(self) -> RequestHandler:
        handler = _Handler(self, loop=self._loop, **self._kwargs)
        handler.settings = self._settings
        return handler


class _Runner(web.AppRunner):
    __slots__ = ()

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made, self.app[WEB].settings, self._kwargs)
