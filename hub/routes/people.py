"""Who is signed in, for an administrator, who may end all of somebody's sessions at once."""

from __future__ import annotations

from typing import Final

import structlog
from aiohttp import web

from hub.access import Act, Official
from hub.leaf import leaf
from hub.routes.deps import WEB, Web
from hub.routes.naming import named
from hub.routes.rendering import page
from hub.routes.sessions import Session
from hub.routes.sign_in import session_form, signed_in

log = structlog.get_logger()

_AT_MOST: Final = 100
WHY: Final = (
    ("left", "They have left, or have another post"),
    ("at risk", "Somebody else may have their device or their account"),
    ("asked", "They asked for it"),
)


def add_routes(app: web.Application) -> None:
    """Add the list, the question and its answer."""
    app.router.add_get("/people", people)
    app.router.add_get("/people/{person}", ask)
    app.router.add_post("/people/{person}", end)


async def people(request: web.Request) -> web.Response:
    """Show who is signed in by their organisation's account."""
    session = await signed_in(request, Act.ADMINISTER)
    deps = request.app[WEB]
    found = await deps.register.sessions_now(deps.clock.now(), _AT_MOST + 1)
    directory = await deps.register.directory()
    return page(
        "people.html.j2",
        title="Who is signed in",
        session=session,
        ended=request.query.get("ended") == "yes",
        at_most=_AT_MOST,
        more=len(found) > _AT_MOST,
        people=[
            (
                each,
                "has not chosen a post yet"
                if each.chosen is None
                else f"{each.chosen.post.capitalize()}, {named(each.chosen.agency, directory)}",
            )
            for each in found[:_AT_MOST]
        ],
    )


async def ask(request: web.Request) -> web.Response:
    """Ask once, and why."""
    session = await signed_in(request, Act.ADMINISTER)
    return await _asked(request, session, {})


async def end(request: web.Request) -> web.Response:
    """End every session of this person; 404 where they are not signed in."""
    session, form = await session_form(request, Act.ADMINISTER)
    why = form.get("why", "")
    if why not in dict(WHY):
        return await _asked(request, session, {"why": "Say why"})
    if not await end_every(request.app[WEB], request.match_info["person"], why, session.person):
        raise web.HTTPNotFound
    raise web.HTTPSeeOther("/people?ended=yes")


async def end_every(deps: Web, person: str, why: str, by: Official) -> int:
    """End every session of this person, on the log; return how many there were.

    0: they are not signed in, and the log says nothing of them. A session that idled out is over
    already, though the register keeps its row until somebody else comes in.
    """
    if not await deps.register.sessions_of(person, deps.clock.now()):
        return 0
    note = leaf("sessions.ended", deps.clock.now(), person=person, by=by.id, why=why)
    ended = await deps.register.end_sessions_of(person, note)
    log.info("sessions.ended", person=person, by=by.id, count=ended)
    return ended


async def _asked(request: web.Request, session: Session, faults: dict[str, str]) -> web.Response:
    deps = request.app[WEB]
    found = await deps.register.sessions_of(request.match_info["person"], deps.clock.now())
    mine = [kept for _, kept in found]
    if not mine:
        raise web.HTTPNotFound
    return page(
        "end_sessions.html.j2",
        title=f"End every session of {mine[0].person.name}",
        session=session,
        status=422 if faults else 200,
        who=mine[0].person,
        many=len(mine),
        why=WHY,
        faults=faults,
    )
