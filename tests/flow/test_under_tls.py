"""A hub whose every way leads through TLS, on the loop that `hub run` takes and on Python's own."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import uvloop

from bench.work import TOLD, Opened, directory
from hub.adapters.catcher import MailCatcher, WebhookCatcher
from hub.adapters.register.opening import migrate
from hub.adapters.topology import EVENTS_EXCHANGE, apply, publish
from hub.app import ROLES, Made, open_hub
from hub.settings import Settings
from tests.adapters.carriers.relay import covering
from tests.servers.papers import papers
from tests.servers.postgres import PostgresCluster
from tests.servers.rabbit import Rabbit

EVENTS = 4


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_M001_everybody_is_told_where_register_broker_mail_and_webhooks_are_under_tls(
    run: Callable[[Coroutine[Any, Any, None]], None],
    rabbit: Rabbit,
    covered_postgres: PostgresCluster,
    tmp_path: Path,
) -> None:
    run(_told(rabbit, covered_postgres, tmp_path))


async def _told(rabbit: Rabbit, cluster: PostgresCluster, folder: Path) -> None:
    made = papers(folder, "127.0.0.1")
    mail = MailCatcher(starttls=covering(made.chain))
    hooks = WebhookCatcher(tls=covering(made.chain))
    await mail.start()
    await hooks.start()
    amqp = f"{rabbit.node.tls_url_of(rabbit.vhost)}?cafile={rabbit.node.papers.authority}"
    rabbit.add_user("wscc", "secret", write=".*", topics={EVENTS_EXCHANGE: (".*", "")})
    await apply(amqp, ["wscc", "sussex-police"])
    async with _database(cluster) as register:
        await migrate(register)
        settings = Settings.model_validate(
            {
                "data_dir": folder,
                "amqp_url": amqp,
                "register_url": register,
                "smtp_url": mail.url,
                "extra_ca_file": made.authority,
                "web_port": 0,
            }
        )
        seeds = directory(f"127.0.0.1:{hooks.port}")
        covered = tuple(
            replace(each, url=each.url.replace("http:", "https:")) for each in seeds.endpoints
        )
        hub = await open_hub(settings, ROLES, Made(seeds=replace(seeds, endpoints=covered)))
        stop = asyncio.Event()
        running = asyncio.create_task(hub.run(stop))
        opened, publisher = Opened(), amqp.replace("hub:hub@", "wscc:secret@")
        try:
            for _ in range(EVENTS):
                await publish(publisher, opened.next()[0], "wscc.concern.opened", "wscc")
            mails = await mail.until(3 * EVENTS, within=60)
            calls = await hooks.until(2 * EVENTS, within=60)
        finally:
            stop.set()
            await running
    await mail.stop()
    await hooks.stop()

    assert len(mails) + len(calls) == TOLD * EVENTS
    assert all(each.covered for each in mails)


@asynccontextmanager
async def _database(cluster: PostgresCluster) -> AsyncIterator[str]:
    assert cluster.papers is not None
    name = f"under_tls_{secrets.token_hex(4)}"
    server = await asyncpg.connect(cluster.url.replace("+asyncpg", ""))
    await server.execute(f"CREATE DATABASE {name}")
    where = cluster.url.replace("/postgres", f"/{name}")
    trusted = f"sslmode=verify-full&sslrootcert={cluster.papers.authority}"
    try:
        yield f"{where}?{trusted}"
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.close()
