"""The register's contract: what a silent process had in hand is free, and what it says late."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from hub.adapters.register.sql import SqlRegister
from hub.adapters.register.tables import delivery_queue
from hub.adapters.register.workers import worker
from hub.notice import Accepted, Leased
from hub.ports import Completion, RegisterAway
from hub.ports.workers import MISSED, SILENT, Beat
from hub.receipt import Receipt
from hub.vocabulary import Lane, Rung, Setback
from tests.adapters.by_hand import look
from tests.adapters.conftest import Registers
from tests.builders import LONG_AGO, opened, receipt_of, telling

ROLES = ("deliver", "watch")
SECOND = timedelta(seconds=1)


async def queued(register: SqlRegister, many: int = 1) -> None:
    events = [opened() for _ in range(many)]
    async with register.entry() as entry:
        await entry.take(events)
        for event in events:
            await entry.write(telling(event))


async def lease(register: SqlRegister, by: str, limit: int = 9) -> tuple[Leased, ...]:
    long = timedelta(minutes=15)
    return await register.lease(Lane.STANDARD, limit=limit, lease_for=long, worker=by)


async def put_back(
    register: SqlRegister, name: str, *, seen: timedelta, since: timedelta | None = None
) -> None:
    """Let a process have been heard of so much earlier, as if time had gone on since."""
    async with register._database.writing("put back") as wire:
        now = await register._database.now(wire)
        values = {"seen": now - seen} | ({} if since is None else {"since": now - since})
        await wire.run(worker.update().where(worker.c.id == name).values(values))


async def one_dead_one_trusted(register: SqlRegister) -> None:
    """Let `dead` have fallen silent, and `living` have been heard long enough to say so."""
    await register.alive("dead", ROLES)
    await register.alive("living", ROLES)
    await put_back(register, "dead", seen=SILENT + SECOND)
    await put_back(register, "living", seen=SECOND, since=SILENT + SECOND)


def done(leased: Leased) -> Completion:
    return Completion(
        leased=leased,
        outcome=Accepted(at=LONG_AGO, detail="taken", rung=Rung.SUBMITTED),
        again_at=None,
        costs_attempt=True,
        receipts=(receipt_of(leased.delivery, attempt=leased.attempt),),
    )


async def receipts(register: SqlRegister, leased: Leased) -> tuple[Receipt, ...]:
    record = await register.notice(leased.delivery.notice)
    assert record is not None
    return record.receipts


async def test_what_a_dead_process_had_in_hand_is_leased_at_once_and_is_in_doubt(
    register: SqlRegister,
) -> None:
    await queued(register, 3)
    in_hand = await lease(register, "dead")
    await one_dead_one_trusted(register)

    beat = await register.alive("living", ROLES)
    again = await lease(register, "living")

    assert beat == Beat(lost=("dead",), released=3)
    assert {one.delivery.id for one in again} == {one.delivery.id for one in in_hand}
    assert [one.delivery.sha256 for one in again] == [one.delivery.sha256 for one in in_hand]
    assert all(one.maybe_sent and one.token == 2 and one.attempts == 1 for one in again)
    for one in again:
        (in_doubt,) = await receipts(register, one)
        assert in_doubt.setback is Setback.IN_DOUBT
    assert await look(register, "SELECT id FROM worker ORDER BY id") == [("living",)]


async def test_a_stopped_process_that_goes_on_is_fenced_and_its_evidence_is_kept(
    register: SqlRegister,
) -> None:
    await queued(register)
    (late,) = await lease(register, "dead")
    await one_dead_one_trusted(register)
    await register.alive("living", ROLES)
    (again,) = await lease(register, "living")

    assert (await register.last_look([late])).stopped == {late.delivery.id: None}
    assert await register.complete([done(late)]) == (False,)
    assert await register.complete([done(again)]) == (True,)

    kept = [(one.attempt, one.rung, one.fenced) for one in await receipts(register, again)]
    assert (late.attempt, Rung.SUBMITTED, True) in kept
    assert (again.attempt, Rung.SUBMITTED, False) in kept
    depths = await register.depths()
    assert (depths.queued, depths.leased, depths.unaccounted) == (0, 0, 0)


async def test_a_late_result_counts_while_nobody_else_has_leased(register: SqlRegister) -> None:
    await queued(register)
    (late,) = await lease(register, "dead")
    await one_dead_one_trusted(register)
    await register.alive("living", ROLES)

    assert await register.complete([done(late)]) == (True,)

    assert await lease(register, "living") == ()


async def test_who_lives_keeps_what_it_has(register: SqlRegister) -> None:
    await queued(register)
    await lease(register, "busy")
    await register.alive("busy", ROLES)
    await put_back(register, "busy", seen=SILENT - 2 * SECOND)
    await register.alive("living", ROLES)
    await put_back(register, "living", seen=SECOND, since=SILENT + SECOND)

    assert await register.alive("living", ROLES) == Beat()

    assert await lease(register, "living") == ()


@pytest.mark.parametrize("away", [MISSED + SECOND, SILENT + SECOND])
async def test_after_the_register_was_away_nobody_takes_anything_from_anybody(
    register: SqlRegister, away: timedelta
) -> None:
    await queued(register)
    await lease(register, "other")
    for name in ("other", "first back"):
        await register.alive(name, ROLES)
        await put_back(register, name, seen=max(away, SILENT) + SECOND, since=timedelta(hours=1))

    assert await register.alive("first back", ROLES) == Beat()
    assert await register.alive("other", ROLES) == Beat()

    assert await lease(register, "first back") == ()


async def test_who_has_just_begun_waits_as_long_as_silence_takes(register: SqlRegister) -> None:
    await queued(register)
    await lease(register, "dead")
    await register.alive("dead", ROLES)
    await put_back(register, "dead", seen=timedelta(hours=1))

    assert await register.alive("begun", ROLES) == Beat()

    await put_back(register, "begun", seen=SECOND, since=SILENT + SECOND)
    assert (await register.alive("begun", ROLES)).released == 1


async def test_who_ends_gives_up_at_once_what_it_could_not_write(register: SqlRegister) -> None:
    await queued(register)
    await register.alive("ending", ROLES)
    await lease(register, "ending")

    await register.ended("ending")

    (again,) = await lease(register, "next")
    assert again.maybe_sent
    assert await look(register, "SELECT id FROM worker") == []


async def test_of_those_that_live_the_longest_in_a_role_is_first(register: SqlRegister) -> None:
    for name, roles, minutes in (
        ("gone", {"watch"}, 9),
        ("oldest", {"intake"}, 8),
        ("older", {"watch", "web"}, 7),
        ("newer", {"watch"}, 6),
    ):
        await register.alive(name, roles)
        since = timedelta(minutes=minutes)
        seen = SILENT + SECOND if name == "gone" else SECOND
        await put_back(register, name, seen=seen, since=since)

    first = [n for n in ("gone", "oldest", "older", "newer") if await register.is_first(n, "watch")]

    assert first == ["older"]
    assert await register.is_first("anybody", "inbox")


async def test_many_that_find_the_same_dead_release_each_delivery_once(
    postgres_registers: Registers,
) -> None:
    registers = [await postgres_registers.open() for _ in range(4)]
    dead = await postgres_registers.open()
    await queued(registers[0], 40)
    await lease(dead, "dead", 40)
    await one_dead_one_trusted(dead)
    for number in range(4):
        await registers[0].alive(f"w{number}", ROLES)
        await put_back(registers[0], f"w{number}", seen=SECOND, since=SILENT + SECOND)

    beats = await asyncio.gather(*(r.alive(f"w{n}", ROLES) for n, r in enumerate(registers)))

    assert sum(beat.released for beat in beats) == 40
    assert (await registers[0].depths()).leased == 0


async def test_what_the_silent_one_is_writing_at_this_moment_is_left_to_it(
    postgres_registers: Registers,
) -> None:
    mine, other = await postgres_registers.open(), await postgres_registers.open()
    await queued(mine, 2)
    await lease(mine, "dead")
    await one_dead_one_trusted(mine)

    async with other._database.writing("by hand") as wire:
        await wire.rows(
            delivery_queue.select().order_by(delivery_queue.c.seq).limit(1).with_for_update()
        )
        first = await mine.alive("living", ROLES)
    second = await mine.alive("living", ROLES)

    assert (first.released, first.locked) == (1, True)
    assert (second.released, second.locked) == (1, False)


async def test_a_process_stopped_in_the_middle_of_a_transaction_holds_no_lock(
    postgres_registers: Registers,
) -> None:
    mine, stopped = await postgres_registers.open(), await postgres_registers.open()
    await queued(mine, 2)
    await stopped.alive("dead", ROLES)
    await lease(stopped, "dead")
    await mine.alive("living", ROLES)
    await put_back(mine, "dead", seen=SILENT + SECOND)
    await put_back(mine, "living", seen=SECOND, since=SILENT + SECOND)

    async def stops_in_the_middle() -> None:
        async with stopped._database.writing("by hand") as wire:
            await wire.rows(delivery_queue.select().with_for_update())
            beats = [await mine.alive("living", ROLES)]
            async with asyncio.timeout(20):
                while beats[-1].locked:
                    beats.append(await mine.alive("living", ROLES))
            assert sum(beat.released for beat in beats) == 2
            await wire.rows(delivery_queue.select())

    with pytest.raises(RegisterAway):
        await stops_in_the_middle()
    assert (await stopped.depths()).queued == 2
