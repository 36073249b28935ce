"""The audit on every register: what is stuck is found, put right once, and nothing else is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Final

import pytest
from sqlalchemy import func, select

from hub.adapters.clock import SystemClock
from hub.adapters.register import tables as t
from hub.adapters.register.sql import SqlRegister
from hub.audit import Audit, Auditor
from hub.notice import Accepted, Leased
from hub.obligation import ObligationKind, ObligationState
from hub.page import StandingHold, Stop
from hub.plan import Tools
from hub.ports import Completion, Stuck
from hub.vocabulary import HoldKind, InfoClass, Lane, Rung, Setback
from tests import worlds
from tests.adapters.planted import PLANTED, YEARS, attempt, late, plant, run, told, write
from tests.builders import LONG_AGO, PLACING, opened, receipt_of, telling

CLOCK: Final = SystemClock()
HOUR: Final = timedelta(hours=1)


@cache
def tools() -> Tools:
    return worlds.tools()


def auditor(
    register: SqlRegister, watched: Callable[[], datetime | None] = lambda: None
) -> Auditor:
    return Auditor(
        register,
        lambda _partnership, directory: replace(tools(), directory=directory),
        CLOCK,
        urgent=lambda name: name == "lead.agency.set",
        watched=watched,
    )


async def leased(register: SqlRegister, limit: int = 200) -> tuple[Leased, ...]:
    return await register.lease(
        Lane.STANDARD, limit=limit, lease_for=timedelta(minutes=15), worker="w"
    )


async def count(register: SqlRegister, kind: str) -> int:
    wanted = select(func.count().label("n")).select_from(t.audit_leaf)
    async with register._database.reading() as wire:
        rows = await wire.rows(wanted.where(t.audit_leaf.c.kind.like(kind)))
    found: int = rows[0]["n"]
    return found


async def test_a_hundred_stuck_rows_are_found_by_one_sweep_and_put_right_by_it(
    register: SqlRegister,
) -> None:
    await plant(register, CLOCK.now())

    first = await auditor(register).sweep()
    second = await auditor(register).sweep()

    assert first.found == first.repaired == PLANTED
    assert sum(PLANTED.values()) == 100
    assert (second.found, second.repaired) == ({}, {})
    depths = await register.depths()
    assert (depths.unaccounted, depths.unaccounted_obligations) == (0, 0)
    assert await count(register, "audit.%") == 100, "each leaves its leaf"


async def test_what_was_put_right_may_be_sent_and_what_was_stopped_never_is(
    register: SqlRegister,
) -> None:
    planted = await plant(register, CLOCK.now())
    await auditor(register).sweep()

    taken = {one.delivery.id for one in await leased(register)}

    ways = (Stuck.NOWHERE, Stuck.LEASED_ON, Stuck.PUT_OFF)
    assert taken == {one for how in ways for one in planted[how]}


async def test_a_try_whose_end_nobody_knows_is_in_doubt_when_its_delivery_is_queued_again(
    register: SqlRegister,
) -> None:
    planted = await plant(register, CLOCK.now())
    await auditor(register).sweep()

    taken = {str(one.delivery.id): one for one in await leased(register)}

    tried, untried = planted[Stuck.NOWHERE][:5], planted[Stuck.NOWHERE][5:]
    assert {(taken[d].maybe_sent, taken[d].attempts, taken[d].token) for d in tried} == {
        (True, 1, 2)
    }
    assert {(taken[d].maybe_sent, taken[d].attempts, taken[d].token) for d in untried} == {
        (False, 0, 1)
    }
    record = await register.notice(taken[tried[0]].delivery.notice)
    assert record is not None
    assert [one.setback for one in record.receipts] == [Setback.IN_DOUBT]


async def test_ladders_nobody_looked_at_are_looked_at_when_their_step_is_due_and_not_before(
    register: SqlRegister,
) -> None:
    planted = await plant(register, CLOCK.now())
    await auditor(register).sweep()

    async with register._database.reading() as wire:
        rows = await wire.rows(
            t.obligation.select().where(t.obligation.c.id.in_(planted[Stuck.UNWATCHED]))
        )
    (due,) = {row["next_at"] - row["anchor"] for row in rows}
    assert due == timedelta(hours=24), "the first step of L7, from its anchor"


async def test_a_refused_urgent_event_that_nobody_heard_of_makes_a_person_look(
    register: SqlRegister,
) -> None:
    await plant(register, CLOCK.now())
    await auditor(register).sweep()

    async with register._database.reading() as wire:
        rows = await wire.rows(
            t.obligation.select().where(t.obligation.c.key.like("urgent event:%"))
        )
    assert len(rows) == PLANTED[Stuck.UNTOLD]
    assert {(row["kind"], row["role"]) for row in rows} == {
        (ObligationKind.PERSON.value, "host authority")
    }


async def test_two_auditors_at_once_put_each_right_once(register: SqlRegister) -> None:
    await plant(register, CLOCK.now())

    swept: list[Audit] = await asyncio.gather(*(auditor(register).sweep() for _ in range(3)))

    done: Counter[Stuck] = Counter()
    for one in swept:
        done.update(one.repaired)
    assert done == PLANTED
    assert await count(register, "audit.%") == 100


async def test_what_merely_waits_is_left_alone(register: SqlRegister) -> None:
    """In a worker's hands, waiting for a retry, finished, stopped, held, or climbing in time."""
    now = CLOCK.now()
    pages = told(6)
    await write(register, *pages)
    ids = [page.deliveries[0].id for _, page in pages]
    (mine,) = await leased(register, 1)
    (done,) = await leased(register, 1)
    accepted = Accepted(at=LONG_AGO, detail="taken", rung=Rung.SUBMITTED)
    await register.complete(
        [
            Completion(
                leased=done,
                outcome=accepted,
                again_at=None,
                costs_attempt=True,
                receipts=(receipt_of(done.delivery),),
            )
        ]
    )
    left = [one for one in ids if one not in {mine.delivery.id, done.delivery.id}]
    q = t.delivery_queue
    await run(register, q.update().where(q.c.delivery_id == left[0]).values(next_at=now + HOUR))
    # A row that was taken away under a worker who may be sending it now.
    await run(register, t.attempt.insert(), attempt(left[1], now))
    await run(register, q.delete().where(q.c.delivery_id == left[1]))
    stop = {"delivery_id": left[2], "concern_id": "any", "reason": "a hold", "at": now}
    await run(register, t.stop.insert(), stop)
    await run(register, q.delete().where(q.c.delivery_id == left[2]))

    audit = await auditor(register).sweep()

    assert (audit.found, audit.repaired) == ({}, {})


