"""The web: its routes, the headers on every response, and errors in plain words."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from hub.ports import RegisterAway
from hub.routes import (
    answers,
    attestation,
    closure,
    concerns,
    contacts,
    figures,
    health,
    own,
    replies,
    sign_in,
    style,
    taking,
    told,
    unclaimed,
)
from hub.routes.deps import WEB, Web, WebSettings, secure
from hub.routes.policy import BANNERS, banners
from hub.routes.rendering import error_page, problem

log = structlog.get_logger()

_IDLE_SECONDS: Final = 75.0
"""How long an idle connection is kept."""
_LINGER_SECONDS: Final = 2.0
"""How long a body that was refused is read on and thrown away, so that its sender sees why."""
_FOR_PROGRAMS: Final = ("/v1/", "/healthz", "/readyz", "/metrics")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_application(deps: Web, *, health_only: bool = False) -> web.Application:
    """Return the web application. Serve it by `build_runner`, or parser errors go out bare.

    `health_only`: a hub without the role `web` still says whether it is alive and ready.
    """
    app = web.Application(
        middlewares=[_errors_in_plain_words], client_max_size=deps.settings.largest_body
    )
    app[WEB] = deps
    health.add_routes(app)
    if not health_only:
        chapters = (
            *(answers, concerns, told, own, taking, replies, unclaimed),
            *(closure, attestation, contacts, figures, sign_in),
        )
        for chapter in chapters:
            chapter.add_routes(app)
        style.add_routes(app, deps.style)
        if deps.style.plain_because:
            log.warning("web.style.plain", why=deps.style.plain_because, mend="make assets")
        # Events by HTTP are a chapter of their own: it is there, or it is not.
        if deps.take_in is not None and find_spec("hub.routes.events"):
            importlib.import_module("hub.routes.events").add_routes(app)
    app.on_response_prepare.append(_put_headers_on)
    return app


def build_runner(app: web.Application, *, shutdown_seconds: float = 10.0) -> web.AppRunner:
    """Return a runner whose parser-level errors carry the same headers as everything else.

    There is no access log: paths hold notice ids, and a remote address is a person's.
    """
    return _Runner(
        app,
        access_log=None,
        shutdown_timeout=shutdown_seconds,
        keepalive_timeout=_IDLE_SECONDS,
        lingering_time=_LINGER_SECONDS,
    )


async def _put_headers_on(request: web.Request, response: web.StreamResponse) -> None:
    secure(response.headers, https=request.app[WEB].settings.https)


@web.middleware
async def _errors_in_plain_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    deps = request.app[WEB]
    BANNERS.set(banners(deps.policy(), deps.clock.now()))
    style.SHEET.set(deps.style.path)
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = _told(request, error.status)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
    except RegisterAway:
        log.warning("web.register.away")
        response = _told(request, 503)
    except Exception as error:  # noqa: BLE001  the last door: nothing of it may reach a stranger
        log.error("web.failed", error=type(error).__name__)  # noqa: TRY400  a trace holds content
        response = _told(request, 500)
    if not request.content.is_eof():
        response.force_close()
    return response


def _told(request: web.Request, status: int) -> web.Response:
    if request.path.startswith(_FOR_PROGRAMS):
        return problem(status, _FOR_PROGRAMMERS.get(status, "The request cannot be served"))
    return error_page(status)


_FOR_PROGRAMMERS: Final = {
    400: "The request cannot be read",
    401: "Not signed in",
    404: "There is nothing here, or it is not yours to see",
    405: "This method is not for this path",
    408: "The body took too long to arrive",
    413: "The body is too long",
    415: "This content type is not taken here",
    500: "Something went wrong on our side; try again",
    503: "Nothing can be written down at this moment; try again",
}


class _Bare(web.Response):
    """A response to what never became a request: no hook of the application sees it."""

    def __init__(self, status: int, *, https: bool) -> None:
        super().__init__(status=status, text="This request cannot be read.\n")
        self._https = https
        self.force_close()

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        secure(self.headers, https=self._https)


class _Handler(RequestHandler):
    """aiohttp's own handler, with errors that say nothing about what we run."""

    https = False

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
        return _Bare(status, https=self.https)


class _HandlerOverTls(_Handler):
    https = True


class _Server(web.Server):
    """aiohttp's own server, which makes our handler for each connection."""

    def __init__(self, made: web.Server, handler: type[_Handler], options: dict[str, Any]) -> None:
        super().__init__(made.request_handler, request_factory=made.request_factory, **options)
        self._ours = handler

    def __call__(self) -> RequestHandler:
        return self._ours(self, loop=self._loop, **self._kwargs)


class _Runner(web.AppRunner):
    __slots__ = ()

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        https = self.app[WEB].settings.https
        return _Server(made, _HandlerOverTls if https else _Handler, self._kwargs)


__all__ = ["Web", "WebSettings", "build_application", "build_runner"]
