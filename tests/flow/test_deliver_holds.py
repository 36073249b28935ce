"""A hold is looked for again at the moment of sending; what is stopped in flight is fenced."""

from __future__ import annotations

from datetime import timedelta

from structlog.testing import capture_logs

from hub.concern import Party
from hub.page import StandingHold
from hub.receipt import fold
from hub.vocabulary import AgencyId, Channel, HoldKind, InfoClass, Role, Rung
from tests.flow.scene import Scene, a_scene, running, targets

ICB = "ods:QNX"
ICB_MAIL = "sussex-icb"
ICB_PARTY = Party(agency=AgencyId(ICB), role=Role.HOST_ICB)
ONE_AT_A_TIME = {Channel.EMAIL: 1, Channel.WEBHOOK: 1}
IN_THE_WAY = "cqc"
"""The first in the queue: while it is at its gate, all others are leased and wait in hand."""


async def _leased_behind_a_gate(scene: Scene) -> None:
    await scene.until(lambda: len(scene.mail.started) == 1)
    assert (await scene.register.depths()).leased > 3
    assert ICB_MAIL not in targets(scene.mail.carried)


async def test_H3_a_hold_placed_between_lease_and_sending_stops_it() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        gate = scene.mail.hold(IN_THE_WAY)
        worker = scene.deliver(at_once=ONE_AT_A_TIME)

        async with running(scene, worker):
            await _leased_behind_a_gate(scene)
            page = await scene.place_hold(concern, ICB, "host icb")
            gate.set()
            await scene.pass_time(timedelta(minutes=1))

        assert page.stops
        assert ICB_MAIL not in targets(scene.carried)
        assert worker.counts().stopped == 1
        assert worker.counts().accepted > 3
        assert (await scene.register.depths()).unaccounted == 0


async def test_H1_a_hold_that_took_nothing_out_of_the_queue_stops_it_too_and_says_so() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        gate = scene.mail.hold(IN_THE_WAY)
        worker = scene.deliver(at_once=ONE_AT_A_TIME)
        hold = StandingHold(
            party=ICB_PARTY, info=InfoClass.PROCESS, kind=HoldKind.H1, reason="police advice"
        )

        async with running(scene, worker):
            await _leased_behind_a_gate(scene)
            await scene.set_holds(concern, hold)
            gate.set()
            await scene.until(lambda: worker.counts().stopped == 1)
            await scene.pass_time(timedelta(minutes=1))

        assert ICB_MAIL not in targets(scene.carried)
        (record,) = [r for r in await scene.notices() if r.notice.party == ICB_PARTY]
        assert [receipt.rung for receipt in record.receipts] == [None]
        assert "H1" in record.receipts[0].detail
        depths = await scene.register.depths()
        assert (depths.queued, depths.unaccounted) == (0, 0)


async def test_H1_of_many_that_are_looked_at_together_the_held_one_alone_is_stopped() -> None:
    async with a_scene() as scene:
        for number in range(3):
            await scene.open_concern(number)
        queued = (await scene.register.depths()).queued
        worker = scene.deliver()
        hold = StandingHold(
            party=ICB_PARTY, info=InfoClass.PROCESS, kind=HoldKind.H1, reason="police advice"
        )

        async with running(scene, worker):
            async with scene.line.stuck("last_look"):
                await scene.pass_time(timedelta(seconds=1))
                await scene.set_holds(scene.concerns[1], hold)
            await scene.until(lambda: worker.counts().accepted == queued - 1)
            await scene.pass_time(timedelta(seconds=1))

        assert worker.counts().stopped == 1
        told = {(one.delivery.concern, one.delivery.party) for one in scene.carried}
        assert {concern for concern, party in told if party == ICB_PARTY} == {
            scene.concerns[0],
            scene.concerns[2],
        }


async def test_H3_what_is_stopped_while_on_the_wire_is_fenced_and_kept_as_evidence_only() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        gate = scene.mail.hold(ICB_MAIL)
        worker = scene.deliver()

        with capture_logs() as logs:
            async with running(scene, worker):
                await scene.until(lambda: worker.counts().accepted > 3)
                await scene.place_hold(concern, ICB, "host icb")
                gate.set()
                await scene.until(lambda: worker.counts().fenced == 1)

        said = [line for line in logs if line["event"] == "deliveries.accepted"]
        fenced = [line["delivery"] for line in logs if line["event"] == "result.fenced"]
        taken = [one for line in said for one in line["attempts"]]
        assert sum(line["count"] for line in said) == len(taken) == worker.counts().accepted - 1
        assert set(taken).isdisjoint(fenced)
        (record,) = [r for r in await scene.notices() if r.notice.party == ICB_PARTY]
        assert [(r.rung, r.fenced) for r in record.receipts] == [(Rung.SUBMITTED, True)]
        assert fold(record.receipts).rung is Rung.QUEUED
        assert (await scene.register.depths()).queued == 0


async def test_H3_a_hold_released_while_it_waited_does_not_bring_the_stopped_one_back() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        gate = scene.mail.hold(IN_THE_WAY)
        worker = scene.deliver(at_once=ONE_AT_A_TIME)

        async with running(scene, worker):
            await _leased_behind_a_gate(scene)
            page = await scene.place_hold(concern, ICB, "host icb")
            await scene.set_holds(concern)
            gate.set()
            await scene.pass_time(timedelta(minutes=1))

        stopped = {stop.delivery for stop in page.stops}
        assert worker.counts().gone == len(stopped) > 0
        assert stopped.isdisjoint(one.delivery.id for one in scene.carried)


async def test_H3_where_the_register_cannot_be_asked_nothing_is_sent_and_nothing_is_lost() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.line.away = {"last_look"}
        worker = scene.deliver()

        async with running(scene, worker):
            await scene.until(lambda: worker.counts().handed_back > 3)
            assert scene.carried == []
            scene.line.away = set()
            await scene.until(lambda: worker.counts().accepted > 3)

        assert (await scene.register.depths()).queued == 0
        attempts = {one.attempt for one in scene.carried}
        assert len(attempts) == len(scene.carried)
