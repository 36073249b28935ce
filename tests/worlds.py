"""Random worlds: a made-up concern, events in any order, a paper register that keeps the pages.

Every classed field holds a canary that names its class, so that one byte too many can be found.
The entitlement table here is written by hand from the mission's matrix, not read from the pack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any, Final

from hub.adapters.memory import SequentialMint
from hub.adapters.shipped import read_folder, shipped
from hub.compose import Sender, load_words
from hub.concern import Concern, Party
from hub.decision import Decision, History, Notify, Told
from hub.directory import Endpoint, EndpointKey
from hub.events import EVENTS, EventData
from hub.events.envelope import Event
from hub.events.marks import may_bring
from hub.notice import Delivery, Notice
from hub.pack.load import load, load_directory
from hub.page import Page, Standing, StandingHold, Stop, Unsent
from hub.plan import Tools, plan
from hub.plan.remembered import as_unsent, told_of
from hub.plan.revising import revisions_after
from hub.vocabulary import (
    AgencyId,
    ConcernId,
    DeliveryId,
    EndpointId,
    EventId,
    InfoClass,
    Role,
)

START: Final = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
HOST: Final = "gss:E10000032"
SURREY: Final = "gss:E10000030"
HAMPSHIRE: Final = "gss:E10000014"
NHS: Final = "ods:QNX"
PROVIDER: Final = "cqc:1-1000000001"
SOURCE: Final = "https://cases.westsussex.example/concerns"

C: Final = {info: f"CANARY{index}X" for index, info in enumerate(InfoClass)}
"""One canary for each class; a placed adult's carries its commissioner as well."""

_PROCESS: Final = frozenset({InfoClass.PROCESS})
_THEMES: Final = _PROCESS | {InfoClass.THEMES}
_MONEY: Final = _THEMES | {InfoClass.COMMERCIAL}
_ADULTS: Final = _THEMES | {InfoClass.PLACED_ADULT}
_NAMED: Final = _ADULTS | {InfoClass.PERSON_ALLEGED}

ENTITLED: Final[dict[Role, frozenset[InfoClass]]] = {
    Role.REGULATOR: _THEMES | {InfoClass.REGULATORY},
    Role.HOST_AUTHORITY: _NAMED | {InfoClass.COMMERCIAL},
    Role.HOST_ICB: _MONEY,
    Role.PLACING_AUTHORITY: _ADULTS,
    Role.PLACING_ICB: _ADULTS,
    Role.POLICE: _NAMED | {InfoClass.CRIMINAL},
    Role.PROVIDER: _MONEY,
    Role.CONTRACTS: _MONEY,
    Role.EMERGENCY_DUTY_TEAM: _THEMES,
    Role.HEAD_OF_SAFEGUARDING: _THEMES,
    Role.ADULTS: _ADULTS,
    Role.OTHER_HOST: _ADULTS,
    Role.HEADS_OF_SERVICE: _MONEY,
    Role.QSIG: _MONEY,
    Role.SPCG: _MONEY,
    Role.HEALTHWATCH: _THEMES,
    Role.ADVOCACY: _PROCESS | {InfoClass.PLACED_ADULT},
    Role.COMMUNICATIONS: _PROCESS,
    Role.PROFESSIONAL_REGULATOR: _PROCESS,
    Role.DBS: _PROCESS,
    Role.PUBLIC_GUARDIAN: _PROCESS,
    Role.FIRE: _PROCESS,
    Role.HSE: _PROCESS,
    Role.BUILDING_CONTROL: _PROCESS,
    Role.EMERGENCY_PLANNING: _PROCESS,
    Role.NHS_SERVICES: _PROCESS,
    Role.SAB: _THEMES,
    Role.DATA_PROTECTION: _PROCESS,
    Role.PARTICIPANT: _PROCESS,
}
"""The most each role may ever read where nobody has decided by name that it needs more (mission
1.0, default sharing matrix; who has a task of its own is told of the task)."""


