"""What waits untried, on every register: found once, and not where somebody has been told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.register.sql import SqlRegister
from hub.escalate import Waits, owed_while_waiting
from hub.events.envelope import Event
from hub.notice import Accepted, Delivery
from hub.page import Page
from hub.ports import Completion
from hub.ports.waiting import Waiting
from hub.receipt import Acknowledgement
from hub.vocabulary import AckStrength, ConcernId, EndpointId, Lane, Rung
from tests.builders import (
    HOST,
    LONG_AGO,
    delivery_of,
    directory,
    notice_of,
    opened,
    page_of,
    receipt_of,
    told,
    webhook_of,
)

CLOCK = SystemClock()
"""Asked when a test runs: what is due at the start of a long run is long due at its end."""


async def write(register: SqlRegister, *deliveries: Delivery, event: Event, page: Page) -> None:
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(replace(page, deliveries=deliveries))


async def a_notice(register: SqlRegister, *, hook: bool, mail: bool) -> tuple[Delivery, ...]:
    """Write one notice, due just now, by a webhook, a mailbox, or both."""
    event = opened()
    decision = told(event)
    notice = notice_of(decision)
    page = page_of(event, decisions=(decision,), notices=(notice,))
    made = [webhook_of(notice, due_at=CLOCK.now())] if hook else []
    made += [delivery_of(notice, due_at=CLOCK.now())] if mail else []
    await write(register, *made, event=event, page=page)
    return tuple(made)


async def close(register: SqlRegister, *, parked: bool = True) -> None:
    await register.seed(directory())
    endpoint = (await register.directory()).endpoint(EndpointId("surrey-hook"))
    assert endpoint is not None
    await register.put_endpoint(replace(endpoint, parked=parked))


async def said(register: SqlRegister, waiting: tuple[Waiting, ...]) -> None:
    """Open what is owed of these."""
    async with register.entry() as entry:
        for one in waiting:
            owed = owed_while_waiting(
                one.delivery, one.why, HOST, now=CLOCK.now(), mint=RandomMint()
            )
            assert await entry.owe_once(owed)


async def why(register: SqlRegister) -> list[tuple[Waits, str]]:
    return [(one.why, one.delivery.id) for one in await register.kept_waiting(10)]


async def test_B03_what_waits_for_a_closed_webhook_is_found_until_somebody_is_told(
    register: SqlRegister,
) -> None:
    await close(register, parked=False)
    (alone,) = await a_notice(register, hook=True, mail=False)
    (beside, _) = await a_notice(register, hook=True, mail=True)
    assert await register.kept_waiting(10) == ()
    await close(register)

    found = await register.kept_waiting(10)
    await said(register, found)

    assert [(one.why, one.delivery.id) for one in found] == [
        (Waits.CLOSED, alone.id),
        (Waits.CLOSED, beside.id),
        (Waits.ONLY_WAY, alone.id),
    ]
    assert found[0].delivery == replace(alone, body=b""), "however many wait, no bytes are read"
    assert await register.kept_waiting(10) == ()


async def test_B03_correcting_the_webhook_ends_what_was_owed_in_its_place(
    register: SqlRegister,
) -> None:
    await close(register)
    (one, _) = await a_notice(register, hook=True, mail=True)
    await said(register, await register.kept_waiting(10))

    await close(register, parked=False)
    opened_again = await register.kept_waiting(10)
    await close(register)

    assert opened_again == ()
    assert await why(register) == [(Waits.CLOSED, one.id)], "closed again, it is owed again"


async def test_B04_whose_notice_somebody_has_acknowledged_is_told_by_no_other_way(
    register: SqlRegister,
) -> None:
    await close(register)
    (one,) = await a_notice(register, hook=True, mail=False)
    by = Acknowledgement(
        name="Ada Byrne", role="Inspector", organisation="CQC", strength=AckStrength.RECORDED
    )
    answer = replace(receipt_of(one, rung=None), delivery=None, acknowledgement=by)
    await register.receive([answer], [], [])

    assert await why(register) == [(Waits.CLOSED, one.id)]


async def test_B03_what_is_past_its_time_and_what_is_a_drills_are_told_apart(
    register: SqlRegister,
) -> None:
    late = CLOCK.now() - timedelta(hours=25)
    found = []
    for concern, lane, due in (
        (None, Lane.STANDARD, late),
        (None, Lane.IMMEDIATE, CLOCK.now() - timedelta(minutes=16)),
        (None, Lane.STANDARD, CLOCK.now() - timedelta(hours=1)),
        (ConcernId("drill:today"), Lane.STANDARD, LONG_AGO),
    ):
        event = opened(concern)
        decision = told(event)
        notice = notice_of(decision)
        delivery = delivery_of(notice, lane=lane, due_at=due)
        page = page_of(event, decisions=(decision,), notices=(notice,))
        await write(register, delivery, event=event, page=page)
        found.append(delivery.id)

    waiting = await register.kept_waiting(10)
    await said(register, waiting)

    assert [(one.why, one.delivery.id) for one in waiting] == [
        (Waits.LATE, found[0]),
        (Waits.LATE, found[1]),
    ]
    assert await register.kept_waiting(10) == ()


async def test_what_is_in_a_workers_hands_is_its_to_say(register: SqlRegister) -> None:
    await close(register, parked=False)
    await a_notice(register, hook=True, mail=False)
    await register.lease(Lane.STANDARD, limit=1, lease_for=timedelta(hours=1), worker="w")

    await close(register)

    assert await register.kept_waiting(10) == ()


async def test_of_what_was_found_to_wait_only_what_is_in_the_queue_yet_is_told_of(
    register: SqlRegister,
) -> None:
    (gone, stays) = await a_notice(register, hook=True, mail=True)
    (another,) = await a_notice(register, hook=False, mail=True)
    (leased, _) = await register.lease(
        Lane.STANDARD, limit=2, lease_for=timedelta(hours=1), worker="w"
    )
    taken = Accepted(at=LONG_AGO, detail="taken", rung=Rung.SUBMITTED)
    gone_out = Completion(
        leased=leased, outcome=taken, again_at=None, costs_attempt=True, receipts=()
    )
    await register.complete([gone_out])

    async with register.entry() as entry:
        asked = [gone.id, stays.id]
        still = await entry.still_waiting(gone.concern, asked)
        nothing = await entry.still_waiting(ConcernId("never opened"), asked)

    assert leased.delivery.id == gone.id
    assert still is not None
    assert still.concern.id == gone.concern
    assert still.deliveries == {stays.id}
    assert another.id not in still.deliveries
    assert nothing is None
