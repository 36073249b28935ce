"""Many processes on one PostgreSQL: each row is one worker's, each concern one planner's."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from hub.adapters.register.sql import SqlRegister
from hub.closure import Attestation
from hub.leaf import leaf
from hub.notice import Accepted, Leased
from hub.page import Page, Stop
from hub.ports import AlreadyAttested, Completion, Taking
from hub.vocabulary import ConcernId, Lane, Rung
from tests.adapters.by_hand import look
from tests.adapters.conftest import Registers
from tests.builders import (
    LONG_AGO,
    fresh,
    lead_agency_set,
    obligation_of,
    opened,
    page_of,
    receipt_of,
    telling,
)

ACCEPTED = Accepted(at=LONG_AGO, detail="taken", rung=Rung.SUBMITTED)
OVER = timedelta(seconds=-1)
WAITING = (
    "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) "
    "WHERE NOT granted AND datname = current_database()"
)
"""Somebody waits here for what another has locked."""


async def written(register: SqlRegister, many: int) -> list[Page]:
    events = [opened() for _ in range(many)]
    pages = [telling(event) for event in events]
    async with register.entry() as entry:
        await entry.take(events)
        await entry.standing([event.concern for event in events])
        for page in pages:
            await entry.write(page)
    return pages


def done(leased: Leased) -> Completion:
    return Completion(
        leased=leased,
        outcome=ACCEPTED,
        again_at=None,
        costs_attempt=True,
        receipts=(receipt_of(leased.delivery, attempt=leased.attempt),),
    )


async def lease(register: SqlRegister, limit: int, lease_for: timedelta) -> tuple[Leased, ...]:
    return await register.lease(Lane.STANDARD, limit=limit, lease_for=lease_for, worker="w")


async def test_workers_at_once_never_lease_the_same_row(postgres_registers: Registers) -> None:
    registers = [await postgres_registers.open() for _ in range(4)]
    pages = await written(registers[0], 60)

    async def work(register: SqlRegister) -> list[Leased]:
        mine: list[Leased] = []
        while leased := await lease(register, 7, timedelta(minutes=1)):
            mine += leased
        return mine

    taken = [each for got in await asyncio.gather(*map(work, registers)) for each in got]

    times = Counter(each.delivery.id for each in taken)
    assert set(times) == {page.deliveries[0].id for page in pages}
    assert set(times.values()) == {1}
    assert all(each.token == 1 for each in taken)


async def test_of_workers_whose_leases_run_out_only_the_last_counts(
    postgres_registers: Registers,
) -> None:
    registers = [await postgres_registers.open() for _ in range(4)]
    await written(registers[0], 10)

    async def work(register: SqlRegister) -> list[bool]:
        kept: list[bool] = []
        for _ in range(5):
            leased = await lease(register, 10, OVER)
            kept += await register.complete([done(each) for each in leased])
        return kept

    kept = [each for got in await asyncio.gather(*map(work, registers)) for each in got]

    assert kept.count(True) == 10
    depths = await registers[0].depths()
    assert (depths.queued, depths.leased, depths.unaccounted) == (0, 0, 0)
    ends = await look(
        registers[0],
        "SELECT delivery_id FROM attempt WHERE outcome = 'accepted' AND NOT fenced",
    )
    assert len(ends) == len(set(ends)) == 10
    assert await look(registers[0], "SELECT 1 FROM attempt WHERE outcome IS NULL") == []


async def test_a_result_beside_a_new_lease_waits_for_it_and_is_fenced(
    postgres_registers: Registers,
) -> None:
    one, other = await postgres_registers.open(), await postgres_registers.open()
    await written(one, 1)
    (late,) = await lease(one, 1, OVER)

    # As a lease of another worker does that has not committed yet.
    async with other._database.writing("by hand") as wire:
        await wire.run(text("UPDATE delivery_queue SET token = token + 1"))
        result = asyncio.create_task(one.complete([done(late)]))
        while not await look(other, WAITING):
            assert not result.done()

    assert await result == (False,)
    assert (await one.depths()).unaccounted == 0
    assert await look(one, "SELECT count(*) FROM delivery_queue") == [(1,)]


async def test_what_is_read_as_one_moment_is_of_one_though_others_write_meanwhile(
    postgres_registers: Registers,
) -> None:
    one, other = await postgres_registers.open(), await postgres_registers.open()
    count = text("SELECT count(*) AS many FROM delivery")
    await written(other, 1)

    async with one._database.snapshot() as wire:
        before = (await wire.rows(count))[0]["many"]
        await written(other, 3)
        after = (await wire.rows(count))[0]["many"]

    assert after == before == 1
    assert await look(one, "SELECT count(*) FROM delivery") == [(4,)]


async def test_one_concern_has_one_planner_at_a_time(postgres_registers: Registers) -> None:
    registers = [await postgres_registers.open() for _ in range(4)]
    event = opened()
    async with registers[0].entry() as entry:
        await entry.take([event])
        await entry.write(page_of(event))

    async def plan(register: SqlRegister) -> None:
        for _ in range(5):
            async with register.entry() as entry:
                standing = (await entry.standing([event.concern]))[event.concern]
                await entry.write(page_of(event, version=standing.version, applied=()))

    await asyncio.gather(*map(plan, registers))

    record = await registers[0].concern(event.concern)
    assert record is not None
    assert record.standing.version == 21


async def test_a_concern_is_locked_before_it_has_a_row(postgres_registers: Registers) -> None:
    registers = [await postgres_registers.open() for _ in range(4)]
    concern = ConcernId(fresh("concern"))
    events = [opened(concern), *(lead_agency_set(concern) for _ in range(3))]

    async def plan(register: SqlRegister, number: int) -> None:
        async with register.entry() as entry:
            await entry.take([events[number]])
            standing = (await entry.standing([concern]))[concern]
            whole = page_of(events[0], version=standing.version, applied=())
            await entry.write(whole)

    await asyncio.gather(*(plan(register, n) for n, register in enumerate(registers)))

    record = await registers[0].concern(concern)
    assert record is not None
    assert record.standing.version == 4


async def test_the_same_events_in_any_order_are_each_new_to_one_process(
    postgres_registers: Registers,
) -> None:
    registers = [await postgres_registers.open() for _ in range(4)]
    events = [opened() for _ in range(40)]
    orders = [events, events[::-1], events[20:] + events[:20], events[::2] + events[1::2]]
    concerns = [event.concern for event in events]

    async def take(register: SqlRegister, number: int) -> tuple[Taking, ...]:
        async with register.entry() as entry:
            taken = await entry.take(orders[number])
            await entry.standing(concerns[number:] + concerns[:number])
            return taken

    answers = await asyncio.gather(*(take(register, n) for n, register in enumerate(registers)))

    every = Counter(taking for answer in answers for taking in answer)
    assert every == {Taking.NEW: 40, Taking.DUPLICATE: 120}


async def test_stops_and_results_at_once_leave_every_delivery_accounted_for(
    postgres_registers: Registers,
) -> None:
    one, other = await postgres_registers.open(), await postgres_registers.open()
    pages = await written(one, 30)
    leased = await lease(one, 100, timedelta(minutes=1))

    async def stop() -> None:
        for page in reversed(pages):
            async with other.entry() as entry:
                await entry.standing([page.id])
                stops = (Stop(delivery=page.deliveries[0].id, reason="H1"),)
                owed = (obligation_of(page.id, key="same"),)
                await entry.write(
                    replace(
                        page,
                        version=1,
                        applied=(),
                        decisions=(),
                        notices=(),
                        deliveries=(),
                        stops=stops,
                        obligations=owed,
                    )
                )

    async def finish() -> list[bool]:
        kept: list[bool] = []
        for start in range(0, 30, 5):
            batch = [
                replace(done(each), obligations=(obligation_of(each.delivery.concern, key="same"),))
                for each in leased[start : start + 5]
            ]
            kept += await one.complete(batch)
        return kept

    _, kept = await asyncio.gather(stop(), finish())

    assert len(kept) == 30
    depths = await one.depths()
    assert (depths.queued, depths.leased, depths.unaccounted) == (0, 0, 0)
    assert depths.open_obligations == 30


async def test_a_nonce_and_a_confirmation_are_one_processs_alone(
    postgres_registers: Registers,
) -> None:
    registers = [await postgres_registers.open() for _ in range(4)]
    (page,) = await written(registers[0], 1)

    async def attest(register: SqlRegister) -> bool:
        attestation = Attestation(
            id=fresh("attestation"), concern=page.id, by="A", role="LEO", at=LONG_AGO, reached=()
        )
        try:
            async with register.entry() as entry:
                await entry.attest(attestation, leaf("closure.attested", LONG_AGO, page.id))
        except AlreadyAttested:
            return False
        return True

    seen = await asyncio.gather(*(r.seen_nonce("surrey", "n1", LONG_AGO) for r in registers))
    attested = await asyncio.gather(*map(attest, registers))

    assert sorted(seen) == [False, True, True, True]
    assert sorted(attested) == [False, False, False, True]
    assert await look(registers[0], "SELECT count(*) FROM audit_leaf") == [(1,)]


async def test_work_wakes_another_process(postgres_registers: Registers) -> None:
    writer, waiter = await postgres_registers.open(), await postgres_registers.open()
    await waiter.wake(0.01)

    await written(writer, 1)

    await asyncio.wait_for(waiter.wake(60), 20)


async def test_a_listener_that_was_cut_off_rings_and_listens_again(
    postgres_registers: Registers,
) -> None:
    writer, waiter = await postgres_registers.open(), await postgres_registers.open()
    await waiter.wake(0.01)
    await look(
        writer,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    )

    await asyncio.wait_for(waiter.wake(60), 20)

    waiter._bell._next_try = 0.0
    await waiter.wake(0.01)
    await written(writer, 1)
    await asyncio.wait_for(waiter.wake(60), 20)
