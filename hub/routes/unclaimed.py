"""A LEO reads what people wrote to the hub that names no notice of it."""

from __future__ import annotations

from aiohttp import web

from hub.access import Act, Official
from hub.answers.unclaimed import SHOWN_FOR, Unclaimed, unclaimed, without_codes
from hub.bounce.words import written
from hub.leaf import leaf
from hub.routes.deps import WEB, Web
from hub.routes.rendering import page
from hub.routes.sign_in import signed_in


def add_routes(app: web.Application) -> None:
    """Add the page."""
    app.router.add_get("/replies", replies)


async def replies(request: web.Request) -> web.Response:
    """Show the mail that this person may read, as text alone; each look is on the log."""
    session, deps = await signed_in(request, Act.READ_CONCERNS), request.app[WEB]
    found = await unclaimed_seen(deps, session.person)
    return page(
        "replies.html.j2",
        title="Mail that names no notice",
        session=session,
        mails=[(mail, without_codes(written(mail.raw, mail.sender))) for mail in found.mails],
        others=found.others,
        days=SHOWN_FOR.days,
    )


async def unclaimed_seen(deps: Web, person: Official) -> Unclaimed:
    """Return the mail that this person may read; that they looked is on the log."""
    now = deps.clock.now()
    found = await unclaimed(deps.register, person, now)
    if found.mails:
        note = leaf("replies.seen", now, person=person.id, mails=len(found.mails))
        await deps.register.receive((), (), (note,))
    return found
