"""A running hub, as `hub run` makes it, tells its publishers; and its broker has their queues."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import ClientSession
from typer.testing import CliRunner

from hub.adapters.facts_out import MemoryFacts
from hub.adapters.secrets import publisher_key_of
from hub.adapters.topology import check
from hub.app import Made, open_hub
from hub.cli import app
from hub.facts import FactName
from hub.settings import Settings
from hub.vocabulary import PublisherId
from tests.flow.intake_scene import EXAMPLES

WSCC = PublisherId("wscc")
POLICE = PublisherId("sussex-police")


async def test_an_event_by_http_comes_back_as_facts_and_the_metrics_count_them(
    tmp_path: Path,
) -> None:
    out = MemoryFacts([WSCC, POLICE])
    settings = Settings(data_dir=tmp_path, web_port=0)
    hub = await open_hub(settings, ("web", "facts"), Made(facts=out))
    stop = asyncio.Event()
    running = asyncio.create_task(hub.run(stop))
    key = publisher_key_of(tmp_path, "wscc")

    async with ClientSession(hub.url) as browser:
        async with browser.post(
            "/v1/events",
            data=(EXAMPLES / "concern-opened.json").read_bytes(),
            headers={
                "Content-Type": "application/cloudevents+json",
                "Authorization": f"Bearer {key}",
            },
        ) as taken:
            assert taken.status == 202
        async with asyncio.timeout(60):
            await out.arrival(WSCC, FactName.NOTICE_QUEUED)
        async with browser.get("/metrics") as got:
            metrics = await got.text()
        async with browser.get("/v1/keys") as got:
            (signing,) = json.loads(await got.read())["keys"]
    stop.set()
    await running

    event = json.loads((EXAMPLES / "concern-opened.json").read_text())
    facts = [json.loads(one.body) for one in out.taken[WSCC]]
    assert {fact["concernid"] for fact in facts} == {event["concernid"]}
    assert facts[0]["source"] == settings.source
    assert event["id"] in {fact["data"].get("event") for fact in facts}
    assert out.taken[POLICE] == []
    assert "hub_facts_published_total" in metrics
    assert "hub_facts_waiting" in metrics
    assert signing["crv"] == "Ed25519"


def test_topology_apply_gives_each_publisher_of_the_packs_a_queue_and_others_by_name(
    broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_AMQP_URL", broker_url)

    done = CliRunner().invoke(app, ["topology", "apply", "--publisher", "surrey"])

    assert done.exit_code == 0, done.output
    asyncio.run(check(broker_url, [WSCC, POLICE, "cardiff", "south-wales-police", "surrey"]))
