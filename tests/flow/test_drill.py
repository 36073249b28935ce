"""Each week a drill goes by every way out, and a dead inbox is found before it matters."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from typer.testing import CliRunner

from hub.adapters.register import open_register
from hub.app.reckoning import work_out
from hub.cli import app
from hub.drill import Drill, start_drill
from hub.figures import health_of
from hub.figures.health import Condition
from hub.notice import Refused, RefusedBecause
from hub.obligation import ObligationKind
from hub.plan.drill import whom
from hub.vocabulary import AgencyId, ConcernId, ContactId, NoticeId
from tests import worlds
from tests.adapters.by_hand import look
from tests.flow.scene import Scene, a_scene, running, targets
from tests.flow.test_audit import auditor, the_register

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
SOON: Final = timedelta(minutes=10)
NO_MAILBOX: Final = Refused(at=worlds.START, detail="550 5.1.1", because=RefusedBecause.ADDRESS)


def drill(scene: Scene, weekday: str | None = "tuesday") -> Drill:
    """The scene begins on a Tuesday at nine."""
    return Drill(
        scene.register,
        scene.clock,
        scene.tools.mint,
        sender=scene.tools.sender,
        weekday=weekday,
        hour=10,
        calendar=lambda: scene.tools.pack.calendar,
        every=timedelta(minutes=10),
    )


async def started(scene: Scene, name: str = "2026-12-01") -> int | None:
    return await start_drill(scene.register, name, None, scene.tools.sender, scene.tools.mint)


async def test_B05_each_week_every_way_out_is_tried_once_in_working_hours() -> None:
    async with a_scene() as scene:
        everyone = sorted(each.id for each in whom(await scene.register.directory()))

        async with running(scene, drill(scene), scene.deliver()):
            await scene.pass_time(59 * timedelta(minutes=1))
            assert scene.carried == [], "not before its hour"
            await scene.pass_time(2 * HOUR)
            assert sorted(targets(scene.carried)) == everyone
        # Nobody needs to look at an empty queue each second of a week.
        async with running(scene, drill(scene)):
            await scene.pass_time(7 * DAY - 3 * HOUR)
        async with running(scene, drill(scene), scene.deliver()):
            await scene.pass_time(HOUR)
            assert sorted(targets(scene.carried)) == everyone, "not before its hour"
            await scene.pass_time(HOUR)

        assert sorted(targets(scene.carried)) == sorted(everyone * 2)


async def test_B05_a_dead_inbox_is_found_and_a_corrected_one_owes_nothing() -> None:
    async with a_scene() as scene:
        dead = ContactId("sussex-icb")
        scene.mail.then(dead, NO_MAILBOX)
        await started(scene)
        async with running(scene, scene.deliver(), scene.watch()):
            await scene.pass_time(SOON)

        directory = await scene.register.directory()
        health = health_of(directory, await scene.register.tried(), scene.clock.now())
        broken = {one.target for one in health if one.condition is Condition.BROKEN}
        kinds = "SELECT kind, key FROM obligation WHERE discharged IS NULL"
        owed = await look(the_register(scene), kinds)
        contact = directory.contact(dead)
        assert contact is not None
        await scene.register.put_contact(replace(contact, address="new@sussex-icb.example"))

        assert broken == {dead}
        assert owed == [(ObligationKind.REPLACE_CONTACT.value, f"contact:{dead}:")]
        assert await look(the_register(scene), kinds) == []


async def test_B05_a_drill_is_in_no_figure_on_no_board_and_told_to_no_publisher() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        before = await scene.register.depths()
        told = (await scene.notices())[0].notice.id
        queued = await started(scene)
        async with running(scene, scene.deliver()):
            await scene.pass_time(HOUR)

        now = scene.clock.now()
        calendars = {"west-sussex": scene.tools.pack.calendar}
        with_drill = await work_out(the_register(scene), now - DAY, now, now, calendars)
        after = await scene.register.depths()
        assert queued is not None
        assert queued
        assert after.notices == before.notices
        told_of = await look(the_register(scene), "SELECT DISTINCT concern_id FROM fact")
        assert told_of == [(concern,)], "publishers hear of the concern, and not of the drill"
        assert [one.id for one in await scene.register.concerns()] == [concern]
        assert await scene.register.concern(ConcernId("drill:2026-12-01")) is None
        record = await scene.register.notice(NoticeId(told))
        assert record is not None
        drilled = {one.delivery.notice for one in scene.carried if one.delivery.lane == "bulk"}
        assert told not in drilled
        # Without the drill the figures are the same.
        async with a_scene() as other:
            await other.open_concern()
            async with running(other, other.deliver()):
                await other.pass_time(HOUR)
            without = await work_out(the_register(other), now - DAY, now, now, calendars)
        assert with_drill.figures == without.figures


async def test_B05_of_many_processes_one_starts_it_and_what_was_left_over_is_stopped() -> None:
    async with a_scene() as scene:
        begun = await asyncio.gather(*(started(scene) for _ in range(3)))
        queued = (await scene.register.depths()).queued
        await scene.pass_time(7 * DAY + 2 * HOUR)

        second = await drill(scene).look("tuesday")

        assert sorted(one is None for one in begun) == [False, True, True]
        assert second == queued == (await scene.register.depths()).queued
        stops = await look(the_register(scene), "SELECT DISTINCT concern_id FROM stop")
        assert stops == [("drill:2026-12-01",)]


async def test_B05_an_auditor_and_a_watch_find_nothing_amiss_in_a_drill() -> None:
    async with a_scene() as scene:
        scene.mail.then("sussex-icb", NO_MAILBOX)
        await started(scene)
        watch = scene.watch()
        audits = auditor(scene, watch)
        async with running(scene, scene.deliver(), watch, audits):
            await scene.pass_time(SOON)
        assert audits.counts().found == 0
        assert (await watch.sweep()).failed == 0


async def test_B05_no_drill_is_sent_where_no_day_is_set_or_the_register_is_away() -> None:
    async with a_scene() as scene:
        async with running(scene, drill(scene, None)):
            await scene.pass_time(HOUR)
        scene.line.away.add("entry")
        async with running(scene, drill(scene)):
            await scene.pass_time(2 * HOUR)
            assert (await scene.register.depths()).queued == 0
            scene.line.away.clear()
            await scene.pass_time(HOUR)
        assert (await scene.register.depths()).queued > 0


def test_a_person_sees_whom_a_drill_goes_to_and_starts_one(tmp_path: Path) -> None:
    env = {"HUB_DATA_DIR": str(tmp_path), "COLUMNS": "120"}
    url = f"sqlite+aiosqlite:///{tmp_path / 'register.db'}"
    directory = worlds.tools().directory
    number = len(whom(directory))

    async def seeded() -> None:
        register = await open_register(url)
        await register.seed(directory)
        await register.close()

    async def queued() -> int:
        register = await open_register(url)
        try:
            return (await register.depths()).queued
        finally:
            await register.close()

    asyncio.run(seeded())
    dry = CliRunner().invoke(app, ["drill", "--dry-run"], env=env)
    assert dry.exit_code == 0, dry.output
    assert asyncio.run(queued()) == 0
    run = CliRunner().invoke(app, ["drill"], env=env)

    assert run.exit_code == 0, run.output
    assert f"{number} deliveries. Nothing was sent." in dry.output
    assert AgencyId("ods:QNX") in dry.output
    assert "@" not in dry.output, "no address is shown"
    assert f"{number} deliveries of a drill are queued." in run.output
    assert asyncio.run(queued()) == number


async def test_a_drills_notices_are_not_counted_as_notices() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        before = (await scene.register.depths()).notices

        await started(scene)

        after = await scene.register.depths()
        assert after.notices == before > 0
        assert after.queued > before
