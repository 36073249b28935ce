"""A running hub finds what is stuck within a minute, and says what has waited for too long."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

from aiohttp import ClientSession

from hub.adapters.register.sql import SqlRegister
from hub.app import open_hub
from hub.app.readiness import Readiness
from hub.audit import Auditor
from hub.bounce import ReturnedMail
from hub.directory import Publisher
from hub.intake import Intake
from hub.intake.urgent import urgent_name
from hub.ports import Stuck
from hub.settings import Settings
from hub.vocabulary import AgencyId, EndpointId, PublisherId
from hub.watch import Watch
from tests import worlds
from tests.adapters.planted import PLANTED, late, plant
from tests.flow.scene import Scene, a_scene, running

MINUTE = timedelta(minutes=1)


def the_register(scene: Scene) -> SqlRegister:
    return cast(SqlRegister, scene.line._register)


def auditor(scene: Scene, watch: Watch) -> Auditor:
    return Auditor(
        scene.register,
        scene.tools_for,
        scene.clock,
        urgent=lambda name: name == "lead.agency.set" or urgent_name(name),
        watched=lambda: watch.looked_at,
    )


async def test_B03_a_hundred_stuck_rows_are_found_and_put_right_within_a_minute() -> None:
    async with a_scene() as scene:
        watch = scene.watch()
        audits = auditor(scene, watch)
        async with running(scene, audits, watch):
            await scene.pass_time(timedelta(minutes=10))
            assert audits.counts().found == 0, "nothing is stuck, and nothing is repaired"

            await plant(the_register(scene), scene.clock.now())
            await scene.pass_time(MINUTE)

        counts = audits.counts()
        assert (counts.repaired, counts.unrepaired) == (sum(PLANTED.values()), 0) == (100, 0)
        depths = await scene.register.depths()
        assert (depths.unaccounted, depths.unaccounted_obligations) == (0, 0)
        said = audits.said()
        assert said["last_repaired"] == {how.value: number for how, number in PLANTED.items()}


async def test_B03_what_a_watch_cannot_plan_is_given_to_a_person_and_the_rest_climbs() -> None:
    async with a_scene() as scene:
        blind = Watch(scene.register, lambda _p, _d: None, scene.clock)
        audits = auditor(scene, blind)
        await late(the_register(scene), 3, scene.clock.now())

        async with running(scene, audits, blind):
            await scene.pass_time(MINUTE)
        assert audits.last_repair is not None
        assert audits.last_repair.repaired == Counter({Stuck.LATE: 3})

        await scene.watch().sweep()
        assert (await auditor(scene, blind).sweep()).found == {}


async def test_B03_an_auditor_outlives_a_register_that_goes_away() -> None:
    async with a_scene() as scene:
        watch = scene.watch()
        audits = auditor(scene, watch)
        scene.line.away.add("strays")
        async with running(scene, audits):
            await scene.pass_time(MINUTE)
            assert audits.last is None
            scene.line.away.clear()
            await scene.pass_time(MINUTE)
        assert audits.last is not None


async def test_B03_the_readiness_of_a_running_hub_says_what_its_auditor_found(
    tmp_path: Path,
) -> None:
    hub = await open_hub(Settings(data_dir=tmp_path, web_port=0), ("web", "watch"))
    stop = asyncio.Event()
    task = asyncio.create_task(hub.run(stop))

    async with ClientSession(hub.url) as browser:
        async with browser.get("/readyz") as got:
            said = json.loads(await got.text())
        async with browser.get("/metrics") as got:
            metrics = await got.text()
    stop.set()
    await task

    assert said["audit"]["repaired"] == 0
    assert said["waiting"] == []
    assert "hub_audit_repaired_total 0.0" in metrics
    assert "hub_mail_unread 0.0" in metrics


def readiness(scene: Scene, *, facts_go_out: bool) -> Readiness:
    return Readiness(
        register=scene.register,
        carriers={},
        brokers=(),
        intake=Intake(scene.register, scene.tools_for, scene.clock, partnerships=tuple),
        clock=scene.clock,
        facts_go_out=facts_go_out,
    )


async def test_B04_mail_that_nobody_reads_is_said_after_five_minutes() -> None:
    async with a_scene() as scene:
        mail = ReturnedMail(
            id="m-1", sender="", recipient="x", raw=b"x", received=scene.clock.now()
        )
        await scene.register.keep_mail(mail)
        ready = readiness(scene, facts_go_out=True)

        assert await ready.waiting() == ()
        await scene.pass_time(timedelta(minutes=6))

        assert await ready.waiting() == (
            "inbox: 1 returned mails unread, the oldest for more than 5 minutes",
        )
        assert await ready.reasons() == (), "it helps nobody to take the hub out of service"


async def test_B04_facts_that_no_broker_takes_are_said_and_why() -> None:
    async with a_scene() as scene:
        ours = worlds.opened().source
        publisher = Publisher(
            id=PublisherId("wscc"), agency=AgencyId(worlds.HOST), source=ours, prefix="wscc"
        )
        known = await scene.register.directory()
        await scene.register.seed(replace(known, publishers=(publisher,)))
        await scene.open_concern()
        waiting = (await scene.register.depths()).facts
        await scene.pass_time(timedelta(minutes=6))

        stands, away = await readiness(scene, facts_go_out=True).waiting()
        _, none = await readiness(scene, facts_go_out=False).waiting()

        assert waiting > 0
        assert stands.startswith("queue:"), "nothing delivers here either"
        assert away == (f"facts: {waiting} wait for the broker, the oldest for more than 5 minutes")
        assert none == f"{away}; no broker is configured (HUB_AMQP_URL)"


async def test_B03_a_queue_that_nobody_serves_and_what_a_closed_webhook_keeps_are_said() -> None:
    async with a_scene() as scene:
        ready = readiness(scene, facts_go_out=True)
        await scene.open_concern()
        queued = (await scene.register.depths()).queued
        hook = scene.tools.directory.endpoint(EndpointId("hook-regulator:cqc-0"))
        assert hook is not None

        at_first = await ready.waiting()
        await scene.clock.advance(6 * MINUTE)
        stands = await ready.waiting()
        await scene.register.put_endpoint(replace(hook, parked=True))
        await scene.clock.advance(MINUTE)
        closed = await ready.waiting()

        assert await ready.reasons() == (), "it says so, and goes on serving"
        assert at_first == ()
        assert stands[0].startswith(f"queue: {queued} deliveries have been due")
        assert "queue: 1 deliveries wait for closed webhooks" in closed
