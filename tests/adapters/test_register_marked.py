"""The register's contract: a mark moves with what an authority's own concerns hold, and only so."""

from __future__ import annotations

from datetime import timedelta

from hub.adapters.register.sql import SqlRegister
from hub.concern import Concern
from hub.leaf import leaf
from hub.vocabulary import AgencyId, ConcernId, Rung
from tests.adapters.conftest import Registers
from tests.adapters.test_register_listed import NOBODY, lived, tried
from tests.builders import LONG_AGO, obligation_of, opened, telling


async def newest(register: SqlRegister) -> Concern:
    return (await register.concerns())[0]


async def mark(register: SqlRegister, host: AgencyId, concern: ConcernId | None = None) -> str:
    found = await register.mark_of(host, LONG_AGO, limit=100, concern=concern)
    assert found is not None
    return found


async def test_a_mark_stands_until_something_of_ones_own_concerns_has_changed(
    register: SqlRegister,
) -> None:
    await lived(register)
    one = await newest(register)
    host, first = one.host_authority, await mark(register, one.host_authority)
    of_one = await mark(register, host, one.id)
    assert len(first) == len(of_one) == 64
    assert await mark(register, host) == first

    await tried(register, rung=Rung.SUBMITTED)
    second = await mark(register, host)
    assert second != first
    assert await mark(register, host, one.id) != of_one

    await lived(register, 1)
    third = await mark(register, host)
    assert third not in {first, second}
    note = leaf("obligation.taken", LONG_AGO, one.id, person="p1")
    await register.receive((), (), (note,))
    assert await mark(register, host) != third


async def test_who_reads_changes_nothing(register: SqlRegister) -> None:
    await lived(register)
    one = await newest(register)
    before = await mark(register, one.host_authority)

    looks = [leaf(kind, LONG_AGO, one.id, person="p1") for kind in ("concern.seen", "x.exported")]
    await register.receive((), (), looks)

    assert await mark(register, one.host_authority) == before


async def test_another_concern_moves_no_mark_but_that_of_all(register: SqlRegister) -> None:
    await lived(register, 1)
    one = await newest(register)
    before = await mark(register, one.host_authority, one.id)

    await lived(register, 1)

    assert await mark(register, one.host_authority, one.id) == before


async def test_what_falls_due_moves_the_mark_at_its_instant(register: SqlRegister) -> None:
    event = opened()
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(telling(event, obligations=(obligation_of(event.concern),)))
    host, due = (await newest(register)).host_authority, LONG_AGO + timedelta(days=1)
    before = await register.mark_of(host, LONG_AGO, limit=100)

    assert await register.mark_of(host, due, limit=100) == before
    assert await register.mark_of(host, due + timedelta(seconds=1), limit=100) != before


async def test_nothing_of_another_authority_moves_a_mark_and_its_concern_is_not_there(
    register: SqlRegister,
) -> None:
    await lived(register)
    one = await newest(register)
    before = await mark(register, NOBODY)
    nameless = await mark(register, AgencyId(""))

    await tried(register, rung=Rung.SUBMITTED)
    await lived(register)

    assert await mark(register, NOBODY) == before
    assert await mark(register, AgencyId("")) == nameless
    assert before != nameless
    for who in (NOBODY, AgencyId("")):
        assert await register.mark_of(who, LONG_AGO, limit=100, concern=one.id) is None
    host = one.host_authority
    missing = await register.mark_of(host, LONG_AGO, limit=100, concern=ConcernId("none"))
    assert missing is None


async def test_one_process_marks_what_another_wrote(postgres_registers: Registers) -> None:
    one, other = await postgres_registers.open(), await postgres_registers.open()
    await lived(one)
    host = (await newest(one)).host_authority
    before = await mark(one, host)
    assert await mark(other, host) == before

    await tried(other, rung=Rung.SUBMITTED)

    assert await mark(one, host) == await mark(other, host) != before