_HOSTS_WORD: Final = frozenset({Role.HOST_AUTHORITY})
_POLICES_WORD: Final = frozenset({Role.POLICE})
_REGULATORS_WORD: Final = frozenset({Role.REGULATOR})

DECIDABLE: Final[dict[tuple[Role, InfoClass], frozenset[Role]]] = {
    **{
        (role, InfoClass.PLACED_ADULT): _HOSTS_WORD
        for role in (
            Role.REGULATOR,
            Role.HOST_ICB,
            Role.PROVIDER,
            Role.CONTRACTS,
            Role.PUBLIC_GUARDIAN,
        )
    },
    **{
        (role, InfoClass.PERSON_ALLEGED): _HOSTS_WORD
        for role in (
            Role.REGULATOR,
            Role.HOST_ICB,
            Role.PLACING_AUTHORITY,
            Role.PLACING_ICB,
            Role.CONTRACTS,
            Role.PROFESSIONAL_REGULATOR,
            Role.DBS,
        )
    },
    (Role.PROVIDER, InfoClass.PERSON_ALLEGED): _POLICES_WORD,
    **{
        (role, InfoClass.CRIMINAL): _POLICES_WORD
        for role in (Role.REGULATOR, Role.HOST_AUTHORITY, Role.HOST_ICB)
    },
    **{
        (role, InfoClass.REGULATORY): _REGULATORS_WORD
        for role in (
            Role.HOST_AUTHORITY,
            Role.PLACING_AUTHORITY,
            Role.PLACING_ICB,
            Role.POLICE,
            Role.CONTRACTS,
            Role.HEADS_OF_SERVICE,
        )
    },
    **{
        (role, InfoClass.COMMERCIAL): _HOSTS_WORD
        for role in (Role.REGULATOR, Role.PLACING_AUTHORITY, Role.PLACING_ICB)
    },
    **{
        (role, InfoClass.REFERRER): _HOSTS_WORD
        for role in (Role.REGULATOR, Role.HOST_AUTHORITY, Role.POLICE)
    },
}
"""What `need` stands for in the matrix: whose recorded decision lets a role be told a class."""


def tools(seed: int = 0) -> Tools:
    """Return the shipped pack and words, with a webhook for two agencies beside the mailboxes."""
    sources = read_folder(shipped("policy") / "west-sussex")
    directory = load_directory(sources["directory.toml"])
    hooks = tuple(
        Endpoint(
            id=EndpointId(f"hook-{agency.id}-{seed}"),
            agency=agency.id,
            roles=frozenset(Role),
            url="https://hooks.agency.example/concerns",
            hosts=("hooks.agency.example",),
            keys=(EndpointKey(id="k", secret=b"k" * 32),),
        )
        for agency in directory.agencies
        if agency.id in {SURREY, "regulator:cqc", PROVIDER}
    )
    return Tools(
        pack=load(sources),
        directory=replace(directory, endpoints=hooks),
        words=load_words(read_folder(shipped("message_templates"), ".md.j2")),
        sender=Sender(
            from_name="Safeguarding provider concerns",
            from_address="concerns@hub.example",
            message_id_domain="hub.example",
            public_url="https://hub.example",
            source="https://hub.example",
        ),
        mint=SequentialMint(),
    )


def event(name: str, data: dict[str, Any], number: int, at: datetime = START) -> Event:
    """Return one valid event of the made-up concern."""
    model: type[EventData] = EVENTS[name]
    body = f"{name}|{number}|{data}".encode()
    return Event(
        id=EventId(f"event-{number:04}"),
        source=SOURCE,
        name=name,
        concern=ConcernId("019ac1d2-7400-7000-8000-0000000c0009"),
        partnership="west-sussex",
        occurred=at,
        data=model.model_validate(data),
        body=body,
        body_sha256=sha256(body).hexdigest(),
    )


