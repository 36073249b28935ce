"""What is reported before a concern is opened, for tests of the core."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from hub.concern import Party
from hub.decision import Notify
from hub.notice import Notice
from hub.page import Page
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.core.story import Story, verdicts
from tests.worlds import HOST, NHS, PROVIDER, START, C, person

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
    "leo": person("Lead Enquiry Officer"),
    "duty_phone": "01632 960199",
}
"""The service and who answers for it, as a first report says."""

AT: Final = START.isoformat()
WHISPER: Final = f"the night worker {C[InfoClass.REFERRER]}"
"""Who raised it: nobody may ever read this."""

DUTY: Final = Party(agency=AgencyId(HOST), role=Role.EMERGENCY_DUTY_TEAM)
CONTRACTS: Final = Party(agency=AgencyId(HOST), role=Role.CONTRACTS)
HEAD: Final = Party(agency=AgencyId(HOST), role=Role.HEAD_OF_SAFEGUARDING)

REPORTS: Final[dict[str, dict[str, Any]]] = {
    "trigger.reported": {
        "report": "T-1",
        "basis": "significant",
        "source": "partner agency",
        "what": "falls at night",
        "reported_at": AT,
        "referrer": WHISPER,
    },
    "concern.raised": {
        "raised": "C-1",
        "kind": "medication",
        "what": "doses were missed",
        "occurred_at": AT,
        "recorded_at": AT,
        "recorded_by": WHISPER,
    },
    "concern.staff.raised": {
        "raised": "W-1",
        "outside": True,
        "what": "nobody is on the floor at night",
        "raised_at": AT,
        "referrer": WHISPER,
    },
    "incident.external.reported": {
        "incident": "I-1",
        "reported_by": HOST,
        "what": "a fall on the stairs",
        "occurred_at": AT,
    },
    "incident.further.reported": {"incident": "I-2", "what": "another fall", "occurred_at": AT},
    "protection.immediate.taken": {
        "protection": "P-1",
        "what": "a nurse stays on the floor",
        "taken_by": person("Duty manager", "Kim Osei"),
        "taken_at": AT,
    },
    "manager.informed": {
        "raised": "C-1",
        "manager": person("Manager", "Lee Park"),
        "alleged": False,
        "informed_at": AT,
    },
    "concern.provider.escalated": {
        "escalation": "E-1",
        "what": "the rota is short",
        "escalated_at": AT,
    },
    "threshold.assessed": {
        "criterion": "regime",
        "decision": "met",
        "decided_by": person("Head of Safeguarding", "Ade Bello"),
        "reason": "people are kept in bed",
    },
    "risk.assessed": {
        "level": "critical",
        "impact": "people may fall at night",
        "assessed_by": person("Lead Enquiry Officer"),
        "assessed_at": AT,
    },
    "history.considered": {
        "summary": "two enquiries in 2025 about falls",
        "earlier": 4,
        "considered_by": person("Lead Enquiry Officer"),
    },
    "initiation.decided": {
        "decision": "not initiate",
        "decided_by": person("Head of Safeguarding", "Ade Bello"),
        "decided_at": AT,
        "reason": "it is dealt with by the contract",
    },
    "deadline.set": {
        "deadline": "D-1",
        "standing": "due",
        "owner": NHS,
        "what": "send the list of nurses' visits",
        "due": (START + timedelta(hours=6)).isoformat(),
        "set_by": person("Lead Enquiry Officer"),
    },
}
"""What an event says where a test does not care."""


def reports(story: Story, name: str, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """Somebody reports, saying whom to tell: a concern may begin with it."""
    usual = REPORTS.get(name, {})
    return story.happens(name, ground=GROUND, **{**usual, **data})


def says(story: Story, name: str, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """An event about a concern that is known."""
    return story.happens(name, **{**REPORTS.get(name, {}), **data})


def told(page: Page) -> dict[Party, str]:
    """Return who is told something by an event, by the notice's name."""
    return {p: said for p, said in verdicts(page).items() if said not in {"nothing", "withheld"}}


def words_to(page: Page, party: Party) -> Notice:
    """Return the one notice that a page has for a party."""
    return next(n for n in page.notices if n.party == party)


def decision_for(page: Page, party: Party) -> Notify:
    """Return the decision by which a party is told."""
    return next(d for d in page.decisions if d.party == party and isinstance(d, Notify))


def nobody_reads(story: Story, canary: str) -> None:
    """Say that no notice of the whole story carries this, in words or as bytes."""
    for page in story.paper.pages:
        for notice in page.notices:
            assert canary not in notice.text + notice.html, notice.template
        for delivery in page.deliveries:
            assert canary.encode() not in delivery.body, delivery.party


@pytest.fixture
def open_story() -> Story:
    """A concern that is open."""
    story = Story()
    story.opens()
    return story
