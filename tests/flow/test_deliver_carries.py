"""What is in the queue is carried once, with its bytes, and what came of it is written down."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.adapters.scripted import DELIVERED, LATER, SUBMITTED
from hub.notice import Deferred, InDoubt, Refused, RefusedBecause
from hub.obligation import ObligationKind
from hub.receipt import fold
from hub.vocabulary import (
    Channel,
    ConcernId,
    ContactId,
    DeliveryId,
    EndpointId,
    Rung,
    Setback,
)
from tests import worlds
from tests.flow.scene import Scene, a_scene, running, targets

CQC_MAIL = "cqc"
DOUBT = InDoubt(at=worlds.START, detail="the line broke after the dot")
SET_UP_WRONGLY = Deferred(
    at=worlds.START, detail="the relay wants other credentials", ours=True, configuration=True
)
GONE = Refused(at=worlds.START, detail="410", because=RefusedBecause.GONE)


async def test_B03_everybody_in_the_queue_is_told_once_and_nothing_is_unaccounted_for() -> None:
    async with a_scene() as scene:
        for number in range(12):
            await scene.open_concern(number)
        queued = (await scene.register.depths()).queued
        worker = scene.deliver()

        async with running(scene, worker):
            await scene.until(lambda: worker.counts().accepted == queued)
            await scene.pass_time(timedelta(minutes=1))

        sent = Counter(one.delivery.id for one in scene.carried)
        assert set(sent.values()) == {1}
        assert len(sent) == queued > 50
        assert not any(hand._waiting or hand._busy for hand in worker._hands.values())
        depths = await scene.register.depths()
        assert (depths.queued, depths.leased, depths.unaccounted) == (0, 0, 0)
        rungs = {fold(record.receipts).rung for record in await scene.notices()}
        assert rungs == {Rung.SUBMITTED}


async def test_B03_results_of_many_deliveries_are_written_in_few_commits() -> None:
    async with a_scene() as scene:
        for number in range(12):
            await scene.open_concern(number)
        worker = scene.deliver(at_once=dict.fromkeys(Channel, 200), per_destination=200)

        async with running(scene, worker):
            await scene.until(lambda: worker.counts().unsaved == 0 < worker.counts().accepted)

        accepted = worker.counts().accepted
        assert accepted > 50
        assert scene.line.asked["complete"] <= accepted / 10
        assert scene.line.asked["last_look"] <= accepted / 5


async def test_B03_every_retry_sends_the_same_bytes_under_the_same_id_on_schedule() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.mail.then(CQC_MAIL, LATER, LATER, LATER)
        worker = scene.deliver()

        async with running(scene, worker):
            await scene.until(
                lambda: targets(scene.mail.carried).count(CQC_MAIL) == 4, timedelta(hours=1)
            )

        tries = [one for one in scene.mail.carried if one.delivery.target == CQC_MAIL]
        assert (
            len({(one.delivery.id, one.delivery.sha256, one.delivery.body) for one in tries}) == 1
        )
        assert len({one.attempt for one in tries}) == 4
        waits = [(one.at - tries[0].at).total_seconds() for one in tries]
        assert waits == pytest.approx([0, 5.5, 330, 1950], abs=40)
        for earliest, waited in zip([0, 5, 300, 1800], waits, strict=True):
            assert waited >= earliest


async def _owed_by_people(scene: Scene, concern: ConcernId) -> list[DeliveryId | None]:
    record = await scene.register.concern(concern)
    assert record is not None
    return [one.delivery for one in record.obligations if one.kind is ObligationKind.PERSON]


async def test_B05_what_a_person_owed_of_a_delivery_is_owed_no_more_once_it_is_taken() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        scene.mail.then(CQC_MAIL, SET_UP_WRONGLY)
        worker = scene.deliver()

        async with running(scene, worker):
            await scene.until(lambda: worker.counts().deferred == 1)
            await scene.until(lambda: worker.counts().unsaved == 0)
            owed = await _owed_by_people(scene, concern)
            await scene.until(
                lambda: targets(scene.carried).count(CQC_MAIL) == 2, timedelta(hours=2)
            )
            await scene.until(lambda: worker.counts().unsaved == 0)

        tries = [one for one in scene.carried if one.delivery.target == CQC_MAIL]
        attempts = {one.attempt for one in tries}
        assert set(owed) == {tries[0].delivery.id}
        assert await _owed_by_people(scene, concern) == []
        log = reversed(await scene.register.log_of(concern))
        said = [each.kind for each in log if json.loads(each.data).get("attempt") in attempts]
        assert said == ["delivery.delayed", "delivery.accepted"]


async def test_B03_in_doubt_is_tried_again_with_the_same_bytes_and_flagged() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.mail.then(CQC_MAIL, DOUBT)
        worker = scene.deliver()

        async with running(scene, worker):
            await scene.until(lambda: targets(scene.mail.carried).count(CQC_MAIL) == 2)
            await scene.until(lambda: worker.counts().unsaved == 0)

        first, second = (one for one in scene.mail.carried if one.delivery.target == CQC_MAIL)
        assert first.delivery == second.delivery
        record = await scene.notice(first.delivery.notice)
        receipts = [r for r in record.receipts if r.delivery == first.delivery.id]
        assert [r.setback for r in receipts] == [Setback.IN_DOUBT, None]
        assert "possible duplicate" in dict(receipts[1].evidence)
        assert fold(receipts).rung is Rung.SUBMITTED


async def test_B05_a_corrected_mailbox_serves_what_is_already_waiting() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.mail.then(CQC_MAIL, LATER)
        worker = scene.deliver()
        contact = scene.tools.directory.contact(ContactId(CQC_MAIL))
        assert contact is not None

        async with running(scene, worker):
            await scene.until(lambda: CQC_MAIL in targets(scene.mail.carried))
            await scene.register.put_contact(replace(contact, address="new@cqc.example"))
            await scene.until(lambda: targets(scene.mail.carried).count(CQC_MAIL) == 2)

        where = [one.where for one in scene.mail.carried if one.delivery.target == CQC_MAIL]
        assert where == [contact.address, "new@cqc.example"]


async def test_B03_a_retired_endpoint_keeps_its_rows_and_they_drain_when_it_is_put_right() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        hook = EndpointId("hook-regulator:cqc-0")
        scene.hooks.then(hook, GONE)
        worker = scene.deliver()
        endpoint = scene.tools.directory.endpoint(hook)
        assert endpoint is not None

        async with running(scene, worker):
            await scene.until(lambda: worker.counts().refused == 1)
            await scene.pass_time(timedelta(hours=3))
            assert targets(scene.hooks.carried).count(hook) == 1, "it is left alone while parked"
            await scene.register.put_endpoint(endpoint)
            await scene.until(lambda: targets(scene.hooks.carried).count(hook) == 2)
            await scene.until(lambda: worker.counts().unsaved == 0)

        assert (await scene.register.depths()).queued == 0


async def test_B03_a_carrier_that_breaks_loses_nothing_and_stops_nobody() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        # A script without this kind of outcome breaks the carrier, as a bug would.
        scene.mail.then(CQC_MAIL, None)  # type: ignore[arg-type]
        worker = scene.deliver()

        async with running(scene, worker):
            await scene.until(lambda: CQC_MAIL in targets(scene.mail.carried))
            await scene.until(lambda: worker.counts().unsaved == 0)

        assert worker.counts().in_doubt == 1
        assert (await scene.register.depths()).queued == 0


async def test_B04_a_webhook_that_says_taken_is_delivered_and_a_mail_only_submitted() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        hook = "hook-regulator:cqc-0"
        scene.hooks.then(hook, DELIVERED)
        scene.mail.then(CQC_MAIL, SUBMITTED)
        worker = scene.deliver()

        async with running(scene, worker):
            await scene.until(lambda: hook in targets(scene.hooks.carried))
            await scene.until(lambda: CQC_MAIL in targets(scene.mail.carried))

        by_hook = next(one for one in scene.hooks.carried if one.delivery.target == hook)
        record = await scene.notice(by_hook.delivery.notice)
        rung_of = {
            d.channel: fold(r for r in record.receipts if r.delivery == d.id).rung
            for d in record.deliveries
        }
        assert rung_of == {"email": Rung.SUBMITTED, "webhook": Rung.DELIVERED}
