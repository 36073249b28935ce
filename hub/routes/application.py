"""The web: its routes, the headers on every response, and errors in plain words."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Final

import structlog
from aiohttp import web

from hub.ports import RegisterAway
from hub.routes import (
    admin,
    admin_contacts,
    admin_webhooks,
    answers,
    attestation,
    audit,
    chasing,
    closure,
    concerns,
    contacts,
    emergency_access,
    failed,
    figures,
    health,
    live,
    openapi,
    own,
    own_sessions,
    people,
    portal,
    privacy,
    releases,
    replies,
    rules,
    sign_in,
    sign_in_there,
    step_up,
    style,
    taking,
    timelines,
    told,
    unclaimed,
    work,
)
from hub.routes.api import serving
from hub.routes.api.callers import Refused
from hub.routes.api.limits import LIMITS, Limits, OneTooMany, Policy, say
from hub.routes.deps import RUNS_OUR_SCRIPT, WEB, WHO, Web, WebSettings, secure
from hub.routes.policy import BANNERS, banners
from hub.routes.rendering import error_page, problem

log = structlog.get_logger()

_FOR_PROGRAMS: Final = ("/v1/", "/healthz", "/readyz", "/metrics")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_application(
    deps: Web, *, health_only: bool = False, health_elsewhere: bool = False
) -> web.Application:
    """Return the web application. Serve it by `serving.build_runner`, or parser errors go out bare.

    `health_only`: a hub without the role `web` still says whether it is alive and ready.
    `health_elsewhere`: what waits and what is wrong is said behind another door than the pages.
    """
    app = web.Application(
        middlewares=[_errors_in_plain_words], client_max_size=deps.settings.largest_body
    )
    app[WEB] = deps
    app[LIMITS] = Limits(
        callers=Policy(name="caller", quota=deps.settings.requests_a_minute),
        publishers=Policy(name="publisher", quota=deps.settings.events_a_minute),
    )
    health.add_routes(app, alive_only=health_elsewhere)
    if not health_only:
        chapters = (
            *(answers, concerns, told, own, taking, chasing, replies, unclaimed),
            *(closure, attestation, contacts, figures, audit, failed, rules, serving, openapi),
            *(sign_in, sign_in_there, step_up, people, own_sessions, live),
            *(work, releases, timelines, portal),
            *(admin, admin_webhooks, admin_contacts, emergency_access, privacy),
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


async def _put_headers_on(request: web.Request, response: web.StreamResponse) -> None:
    script = response.get(RUNS_OUR_SCRIPT, False)
    secure(response.headers, https=request.app[WEB].settings.https, script=script)
    say(request, response)


@web.middleware
async def _errors_in_plain_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    deps = request.app[WEB]
    BANNERS.set(banners(deps.policy(), deps.clock.now()))
    style.SHEET.set(deps.style.path)
    try:
        answered = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = _told(request, error.status)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
    except Refused as refused:
        response = refused.response
    except OneTooMany as one_too_many:
        response = _told(request, 429)
        response.headers["Retry-After"] = str(one_too_many.standing.wait)
    except RegisterAway:
        log.warning("web.register.away")
        response = _told(request, 503)
    except Exception as error:  # noqa: BLE001  the last door: nothing of it may reach a stranger
        log.error("web.failed", error=type(error).__name__)  # noqa: TRY400  a trace holds content
        response = _told(request, 500)
    else:
        if answered.status >= 400:
            # A form with faults is shown again: somebody tried what is not taken all the same.
            _note_refusal(request, answered.status)
        return answered
    _note_refusal(request, response.status)
    if not request.content.is_eof():
        response.force_close()
    return response


def _note_refusal(request: web.Request, status: int) -> None:
    """Say in the process's log who was refused what kind of thing; never which, nor from where.

    A stranger's 404 says nothing of anybody, and anybody could fill the log with it.
    """
    who, resource = request.get(WHO, ""), request.match_info.route.resource
    if status < 500 and (who or status != 404):
        route = "" if resource is None else resource.canonical
        log.info("web.refused", status=status, method=request.method, route=route, person=who)


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
    429: "Too many requests: wait as long as `Retry-After` says",
    500: "Something went wrong on our side; try again",
    503: "Nothing can be written down at this moment; try again",
}


__all__ = ["Web", "WebSettings", "build_application"]
