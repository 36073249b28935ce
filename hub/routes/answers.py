"""Where agencies answer: the page for the code, and the address for a signed acknowledgement."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from hub.answers import Acknowledged, CodeRefused, Incomplete, SignatureRefused
from hub.routes.deps import WEB
from hub.routes.reading import body_of, form_of, from_elsewhere
from hub.routes.rendering import answer, listed, page, problem
from hub.vocabulary import NoticeId

_TITLE = "Acknowledge a notice"
_NO_MATCH = {
    "code": "The code does not belong to this notice. Check it, or ring the number in the notice"
}


def add_routes(app: web.Application) -> None:
    """Add both ways to acknowledge."""
    app.router.add_get("/acknowledge/{notice}", ask)
    app.router.add_post("/acknowledge/{notice}", take_code)
    app.router.add_post("/v1/notices/{notice}/acknowledgements", take_signed)


async def ask(_: web.Request) -> web.Response:
    """Show the form. It is the same for every address: looking acknowledges and reveals nothing."""
    return _form({}, {})


async def take_code(request: web.Request) -> web.Response:
    """Take name, role and code. Without the code nothing is acknowledged."""
    if from_elsewhere(request):
        raise web.HTTPForbidden
    form = await form_of(request)
    name, role, code = (form.get(field, "") for field in ("name", "role", "code"))
    result = await request.app[WEB].answers.acknowledge_by_code(_notice(request), name, role, code)
    match result:
        case Acknowledged():
            return page("acknowledged.html.j2", title="Thank you", done=result)
        case CodeRefused():
            return _form(form, _NO_MATCH)
        case Incomplete():
            return _form(form, {f.pointer.removeprefix("/"): f.says for f in result.faults})


async def take_signed(request: web.Request) -> web.Response:
    """Take an acknowledgement signed by the agency's system (Standard Webhooks v1)."""
    body = await body_of(request)
    result = await request.app[WEB].answers.acknowledge_signed(
        _notice(request), body, request.headers
    )
    match result:
        case Acknowledged():
            return answer(_said(result), 200 if result.again else 201)
        case SignatureRefused():
            refused = problem(401, result.says)
            refused.headers["WWW-Authenticate"] = 'StandardWebhooks version="v1"'
            return refused
        case Incomplete():
            return problem(422, "The signed body cannot be read", faults=listed(result.faults))


def _said(result: Acknowledged) -> dict[str, object]:
    made = result.acknowledgement
    return {
        "notice": result.notice,
        "acknowledged_at": result.at,
        "name": made.name,
        "role": made.role,
        "organisation": made.organisation,
        "strength": made.strength,
        "again": result.again,
    }


def _form(typed: Mapping[str, str], faults: Mapping[str, str]) -> web.Response:
    # The code is never put back into the page: it would lie in the browser's history.
    return page(
        "acknowledge.html.j2",
        title=_TITLE,
        status=422 if faults else 200,
        typed={"name": typed.get("name", ""), "role": typed.get("role", "")},
        faults=faults,
    )


def _notice(request: web.Request) -> NoticeId:
    return NoticeId(request.match_info["notice"])
