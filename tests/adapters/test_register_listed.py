"""The register's contract: lists go on behind their last entry, for one reader alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hub.adapters.register.sql import SqlRegister
from hub.notice import Accepted
from hub.ports import Completion
from hub.receipt import Receipt
from hub.vocabulary import AgencyId, ConcernId, Lane, Rung, Setback
from tests.builders import LONG_AGO, opened, telling

NOBODY = AgencyId("gss:E10000099")


async def lived(register: SqlRegister, many: int = 3) -> None:
    """Let so many concerns be opened, and everything of them be sent."""
    for event in [opened() for _ in range(many)]:
        async with register.entry() as entry:
            await entry.take([event])
            await entry.write(telling(event))


async def tried(register: SqlRegister, **said: object) -> None:
    """Let each delivery that waits be tried, with a receipt that says this."""
    minute = timedelta(minutes=1)
    while leased := await register.lease(Lane.STANDARD, limit=50, lease_for=minute, worker="w"):
        await register.complete(
            [
                Completion(
                    leased=one,
                    outcome=Accepted(at=LONG_AGO, detail="taken", rung=Rung.SUBMITTED),
                    again_at=None,
                    costs_attempt=True,
                    receipts=(
                        replace(
                            Receipt(
                                notice=one.delivery.notice,
                                delivery=one.delivery.id,
                                attempt=one.attempt,
                                at=LONG_AGO,
                                source="smtp",
                            ),
                            **said,  # type: ignore[arg-type]
                        ),
                    ),
                )
                for one in leased
            ]
        )


async def test_concerns_are_their_hosts_and_come_a_page_at_a_time(register: SqlRegister) -> None:
    await lived(register, 5)
    every = await register.concerns()
    host = every[0].host_authority

    found: list[ConcernId] = []
    before = None
    while page := await register.concerns_of(host, before=before, limit=2):
        found += [one.id for one in page]
        before = (page[-1].opened_at, page[-1].id)

    assert found == [one.id for one in every]
    assert await register.concerns_of(NOBODY, before=None, limit=9) == ()


async def test_what_is_held_is_found_by_its_concern(register: SqlRegister) -> None:
    await lived(register)
    (first, *_) = await register.concerns()
    held = await register.concerns_of(first.host_authority, before=None, limit=9, only_held=True)

    holds = await register.holds_of([one.id for one in held])

    records = [await register.concern(one.id) for one in await register.concerns()]
    kept = {(r.concern.id, hold) for r in records if r is not None for hold in r.holds}
    assert set(holds) == kept
    assert {one.id for one in held} == {concern for concern, _ in kept}
    assert await register.holds_of([]) == ()


async def test_B04_an_agency_lists_its_notices_once_something_has_left(
    register: SqlRegister,
) -> None:
    await lived(register)
    (first, *_) = [await register.concern(one.id) for one in await register.concerns()]
    assert first is not None
    agency = first.notices[0].notice.party.agency

    assert await register.notices_to(agency, before=None, limit=9) == ()
    await tried(register, rung=Rung.SUBMITTED)
    found = await register.notices_to(agency, before=None, limit=2)
    rest = await register.notices_to(agency, before=found[-1].seq, limit=9)

    assert {one.party.agency for one in (*found, *rest)} == {agency}
    seqs = [one.seq for one in (*found, *rest)]
    assert seqs == sorted(set(seqs), reverse=True)
    assert not any(one.acknowledged or one.declined for one in found)
    assert await register.notices_to(NOBODY, before=None, limit=9) == ()


async def test_what_failed_for_good_is_listed_for_its_host_and_for_an_operator(
    register: SqlRegister,
) -> None:
    await lived(register)
    (first, *_) = await register.concerns()
    await tried(register, setback=Setback.FAILED)

    mine = await register.failed(first.host_authority, before=None, limit=50)
    every = await register.failed(None, before=None, limit=50)

    assert mine
    assert mine == every
    assert {one.setback for one in mine} == {Setback.FAILED}
    assert await register.failed(None, before=mine[0].seq, limit=50) == mine[1:]
    assert await register.failed(NOBODY, before=None, limit=50) == ()


async def test_the_log_of_a_concern_is_its_own_and_the_newest_comes_first(
    register: SqlRegister,
) -> None:
    await lived(register)
    (first, *_) = await register.concerns()
    await register.receive((), (), ())

    whole = await register.log_of(first.id, before=None, limit=50)

    assert [one.seq for one in whole] == sorted((one.seq for one in whole), reverse=True)
    assert all(str(first.id).encode() in one.data for one in whole)
    if whole:
        assert await register.log_of(first.id, before=whole[0].seq, limit=50) == whole[1:]
