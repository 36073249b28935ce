"""Step-up: who does what cannot be undone proves anew who they are, and comes back to it."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from hub.routes.deps import WEB
from hub.routes.reading import ours
from hub.routes.rendering import page, problem
from hub.routes.sessions import PROVED_FOR, DevelopmentSignIn, Session
from hub.routes.sign_in import at_home, cookie_name, give_cookie, session_form, session_of

AGAIN: Final = "/sign-in/again"


def add_routes(app: web.Application) -> None:
    """Add the page that asks who it is, and its sending."""
    app.router.add_get(AGAIN, ask)
    app.router.add_post(AGAIN, prove)


async def stepped_up(request: web.Request, session: Session, back: str = "") -> None:
    """Go on where this person proved lately who they are; else send them to do so, and back.

    `back`: the page to come back to, where it is not the request's own path (a form's answer often
    has no page). What was typed into a form is not kept. Raises HTTPSeeOther.
    """
    if session.proved_lately(request.app[WEB].clock.now()):
        return
    here = request.path_qs if request.method in {"GET", "HEAD"} else request.path
    raise web.HTTPSeeOther(way_to_prove(back or here))


def way_to_prove(back: str) -> str:
    """Return the address of the page that asks who it is, and leads back to this path of ours.

    A page with a long form offers it before anything is typed.
    """
    return f"{AGAIN}?{urlencode({'to': back})}"


def refusal_of_program(request: web.Request, session: Session) -> web.Response | None:
    """Return how a program is told to let its person prove who they are (RFC 9470), or None."""
    if session.proved_lately(request.app[WEB].clock.now()):
        return None
    refused = problem(401, "Prove again who you are: sign in anew, and send the new session")
    longest = int(PROVED_FOR.total_seconds())
    refused.headers["WWW-Authenticate"] = (
        f'Bearer error="insufficient_user_authentication", max_age="{longest}"'
    )
    return refused


async def ask(request: web.Request) -> web.Response:
    """Say why, and offer the way to prove who one is."""
    session = await session_of(request)
    return _asked(request, session, ours(request.query.get("to", "/")), fault=None)


async def prove(request: web.Request) -> web.Response:
    """Let the development sign-in's person pick themselves again; their session gets a new id."""
    sign_in = at_home(request)
    session, form = await session_form(request)
    to = ours(form.get("to", "/"))
    opaque = sign_in.prove(
        request.cookies.get(cookie_name(request), ""),
        form.get("person", ""),
        request.app[WEB].clock.now(),
    )
    if opaque is None:
        return _asked(request, session, to, fault="Choose yourself: nobody else can do this here")
    response = web.Response(status=303, headers={"Location": to})
    give_cookie(request, response, opaque)
    return response


def _asked(request: web.Request, session: Session, to: str, fault: str | None) -> web.Response:
    return page(
        "again.html.j2",
        title="Show again that it is you",
        session=session,
        status=422 if fault else 200,
        to=to,
        way=urlencode({"to": to, "again": "yes"}),
        minutes=int(PROVED_FOR.total_seconds()) // 60,
        development=isinstance(request.app[WEB].sign_in, DevelopmentSignIn),
        faults={"person": fault} if fault else {},
    )
