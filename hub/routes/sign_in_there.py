"""The way to an organisation's own sign-in and back, the choice of a post, and the way out."""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import urlencode

import structlog
from aiohttp import web

from hub.access import Appointment
from hub.leaf import leaf
from hub.ports.identity import CameBack, NotProved, ProviderAway
from hub.ports.sessions import KeptSession
from hub.routes.deps import WEB
from hub.routes.naming import named
from hub.routes.organisation import (
    UNDERWAY,
    Flow,
    NoPost,
    OrganisationSignIn,
    SomebodyElse,
    form_token,
)
from hub.routes.reading import form_of, from_elsewhere, from_our_page, ours
from hub.routes.rendering import answer, page
from hub.routes.sessions import hashed
from hub.routes.sign_in import cookie_name, give_cookie

log = structlog.get_logger()

BACK: Final = "/sign-in/back"
ENDED_THERE: Final = "/sign-in/backchannel-logout"
"""Where the provider says that somebody has signed out there, or may no longer sign in."""
_POST: Final = "/sign-in/post"
_OUT: Final = "/signed-out"
_LOGOUT_BYTES: Final = 16 * 1024
_MOST: Final = 4_096
"""No code, state or issuer is longer."""


def add_routes(app: web.Application) -> None:
    """Add the way there, the way back, the choice of a post, and the ways out."""
    app.router.add_get("/sign-in/start", start)
    app.router.add_get(BACK, back)
    app.router.add_get(_POST, posts)
    app.router.add_post(_POST, choose)
    app.router.add_get(_OUT, out)
    app.router.add_post(ENDED_THERE, ended_there)


async def start(request: web.Request) -> web.StreamResponse:
    """Send the browser to the provider; what it needs on its way back goes with it as a cookie."""
    sign_in, now = _organisation(request), request.app[WEB].clock.now()
    to = ours(request.query.get("to", "/"))
    if from_elsewhere(request):
        raise web.HTTPSeeOther(f"/sign-in?{urlencode({'to': to})}")
    opaque = request.cookies.get(cookie_name(request), "")
    again = request.query.get("again") == "yes"
    # A link in a mail comes without the session's cookie (SameSite=Strict); it is here now.
    if not again and await sign_in.session(opaque, now) is not None:
        raise web.HTTPSeeOther(to)
    kept = await sign_in.kept(opaque, now)
    flow = Flow.begin(to, again=again, instead_of="" if kept is None else hashed(opaque))
    try:
        there = await sign_in.provider.way_there(flow.asked(_address(request, BACK)), now)
    except ProviderAway as error:
        return _away(error)
    response = web.Response(status=303, headers={"Location": there})
    response.set_cookie(
        _flow_cookie(request),
        str(flow),
        path="/",
        httponly=True,
        samesite="Lax",  # The provider's redirect must bring it back.
        secure=request.app[WEB].settings.https,
        max_age=int(UNDERWAY.total_seconds()),
    )
    return response


async def back(request: web.Request) -> web.StreamResponse:
    """Take the browser back from the provider, and let in whoever has proved who they are."""
    sign_in = _organisation(request)
    flow = Flow.read(request.cookies.get(_flow_cookie(request), ""))
    state = request.query.get("state", "")
    if flow is None or not hmac.compare_digest(flow.state.encode(), state.encode()):
        return _not_in(400, "This sign-in was not begun in this browser, or it took too long.")
    response = await _brought_back(request, sign_in, flow)
    response.del_cookie(_flow_cookie(request), path="/")
    return response


async def _brought_back(
    request: web.Request, sign_in: OrganisationSignIn, flow: Flow
) -> web.StreamResponse:
    now = request.app[WEB].clock.now()
    if "error" in request.query:
        log.info("sign.in.declined")
        return _not_in(403, "Your organisation’s sign-in did not let you in, or you stopped it.")
    try:
        asked = flow.asked(_address(request, BACK))
        proof = await sign_in.provider.proof(asked, _came(request), now)
        begun = await sign_in.begin(proof, flow, now)
    except ProviderAway as error:
        return _away(error)
    except NotProved as error:
        log.warning("sign.in.not.proved", why=str(error))
        return _not_in(403, "What your organisation’s sign-in told us does not prove who you are.")
    except SomebodyElse:
        return _not_in(403, "You signed in as somebody else than the person who is signed in here.")
    except NoPost as error:
        log.info("sign.in.no.post", person=str(error))
        note = leaf("sign_in.no_post", now, person=str(error))
        await request.app[WEB].register.receive((), (), (note,))
        return _nothing_for_you()
    to = ours(flow.to)
    response = _in(to if begun.kept.chosen else f"{_POST}?{urlencode({'to': to})}")
    give_cookie(request, response, begun.opaque)
    return response


async def posts(request: web.Request) -> web.Response:
    """Ask in which of their posts somebody acts."""
    kept, _ = await _signed_in_so_far(request)
    return await _choice(request, kept, ours(request.query.get("to", "/")), {})


