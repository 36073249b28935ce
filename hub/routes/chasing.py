"""Chase: what the next step of a ladder would do, and having it taken now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from aiohttp import web

from hub.access import Act
from hub.answers import Incomplete, NotFound, NotYours
from hub.answers.chasing import Chased, Chasing
from hub.concern import Party
from hub.directory import Contact, Directory
from hub.escalate.ladder import Ask, Move
from hub.ports import ConcernRecord
from hub.routes.concerns import of_this_person, one_notice, seen
from hub.routes.deps import WEB, Web
from hub.routes.naming import notice_words, party_name
from hub.routes.rendering import error_page, page
from hub.routes.sessions import Session
from hub.routes.sign_in import session_form
from hub.vocabulary import Channel, ConcernId

_BY: Final[Mapping[Channel, str]] = {
    Channel.EMAIL: "by email",
    Channel.CJSM: "by secure email",
    Channel.MESH: "by MESH",
    Channel.SMS: "by text",
    Channel.WEBHOOK: "to their system",
}
_DESKS: Final = ("duty contact", "deputy", "director on call")


def add_routes(app: web.Application) -> None:
    """Add the form and its sending."""
    app.router.add_get("/concerns/{concern}/notices/{notice}/chase", ask)
    app.router.add_post("/concerns/{concern}/notices/{notice}/chase", chase)


def chasing(deps: Web) -> Chasing:
    """Return what chases here. Raises 404 where nothing is planned from here."""
    if deps.tools_for is None:
        raise web.HTTPNotFound
    return Chasing(
        register=deps.register, clock=deps.clock, tools_for=deps.tools_for, new_id=deps.new_id
    )


def what_it_does(move: Move | None, party: Party, directory: Directory) -> tuple[str, ...]:
    """Return, as sentences, what the next step does; no address is in them."""
    if move is None:
        return ()
    return (
        *(_tells(contact, party, directory) for contact in move.tells),
        *_asks(move.asks, directory),
    )


async def ask(request: web.Request) -> web.Response:
    """Show what a chase would do before anybody presses anything."""
    session, record = await seen(request, "chase")
    return await _form(request, session, record, {}, {})


async def chase(request: web.Request) -> web.Response:
    """Have the next step taken now; it is written down who wanted it, and why."""
    session, form = await session_form(request, Act.READ_CONCERNS)
    record = await of_this_person(request, session, "chase")
    notice = one_notice(record, request.match_info["notice"]).notice
    typed = form.get("step", "")
    result = await chasing(request.app[WEB]).chase(
        ConcernId(record.concern.id),
        notice.id,
        session.person,
        form.get("reason", ""),
        int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1,
    )
    match result:
        case Chased():
            return web.Response(
                status=303, headers={"Location": f"/concerns/{record.concern.id}#board"}
            )
        case Incomplete():
            faults = {f.pointer.removeprefix("/") or "whole": f.says for f in result.faults}
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
    deps = request.app[WEB]
    each = one_notice(record, request.match_info["notice"])
    notice, directory = each.notice, await deps.register.directory()
    if not session.person.may(Act.STEER):
        raise web.HTTPNotFound
    offer = await chasing(deps).offer(record, each)
    found = offer.chaseable
    return page(
        "chase.html.j2",
        title="Chase an answer",
        session=session,
        status=422 if faults else 200,
        concern=record.concern,
        notice=notice,
        words=notice_words(notice.template),
        party=party_name(notice.party, directory),
        due=found.owed.due if found else None,
        does=what_it_does(found.move if found else None, notice.party, directory),
        why_not=offer.why_not,
        last=offer.last,
        step=found.step if found else 0,
        typed={"reason": typed.get("reason", "")},
        faults=faults,
    )


def _tells(contact: Contact, party: Party, directory: Directory) -> str:
    desk = _DESKS[contact.order] if contact.order < len(_DESKS) else "next contact"
    who, by = party_name(party, directory), _BY[contact.channel]
    return f"Sends the same notice to the {desk} of {who}: {contact.name}, {by}"


def _asks(asks: tuple[Ask, ...], directory: Directory) -> Iterator[str]:
    for each in asks:
        yield f"Asks the {party_name(each.party, directory)}: {each.says}"
