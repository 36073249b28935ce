"""A concern at its end, its history and its closure notices, for tests of closure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from hub.closure import Closing
from hub.concern import Commissioner, Concern, Party, PlacedHold
from hub.decision import History, OccasionKind, Told
from hub.events import ClosureAuthorised, ClosureProposed, FirstHearing, Person, Service, Theme
from hub.receipt import Acknowledgement, Reached
from hub.vocabulary import (
    AckStrength,
    AgencyId,
    ConcernId,
    CriminalStatus,
    DecisionId,
    Ending,
    EventId,
    HoldId,
    HoldKind,
    InfoClass,
    KeyQuestion,
    NoticeId,
    Role,
    Rung,
    Setback,
    Stage,
)

NOW: Final = datetime(2027, 4, 16, 9, 0, tzinfo=UTC)
HOST: Final = AgencyId("gss:E10000032")
SURREY: Final = AgencyId("gss:E10000030")
CQC: Final = Party(agency=AgencyId("regulator:cqc"), role=Role.REGULATOR)
COUNCIL: Final = Party(agency=HOST, role=Role.HOST_AUTHORITY)
ICB: Final = Party(agency=AgencyId("ods:QNX"), role=Role.HOST_ICB)
POLICE: Final = Party(agency=AgencyId("gss:E23000033"), role=Role.POLICE)
PROVIDER: Final = Party(agency=AgencyId("cqc:1-1000000001"), role=Role.PROVIDER)
PLACING: Final = Party(agency=SURREY, role=Role.PLACING_AUTHORITY)
MINIMUM: Final = (CQC, COUNCIL, ICB, PROVIDER, PLACING)
C0: Final = frozenset({InfoClass.PROCESS})
C0_C1: Final = frozenset({InfoClass.PROCESS, InfoClass.THEMES})


def concern(**changes: Any) -> Concern:  # noqa: ANN401 - of any field
    whole = Concern(
        id=ConcernId("c-1"),
        partnership="west-sussex",
        reference="PC-7K3M-2QXA",
        opened_at=NOW - timedelta(days=120),
        service=Service(
            provider=PROVIDER.agency,
            provider_name="Rosewood Care Ltd",
            location_name="Rosewood House",
            postcode="RH19 1AA",
        ),
        host_authority=HOST,
        host_icb=ICB.agency,
        regulator=CQC.agency,
        police=POLICE.agency,
        leo=Person(name="Amira Shah", role="Lead Enquiry Officer"),
        duty_phone="+44 1632 960100",
        themes=(Theme(question=KeyQuestion.SAFE, theme="Night staffing"),),
        risk_level="high",
        affected_count=4,
        person_alleged=None,
        referrer=None,
        stage=Stage.CLOSING,
        chair=Person(name="Helen Marsh", role="Chair"),
        commissioners=(Commissioner(party=PLACING, adults=("SCC-1",)),),
        placements_known=True,
        criminal=CriminalStatus.CONSULTED_NONE,
        closure_proposed=ClosureProposed(
            ending=Ending.SERVICE_ENDED,
            ended_on=date(2027, 4, 14),
            proposed_by=Person(name="Jo Reed", role="Manager"),
        ),
        closure_authorised=authorised(),
    )
    return replace(whole, **changes)


def authorised(*first_hearings: FirstHearing, chair: str = "Helen Marsh") -> ClosureAuthorised:
    return ClosureAuthorised(
        ending=Ending.SERVICE_ENDED,
        chair=Person(name=chair, role="Chair"),
        closed_on=date(2027, 4, 14),
        authorised_at=NOW - timedelta(days=2),
        complaints_route="Customer relations team",
        first_hearings=first_hearings,
    )


def told(party: Party, number: int = 1, **changes: Any) -> Told:  # noqa: ANN401 - of any field
    whole = Told(
        decision=DecisionId(f"d-{party.role}-{number}"),
        event=EventId(f"e-{number}"),
        event_name="concern.opened",
        kind=OccasionKind.EVENT,
        party=party,
        verdict="notify",
        shared=C0_C1,
        held=frozenset(),
        at=NOW - timedelta(days=100 - number),
    )
    return replace(whole, **changes)


def closed(party: Party, number: int = 9, **changes: Any) -> Told:  # noqa: ANN401 - of any field
    return told(party, number, event_name="closure.authorised", **changes)


def history(*parties: Party) -> History:
    """Everybody heard at the beginning, and of closure."""
    return History(told=tuple(told(p) for p in parties) + tuple(closed(p) for p in parties))


def closing(rung: Rung = Rung.ACKNOWLEDGED, *setbacks: Setback, **changes: Any) -> Closing:  # noqa: ANN401 - of any field
    by = Acknowledgement(
        name="Sam Okoro", role="Duty manager", organisation="CQC", strength=AckStrength.CODE
    )
    reached = Reached(
        rung=rung,
        since=NOW - timedelta(days=1),
        setbacks=setbacks,
        acknowledgement=by if rung is Rung.ACKNOWLEDGED else None,
    )
    whole = Closing(
        notice=NoticeId("n-1"), reached=reached, required=Rung.ACKNOWLEDGED, deliveries=1
    )
    return replace(whole, **changes)


def hold(party: Party, **changes: Any) -> PlacedHold:  # noqa: ANN401 - of any field
    whole = PlacedHold(
        id=HoldId("H-1"),
        kind=HoldKind.H2,
        party=party,
        classes=C0_C1,
        placed_by=Person(name="Jo Reed", role="Manager"),
        reason="It may lean on witnesses",
        endorsed_by_agency=HOST,
        review_due=NOW + timedelta(days=1),
        conditions_for_release="Interviews are done",
    )
    return replace(whole, **changes)
