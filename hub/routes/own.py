"""A signed-in person reads a notice to their own agency, and acknowledges it by their account."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from hub.access import Act
from hub.answers import Acknowledged, Declined, Declines, Incomplete, NotFound
from hub.answers.hiding import without_code
from hub.ports import NoticeRecord
from hub.routes.deps import WEB
from hub.routes.naming import notice_words, party_name
from hub.routes.rendering import page
from hub.routes.sessions import Session
from hub.routes.sign_in import looked_at, session_form, signed_in
from hub.vocabulary import NoticeId


def add_routes(app: web.Application) -> None:
    """Add the notice and its answer."""
    app.router.add_get("/notices/{notice}", ask)
    app.router.add_post("/notices/{notice}", take)


async def ask(request: web.Request) -> web.Response:
    """Show the notice as it was sent, with a form to answer it. Another agency's is 404."""
    session = await signed_in(request, Act.ANSWER)
    return await _form(request, session, {}, {})


async def take(request: web.Request) -> web.Response:
    """Write this person's answer down; the reference is typed, as nothing but they does."""
    session, form = await session_form(request, Act.ANSWER)
    notice = NoticeId(request.match_info["notice"])
    answers, reference = request.app[WEB].answers, form.get("reference", "")
    result: Acknowledged | Declined | Incomplete | NotFound
    if why := form.get("because", ""):
        declines = Declines(because=why, reason=form.get("reason", ""))
        result = await answers.decline_by_account(notice, session.person, reference, declines)
    else:
        result = await answers.acknowledge_by_account(notice, session.person, reference)
    match result:
        case Acknowledged() | Declined():
            return web.Response(status=303, headers={"Location": f"/notices/{notice}"})
        case Incomplete():
            faults = {f.pointer.removeprefix("/"): f.says for f in result.faults}
            return await _form(request, session, form, faults)
        case NotFound():
            raise web.HTTPNotFound


async def _form(
    request: web.Request, session: Session, typed: Mapping[str, str], faults: Mapping[str, str]
) -> web.Response:
    record = await _mine(request, session)
    directory = await request.app[WEB].register.directory()
    return page(
        "own.html.j2",
        title=notice_words(record.notice.template),
        session=session,
        status=422 if faults else 200,
        notice=record.notice,
        newer=record.newer,
        party=party_name(record.notice.party, directory),
        text=without_code(record),
        answers=[r for r in record.receipts if r.acknowledgement or r.declination],
        typed={field: typed.get(field, "") for field in ("because", "reason")},
        faults=faults,
    )


async def _mine(request: web.Request, session: Session) -> NoticeRecord:
    notice = NoticeId(request.match_info["notice"])
    record = await request.app[WEB].answers.own_notice(notice, session.person)
    if isinstance(record, NotFound):
        raise web.HTTPNotFound
    await looked_at(request, session, record.notice.concern, "own notice")
    return record
