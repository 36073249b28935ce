"""Several `hub run` on one PostgreSQL: one dies or is stopped, and the others have its work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from hub.adapters.register.sql import SqlRegister
from tests.adapters.by_hand import look
from tests.adapters.conftest import Registers, migrated
from tests.faults.child import main
from tests.faults.fleet import Member, SlowCatcher, a_fleet
from tests.faults.killing import Killing, a_killing
from tests.faults.spool import publish
from tests.servers.postgres import Postgres

TAKEOVER_WITHIN = 10.0
"""Seconds from a death to the first delivery of what the dead one had in hand."""


@pytest.fixture
def url(postgres: Postgres) -> str:
    return migrated(postgres)


@pytest.fixture
async def register(url: str) -> AsyncIterator[SqlRegister]:
    registers = Registers(url)
    yield await registers.open()
    await registers.close()


async def taken(killing: Killing, url: str, folder: Path, concerns: int) -> int:
    """Publish and take in; nothing is delivered yet."""
    published = publish(folder, concerns)
    await main("take", url, str(folder), killing.mail.url, killing.hooks.url("/hook"))
    return published


async def in_hand(register: SqlRegister, member: Member) -> int:
    """Return how many deliveries are leased; those that wait for their turn are not."""
    leased = (await register.depths()).leased
    assert leased
    assert member.process.returncode is None
    return leased


async def settled(register: SqlRegister, within: float = 60) -> None:
    """Return once nothing is left to deliver."""
    async with asyncio.timeout(within):
        while (depths := await register.depths()).queued + depths.leased:
            await register.wake(0.1)


@pytest.mark.parametrize(
    "concerns", [1, pytest.param(5, marks=pytest.mark.soak, id="five concerns")]
)
async def test_B03_what_a_killed_process_had_in_hand_is_delivered_within_ten_seconds(
    concerns: int,
    url: str,
    register: SqlRegister,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    slow = SlowCatcher()
    await slow.start()
    spool = tmp_path / "spool"
    async with a_killing(url, spool) as killing, a_fleet(tmp_path, url) as fleet:
        published = await taken(killing, url, spool, concerns)
        doomed = await fleet.start("deliver", HUB_SMTP_URL=slow.url)
        await slow.begun.acquire()
        held = await in_hand(register, doomed)
        heir = await fleet.start("deliver", HUB_SMTP_URL=killing.mail.url)
        loop = asyncio.get_running_loop()

        doomed.kill()
        died = loop.time()
        await killing.mail.until(1, within=30)
        took = loop.time() - died
        await settled(register)

        verdict = await killing._verdict(published)
        assert await heir.ended() == 0
    await slow.stop()
    record_property("takeover", f"{held} deliveries in {took:.1f} s")
    assert took < TAKEOVER_WITHIN
    assert (verdict.lost, verdict.unaccounted, verdict.unproven, verdict.queued) == (0, 0, 0, 0)
    assert (verdict.altered, verdict.unflagged) == (0, 0)
    # What the dead one had sent came again, octet for octet, and the register says that it may.
    sent = {mail.content for mail in slow.mails}
    assert sent
    assert sent <= {mail.content for mail in killing.mail.mails}
    assert await _flagged(register) >= len(sent)


async def _flagged(register: SqlRegister) -> int:
    rows = await look(register, "SELECT 1 FROM receipt WHERE evidence LIKE '%possible duplicate%'")
    return len(rows)


async def test_B03_a_stopped_process_that_goes_on_is_fenced_and_says_what_it_knows(
    url: str, register: SqlRegister, tmp_path: Path
) -> None:
    slow = SlowCatcher()
    await slow.start()
    spool = tmp_path / "spool"
    async with a_killing(url, spool) as killing, a_fleet(tmp_path, url) as fleet:
        published = await taken(killing, url, spool, 1)
        stopped = await fleet.start("deliver", HUB_SMTP_URL=slow.url)
        await slow.begun.acquire()
        await in_hand(register, stopped)
        stopped.freeze()
        on_the_wire = len(slow.mails)
        await fleet.start("deliver", HUB_SMTP_URL=killing.mail.url)
        await settled(register)

        slow.may_answer.set()
        stopped.thaw()
        await stopped.says(b"result.fenced")
        assert await stopped.ended() == 0

        verdict = await killing._verdict(published)
    late = await look(register, "SELECT 1 FROM attempt WHERE fenced AND outcome = 'accepted'")
    evidence = await look(register, "SELECT 1 FROM receipt WHERE fenced AND rung = 'submitted'")
    await slow.stop()
    assert on_the_wire >= 1
    # Each of them is kept, none of them counts, and nothing more went out by the stopped one.
    assert len(evidence) == len(slow.mails)
    assert len(late) >= len(evidence)  # A webhook's answer may have been on its way, too.
    assert len(slow.mails) == on_the_wire
    assert (verdict.lost, verdict.unaccounted, verdict.unproven, verdict.queued) == (0, 0, 0, 0)
    assert (verdict.altered, verdict.unflagged) == (0, 0)


@pytest.mark.parametrize(
    ("deaths", "concerns"), [(2, 4), pytest.param(20, 60, marks=pytest.mark.soak, id="20 deaths")]
)
async def test_B03_processes_that_share_the_work_lose_nothing_when_some_are_killed(
    deaths: int,
    concerns: int,
    url: str,
    register: SqlRegister,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    spool = tmp_path / "spool"
    async with a_killing(url, spool) as killing, a_fleet(tmp_path, url) as fleet:
        published = publish(spool, concerns)
        where = (url, str(spool), killing.mail.url, killing.hooks.url("/hook"))
        mail = killing.mail.url
        crew = [await fleet.start("deliver", HUB_SMTP_URL=mail) for _ in range(2)]
        taking = asyncio.create_task(main("take", *where))
        for number in range(deaths):
            await killing.mail.until((number + 1) * concerns, within=300)
            working = await at_work(register, crew)
            working.kill()
            crew.remove(working)
            crew.append(await fleet.start("deliver", HUB_SMTP_URL=mail))
        await taking
        await settled(register, within=600)

        verdict = await killing._verdict(published)
        workers = await look(register, "SELECT DISTINCT worker FROM attempt")
        for member in crew:
            assert await member.ended() == 0
    record_property("came twice", f"{verdict.doubled} of {verdict.owed}")
    assert len(workers) >= 2
    assert (verdict.lost, verdict.unaccounted, verdict.unproven, verdict.queued) == (0, 0, 0, 0)
    assert (verdict.altered, verdict.unflagged) == (0, 0)


async def at_work(register: SqlRegister, crew: list[Member]) -> Member:
    """Return who has a delivery in hand: to kill an idle one would leave all of it to one."""
    newest = await look(register, "SELECT worker FROM attempt ORDER BY started DESC LIMIT 1")
    pids = {int(str(worker).split(":")[1]) for (worker,) in newest}
    return next((one for one in crew if one.process.pid in pids), crew[0])


async def test_a_fleet_that_ends_in_order_leaves_no_process_and_no_lease_behind(
    url: str, register: SqlRegister, tmp_path: Path
) -> None:
    async with a_fleet(tmp_path, url) as fleet:
        both = [await fleet.start("deliver"), await fleet.start("watch")]
        assert len(await _living(register)) == 2

        assert [await one.ended() for one in both] == [0, 0]

        assert await _living(register) == []


async def _living(register: SqlRegister) -> list[tuple[object, ...]]:
    return await look(register, "SELECT id FROM worker")