def person(role: str, name: str = "Alex Morgan") -> dict[str, Any]:
    """Return a professional."""
    return {"name": name, "role": role, "phone": "01632 960100"}


def opened(number: int = 0) -> Event:
    """Return the opening, with a canary in each classed field."""
    return event(
        "concern.opened",
        {
            "service": {
                "provider": PROVIDER,
                "provider_name": "Rosewood Care Ltd",
                "location_name": f"Rosewood House {C[InfoClass.PROCESS]}",
                "postcode": "RH19 1AA",
                "cqc_location_id": "1-1000000002",
            },
            "host_authority": HOST,
            "host_icb": NHS,
            "regulator": "regulator:cqc",
            "police": "gss:E23000033",
            "opened_at": START.isoformat(),
            "leo": person("Lead Enquiry Officer"),
            "duty_phone": "01632 960199",
            "ground": "significant",
            "themes": [{"question": "safe", "theme": f"falls {C[InfoClass.THEMES]}"}],
            "risk_level": "high",
            "affected_count": 4,
            "person_alleged": f"Sam {C[InfoClass.PERSON_ALLEGED]}",
            "referrer": f"a night worker {C[InfoClass.REFERRER]}",
        },
        number,
    )


Planning = Callable[[Standing, Sequence[Event], Tools, datetime], Page]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One delivery that left, and what was known when it did."""

    delivery: Delivery
    holds: frozenset[StandingHold]
    concern: Concern


@dataclass(slots=True, kw_only=True)
class PaperRegister:
    """Keeps pages as a register would, on paper: enough to plan the next one."""

    tools: Tools
    planning: Planning = plan
    standing: Standing = field(default_factory=Standing)
    pages: list[Page] = field(default_factory=list)
    queue: dict[DeliveryId, Unsent] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    bodies: dict[DeliveryId, Delivery] = field(default_factory=dict)
    known: dict[tuple[str, EventId], Event] = field(default_factory=dict)
    stopped: set[DeliveryId] = field(default_factory=set)
    by_decision: dict[str, set[DeliveryId]] = field(default_factory=dict)
    whose: dict[str, frozenset[AgencyId]] = field(default_factory=dict)
    """Of adults that an event speaks of, by their canary: whom it names."""

    def take(self, *events: Event, now: datetime = START) -> Page:
        """Plan one page from these events and keep it."""
        self.known |= {(e.source, e.id): e for e in events}
        page = self.planning(self.standing, events, self.tools, now)
        self._nobody_comes_unsaid(page)
        self.pages.append(page)
        self._queue(page)
        self.standing = Standing(
            concern=page.concern,
            version=self.standing.version + 1,
            history=History(told=self._remembered(page)),
            waiting=tuple(self.known[(w.source, w.event)] for w in page.waiting),
            unsent=tuple(self.queue.values()),
            past=(*self.standing.past, *(self.known[key] for key in page.applied)),
            revisions=revisions_after(self.standing, page),
        )
        return page

    def _nobody_comes_unsaid(self, page: Page) -> None:
        """A register reads what is past only where a type of event says that it may bring one."""
        before, after = self.standing.concern, page.concern
        if before is not None and after is not None and set(after.parties()) - {*before.parties()}:
            types = [type(self.known[key].data) for key in page.applied]
            assert any(may_bring(model) for model in types), f"{types}: `brings` is not said"

    def send(self, chosen: Random, share: float = 0.5) -> None:
        """Send some of what waits, as a worker would."""
        for unsent in list(self.queue.values()):
            if chosen.random() < share:
                self.carry(unsent.delivery)
        heard = {sent.delivery.notice for sent in self.sent}
        self.queue = {
            key: unsent
            if unsent.only_unsent is (mute := unsent.notice not in heard)
            else replace(unsent, only_unsent=mute)
            for key, unsent in self.queue.items()
        }
        self.standing = replace(self.standing, unsent=tuple(self.queue.values()))

    def carry(self, delivery: DeliveryId) -> None:
        """Send one that waits."""
        holds = self.pages[-1].holds
        self.sent.append(Sent(delivery=self.bodies[delivery], holds=holds, concern=self.concern))
        del self.queue[delivery]

    @property
    def concern(self) -> Concern:
        """Return the concern as it is now."""
        assert self.standing.concern is not None
        return self.standing.concern

    def decisions(self) -> tuple[Decision, ...]:
        """Return every decision ever made."""
        return tuple(d for page in self.pages for d in page.decisions)

    def notices(self) -> tuple[Notice, ...]:
        """Return every notice ever composed."""
        return tuple(n for page in self.pages for n in page.notices)

    def _queue(self, page: Page) -> None:
        by_id = {d.id: d for d in page.decisions if isinstance(d, Notify)}
        decision_of = {n.id: by_id[n.decision] for n in page.notices}
        for delivery in page.deliveries:
            self.bodies[delivery.id] = delivery
            self.queue[delivery.id] = as_unsent(delivery, decision_of[delivery.notice])
        for stop in page.stops:
            del self.queue[stop.delivery]
            self.stopped.add(stop.delivery)

    def _remembered(self, page: Page) -> tuple[Told, ...]:
        """Whoever's every delivery was stopped before it was sent has heard nothing."""
        told = self.standing.history.told + tuple(told_of(d) for d in page.decisions)
        decision_of = {n.id: n.decision for n in page.notices}
        for delivery in page.deliveries:
            self.by_decision.setdefault(decision_of[delivery.notice], set()).add(delivery.id)
        unheard = {d for d, mine in self.by_decision.items() if mine <= self.stopped}
        return tuple(
            t if t.stopped is (gone := t.decision in unheard) else replace(t, stopped=gone)
            for t in told
        )


