"""Sending again, on every register: what is meant, what is queued, and that one process does it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hub.adapters.clock import SystemClock
from hub.adapters.register.sql import SqlRegister
from hub.concern import Party
from hub.directory import Directory
from hub.notice import Accepted, Delivery
from hub.page import Page, Standing, StandingHold, Stop, Superseded
from hub.plan.replaying import verdict
from hub.ports import Completion
from hub.ports.replaying import Replay
from hub.repeat import Candidate, Selection, Verdict, Why
from hub.vocabulary import (
    AgencyId,
    ConcernId,
    DeliveryId,
    HoldKind,
    InfoClass,
    Lane,
    Role,
    Rung,
)
from tests.adapters.by_hand import look
from tests.adapters.conftest import Registers
from tests.builders import (
    LONG_AGO,
    REGULATOR,
    SURREY,
    delivery_of,
    fresh,
    notice_of,
    opened,
    page_of,
    receipt_of,
    telling,
    told,
)

MINUTE = timedelta(minutes=1)
NOW = SystemClock().now()


def judge(
    found: Sequence[Candidate],
    _standing: Mapping[ConcernId, Standing],
    _directory: Directory,
    now: datetime,
) -> Sequence[Verdict]:
    """Say what the rows alone say; what the rules say is tested with the rules."""
    said = [verdict(one, Standing(), None, now) for one in found]
    return [Verdict.AGAIN if one is Verdict.UNJUDGED else one for one in said]


async def write(register: SqlRegister, *pages: Page) -> None:
    async with register.entry() as entry:
        for page in pages:
            await entry.write(page)


async def lease_all(register: SqlRegister, lane: Lane = Lane.STANDARD) -> list[DeliveryId]:
    """Deliver everything that is due in a lane."""
    done = []
    while leased := await register.lease(lane, limit=100, lease_for=MINUTE, worker="w"):
        accepted = Accepted(at=LONG_AGO, detail="taken", rung=Rung.SUBMITTED)
        done += [each.delivery.id for each in leased]
        await register.complete(
            [
                Completion(
                    leased=each,
                    outcome=accepted,
                    again_at=None,
                    costs_attempt=True,
                    receipts=(receipt_of(each.delivery, attempt=each.attempt),),
                )
                for each in leased
            ]
        )
    return done


async def sent(register: SqlRegister, number: int = 1) -> list[Delivery]:
    """Write and deliver so many notices, each of a concern of its own."""
    events = [opened() for _ in range(number)]
    async with register.entry() as entry:
        await entry.take(events)
        pages = [telling(event) for event in events]
        for page in pages:
            await entry.write(page)
    await lease_all(register)
    return [page.deliveries[0] for page in pages]


def order(selection: Selection) -> Replay:
    return Replay(
        id=fresh("replay"), selection=selection, asked_by="amara", why=Why.LOST, note="x", at=NOW
    )


async def carried_out(register: SqlRegister, selection: Selection, most: int = 100) -> Replay:
    one = order(selection)
    await register.order_replay(one)
    while (done := await register.go_on_replaying(one.id, judge, most)) and done.ended is None:
        pass
    assert done is not None
    return done


async def test_B03_one_delivery_is_sent_again_with_its_own_bytes_in_the_bulk_lane(
    register: SqlRegister,
) -> None:
    one, other = await sent(register, 2)

    done = await carried_out(register, Selection(delivery=one.id))
    (again,) = await register.lease(Lane.BULK, limit=9, lease_for=MINUTE, worker="w")

    assert done.counts == {Verdict.AGAIN: 1}
    assert (again.delivery.id, again.delivery.body) == (one.id, one.body)
    assert again.delivery.lane is Lane.BULK
    assert again.delivery.due_at >= NOW - MINUTE, "it is late from now on, and not for ever"
    assert (again.token, again.attempts, again.maybe_sent) == (3, 0, False)
    assert other.id != one.id


async def test_B03_what_is_meant_is_what_everything_given_is_true_of(register: SqlRegister) -> None:
    one, other = await sent(register, 2)
    whole = Selection(since=NOW - timedelta(days=1))
    meant = {
        Selection(concern=one.concern): 1,
        Selection(agency=SURREY): 2,
        Selection(target="surrey-duty", concern=other.concern): 1,
        Selection(agency=REGULATOR.agency): 0,
        whole: 2,
        replace(whole, since=NOW + timedelta(days=1)): 0,
        replace(whole, until=NOW - timedelta(days=1)): 0,
    }

    for selection, number in meant.items():
        counts = await register.would_replay(selection, judge)
        assert sum(counts.values()) == number, selection
    assert await lease_all(register, Lane.BULK) == [], "counting sends nothing"


async def test_B03_what_waits_what_was_stopped_and_what_was_replaced_are_refused(
    register: SqlRegister,
) -> None:
    event = opened()
    decisions = [told(event) for _ in range(4)]
    notices = [notice_of(each) for each in decisions]
    deliveries = [delivery_of(each) for each in notices]
    page = page_of(event, *deliveries, decisions=tuple(decisions), notices=tuple(notices))
    stop = Stop(delivery=deliveries[1].id, reason="held since")
    newer = Superseded(notice=notices[2].id, by=notices[3].id)
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(replace(page, stops=(stop,), superseded=(newer,)))

    waiting = await register.would_replay(Selection(concern=event.concern), judge)
    await lease_all(register)
    done = await carried_out(register, Selection(concern=event.concern))

    assert waiting == {Verdict.WAITS: 3, Verdict.STOPPED: 1}
    assert done.counts == {Verdict.AGAIN: 2, Verdict.STOPPED: 1, Verdict.SUPERSEDED: 1}
    assert set(await lease_all(register, Lane.BULK)) == {deliveries[0].id, deliveries[3].id}


async def test_what_is_a_drills_is_never_sent_again(register: SqlRegister) -> None:
    event = opened(ConcernId("drill:today"))
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(telling(event))
    await lease_all(register)

    assert await register.would_replay(Selection(agency=SURREY), judge) == {}


async def test_who_asked_for_it_when_and_why_stands_in_the_log_and_each_that_went(
    register: SqlRegister,
) -> None:
    (one,) = await sent(register)
    done = await carried_out(register, Selection(concern=one.concern))

    said = "SELECT kind, concern_id, data FROM audit_leaf WHERE kind LIKE '%repl%' ORDER BY seq"
    rows = await look(register, said)

    assert [(kind, concern) for kind, concern, _ in rows] == [
        ("replay.ordered", one.concern),
        ("delivery.replayed", one.concern),
        ("replay.ended", one.concern),
    ]
    ordered, went, ended = (bytes(data) for _, _, data in rows)  # type: ignore[call-overload]
    assert b'"by":"amara"' in ordered
    assert b'"why":"lost"' in ordered
    assert one.id.encode() in went
    assert b'"again":1' in ended
    assert all(done.id.encode() in each for each in (ordered, went, ended))
    assert await register.replays() == (done,)


@pytest.mark.parametrize("most", [1, 2, 100])
async def test_an_order_that_was_broken_off_goes_on_where_it_was(
    register: SqlRegister, most: int
) -> None:
    deliveries = await sent(register, 5)
    one = order(Selection(agency=SURREY))
    await register.order_replay(one)
    await register.go_on_replaying(one.id, judge, 1)
    (half,) = await register.replays()

    while (done := await register.go_on_replaying(one.id, judge, most)) and done.ended is None:
        pass

    assert (half.counts, half.ended) == ({Verdict.AGAIN: 1}, None)
    assert done is not None
    assert done.counts == {Verdict.AGAIN: 5}
    assert await lease_all(register, Lane.BULK) == [each.id for each in deliveries]
    assert await register.go_on_replaying(one.id, judge, most) == done, "ended, it sends no more"
    assert await register.go_on_replaying("no-such-order", judge, most) is None
    assert (await register.depths()).unaccounted == 0


async def test_two_processes_that_carry_out_one_order_queue_each_once(
    postgres_registers: Registers,
) -> None:
    first, second = await postgres_registers.open(), await postgres_registers.open()
    deliveries = await sent(first, 40)
    one = order(Selection(agency=SURREY))
    await first.order_replay(one)

    async def carry_out(register: SqlRegister) -> None:
        while (done := await register.go_on_replaying(one.id, judge, 3)) and done.ended is None:
            pass

    await asyncio.gather(carry_out(first), carry_out(second))

    (done, *_) = await first.replays()
    assert done.counts == {Verdict.AGAIN: 40}
    assert sorted(await lease_all(first, Lane.BULK)) == sorted(each.id for each in deliveries)


async def test_B03_a_result_of_an_earlier_try_that_is_written_late_ends_no_replay(
    register: SqlRegister,
) -> None:
    event = opened()
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(telling(event))
    (first,) = await register.lease(Lane.STANDARD, limit=9, lease_for=MINUTE, worker="w")
    late = Completion(
        leased=first,
        outcome=Accepted(at=LONG_AGO, detail="taken", rung=Rung.SUBMITTED),
        again_at=None,
        costs_attempt=True,
        receipts=(receipt_of(first.delivery, attempt=first.attempt),),
    )
    assert await register.complete([late]) == (True,)
    await carried_out(register, Selection(delivery=first.delivery.id))

    assert await register.complete([late]) == (False,)

    again = await register.lease(Lane.BULK, limit=9, lease_for=MINUTE, worker="w")
    assert [each.delivery.id for each in again] == [first.delivery.id]


async def test_H1_nothing_is_sent_to_a_provider_again_while_anything_is_held_from_it(
    register: SqlRegister,
) -> None:
    event = opened()
    to_the_provider = of_the_provider(telling(event))
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(to_the_provider)
    await lease_all(register)
    (delivery,) = to_the_provider.deliveries
    await carried_out(register, Selection(delivery=delivery.id))
    held = StandingHold(
        party=delivery.party, info=InfoClass.THEMES, kind=HoldKind.H1, reason="police"
    )
    page = replace(page_of(event), version=1, applied=(), holds=frozenset({held}))
    await write(register, page)

    again = await register.lease(Lane.BULK, limit=9, lease_for=MINUTE, worker="w")

    assert held.info not in delivery.classes
    assert (await register.last_look(again)).stopped == {delivery.id: held}


async def test_B03_what_was_sent_once_is_not_said_to_be_unsent_where_its_replay_is_stopped(
    register: SqlRegister,
) -> None:
    (one,) = await sent(register)
    await carried_out(register, Selection(delivery=one.id))
    (again,) = await register.lease(Lane.BULK, limit=9, lease_for=MINUTE, worker="w")

    stopped = Completion(
        leased=again, outcome=None, again_at=None, costs_attempt=False, receipts=()
    )
    assert await register.complete([stopped]) == (True,)

    assert (await register.depths()).queued == 0
    later = await carried_out(register, Selection(delivery=one.id))
    assert later.counts == {Verdict.AGAIN: 1}, "and not: stopped before it was sent"


async def test_an_order_that_has_not_ended_stands_before_all_that_have(
    register: SqlRegister,
) -> None:
    open_still = order(Selection(since=NOW - timedelta(days=1)))
    await register.order_replay(open_still)
    for _ in range(3):
        await carried_out(register, Selection(delivery=DeliveryId("none")))

    assert next(one.id for one in await register.replays(2)) == open_still.id


def of_the_provider(page: Page) -> Page:
    """Return a page with its notice and delivery as they are where the provider is told."""
    (delivery,), (notice,), (decision,) = page.deliveries, page.notices, page.decisions
    party = Party(agency=AgencyId("cqc-provider:1-101"), role=Role.PROVIDER)
    classes = frozenset({InfoClass.PROCESS})
    return replace(
        page,
        decisions=(replace(decision, party=party),),
        notices=(replace(notice, party=party, classes=classes),),
        deliveries=(replace(delivery, party=party, classes=classes),),
    )
