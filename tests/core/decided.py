"""What the tests of police, regulator, disclosures and records say where they do not care."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from hub.concern import Party
from hub.decision import Hold, Notify
from hub.notice import Notice
from hub.page import Page
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.core.story import POLICE, Story, placed, verdicts
from tests.worlds import HOST, NHS, PROVIDER, START, SURREY, person

BOARD: Final = "unit:west-sussex-sab"
THE_BOARD: Final = Party(agency=AgencyId(BOARD), role=Role.SAB)
THE_OFFICER: Final = Party(agency=AgencyId(HOST), role=Role.DATA_PROTECTION)
CONTRACTS: Final = Party(agency=AgencyId(HOST), role=Role.CONTRACTS)
LATER: Final = START + timedelta(days=2)

SAID: Final[dict[str, dict[str, Any]]] = {
    "police.consultation.requested": {
        "consultation_id": "q-1",
        "step": "interview",
        "says": "speak with the night staff",
        "asked_by": person("Lead Enquiry Officer"),
    },
    "police.consultation.answered": {
        "consultation_id": "q-1",
        "answer": "go ahead",
        "officer": "DS Nair",
        "log_number": "SXP-2",
        "answered_at": START.isoformat(),
        "recorded_by": "DS Nair",
    },
    "criminal.investigation.opened": {
        "log_number": "SXP-9",
        "officer": "DS Nair",
        "opened_at": START.isoformat(),
        "recorded_by": "DS Nair",
    },
    "criminal.investigation.concluded": {
        "log_number": "SXP-9",
        "outcome": "no further action",
        "officer": "DS Nair",
        "concluded_at": START.isoformat(),
        "review_by": START.replace(hour=18).isoformat(),
        "recorded_by": "DS Nair",
    },
    "information.request.issued": {
        "request_id": "r-1",
        "asks_about": "a person",
        "person": "Sam Field",
        "question": "earlier allegations since 2020",
        "purpose": "the enquiry under section 42",
        "basis": "care-act-42",
        "requester": HOST,
        "asked_by": person("Lead Enquiry Officer"),
        "to": [SURREY, POLICE],
    },
    "information.request.answered": {
        "request_id": "r-1",
        "by": SURREY,
        "requester": HOST,
        "outcome": "information is given",
        "answer": "two allegations in 2022",
        "answered_at": START.isoformat(),
    },
    "adult.wishes.recorded": {
        "commissioner": SURREY,
        "adult": "SCC-1",
        "wish": "do not share",
        "says": "not with my brother",
        "recorded_by": person("Social worker", "Jo Bell"),
        "recorded_on": "2026-12-01",
    },
    "disclosure.assessed": {
        "assessment_id": "a-1",
        "party": SURREY,
        "role": "placing authority",
        "classes": ["person alleged"],
        "necessary": "it places adults with the person",
        "proportionate": "the name alone",
        "relevant": "its adults are cared for by the person",
        "adequate": "nothing else is needed",
        "accurate": "from the rota",
        "timely": "before the next shift",
        "secure": "by secure email",
        "assessed_by": person("Lead Enquiry Officer"),
    },
    "disclosure.authorised": {
        "disclosure_id": "d-1",
        "party": SURREY,
        "role": "placing authority",
        "info": "person alleged",
        "condition": "safeguarding",
        "basis": "care-act-42",
        "authority": HOST,
        "authorised_by": person("Head of Safeguarding", "Robin Hale"),
        "decided_at": START.isoformat(),
        "reason": "its adults are cared for by the person",
    },
    "disclosure.withheld": {
        "disclosure_id": "d-2",
        "party": SURREY,
        "role": "placing authority",
        "info": "person alleged",
        "authority": HOST,
        "decided_by": person("Head of Safeguarding", "Robin Hale"),
        "decided_at": START.isoformat(),
        "reason": "the person works elsewhere now",
        "review_due": LATER.isoformat(),
    },
    "disclosure.recorded": {
        "disclosure_id": "d-3",
        "to": SURREY,
        "classes": ["person alleged"],
        "how": "by phone",
        "shared_at": START.isoformat(),
        "shared_by": person("Lead Enquiry Officer"),
        "consent": "not possible",
        "rationale": "people would have been in danger overnight",
        "condition": "vital interests",
        "basis": "uk-gdpr-6-1-d",
        "sender": HOST,
    },
    "legal.basis.recorded": {
        "code": "care-act-42",
        "sender": HOST,
        "relied_on_for": "the enquiry",
        "from_day": "2026-12-01",
        "recorded_by": person("Lead Enquiry Officer"),
    },
    "control.verified": {
        "agency": SURREY,
        "control": "channel accreditation",
        "outcome": "not met",
        "verified_on": "2026-12-01",
        "verified_by": person("Information governance", "Ada Pike"),
        "review_due": LATER.isoformat(),
    },
    "regulator.notified": {
        "occasion": "opening",
        "notified_at": START.isoformat(),
        "how": "by phone",
        "by": person("Lead Enquiry Officer"),
        "says": "falls at night",
    },
    "regulator.intelligence.shared": {
        "intelligence_id": "i-1",
        "kind": "both",
        "danger": "the lift does not stop safely",
        "intelligence": "two staff have told us of false records",
        "plans": "we visit on Friday unannounced",
        "shared_by": person("Inspector", "Nia Cole"),
        "shared_at": START.isoformat(),
    },
    "regulator.evidence.referred": {
        "pack_reference": "EV-3",
        "index": ["rota of October", "log of falls"],
        "referred_by": person("Lead Enquiry Officer"),
        "lead_agency": HOST,
        "lead_agency_consent": person("Head of Safeguarding", "Robin Hale"),
        "police_officer": "DS Nair",
        "police_log_number": "SXP-4",
    },
    "theme.tagged": {
        "theme": {"question": "caring", "theme": "call bells are not answered"},
        "tagged_by": person("Lead Enquiry Officer"),
    },
    "inspection.report.shared": {
        "report": "INS-7",
        "status": "embargoed",
        "publish_on": "2026-12-10",
        "to": [HOST, SURREY],
        "shared_by": person("Inspector", "Nia Cole"),
    },
    "process.joint.agreed": {
        "plan": "JP-1",
        "scope": "checks of medicines",
        "owners": ["regulator:cqc", HOST],
        "agreed_at": START.isoformat(),
        "agreed_by": person("Lead Enquiry Officer"),
    },
    "record.retention.set": {
        "legal_hold": True,
        "reason": "an inquest is open",
        "set_by": person("Records manager", "Kit Moss"),
    },
    "notice.recalled": {
        "recall_id": "rc-1",
        "party": SURREY,
        "role": "placing authority",
        "event": "event-0002",
        "event_source": "https://cases.westsussex.example/concerns",
        "classes": ["placed adult"],
        "only_by_mistake": True,
        "why": "a slip in the register of placements",
        "whose": [NHS],
        "data_protection_officer": HOST,
        "discovered_at": START.isoformat(),
        "recalled_by": person("Lead Enquiry Officer"),
    },
    "breach.decided": {
        "recall_id": "rc-1",
        "decision": "reported to the Information Commissioner",
        "reason": "it was read before it was deleted",
        "subjects": "told",
        "subjects_reason": "they could be harmed by it",
        "decided_by": person("Data protection officer", "Lee Farr"),
        "decided_at": START.isoformat(),
    },
    "board.request.received": {
        "board": BOARD,
        "request": "s45-1",
        "asks": "a chronology",
        "asked_by": person("Board manager", "Pat Reed"),
        "asked_at": START.isoformat(),
    },
    "board.request.answered": {
        "board": BOARD,
        "request": "s45-1",
        "answered_by": person("Lead Enquiry Officer"),
        "answered_at": START.isoformat(),
    },
    "subject.access.requested": {
        "request": "sar-1",
        "received_at": "2026-12-31T10:00:00Z",
        "data_protection_officer": HOST,
        "recorded_by": person("Information governance", "Ada Pike"),
    },
    "subject.access.answered": {
        "request": "sar-1",
        "exempt": [{"entry": "d-1", "sar_exempt_basis": "serious harm"}],
        "answered_by": person("Information governance", "Ada Pike"),
        "answered_at": START.isoformat(),
    },
}
"""What an event says where a test does not care."""


def says(story: Story, name: str, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """One event more, as it is usually said."""
    return story.happens(name, **{**SAID[name], **data})


def begun(**criminal: Any) -> Story:  # noqa: ANN401 - of any field
    """A concern with a placing authority, a lead agency and a criminal status."""
    story = Story()
    story.opens()
    story.happens(
        "placement.register.declared",
        placements=[placed(SURREY, "SCC-1"), placed(NHS, "NHS-4", kind="icb")],
    )
    story.happens("lead.agency.set")
    story.happens("criminal.status.declared", **criminal)
    return story


def told(page: Page) -> dict[Party, str]:
    """Return who is told of an event itself, by which notice; whoever is held, by which kind."""
    quiet = {"nothing", "withheld"}
    return {party: said for party, said in verdicts(page).items() if said not in quiet}


def held(page: Page, party: Party) -> dict[InfoClass, str]:
    """Return what an event holds from one party, and by which rule."""
    mine = (d for d in page.decisions if d.party == party and isinstance(d, Notify | Hold))
    return {h.info: h.reason.rule for d in mine for h in d.held}


def notice_to(page: Page, party: Party) -> Notice:
    """Return the one notice that a page has for a party."""
    (found,) = [n for n in page.notices if n.party == party]
    return found


def refused(page: Page) -> list[tuple[str, str]]:
    """Return why an event was refused, by pointer."""
    return [(fault.pointer, fault.says) for one in page.refused for fault in one.faults]


__all__ = [
    "BOARD",
    "CONTRACTS",
    "LATER",
    "PROVIDER",
    "SAID",
    "THE_BOARD",
    "THE_OFFICER",
    "begun",
    "held",
    "notice_to",
    "refused",
    "says",
    "told",
]
