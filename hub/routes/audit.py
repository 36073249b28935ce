"""An auditor's screens: every concern of their authority under pseudonyms, and nothing to press."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final, TypeVar

from aiohttp import web

from hub.access import Act, Official
from hub.concern import Concern
from hub.ports import Register
from hub.routes.audited import Audited, Listed, audited, listed
from hub.routes.deps import WEB, Web
from hub.routes.pseudonyms import Pseudonyms
from hub.routes.rendering import page
from hub.routes.sign_in import looked_at, looked_over, signed_in
from hub.vocabulary import ConcernId

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
    deps = request.app[WEB]
    concerns = await concerns_of(deps, session.person)
    some, number, last = part(concerns, _number(request))
    await looked_over(request, session, "audit", len(some))
    return page(
        "audit.html.j2",
        title="Concerns under pseudonyms",
        session=session,
        concerns=await under_pseudonyms(deps, some),
        many=len(concerns),
        number=number,
        last=last,
    )


async def one(request: web.Request) -> web.Response:
    """Show what was done in one concern; it is found by its pseudonym. Another's is 404."""
    session = await signed_in(request, Act.AUDIT)
    concern, shown = await found_by(request.app[WEB], session.person, request.match_info["name"])
    some, number, last = part(shown.done, _number(request))
    await looked_at(request, session, concern, "audit")
    return page(
        "audited.html.j2",
        title=f"Concern {shown.listed.name}",
        session=session,
        shown=shown,
        done=some,
        number=number,
        last=last,
    )


async def concerns_of(deps: Web, person: Official) -> tuple[Concern, ...]:
    """Return the concerns that an auditor may see, the newest first."""
    return await deps.register.as_reader(person.agency).concerns(MOST)


async def under_pseudonyms(deps: Web, some: Sequence[Concern]) -> tuple[Listed, ...]:
    """Return these concerns as an auditor's list has them."""
    register = deps.register
    names = {c.partnership: await pseudonyms_of(register, c.partnership) for c in some}
    return tuple(listed(each, names[each.partnership]) for each in some)


async def found_by(deps: Web, person: Official, name: str) -> tuple[ConcernId, Audited]:
    """Return the concern that has this pseudonym. Raises 404; another authority's has none here."""
    for concern in await concerns_of(deps, person):
        names = await pseudonyms_of(deps.register, concern.partnership)
        if names.concern(concern) == name:
            break
    else:
        raise web.HTTPNotFound
    record = await deps.register.as_reader(person.agency).concern(concern.id)
    if record is None:
        raise web.HTTPNotFound
    return concern.id, audited(record, names)


async def pseudonyms_of(register: Register, partnership: str) -> Pseudonyms:
    """Return a partnership's pseudonyms. Their key is made once, and kept in the register."""
    subject = _KEY_OF + partnership
    known = await register.in_force(subject)
    if known is None:
        await register.put_in_force(subject, secrets.token_hex(32), lambda _: None)
        known = await register.in_force(subject)
    return Pseudonyms(partnership=partnership, key=bytes.fromhex(known or ""))


def part(whole: Sequence[_T], number: int) -> tuple[Sequence[_T], int, int]:
    """Return one page of a list, its number and the last one's. Raises 404."""
    last = max(1, -(-len(whole) // AT_ONCE))
    if not 1 <= number <= last:
        raise web.HTTPNotFound
    return whole[(number - 1) * AT_ONCE : number * AT_ONCE], number, last


def _number(request: web.Request) -> int:
    asked = request.query.get("page", "1")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0
