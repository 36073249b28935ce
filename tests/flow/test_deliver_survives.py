"""A register that goes away, a worker that dies, a lease that ends, a stop: nothing is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

from hub.deliver import Deliver
from hub.deliver.hand import Hand, Row
from hub.receipt import fold
from hub.vocabulary import Channel, Lane, Rung, Setback
from tests import worlds
from tests.core.deliveries import leased as leased_of
from tests.flow.scene import Scene, a_scene, running, targets

ONE_AT_A_TIME = {Channel.EMAIL: 1, Channel.WEBHOOK: 1}
SHORT = timedelta(minutes=2)


async def _all_reached(scene: Scene) -> bool:
    return all(
        fold(r for r in record.receipts if r.delivery == one.id).rung is Rung.SUBMITTED
        for record in await scene.notices()
        for one in record.deliveries
    )


async def test_B03_results_are_kept_while_the_register_is_away_and_nothing_goes_out_twice() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.line.away = {"complete"}
        worker = scene.deliver()

        async with running(scene, worker):
            await scene.until(lambda: worker.counts().accepted > 3)
            await scene.pass_time(timedelta(minutes=1))
            assert worker.counts().unsaved == worker.counts().accepted
            scene.line.away = set()
            await scene.until(lambda: worker.counts().unsaved == 0)

        assert await _all_reached(scene)
        assert set(Counter(one.delivery.id for one in scene.carried).values()) == {1}
        assert (await scene.register.depths()).queued == 0


async def test_B03_what_comes_back_while_others_are_written_is_written_as_well() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        queued = (await scene.register.depths()).queued
        gate = scene.mail.hold("cqc")
        worker = scene.deliver()

        async with running(scene, worker):
            async with scene.line.stuck("complete"):
                await scene.pass_time(timedelta(seconds=1))
                assert worker.counts().unsaved == queued - 1, "these are being written"
                gate.set()
                await scene.until(lambda: worker.counts().unsaved == queued)
            await scene.until(lambda: worker.counts().unsaved == 0)

        assert await _all_reached(scene)
        assert (await scene.register.depths()).leased == 0


async def test_B03_a_commit_whose_answer_is_lost_is_written_once_and_the_second_is_fenced() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.line.lost = {"complete"}
        worker = scene.deliver()

        async with running(scene, worker):
            await scene.until(lambda: worker.counts().fenced > 0)
            await scene.until(lambda: worker.counts().unsaved == 0)

        assert await _all_reached(scene)
        assert set(Counter(one.delivery.id for one in scene.carried).values()) == {1}
        assert (await scene.register.depths()).unaccounted == 0


async def test_B03_a_register_that_is_away_altogether_only_makes_it_later() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.line.away = {"lease", "next_due", "complete", "last_look", "directory"}
        worker = scene.deliver(poll=timedelta(seconds=1))

        async with running(scene, worker):
            await scene.pass_time(timedelta(seconds=30))
            assert scene.carried == []
            scene.line.away = set()
            await scene.until(lambda: worker.counts().accepted > 3)
            await scene.until(lambda: worker.counts().unsaved == 0)

        assert await _all_reached(scene)


async def test_B03_a_stop_finishes_what_is_on_the_wire_and_hands_back_the_rest_uncharged() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        queued = (await scene.register.depths()).queued
        gate = scene.mail.hold("cqc")
        worker = scene.deliver(at_once=ONE_AT_A_TIME)

        async with running(scene, worker) as stop:
            await scene.until(lambda: len(scene.mail.started) == 1)
            stop.set()
            await scene.pass_time(timedelta(seconds=1))
            gate.set()
            await scene.ended(*scene.tasks)

        assert "cqc" in targets(scene.mail.carried)
        done, back = len(scene.carried), worker.counts().handed_back
        depths = await scene.register.depths()
        assert (depths.queued, depths.leased) == (queued - done, 0)
        assert back == queued - done > 2
        again = await scene.register.lease(
            scene.mail.carried[0].delivery.lane, limit=100, lease_for=SHORT, worker="next"
        )
        assert {(one.attempts, one.first_tried_at, one.maybe_sent) for one in again} == {
            (0, None, False)
        }


async def test_B03_a_stop_does_not_wait_for_ever_for_what_hangs() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.mail.hold("cqc")
        worker = scene.deliver(grace=timedelta(seconds=20))

        async with running(scene, worker) as stop:
            await scene.until(lambda: worker.counts().accepted > 2)
            stop.set()
            passed = await scene.ended(*scene.tasks)

        assert timedelta(seconds=20) <= passed < timedelta(seconds=30)
        assert worker.counts().in_doubt == 1
        setbacks = [r.setback for record in await scene.notices() for r in record.receipts]
        assert Setback.IN_DOUBT in setbacks


async def test_B03_a_stop_while_the_register_is_away_ends_and_loses_nothing() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.line.away = {"complete"}
        worker = scene.deliver(lease_for=SHORT)

        async with running(scene, worker) as stop:
            await scene.until(lambda: worker.counts().accepted > 3)
            stop.set()
            await scene.ended(*scene.tasks)

        scene.line.away = set()
        sent_before = len(scene.carried)
        follower = scene.deliver("w-2")
        async with running(scene, follower):
            await scene.until(lambda: follower.counts().accepted == sent_before)
            await scene.until(lambda: follower.counts().unsaved == 0)

        assert await _all_reached(scene)
        for record in await scene.notices():
            flagged = [r for r in record.receipts if "possible duplicate" in dict(r.evidence)]
            assert len(flagged) == len(record.deliveries), "what may have gone out twice says so"


async def test_B03_a_try_is_cut_before_its_lease_ends_and_is_in_doubt() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        gate = scene.mail.hold("cqc")
        worker = scene.deliver(lease_for=SHORT, margin=timedelta(seconds=10))

        async with running(scene, worker):
            passed = await scene.until(lambda: worker.counts().in_doubt == 1)
            gate.set()
            await scene.until(lambda: "cqc" in targets(scene.mail.carried))
            await scene.until(lambda: worker.counts().unsaved == 0)

        assert SHORT - timedelta(seconds=10) <= passed < SHORT
        assert worker.counts().fenced == 0, "it was written while the lease was ours"
        assert await _all_reached(scene)


async def test_B03_what_has_waited_half_its_lease_is_handed_back_for_others_to_take() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        gate = scene.mail.hold("cqc")
        worker = scene.deliver(at_once=ONE_AT_A_TIME, lease_for=SHORT)

        async with running(scene, worker):
            await scene.pass_time(SHORT / 2 - timedelta(seconds=10))
            before = worker.counts().handed_back
            await scene.pass_time(timedelta(seconds=20))
            after = worker.counts().handed_back
            gate.set()

        assert before == 0
        assert after > 2


async def test_B03_a_lease_runs_from_when_it_was_asked_for_however_late_the_answer_comes() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.mail.hold("cqc")
        leases = scene.line.lease

        async def lease_answers_late(lane: Lane, **named: object) -> object:
            leased = await leases(lane, **named)
            if leased:  # Well before half of it is over: nothing is handed back for that.
                await scene.clock.advance(timedelta(seconds=30))
            return leased

        scene.line.lease = lease_answers_late  # type: ignore[attr-defined]
        worker = scene.deliver(lease_for=SHORT, margin=timedelta(seconds=10))

        async with running(scene, worker):
            passed = await scene.until(lambda: worker.counts().in_doubt == 1)
            await scene.pass_time(timedelta(seconds=1))
            scene.mail.hold("cqc").set()

        assert passed < SHORT
        assert worker.counts().fenced == 0


def test_B03_a_lease_runs_by_whichever_clock_says_more() -> None:
    start = worlds.START
    row = Row(leased=leased_of(), lane=Lane.STANDARD, leased_at=start, leased_mono=1000.0)

    put_back = row.age(start - timedelta(hours=1), 1090.0)
    stood_still = row.age(start + SHORT, 1001.0)

    assert (put_back, stood_still) == (timedelta(seconds=90), SHORT)


async def test_B03_what_a_dead_worker_held_is_taken_over_and_flagged() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.mail.hold("cqc")
        dead = scene.deliver(lease_for=SHORT)
        stop = asyncio.Event()
        task = asyncio.create_task(dead.run(stop))
        await scene.until(lambda: dead.counts().accepted > 2)
        await scene.until(lambda: dead.counts().unsaved == 0)

        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        scene.mail.hold("cqc").set()
        follower = scene.deliver("w-2")
        async with running(scene, follower):
            passed = await scene.until(lambda: follower.counts().accepted == 1)
            await scene.until(lambda: follower.counts().unsaved == 0)

        assert passed <= SHORT + timedelta(seconds=1)
        (record,) = [
            record
            for record in await scene.notices()
            if scene.mail.carried[-1].delivery.notice == record.notice.id
        ]
        mail = [r for r in record.receipts if r.delivery == scene.mail.carried[-1].delivery.id]
        assert [r.setback for r in mail] == [Setback.IN_DOUBT, None]
        assert "possible duplicate" in dict(mail[1].evidence)


async def test_B03_two_workers_share_the_work_and_nothing_goes_out_twice() -> None:
    async with a_scene() as scene:
        for number in range(15):
            await scene.open_concern(number)
        queued = (await scene.register.depths()).queued
        first, second = scene.deliver("w-1"), scene.deliver("w-2")

        async with running(scene, first, second):
            await scene.until(lambda: first.counts().accepted + second.counts().accepted == queued)

        assert set(Counter(one.delivery.id for one in scene.carried).values()) == {1}
        assert first.counts().fenced == second.counts().fenced == 0


async def test_B03_one_result_that_the_register_refuses_does_not_keep_back_the_others() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.line.refuses = "cqc"
        worker = scene.deliver(lease_for=SHORT)

        async with running(scene, worker):
            await scene.until(lambda: worker.counts().unwritten == 1)
            await scene.until(lambda: worker.counts().unsaved == 0)
            assert (await scene.register.depths()).leased == 1
            scene.line.refuses = None
            await scene.until(lambda: targets(scene.mail.carried).count("cqc") == 2)
            await scene.until(lambda: worker.counts().unsaved == 0)

        assert await _all_reached(scene)


async def test_B03_what_a_stop_cuts_before_it_was_sent_is_handed_back_not_in_doubt() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        worker = scene.deliver(grace=timedelta(seconds=1))

        async with scene.line.stuck("last_look"), running(scene, worker) as stop:
            await scene.until(lambda: sum(worker.counts().running.values()) > 2)
            stop.set()
            await scene.ended(*scene.tasks)

        assert worker.counts().in_doubt == 0
        assert scene.carried == []
        depths = await scene.register.depths()
        assert (depths.queued, depths.leased) == (worker.counts().handed_back, 0)


class CutsAtOnce(Deliver):
    """Cuts what it starts first before its first step, as after standing still past a lease."""

    def _start(self, hand: Hand) -> None:
        before = set(hand.running)
        super()._start(hand)
        if not self._courier.counts["handed back"]:
            for row in hand.running - before:
                row.cut_short()


async def test_B03_a_row_that_is_cut_before_its_first_step_is_handed_back_and_keeps_no_slot() -> (
    None
):
    async with a_scene() as scene:
        await scene.open_concern()
        worker = scene.deliver(make=CutsAtOnce)

        async with running(scene, worker):
            await scene.until(lambda: worker.counts().accepted > 3)
            await scene.until(lambda: worker.counts().unsaved == 0)

        assert worker.counts().handed_back > 0
        assert sum(worker.counts().running.values()) == 0
        assert await _all_reached(scene)
        assert set(Counter(one.delivery.id for one in scene.carried).values()) == {1}
