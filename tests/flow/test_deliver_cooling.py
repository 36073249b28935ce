"""What fails is left alone by every worker and after every restart, but for what is urgent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.adapters.scripted import LATER
from hub.deliver import Deliver
from hub.deliver.breakers import Breakers
from hub.deliver.hand import COOL_FOR, FAILURES_TO_OPEN, PATIENCE, Hand, Ways
from hub.notice import Accepted, Deferred, InDoubt, Outcome, Refused, RefusedBecause
from hub.ports.cooling import Cooling
from hub.vocabulary import Channel, Lane
from tests import worlds
from tests.flow.scene import Scene, a_scene, running, targets

WIDE = {Channel.EMAIL: 16, Channel.WEBHOOK: 16}
IN_DOUBT = InDoubt(at=worlds.START, detail="sent, and no answer was read")
OURS = Deferred(at=worlds.START, detail="the hub's resolver is away", ours=True)
NO_SUCH_MAILBOX = Refused(at=worlds.START, detail="550 5.1.1", because=RefusedBecause.ADDRESS)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def tried(scene: Scene) -> int:
    return targets(scene.mail.carried).count("cqc")


def taken(scene: Scene) -> int:
    return sum(
        one.delivery.target == "cqc" and isinstance(one.outcome, Accepted)
        for one in scene.mail.carried
    )


def worker(scene: Scene, name: str) -> Deliver:
    return scene.deliver(name, at_once=WIDE, per_destination=4)


@asynccontextmanager
async def a_storm(failures: int = 60) -> AsyncIterator[Scene]:
    """Let the regulator's mailbox fail until a worker leaves it alone, and stop that worker."""
    async with a_scene() as scene:
        for number in range(20):
            await scene.open_concern(number)
        scene.mail.then("cqc", *[LATER] * failures)
        async with running(scene, worker(scene, "w-1")):
            await scene.until(lambda: tried(scene) >= FAILURES_TO_OPEN)
            await scene.line.quiet()
        yield scene


async def test_B03_a_restart_does_not_begin_a_storm_anew() -> None:
    async with a_storm() as scene:
        before = tried(scene)
        (dest,) = await scene.register.cooling()

        async with running(scene, worker(scene, "w-2")):
            await scene.pass_time(COOL_FOR - 2 * SECOND)
            at_first = tried(scene) - before
            await scene.pass_time(4 * COOL_FOR)

        assert dest == "email:cqc.example"
        assert at_first == 0, "it is left alone as long as the one before would have"
        assert 1 <= tried(scene) - before <= 5, "one try at a time"


async def test_B03_failures_that_are_too_few_to_be_left_alone_are_counted_over_a_restart() -> None:
    async with a_scene() as scene:
        for number in range(3):
            await scene.open_concern(number)
        scene.mail.then("cqc", *[LATER] * 60)
        async with running(scene, scene.deliver("w-1", at_once=WIDE, per_destination=1)):
            await scene.until(lambda: tried(scene) == 3)
            await scene.line.quiet()
        (known,) = (await scene.register.cooling()).values()

        async with running(scene, scene.deliver("w-2", at_once=WIDE, per_destination=1)):
            await scene.pass_time(20 * SECOND)

        assert known.failures == 3
        assert tried(scene) == FAILURES_TO_OPEN, "then it is left alone, and the third waits"


async def test_B03_a_destination_that_never_answers_is_left_alone_as_well() -> None:
    async with a_scene() as scene:
        for number in range(20):
            await scene.open_concern(number)
        scene.mail.then("cqc", *[IN_DOUBT] * 60)

        async with running(scene, worker(scene, "w-1")):
            await scene.until(lambda: tried(scene) >= FAILURES_TO_OPEN)
            at_first = tried(scene)
            await scene.pass_time(COOL_FOR - 2 * SECOND)

            assert at_first < 12
            assert tried(scene) == at_first


@pytest.mark.parametrize("came", [OURS, NO_SUCH_MAILBOX])
async def test_B03_what_says_nothing_of_a_destination_keeps_nobody_from_it(came: Outcome) -> None:
    async with a_scene() as scene:
        for number in range(20):
            await scene.open_concern(number)
        scene.mail.then("cqc", *[came] * 20)

        async with running(scene, worker(scene, "w-1")):
            await scene.pass_time(5 * SECOND)

            assert tried(scene) == 20, "each has had its first try"
            assert await scene.register.cooling() == {}


async def test_B03_a_fault_of_our_own_costs_no_attempt() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.mail.then("cqc", OURS)
        async with running(scene, worker(scene, "w-1")):
            await scene.pass_time(5 * SECOND)
        await scene.pass_time(MINUTE)

        (again,) = await scene.register.lease(
            Lane.STANDARD, limit=100, lease_for=MINUTE, worker="w-2"
        )

        assert again.delivery.target == "cqc"
        assert (again.attempts, again.maybe_sent) == (0, False)


async def test_B03_one_failure_and_then_success_leaves_nothing_behind() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.mail.then("cqc", LATER)
        async with running(scene, worker(scene, "w-1")):
            await scene.until(lambda: tried(scene) >= 1)
            await scene.line.quiet()
        (known,) = (await scene.register.cooling()).values()

        async with running(scene, worker(scene, "w-2")):
            await scene.until(lambda: taken(scene) == 1, timedelta(hours=1))
            await scene.line.quiet()

        assert known.failures == 1
        assert await scene.register.cooling() == {}


