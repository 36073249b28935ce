"""What hangs delays nobody else, and what is urgent waits for nothing that is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.adapters.scripted import LATER, ScriptedCarrier
from hub.concern import Party
from hub.deliver.hand import LEASE
from hub.notice import Accepted
from hub.vocabulary import Channel, ContactId, Lane
from tests import worlds
from tests.builders import PLACING, REGULATOR, opened, telling
from tests.flow.scene import Scene, a_scene, running, targets

HOOK = "hook-regulator:cqc-0"
BLACK_HOLES = ("cqc", "sussex-icb", HOOK)
WIDE = {Channel.EMAIL: 200, Channel.WEBHOOK: 200}


async def _emergency(scene: Scene) -> None:
    """CQC closes a service at once: everybody is told in the immediate lane."""
    concern = await scene.open_concern(900)
    data = {
        "ends_at": (worlds.START + timedelta(hours=6)).isoformat(),
        "served_at": worlds.START.isoformat(),
        "released_by": "Inspector Shah",
        "cause": "unsafe",
        "coordinator": worlds.person("Coordinator"),
        "press_office": "01632 960111",
    }
    page = await scene.take(
        replace(worlds.event("emergency.closure.cqc", data, 1), concern=concern)
    )
    assert any(delivery.lane is Lane.IMMEDIATE for delivery in page.deliveries)


async def _time_of_the_healthy(holes: tuple[str, ...]) -> timedelta:
    """Return how long those take that do not hang, beside these that hang for ever."""
    async with a_scene() as scene:
        for number in range(15):
            await scene.open_concern(number)
        owed = [d.target for record in await scene.notices() for d in record.deliveries]
        healthy = sum(target not in BLACK_HOLES for target in owed)
        assert healthy < len(owed) * 0.6
        gates = [_carrier(scene, target).hold(target) for target in holes]
        worker = scene.deliver(at_once=WIDE, per_destination=4)

        async with running(scene, worker):
            passed = await scene.until(lambda: _healthy(scene) == healthy)
            hanging = sum(worker.counts().running.values())
            for gate in gates:
                gate.set()
        assert hanging <= 4 * len(BLACK_HOLES)
    return passed


async def test_B03_half_the_destinations_hanging_do_not_delay_the_others() -> None:
    alone = await _time_of_the_healthy(())
    beside_black_holes = await _time_of_the_healthy(BLACK_HOLES)

    assert beside_black_holes <= alone + timedelta(milliseconds=100)


async def _tell(
    scene: Scene, party: Party, mailbox: str, many: int, lane: Lane = Lane.STANDARD
) -> None:
    """Queue so many mails to one mailbox, each of a concern of its own."""
    async with scene.register.entry() as entry:
        for _ in range(many):
            event = opened()
            page = telling(event, party)
            (delivery,) = page.deliveries
            there = replace(
                delivery, target=ContactId(mailbox), dest=f"email:{mailbox}.example", lane=lane
            )
            await entry.take([event])
            await entry.standing([page.id])
            await entry.write(replace(page, deliveries=(there,)))


@pytest.mark.parametrize("owed", [20, 300])
async def test_B03_one_agencys_storm_delays_no_other(owed: int) -> None:
    """With four on the way at once, 100 ms each, another agency's mail is the next but three."""
    async with a_scene() as scene:
        scene.mail.takes = timedelta(milliseconds=100)
        await _tell(scene, PLACING, "surrey-safeguarding", owed)
        worker = scene.deliver()

        async with running(scene, worker):
            await scene.until(lambda: len(scene.carried) >= 8)
            await _tell(scene, REGULATOR, "cqc", 6)
            passed = await scene.until(lambda: targets(scene.carried).count("cqc") == 6)
            left = owed + 6 - len(scene.carried)
            await scene.until(lambda: len(scene.carried) == owed + 6)

        assert passed <= timedelta(milliseconds=500)
        assert left > 0, "the storm was not over"


def _carrier(scene: Scene, target: str) -> ScriptedCarrier:
    return scene.hooks if target.startswith("hook") else scene.mail


def _healthy(scene: Scene) -> int:
    return sum(target not in BLACK_HOLES for target in targets(scene.carried))


async def test_M105_what_is_urgent_goes_out_while_every_ordinary_slot_hangs() -> None:
    async with a_scene() as scene:
        for number in range(10):
            await scene.open_concern(number)
        ordinary = {one.target for r in await scene.notices() for one in r.deliveries}
        gates = [_carrier(scene, target).hold(target) for target in ordinary]
        worker = scene.deliver(at_once={Channel.EMAIL: 4, Channel.WEBHOOK: 4}, per_destination=4)

        async with running(scene, worker):
            await scene.until(lambda: len(scene.mail.started) >= 3)
            await _emergency(scene)
            started = len(scene.mail.started)
            passed = await scene.until(lambda: len(scene.mail.started) > started)
            assert worker.counts().running[Lane.IMMEDIATE] >= 1
            for gate in gates:
                gate.set()

        assert passed < timedelta(seconds=1)


