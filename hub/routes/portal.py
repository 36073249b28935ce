"""An organisation's own notices, and its own contacts: what its officers and a provider see.

Nothing of the concern beyond what they were sent, and nothing of what has not left the hub: to
show it would be to send it (semantics 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web

from hub.access import Act
from hub.figures import Health
from hub.figures.health import SAID
from hub.ports import NoticeRecord
from hub.receipt import fold
from hub.routes.contacts import own_contacts
from hub.routes.deps import WEB
from hub.routes.naming import named, notice_words, party_name
from hub.routes.rendering import page
from hub.routes.sign_in import looked_over, signed_in
from hub.vocabulary import Channel, NoticeId, Setback

AT_ONCE: Final = 50
"""How many notices one page lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One notice in the list of those who got it."""

    href: str
    says: str
    reference: str
    to: str
    written: datetime
    answer: str
    """What was answered, in words; empty: nothing yet."""
    due: datetime | None
    late: bool
    superseded: bool
    """A newer revision stands in its place, and has left the hub too."""

    @property
    def waits(self) -> bool:
        """Whether somebody of the organisation must read it still."""
        return not self.answer and not self.superseded


def received(record: NoticeRecord, to: str, now: datetime) -> Received:
    """Return how a notice stands with those it went to. Pure."""
    notice, reached = record.notice, fold(record.receipts)
    answer = ""
    if Setback.DECLINED in reached.setbacks:
        answer = "Declined"
    elif reached.acknowledgement is not None:
        answer = f"Acknowledged by {reached.acknowledgement.name}"
    open_still = not answer and record.newer is None
    return Received(
        href=f"/notices/{notice.id}",
        says=notice_words(notice.template),
        reference=notice.reference,
        to=to,
        written=notice.composed_at,
        answer=answer,
        due=notice.reply_due,
        late=open_still and notice.reply_due is not None and notice.reply_due < now,
        superseded=record.newer is not None,
    )


def add_routes(app: web.Application) -> None:
    """Add the list."""
    app.router.add_get("/notices", notices)


async def notices(request: web.Request) -> web.Response:
    """List the notices to the signed-in person's own organisation: first what waits for them."""
    session = await signed_in(request, Act.ANSWER)
    deps, own = request.app[WEB], session.person.agency
    before = request.query.get("before", "")
    reader = deps.register.as_reader(own)
    found = await reader.notices(AT_ONCE + 1, before=NoticeId(before) if before else None)
    directory, now = await deps.register.directory(), deps.clock.now()
    shown = [
        received(each, party_name(each.notice.party, directory), now) for each in found[:AT_ONCE]
    ]
    await looked_over(request, session, "notices", len({each.notice.concern for each in found}))
    return page(
        "portal.html.j2",
        title="Notices to us",
        session=session,
        organisation=named(own, directory),
        waiting=sorted(
            (each for each in shown if each.waits),
            key=lambda each: (not each.late, each.due or each.written),
        ),
        done=[each for each in shown if not each.waits],
        more=found[AT_ONCE - 1].notice.id if len(found) > AT_ONCE else None,
        earlier=bool(before),
        contacts=_contacts(await own_contacts(deps, own)),
    )


def _contacts(mine: Sequence[Health]) -> list[dict[str, object]]:
    """Return the organisation's own contacts: by what they are, never by their addresses."""
    return [
        {
            "name": each.name,
            "webhook": each.channel is Channel.WEBHOOK,
            "condition": SAID[each.condition],
            "verified_on": each.verified_on,
        }
        for each in mine
    ]
