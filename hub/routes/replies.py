"""A LEO reads a reply by mail, as it came, and says what it means."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from hub.access import Act
from hub.answers import Acknowledged, Declined, Incomplete, NotFound, NotYours
from hub.answers.hiding import hidden
from hub.answers.replies import Reading, Reply, SetAside, waiting_reply
from hub.bounce.words import as_it_came, written
from hub.ports import ConcernRecord
from hub.routes.concerns import of_this_person, seen
from hub.routes.deps import WEB
from hub.routes.naming import notice_words, party_name
from hub.routes.rendering import error_page, page
from hub.routes.sessions import Session
from hub.routes.sign_in import session_form

_FIELDS = ("means", "name", "role", "reason")


def add_routes(app: web.Application) -> None:
    """Add the reply and what it means."""
    app.router.add_get("/concerns/{concern}/replies/{mail}", ask)
    app.router.add_post("/concerns/{concern}/replies/{mail}", take)


async def ask(request: web.Request) -> web.Response:
    """Show a reply that waits for a person, as text alone, and ask what it means."""
    session, record = await seen(request, "reply")
    return await _form(request, session, record, {}, {})


async def take(request: web.Request) -> web.Response:
    """Write down what it means; its strength is `reply`, and the kept mail is the evidence."""
    session, form = await session_form(request, Act.READ_CONCERNS)
    record = await of_this_person(request, session, "reply")
    reading = Reading(**{field: form.get(field, "") for field in _FIELDS})
    result = await request.app[WEB].answers.confirm_reply(
        record.concern.id, request.match_info["mail"], session.person, reading
    )
    match result:
        case Acknowledged() | Declined():
            back = f"/concerns/{record.concern.id}/notices/{result.notice}"
            return web.Response(status=303, headers={"Location": back})
        case SetAside():
            back = f"/concerns/{record.concern.id}"
            return web.Response(status=303, headers={"Location": back})
        case Incomplete():
            faults = {f.pointer.removeprefix("/"): f.says for f in result.faults}
            return await _form(request, session, record, form, faults)
        case NotYours():
            return error_page(403, says=result.says)
        case NotFound():
            raise web.HTTPNotFound


async def _form(
    request: web.Request,
    session: Session,
    record: ConcernRecord,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
) -> web.Response:
    register = request.app[WEB].register
    reply: Reply | None = await waiting_reply(register, record, request.match_info["mail"])
    if reply is None:
        raise web.HTTPNotFound
    notice, code = reply.record.notice, reply.record.notice.ack_code
    return page(
        "reply.html.j2",
        title="A reply by mail",
        session=session,
        status=422 if faults else 200,
        concern=record.concern,
        notice=notice,
        words=notice_words(notice.template),
        party=party_name(notice.party, await register.directory()),
        reply=reply,
        written=hidden(written(reply.mail.raw, reply.mail.sender), code),
        came=hidden(as_it_came(reply.mail.raw), code),
        typed={field: typed.get(field, "") for field in _FIELDS},
        faults=faults,
    )
