"""`POST /v1/events`: CloudEvents by HTTP, structured and binary, through the same intake."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from hub.admit import NotAllowed
from hub.events.decode import mode_of
from hub.events.strict import MAX_BYTES
from hub.intake.took import Became, TookIn
from hub.ports import Received
from hub.routes.api.callers import Refused
from hub.routes.api.limits import address_of, count
from hub.routes.deps import WEB
from hub.routes.reading import body_of
from hub.routes.rendering import answer, listed, problem
from hub.vocabulary import PublisherId

BY_HTTP: Final = 0
"""The delivery tag of what no broker delivered."""


def add_routes(app: web.Application) -> None:
    """Add the one way in."""
    app.router.add_post("/v1/events", take)


async def take(request: web.Request) -> web.Response:
    """Take one event. 202 is said only once it is written down; the answer is its receipt.

    The key names the publisher (RFC 6750); what it may assert is asked as for the broker's users.
    Raises 408, 413 and 415; RegisterAway becomes 503, and then the same event may be sent again.
    """
    web_parts = request.app[WEB]
    publisher = _publisher(request)
    count(request, publisher or address_of(request), publisher=publisher is not None)
    if publisher is None or web_parts.take_in is None:
        refused = problem(401, "Send the key of a publisher: `Authorization: Bearer ...`")
        refused.headers["WWW-Authenticate"] = "Bearer"
        raise Refused(refused)
    content_type = request.headers.get("Content-Type", "")
    attributes = _attributes(request)
    if mode_of(content_type, attributes) is None:
        raise web.HTTPUnsupportedMediaType
    received = Received(
        tag=BY_HTTP,
        body=await body_of(request, MAX_BYTES),
        content_type=content_type,
        headers=attributes,
        user_id=publisher,
        routing_key="",
        delivery_count=0,
        received=web_parts.clock.now(),
    )
    (took,) = await web_parts.take_in([received])
    return _receipt(took, web_parts.settings.public_url)


def _publisher(request: web.Request) -> PublisherId | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    publisher_for = request.app[WEB].publisher_for
    if publisher_for is None or scheme.lower() != "bearer" or not key.strip():
        return None
    return publisher_for(key.strip())


def _attributes(request: web.Request) -> dict[str, str]:
    """Return the event's headers alone: keys and cookies are nobody's evidence."""
    found: dict[str, str] = {}
    for spelled, value in request.headers.items():
        name = spelled.lower()
        if name.startswith("ce-"):
            # A header sent twice is one list (RFC 9110, 5.3), and no valid attribute.
            found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _receipt(took: TookIn, public_url: str) -> web.Response:
    match took.became:
        case Became.ACCEPTED | Became.WAITING:
            return answer(_said(took, public_url), 202)
        case Became.DUPLICATE:
            return answer(_said(took, public_url), 200)
        case Became.CONFLICT:
            detail = "Another event with this `source` and `id` was taken before"
            return problem(409, detail, **_refused(took))
        case Became.QUARANTINED if any(isinstance(f, NotAllowed) for f in took.faults):
            return problem(403, "This publisher may not assert this event", **_refused(took))
        case Became.QUARANTINED:
            return problem(422, "The event cannot be taken", **_refused(took))


def _said(took: TookIn, public_url: str) -> dict[str, object]:
    said: dict[str, object] = {
        "became": took.became,
        "id": took.event,
        "source": took.source,
        "concern": took.concern,
        "decisions": took.decisions,
        "notices": took.notices,
        "links": {"decisions": f"{public_url}/concerns/{took.concern}"},
    }
    return {**said, "why": took.why} if took.why else said


def _refused(took: TookIn) -> dict[str, object]:
    return {"faults": listed(took.faults), "quarantine": took.quarantine}