def random_events(chosen: Random, count: int) -> Iterator[Event]:
    """Yield events after the opening, drawn in any order, lawful or not."""
    makers = (
        _criminal,
        _advice,
        *(_hold,) * 5,  # what stops a notice on its way
        _release,
        _placements,
        _amended,
        _stage,
        _meeting,
        _themes,
        _informed,
        _involvement,
        _lead,
        _chair,
        _emergency,
        _proposed,
        _authorised,
    )
    made = [chosen.choice(makers)(chosen) for _ in range(count)]
    if chosen.random() < 0.35:
        middle = chosen.randint(0, count)
        made[middle:middle] = _to_the_end(chosen)
    for number, (name, data) in enumerate(made, start=1):
        yield event(name, data, number, START + timedelta(hours=number))


_Made = tuple[str, dict[str, Any]]


def _to_the_end(chosen: Random) -> list[_Made]:
    """Return what closes a concern from whatever stage it is at; a quarter of it may be missing.

    What may be open is handed over by name, and whatever hold stands is closed with a reason.
    """
    leave = [
        ("stage.changed", {"from_stage": s, "to_stage": "closing", "changed_at": START.isoformat()})
        for s in _STAGES[:-1]
    ]
    ending = {"ending": chosen.choice(["improved", "service ended"])}
    proposed, authorised = _proposed(chosen)[1], _authorised(chosen)[1]
    by = person("Lead Enquiry Officer")
    whole = [
        _chair(chosen),
        ("qa.test.recorded", _QA_TEST),
        *chosen.sample(leave, len(leave)),
        (
            "closure.proposed",
            proposed
            | ending
            | {
                "handed_over": [
                    {"kind": kind, "reference": f"R-{number}", "to": by, "agency": HOST}
                    for kind in ("action", "advocacy", "support", "care")
                    for number in (1, 2, 3)
                ],
                "holds_closed": [
                    {"hold_id": hold, "reason": "its owner has said why", "by": by}
                    for hold in _HOLD_IDS
                ],
            },
        ),
        ("closure.authorised", authorised | ending),
    ]
    if chosen.random() < 0.25:
        whole.pop(chosen.randrange(len(whole)))
    return whole


