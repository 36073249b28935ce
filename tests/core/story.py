"""A concern told event by event: what each page decides, for tests of the core."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count, pairwise
from random import Random
from typing import Any, Final

from hub.adapters.memory import SequentialMint
from hub.concern import Concern, Party
from hub.concern.closure import open_matters
from hub.decision import Decision, Hold, NotDue, Notify, OccasionKind, Withhold
from hub.events.envelope import Event
from hub.obligation import Obligation, ObligationKind
from hub.page import Page
from hub.plan import Tools
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.worlds import (
    HAMPSHIRE,
    HOST,
    NHS,
    PROVIDER,
    START,
    SURREY,
    PaperRegister,
    event,
    opened,
    person,
    tools,
)

POLICE: Final = AgencyId("gss:E23000033")
PROCESS: Final = frozenset({InfoClass.PROCESS})
BOTH: Final = frozenset({InfoClass.PROCESS, InfoClass.THEMES})
OWN: Final = BOTH | {InfoClass.PLACED_ADULT}

THE_PROVIDER: Final = Party(agency=AgencyId(PROVIDER), role=Role.PROVIDER)
THE_REGULATOR: Final = Party(agency=AgencyId("regulator:cqc"), role=Role.REGULATOR)
THE_POLICE: Final = Party(agency=POLICE, role=Role.POLICE)
THE_HOST: Final = Party(agency=AgencyId(HOST), role=Role.HOST_AUTHORITY)
THE_ICB: Final = Party(agency=AgencyId(NHS), role=Role.HOST_ICB)
THE_SURREY: Final = Party(agency=AgencyId(SURREY), role=Role.PLACING_AUTHORITY)
THE_HAMPSHIRE: Final = Party(agency=AgencyId(HAMPSHIRE), role=Role.PLACING_AUTHORITY)


@cache
def shared_tools() -> Tools:
    """Read the shipped pack and words once for all tests of a process."""
    return tools()


@dataclass(slots=True, kw_only=True)
class Story:
    """One concern on paper; each `happens` is one event and one page."""

    paper: PaperRegister = field(
        default_factory=lambda: PaperRegister(tools=replace(shared_tools(), mint=SequentialMint()))
    )
    numbers: count[int] = field(default_factory=lambda: count(1))
    now: datetime = START

    def opens(self) -> Page:
        """The host authority opens the concern."""
        return self.takes(opened(next(self.numbers)))

    def happens(self, name: str, **data: Any) -> Page:  # noqa: ANN401 - of any field
        """One event more."""
        if name == "closure.proposed":
            data = {**self._resting_on(**data), **data}
        return self.takes(self.made(name, **data))

    def _resting_on(self, ending: str = "improved", **_: Any) -> dict[str, Any]:  # noqa: ANN401 - of any field
        """Let there be what an end rests on (M100): a test that says so, and nothing left behind.

        A test that wants it otherwise takes what is `made`.
        """
        if ending == "improved":
            self.takes(self.made("qa.test.recorded"))
        by = person("Lead Enquiry Officer")
        return {
            "handed_over": [
                {"kind": kind, "reference": key, "to": by, "agency": HOST}
                for kind, key in open_matters(self.concern)
            ],
            "holds_closed": [
                {"hold_id": hold.id, "reason": "its owner has said why", "by": by}
                for hold in self.concern.holds
            ],
        }

    def made(self, name: str, **data: Any) -> Event:  # noqa: ANN401 - of any field
        """Return an event that has not been taken yet."""
        return event(name, {**USUAL.get(name, {}), **data}, next(self.numbers))

    def takes(self, *events: Event) -> Page:
        """Take these in as one batch."""
        self.now += timedelta(minutes=5)
        return self.paper.take(*events, now=self.now)

    def all_sent(self) -> None:
        """Whatever waits is sent."""
        self.paper.send(Random(1), share=2.0)

    @property
    def concern(self) -> Concern:
        """Return the concern as it is now."""
        return self.paper.concern

    def owes(self, kind: ObligationKind) -> dict[str, Obligation]:
        """Return what is open of one kind, by key, as the register keeps it."""
        open_now: dict[str, Obligation] = {}
        for page in self.paper.pages:
            for met in page.discharges:
                if met.kind is kind:
                    open_now = {
                        k: o
                        for k, o in open_now.items()
                        if not (k == met.key if met.whole else k.startswith(met.key))
                    }
            for owed in page.obligations:
                if owed.kind is kind:
                    open_now.setdefault(owed.key, owed)
        return open_now

    def stage(self, *stages: str) -> None:
        """The process moves through these stages."""
        for one, other in pairwise(stages):
            self.happens("stage.changed", from_stage=one, to_stage=other)

    def told_by_police(self, advice: str, *classes: str, at: datetime = START) -> Page:
        """The police advise what the provider may hear."""
        held = advice in {"hold", "partial release"}
        return self.happens(
            "police.advice.recorded",
            advice=advice,
            classes=list(classes),
            advised_at=at.isoformat(),
            review_due=(START + timedelta(days=3)).isoformat() if held else None,
        )

    def held(self, party: Party, kind: str, *classes: str, **data: Any) -> Page:  # noqa: ANN401 - of any field
        """A named person places a hold."""
        return self.happens(
            "hold.placed",
            kind=kind,
            party=party.agency,
            role=party.role,
            classes=list(classes) or [str(c) for c in InfoClass],
            **data,
        )

    def freed(self, *classes: str, authority: str = HOST, hold: str = "h-1") -> Page:
        """A named authority releases a hold, in whole or in part."""
        return self.happens(
            "hold.released", hold_id=hold, classes=list(classes), authority=authority
        )


USUAL: Final[dict[str, dict[str, Any]]] = {
    "lead.agency.set": {"agency": HOST, "kind": "la"},
    "chair.appointed": {"chair": person("Chair", "Robin Hale"), "agency": HOST},
    "criminal.status.declared": {
        "status": "consulted, none",
        "declared_by": "DS Nair",
        "reason": "as advised",
    },
    "police.advice.recorded": {
        "officer": "DS Nair",
        "log_number": "SXP-1",
        "recorded_by": "DS Nair",
    },
    "hold.placed": {
        "hold_id": "h-1",
        "placed_by": person("Lead Enquiry Officer"),
        "reason": "somebody would be in danger",
        "review_due": (START + timedelta(days=3)).isoformat(),
        "conditions_for_release": "when the inspection is over",
    },
    "hold.released": {"released_by": person("Head of Safeguarding"), "reason": "it is safe now"},
    "stage.changed": {"changed_at": START.isoformat()},
    "meeting.scheduled": {
        "kind": "findings",
        "starts_at": (START + timedelta(days=5)).isoformat(),
        "place": "County Hall",
    },
    "themes.agreed": {
        "themes": [{"question": "well-led", "theme": "leadership"}],
        "risk_level": "critical",
    },
    "provider.informed": {
        "by": person("Lead Enquiry Officer"),
        "how": "by phone",
        "informed_at": START.isoformat(),
    },
    "provider.involvement.reviewed": {
        "stage": "findings",
        "outcome": "involve",
        "reason": "no reason against it",
        "reviewed_by": person("Lead Enquiry Officer"),
    },
    "placement.register.declared": {"placements": [], "self_funders": 1, "complete": True},
    "placement.register.amended": {"reason": "found in the ICB's records"},
    "emergency.closure.cqc": {
        "ends_at": (START + timedelta(hours=8)).isoformat(),
        "cause": "a notice under section 31",
        "coordinator": person("Emergency co-ordinator"),
        "press_office": "01632 960111",
    },
    "qa.test.recorded": {
        "test": "T-1",
        "outcome": "attained and sustained",
        "findings": "nights are staffed",
        "testers": "other staff",
        "tested_by": person("Quality officer"),
        "tested_at": START.isoformat(),
        "evidence_reference": "QA-12",
    },
    "closure.proposed": {
        "ending": "improved",
        "proposed_by": person("Lead Enquiry Officer"),
        "evidence": "an audit",
        "evidence_reference": "QA-12",
    },
    "closure.authorised": {
        "ending": "improved",
        "chair": person("Chair", "Robin Hale"),
        "closed_on": "2026-12-20",
        "authorised_at": START.isoformat(),
        "complaints_route": "complaints team, 01632 960120",
    },
}
"""What an event says where a test does not care."""


def placed(agency: str | None, *adults: str, kind: str = "council") -> dict[str, Any]:
    """Return one line of a placement register."""
    return {
        "commissioner": agency,
        "kind": kind,
        "adults": list(adults),
        "source": "provider list",
        "verified_on": "2026-12-01",
    }


def verdicts(page: Page, kind: OccasionKind = OccasionKind.EVENT) -> dict[Party, str]:
    """Return what a page says to each party: the notice's name, or what else was decided."""
    return {d.party: _verdict(d) for d in page.decisions if d.occasion.kind is kind}


def again(page: Page) -> dict[Party, str]:
    """Return whom changed holds concern, and what comes of it."""
    found = verdicts(page, OccasionKind.HOLDS_CHANGED)
    return {party: said for party, said in found.items() if said != "nothing"}


def classes_told(page: Page, party: Party) -> frozenset[InfoClass]:
    """Return what all notices of a page tell one party."""
    mine = [d for d in page.decisions if d.party == party and isinstance(d, Notify)]
    return frozenset(s.info for d in mine for s in d.shared)


def notices_to(page: Page, party: Party) -> list[str]:
    """Return the names of the notices that a page has for one party."""
    return [n.template for n in page.notices if n.party == party]


def _verdict(decision: Decision) -> str:
    match decision:
        case Notify():
            return decision.notice
        case Hold():
            return f"held {decision.held[0].kind}"
        case Withhold():
            return "withheld"
        case NotDue():
            return "nothing"
