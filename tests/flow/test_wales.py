"""A concern in Wales, by its own pack: another regulator, other names and laws, the same code."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from hub.adapters.memory import SequentialMint, VirtualClock
from hub.adapters.register import open_register
from hub.adapters.register.sql import SqlRegister
from hub.adapters.shipped import read_folder, shipped
from hub.compose import Sender
from hub.concern import Party
from hub.directory import Directory
from hub.events.decode import decode
from hub.events.envelope import Event
from hub.intake import Became, Intake, TookIn
from hub.notice import Notice
from hub.pack.load import load, load_directory
from hub.pack.rules import Pack
from hub.plan import Tools
from hub.ports import Received
from hub.prove.reach import reach_faults
from hub.vocabulary import AgencyId, ConcernId, Role
from tests.adapters.by_hand import look
from tests.core.packs import words

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
CONCERN: Final = ConcernId("019ac1d2-7400-7000-8000-0000000c0001")
CIW: Final = Party(agency=AgencyId("regulator:ciw"), role=Role.REGULATOR)
CARDIFF: Final = Party(agency=AgencyId("gss:W06000015"), role=Role.HOST_AUTHORITY)
CAV: Final = Party(agency=AgencyId("ods:7A4"), role=Role.HOST_ICB)
THE_VALE: Final = Party(agency=AgencyId("gss:W06000014"), role=Role.PLACING_AUTHORITY)
CTM: Final = Party(agency=AgencyId("ods:7A5"), role=Role.PLACING_ICB)
RHOSWEN: Final = Party(agency=AgencyId("unit:rhoswen-care"), role=Role.PROVIDER)

ENGLISH: Final = ("CQC", "Care Quality", "Care Act", "Framework", "integrated care", "West Sussex")

MOVED: Final = {
    "west-sussex": "wales",
    "westsussex": "cardiff",
    "West Sussex": "Cardiff",
    "E10000032": "W06000015",
    "E10000030": "W06000014",
    "E10000014": "W06000016",
    "E23000033": "W15000003",
    "ods:QNX": "ods:7A4",
    "regulator:cqc": "regulator:ciw",
    "cqc:1-1000000001": "unit:rhoswen-care",
    "Rosewood Care": "Rhoswen Care",
    "Rosewood House": "Plas Rhoswen",
    "RH19 1AA": "CF10 1AA",
}


@cache
def welsh_sources() -> Mapping[str, str]:
    return read_folder(shipped("policy") / "wales")


@cache
def welsh_pack() -> Pack:
    return load(welsh_sources())


@cache
def welsh_directory() -> Directory:
    return load_directory(welsh_sources()["directory.toml"])


def body_of(name: str, **changes: Any) -> bytes:  # noqa: ANN401 - of any field of its data
    """One event of the story that ships, as it would be in Cardiff."""
    text = (EXAMPLES / f"{name}.json").read_text()
    for there, here in MOVED.items():
        text = text.replace(there, here)
    whole = json.loads(text)
    whole["data"] |= changes
    return json.dumps(whole).encode()


@dataclass(frozen=True, kw_only=True)
class Cardiff:
    """A hub with the pack of Wales alone."""

    register: SqlRegister
    intake: Intake
    clock: VirtualClock

    async def takes(self, body: bytes) -> TookIn:
        (took,) = await self.intake.take_in(
            [
                Received(
                    tag=1,
                    body=body,
                    content_type="application/cloudevents+json",
                    headers={},
                    user_id="cardiff",
                    routing_key="cardiff.event",
                    delivery_count=0,
                    received=self.clock.now(),
                )
            ]
        )
        return took

    async def notices(self, party: Party) -> list[Notice]:
        record = await self.register.concern(CONCERN)
        assert record is not None
        return [n.notice for n in record.notices if n.notice.party == party]


@asynccontextmanager
async def cardiff() -> AsyncIterator[Cardiff]:
    opened = decode(body_of("concern-opened"), "application/cloudevents+json", {})
    assert isinstance(opened, Event)
    clock = VirtualClock(opened.occurred)
    register = await open_register("sqlite+aiosqlite://", clock=clock)
    assert isinstance(register, SqlRegister)
    await register.seed(welsh_directory())
    tools = Tools(
        pack=welsh_pack(),
        directory=welsh_directory(),
        words=words(),
        sender=Sender(
            from_name="Cardiff Safeguarding",
            from_address="hub@hub.cardiff.example",
            message_id_domain="hub.cardiff.example",
            public_url="https://hub.cardiff.example",
            source="https://hub.cardiff.example",
        ),
        mint=SequentialMint(),
    )

    def books(partnership: str, now: Directory) -> Tools | None:
        return replace(tools, directory=now) if partnership == "wales" else None

    intake = Intake(register, books, clock, partnerships=lambda: ("wales",))
    try:
        yield Cardiff(register=register, intake=intake, clock=clock)
    finally:
        await register.close()


@pytest.fixture
async def hub() -> AsyncIterator[Cardiff]:
    async with cardiff() as one:
        yield one


async def test_a_concern_in_wales_goes_to_its_own_regulator_and_health_board_in_their_words(
    hub: Cardiff,
) -> None:
    took = await hub.takes(body_of("concern-opened"))

    assert took.became is Became.ACCEPTED
    for party in (CIW, CARDIFF, CAV):
        (notice,) = await hub.notices(party)
        assert notice.template == "concern-opened"
        assert "Cardiff Council" in notice.text
        assert "Social Services and Well-being (Wales) Act 2014" in notice.text
        assert "Policy: wales, version 2026.1" in notice.text
        assert not [word for word in ENGLISH if word in notice.text]
    assert await hub.notices(RHOSWEN) == []  # the police have not said


async def test_who_placed_people_hears_of_its_own_and_a_health_board_is_one_of_them(
    hub: Cardiff,
) -> None:
    seen = {"source": "The list of residents", "verified_on": "2026-12-01"}
    placements = [
        {"commissioner": THE_VALE.agency, "adults": ["VG-1"], **seen},
        {"commissioner": CTM.agency, "kind": "Local Health Board", "adults": ["CTM-9"], **seen},
    ]
    await hub.takes(body_of("concern-opened"))

    took = await hub.takes(
        body_of("placement-register-declared", placements=placements, self_funders=0)
    )

    assert took.became is Became.ACCEPTED, took.faults
    (to_the_vale,), (to_ctm,) = await hub.notices(THE_VALE), await hub.notices(CTM)
    assert "VG-1" in to_the_vale.text
    assert "CTM-9" not in to_the_vale.text
    assert "CTM-9" in to_ctm.text
    assert not [word for word in ENGLISH if word in to_the_vale.text + to_ctm.text]


async def test_what_was_sent_in_another_word_is_kept_as_sent_beside_what_was_read(
    hub: Cardiff,
) -> None:
    await hub.takes(body_of("concern-opened"))
    body = body_of("lead-agency-set", kind="local authority")

    took = await hub.takes(body)

    assert took.became is Became.ACCEPTED, took.faults
    record = await hub.register.concern(CONCERN)
    assert record is not None
    assert record.concern.lead_agency == CARDIFF.agency
    rows = await look(hub.register, "SELECT bytes, decoded FROM body WHERE decoded LIKE '%kind%'")
    ((kept, read),) = [(b, d) for b, d in rows if b == body]
    assert kept == body
    assert json.loads(str(read))["kind"] == "la"


async def test_a_regulator_of_another_nation_is_refused_whatever_is_sent(hub: Cardiff) -> None:
    took = await hub.takes(body_of("concern-opened", regulator="regulator:cqc"))

    assert took.became is Became.QUARANTINED
    assert "/data/regulator" in {fault.pointer for fault in took.faults}
    says = "`regulator:cqc` does not regulate for `gss:W06000015`: `regulator:ciw` does"
    assert says in {fault.says for fault in took.faults}
    assert await hub.register.concern(CONCERN) is None


async def test_where_a_provider_fails_in_wales_its_own_act_is_cited(hub: Cardiff) -> None:
    await hub.takes(body_of("concern-opened"))

    took = await hub.takes(body_of("contract-withdrawn"))

    assert took.became is Became.ACCEPTED, took.faults
    (notice,) = [n for n in await hub.notices(CARDIFF) if n.template == "temporary-duty"]
    assert "Social Services and Well-being (Wales) Act 2014 s.189" in notice.text
    assert not [word for word in ENGLISH if word in notice.text]


def test_the_pack_of_wales_names_nobody_of_england_and_reaches_everybody_it_tells() -> None:
    pack, directory = welsh_pack(), welsh_directory()

    assert not [a.id for a in directory.agencies if a.id.startswith(("gss:E", "cqc:"))]
    assert {host for grant in pack.grants for host in grant.hosts} == {CARDIFF.agency}
    assert list(reach_faults(pack, directory)) == []
    assert not any("Care Act" in basis for by in pack.bases.values() for basis in by.values())
