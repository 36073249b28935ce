"""`hub run --only`: four processes on PostgreSQL and RabbitMQ are one hub, and each is honest."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from email import message_from_bytes
from pathlib import Path

import aio_pika
import aiohttp
import pytest

from hub.adapters.catcher import MailCatcher
from hub.adapters.register.sql import SqlRegister
from hub.adapters.topology import EVENTS_EXCHANGE, apply, facts_queue, publish
from tests.adapters.by_hand import look
from tests.adapters.conftest import Registers, migrated
from tests.faults.fleet import Fleet, Member, a_fleet
from tests.faults.spool import EXAMPLES, STORY
from tests.servers.ground import free_port
from tests.servers.postgres import Postgres
from tests.servers.rabbit import Rabbit

ROLES = (("intake",), ("deliver",), ("watch", "facts"), ("web",))
BROKEN = "safeguarding@cqc.example"
NEXT = "safeguarding-deputy@cqc.example"


@pytest.fixture
async def mail() -> AsyncIterator[MailCatcher]:
    catcher = MailCatcher()
    await catcher.start()
    yield catcher
    await catcher.stop()


@pytest.fixture
async def register(postgres: Postgres) -> AsyncIterator[SqlRegister]:
    registers = Registers(migrated(postgres))
    yield await registers.open()
    await registers.close()


@pytest.fixture
async def fleet(
    register: SqlRegister, rabbit: Rabbit, mail: MailCatcher, tmp_path: Path
) -> AsyncIterator[Fleet]:
    url = register._database.engine.url.render_as_string(hide_password=False)
    settings = {"HUB_AMQP_URL": rabbit.url, "HUB_SMTP_URL": mail.url}
    async with a_fleet(tmp_path, url, **settings) as made:
        yield made


async def ready(member: Member) -> list[str]:
    """Return every reason why a process is not ready, once it knows whether it is."""
    url = f"{member.url}/readyz"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        said: list[str] = (await answer.json())["reasons"]
        assert answer.status == (503 if said else 200)
    return said


async def until_ready(member: Member) -> None:
    async with asyncio.timeout(60):
        while await ready(member):
            await asyncio.wait([member.reader], timeout=0.2)


async def get(member: Member, path: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"{member.url}{path}") as answer:
        return answer.status


async def first_fact(rabbit: Rabbit) -> dict[str, object]:
    connection = await aio_pika.connect(rabbit.url)
    async with connection:
        queue = await (await connection.channel()).get_queue(facts_queue("wscc"))
        async with asyncio.timeout(60), queue.iterator() as facts:
            async for message in facts:
                async with message.process():
                    return dict(json.loads(message.body))
    raise AssertionError


async def test_B03_four_processes_with_a_role_each_do_the_main_job(
    fleet: Fleet, register: SqlRegister, rabbit: Rabbit, mail: MailCatcher
) -> None:
    await apply(rabbit.url, {"wscc"})
    wscc = rabbit.add_user(
        "wscc",
        write=EVENTS_EXCHANGE.replace(".", "[.]"),
        topics={EVENTS_EXCHANGE: ("^wscc[.].*", "")},
    )
    mail.refuse(BROKEN)
    members = [await fleet.start(*roles) for roles in ROLES]
    for member in members:
        await until_ready(member)

    for name in STORY:
        body = (EXAMPLES / f"{name}.json").read_bytes()
        await publish(wscc, body, f"wscc.{name.replace('-', '.', 1)}", "wscc")
    caught = await mail.kept.until(lambda mails: any(NEXT in m.recipients for m in mails), 60)

    # Taken in, decided, delivered, and the next contact told where one could not be reached.
    assert BROKEN in mail.tries
    assert len({message_from_bytes(one.content)["Message-ID"] for one in caught}) == len(caught)
    (concern,) = await register.concerns()
    record = await register.concern(concern.id)
    assert record is not None
    assert len(record.notices) >= 10
    fact = await first_fact(rabbit)
    assert str(fact["type"]).startswith("concernhub.")
    workers = await look(register, "SELECT DISTINCT worker FROM attempt")
    deliverer = await look(register, "SELECT id FROM worker WHERE roles = 'deliver'")
    assert workers == deliverer
    assert len(await look(register, "SELECT id FROM worker")) == len(ROLES)
    depths = await register.depths()
    assert (depths.unaccounted, depths.quarantined) == (0, 0)

    # Every process says how it is; the pages are the web's alone.
    pages = [await get(member, "/v1/keys") for member in members]
    assert pages == [404, 404, 404, 200]
    assert [await ready(member) for member in members] == [[], [], [], []]
    assert [await member.ended() for member in members] == [0, 0, 0, 0]


async def test_B03_each_process_is_not_ready_for_what_its_own_role_needs_alone(
    fleet: Fleet,
) -> None:
    nowhere = free_port()
    away = {
        "HUB_AMQP_URL": f"amqp://guest:guest@127.0.0.1:{nowhere}/",
        "HUB_SMTP_URL": f"smtp://127.0.0.1:{nowhere}",
    }
    members = [await fleet.start(*roles, **away) for roles in ROLES]

    said = [await ready(member) for member in members]

    starts = [[" ".join(reason.split()[:2]) for reason in reasons] for reasons in said]
    assert starts == [["broker: not"], ["mail relay"], [], []]
