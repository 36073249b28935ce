"""Told by phone: a LEO writes down who said that a notice has been read, or is not for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from aiohttp import web

from hub.access import Act
from hub.answers import Acknowledged, Call, Declined, Declines, Incomplete, NotFound, NotYours
from hub.calendar import LONDON
from hub.ports import ConcernRecord
from hub.routes.concerns import of_this_person, one_notice, seen
from hub.routes.deps import WEB
from hub.routes.naming import notice_words, party_name
from hub.routes.rendering import error_page, page
from hub.routes.sessions import Session
from hub.routes.sign_in import session_form

_TITLE = "Record a call"
_FIELDS = ("name", "role", "how", "because", "reason", "day", "clock")
_NO_TIME = "Enter the day and the time of the call"


def add_routes(app: web.Application) -> None:
    """Add the form and its sending."""
    app.router.add_get("/concerns/{concern}/notices/{notice}/told", ask)
    app.router.add_post("/concerns/{concern}/notices/{notice}/told", take)


async def ask(request: web.Request) -> web.Response:
    """Show the form, with this moment in London filled in."""
    session, record = await seen(request, "told")
    now = request.app[WEB].clock.now().astimezone(LONDON)
    typed = {"day": f"{now:%Y-%m-%d}", "clock": f"{now:%H:%M}"}
    return await _form(request, session, record, typed, {})


async def take(request: web.Request) -> web.Response:
    """Write the call down; its strength is `recorded`, and is shown as that."""
    session, form = await session_form(request, Act.READ_CONCERNS)
    record = await of_this_person(request, session, "told")
    notice = one_notice(record, request.match_info["notice"]).notice
    at = _moment(form.get("day", ""), form.get("clock", ""))
    why = form.get("because", "")
    call = Call(
        name=form.get("name", ""),
        role=form.get("role", ""),
        how=form.get("how", ""),
        # No time at all is before every notice: it is refused with every other fault.
        at=at or datetime.min.replace(tzinfo=UTC),
        declines=Declines(because=why, reason=form.get("reason", "")) if why else None,
    )
    answers = request.app[WEB].answers
    result = await answers.record_call(notice.id, session.person, call)
    match result:
        case Acknowledged() | Declined():
            back = f"/concerns/{record.concern.id}/notices/{notice.id}"
            return web.Response(status=303, headers={"Location": back})
        case Incomplete():
            faults = {f.pointer.removeprefix("/"): f.says for f in result.faults}
            if at is None:
                faults["at"] = _NO_TIME
            return await _form(request, session, record, form, faults)
        case NotYours():
            return error_page(403, says=result.says)
        case NotFound():
            raise web.HTTPNotFound


def _moment(day: str, clock: str) -> datetime | None:
    """Read a day and a time of day in London; None where they are none.

    In the hour that comes twice in October the first is taken.
    """
    try:
        read = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock))
    except ValueError:
        return None
    return read.replace(tzinfo=LONDON).astimezone(UTC)


async def _form(
    request: web.Request,
    session: Session,
    record: ConcernRecord,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
) -> web.Response:
    notice = one_notice(record, request.match_info["notice"]).notice
    directory = await request.app[WEB].register.directory()
    return page(
        "told.html.j2",
        title=_TITLE,
        session=session,
        status=422 if faults else 200,
        concern=record.concern,
        notice=notice,
        words=notice_words(notice.template),
        party=party_name(notice.party, directory),
        typed={field: typed.get(field, "") for field in _FIELDS},
        faults=faults,
    )
