"""A LEO takes what is owed in hand until a time: the form and its sending."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from aiohttp import web

from hub.access import Act, Official
from hub.answers import Incomplete, NotFound, NotYours
from hub.answers.taking import InHand, lane_of, one_of, take_in_hand
from hub.escalate.taking import longest, why_not
from hub.ports import ConcernRecord
from hub.routes.concerns import of_this_person, seen
from hub.routes.deps import WEB
from hub.routes.owing import owed_as_shown
from hub.routes.rendering import error_page, page
from hub.routes.sessions import Session
from hub.routes.sign_in import session_form

_OFFERED: Final = {
    15: "15 minutes",
    30: "30 minutes",
    60: "1 hour",
    120: "2 hours",
    240: "4 hours",
    480: "8 hours",
    1440: "24 hours",
}
"""Minutes, and how they are said."""


def add_routes(app: web.Application) -> None:
    """Add the form and its sending."""
    app.router.add_get("/concerns/{concern}/owed/{obligation}", ask)
    app.router.add_post("/concerns/{concern}/owed/{obligation}", take)


async def ask(request: web.Request) -> web.Response:
    """Show what is owed, and for how long it may be taken."""
    session, record = await seen(request, "owed")
    return await _form(request, session, record, {})


async def take(request: web.Request) -> web.Response:
    """Write down who has it in hand, and until when."""
    session, form = await session_form(request, Act.READ_CONCERNS)
    record = await of_this_person(request, session, "owed")
    typed, deps = form.get("minutes", ""), request.app[WEB]
    how_long = timedelta(minutes=int(typed)) if _is_offered(typed) else None
    wanted = request.match_info["obligation"]
    person: Official = session.person
    result = await take_in_hand(
        deps.register, deps.clock, record.concern.id, wanted, person, how_long
    )
    match result:
        case InHand():
            back = f"/concerns/{record.concern.id}"
            return web.Response(status=303, headers={"Location": back})
        case Incomplete():
            faults = {f.pointer.removeprefix("/"): f.says for f in result.faults}
            return await _form(request, session, record, faults)
        case NotYours():
            return error_page(403, says=result.says)
        case NotFound():
            raise web.HTTPNotFound


async def _form(
    request: web.Request, session: Session, record: ConcernRecord, faults: Mapping[str, str]
) -> web.Response:
    deps = request.app[WEB]
    owed = one_of(record, request.match_info["obligation"])
    if owed is None:
        raise web.HTTPNotFound
    now = deps.clock.now()
    most = longest(owed, lane_of(record, owed), now)
    return page(
        "take.html.j2",
        title="Take it in hand",
        session=session,
        status=422 if faults else 200,
        concern=record.concern,
        owed=owed_as_shown(owed, await deps.register.directory(), now),
        why_not=why_not(owed, now),
        choices=[(str(m), says) for m, says in _OFFERED.items() if timedelta(minutes=m) <= most],
        faults=faults,
    )


def _is_offered(typed: str) -> bool:
    return typed in {str(minutes) for minutes in _OFFERED}
