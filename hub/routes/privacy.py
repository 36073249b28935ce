"""The privacy officer's screen: emergency access to judge, and who looked at which concern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from aiohttp import web

from hub.access import Act
from hub.answers import Incomplete, NotFound
from hub.leaf import leaf
from hub.ports.emergency_access import EmergencyAccess, Judged
from hub.routes.deps import WEB
from hub.routes.emergency_access import glass
from hub.routes.looked import Filter, Looked, filter_of, looked
from hub.routes.looks import MANY, REFUSED, csv_of, unusual
from hub.routes.naming import named
from hub.routes.rendering import page
from hub.routes.sessions import Session
from hub.routes.sign_in import looked_at, looked_over, session_form, signed_in
from hub.routes.step_up import stepped_up

AT_ONCE: Final = 100
UNUSUAL_FOR: Final = timedelta(days=30)
_REVIEWED_SHOWN: Final = 20
_PAGES: Final = {"emergency": "the concern", "emergency notice": "a notice, word for word"}
"""What one access shows, in plain words, by what the log calls it."""


def add_routes(app: web.Application) -> None:
    """Add the screen, the review of one access, and the file."""
    app.router.add_get("/privacy", privacy)
    app.router.add_get("/privacy/looks.csv", file)
    app.router.add_get("/privacy/emergency-access/{access}", access)
    app.router.add_post("/privacy/emergency-access/{access}", judge)


async def privacy(request: web.Request) -> web.Response:
    """Show what waits for a review, what is unusual, and who looked at what."""
    session = await signed_in(request, Act.PROTECT_PRIVACY)
    deps, agency = request.app[WEB], session.person.agency
    now, directory = deps.clock.now(), await deps.register.directory()
    asked, faults = filter_of(request.query, now)
    found = await looked(deps, agency, asked)
    lately = await looked(
        deps, agency, Filter(since=now - UNUSUAL_FOR, until=now + timedelta(seconds=1))
    )
    refused = await deps.register.refused_access(agency, now - UNUSUAL_FOR)
    number, last, some = _part(request, found)
    await looked_over(request, session, "privacy", len(some))
    given = await deps.register.emergency_access_to(agency)
    waiting = [each for each in given if each.review is None]
    judged = [each for each in given if each.review is not None]
    return page(
        "privacy.html.j2",
        title="Privacy",
        session=session,
        status=422 if faults else 200,
        waiting=[
            (each, named(each.agency, directory), each.overdue(now))
            for each in sorted(waiting, key=lambda one: one.review_due)
        ],
        judged=[(each, named(each.agency, directory)) for each in judged[:_REVIEWED_SHOWN]],
        unusual=[(each, lately.name(each.person)) for each in unusual(lately.looks, refused)],
        refused=refused,
        rows=some,
        found=found,
        number=number,
        last=last,
        asked=asked,
        most=(MANY, REFUSED, UNUSUAL_FOR.days),
        faults=faults,
    )


async def file(request: web.Request) -> web.Response:
    """Answer the looks that the filter finds as CSV, to whoever proved lately who they are."""
    session = await signed_in(request, Act.PROTECT_PRIVACY)
    await stepped_up(request, session)
    deps, who = request.app[WEB], session.person
    now = deps.clock.now()
    asked, faults = filter_of(request.query, now)
    if faults:
        raise web.HTTPBadRequest
    found = await looked(deps, who.agency, asked)
    note = leaf("looks.exported", now, person=who.id, agency=who.agency, looks=len(found.rows))
    # Before a byte of it leaves: what is not on the log has not been taken out.
    await deps.register.receive((), (), (note,))
    name = 'attachment; filename="looks.csv"'
    return web.Response(
        body=csv_of(found.rows),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": name},
    )


async def access(request: web.Request) -> web.Response:
    """Show one emergency access, and ask whether it was justified."""
    session = await signed_in(request, Act.PROTECT_PRIVACY)
    return await _one(request, session, {}, {})


async def judge(request: web.Request) -> web.Response:
    """Write the review down. Nobody reviews their own."""
    session, form = await session_form(request, Act.PROTECT_PRIVACY)
    wanted = request.match_info["access"]
    result = await glass(request.app[WEB]).review(
        wanted, form.get("judged", ""), form.get("reason", ""), session.person
    )
    match result:
        case NotFound():
            raise web.HTTPNotFound
        case Incomplete():
            faults = {fault.pointer.removeprefix("/"): fault.says for fault in result.faults}
            return await _one(request, session, form, faults)
        case _:
            raise web.HTTPSeeOther("/privacy")


async def _one(
    request: web.Request,
    session: Session,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
) -> web.Response:
    deps, wanted = request.app[WEB], request.match_info["access"]
    given = await deps.register.emergency_access_to(session.person.agency)
    one = next((each for each in given if each.id == wanted), None)
    if one is None:
        raise web.HTTPNotFound
    now, directory = deps.clock.now(), await deps.register.directory()
    opened = await _pages_of(request, session, one)
    await looked_at(request, session, one.concern, "emergency review")
    return page(
        "emergency_review.html.j2",
        title="Review an emergency access",
        session=session,
        status=422 if faults else 200,
        one=one,
        organisation=named(one.agency, directory),
        overdue=one.overdue(now),
        own=one.by.id == session.person.id,
        opened=opened,
        choices=[(str(each), str(each).capitalize()) for each in Judged],
        typed={field: typed.get(field, "") for field in ("judged", "reason")},
        faults=faults,
    )


async def _pages_of(
    request: web.Request, session: Session, one: EmergencyAccess
) -> Sequence[tuple[object, str]]:
    """Return which pages were opened by one access, and when."""
    span = Filter(since=one.began, until=one.ends + timedelta(seconds=1))
    found = await looked(request.app[WEB], session.person.agency, span)
    return [
        (look.at, _PAGES.get(look.page, look.page)) for look in found.looks if look.access == one.id
    ]


def _part(request: web.Request, found: Looked) -> tuple[int, int, Sequence[object]]:
    """Return the number of the page that is asked for, of the last, and its rows. Raises 404."""
    last = max(1, -(-len(found.rows) // AT_ONCE))
    typed = request.query.get("page", "1")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else 0
    if not 1 <= number <= last:
        raise web.HTTPNotFound
    return number, last, found.rows[(number - 1) * AT_ONCE : number * AT_ONCE]
