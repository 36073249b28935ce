"""Administration: how the hub fares, who publishes, webhooks and contacts. No word of any case."""

from __future__ import annotations

from aiohttp import web

from hub.access import Act, Official
from hub.directory import Directory, Endpoint
from hub.figures import Health, health_of
from hub.figures.health import SAID, Condition
from hub.ports.minding import ContactChange, Step
from hub.ports.workers import SILENT
from hub.routes.admin_words import health_words
from hub.routes.deps import WEB
from hub.routes.naming import named
from hub.routes.rendering import page
from hub.routes.sign_in import signed_in

MOST_CHANGES = 50
_COLOURS = {
    Condition.BROKEN: "red",
    Condition.STALE: "yellow",
    Condition.UNTRIED: "grey",
    Condition.WELL: "green",
}
_DONE = {
    "asked": "The change is asked for. It waits for a second person.",
    "decided": "It is decided, and written down.",
    "closed": "The webhook is closed. What is for it waits, and goes in order later.",
    "opened": "The webhook is open. What waited for it goes now, in order.",
}


def add_routes(app: web.Application) -> None:
    """Add the page, and the changes that wait for a second person."""
    app.router.add_get("/admin", everything)
    app.router.add_get("/admin/changes", changes)


async def everything(request: web.Request) -> web.Response:
    """Show how the hub and its ways in and out fare."""
    session = await signed_in(request, Act.ADMINISTER)
    deps = request.app[WEB]
    register, now = deps.register, deps.clock.now()
    directory = await register.directory()
    seen = await register.publishing()
    fares = {each.target: each for each in health_of(directory, await register.tried(), now)}
    beside = await deps.beside() if deps.beside else {}
    waiting = beside.get("waiting", [])
    return page(
        "admin.html.j2",
        title="Administration",
        session=session,
        reasons=[health_words(why) for why in await deps.readiness()],
        waiting=[health_words(str(w)) for w in waiting] if isinstance(waiting, list) else [],
        processes=[(each, now - each.seen <= SILENT) for each in await register.living()],
        publishers=[
            (each, named(each.agency, directory), seen.get(each.source))
            for each in directory.publishers
        ],
        keys=[(deps.signer.key, deps.signer.public)] if deps.signer else [],
        retired=deps.retired_keys,
        endpoints=[_endpoint(each, directory, fares) for each in directory.endpoints],
        contacts=[
            (each, named(each.agency, directory), *_fares(fares.get(each.id)))
            for each in directory.contacts
        ],
        pending=sum(one.step is Step.ASKED for one in await register.changes(MOST_CHANGES)),
        said=_DONE.get(request.query.get("said", "")),
    )


async def changes(request: web.Request) -> web.Response:
    """Show changes of contacts to those who may ask for one, or be the second person."""
    session = await signed_in(request, Act.OPERATE)
    deps = request.app[WEB]
    directory = await deps.register.directory()
    found = await deps.register.changes(MOST_CHANGES)
    return page(
        "admin_changes.html.j2",
        title="Changes of contacts",
        session=session,
        changes=[
            (one, named(one.wanted.agency, directory))
            for one in found
            if may_see(one, session.person)
        ],
        most=MOST_CHANGES,
        full=len(found) == MOST_CHANGES,
        said=_DONE.get(request.query.get("said", "")),
    )


def may_see(change: ContactChange, person: Official) -> bool:
    """Whether this person may see a change: whoever administers, and who may be the second."""
    return person.may(Act.ADMINISTER) or change.asked_for == person.agency


def _endpoint(
    one: Endpoint, directory: Directory, fares: dict[str, Health]
) -> tuple[Endpoint, str, str, str]:
    if one.parked:
        return one, named(one.agency, directory), "is closed", "red"
    return one, named(one.agency, directory), *_fares(fares.get(one.id))


def _fares(health: Health | None) -> tuple[str, str]:
    return ("", "grey") if health is None else (SAID[health.condition], _COLOURS[health.condition])
