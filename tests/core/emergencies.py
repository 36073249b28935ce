"""An emergency on Christmas night at a home with adults of Surrey and of the NHS, for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from hub.concern import Party
from hub.decision import Held, Notify
from hub.notice import Notice
from hub.page import Page
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.core.story import (
    PROCESS,
    THE_HOST,
    THE_ICB,
    THE_POLICE,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    placed,
    verdicts,
)
from tests.worlds import HOST, NHS, PROVIDER, SURREY, person

NIGHT: Final = datetime.fromisoformat("2026-12-25T23:50:00+00:00")
SOON: Final = timedelta(minutes=30)
OWN: Final = PROCESS | {InfoClass.PLACED_ADULT}
MONEY: Final = PROCESS | {InfoClass.COMMERCIAL}


def host(role: Role) -> Party:
    """Return the host authority in another part."""
    return Party(agency=AgencyId(HOST), role=role)


def joined(agency: str, role: Role) -> Party:
    """Return somebody who joins where an event names it."""
    return Party(agency=AgencyId(agency), role=role)


FIRE: Final = joined("unit:west-sussex-fire", Role.FIRE)
AMBULANCE: Final = joined("unit:sussex-nhs-emergency", Role.NHS_SERVICES)
BUILDING: Final = joined("unit:west-sussex-building-control", Role.BUILDING_CONTROL)
SAFETY: Final = joined("unit:hse", Role.HSE)
PLACING_ICB: Final = joined(NHS, Role.PLACING_ICB)
COMMISSIONERS: Final = frozenset({THE_SURREY, PLACING_ICB})
ADULTS: Final = frozenset({joined(SURREY, Role.ADULTS), joined(NHS, Role.ADULTS)})
HEADS: Final = host(Role.HEADS_OF_SERVICE)
PLANNING: Final = host(Role.EMERGENCY_PLANNING)
CONTRACTS: Final = host(Role.CONTRACTS)
DUTY: Final = host(Role.EMERGENCY_DUTY_TEAM)
HEAD: Final = host(Role.HEAD_OF_SAFEGUARDING)
DESKS: Final = frozenset({CONTRACTS, DUTY, HEAD})
ACTS: Final = frozenset({THE_REGULATOR, THE_HOST, THE_ICB, THE_POLICE, HEADS, *DESKS})
"""Who hears of every emergency, besides commissioners, their adults and the provider."""

COORDINATES: Final[dict[str, Any]] = {
    "coordinator": person("Emergency co-ordinator", "Iris Vale"),
    "press_office": "01632 960111",
    "ends_at": "2026-12-26T06:00:00Z",
}
EVACUATED: Final[dict[str, Any]] = {
    **COORDINATES,
    "fire_service": FIRE.agency,
    "nhs_services": [AMBULANCE.agency],
}
WITHDRAWN: Final[dict[str, Any]] = {
    **COORDINATES,
    "withdrawn_by": HOST,
    "authority": "chair",
    "authorised_by": person("Chair", "Robin Hale"),
    "contract": "C-77",
}
GROUND: Final[dict[str, Any]] = {
    "service": {
        "provider": PROVIDER,
        "provider_name": "Rosewood Care Ltd",
        "location_name": "Rosewood House",
        "postcode": "RH19 1AA",
    },
    "host_authority": HOST,
    "host_icb": NHS,
    "regulator": "regulator:cqc",
    "police": "gss:E23000033",
    "leo": person("Duty manager"),
    "duty_phone": "01632 960199",
}


def christmas(*, known: bool = False) -> Story:
    """Return a concern on Christmas night; `known`: no crime is suspected, the provider knows."""
    story = Story(now=NIGHT - timedelta(hours=1))
    story.opens()
    story.happens(
        "placement.register.declared",
        placements=[placed(SURREY, "SCC-1"), placed(NHS, "QNX-9", kind="icb")],
        self_funders=0,
    )
    if known:
        story.happens("criminal.status.declared")
    story.now = NIGHT - timedelta(minutes=5)
    return story


def told(page: Page, notice: str) -> frozenset[Party]:
    """Return whom the page's event tells by this notice, what is told late aside."""
    return frozenset(party for party, said in verdicts(page).items() if said == notice)


def silent(page: Page) -> frozenset[Party]:
    """Return to whom the page's event says nothing, by a rule that says why."""
    return frozenset(party for party, said in verdicts(page).items() if said == "nothing")


def text_to(page: Page, party: Party, template: str | None = None) -> str:
    """Return the words of the one notice (of this template) that a page has for a party."""
    mine = [n for n in page.notices if n.party == party and template in {None, n.template}]
    (notice,) = mine
    return notice.text


def of(page: Page, template: str) -> list[Notice]:
    """Return the notices of one template."""
    return [n for n in page.notices if n.template == template]


def held_from(page: Page, party: Party) -> dict[InfoClass, Held]:
    """Return what the page's notices hold from a party, by class."""
    mine = [d for d in page.decisions if d.party == party and isinstance(d, Notify)]
    return {held.info: held for d in mine for held in d.held}
