"""A concern from its opening to its confirmed end, as its publishers read it in facts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from hub.adapters.facts_out import MemoryFacts, RabbitFacts
from hub.adapters.memory import VirtualClock
from hub.adapters.topology import apply
from hub.answers import Attested
from hub.facts import FactName
from hub.ports import FactsOut
from hub.relay import Relay
from hub.vocabulary import ObligationKind, PublisherId
from tests.adapters.test_facts_out import messages
from tests.flow.scenarios.last_page import (
    confirms,
    draws_to_its_end,
    everybody_acknowledges,
    is_authorised,
)
from tests.flow.scenarios.stage import (
    SUSSEX_POLICE,
    THE_PROVIDER,
    Heard,
    Play,
    a_play,
)
from tests.servers.rabbit import Rabbit

HOST: Final = PublisherId("wscc")
POLICE: Final = PublisherId("sussex-police")

Read = Callable[[PublisherId], Awaitable[list[dict[str, Any]]]]
"""Returns every fact that a publisher finds, oldest first."""


@pytest.fixture(params=["memory", "rabbit"])
async def way(request: pytest.FixtureRequest) -> AsyncIterator[tuple[FactsOut, Read]]:
    out: FactsOut
    if request.param == "memory":
        memory = out = MemoryFacts([HOST, POLICE])

        async def read(who: PublisherId) -> list[dict[str, Any]]:
            return [json.loads(told.body) for told in memory.taken[who]]

    else:
        rabbit: Rabbit = request.getfixturevalue("rabbit")
        await apply(rabbit.url, [HOST, POLICE])
        out = RabbitFacts(rabbit.url)

        async def read(who: PublisherId) -> list[dict[str, Any]]:
            return [json.loads(one.body) for one in await messages(rabbit.url, who, 10_000)]

    yield out, read
    await out.close()


async def told(play: Play, out: FactsOut) -> None:
    """Let everything that waits be published."""
    clock = play.scene.clock
    assert isinstance(clock, VirtualClock)
    relay = Relay(play.scene.line._register, out, clock)
    while await relay.turn():
        continue


def of(facts: list[dict[str, Any]], notice: str) -> list[str]:
    """Return what is told of one notice: its facts' names, and to which rung."""
    return [
        f"{fact['type'].removeprefix('concernhub.fact.').removesuffix('.v1')} "
        f"{fact['data'].get('after', '')}".strip()
        for fact in facts
        if fact["data"].get("notice") == notice and "obligation" not in fact["data"]
    ]


def names(facts: list[dict[str, Any]]) -> list[str]:
    return [f["type"].removeprefix("concernhub.fact.").removesuffix(".v1") for f in facts]


async def to_its_end(play: Play) -> None:
    """Open, tell, answer, authorise, tell of the end, answer, confirm."""
    await play.opens()
    await play.says("criminal.status.declared", status="consulted, none", declared_by="DS Nair")
    await play.says("placement.register.declared", placements=[], complete=True)
    await play.sent()
    await everybody_acknowledges(play, "concern-opened")
    await draws_to_its_end(play)
    await is_authorised(play)
    await play.sent()
    await everybody_acknowledges(play)
    assert isinstance(await confirms(play), Attested)


async def test_M102_the_host_authority_reads_everything_in_order_and_closure_last(
    way: tuple[FactsOut, Read],
) -> None:
    out, read = way
    async with a_play() as play:
        await to_its_end(play)
        record = await play.record()

        await told(play, out)

        facts = await read(HOST)
        assert names(facts)[-1] == FactName.CLOSURE_CONFIRMED
        assert names(facts).count(FactName.CLOSURE_CONFIRMED) == 1
        assert record.attestation is not None
        assert facts[-1]["data"]["attestation"] == record.attestation.id
        assert len({fact["id"] for fact in facts}) == len(facts)
        closing = [n.notice for n in record.notices if n.notice.template == "closure-notice"]
        assert closing
        for notice in closing:
            assert of(facts, notice.id) == [
                "notice.queued",
                "rung.changed submitted",
                "rung.changed acknowledged",
            ]
        # A publisher that published nothing of this concern reads nothing of it.
        assert await read(POLICE) == []


async def test_M021_M072_holds_go_to_host_and_police_and_no_word_of_them_anywhere(
    way: tuple[FactsOut, Read],
) -> None:
    out, read = way
    async with a_play() as play:
        await play.opens()
        await advised(play, "hold", review_due=play.scene.clock.now().isoformat())
        await advised(play, "release")

        await told(play, out)

        host, police = await read(HOST), await read(POLICE)
        held = [
            (name, fact["data"]["kind"])
            for name, fact in zip(names(police), police, strict=True)
            if fact["data"].get("agency") == THE_PROVIDER.agency and name.startswith("hold.")
        ]
        assert ("hold.released", "H1") in held
        assert {fact["data"].get("agency", THE_PROVIDER.agency) for fact in police} <= {
            THE_PROVIDER.agency,
            "gss:E23000033",
        }
        assert not any(fact["data"].get("reason") for fact in (*host, *police))
        assert "covert" not in json.dumps([host, police])


async def advised(play: Play, advice: str, **more: Any) -> Heard:  # noqa: ANN401 - of any field
    """The police say whether the provider may be told."""
    now = play.scene.clock.now().isoformat()
    return await play.says(
        "police.advice.recorded",
        source=SUSSEX_POLICE,
        advice=advice,
        officer="DS Nair, covert enquiries",
        log_number="LOG-1",
        recorded_by="DS Nair",
        advised_at=now,
        **more,
    )


async def test_B04_an_overdue_obligation_is_told_once(way: tuple[FactsOut, Read]) -> None:
    out, read = way
    async with a_play() as play:
        await play.opens()
        due = max(owed.due for owed in await play.owes(ObligationKind.ANSWER))
        await play.pass_time(due - play.scene.clock.now() + timedelta(days=365))
        open_now = (await play.record()).obligations
        watch = play.scene.watch()

        await watch.sweep()
        await watch.sweep()
        await told(play, out)

        overdue = [
            fact["data"]["obligation"]
            for fact in await read(HOST)
            if fact["type"] == "concernhub.fact.obligation.overdue.v1"
        ]
        assert sorted(overdue) == sorted(owed.id for owed in open_now)
