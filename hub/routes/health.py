"""For those who run the hub: is it alive, is it ready, and how much is waiting."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from hub.ports import Depths
from hub.routes.deps import WEB
from hub.routes.figures import gauges
from hub.routes.policy import as_said
from hub.routes.rendering import answer

_GAUGES: Final = {
    "unaccounted": (
        "hub_unaccounted_notices",
        "Deliveries neither in the queue nor finished with evidence; it is 0",
    ),
    "unaccounted_obligations": (
        "hub_unaccounted_obligations",
        "Obligations with a ladder that nobody looks at any more; it is 0",
    ),
    "queued": ("hub_queue_depth", "Deliveries waiting in the queue"),
    "stalled": ("hub_queue_stalled", "Deliveries due for five minutes that nobody has in hand"),
    "behind_closed": ("hub_queue_closed", "Deliveries that wait for a closed webhook"),
    "leased": ("hub_leased_deliveries", "Deliveries in a worker's hands"),
    "held": ("hub_held", "Parties and classes of information held now"),
    "open_obligations": ("hub_obligations_open", "Obligations not discharged"),
    "overdue_obligations": ("hub_obligations_overdue", "Open obligations past their time"),
    "overdue_reviews": (
        "hub_emergency_reviews_overdue",
        "Emergency accesses whose review is past its time",
    ),
    "quarantined": ("hub_quarantined", "Messages in quarantine"),
    "waiting_events": ("hub_waiting_events", "Events that cannot follow yet"),
    "unread_mail": ("hub_mail_unread", "Mails that came back and that nobody has read yet"),
    "facts": ("hub_facts_waiting", "Facts for publishers that the broker has not confirmed"),
    "events": ("hub_events", "Events taken in, ever"),
    "notices": ("hub_notices", "Notices written, ever; drills are none"),
}
"""Field of Depths to the gauge's name and what it counts."""


def add_routes(app: web.Application, *, alive_only: bool = False) -> None:
    """Add the three paths for operators; `alive_only`: the other two are behind another door."""
    app.router.add_get("/healthz", alive)
    if not alive_only:
        app.router.add_get("/readyz", ready)
        app.router.add_get("/metrics", measured)


async def alive(_: web.Request) -> web.Response:
    """Answer that the process runs; it asks nothing of the world."""
    return answer({"alive": True})


async def ready(request: web.Request) -> web.Response:
    """Answer 200, or 503 with every reason why not; and what an operator must know beside it.

    A newer policy that was refused, a review that is overdue, what has waited for too long and what
    the auditor put right are said, and stop nothing.
    """
    deps = request.app[WEB]
    reasons = await deps.readiness()
    said = {
        "ready": not reasons,
        "reasons": list(reasons),
        "policy": as_said(deps.policy(), deps.clock.now()),
    }
    if deps.beside is not None:
        said |= await deps.beside()
    return answer(said, 503 if reasons else 200)


async def measured(request: web.Request) -> web.Response:
    """Answer in Prometheus' text format: the counters handed in, and gauges read now."""
    deps = request.app[WEB]
    depths = await deps.register.depths()
    text = generate_latest(deps.metrics) + generate_latest(_gauges(depths))
    report = None if deps.figures is None else await deps.figures()
    if report is not None:
        text += generate_latest(gauges(report))
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def _gauges(depths: Depths) -> CollectorRegistry:
    registry = CollectorRegistry()
    for field, (name, counts) in _GAUGES.items():
        Gauge(name, counts, registry=registry).set(getattr(depths, field))
    return registry
