"""A webhook is closed or opened with a reason, or tried by a ping with no word of any case."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import orjson
from aiohttp import web

from hub.access import Act, Official
from hub.concern import Party
from hub.directory import Endpoint
from hub.frozen import replace
from hub.leaf import leaf
from hub.notice import DRILL, Delivery, Leased, Outcome
from hub.routes.admin_words import came_of, steps_of
from hub.routes.deps import WEB, Web
from hub.routes.naming import named
from hub.routes.rendering import page
from hub.routes.sessions import Session
from hub.routes.sign_in import session_form, signed_in
from hub.vocabulary import (
    AttemptId,
    Channel,
    ConcernId,
    DeliveryId,
    EndpointId,
    InfoClass,
    Lane,
    NoticeId,
    Role,
)

PING: Final = "concernhub.ping.v1"
"""The type of the event that a trial posts; a receiver answers it as any other, and acts on none.
"""
WHY: Final = {
    "asked": "The agency asked for it",
    "moving": "The agency moves to another system",
    "fails": "It takes nothing, or takes it wrongly",
    "unsafe": "Its address or its key may be in other hands",
    "mended": "It has been put right, and a ping says so",
}
"""A closed list: the log takes no free text."""


def add_routes(app: web.Application) -> None:
    """Add the form, its sending, and the ping."""
    app.router.add_get("/admin/webhooks/{webhook}", ask)
    app.router.add_post("/admin/webhooks/{webhook}", take)
    app.router.add_post("/admin/webhooks/{webhook}/ping", ping)


async def ask(request: web.Request) -> web.Response:
    """Show a webhook, and ask why it is closed or opened."""
    session = await signed_in(request, Act.ADMINISTER)
    return await _form(request, session, await _webhook(request), {}, {})


async def take(request: web.Request) -> web.Response:
    """Close it where it is open, and open it where it is closed; who and why are on the log."""
    session, form = await session_form(request, Act.ADMINISTER)
    endpoint, deps = await _webhook(request), request.app[WEB]
    if form.get("why") not in WHY:
        return await _form(request, session, endpoint, form, {"why": "Say why"})
    closes = form.get("does") == "close"
    if not await closed_or_opened(deps, endpoint, form["why"], session.person, closes=closes):
        # Somebody else has done it since the form was shown.
        return web.Response(status=303, headers={"Location": f"/admin/webhooks/{endpoint.id}"})
    does = "closed" if closes else "opened"
    return web.Response(status=303, headers={"Location": f"/admin?said={does}"})


async def closed_or_opened(
    deps: Web, endpoint: Endpoint, why: str, by: Official, *, closes: bool
) -> bool:
    """Close a webhook or open it, on the log; False: it is so already, and nothing is done."""
    if closes == endpoint.parked:
        return False
    kind = "webhook.closed" if closes else "webhook.opened"
    said = leaf(kind, deps.clock.now(), webhook=endpoint.id, by=by.id, why=why)
    await deps.register.receive((), (), (said,))
    await deps.register.put_endpoint(replace(endpoint, parked=closes))
    return True


async def ping(request: web.Request) -> web.Response:
    """Post a signed event with nothing in it, by the way of every notice; say what came of it."""
    session, _ = await session_form(request, Act.ADMINISTER)
    endpoint, deps = await _webhook(request), request.app[WEB]
    outcome = await pinged(deps, endpoint, session.person)
    if outcome is None:
        raise web.HTTPNotFound
    directory = await deps.register.directory()
    word, colour = came_of(outcome)
    return page(
        "admin_pinged.html.j2",
        title="What came of the ping",
        session=session,
        webhook=endpoint,
        agency=named(endpoint.agency, directory),
        word=word,
        colour=colour,
        steps=steps_of(outcome),
    )


async def pinged(deps: Web, endpoint: Endpoint, by: Official) -> Outcome | None:
    """Post the ping, on the log, and return what came of it; None: this process cannot post."""
    if deps.webhooks is None:
        return None
    leased = _ping(endpoint, deps.answers.mint.id(), deps)
    directory = await deps.register.directory()
    # A closed one may be tried before it is opened: nothing else goes to it meanwhile.
    tried = replace(directory, endpoints=(replace(endpoint, parked=False),))
    outcome = await deps.webhooks.carry(leased, tried)
    said = leaf(
        "webhook.pinged",
        deps.clock.now(),
        webhook=endpoint.id,
        by=by.id,
        ping=leased.delivery.id,
        came=type(outcome).__name__.lower(),
    )
    await deps.register.receive((), (), (said,))
    return outcome


def _ping(endpoint: Endpoint, name: str, deps: Web) -> Leased:
    now = deps.clock.now()
    body = orjson.dumps(
        {
            "specversion": "1.0",
            "id": f"ping-{name}",
            "source": deps.settings.public_url,
            "type": PING,
            "time": now,
            "datacontenttype": "application/json",
            "data": {},
        },
        option=orjson.OPT_UTC_Z,
    )
    delivery = Delivery(
        id=DeliveryId(f"ping-{name}"),
        notice=NoticeId(f"ping-{name}"),
        concern=ConcernId(f"{DRILL}ping"),
        party=Party(
            agency=endpoint.agency,
            role=next(iter(sorted(endpoint.roles)), Role.PARTICIPANT),
        ),
        channel=Channel.WEBHOOK,
        target=EndpointId(endpoint.id),
        dest=f"webhook:{endpoint.id}",
        lane=Lane.BULK,
        classes=frozenset({InfoClass.PROCESS}),
        body=body,
        sha256=sha256(body).hexdigest(),
        due_at=now,
    )
    return Leased(
        delivery=delivery,
        attempt=AttemptId(f"ping-{name}"),
        token=1,
        attempts=0,
        first_tried_at=None,
        expires_at=now,
    )


async def _webhook(request: web.Request) -> Endpoint:
    directory = await request.app[WEB].register.directory()
    found = directory.endpoint(EndpointId(request.match_info["webhook"]))
    if found is None:
        raise web.HTTPNotFound
    return found


async def _form(
    request: web.Request,
    session: Session,
    endpoint: Endpoint,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
) -> web.Response:
    deps = request.app[WEB]
    return page(
        "admin_webhook.html.j2",
        title="Open the webhook" if endpoint.parked else "Close the webhook",
        session=session,
        status=422 if faults else 200,
        webhook=endpoint,
        agency=named(endpoint.agency, await deps.register.directory()),
        pings=deps.webhooks is not None,
        choices=list(WHY.items()),
        why=typed.get("why", ""),
        faults=faults,
    )
