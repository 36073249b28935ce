"""How the contacts of agencies fare, for who must know that nobody can be reached there (B05)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from hub.access import Act
from hub.concern import Party
from hub.directory import Directory
from hub.figures import Health, health_of, out_of_reach
from hub.figures.health import SAID, Condition
from hub.receipt import SAID as REACHED
from hub.routes.deps import WEB, Web
from hub.routes.naming import named, party_name
from hub.routes.rendering import page
from hub.routes.sign_in import looked_over, signed_in
from hub.vocabulary import AgencyId, Channel

MOST_CONCERNS: Final = 1_000
"""Of how many concerns, newest first, the agencies are shown."""

_COLOURS: Final = {
    Condition.BROKEN: "red",
    Condition.STALE: "yellow",
    Condition.UNTRIED: "grey",
    Condition.WELL: "green",
}


def add_routes(app: web.Application) -> None:
    """Add the page."""
    app.router.add_get("/contacts", contacts)


async def contacts(request: web.Request) -> web.Response:
    """Show the contacts of the agencies that the signed-in person's own concerns have.

    By what they are, never by their addresses: no screen shows one.
    """
    session = await signed_in(request, Act.MIND_CONTACTS)
    found = await minded(request.app[WEB], session.person.agency)
    shown, directory = found.shown, found.directory
    # Which agencies take part is what the concerns hold: their providers are among them.
    await looked_over(request, session, "contacts", found.hosted)
    return page(
        "contacts.html.j2",
        title="Contacts",
        session=session,
        contacts=[_row(each, named(each.agency, directory)) for each in shown],
        gaps=[_row(each, named(each.agency, directory)) for each in shown if each.gap],
        nobody=[party_name(party, directory) for party in found.out_of_reach],
        concerns=found.hosted > 0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Minded:
    """How those can be reached who take part in one authority's concerns."""

    shown: list[Health]
    out_of_reach: tuple[Party, ...]
    """Who has no contact at all, and whom only people can tell."""
    directory: Directory
    hosted: int
    """In how many concerns they were found."""


async def minded(deps: Web, reader: AgencyId) -> Minded:
    """Return how the contacts fare of the agencies that this authority's concerns have."""
    own = await deps.register.as_reader(reader).concerns(MOST_CONCERNS)
    parties = {party for concern in own for party in concern.parties()}
    agencies = {party.agency for party in parties}
    directory = await deps.register.directory()
    agencies |= {directory.answers_for(agency) for agency in agencies}
    found = health_of(directory, await deps.register.tried(), deps.clock.now())
    return Minded(
        shown=[each for each in found if each.agency in agencies],
        out_of_reach=out_of_reach(directory, parties),
        directory=directory,
        hosted=len(own),
    )


async def own_contacts(deps: Web, agency: AgencyId) -> tuple[Health, ...]:
    """Return how the mailboxes and webhooks of one organisation fare, for itself."""
    directory = await deps.register.directory()
    found = health_of(directory, await deps.register.tried(), deps.clock.now())
    return tuple(each for each in found if each.agency == agency)


def _row(health: Health, agency: str) -> dict[str, object]:
    tried = health.tried
    return {
        "id": health.target,
        "agency": agency,
        "name": health.name,
        "webhook": health.channel is Channel.WEBHOOK,
        "condition": SAID[health.condition],
        "colour": _COLOURS[health.condition],
        "only_way": ", ".join(health.only_way),
        "gap": health.gap,
        "taken_at": tried.taken_at,
        "taken": None if tried.taken is None else REACHED[tried.taken],
        "failed_at": tried.failed_at,
        "failures": tried.failures,
        "verified_on": health.verified_on,
        "verified_days": health.verified_days,
    }
