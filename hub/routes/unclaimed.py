"""A LEO reads what people wrote to the hub that names no notice of it."""

from __future__ import annotations

from aiohttp import web

from hub.access import Act
from hub.answers.unclaimed import SHOWN_FOR, unclaimed, without_codes
from hub.bounce.words import written
from hub.leaf import leaf
from hub.routes.deps import WEB
from hub.routes.rendering import page
from hub.routes.sign_in import signed_in


def add_routes(app: web.Application) -> None:
    """Add the page."""
    app.router.add_get("/replies", replies)


async def replies(request: web.Request) -> web.Response:
    """Show the mail that this person may read, as text alone; each look is on the log."""
    session, deps = await signed_in(request, Act.READ_CONCERNS), request.app[WEB]
    now = deps.clock.now()
    found = await unclaimed(deps.register, session.person, now)
    if found.mails:
        note = leaf("replies.seen", now, person=session.person.id, mails=len(found.mails))
        await deps.register.receive((), (), (note,))
    return page(
        "replies.html.j2",
        title="Mail that names no notice",
        session=session,
        mails=[(mail, without_codes(written(mail.raw, mail.sender))) for mail in found.mails],
        others=found.others,
        days=SHOWN_FOR.days,
    )
