"""RabbitMQ under TLS, as a partnership's is reached: all that the hub says to it and hears."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from hub.adapters.broker import RabbitBroker
from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.facts_out import RabbitFacts
from hub.adapters.topology import apply, check, publish
from hub.facts import FactName, Told
from hub.ports import BrokerLost
from hub.vocabulary import ConcernId, PublisherId
from tests.adapters.test_facts_out import messages
from tests.servers.papers import papers
from tests.servers.rabbit import Rabbit

KEY = "wscc.concern.opened"
LONG = b"A long line of what an agency is told, again and again. " * 2_000
"""More than one record of TLS (16,384 octets), and more than a socket takes at once."""


@pytest.fixture
async def url(rabbit: Rabbit) -> str:
    where = f"{rabbit.node.tls_url_of(rabbit.vhost)}?cafile={rabbit.node.papers.authority}"
    await apply(where, ["wscc"])
    return where


async def test_long_events_come_in_under_tls_and_are_acknowledged(url: str) -> None:
    await check(url, ["wscc"])
    bodies = [b"%d %s" % (number, LONG) for number in range(40)]
    for body in bodies:
        await publish(url, body, KEY)

    broker = RabbitBroker(url, clock=SystemClock(), mint=RandomMint())
    session = await broker.session()
    came: list[bytes] = []
    try:
        async with asyncio.timeout(60):
            while len(came) < len(bodies):
                batch = await session.receive(limit=10, linger=timedelta(milliseconds=50))
                came += [message.body for message in batch]
                await session.ack_through(batch[-1].tag)
    finally:
        await session.close()

    assert came == bodies


async def test_many_facts_of_one_turn_go_out_under_tls_in_their_order(
    url: str, rabbit: Rabbit
) -> None:
    facts = [
        Told(
            id=f"fact-{number}",
            concern=ConcernId(f"c-{number}"),
            subscriber=PublisherId("wscc"),
            name=FactName.RUNG_CHANGED,
            body=b"%d %s" % (number, LONG),
        )
        for number in range(60)
    ]

    out = RabbitFacts(url)
    try:
        async with asyncio.timeout(60):
            taken = await asyncio.gather(*(out.publish(fact) for fact in facts))
    finally:
        await out.close()

    assert taken == [True] * len(facts)
    came = await messages(rabbit.url, "wscc", len(facts) + 1)
    assert [message.body for message in came] == [fact.body for fact in facts]


async def test_a_broker_that_nobody_known_vouches_for_is_told_nothing(
    rabbit: Rabbit, tmp_path: Path
) -> None:
    where = rabbit.node.tls_url_of(rabbit.vhost)
    stranger = papers(tmp_path, "127.0.0.1").authority

    for each in (where, f"{where}?cafile={stranger}"):
        with pytest.raises(BrokerLost, match="CERTIFICATE_VERIFY_FAILED"):
            await apply(each)


async def test_a_file_of_authorities_that_is_not_there_is_said(rabbit: Rabbit) -> None:
    with pytest.raises(BrokerLost, match="No such file"):
        await apply(f"{rabbit.node.tls_url_of(rabbit.vhost)}?cafile=/nowhere.pem")