async def test_B03_what_recovers_is_served_by_every_worker_and_nothing_is_remembered() -> None:
    async with a_storm(failures=FAILURES_TO_OPEN + 3) as scene:
        async with running(scene, worker(scene, "w-2"), worker(scene, "w-3")):
            await scene.until(lambda: taken(scene) == 20, timedelta(hours=8))
            await scene.line.quiet()

        assert await scene.register.cooling() == {}
        assert (await scene.register.depths()).queued == 0


async def test_B03_of_what_failed_the_newest_counts_found_elsewhere_or_here() -> None:
    async with a_scene() as scene:
        dest, now = "email:cqc.example", scene.clock.now()
        failing = Cooling(failures=9, until=now + MINUTE)
        hand = Hand(Lane.STANDARD, 1, 1, Ways({}))
        breakers = Breakers(scene.register, [hand], scene.clock, SECOND)
        await scene.register.cool({dest: failing})
        await breakers.learn()
        learnt = hand.cooling(now)

        await scene.register.cool({dest: None})
        await breakers.learn()
        healed_elsewhere = hand.cooling(now)

        await scene.register.cool({dest: failing})
        await breakers.learn()
        breakers.took(dest)
        await breakers.learn()
        healed_here = hand.cooling(now)

        await scene.register.cool({dest: failing})
        again = Breakers(scene.register, [hand], scene.clock, SECOND)
        await again.learn()
        again.failed(dest, hand)
        await scene.register.cool({dest: None})
        await again.learn()
        failed_here = hand.cooling(now)

    assert (learnt, healed_elsewhere) == ({dest: failing.until}, {})
    assert healed_here == {}, "it is not written yet, and newer than what is"
    assert failed_here == {dest: failing.until}, "that as well"


async def test_M105_what_is_urgent_goes_to_a_destination_that_is_left_alone_and_heals_it() -> None:
    async with a_storm(failures=FAILURES_TO_OPEN) as scene:
        before = taken(scene)
        data = {
            "ends_at": (worlds.START + timedelta(hours=6)).isoformat(),
            "cause": "unsafe",
            "coordinator": worlds.person("Coordinator"),
            "press_office": "01632 960111",
        }
        event = worlds.event("emergency.closure.cqc", data, 1)
        page = await scene.take(replace(event, concern=scene.concerns[0]))
        assert any(d.target == "cqc" and d.lane is Lane.IMMEDIATE for d in page.deliveries)

        async with running(scene, worker(scene, "w-2")):
            passed = await scene.until(lambda: taken(scene) > before)
            await scene.line.quiet()

        assert passed < SECOND
        assert await scene.register.cooling() == {}, "who takes what is urgent takes the rest"


async def test_B03_retry_after_keeps_the_rest_of_its_destination_waiting_too() -> None:
    async with a_scene() as scene:
        for number in range(10):
            await scene.open_concern(number)
        wait = timedelta(minutes=20)
        busy = Deferred(at=worlds.START, detail="429", not_before=worlds.START + wait)
        scene.mail.then("cqc", busy)
        one = scene.deliver(at_once=WIDE, per_destination=1)

        async with running(scene, one):
            await scene.pass_time(wait - SECOND)
            early = tried(scene)
        async with running(scene, worker(scene, "w-2")):
            await scene.until(lambda: taken(scene) == 10, timedelta(hours=1))

        assert early == 1
        assert wait < PATIENCE


async def test_B03_one_long_retry_after_leaves_each_of_the_others_its_own_try() -> None:
    async with a_scene() as scene:
        for number in range(3):
            await scene.open_concern(number)
        later = worlds.START + timedelta(hours=20)
        scene.mail.then("cqc", Deferred(at=worlds.START, detail="503", not_before=later))

        async with running(scene, scene.deliver(at_once=WIDE, per_destination=1)):
            await scene.pass_time(PATIENCE + MINUTE)
            soon = taken(scene)
            await scene.pass_time(timedelta(hours=18))
            assert taken(scene) == soon
            await scene.until(lambda: taken(scene) == 3, timedelta(hours=12))

        assert soon == 2, "and the one that was asked to wait waits"


async def test_B03_while_the_register_is_away_breakers_go_on_by_what_is_known_here() -> None:
    async with a_storm() as scene:
        scene.line.away |= {"cooling", "cool"}

        async with running(scene, worker(scene, "w-2")):
            await scene.until(lambda: tried(scene) >= 2 * FAILURES_TO_OPEN)
            before = tried(scene)
            await scene.pass_time(COOL_FOR - 2 * SECOND)

        assert tried(scene) - before <= 8, "it has opened again by itself"


async def test_B03_a_stop_waits_for_no_register_that_hangs_on_a_breaker() -> None:
    async with a_scene() as scene:
        for number in range(10):
            await scene.open_concern(number)
        scene.mail.then("cqc", *[LATER] * 60)

        async with scene.line.stuck("cool"), running(scene, worker(scene, "w-1")) as stop:
            await scene.until(lambda: tried(scene) >= FAILURES_TO_OPEN)
            stop.set()
            passed = await scene.ended(*scene.tasks)

        assert passed < MINUTE
        assert (await scene.register.depths()).leased == 0
