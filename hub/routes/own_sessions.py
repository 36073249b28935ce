"""Where somebody is signed in, for themselves, who may end what they do not know or left open."""

from __future__ import annotations

from typing import Final

import structlog
from aiohttp import web

from hub.directory import Directory
from hub.leaf import leaf
from hub.routes.deps import WEB
from hub.routes.naming import named
from hub.routes.rendering import page, when
from hub.routes.sessions import OpenSession, Session
from hub.routes.sign_in import cookie_name, session_form, session_of, way_in
from hub.routes.step_up import stepped_up

log = structlog.get_logger()

PATH: Final = "/my-sessions"
_ALL: Final = "all"


def add_routes(app: web.Application) -> None:
    """Add the list and its answer."""
    app.router.add_get(PATH, sessions)
    app.router.add_post(PATH, end)


async def sessions(request: web.Request) -> web.Response:
    """Show where the person who looks is signed in."""
    session = await session_of(request)
    return await _listed(request, session, {})


async def end(request: web.Request) -> web.Response:
    """End one of one's other sessions, or all of them; it asks again who it is."""
    session, form = await session_form(request)
    others = [each for each in await _own(request, session) if not each.this_one]
    every = frozenset(each.handle for each in others)
    chosen = every if form.get("which") == _ALL else every & {form.get("which", "")}
    if not chosen:
        return await _listed(request, session, {"which": "Choose which to end"})
    await stepped_up(request, session)
    await end_own(request, session.person.id, chosen)
    raise web.HTTPSeeOther(f"{PATH}?ended=yes")


async def end_own(request: web.Request, person: str, chosen: frozenset[str]) -> int:
    """End these of one's own sessions, on the log; return how many there were."""
    deps = request.app[WEB]
    ended = await way_in(request).end_own(person, chosen, deps.clock.now())
    if ended:
        note = leaf("sessions.ended", deps.clock.now(), person=person, by=person, why="own")
        await deps.register.receive((), (), (note,))
    log.info("sessions.ended", person=person, by=person, count=ended)
    return ended


async def _listed(request: web.Request, session: Session, faults: dict[str, str]) -> web.Response:
    own = await _own(request, session)
    directory = await request.app[WEB].register.directory()
    others = [each for each in own if not each.this_one]
    choices = [(each.handle, _called(each, directory)) for each in others]
    if len(others) > 1:
        choices.append((_ALL, f"All {len(others)} of them"))
    return page(
        "my_sessions.html.j2",
        title="Where you are signed in",
        session=session,
        status=422 if faults else 200,
        ended=request.query.get("ended") == "yes",
        own=[(each, _post(each, directory)) for each in own],
        choices=choices,
        faults=faults,
    )


async def _own(request: web.Request, session: Session) -> tuple[OpenSession, ...]:
    opaque = request.cookies.get(cookie_name(request), "")
    now = request.app[WEB].clock.now()
    return await way_in(request).own(session.person.id, opaque, now)


def _called(each: OpenSession, directory: Directory) -> str:
    return f"{_post(each, directory)}, since {when(each.began)}, last seen {when(each.seen)}"


def _post(each: OpenSession, directory: Directory) -> str:
    if each.appointment is None:
        return "No post chosen yet"
    return f"{each.appointment.post.capitalize()}, {named(each.appointment.agency, directory)}"
