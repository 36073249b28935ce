"""The timeline of one concern, in pages that stay where they are while new acts come."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from hub.routes.concerns import seen
from hub.routes.deps import WEB
from hub.routes.rendering import page
from hub.routes.timeline import FILTERS, Known, filtered, timeline

_LEAVES: Final = 200
"""So many entries of the log make one page; what was done to many parties at once is one row."""


def add_routes(app: web.Application) -> None:
    """Add the timeline."""
    app.router.add_get("/concerns/{concern}/timeline", acts)


async def acts(request: web.Request) -> web.Response:
    """Show what was done and what happened, newest first."""
    session, record = await seen(request, "timeline")
    register, query = request.app[WEB].register, request.query
    word, typed = query.get("show", ""), query.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 18 else None
    kinds, but = filtered(word)
    concern = record.concern
    leaves = await register.log_of(
        concern.id, before=before, limit=_LEAVES + 1, kinds=tuple(kinds), but=tuple(but)
    )
    known = Known(
        record=record,
        directory=await register.directory(),
        person=session.person,
        asked=await register.releases_asked([concern.id]),
        chased=await register.chases([concern.id]),
        accesses=await register.emergency_access_to(concern.host_authority, concern.id),
    )
    shown = leaves[:_LEAVES]
    return page(
        "timeline.html.j2",
        title="Timeline",
        session=session,
        concern=concern,
        acts=timeline(shown, known),
        filters=[("", "Everything"), *((key, name) for key, (name, _) in FILTERS.items())],
        show=word if word in FILTERS else "",
        newer=before is not None,
        older=shown[-1].seq if len(leaves) > _LEAVES else None,
    )