async def test_a_hold_that_stands_still_stops_what_was_queued_again(register: SqlRegister) -> None:
    event = opened()
    hold = StandingHold(party=PLACING, info=InfoClass.PROCESS, kind=HoldKind.H1, reason="police")
    page = replace(telling(event), holds=frozenset({hold}))
    await write(register, (event, page))
    q = t.delivery_queue
    await run(register, q.delete())

    await auditor(register).sweep()

    (one,) = await leased(register)
    assert (await register.last_look([one])).stopped == {one.delivery.id: hold}


async def test_a_stop_that_comes_between_finding_and_mending_stands(register: SqlRegister) -> None:
    event = opened()
    page = telling(event)
    await write(register, (event, page))
    await run(register, t.delivery_queue.delete())
    found = await register.strays(10)

    stop = Stop(delivery=page.deliveries[0].id, reason="held since")
    async with register.entry() as entry:
        standing = (await entry.standing([page.id]))[page.id]
        bare = replace(page, version=standing.version, applied=(), decisions=(), notices=())
        await entry.write(replace(bare, deliveries=(), stops=(stop,)))

    assert [one.how for one in found] == [Stuck.NOWHERE]
    assert await register.put_right(found) == ()
    assert await leased(register) == ()


async def test_a_ladder_held_too_long_apart_is_looked_at_now_and_stays_held(
    register: SqlRegister,
) -> None:
    planted = await plant(register, CLOCK.now())
    one = planted[Stuck.UNWATCHED][1]
    held = t.obligation.update().where(t.obligation.c.id == one)
    await run(register, held.values(state=ObligationState.HELD.value, next_at=CLOCK.now() + YEARS))

    await auditor(register).sweep()

    found = {owed.id: owed for owed in await register.climbing(50)}
    climb = found[one].climb
    assert climb is not None
    assert (climb.state, climb.step) == (ObligationState.HELD, 0)


@pytest.mark.parametrize("looked", [False, True])
async def test_what_a_watch_looked_at_in_vain_is_a_persons_and_else_it_is_still_the_watchs(
    register: SqlRegister, looked: bool
) -> None:
    now = CLOCK.now()
    ids = await late(register, 5, now)
    seen: list[datetime | None] = [None]
    audits = auditor(register, lambda: seen[0])

    first = await audits.sweep()
    seen[0] = CLOCK.now() if looked else now - HOUR
    second = await audits.sweep()
    third = await audits.sweep()

    assert (first.found, first.repaired) == ({Stuck.LATE: 5}, {})
    assert second.repaired == ({Stuck.LATE: 5} if looked else {})
    assert third.repaired == {}, "a person is asked once"
    async with register._database.reading() as wire:
        asked = await wire.rows(t.obligation.select().where(t.obligation.c.key.like("%#audit")))
    assert len(asked) == (len(ids) if looked else 0)