async def choose(request: web.Request) -> web.Response:
    """Let somebody act in one of their posts; their session gets a new id."""
    kept, opaque = await _signed_in_so_far(request)
    if not from_our_page(request):
        raise web.HTTPForbidden
    form = await form_of(request)
    if not hmac.compare_digest(form_token(opaque).encode(), form.get("token", "").encode()):
        raise web.HTTPForbidden
    to = ours(form.get("to", "/"))
    chosen = next((each for each in kept.posts if _field(each) == form.get("post")), None)
    if chosen is None:
        return await _choice(request, kept, to, {"post": "Choose a post"})
    now = request.app[WEB].clock.now()
    begun = await _organisation(request).choose(opaque, chosen, now)
    if begun is None:
        raise web.HTTPSeeOther("/sign-in")
    response = web.Response(status=303, headers={"Location": to})
    give_cookie(request, response, begun.opaque)
    return response


async def out(request: web.Request) -> web.Response:
    """Say that one is signed out here, and offer to sign out there too."""
    there = await _organisation(request).provider.way_out(
        _address(request, "/sign-in"), request.app[WEB].clock.now()
    )
    return page("signed_out.html.j2", title="You are signed out", there=there)


async def ended_there(request: web.Request) -> web.Response:
    """End at once, for every process, whatever sessions the provider has ended.

    OpenID Connect Back-Channel Logout 1.0: 200 where it is done, also where there was nothing to
    do; 400 where the token proves nothing. No browser sends this, so it needs no session's token.
    """
    sign_in, now = _organisation(request), request.app[WEB].clock.now()
    form = await form_of(request, _LOGOUT_BYTES)
    try:
        ended = await sign_in.end_there(form.get("logout_token", ""), now)
    except ProviderAway as error:
        log.warning("sign.in.away", why=str(error))
        return answer({"error": "temporarily_unavailable"}, 503)
    except NotProved as error:
        log.warning("sign.out.not.proved", why=str(error))
        return answer({"error": "invalid_request"}, 400)
    if ended is None:
        log.warning("sign.out.not.proved", why="it has counted before")
        return answer({"error": "invalid_request"}, 400)
    log.info("sessions.ended", by="provider", count=ended)
    return answer({"ended": True})


def _organisation(request: web.Request) -> OrganisationSignIn:
    """Return the sign-in by organisations' accounts. Raises 404 where there is none."""
    found = request.app[WEB].sign_in
    if not isinstance(found, OrganisationSignIn):
        raise web.HTTPNotFound
    return found


async def _signed_in_so_far(request: web.Request) -> tuple[KeptSession, str]:
    """Return a session whose person may not have chosen a post yet; else to the sign-in."""
    opaque = request.cookies.get(cookie_name(request), "")
    kept = await _organisation(request).kept(opaque, request.app[WEB].clock.now())
    if kept is None:
        raise web.HTTPSeeOther("/sign-in")
    return kept, opaque


async def _choice(
    request: web.Request, kept: KeptSession, to: str, faults: dict[str, str]
) -> web.Response:
    directory = await request.app[WEB].register.directory()
    return page(
        "post.html.j2",
        title="Which post are you acting in?",
        status=422 if faults else 200,
        name=kept.person.name,
        posts=[
            (_field(p), f"{p.post.capitalize()}, {named(p.agency, directory)}") for p in kept.posts
        ],
        chosen="" if kept.chosen is None else _field(kept.chosen),
        token=form_token(request.cookies.get(cookie_name(request), "")),
        to=to,
        faults=faults,
    )


def _field(each: Appointment) -> str:
    return f"{each.post.value}|{each.agency}"


def _came(request: web.Request) -> CameBack:
    code, issuer = request.query.get("code", ""), request.query.get("iss")
    # A parameter that comes twice is nobody's answer (RFC 6749, 3.1).
    twice = any(len(request.query.getall(name, [])) > 1 for name in ("code", "state", "iss"))
    if not code or twice or max(len(code), len(issuer or "")) > _MOST:
        raise NotProved("it brings no code, or more than one")
    return CameBack(code=code, issuer=issuer)


def _address(request: web.Request, path: str) -> str:
    """Return one of our pages as the provider knows it."""
    return request.app[WEB].settings.origin + path


def _flow_cookie(request: web.Request) -> str:
    return f"{cookie_name(request)}-sign-in"


def _in(to: str) -> web.Response:
    """Go on from a page of ours: a redirect would still count as the provider's.

    The session's cookie is for requests of our own pages alone (SameSite=Strict).
    """
    response = page("signed_in.html.j2", title="You are signed in", to=to)
    response.headers["Refresh"] = f"0; url={to}"
    return response


def _away(error: ProviderAway) -> web.Response:
    log.warning("sign.in.provider.away", why=str(error))
    return _not_in(503, "Your organisation’s sign-in does not answer at this moment.")


def _not_in(status: int, says: str) -> web.Response:
    return page("not_signed_in.html.j2", title="You are not signed in", status=status, says=says)


def _nothing_for_you() -> web.Response:
    return page("no_post.html.j2", title="There is nothing here for your account", status=403)
