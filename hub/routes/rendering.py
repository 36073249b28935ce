"""Pages from templates. Every value is escaped; an unknown value is an error, not a blank."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Final

import orjson
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hub.calendar import LONDON
from hub.events.envelope import Fault
from hub.routes.deps import RUNS_OUR_SCRIPT
from hub.routes.fresh import Fresh
from hub.routes.navigation import places
from hub.routes.policy import BANNERS, NO_BANNERS
from hub.routes.sessions import Session
from hub.routes.style import PAGES, SCRIPT, SHEET

PROBLEM: Final = "application/problem+json"


def when(at: datetime | None) -> str:
    """Say an instant as people in London do: `Fri 6 Nov 2026, 17:02`."""
    if at is None:
        return "not yet"
    local = at.astimezone(LONDON)
    return f"{local:%a} {local.day} {local:%b %Y}, {local:%H:%M}"


def clock(at: datetime) -> Markup:
    """Return the time of day of an instant in London, as a `time` element: `14:05`."""
    local = at.astimezone(LONDON)
    said = Markup('<time datetime="{}">{}</time>')
    return said.format(local.isoformat(timespec="seconds"), f"{local:%H:%M}")


def stamp(at: datetime | None, *, short: bool = False) -> Markup:
    """Return an instant as a `time` element, which machines can read as well."""
    if at is None:
        return Markup("not yet")
    local = at.astimezone(LONDON)
    said = f"{local.day} {local:%b}, {local:%H:%M}" if short else when(at)
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), said)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["stamp"] = stamp
    environment.filters["when"] = when
    environment.filters["clock"] = clock
    return environment


_PAGES: Final = _environment()


def page(
    template: str,
    *,
    title: str,
    session: Session | None = None,
    status: int = 200,
    live: Fresh | None = None,
    **facts: object,
) -> web.Response:
    """Return one page. `title` is its heading and what the browser shows.

    `live`: by what it hears that it has changed, and then it may run our own script; None: it
    runs none.
    """
    says = BANNERS.get(NO_BANNERS)
    banners = (*says.everybody, *(says.signed_in if session else ()))
    html = _PAGES.get_template(template).render(
        title=title,
        session=session,
        places=places(session.person) if session else (),
        banners=banners,
        stylesheet=SHEET.get(),
        live=live,
        script=SCRIPT.path,
        **facts,
    )
    made = web.Response(text=html, status=status, content_type="text/html", charset="utf-8")
    made[RUNS_OUR_SCRIPT] = live is not None
    return made


def error_page(status: int, says: str | None = None) -> web.Response:
    """Return the page of an error, in plain words; it says nothing about what is there.

    `says` stands in place of the usual words, for a reader who may know more.
    """
    words = _ERRORS.get(status) or (
        _ERRORS[HTTPStatus.INTERNAL_SERVER_ERROR] if status >= 500 else _ERRORS[400]
    )
    title = "You cannot do this" if says else words[0]
    return page("error.html.j2", title=title, status=status, says=says or words[1])


def problem(status: int, detail: str, **more: object) -> web.Response:
    """Return an error for a program (RFC 9457)."""
    said = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    return web.Response(body=orjson.dumps(said), status=status, content_type=PROBLEM)


def answer(said: dict[str, object], status: int = 200) -> web.Response:
    """Return an answer for a program."""
    return web.Response(body=orjson.dumps(said), status=status, content_type="application/json")


def listed(faults: tuple[Fault, ...]) -> list[dict[str, str]]:
    """Return faults as a problem lists them."""
    return [{"pointer": fault.pointer, "says": fault.says} for fault in faults]


_ERRORS: Final[dict[int, tuple[str, str]]] = {
    400: (
        "We cannot read this request",
        "Go back, check what you entered and send it again.",
    ),
    403: (
        "This form was not sent from this page",
        "Nothing has been changed. Open the page again and send the form from there.",
    ),
    404: (
        "Page not found",
        "Check the address. If you followed a link in a notice, ring the number in the notice.",
    ),
    405: ("This page cannot be used like that", "Go back to the page before and use its form."),
    408: (
        "Your answer took too long to arrive",
        "Nothing has been changed. Check your connection and send it again.",
    ),
    413: ("What you sent is too long", "Nothing has been changed. Shorten it and send it again."),
    415: ("We cannot read this kind of form", "Open the page again and send the form from there."),
    429: (
        "You have asked for too much at once",
        "Nothing has been changed. Wait a minute and try again.",
    ),
    500: (
        "Something went wrong on our side",
        "What you sent may not be written down. Try again, or ring the number in the notice.",
    ),
    503: (
        "We cannot write anything down at this moment",
        "What you sent is not written down. Try again, or ring the number in the notice.",
    ),
}
