"""The development sign-in's routes, and who is signed in on a request.

It takes no password, so it exists only where it is configured, for a peer on loopback, under the
host name the hub was given (a page elsewhere may point its own name at this machine).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NoReturn

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from hub.leaf import leaf
from hub.routes.deps import WEB
from hub.routes.reading import body_of, form_of, from_elsewhere, from_our_page
from hub.routes.rendering import answer, page, problem
from hub.routes.sessions import LONGEST, DevelopmentSignIn, Session, knows_token, on_loopback
from hub.vocabulary import ConcernId

_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")


class _Pick(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    person: str


def add_routes(app: web.Application) -> None:
    """Add signing in and out."""
    app.router.add_get("/sign-in", choose)
    app.router.add_post("/sign-in", begin)
    app.router.add_post("/sign-out", end)
    app.router.add_post("/v1/sign-in", begin_for_a_program)


async def choose(request: web.Request) -> web.Response:
    """Show who may be picked."""
    sign_in = _here(request)
    return _choices(sign_in, fault=None)


async def begin(request: web.Request) -> web.Response:
    """Sign the picked person in, and give the browser its cookie."""
    sign_in = _here(request)
    if not from_our_page(request):
        raise web.HTTPForbidden
    form = await form_of(request)
    opaque = sign_in.begin(form.get("person", ""), request.app[WEB].clock.now())
    if opaque is None:
        return _choices(sign_in, fault="Choose who you are")
    response = web.Response(status=303, headers={"Location": "/"})
    response.set_cookie(
        cookie_name(request),
        opaque,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=request.app[WEB].settings.https,
        max_age=int(LONGEST.total_seconds()),
    )
    return response


async def begin_for_a_program(request: web.Request) -> web.Response:
    """Sign in without a browser: the session id comes back, and goes into `Authorization`."""
    sign_in = _here(request)
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        pick = _Pick.model_validate_json(await body_of(request))
    except ValidationError:
        return problem(422, 'Send {"person": "..."}')
    opaque = sign_in.begin(pick.person, request.app[WEB].clock.now())
    if opaque is None:
        return problem(422, "There is no such person")
    return answer({"token": opaque, "token_type": "Bearer"}, 201)


async def end(request: web.Request) -> web.Response:
    """Sign out: the session is gone, not only the cookie."""
    await session_form(request)
    sign_in = _here(request)
    sign_in.end(request.cookies.get(cookie_name(request), ""))
    response = web.Response(status=303, headers={"Location": "/sign-in"})
    response.del_cookie(cookie_name(request), path="/")
    return response


def cookie_name(request: web.Request) -> str:
    """Return the session cookie's name; `__Host-` binds it to this host, and needs https."""
    return "__Host-hub" if request.app[WEB].settings.https else "hub"


def signed_in(request: web.Request) -> Session:
    """Return who is signed in by cookie. Else: to the sign-in where there is one, 404 where not."""
    sign_in = _here(request)
    opaque = request.cookies.get(cookie_name(request), "")
    session = sign_in.session(opaque, request.app[WEB].clock.now())
    if session is None:
        raise web.HTTPSeeOther("/sign-in")
    return session


def signed_in_program(request: web.Request) -> Session | None:
    """Return who is signed in by `Authorization: Bearer`; the API takes no cookies."""
    sign_in = _here(request)
    kind, _, opaque = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    return sign_in.session(opaque.strip(), request.app[WEB].clock.now())


async def session_form(request: web.Request) -> tuple[Session, dict[str, str]]:
    """Return who sent a form from our own page, with the session's token. Raises 403 otherwise."""
    session = signed_in(request)
    if not from_our_page(request):
        raise web.HTTPForbidden
    form = await form_of(request)
    if not knows_token(session, form.get("token", "")):
        raise web.HTTPForbidden
    return session, form


async def looked_at(request: web.Request, session: Session, concern: ConcernId, what: str) -> None:
    """Leave a leaf: each look at what a concern holds is on the log, by id and never by name."""
    deps = request.app[WEB]
    now: datetime = deps.clock.now()
    note = leaf("concern.seen", now, concern, person=session.person.id, page=what)
    await deps.register.receive((), (), (note,))


def _here(request: web.Request) -> DevelopmentSignIn:
    """Return the sign-in, for a peer on loopback under our own name; else there is nothing here."""
    deps = request.app[WEB]
    peer = request.transport.get_extra_info("peername") if request.transport else None
    ours = request.headers.get("Host", "").lower() in deps.settings.hosts
    # A proxy on this machine is on loopback too, and speaks for somebody who is not.
    forwarded = any(name in request.headers for name in _FORWARDED)
    if deps.sign_in is None or not on_loopback(peer) or not ours or forwarded:
        _nothing_here()
    if from_elsewhere(request) and request.method != "GET":
        raise web.HTTPForbidden
    return deps.sign_in


def _nothing_here() -> NoReturn:
    raise web.HTTPNotFound


def _choices(sign_in: DevelopmentSignIn, fault: str | None) -> web.Response:
    return page(
        "sign_in.html.j2",
        title="Sign in",
        status=400 if fault else 200,
        people=sign_in.people,
        fault=fault,
    )
