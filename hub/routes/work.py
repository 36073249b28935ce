"""My work: is anybody still untold, who keeps people safe tonight, what waits; and the handover."""

from __future__ import annotations

from aiohttp import web

from hub.access import Act
from hub.routes.deps import WEB
from hub.routes.fresh import fresh
from hub.routes.holding import waits
from hub.routes.hosted import hosted
from hub.routes.opened import emergencies
from hub.routes.rendering import page
from hub.routes.safety import handover, kept_from_the_team, out_of_hours, safety_of
from hub.routes.sign_in import signed_in
from hub.routes.tasks import MOST_SHOWN, my_work, place_of


def add_routes(app: web.Application) -> None:
    """Add My work and the handover."""
    app.router.add_get("/my-work", work)
    app.router.add_get("/my-work/handover", handing_over)


async def work(request: web.Request) -> web.Response:
    """Show what one look has to show at 17:00 on a Friday."""
    session = await signed_in(request, Act.READ_CONCERNS)
    deps = request.app[WEB]
    live = await fresh(request, session)
    mine = await hosted(request, session, "work")
    directory, now = await deps.register.directory(), deps.clock.now()
    asked = await deps.register.releases_asked([one.concern.id for one in mine.records])
    of = {one.concern.id: one for one in mine.records}
    pending = [
        (place_of(of[one.concern]), shown)
        for one in asked
        if one.pending(now)
        for shown in waits((one,), of[one.concern], directory, session.person, now)
    ]
    found = [safety_of(record, now) for record in mine.records if record.attestation is None]
    return page(
        "work.html.j2",
        title="My work",
        session=session,
        work=my_work(mine.records, directory, session.person, now),
        pending=pending,
        emergencies=await emergencies(request, session, mine.records),
        left_out=mine.left_out,
        most=MOST_SHOWN,
        safety=[one for one in found if one.protections or one.nobody],
        desk=out_of_hours(session.person, directory),
        live=live,
    )


async def handing_over(request: web.Request) -> web.Response:
    """Show one page to print for the emergency duty team."""
    session = await signed_in(request, Act.READ_CONCERNS)
    deps = request.app[WEB]
    mine = await hosted(request, session, "handover")
    directory, now = await deps.register.directory(), deps.clock.now()
    return page(
        "handover.html.j2",
        title="Handover to the emergency duty team",
        session=session,
        handover=handover(mine.records, directory, session.person, now),
        left_off=sum(
            record.attestation is None and kept_from_the_team(record) for record in mine.records
        ),
        left_out=mine.left_out,
        desk=out_of_hours(session.person, directory),
        now=now,
    )
