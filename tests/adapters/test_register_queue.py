"""The register's contract: leases, fencing, order, stops, retries with the same bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from hub.adapters.register.sql import SqlRegister
from hub.events.envelope import Event
from hub.leaf import leaf
from hub.notice import (
    Accepted,
    Deferred,
    Delivery,
    InDoubt,
    Leased,
    Outcome,
    Refused,
    RefusedBecause,
)
from hub.obligation import ObligationKind
from hub.page import Discharge, Page, StandingHold, Stop
from hub.ports import BytesChanged, Completion
from hub.vocabulary import DeliveryId, HoldKind, InfoClass, Lane, Rung, Setback
from tests.adapters.by_hand import look, meddle
from tests.adapters.conftest import Registers
from tests.builders import (
    LONG_AGO,
    PLACING,
    REGULATOR,
    delivery_of,
    directory,
    notice_of,
    obligation_of,
    opened,
    page_of,
    receipt_of,
    telling,
    told,
    webhook_of,
)

ACCEPTED = Accepted(
    at=LONG_AGO, detail="taken", rung=Rung.SUBMITTED, evidence=(("reply", "250 \udc80 ok"),)
)
DEFERRED = Deferred(at=LONG_AGO, detail="try later\x00")
IN_DOUBT = InDoubt(at=LONG_AGO, detail="no reply to the dot")
GONE = Refused(at=LONG_AGO, detail="410", because=RefusedBecause.GONE)
MINUTE = timedelta(minutes=1)
OVER = timedelta(seconds=-1)
"""A lease that has run out when it begins."""


async def write(register: SqlRegister, event: Event, *pages: Page) -> None:
    async with register.entry() as entry:
        await entry.take([event])
        for page in pages:
            await entry.write(page)


async def queued(register: SqlRegister, lane: Lane = Lane.STANDARD) -> Delivery:
    """Write one delivery and return it."""
    event = opened()
    page = telling(event)
    delivery = replace(page.deliveries[0], lane=lane)
    await write(register, event, replace(page, deliveries=(delivery,)))
    return delivery


async def lease(
    register: SqlRegister,
    lane: Lane = Lane.STANDARD,
    *,
    limit: int = 100,
    lease_for: timedelta = MINUTE,
    avoid: frozenset[str] = frozenset(),
) -> tuple[Leased, ...]:
    return await register.lease(
        lane, limit=limit, lease_for=lease_for, worker="worker-1", avoid=avoid
    )


def brought(
    leased: Leased, outcome: Outcome | None = ACCEPTED, again_at: datetime | None = None
) -> Completion:
    rung = outcome.rung if isinstance(outcome, Accepted) else None
    receipts = (receipt_of(leased.delivery, attempt=leased.attempt, rung=rung),)
    return Completion(
        leased=leased,
        outcome=outcome,
        again_at=again_at,
        costs_attempt=outcome is not None,
        receipts=receipts if rung else (),
    )


def two_notices(event: Event) -> Page:
    """Return a page that tells the same party twice, one after the other."""
    first, second = told(event), told(event)
    notices = (notice_of(first), notice_of(second))
    return page_of(
        event, *(delivery_of(each) for each in notices), decisions=(first, second), notices=notices
    )


async def test_B03_a_lease_hands_out_the_stored_bytes_and_writes_the_intent(
    register: SqlRegister,
) -> None:
    delivery = await queued(register)

    (leased,) = await lease(register)

    assert leased.delivery == delivery
    assert sha256(leased.delivery.body).hexdigest() == delivery.sha256
    assert (leased.token, leased.attempts, leased.first_tried_at) == (1, 0, None)
    assert not leased.maybe_sent
    assert leased.host_authority == "gss:E10000032"
    assert await intents(register) == [(leased.attempt, delivery.id, None)]


async def test_a_leased_row_is_nobody_elses(register: SqlRegister) -> None:
    await queued(register)

    first = await lease(register)
    second = await lease(register)

    assert len(first) == 1
    assert second == ()
    assert (await register.depths()).leased == 1
    assert (await register.depths()).queued == 0


async def test_lanes_are_leased_apart_and_what_is_due_later_is_not_leased(
    register: SqlRegister,
) -> None:
    urgent = await queued(register, Lane.IMMEDIATE)
    event = opened()
    page = telling(event)
    later = replace(page.deliveries[0], due_at=LONG_AGO.replace(year=2100))
    await write(register, event, replace(page, deliveries=(later,)))

    standard = await lease(register, Lane.STANDARD)
    immediate = await lease(register, Lane.IMMEDIATE)

    assert standard == ()
    assert [each.delivery.id for each in immediate] == [urgent.id]


async def test_a_finished_delivery_leaves_the_queue_with_its_evidence(
    register: SqlRegister,
) -> None:
    delivery = await queued(register)
    (leased,) = await lease(register)

    kept = await register.complete([brought(leased)])

    assert kept == (True,)
    depths = await register.depths()
    assert (depths.queued, depths.leased, depths.unaccounted) == (0, 0, 0)
    record = await register.notice(delivery.notice)
    assert record is not None
    (receipt,) = record.receipts
    assert (receipt.rung, receipt.fenced, receipt.attempt) == (
        Rung.SUBMITTED,
        False,
        leased.attempt,
    )
    assert await outcomes(register) == [("accepted", False)]


async def test_a_deferred_delivery_comes_back_with_the_same_bytes_and_its_count(
    register: SqlRegister,
) -> None:
    delivery = await queued(register)
    (first,) = await lease(register)
    await register.complete([brought(first, DEFERRED, again_at=LONG_AGO)])

    (second,) = await lease(register)

    assert second.delivery == delivery
    assert (second.token, second.attempts) == (2, 1)
    assert second.first_tried_at is not None
    assert not second.maybe_sent
    assert await outcomes(register) == [("deferred", False), (None, False)]


async def test_a_delivery_handed_back_unsent_costs_nothing(register: SqlRegister) -> None:
    await queued(register)
    (first,) = await lease(register)
    await register.complete([brought(first, None, again_at=LONG_AGO)])

    (second,) = await lease(register)

    assert (second.attempts, second.first_tried_at, second.maybe_sent) == (0, None, False)
    assert (await outcomes(register))[0] == ("not tried", False)


async def test_a_try_in_doubt_is_flagged_at_every_later_try(register: SqlRegister) -> None:
    await queued(register)
    (first,) = await lease(register)
    await register.complete([brought(first, IN_DOUBT, again_at=LONG_AGO)])
    (second,) = await lease(register)
    await register.complete([brought(second, DEFERRED, again_at=LONG_AGO)])

    (third,) = await lease(register)

    assert second.maybe_sent
    assert third.maybe_sent
    assert third.attempts == 2


async def test_a_try_whose_worker_died_is_abandoned_and_flagged(register: SqlRegister) -> None:
    delivery = await queued(register)
    (lost,) = await lease(register, lease_for=OVER)

    (again,) = await lease(register)

    assert again.token == lost.token + 1
    assert again.maybe_sent
    assert again.attempts == 1
    assert again.first_tried_at is not None
    assert await outcomes(register) == [("abandoned", False), (None, False)]
    record = await register.notice(delivery.notice)
    assert record is not None
    (receipt,) = record.receipts
    assert (receipt.setback, receipt.attempt) == (Setback.IN_DOUBT, lost.attempt)


async def test_what_was_lost_twice_counts_each_try_and_stays_flagged_since_its_first(
    register: SqlRegister,
) -> None:
    await queued(register)
    await lease(register, lease_for=OVER)
    (once,) = await lease(register, lease_for=OVER)
    (twice,) = await lease(register)
    await register.complete([brought(twice, DEFERRED, again_at=LONG_AGO)])

    (again,) = await lease(register)

    assert (once.attempts, twice.attempts, again.attempts) == (1, 2, 3)
    assert again.maybe_sent
    assert again.first_tried_at == once.first_tried_at


async def test_a_late_result_is_fenced_kept_as_evidence_and_never_state(
    register: SqlRegister,
) -> None:
    delivery = await queued(register)
    (late,) = await lease(register, lease_for=OVER)
    (now_ours,) = await lease(register)
    owed = obligation_of(delivery.concern, kind=ObligationKind.REACH)

    said = leaf("delivery.accepted", LONG_AGO, delivery.concern)
    result = replace(brought(late), obligations=(owed,), leaves=(said,))
    kept = await register.complete([result])

    assert kept == (False,)
    assert await look(register, "SELECT kind FROM audit_leaf") == [("delivery.accepted",)]
    assert await register.unreached(10) == ()
    assert (await register.depths()).leased == 1
    record = await register.notice(delivery.notice)
    assert record is not None
    assert [r.fenced for r in record.receipts if r.rung is Rung.SUBMITTED] == [True]
    assert await outcomes(register) == [("accepted", True), (None, False)]
    assert await register.complete([brought(now_ours)]) == (True,)
    assert (await register.depths()).unaccounted == 0


async def test_what_is_stopped_after_a_late_result_is_accounted_for(register: SqlRegister) -> None:
    await queued(register)
    (late,) = await lease(register, lease_for=OVER)
    (now_ours,) = await lease(register)
    await register.complete([brought(late)])

    await register.complete([brought(now_ours, None)])

    depths = await register.depths()
    assert (depths.leased, depths.unaccounted) == (0, 0)
    assert len(await look(register, "SELECT delivery_id FROM stop")) == 1


async def test_a_result_after_the_lease_ran_out_still_counts_while_nobody_has_it(
    register: SqlRegister,
) -> None:
    await queued(register)
    (slow,) = await lease(register, lease_for=OVER)

    assert await register.complete([brought(slow)]) == (True,)
    assert await lease(register) == ()


async def test_many_results_are_written_in_one_commit_each_by_its_own_token(
    register: SqlRegister,
) -> None:
    for _ in range(3):
        await queued(register)
    one, two, three = await lease(register, lease_for=OVER)
    (again,) = await lease(register, limit=1)
    results = [brought(one), brought(two, DEFERRED, again_at=LONG_AGO), brought(three)]

    kept = await register.complete(results)

    stale = [one, two, three].index(
        next(each for each in (one, two, three) if each.delivery.id == again.delivery.id)
    )
    assert kept == tuple(index != stale for index in range(3))
    assert await register.complete([]) == ()


async def test_B02_a_hold_stops_a_leased_delivery_and_is_seen_at_once(
    register: SqlRegister,
) -> None:
    delivery = await queued(register)
    (leased,) = await lease(register)
    hold = StandingHold(party=PLACING, info=InfoClass.PROCESS, kind=HoldKind.H1, reason="police")
    assert (await register.last_look([leased])).stopped == {}

    async with register.entry() as entry:
        standing = (await entry.standing([delivery.concern]))[delivery.concern]
        assert [each.delivery for each in standing.unsent] == [delivery.id]
        page = Page(
            id=delivery.concern,
            concern=standing.concern,
            version=standing.version,
            at=LONG_AGO,
            stops=(Stop(delivery=delivery.id, reason="H1"),),
            holds=frozenset({hold}),
        )
        await entry.write(page)

    assert (await register.last_look([leased])).stopped == {delivery.id: hold}
    assert await register.complete([brought(leased, None)]) == (False,)
    depths = await register.depths()
    assert (depths.queued, depths.leased, depths.unaccounted) == (0, 0, 0)


async def test_a_hold_on_another_party_or_class_stops_nothing(register: SqlRegister) -> None:
    delivery = await queued(register)
    (leased,) = await lease(register)
    holds = frozenset(
        {
            StandingHold(party=REGULATOR, info=InfoClass.PROCESS, kind=HoldKind.H1, reason="x"),
            StandingHold(party=PLACING, info=InfoClass.THEMES, kind=HoldKind.H1, reason="x"),
        }
    )
    async with register.entry() as entry:
        standing = (await entry.standing([delivery.concern]))[delivery.concern]
        await entry.write(
            Page(id=delivery.concern, concern=standing.concern, version=1, at=LONG_AGO, holds=holds)
        )

    assert (await register.last_look([leased])).stopped == {}


async def test_what_another_worker_has_may_not_be_sent(register: SqlRegister) -> None:
    delivery = await queued(register)
    (stale,) = await lease(register, lease_for=OVER)
    (fresh,) = await lease(register)

    assert (await register.last_look([stale])).stopped == {delivery.id: None}
    assert (await register.last_look([fresh])).stopped == {}
    assert (await register.last_look([])).stopped == {}


async def test_B05_the_last_look_brings_the_directory_of_its_own_moment(
    register: SqlRegister,
) -> None:
    await register.seed(directory())
    delivery = await queued(register)
    leased = await lease(register)
    (known,) = (await register.last_look(leased)).directory.contacts
    corrected = replace(known, address="late@surrey.example")

    await register.put_contact(corrected)

    looked = await register.last_look(leased)
    assert looked.directory.contacts == (corrected,)
    assert looked.stopped == {}
    assert (await register.last_look(leased)).directory is looked.directory
    nobody = replace(leased[0], delivery=replace(delivery, id=DeliveryId("nobody-knows-it")))
    unknown = await register.last_look([nobody])
    assert unknown.stopped == {nobody.delivery.id: None}
    assert unknown.directory.contacts == (await register.last_look([])).directory.contacts


async def test_B05_the_last_look_sees_what_another_process_has_corrected(
    postgres_registers: Registers,
) -> None:
    first, second = [await postgres_registers.open() for _ in range(2)]
    await first.seed(directory())
    await queued(first)
    leased = await lease(first)
    (known,) = (await first.last_look(leased)).directory.contacts
    corrected = replace(known, address="late@surrey.example")

    await second.put_contact(corrected)

    assert (await first.last_look(leased)).directory.contacts == (corrected,)


async def test_a_delivery_held_at_the_moment_of_sending_is_accounted_for(
    register: SqlRegister,
) -> None:
    await queued(register)
    (leased,) = await lease(register)

    assert await register.complete([brought(leased, None)]) == (True,)

    depths = await register.depths()
    assert (depths.queued, depths.leased, depths.unaccounted) == (0, 0, 0)


async def test_a_delivery_without_an_end_is_unaccounted_for(register: SqlRegister) -> None:
    await queued(register)
    (leased,) = await lease(register)

    await register.complete([brought(leased, DEFERRED)])

    assert (await register.depths()).unaccounted == 1


async def test_notices_to_one_party_go_in_order(register: SqlRegister) -> None:
    event = opened()
    page = two_notices(event)
    await write(register, event, page)
    earlier, later = page.deliveries

    (first,) = await lease(register)
    assert first.delivery.id == earlier.id
    assert await lease(register) == ()
    await register.complete([brought(first)])
    (second,) = await lease(register)

    assert second.delivery.id == later.id


async def test_a_deferred_notice_holds_up_nothing(register: SqlRegister) -> None:
    event = opened()
    page = two_notices(event)
    await write(register, event, page)
    (first,) = await lease(register)
    much_later = LONG_AGO.replace(year=2100)
    await register.complete([brought(first, DEFERRED, again_at=much_later)])

    (second,) = await lease(register)

    assert second.delivery.id == page.deliveries[1].id
    assert await register.next_due() == second.expires_at


async def test_the_deliveries_of_one_notice_do_not_wait_for_each_other(
    register: SqlRegister,
) -> None:
    event = opened()
    decision = told(event)
    notice = notice_of(decision)
    page = page_of(
        event, delivery_of(notice), webhook_of(notice), decisions=(decision,), notices=(notice,)
    )
    await write(register, event, page)

    assert {each.delivery.id for each in await lease(register)} == {d.id for d in page.deliveries}


async def test_other_parties_and_concerns_do_not_wait(register: SqlRegister) -> None:
    for party in (PLACING, REGULATOR, PLACING):
        event = opened()
        await write(register, event, telling(event, party))

    assert len(await lease(register)) == 3


async def test_a_full_destination_is_left_alone_and_holds_up_nobody(
    register: SqlRegister,
) -> None:
    event = opened()
    first, second = told(event), told(event)
    full, free = notice_of(first), notice_of(second)
    page = page_of(
        event,
        webhook_of(full),
        delivery_of(free),
        decisions=(first, second),
        notices=(full, free),
    )
    await write(register, event, page)

    leased = await lease(register, avoid=frozenset({"webhook:surrey-hook"}))

    assert [each.delivery.id for each in leased] == [page.deliveries[1].id]


def by_two_ways(event: Event) -> Page:
    """Return a page that tells the same party twice, first by its webhook and then by mail."""
    first, second = told(event), told(event)
    notices = (notice_of(first), notice_of(second))
    return page_of(
        event,
        webhook_of(notices[0]),
        delivery_of(notices[1]),
        decisions=(first, second),
        notices=notices,
    )


async def test_what_is_on_its_way_goes_first_though_its_destination_is_full_since(
    register: SqlRegister,
) -> None:
    event = opened()
    page = by_two_ways(event)
    await write(register, event, page)
    (earlier,) = await lease(register)

    full = frozenset({earlier.delivery.dest})
    meanwhile = await lease(register, avoid=full)
    await register.complete([brought(earlier)])
    (later,) = await lease(register, avoid=full)

    assert meanwhile == ()
    assert later.delivery.id == page.deliveries[1].id


async def test_what_waits_for_a_closed_endpoint_holds_up_nothing_by_another_way(
    register: SqlRegister,
) -> None:
    await register.seed(directory())
    event = opened()
    page = by_two_ways(event)
    await write(register, event, page)
    await register.put_endpoint(replace(directory().endpoints[0], parked=True))

    leased = await lease(register)

    assert [each.delivery.id for each in leased] == [page.deliveries[1].id]


async def test_a_retired_endpoint_is_parked_and_its_rows_drain_in_order_later(
    register: SqlRegister,
) -> None:
    await register.seed(directory())
    event = opened()
    first, second = told(event), told(event)
    notices = (notice_of(first), notice_of(second))
    page = page_of(
        event,
        *(webhook_of(each) for each in notices),
        delivery_of(notices[1]),
        decisions=(first, second),
        notices=notices,
    )
    await write(register, event, page)
    (tried,) = await lease(register)
    await register.complete([brought(tried, GONE)])

    parked = (await register.directory()).endpoints[0]
    mail = await lease(register)
    await register.complete([brought(each) for each in mail])
    nothing_due = await register.next_due()
    depths = await register.depths()
    await register.put_endpoint(replace(parked, parked=False))
    drained = []
    while leased := await lease(register):
        drained += [each.delivery.id for each in leased]
        await register.complete([brought(each) for each in leased])

    assert parked.parked
    assert parked.keys == directory().endpoints[0].keys
    assert [each.delivery.id for each in mail] == [page.deliveries[2].id]
    assert nothing_due is None
    assert (depths.queued, depths.unaccounted) == (2, 0)
    assert drained == [page.deliveries[0].id, page.deliveries[1].id]


async def test_what_has_been_due_longest_goes_first_whichever_was_queued_before(
    register: SqlRegister,
) -> None:
    for _ in range(2):
        await queued(register)
    one, two = await lease(register)
    await register.complete(
        [
            brought(one, DEFERRED, again_at=LONG_AGO + MINUTE),
            brought(two, DEFERRED, again_at=LONG_AGO),
        ]
    )

    (first,) = await lease(register, limit=1)

    assert first.delivery.id == two.delivery.id


async def test_a_late_result_parks_no_endpoint(register: SqlRegister) -> None:
    await register.seed(directory())
    event = opened()
    decision = told(event)
    notice = notice_of(decision)
    page = page_of(event, webhook_of(notice), decisions=(decision,), notices=(notice,))
    await write(register, event, page)
    (late,) = await lease(register, lease_for=OVER)
    (now_ours,) = await lease(register)

    kept = await register.complete([brought(late, GONE), brought(now_ours)])

    assert kept == (False, True)
    assert not (await register.directory()).endpoints[0].parked


async def test_next_due_is_the_soonest_of_all_lanes(register: SqlRegister) -> None:
    assert await register.next_due() is None
    event = opened()
    page = telling(event)
    soon, late = LONG_AGO.replace(year=2099), LONG_AGO.replace(year=2100)
    notice = page.notices[0]
    deliveries = (
        delivery_of(notice, due_at=late, lane=Lane.IMMEDIATE),
        delivery_of(notice, due_at=soon, lane=Lane.BULK),
    )
    await write(register, event, replace(page, deliveries=deliveries))

    assert await register.next_due() == soon


async def alter(register: SqlRegister, delivery: Delivery) -> None:
    """Let what was composed be changed in the database by somebody else."""
    await meddle(
        register,
        "UPDATE body SET bytes = :altered WHERE id = :body",
        altered=b"altered",
        body=f"delivery:{delivery.id}",
    )


async def test_altered_bytes_are_never_sent_and_do_not_stop_the_lane(
    register: SqlRegister,
) -> None:
    altered, whole = await queued(register), await queued(register)
    await alter(register, altered)

    with pytest.raises(BytesChanged, match=altered.id):
        await lease(register)
    leased = await lease(register)

    assert [each.delivery.id for each in leased] == [whole.id]
    record = await register.concern(altered.concern)
    assert record is not None
    assert [each.kind for each in record.obligations] == [ObligationKind.PERSON]


@pytest.mark.parametrize("lost", [False, True])
async def test_altered_bytes_hold_up_nothing_that_follows_to_the_same_party(
    register: SqlRegister, *, lost: bool
) -> None:
    event = opened()
    page = two_notices(event)
    await write(register, event, page)
    altered, whole = page.deliveries
    if lost:
        await lease(register, lease_for=OVER)
    await alter(register, altered)

    with pytest.raises(BytesChanged, match=altered.id):
        await lease(register)

    assert [each.delivery.id for each in await lease(register)] == [whole.id]


async def test_results_open_and_discharge_what_is_owed_and_append_leaves(
    register: SqlRegister,
) -> None:
    delivery = await queued(register)
    (leased,) = await lease(register)
    owed = obligation_of(delivery.concern, kind=ObligationKind.PERSON, key=f"late:{delivery.id}")
    result = replace(
        brought(leased, DEFERRED, again_at=LONG_AGO),
        obligations=(owed, replace(owed, id="another")),
        leaves=(leaf("delivery.deferred", LONG_AGO, delivery.concern),),
    )
    await register.complete([result])
    (again,) = await lease(register)
    assert (await register.depths()).open_obligations == 1

    discharge = Discharge(kind=ObligationKind.PERSON, key="late:")
    await register.complete([replace(brought(again), discharges=(discharge,))])

    assert (await register.depths()).open_obligations == 0
    assert await look(register, "SELECT kind FROM audit_leaf") == [("delivery.deferred",)]


async def test_wake_comes_with_work_and_else_after_its_time(register: SqlRegister) -> None:
    await register.wake(0.01)
    await queued(register)

    await register.wake(60)


async def test_only_unsent_is_false_once_the_party_has_heard_by_another_way(
    register: SqlRegister,
) -> None:
    event = opened()
    decision = told(event)
    notice = notice_of(decision)
    one, other = delivery_of(notice), delivery_of(notice)
    page = page_of(event, one, other, decisions=(decision,), notices=(notice,))
    await write(register, event, page)
    (leased,) = await lease(register, limit=1)
    await register.complete([brought(leased)])

    async with register.entry() as entry:
        standing = (await entry.standing([event.concern]))[event.concern]
        (left,) = standing.unsent
        stop = Stop(delivery=left.delivery, reason="H1")
        await entry.write(page_of(event, version=1, applied=(), stops=(stop,)))
        after = (await entry.standing([event.concern]))[event.concern]

    assert not left.only_unsent
    assert not after.history.told[0].stopped


async def intents(register: SqlRegister) -> list[tuple[object, ...]]:
    return await look(register, "SELECT id, delivery_id, outcome FROM attempt ORDER BY seq")


async def outcomes(register: SqlRegister) -> list[tuple[object, ...]]:
    found = await look(register, "SELECT outcome, fenced FROM attempt ORDER BY seq")
    return [(outcome, bool(fenced)) for outcome, fenced in found]