_HOLD_IDS: Final = ("hold-1", "hold-2", "hold-3", "R-1", "R-2", "R-3")

_QA_TEST: Final = {
    "test": "T-1",
    "outcome": "attained and sustained",
    "findings": f"nights are staffed {C[InfoClass.THEMES]}",
    "testers": "other staff",
    "tested_by": {"name": "Kim Osei", "role": "Quality officer"},
    "tested_at": START.isoformat(),
    "evidence_reference": "QA-12",
}


_CLASSES: Final = [str(c) for c in InfoClass]


def _criminal(chosen: Random) -> _Made:
    status = chosen.choice(
        ["yes", "crime suspected", "consulted, none", "none suspected", "unknown"]
    )
    return "criminal.status.declared", {
        "status": status,
        "declared_by": f"DS Nair {C[InfoClass.CRIMINAL]}",
        "reason": f"as advised {C[InfoClass.CRIMINAL]}",
    }


def _advice(chosen: Random) -> _Made:
    advice = chosen.choice(["release", "partial release", "hold"])
    partial = advice == "partial release"
    return "police.advice.recorded", {
        "advice": advice,
        "classes": chosen.sample(_CLASSES, chosen.randint(1, 3)) if partial else [],
        "officer": f"DS Nair {C[InfoClass.CRIMINAL]}",
        "log_number": f"SXP-1 {C[InfoClass.CRIMINAL]}",
        "advised_at": START.isoformat(),
        "recorded_by": "DS Nair",
        "review_due": (START + timedelta(days=3)).isoformat(),
    }


def _hold(chosen: Random) -> _Made:
    party, role = chosen.choice(
        [
            (PROVIDER, "provider"),
            (SURREY, "placing authority"),
            (HAMPSHIRE, "placing authority"),
            (NHS, "host icb"),
        ]
    )
    return "hold.placed", {
        "hold_id": f"hold-{chosen.randint(1, 3)}",
        "kind": chosen.choice(["H2", "H3", "H4", "H8"]),
        "party": party,
        "role": role,
        "classes": chosen.sample(_CLASSES, chosen.randint(1, 8)),
        "placed_by": person("Lead Enquiry Officer"),
        "reason": f"because {C[InfoClass.CRIMINAL]}",
        "endorsed_by_agency": chosen.choice([HOST, None]),
        "review_due": (START + timedelta(days=3)).isoformat(),
        "conditions_for_release": f"when safe {C[InfoClass.CRIMINAL]}",
    }


def _release(chosen: Random) -> _Made:
    whole = chosen.random() < 0.5
    return "hold.released", {
        "hold_id": f"hold-{chosen.randint(1, 3)}",
        "classes": [] if whole else chosen.sample(_CLASSES, chosen.randint(1, 4)),
        "released_by": person("Head of Safeguarding"),
        "authority": chosen.choice([HOST, "regulator:cqc", SURREY]),
        "reason": "it is safe now",
    }


def _placement(chosen: Random) -> dict[str, Any]:
    agency, kind = chosen.choice(
        [
            (SURREY, "council"),
            (HAMPSHIRE, "council"),
            (HOST, "council"),
            (NHS, "icb"),
            (None, "icb"),
        ]
    )
    mark = (agency or "none").split(":")[1] if agency else "none"
    number = f"{C[InfoClass.PLACED_ADULT]}-{mark}-{chosen.randint(1, 9)}"
    return {
        "commissioner": agency,
        "kind": kind,
        "adults": [number] if agency else [],
        "source": "provider list",
        "verified_on": "2026-12-01",
    }


def _placements(chosen: Random) -> _Made:
    return "placement.register.declared", {
        "placements": [_placement(chosen) for _ in range(chosen.randint(0, 4))],
        "self_funders": chosen.randint(0, 2),
        "complete": chosen.random() < 0.5,
    }


