"""Who is signed in on a request and may do what; and the development sign-in's routes.

The development sign-in takes no password, so it exists only where it is configured, for a peer on
loopback, under the host name the hub was given (a page elsewhere may point its own name at this
machine).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NoReturn
from urllib.parse import urlencode

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from hub.access import Act
from hub.leaf import leaf
from hub.ports.sessions import LONGEST
from hub.routes.api.limits import address_of, count
from hub.routes.deps import WEB, WHO
from hub.routes.navigation import home
from hub.routes.organisation import OrganisationSignIn
from hub.routes.reading import body_of, form_of, from_elsewhere, from_our_page, ours
from hub.routes.rendering import answer, page, problem
from hub.routes.sessions import (
    DevelopmentSignIn,
    Session,
    SignsIn,
    knows_token,
    on_loopback,
)
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
    """Show the way to the organisation's sign-in; or, in development, who may be picked."""
    deps = request.app[WEB]
    if isinstance(deps.sign_in, OrganisationSignIn):
        way = urlencode({"to": ours(request.query.get("to", "/"))})
        return page("sign_in_there.html.j2", title="Sign in", way=way)
    sign_in = at_home(request)
    return _choices(sign_in, fault=None)


async def begin(request: web.Request) -> web.Response:
    """Sign the picked person in, and give the browser its cookie."""
    sign_in = at_home(request)
    if not from_our_page(request):
        raise web.HTTPForbidden
    form = await form_of(request)
    now = request.app[WEB].clock.now()
    opaque = sign_in.begin(form.get("person", ""), now)
    session = await sign_in.session(opaque or "", now)
    if opaque is None or session is None:
        return _choices(sign_in, fault="Choose who you are")
    response = web.Response(status=303, headers={"Location": home(session.person) or "/"})
    give_cookie(request, response, opaque)
    return response


async def begin_for_a_program(request: web.Request) -> web.Response:
    """Sign in without a browser: the session id comes back, and goes into `Authorization`."""
    sign_in = at_home(request)
    count(request, address_of(request))
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
    session, _ = await session_form(request)
    await way_in(request).end(request.cookies.get(cookie_name(request), ""))
    deps = request.app[WEB]
    note = leaf("session.ended", deps.clock.now(), person=session.person.id)
    await deps.register.receive((), (), (note,))
    organisation = isinstance(request.app[WEB].sign_in, OrganisationSignIn)
    # The provider's own page is behind a link there: our forms lead to our pages alone (CSP).
    response = web.Response(
        status=303, headers={"Location": "/signed-out" if organisation else "/sign-in"}
    )
    response.del_cookie(cookie_name(request), path="/")
    # Whoever sits down next finds nothing in this browser of who was signed in.
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


def give_cookie(request: web.Request, response: web.StreamResponse, opaque: str) -> None:
    """Give the browser the id of its session. Whatever it had before is overwritten."""
    response.set_cookie(
        cookie_name(request),
        opaque,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=request.app[WEB].settings.https,
        max_age=int(LONGEST.total_seconds()),
    )


def cookie_name(request: web.Request) -> str:
    """Return the session cookie's name; `__Host-` binds it to this host, and needs https."""
    return "__Host-hub" if request.app[WEB].settings.https else "hub"


async def session_of(request: web.Request) -> Session:
    """Return who is signed in by cookie. Else: to the sign-in where there is one, 404 where not.

    Raises OneTooMany: pages count against the same quota as what this person asks of the API.
    """
    opaque = request.cookies.get(cookie_name(request), "")
    session = await way_in(request).session(opaque, request.app[WEB].clock.now())
    if session is None:
        raise web.HTTPSeeOther(_to_sign_in(request))
    request[WHO] = session.person.id
    count(request, f"caller {session.person.id}")
    return session


async def standing(request: web.Request) -> Session | None:
    """Return who is signed in by cookie without noting that they used it; None: nobody is."""
    opaque = request.cookies.get(cookie_name(request), "")
    return await way_in(request).standing(opaque, request.app[WEB].clock.now())


async def signed_in(request: web.Request, act: Act) -> Session:
    """Return who is signed in by cookie, where their post gives this act; else 404."""
    return _allowed(await session_of(request), act)


async def session_by_token(request: web.Request, opaque: str) -> Session | None:
    """Return the session of this opaque id; None: there is none, or nobody can sign in here."""
    try:
        found = way_in(request)
    except web.HTTPNotFound:
        return None
    return await found.session(opaque, request.app[WEB].clock.now())


async def session_form(
    request: web.Request, act: Act | None = None
) -> tuple[Session, dict[str, str]]:
    """Return who sent a form from our own page, with the session's token. Raises 403 otherwise.

    Raises 404 where their post does not give this act; None: everybody may.
    """
    session = await session_of(request)
    if act is not None:
        _allowed(session, act)
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
    who = session.person
    note = leaf("concern.seen", now, concern, person=who.id, agency=who.agency, page=what)
    await deps.register.receive((), (), (note,))


def _to_sign_in(request: web.Request) -> str:
    """Return the way to the sign-in; from a page that was asked for, the way back goes with it."""
    organisation = isinstance(request.app[WEB].sign_in, OrganisationSignIn)
    if not organisation or request.method != "GET" or request.path == "/":
        return "/sign-in"
    return f"/sign-in?{urlencode({'to': ours(request.path_qs)})}"


async def looked_over(request: web.Request, session: Session, what: str, many: int) -> None:
    """Leave a leaf of a list: who saw which, and of how many concerns; nothing for an empty one."""
    deps = request.app[WEB]
    if many:
        now: datetime = deps.clock.now()
        who = session.person
        note = leaf(
            "concerns.seen", now, person=who.id, agency=who.agency, page=what, concerns=many
        )
        await deps.register.receive((), (), (note,))


def _allowed(session: Session, act: Act) -> Session:
    if not session.person.may(act):
        _nothing_here()
    return session


def way_in(request: web.Request) -> SignsIn:
    """Return how people sign in here. Raises 404 where they cannot."""
    found = request.app[WEB].sign_in
    return at_home(request) if isinstance(found, DevelopmentSignIn) else found or _nothing_here()


def at_home(request: web.Request) -> DevelopmentSignIn:
    """Return the development sign-in, for a peer on loopback under our own name; else 404."""
    deps = request.app[WEB]
    peer = request.transport.get_extra_info("peername") if request.transport else None
    ours = request.headers.get("Host", "").lower() in deps.settings.hosts
    # A proxy on this machine is on loopback too, and speaks for somebody who is not.
    forwarded = any(name in request.headers for name in _FORWARDED)
    sign_in = deps.sign_in
    home = on_loopback(peer) and ours and not forwarded
    if not isinstance(sign_in, DevelopmentSignIn) or not home:
        _nothing_here()
    if from_elsewhere(request) and request.method != "GET":
        raise web.HTTPForbidden
    return sign_in


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
