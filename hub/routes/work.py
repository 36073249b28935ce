"""My work: is anybody still untold, who keeps people safe tonight, what waits; and the handover."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from hub.access import Act, Official
from hub.routes.deps import WEB, Web
from hub.routes.fresh import fresh
from hub.routes.holding import Waits, waits
from hub.routes.hosted import hosted
from hub.routes.opened import OpenedTo, emergencies
from hub.routes.rendering import page
from hub.routes.safety import (
    Desk,
    Handover,
    Safety,
    handover,
    kept_from_the_team,
    out_of_hours,
    safety_of,
)
from hub.routes.sign_in import signed_in
from hub.routes.tasks import MOST_SHOWN, Place, Work, my_work, place_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """Everything that one person's work is, over the concerns of their authority."""

    work: Work
    pending: tuple[tuple[Place, Waits], ...]
    """Releases that wait for a second person."""
    emergencies: tuple[OpenedTo, ...]
    left_out: int
    """How many older concerns were not looked at."""
    safety: tuple[Safety, ...]
    desk: Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class HandingOver:
    """What is handed over, and how much of it no paper may say."""

    handover: Handover
    left_off: int
    """How many concerns are kept from the emergency duty team."""
    left_out: int
    """How many older concerns were not looked at."""
    desk: Desk


def add_routes(app: web.Application) -> None:
    """Add My work and the handover."""
    app.router.add_get("/my-work", work)
    app.router.add_get("/my-work/handover", handing_over)


async def work(request: web.Request) -> web.Response:
    """Show what one look has to show at 17:00 on a Friday."""
    session = await signed_in(request, Act.READ_CONCERNS)
    live = await fresh(request, session)
    found = await work_of(request.app[WEB], session.person)
    return page(
        "work.html.j2",
        title="My work",
        session=session,
        work=found.work,
        pending=found.pending,
        emergencies=found.emergencies,
        left_out=found.left_out,
        most=MOST_SHOWN,
        safety=found.safety,
        desk=found.desk,
        live=live,
    )


async def handing_over(request: web.Request) -> web.Response:
    """Show one page to print for the emergency duty team."""
    session = await signed_in(request, Act.READ_CONCERNS)
    deps = request.app[WEB]
    found = await handover_of(deps, session.person)
    return page(
        "handover.html.j2",
        title="Handover to the emergency duty team",
        session=session,
        handover=found.handover,
        left_off=found.left_off,
        left_out=found.left_out,
        desk=found.desk,
        now=deps.clock.now(),
    )


async def work_of(deps: Web, person: Official) -> AtWork:
    """Return this person's work; each concern that it is of leaves a leaf."""
    mine = await hosted(deps, person, "work")
    directory, now = await deps.register.directory(), deps.clock.now()
    asked = await deps.register.releases_asked([one.concern.id for one in mine.records])
    of = {one.concern.id: one for one in mine.records}
    pending = tuple(
        (place_of(of[one.concern]), shown)
        for one in asked
        if one.pending(now)
        for shown in waits((one,), of[one.concern], directory, person, now)
    )
    found = (safety_of(record, now) for record in mine.records if record.attestation is None)
    return AtWork(
        work=my_work(mine.records, directory, person, now),
        pending=pending,
        emergencies=await emergencies(deps, person, mine.records),
        left_out=mine.left_out,
        safety=tuple(one for one in found if one.protections or one.nobody),
        desk=out_of_hours(person, directory),
    )


async def handover_of(deps: Web, person: Official) -> HandingOver:
    """Return what the emergency duty team is handed; each concern of it leaves a leaf."""
    mine = await hosted(deps, person, "handover")
    directory, now = await deps.register.directory(), deps.clock.now()
    return HandingOver(
        handover=handover(mine.records, directory, person, now),
        left_off=sum(
            record.attestation is None and kept_from_the_team(record) for record in mine.records
        ),
        left_out=mine.left_out,
        desk=out_of_hours(person, directory),
    )
