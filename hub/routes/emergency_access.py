"""Emergency access: asked for with a reason, read-only, one concern, one hour, every page recorded.

Its pages are these alone. No other page knows of it: an act, an export or another concern answers
404 to whoever has it, as to every stranger.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from hub.access import Act
from hub.answers import Incomplete
from hub.answers.breaking_glass import BreakingGlass, Opened, Ours
from hub.answers.hiding import without_code
from hub.leaf import leaf
from hub.ports.emergency_access import MOST_ASKED, SeenInEmergency, Unopened
from hub.routes.concerns import one_notice
from hub.routes.deps import WEB, Web
from hub.routes.naming import named, notice_words, party_name
from hub.routes.rendering import page
from hub.routes.sessions import Session
from hub.routes.sighted import sighted
from hub.routes.sign_in import session_form, signed_in
from hub.routes.step_up import stepped_up

PATH = "/emergency-access"
REFUSED = (
    "Nothing is shown for this reference. Ring the duty desk of the authority that you think "
    "hosts the concern"
)
TOO_OFTEN = f"You have asked {MOST_ASKED} times within an hour. Ring the host authority’s duty desk"


def add_routes(app: web.Application) -> None:
    """Add the asking, and what one access shows."""
    app.router.add_get(PATH, ask)
    app.router.add_post(PATH, open_one)
    app.router.add_get(PATH + "/{access}", sight)
    app.router.add_get(PATH + "/{access}/notices/{notice}", notice_as_sent)


def glass(deps: Web) -> BreakingGlass:
    """Return what gives emergency access."""
    return BreakingGlass(
        register=deps.register, clock=deps.clock, tools_for=deps.tools_for, new_id=deps.new_id
    )


async def ask(request: web.Request) -> web.Response:
    """Say what it is and what follows, and ask which concern and why."""
    session = await signed_in(request, Act.BREAK_GLASS)
    # Before anything is typed: what is sent too late is not kept.
    await stepped_up(request, session)
    return await _asked(request, session, {}, {})


async def open_one(request: web.Request) -> web.Response:
    """Open one concern to this person for an hour; what is refused is refused in one way."""
    session, form = await session_form(request, Act.BREAK_GLASS)
    await stepped_up(request, session)
    result = await glass(request.app[WEB]).ask(
        form.get("reference", ""), form.get("reason", ""), session.person, session.others
    )
    match result:
        case Opened():
            raise web.HTTPSeeOther(f"{PATH}/{result.access.id}")
        case Ours():
            raise web.HTTPSeeOther(f"/concerns/{result.concern}")
        case Incomplete():
            faults = {fault.pointer.removeprefix("/"): fault.says for fault in result.faults}
        case Unopened.TOO_OFTEN:
            faults = {"reference": TOO_OFTEN}
        case Unopened.REFUSED:
            faults = {"reference": REFUSED}
    return await _asked(request, session, form, faults)


async def sight(request: web.Request) -> web.Response:
    """Show the concern, read-only; 404 from the instant at which the access ends."""
    session, found = await _seen(request, "emergency")
    deps = request.app[WEB]
    directory = await deps.register.directory()
    shown = sighted(found.record, directory, session.person, deps.clock.now())
    return page(
        "emergency_sight.html.j2",
        title=f"{shown.concern.reference}: {shown.concern.service.location_name}",
        session=session,
        emergency=found.access,
        shown=shown,
    )


async def notice_as_sent(request: web.Request) -> web.Response:
    """Show one notice of the concern word for word, without its code."""
    session, found = await _seen(request, "emergency notice")
    wanted = one_notice(found.record, request.match_info["notice"])
    directory = await request.app[WEB].register.directory()
    return page(
        "emergency_notice.html.j2",
        title=notice_words(wanted.notice.template),
        session=session,
        emergency=found.access,
        concern=found.record.concern,
        written=wanted.notice.composed_at,
        party=party_name(wanted.notice.party, directory),
        text=without_code(wanted),
    )


async def _seen(request: web.Request, what: str) -> tuple[Session, SeenInEmergency]:
    """Return what the access of the path shows, with a leaf that it was seen; else 404."""
    session = await signed_in(request, Act.BREAK_GLASS)
    deps, who = request.app[WEB], session.person
    found = await glass(deps).seen(request.match_info["access"], who, session.others)
    if found is None:
        raise web.HTTPNotFound
    note = leaf(
        "concern.seen",
        deps.clock.now(),
        found.record.concern.id,
        person=who.id,
        agency=who.agency,
        page=what,
        access=found.access.id,
    )
    await deps.register.receive((), (), (note,))
    return session, found


async def _asked(
    request: web.Request,
    session: Session,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
) -> web.Response:
    register, who = request.app[WEB].register, session.person
    directory = await register.directory()
    return page(
        "emergency_ask.html.j2",
        title="Emergency access",
        session=session,
        status=422 if faults else 200,
        standing=[
            (each, named(each.host, directory))
            for each in await register.emergency_access_of(who.id, who.agency)
        ],
        typed={field: typed.get(field, "") for field in ("reference", "reason")},
        faults=faults,
    )
