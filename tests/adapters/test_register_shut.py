"""What waits behind a closed webhook is out of the way, and nothing of it is ever left behind.

Each race that could leave a row behind is here: beside the insert, the closing, the opening, the
look, a row that is in hand or locked (decision 0039).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from hub.adapters.register import shut
from hub.adapters.register import tables as t
from hub.adapters.register.due import found_due
from hub.adapters.register.sql import SqlRegister
from hub.directory import Endpoint
from hub.notice import Accepted, Deferred, Delivery, Leased, Outcome, Refused, RefusedBecause
from hub.page import Page, Stop
from hub.ports import Completion
from hub.vocabulary import EndpointId, Lane, Rung
from tests.adapters.by_hand import look
from tests.adapters.conftest import Registers
from tests.builders import (
    LONG_AGO,
    directory,
    notice_of,
    opened,
    page_of,
    receipt_of,
    told,
    webhook_of,
)

HOOK = EndpointId("surrey-hook")
OTHER = EndpointId("east-sussex-hook")
ACCEPTED = Accepted(at=LONG_AGO, detail="taken", rung=Rung.SUBMITTED)
DEFERRED = Deferred(at=LONG_AGO, detail="try later")
GONE = Refused(at=LONG_AGO, detail="410", because=RefusedBecause.GONE)
MINUTE = timedelta(minutes=1)
Q = t.delivery_queue


async def queued(
    register: SqlRegister, many: int = 1, hook: EndpointId = HOOK
) -> Sequence[Delivery]:
    """Write so many notices of one concern to one party, by its webhook."""
    event = opened()
    decisions = [told(event) for _ in range(many)]
    notices = [notice_of(each) for each in decisions]
    hooks = [webhook_of(each, target=hook, dest=f"webhook:{hook}") for each in notices]
    page = page_of(event, *hooks, decisions=tuple(decisions), notices=tuple(notices))
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)
    return hooks


async def close(register: SqlRegister, hook: EndpointId = HOOK, *, parked: bool = True) -> None:
    await register.put_endpoint(await endpoint(register, hook, parked=parked))


async def endpoint(register: SqlRegister, hook: EndpointId = HOOK, *, parked: bool) -> Endpoint:
    known = (await register.directory()).endpoint(hook) or directory().endpoints[0]
    return replace(known, id=hook, parked=parked)


async def flagged(register: SqlRegister) -> list[str]:
    """Return what is out of the index of what is due, oldest first."""
    async with register._database.reading() as wire:
        rows = await wire.rows(select(Q.c.delivery_id).where(Q.c.shut).order_by(Q.c.seq))
    return [row["delivery_id"] for row in rows]


async def flag(register: SqlRegister, delivery: Delivery, *, shut: bool) -> None:
    async with register._database.writing("by hand") as wire:
        await wire.run(update(Q).where(Q.c.delivery_id == delivery.id).values(shut=shut))


async def lease(register: SqlRegister, worker: str = "worker") -> tuple[Leased, ...]:
    return await register.lease(Lane.STANDARD, limit=100, lease_for=MINUTE, worker=worker)


async def finds_due(register: SqlRegister) -> bool:
    async with register._database.reading() as wire:
        return await found_due(wire, register._database, Lane.STANDARD, (), 100) is not None


def brought(leased: Leased, outcome: Outcome = ACCEPTED) -> Completion:
    rung = outcome.rung if isinstance(outcome, Accepted) else None
    receipts = (receipt_of(leased.delivery, attempt=leased.attempt, rung=rung),)
    return Completion(
        leased=leased,
        outcome=outcome,
        again_at=LONG_AGO if isinstance(outcome, Deferred) else None,
        costs_attempt=True,
        receipts=receipts if rung else (),
    )


async def drained(register: SqlRegister) -> list[str]:
    """Lease and complete until nothing is due; return what went, in order."""
    went: list[str] = []
    while leased := await lease(register):
        went += [each.delivery.id for each in leased]
        await register.complete([brought(each) for each in leased])
    return went


def ids(*some: Delivery) -> list[str]:
    return [each.id for each in some]


async def test_what_waits_behind_a_closed_webhook_is_not_due_and_goes_in_order_once_it_is_open(
    register: SqlRegister,
) -> None:
    rows = await queued(register, 3)

    await close(register)
    while_closed = await flagged(register), await finds_due(register), await register.next_due()
    await close(register, parked=False)

    assert while_closed == (ids(*rows), False, None)
    assert await flagged(register) == []
    assert await drained(register) == ids(*rows)


async def test_a_webhook_that_says_it_is_gone_takes_its_rows_out_of_the_way_at_once(
    register: SqlRegister,
) -> None:
    await close(register, parked=False)
    rows = await queued(register, 3)
    (tried,) = await lease(register)

    await register.complete([brought(tried, GONE)])

    assert await flagged(register) == ids(*rows)
    assert not await finds_due(register)


async def test_what_is_queued_for_a_closed_webhook_is_put_aside_by_the_next_look_and_never_sent(
    register: SqlRegister,
) -> None:
    await close(register)
    rows = await queued(register, 2)
    before = await finds_due(register), await lease(register)

    looks = [await register.keep_apart() for _ in range(2)]

    assert before == (True, ())
    assert looks == [2, 0]
    assert (await flagged(register), await finds_due(register)) == (ids(*rows), False)
    await close(register, parked=False)
    assert await drained(register) == ids(*rows)


@pytest.mark.parametrize("known", [True, False])
async def test_what_is_put_aside_though_its_webhook_is_open_or_gone_is_freed_by_the_next_look(
    register: SqlRegister, *, known: bool
) -> None:
    if known:
        await close(register, parked=False)
    (row,) = await queued(register)
    await flag(register, row, shut=True)
    assert await lease(register) == ()
    await register.wake(0.0)

    looks = [await register.keep_apart() for _ in range(2)]

    assert looks == [1, 0]
    async with asyncio.timeout(20):
        await register.wake(3_600.0)  # It rings: nobody waits for the next poll.
    assert await drained(register) == ids(row)


async def test_what_an_open_webhook_has_put_aside_is_freed_though_one_before_it_is_closed(
    register: SqlRegister,
) -> None:
    for hook in (HOOK, OTHER):
        await close(register, hook, parked=False)
    mine, theirs = await queued(register), await queued(register, hook=OTHER)
    await close(register, OTHER)
    await flag(register, *mine, shut=True)

    assert await register.keep_apart() == 1

    assert await flagged(register) == ids(*theirs)
    assert await drained(register) == ids(*mine)


async def test_no_send_rests_on_the_flag(register: SqlRegister) -> None:
    (row,) = await queued(register)
    await close(register)
    await flag(register, row, shut=False)

    assert await lease(register) == ()
    assert await register.next_due() is None


async def test_one_webhook_closes_and_the_rows_of_the_others_go_on(register: SqlRegister) -> None:
    for hook in (HOOK, OTHER):
        await close(register, hook, parked=False)
    mine, theirs = await queued(register, 2), await queued(register, 2, OTHER)

    await close(register)
    await close(register, OTHER)
    await close(register, OTHER, parked=False)

    assert await flagged(register) == ids(*mine)
    assert await drained(register) == ids(*theirs)
    assert await register.keep_apart() == 0


@pytest.mark.parametrize("at_once", [1, 2, 5])
async def test_of_many_that_waited_each_goes_in_order_however_few_one_transaction_moves(
    register: SqlRegister, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    rows = await queued(register, 5)
    monkeypatch.setattr(shut, "AT_ONCE", at_once)

    await close(register)
    put_aside = await flagged(register)
    await close(register, parked=False)

    assert put_aside == ids(*rows)
    assert await flagged(register) == []
    assert await drained(register) == ids(*rows)


async def test_what_the_oldest_waits_for_no_younger_notice_to_the_same_party_overtakes(
    register: SqlRegister,
) -> None:
    older, younger = await queued(register, 2)
    await flag(register, older, shut=True)

    assert await lease(register) == ()
    assert await register.keep_apart() == 1
    assert await drained(register) == ids(older, younger)


@pytest.mark.parametrize("outcome", [DEFERRED, ACCEPTED])
async def test_what_is_in_hand_while_its_webhook_closes_comes_to_its_end(
    register: SqlRegister, outcome: Outcome
) -> None:
    await close(register, parked=False)
    (gone,), (other,) = await queued(register), await queued(register)
    first, second = await lease(register)

    await register.complete([brought(first, GONE)])
    await register.complete([brought(second, outcome)])
    await register.keep_apart()
    meanwhile = await lease(register)
    await close(register, parked=False)

    assert meanwhile == ()
    assert await drained(register) == ids(gone, *([other] if outcome is DEFERRED else []))


async def test_what_a_lost_worker_had_in_hand_while_its_webhook_was_closed_goes_once_it_is_open(
    register: SqlRegister,
) -> None:
    (row,) = await queued(register)
    await register.lease(Lane.STANDARD, limit=1, lease_for=-MINUTE, worker="lost")
    await close(register)
    await register.keep_apart()

    await close(register, parked=False)

    (again,) = await lease(register)
    assert (again.delivery.id, again.token, again.maybe_sent) == (row.id, 2, True)


async def test_a_closed_webhook_s_rows_are_counted_as_such_whether_put_aside_yet_or_not(
    register: SqlRegister,
) -> None:
    await queued(register)
    await close(register)
    await queued(register)

    before = await register.depths()
    await register.keep_apart()
    after = await register.depths()

    assert (before.queued, before.behind_closed, before.stalled) == (2, 2, 0)
    assert after == before


async def test_B02_what_a_hold_stopped_while_its_webhook_was_closed_does_not_go_when_it_is_open(
    register: SqlRegister,
) -> None:
    stopped, other = await queued(register, 2)
    await close(register)

    async with register.entry() as entry:
        standing = (await entry.standing([stopped.concern]))[stopped.concern]
        page = Page(
            id=stopped.concern,
            concern=standing.concern,
            version=standing.version,
            at=LONG_AGO,
            stops=(Stop(delivery=stopped.id, reason="H1"),),
        )
        await entry.write(page)
    await close(register, parked=False)

    assert await drained(register) == ids(other)


async def test_opening_a_webhook_and_freeing_what_waited_is_one_commit(
    register: SqlRegister,
) -> None:
    rows = await queued(register, 2)
    await close(register)
    open_again = await endpoint(register, parked=False)

    async with register._database.writing("by hand") as wire:
        await register._agencies.put(wire, open_again, await register._database.now(wire))

    assert await flagged(register) == []
    assert await drained(register) == ids(*rows)


# Of two that are at it at the same time, on the database where that can be


async def put_while_another_looks(mine: SqlRegister, put: Endpoint, other: SqlRegister) -> int:
    """Put an endpoint; before its commit another begins to look. Return how many it moved."""
    async with asyncio.timeout(30):
        async with mine._database.writing("by hand") as wire:
            await mine._agencies.put(wire, put, await mine._database.now(wire))
            looks = asyncio.create_task(other.keep_apart())
            while not await look(mine, WAITING):
                assert not looks.done()
        return await looks


async def test_what_is_queued_beside_the_closing_is_put_aside_and_freed_with_the_others(
    postgres_registers: Registers,
) -> None:
    mine, other = await postgres_registers.open(), await postgres_registers.open()
    await close(mine, parked=False)
    (first,) = await queued(mine)
    event = opened()
    decision = told(event)
    notice = notice_of(decision)
    hook = webhook_of(notice)
    async with mine.entry() as entry:
        await entry.take([event])
        await entry.write(page_of(event, hook, decisions=(decision,), notices=(notice,)))
        await close(other)

    closed = await flagged(mine), await mine.keep_apart(), await flagged(mine)
    await close(other, parked=False)

    assert closed == (ids(first), 1, ids(first, hook))
    assert await drained(mine) == ids(first, hook)


async def test_a_look_that_began_while_a_webhook_was_closed_puts_nothing_aside_once_it_is_open(
    postgres_registers: Registers,
) -> None:
    mine, other = await postgres_registers.open(), await postgres_registers.open()
    await close(mine)
    (row,) = await queued(mine)
    open_again = await endpoint(mine, parked=False)

    assert await put_while_another_looks(mine, open_again, other) == 0

    assert await flagged(mine) == []
    assert await drained(mine) == ids(row)


async def test_a_look_that_began_before_a_webhook_closed_frees_nothing_of_it(
    postgres_registers: Registers,
) -> None:
    mine, other = await postgres_registers.open(), await postgres_registers.open()
    await close(mine, parked=False)
    (row,) = await queued(mine)
    await flag(mine, row, shut=True)
    closed = await endpoint(mine, parked=True)

    assert await put_while_another_looks(mine, closed, other) == 0

    assert await flagged(mine) == ids(row)


async def test_nobody_who_opens_a_webhook_waits_for_a_row_and_the_next_look_frees_what_was_locked(
    postgres_registers: Registers,
) -> None:
    mine, other = await postgres_registers.open(), await postgres_registers.open()
    rows = await queued(mine, 2)
    await close(mine)

    async with asyncio.timeout(30), other._database.writing("by hand") as wire:
        await wire.rows(select(Q).order_by(Q.c.seq).limit(1).with_for_update())
        await close(mine, parked=False)
        left = await flagged(mine), await lease(mine)
    looked = await mine.keep_apart()

    assert left == (ids(rows[0]), ()), "the younger does not go before it"
    assert looked == 1
    assert await drained(mine) == ids(*rows)


async def test_two_workers_that_find_a_webhook_gone_at_once_both_write_so(
    postgres_registers: Registers,
) -> None:
    registers = [await postgres_registers.open() for _ in range(4)]
    await close(registers[0], parked=False)
    for round_ in range(10):
        rows = [(await queued(registers[0]))[0] for _ in range(4)]
        leased = await lease(registers[0], f"worker {round_}")

        async with asyncio.timeout(60):
            stood = await asyncio.gather(
                *(
                    register.complete([brought(each, GONE)])
                    for register, each in zip(registers, leased, strict=True)
                )
            )
        await registers[0].keep_apart()
        put_aside = await flagged(registers[0])
        await close(registers[1], parked=False)

        assert stood == [(True,)] * 4
        assert put_aside == ids(*rows)
        assert sorted(await drained(registers[0])) == sorted(ids(*rows))


async def test_whoever_closes_opens_queues_and_looks_at_once_leaves_nothing_behind(
    postgres_registers: Registers,
) -> None:
    closer, opener, writer, looker = [await postgres_registers.open() for _ in range(4)]
    await close(closer, parked=False)
    rows: list[Delivery] = []

    async def writes() -> None:
        for _ in range(20):
            rows.extend(await queued(writer))

    async def closes(register: SqlRegister, *, parked: bool) -> None:
        for _ in range(20):
            await close(register, parked=parked)

    async def looks() -> None:
        for _ in range(20):
            await looker.keep_apart()
            await lease(looker)

    async with asyncio.timeout(120):
        await asyncio.gather(
            writes(), closes(closer, parked=True), closes(opener, parked=False), looks()
        )
        await close(opener, parked=False)
        await looker.keep_apart()

    assert await flagged(looker) == []
    leased_once = {each.delivery.id for each in await lease(opener)}
    async with looker._database.reading() as wire:
        held = await wire.rows(select(Q.c.delivery_id).where(Q.c.worker.is_not(None)))
    assert leased_once <= {row["delivery_id"] for row in held} == set(ids(*rows))


WAITING = """
    SELECT pid FROM pg_locks
    WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
