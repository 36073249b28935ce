"""The console's style: GOV.UK's where it has been built (`make assets`), else the plain one.

Either is one file, with our own classes of `own.css` after it. No font or crown is served, and one
script: our own, by which an open page hears that it has changed.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from aiohttp import web

PAGES: Final = Path(__file__).parent / "pages"
BUILT: Final = Path(__file__).parent / "built"
"""What `make assets` writes; a checkout and a wheel may be without it."""
PLAIN: Final = "/style.css"
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One style sheet, and where pages find it."""

    path: str
    content: bytes
    plain_because: str = ""
    """Why it is the plain one; empty: it is GOV.UK's."""


def read_style(built: Path = BUILT) -> Style:
    """Return GOV.UK's style if it is there as the build wrote it, else the plain one."""
    try:
        sheet = (built / "govuk.css").read_bytes()
        written = (built / "govuk.css.sha256").read_text("ascii").split()[:1]
    except (OSError, UnicodeDecodeError):
        return Style(path=PLAIN, content=_plain(), plain_because="not built")
    if written != [sha256(sheet).hexdigest()]:
        return Style(path=PLAIN, content=_plain(), plain_because="not what the build wrote")
    content = sheet + (PAGES / "own.css").read_bytes()
    return Style(path=f"/assets/govuk-{sha256(content).hexdigest()[:16]}.css", content=content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Our one script, and where pages find it."""

    path: str
    content: bytes


def _script() -> Script:
    content = (PAGES / "live.js").read_bytes()
    return Script(path=f"/assets/live-{sha256(content).hexdigest()[:16]}.js", content=content)


SCRIPT: Final = _script()

SHEET: Final[ContextVar[str]] = ContextVar("sheet", default=PLAIN)
"""Where the pages of the request that is being answered find their style."""


def add_routes(app: web.Application, style: Style) -> None:
    """Serve the plain style and the script, and GOV.UK's style where it is there.

    The names of the last two change with their content.
    """
    plain = _plain()

    async def plain_sheet(_: web.Request) -> web.Response:
        return _sheet(plain)

    async def built_sheet(_: web.Request) -> web.Response:
        response = _sheet(style.content)
        # It holds nothing of anybody's, and its name is its content's.
        response.headers["Cache-Control"] = _FOR_EVER
        return response

    async def script(_: web.Request) -> web.Response:
        response = web.Response(
            body=SCRIPT.content, content_type="text/javascript", charset="utf-8"
        )
        response.headers["Cache-Control"] = _FOR_EVER
        return response

    app.router.add_get(PLAIN, plain_sheet)
    app.router.add_get(SCRIPT.path, script)
    if style.path != PLAIN:
        app.router.add_get(style.path, built_sheet)


def _plain() -> bytes:
    return b"".join((PAGES / name).read_bytes() for name in ("style.css", "own.css"))


def _sheet(content: bytes) -> web.Response:
    return web.Response(body=content, content_type="text/css", charset="utf-8")
