"""A small world for the tests of compose: a concern, a pack of every agreed route, a directory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from hub.calendar import Calendar, Within
from hub.compose import Sender, Words, load_words
from hub.concern import Commissioner, Concern, Party, reference_for
from hub.decision import Notify, Occasion, OccasionKind, Reason, Shared
from hub.directory import Agency, Contact, Directory, Endpoint
from hub.events import (
    ClosureAuthorised,
    EmergencyClosureCqc,
    EventData,
    LeadAgencySet,
    MeetingScheduled,
    Person,
    ProviderInformed,
    Service,
    StageChanged,
    Theme,
)
from hub.events.envelope import Event
from hub.pack.faults import Where
from hub.pack.rules import HOLDS_CHANGED, Pack, Route, Share
from hub.pack.sharing import WORDS
from hub.vocabulary import (
    AgencyId,
    ConcernId,
    ContactId,
    CriminalStatus,
    DecisionId,
    Ending,
    EndpointId,
    EventId,
    InfoClass,
    KeyQuestion,
    Lane,
    OccasionId,
    PackHash,
    Role,
    RuleId,
    Rung,
    Stage,
)

NOW: Final = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TEMPLATES: Final = Path(__file__).parents[2] / "message_templates"
WEST_SUSSEX: Final = AgencyId("gss:E10000032")
SURREY: Final = AgencyId("gss:E10000030")
ICB: Final = AgencyId("ods:QNX")
SURREY_ICB: Final = AgencyId("ods:QXU")
CQC: Final = AgencyId("regulator:cqc")
POLICE: Final = AgencyId("gss:E23000033")
ROSEWOOD: Final = AgencyId("cqc:1-1000000001")

C0, C1, C2 = InfoClass.PROCESS, InfoClass.THEMES, InfoClass.PLACED_ADULT
C4, C6 = InfoClass.CRIMINAL, InfoClass.COMMERCIAL
PLACING: Final = frozenset({Role.PLACING_AUTHORITY, Role.PLACING_ICB})
PARTNERS: Final = PLACING | {
    Role.REGULATOR,
    Role.HOST_AUTHORITY,
    Role.HOST_ICB,
    Role.CONTRACTS,
}
OTHERS: Final = frozenset({Role.POLICE, Role.EMERGENCY_DUTY_TEAM, Role.HEAD_OF_SAFEGUARDING})

AGENCY_OF: Final[Mapping[Role, AgencyId]] = {
    Role.REGULATOR: CQC,
    Role.HOST_AUTHORITY: WEST_SUSSEX,
    Role.HOST_ICB: ICB,
    Role.PLACING_AUTHORITY: SURREY,
    Role.PLACING_ICB: SURREY_ICB,
    Role.POLICE: POLICE,
    Role.PROVIDER: ROSEWOOD,
    Role.CONTRACTS: WEST_SUSSEX,
    Role.EMERGENCY_DUTY_TEAM: WEST_SUSSEX,
    Role.HEAD_OF_SAFEGUARDING: WEST_SUSSEX,
    Role.ADULTS: SURREY,
    Role.OTHER_HOST: AgencyId("gss:E10000014"),
    Role.HEADS_OF_SERVICE: WEST_SUSSEX,
    Role.QSIG: AgencyId("unit:qsig"),
    Role.SPCG: AgencyId("unit:spcg"),
    Role.HEALTHWATCH: AgencyId("unit:healthwatch"),
    Role.ADVOCACY: AgencyId("unit:advocacy"),
    Role.COMMUNICATIONS: WEST_SUSSEX,
    Role.PROFESSIONAL_REGULATOR: AgencyId("unit:nurses"),
    Role.DBS: AgencyId("unit:barring"),
    Role.PUBLIC_GUARDIAN: AgencyId("unit:guardian"),
    Role.FIRE: AgencyId("unit:fire"),
    Role.HSE: AgencyId("unit:safety"),
    Role.BUILDING_CONTROL: AgencyId("unit:building-control"),
    Role.EMERGENCY_PLANNING: WEST_SUSSEX,
    Role.NHS_SERVICES: AgencyId("unit:ambulance"),
    Role.SAB: AgencyId("unit:sab"),
    Role.DATA_PROTECTION: WEST_SUSSEX,
    Role.PARTICIPANT: AgencyId("unit:day-centre"),
}

SENDER: Final = Sender(
    from_name="West Sussex provider concerns",
    from_address="concerns@hub.westsussex.example",
    message_id_domain="hub.westsussex.example",
    public_url="https://hub.westsussex.example",
    source="https://hub.westsussex.example/notices",
)
LEO: Final = Person(name="Amal Okoye", role="Lead Enquiry Officer", phone="+44 1632 960101")
CHAIR: Final = Person(name="Ruth Pemberton", role="Chair", phone="+44 1632 960102")


class CountingMint:
    """Ids and codes in order."""

    def __init__(self) -> None:
        self.made = 0

    def id(self) -> str:
        self.made += 1
        return f"019ab3c0-0000-7000-8000-{self.made:012d}"

    def code(self) -> str:
        return "7K3M2Q"

    def fraction(self) -> float:
        return 0.5


@cache
def shipped_sources() -> dict[str, str]:
    return {
        path.relative_to(TEMPLATES).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(TEMPLATES.rglob("*.md.j2"))
    }


@cache
def shipped_words() -> Words:
    return load_words(shipped_sources())


def concern_now() -> Concern:
    """A concern about which everything is known, every class with a secret of its own."""
    id_ = ConcernId("019ab3c0-1111-7000-8000-000000000001")
    return Concern(
        id=id_,
        partnership="west-sussex",
        reference=reference_for(id_),
        opened_at=NOW,
        service=Service(
            provider=ROSEWOOD,
            provider_name="Rosewood Care Ltd",
            location_name="Rosewood House",
            postcode="RH19 1AA",
            cqc_location_id="1-1000000002",
        ),
        host_authority=WEST_SUSSEX,
        host_icb=ICB,
        regulator=CQC,
        police=POLICE,
        leo=LEO,
        duty_phone="+44 1632 960100",
        themes=(
            Theme(question=KeyQuestion.SAFE, theme="medicines given late"),
            Theme(question=KeyQuestion.SAFE, theme="falls not recorded"),
            Theme(question=KeyQuestion.WELL_LED, theme="no manager on nights"),
        ),
        risk_level="high",
        affected_count=14,
        person_alleged="Nadia Quillfeather",
        referrer="a night worker named Zebedee",
        stage=Stage.INITIAL_MEETING,
        chair=CHAIR,
        lead_agency=WEST_SUSSEX,
        commissioners=(
            Commissioner(
                party=Party(agency=SURREY, role=Role.PLACING_AUTHORITY), adults=("SY-1", "SY-2")
            ),
            Commissioner(party=Party(agency=SURREY_ICB, role=Role.PLACING_ICB), adults=("HC/77",)),
        ),
        criminal=CriminalStatus.SUSPECTED,
    )


def informed(concern: Concern) -> Concern:
    data = ProviderInformed(by=LEO, how="by phone", informed_at=NOW)
    return replace(concern, provider_informed=data)


def in_emergency(
    concern: Concern, *, served: datetime | None = NOW, released_by: str | None = "Ruth Pemberton"
) -> Concern:
    data = EmergencyClosureCqc(
        ends_at=NOW + timedelta(hours=9),
        served_at=served,
        released_by=released_by,
        cause="urgent cancellation of registration",
        coordinator=Person(name="Iris Vale", role="Co-ordinator", phone="+44 1632 960109"),
        press_office="01632 960110",
    )
    return replace(concern, emergency=data)


def closed(concern: Concern, ending: Ending = Ending.IMPROVED) -> Concern:
    data = ClosureAuthorised(
        ending=ending,
        chair=CHAIR,
        closed_on=date(2027, 3, 1),
        authorised_at=NOW,
        improvement_evidence="three clean medicine audits",
        continuing_actions="monthly audit until June",
        contract_contact="Owen Marsh, contracts",
        complaints_route="complaints@westsussex.example",
    )
    return replace(concern, closure_authorised=data, stage=Stage.CLOSING)


def everything_known() -> Concern:
    meeting = MeetingScheduled(
        kind="findings", starts_at=NOW + timedelta(days=7), place="County Hall, room 4"
    )
    return closed(in_emergency(informed(replace(concern_now(), meetings=(meeting,)))))


EVENT_DATA: Final[Mapping[str, EventData]] = {
    "stage.changed": StageChanged(
        from_stage=Stage.INITIAL_MEETING, to_stage=Stage.FINDINGS, changed_at=NOW
    ),
    "meeting.scheduled": MeetingScheduled(
        kind="findings", starts_at=NOW + timedelta(days=7), place="County Hall, room 4"
    ),
}


def event_named(name: str) -> Event:
    """An event as compose sees it: a meeting and a change of stage bring facts of their own."""
    return Event(
        id=EventId("e-1"),
        source="https://cases.westsussex.example/concerns",
        name=name,
        concern=ConcernId("019ab3c0-1111-7000-8000-000000000001"),
        partnership="west-sussex",
        occurred=NOW,
        data=EVENT_DATA.get(name, LeadAgencySet(agency=WEST_SUSSEX, kind="la")),
        body=b"{}",
        body_sha256="0" * 64,
    )


def notify(
    role: Role,
    notice: str,
    classes: Iterable[InfoClass],
    *,
    lane: Lane = Lane.STANDARD,
    reply_due: datetime | None = None,
    event: str = "concern.opened",
) -> Notify:
    why = Reason(sentence="The protocol says so", paragraph="4.1", rule=RuleId("S1"))
    return Notify(
        id=DecisionId("d-1"),
        occasion=Occasion(
            id=OccasionId("o-1"),
            kind=OccasionKind.EVENT,
            concern=ConcernId("019ab3c0-1111-7000-8000-000000000001"),
            event=EventId("e-1"),
            event_source="https://cases.westsussex.example/concerns",
            event_name=event,
            at=NOW,
        ),
        party=Party(agency=AGENCY_OF[role], role=role),
        pack=PackHash("0" * 64),
        reason=why,
        notice=notice,
        lane=lane,
        required=Rung.ACKNOWLEDGED,
        reply_due=reply_due,
        shared=tuple(
            Shared(info=c, purpose="tell", basis="Care Act 2014 ss.6, 42", reason=why)
            for c in sorted(classes)
        ),
    )


def directory_now() -> Directory:
    contacts, endpoints = [], []
    for role, agency in AGENCY_OF.items():
        slug = role.replace(" ", "-")
        contacts += [
            Contact(
                id=ContactId(f"{slug}-{order}"),
                agency=agency,
                roles=frozenset({role}),
                name=f"{role} desk",
                address=f"{slug}.{word}@{slug}.example",
                order=order,
            )
            for order, word in enumerate(("duty", "deputy"))
        ]
        endpoints.append(
            Endpoint(
                id=EndpointId(f"hook-{slug}"),
                agency=agency,
                roles=frozenset({role}),
                url=f"https://hooks.{slug}.example/in",
                hosts=(f"hooks.{slug}.example",),
            )
        )
    names = {
        WEST_SUSSEX: "West Sussex County Council",
        SURREY: "Surrey County Council",
        ICB: "NHS Sussex",
        SURREY_ICB: "NHS Surrey Heartlands",
        CQC: "Care Quality Commission",
        POLICE: "Sussex Police",
        ROSEWOOD: "Rosewood Care Ltd",
    }
    agencies = tuple(
        Agency(
            id=id_,
            name=names.get(id_, id_.removeprefix("unit:").replace("-", " ").capitalize()),
            out_of_hours_phone="+44 1632 960150" if id_ == SURREY else None,
        )
        for id_ in dict.fromkeys(AGENCY_OF.values())
    )
    return Directory(agencies=agencies, contacts=tuple(contacts), endpoints=tuple(endpoints))


def share(id_: str, roles: Iterable[Role], *classes: InfoClass) -> Share:
    return Share(
        id=RuleId(id_),
        say="The protocol says so",
        roles=frozenset(roles),
        classes=frozenset(classes),
        when={},
        purpose="tell",
        basis="Care Act 2014 ss.6, 42",
        paragraph="4.1",
        duties=("mark OFFICIAL-SENSITIVE",),
        guard=False,
        where=Where(file="sharing.toml", line=1),
    )


def route(
    event: str,
    notice: str,
    roles: Iterable[Role],
    *classes: InfoClass,
    lane: Lane = Lane.STANDARD,
    within: Within | None = None,
    when: Mapping[str, frozenset[str]] | None = None,
) -> Route:
    return Route(
        id=RuleId(f"R-{event}-{notice}"),
        say="The framework says so",
        event=event,
        roles=frozenset(roles),
        when=when or {},
        notice=notice,
        classes=frozenset(classes),
        lane=lane,
        required=Rung.ACKNOWLEDGED,
        reply_within=within,
        provenance="project-default",
        paragraph="4.1",
        where=Where(file="routing.toml", line=1),
    )


def position(word: str) -> dict[str, frozenset[str]]:
    return {"reconsider": frozenset({"yes"}), "position": frozenset({word})}


def routes() -> tuple[Route, ...]:
    """The routes agreed across the team."""
    provider = {Role.PROVIDER}
    told = PARTNERS - {Role.HOST_AUTHORITY}
    alerted = {Role.REGULATOR, Role.HOST_AUTHORITY, Role.HOST_ICB, Role.CONTRACTS}
    others = frozenset(Role) - PLACING - provider
    closing = frozenset(Role) - provider
    day = Within(amount=1, unit="working days")
    half_hour = Within(amount=30, unit="minutes")
    return (
        route("concern.opened", "concern-opened", alerted, C0, C1, within=day),
        route("concern.opened", "police-consultation", {Role.POLICE}, C0, C1, within=day),
        route("concern.opened", "provider-informed", provider, C0, C1),
        route("placement.register.declared", "placing-authority-alert", PLACING, C0, C1, C2),
        route("placement.register.amended", "placing-authority-alert", PLACING, C0, C1, C2),
        route("criminal.status.declared", "police-consultation", {Role.POLICE}, C0, C1, C4),
        route("lead.agency.set", "lead-agency-set", Role, C0),
        route("provider.informed", "provider-informed", provider, C0, C1),
        route("provider.informed", "provider-has-been-told", told, C0),
        route("stage.changed", "stage-changed", PARTNERS | provider, C0),
        route("meeting.scheduled", "meeting-scheduled", PARTNERS | provider | {Role.POLICE}, C0),
        route("themes.agreed", "themes-agreed", PARTNERS | provider, C0, C1),
        *_emergencies("emergency.closure.cqc", None, half_hour),
        *_emergencies(HOLDS_CHANGED, position("emergency"), half_hour),
        route("closure.authorised", "closure-notice", closing, C0, C1, within=day),
        route("closure.authorised", "closure-notice", provider, C0, C1, C6, within=day),
        route(HOLDS_CHANGED, "provider-informed", provider, C0, C1, when=position("open")),
        route(HOLDS_CHANGED, "current-position", others, C0, C1, when=position("open")),
        route(HOLDS_CHANGED, "current-position", PLACING, C0, C1, C2, when=position("open")),
        route(HOLDS_CHANGED, "closure-notice", closing, C0, C1, when=position("closing")),
        route(HOLDS_CHANGED, "closure-notice", provider, C0, C1, C6, when=position("closing")),
    )


def _emergencies(
    event: str, when: dict[str, frozenset[str]] | None, within: Within
) -> tuple[Route, Route]:
    urgent = Lane.IMMEDIATE
    theirs = PLACING | {Role.ADULTS}
    others = frozenset(Role) - theirs
    name = "emergency-closure"
    return (
        route(event, name, others, C0, lane=urgent, within=within, when=when),
        route(event, name, theirs, C0, C2, lane=urgent, within=within, when=when),
    )


def pack_now() -> Pack:
    return Pack(
        partnership="west-sussex",
        name="West Sussex provider concerns",
        version="2026.1",
        hash=PackHash("0" * 64),
        effective_from=date(2026, 12, 1),
        review_by=date(2027, 12, 1),
        approved_by=("Head of Safeguarding Adults", "Caldicott Guardian"),
        purposes={"tell": "Keep people safe together (2.1)"},
        bases={},
        shares=(
            share("S1", Role, C0, C1),
            share("S2", PLACING | {Role.ADULTS}, C2),
            share("S3", {Role.POLICE}, C4),
            share("S4", {Role.PROVIDER, Role.CONTRACTS}, C6),
        ),
        withholds=(),
        routes=routes(),
        nothings=(),
        checks=(),
        grants=(),
        hold_authorities=(),
        handling=(
            "Do not discuss this notice with the provider, its staff, residents or families "
            "until we say you may."
        ),
        handling_once_informed="The provider has been told that the process exists.",
        roles=frozenset(Role),
        calendar=Calendar(holidays={}),
        names={Role.HOST_ICB: "integrated care board"},
        words={subject: f"the law on {subject}" for subject in WORDS} | {"framework": "Framework"},
    )
