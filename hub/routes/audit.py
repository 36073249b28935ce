"""An auditor's screens: every concern of their authority under pseudonyms, and nothing to press."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final, TypeVar

from aiohttp import web

from hub.access import Act
from hub.concern import Concern
from hub.ports import Register
from hub.routes.audited import audited, listed
from hub.routes.deps import WEB
from hub.routes.pseudonyms import Pseudonyms
from hub.routes.rendering import page
from hub.routes.sessions import Session
from hub.routes.sign_in import looked_at, looked_over, signed_in

AT_ONCE: Final = 100
MOST: Final = 10_000
"""So many concerns of one authority are looked through, the newest first."""
_KEY_OF: Final = "pseudonyms: "

_T = TypeVar("_T")


def add_routes(app: web.Application) -> None:
    """Add the list and one concern."""
    app.router.add_get("/audit", everything)
    app.router.add_get("/audit/{name}", one)


async def everything(request: web.Request) -> web.Response:
    """List the concerns of the auditor's own authority under pseudonyms, newest first."""
    session = await signed_in(request, Act.AUDIT)
    concerns = await _concerns(request, session)
    some, number, last = _part(request, concerns)
    await looked_over(request, session, "audit", len(some))
    register = request.app[WEB].register
    names = {c.partnership: await pseudonyms_of(register, c.partnership) for c in some}
    return page(
        "audit.html.j2",
        title="Concerns under pseudonyms",
        session=session,
        concerns=[listed(each, names[each.partnership]) for each in some],
        many=len(concerns),
        number=number,
        last=last,
    )


async def one(request: web.Request) -> web.Response:
    """Show what was done in one concern; it is found by its pseudonym. Another's is 404."""
    session = await signed_in(request, Act.AUDIT)
    register = request.app[WEB].register
    for concern in await _concerns(request, session):
        names = await pseudonyms_of(register, concern.partnership)
        if names.concern(concern) == request.match_info["name"]:
            break
    else:
        raise web.HTTPNotFound
    record = await register.as_reader(session.person.agency).concern(concern.id)
    if record is None:
        raise web.HTTPNotFound
    shown = audited(record, names)
    some, number, last = _part(request, shown.done)
    await looked_at(request, session, concern.id, "audit")
    return page(
        "audited.html.j2",
        title=f"Concern {shown.listed.name}",
        session=session,
        shown=shown,
        done=some,
        number=number,
        last=last,
    )


async def _concerns(request: web.Request, session: Session) -> tuple[Concern, ...]:
    view = request.app[WEB].register.as_reader(session.person.agency)
    return await view.concerns(MOST)


async def pseudonyms_of(register: Register, partnership: str) -> Pseudonyms:
    """Return a partnership's pseudonyms. Their key is made once, and kept in the register."""
    subject = _KEY_OF + partnership
    known = await register.in_force(subject)
    if known is None:
        await register.put_in_force(subject, secrets.token_hex(32), lambda _: None)
        known = await register.in_force(subject)
    return Pseudonyms(partnership=partnership, key=bytes.fromhex(known or ""))


def _part(request: web.Request, whole: Sequence[_T]) -> tuple[Sequence[_T], int, int]:
    """Return the part of a list that is asked for, its number and the last one's. Raises 404."""
    last = max(1, -(-len(whole) // AT_ONCE))
    asked = request.query.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0
    if not 1 <= number <= last:
        raise web.HTTPNotFound
    return whole[(number - 1) * AT_ONCE : number * AT_ONCE], number, last
