"""Where agencies answer: the page for the code, and the address for a signed acknowledgement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiohttp import web

from hub.answers import (
    Acknowledged,
    CodeRefused,
    Declined,
    Declines,
    Incomplete,
    SignatureRefused,
)
from hub.events.envelope import Fault
from hub.receipt import Acknowledgement, Declination
from hub.routes.api.limits import address_of, count
from hub.routes.deps import WEB
from hub.routes.reading import body_of, form_of, from_elsewhere
from hub.routes.rendering import answer, listed, page, problem
from hub.vocabulary import NoticeId

_TITLE = "Acknowledge a notice"
_DECLINE = "Say that a notice is not for you"
_NO_MATCH = {
    "code": "The code does not belong to this notice. Check it, or ring the number in the notice"
}


def add_routes(app: web.Application) -> None:
    """Add each way to answer."""
    app.router.add_get("/acknowledge/{notice}", ask)
    app.router.add_post("/acknowledge/{notice}", take_code)
    app.router.add_post("/v1/notices/{notice}/acknowledgements", take_signed)


async def ask(request: web.Request) -> web.Response:
    """Show the form. It is the same for every address: looking acknowledges and reveals nothing."""
    return _why_form({}, {}) if _declines(request) else _form({}, {})


async def take_code(request: web.Request) -> web.Response:
    """Take name, role and code. Without the code nothing is acknowledged, and nothing declined."""
    if from_elsewhere(request):
        raise web.HTTPForbidden
    if _declines(request):
        return await _take_declination(request)
    form = await form_of(request)
    name, role, code = (form.get(field, "") for field in ("name", "role", "code"))
    result = await request.app[WEB].answers.acknowledge_by_code(_notice(request), name, role, code)
    match result:
        case Acknowledged():
            return page("acknowledged.html.j2", title="Thank you", done=result)
        case CodeRefused():
            return _form(form, _NO_MATCH)
        case Incomplete():
            return _form(form, _by_field(result.faults))


async def take_signed(request: web.Request) -> web.Response:
    """Take an answer signed by the agency's system (Standard Webhooks v1)."""
    # Of each notice for itself: behind one proxy nobody can use up the answers of others.
    count(request, f"{address_of(request)} {_notice(request)}")
    body = await body_of(request)
    result = await request.app[WEB].answers.acknowledge_signed(
        _notice(request), body, request.headers
    )
    match result:
        case Acknowledged() | Declined():
            return answer(_said(result), 200 if result.again else 201)
        case SignatureRefused():
            refused = problem(401, result.says)
            refused.headers["WWW-Authenticate"] = 'StandardWebhooks version="v1"'
            return refused
        case Incomplete():
            return problem(422, "The signed body cannot be read", faults=listed(result.faults))


def _declines(request: web.Request) -> bool:
    # Not a path of its own: its address in the page would make the page another for each notice.
    return request.query.get("answer") == "declined"


async def _take_declination(request: web.Request) -> web.Response:
    form = await form_of(request)
    name, role, code = (form.get(field, "") for field in ("name", "role", "code"))
    declines = Declines(because=form.get("because", ""), reason=form.get("reason", ""))
    result = await request.app[WEB].answers.decline_by_code(
        _notice(request), name, role, code, declines
    )
    match result:
        case Declined():
            return page("declined.html.j2", title="Thank you", done=result)
        case CodeRefused():
            return _why_form(form, _NO_MATCH)
        case Incomplete():
            return _why_form(form, _by_field(result.faults))


def _said(result: Acknowledged | Declined) -> dict[str, object]:
    match result:
        case Acknowledged():
            made: Acknowledgement | Declination = result.acknowledgement
            how: dict[str, object] = {
                "acknowledged_at": result.at,
                "people_awaited": result.awaited,
                "revision": result.revision,
                "newer_revision": result.newer,
            }
        case Declined():
            made, why = result.declination, result.declination
            how = {"declined_at": result.at, "because": why.because, "reason": why.reason}
    return {
        "notice": result.notice,
        **how,
        "name": made.name,
        "role": made.role,
        "organisation": made.organisation,
        "strength": made.strength,
        "again": result.again,
    }


def _by_field(faults: Iterable[Fault]) -> dict[str, str]:
    return {fault.pointer.removeprefix("/"): fault.says for fault in faults}


def _form(typed: Mapping[str, str], faults: Mapping[str, str]) -> web.Response:
    # The code is never put back into the page: it would lie in the browser's history.
    return page(
        "acknowledge.html.j2",
        title=_TITLE,
        status=422 if faults else 200,
        typed={"name": typed.get("name", ""), "role": typed.get("role", "")},
        faults=faults,
    )


def _why_form(typed: Mapping[str, str], faults: Mapping[str, str]) -> web.Response:
    return page(
        "decline.html.j2",
        title=_DECLINE,
        status=422 if faults else 200,
        typed={field: typed.get(field, "") for field in ("name", "role", "because", "reason")},
        faults=faults,
    )


def _notice(request: web.Request) -> NoticeId:
    return NoticeId(request.match_info["notice"])