def _amended(chosen: Random) -> _Made:
    return "placement.register.amended", {
        "added": [_placement(chosen) for _ in range(chosen.randint(0, 2))],
        "moved_out": chosen.choice([[], [SURREY]]),
        "unknown_resolved": chosen.randint(0, 1),
        "reason": "found in the ICB's records",
    }


_STAGES: Final = [
    "decision to initiate",
    "initial meeting",
    "findings",
    "update",
    "quality assurance",
    "closing",
]


def _stage(chosen: Random) -> _Made:
    index = chosen.randint(0, 4)
    to = _STAGES[index + 1] if chosen.random() < 0.8 else chosen.choice(_STAGES)
    return "stage.changed", {
        "from_stage": _STAGES[index],
        "to_stage": to,
        "changed_at": START.isoformat(),
    }


def _meeting(chosen: Random) -> _Made:
    return "meeting.scheduled", {
        "kind": chosen.choice(["initial", "findings", "update"]),
        "starts_at": (START + timedelta(days=5)).isoformat(),
        "place": "County Hall",
    }


def _themes(_: Random) -> _Made:
    return "themes.agreed", {
        "themes": [{"question": "well-led", "theme": f"leadership {C[InfoClass.THEMES]}"}],
        "risk_level": "critical",
    }


def _informed(_: Random) -> _Made:
    return "provider.informed", {
        "by": person("Lead Enquiry Officer"),
        "how": "by phone",
        "informed_at": START.isoformat(),
    }


def _involvement(_: Random) -> _Made:
    return "provider.involvement.reviewed", {
        "stage": "findings",
        "outcome": "involve",
        "reason": f"no reason against {C[InfoClass.PROCESS]}",
        "reviewed_by": person("Lead Enquiry Officer"),
    }


def _lead(chosen: Random) -> _Made:
    return "lead.agency.set", {"agency": chosen.choice([HOST, NHS]), "kind": "la"}


def _chair(_: Random) -> _Made:
    return "chair.appointed", {"chair": person("Chair", "Robin Hale"), "agency": HOST}


def _emergency(chosen: Random) -> _Made:
    served = chosen.random() < 0.5
    return "emergency.closure.cqc", {
        "ends_at": (START + timedelta(hours=8)).isoformat(),
        "served_at": START.isoformat() if served else None,
        "released_by": "A. Inspector" if served and chosen.random() < 0.5 else None,
        "cause": f"order {C[InfoClass.REGULATORY]}",
        "coordinator": person("Emergency co-ordinator"),
        "press_office": "01632 960111",
    }


def _proposed(chosen: Random) -> _Made:
    return "closure.proposed", {
        "ending": chosen.choice(["improved", "service ended"]),
        "proposed_by": person("Lead Enquiry Officer"),
        "evidence": f"audit {C[InfoClass.THEMES]}",
        "evidence_reference": "QA-12",
        "ended_on": "2026-12-19",
    }


def _authorised(chosen: Random) -> _Made:
    return "closure.authorised", {
        "ending": chosen.choice(["improved", "service ended"]),
        "chair": person("Chair", "Robin Hale"),
        "closed_on": "2026-12-20",
        "authorised_at": START.isoformat(),
        "improvement_evidence": f"audit {C[InfoClass.THEMES]}",
        "continuing_actions": f"training {C[InfoClass.THEMES]}",
        "contract_contact": f"contracts {C[InfoClass.COMMERCIAL]}",
        "complaints_route": "complaints team, 01632 960120",
        "first_hearings": [{"party": PROVIDER, "reason": "it was held throughout"}]
        if chosen.random() < 0.5
        else [],
    }


__all__ = [
    "ENTITLED",
    "C",
    "PaperRegister",
    "Party",
    "Sent",
    "Stop",
    "event",
    "opened",
    "person",
    "random_events",
    "tools",
]
