"""The last look gathers who asks within a moment; nothing waits between its answer and the wire."""

from __future__ import annotations

from datetime import timedelta

from hub.deliver.gate import GATHER
from hub.page import StandingHold
from hub.vocabulary import Channel, HoldKind, InfoClass, Lane
from tests.flow.scene import a_scene, running, targets
from tests.flow.test_deliver_holds import ICB_MAIL, ICB_PARTY
from tests.flow.test_deliver_lanes import _emergency

WIDE = dict.fromkeys(Channel, 200)


async def test_B03_what_asks_within_a_moment_is_looked_at_together() -> None:
    async with a_scene() as scene:
        worker = scene.deliver(at_once=WIDE, per_destination=200)

        async with running(scene, worker):
            await scene.open_concern(0)
            await scene.until(lambda: worker.counts().running[Lane.STANDARD] > 3)
            assert scene.line.asked["last_look"] == 0
            assert scene.carried == []
            await scene.pass_time(GATHER[Lane.STANDARD])
            assert scene.line.asked["last_look"] == 1
            await scene.until(lambda: worker.counts().unsaved == 0 < worker.counts().accepted)


async def test_H1_a_hold_placed_while_the_last_look_gathers_stops_what_has_asked() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        worker = scene.deliver(at_once=WIDE)
        hold = StandingHold(
            party=ICB_PARTY, info=InfoClass.PROCESS, kind=HoldKind.H1, reason="police advice"
        )

        async with running(scene, worker):
            await scene.until(lambda: worker.counts().running[Lane.STANDARD] > 3)
            await scene.set_holds(concern, hold)
            await scene.until(lambda: worker.counts().stopped == 1)
            await scene.pass_time(timedelta(minutes=1))

        assert ICB_MAIL not in targets(scene.carried)
        assert worker.counts().accepted > 3


async def test_M105_what_is_urgent_waits_for_no_others_to_ask() -> None:
    async with a_scene() as scene:
        worker = scene.deliver()

        async with running(scene, worker):
            await _emergency(scene)
            passed = await scene.until(lambda: scene.mail.started != [])

        assert passed < GATHER[Lane.STANDARD]


async def test_B03_where_one_at_a_time_is_on_the_wire_nobody_waits_for_others_to_ask() -> None:
    async with a_scene() as scene:
        worker = scene.deliver(budgets=dict.fromkeys(Lane, 1))

        async with running(scene, worker):
            await scene.open_concern(0)
            began = scene.clock.now()
            await scene.until(lambda: len(scene.carried) > 3)
            assert scene.clock.now() == began
