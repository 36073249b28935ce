"""What happens to an event that names a policy nobody knows, and who must look at what is urgent.

Urgent events are decided by the pack in force all the same, and a person is told so; anything else
waits in quarantine (M001).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.decision import Notify
from hub.directory import Directory
from hub.intake import Became
from hub.intake.urgent import urgent_name
from hub.obligation import Obligation, ObligationKind
from hub.plan import Tools
from hub.vocabulary import AgencyId, Role
from tests.core.packs import pack
from tests.flow.intake_scene import CONCERN, START, IntakeScene, body_of, document, scene

HOST = "gss:E10000032"
_LOOK = "urgent event:"


@pytest.fixture
async def hub() -> AsyncIterator[IntakeScene]:
    async with scene() as opened:
        yield opened


async def to_look_at(hub: IntakeScene) -> list[Obligation]:
    record = await hub.register.concern(CONCERN)
    assert record is not None
    return [one for one in record.obligations if one.key.startswith(_LOOK)]


async def test_M001_an_urgent_event_of_an_unknown_policy_is_decided_by_the_pack_in_force(
    hub: IntakeScene,
) -> None:
    (took,) = await hub.takes(body_of("concern-opened", policypack="kent"))

    record = await hub.register.concern(CONCERN)
    assert record is not None
    assert took.became is Became.ACCEPTED
    assert took.decisions == len(record.decisions) > 0
    assert {decision.pack for decision in record.decisions} == {pack().hash}
    assert record.concern.partnership == "west-sussex"
    told = {d.party.role for d in record.decisions if isinstance(d, Notify)}
    assert Role.REGULATOR in told


async def test_M001_a_person_of_the_host_must_look_within_five_minutes_and_reads_why(
    hub: IntakeScene,
) -> None:
    await hub.takes(body_of("concern-opened", policypack="kent"))

    (owed,) = await to_look_at(hub)
    assert owed.kind is ObligationKind.PERSON
    assert (owed.party.agency, owed.party.role) == (HOST, Role.HOST_AUTHORITY)
    assert owed.due - START <= timedelta(minutes=5)
    assert "`kent`" in owed.says
    assert pack().name in owed.says


async def test_M001_an_urgent_event_sent_again_is_the_same_event(hub: IntakeScene) -> None:
    await hub.takes(body_of("concern-opened", policypack="kent"))

    (again,) = await hub.takes(body_of("concern-opened", policypack="kent"))

    assert again.became is Became.DUPLICATE
    assert len(await to_look_at(hub)) == 1


async def test_M001_an_urgent_event_of_an_unknown_policy_that_must_wait_follows_its_opening(
    hub: IntakeScene,
) -> None:
    (waits,) = await hub.takes(body_of("placement-register-declared", policypack="kent"))
    await hub.takes(body_of("concern-opened"))

    record = await hub.register.concern(CONCERN)
    assert record is not None
    assert waits.became is Became.WAITING
    assert record.waiting == ()
    assert record.concern.commissioners


async def test_M001_what_is_not_urgent_waits_in_quarantine_and_rings_nobody(
    hub: IntakeScene,
) -> None:
    await hub.takes(body_of("concern-opened"))

    (took,) = await hub.takes(body_of("meeting-scheduled", policypack="kent"))

    (kept,) = await hub.register.quarantined()
    assert took.became is Became.QUARANTINED
    assert not kept.poison.urgent
    assert await to_look_at(hub) == []


async def test_M001_a_publisher_without_the_grant_moves_nothing_by_an_unknown_policy(
    hub: IntakeScene,
) -> None:
    police = "https://cases.sussex-police.example/concerns"

    (took,) = await hub.takes(body_of("concern-opened", policypack="kent", source=police))

    assert took.became is Became.QUARANTINED
    assert await hub.register.concern(CONCERN) is None


async def test_M001_where_two_packs_might_be_meant_none_is_guessed() -> None:
    def twins(partnership: str, now: Directory, tools: Tools) -> Tools | None:
        if partnership not in {"west-sussex", "east-sussex"}:
            return None
        named = replace(tools.pack, partnership=partnership)
        return replace(tools, pack=named, directory=now)

    async with scene(twins) as hub:
        hub.intake._partnerships = lambda: ("west-sussex", "east-sussex")

        (took,) = await hub.takes(body_of("concern-opened", policypack="kent"))

        assert took.became is Became.QUARANTINED
        (kept,) = await hub.register.quarantined()
        assert kept.poison.urgent


async def test_M001_a_pack_whose_grant_is_for_another_host_is_not_meant() -> None:
    def neighbours(partnership: str, now: Directory, tools: Tools) -> Tools | None:
        if partnership not in {"west-sussex", "east-sussex"}:
            return None
        grants = tools.pack.grants
        if partnership == "east-sussex":
            there = frozenset({AgencyId("gss:E10000011")})
            grants = tuple(replace(grant, hosts=there) for grant in grants)
        named = replace(tools.pack, partnership=partnership, grants=grants)
        return replace(tools, pack=named, directory=now)

    async with scene(neighbours) as hub:
        hub.intake._partnerships = lambda: ("west-sussex", "east-sussex")

        (took,) = await hub.takes(body_of("concern-opened", policypack="kent"))

        record = await hub.register.concern(CONCERN)
        assert took.became is Became.ACCEPTED
        assert record is not None
        assert record.concern.partnership == "west-sussex"


async def test_M001_an_urgent_event_in_quarantine_is_somebodys_to_look_at(
    hub: IntakeScene,
) -> None:
    await hub.takes(body_of("concern-opened"))
    data = document("criminal-status-declared")["data"] | {"status": "perhaps"}
    data_of_nobody = document("lead-agency-set")["data"] | {"agency": "gss:E10000031"}
    unknown = document("placement-register-declared")["data"]
    unknown["placements"][0]["commissioner"] = AgencyId("gss:E10000031")

    unread, ordinary, urgent = await hub.takes(
        body_of("criminal-status-declared", data=data),
        body_of("lead-agency-set", data=data_of_nobody),
        body_of("placement-register-declared", data=unknown),
    )

    assert {unread.became, ordinary.became, urgent.became} == {Became.QUARANTINED}
    assert [one.says for one in await to_look_at(hub)] == [
        "look at `placement.register.declared` now: it is in quarantine"
    ]


@pytest.mark.parametrize(
    "name",
    [
        "emergency.closure.cqc",
        "emergency.anything.to.come",
        "contract.withdrawn",
        "provider.failure.warned",
        "protection.immediate.taken",
        "police.advice.recorded",
        "concern.opened",
    ],
)
def test_M001_these_may_not_wait(name: str) -> None:
    assert urgent_name(name)


def test_M001_a_meeting_may_wait() -> None:
    assert not urgent_name("meeting.scheduled")
    assert not urgent_name("emergencies.discussed")