@pytest.mark.parametrize("asked", ["lease", "last_look"])
async def test_M105_what_is_urgent_waits_for_nothing_that_others_ask_of_the_register(
    asked: str,
) -> None:
    async with a_scene() as scene:
        worker = scene.deliver()

        async with running(scene, worker), scene.line.stuck(f"{asked} of {Lane.STANDARD}"):
            for number in range(10):
                await scene.open_concern(number)
            await _emergency(scene)
            passed = await scene.until(lambda: worker.counts().accepted > 0)

        assert passed < timedelta(seconds=1)


async def test_M105_what_is_urgent_is_tried_again_in_its_own_time_however_often_it_failed() -> None:
    async with a_scene() as scene:
        await _tell(scene, REGULATOR, "cqc", 6, Lane.IMMEDIATE)
        scene.mail.then("cqc", *[LATER] * 60)

        async with running(scene, scene.deliver()):
            await scene.pass_time(timedelta(seconds=5))
            tried = targets(scene.mail.carried).count("cqc")

        assert tried == 12, "each at once, and again after two seconds"


async def test_B03_of_what_waits_for_one_way_out_a_worker_takes_a_handful() -> None:
    async with a_scene() as scene:
        await _tell(scene, REGULATOR, "cqc", 300)
        gate = scene.mail.hold("cqc")
        worker = scene.deliver(at_once={Channel.EMAIL: 4}, per_destination=8)

        async with running(scene, worker):
            await scene.pass_time(timedelta(seconds=10))
            in_hand = sum(worker.counts().waiting.values())
            gate.set()

        assert in_hand <= LEASE, "what it cannot start is for others to take"


async def test_B03_what_keeps_failing_is_tried_one_at_a_time_and_then_recovers() -> None:
    async with a_scene() as scene:
        for number in range(30):
            await scene.open_concern(number)
        scene.mail.then("cqc", *[LATER] * 12)
        worker = scene.deliver(at_once=WIDE, per_destination=4)

        async with running(scene, worker):
            await scene.until(lambda: targets(scene.mail.carried).count("cqc") >= 6)
            tried = targets(scene.mail.carried).count("cqc")
            assert tried < 12, "the breaker has opened"
            await scene.until(lambda: _taken_by_cqc(scene) == 30, timedelta(hours=8))

        assert (await scene.register.depths()).queued == 0


def _taken_by_cqc(scene: Scene) -> int:
    return sum(
        one.delivery.target == "cqc" and isinstance(one.outcome, Accepted)
        for one in scene.mail.carried
    )


async def test_B03_a_notice_does_not_overtake_the_one_before_it_to_the_same_party() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        gate = scene.mail.hold("cqc")
        worker = scene.deliver()

        async with running(scene, worker):
            await scene.until(lambda: len(scene.mail.started) > 3)
            data = {"agency": worlds.HOST, "kind": "la"}
            await scene.take(replace(worlds.event("lead.agency.set", data, 2), concern=concern))
            await scene.pass_time(timedelta(seconds=5))
            assert targets(scene.mail.carried).count("cqc") == 0
            gate.set()
            await scene.until(lambda: targets(scene.mail.carried).count("cqc") == 2)

        to_cqc = [one for one in scene.mail.carried if one.delivery.target == "cqc"]
        assert to_cqc[0].delivery.id < to_cqc[1].delivery.id, "ids are made in order"


async def test_what_waits_for_a_way_out_goes_as_soon_as_another_lane_leaves_it() -> None:
    async with a_scene() as scene:
        await _emergency(scene)
        owed = [d for record in await scene.notices() for d in record.deliveries]
        urgent = {d.target for d in owed if d.lane is Lane.IMMEDIATE}
        assert {d.lane for d in owed} == {Lane.IMMEDIATE, Lane.STANDARD}
        gates = [_carrier(scene, target).hold(target) for target in sorted(urgent)]
        worker = scene.deliver(at_once={Channel.EMAIL: 2, Channel.WEBHOOK: 2})

        async with running(scene, worker):
            await scene.line.quiet()
            assert worker.counts().waiting[Lane.STANDARD]
            for gate in gates:
                gate.set()
            # Well before its lease is half over, which would bring it back as well.
            await scene.until(lambda: len(scene.carried) == len(owed), within=timedelta(seconds=5))
