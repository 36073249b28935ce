"""The whole register into a file and back: nothing lost, nothing altered, and nothing sent."""

from __future__ import annotations

import asyncio
import gzip
import stat
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Column, MetaData, Table, create_engine, inspect

from hub.adapters.register import back_up, migrate, open_register, restore, restored, schema
from hub.adapters.register.backup import RegisterAhead, RegisterNotEmpty, kept
from hub.adapters.register.portable import (
    BackupExists,
    BackupUnusable,
    BackupUnwritable,
    Contents,
    Written,
    proved,
    rows_of,
)
from hub.adapters.register.sql import SqlRegister
from hub.notice import Accepted, Deferred, Leased
from hub.page import Stop
from hub.ports import Completion, RegisterInUse, RegisterMissing, RegisterTooNew, Taking
from hub.ports.paused import NothingPaused
from hub.vocabulary import Lane, Rung, Setback
from tests.adapters.by_hand import look
from tests.builders import LONG_AGO, opened, receipt_of, telling
from tests.faults.child import take
from tests.faults.spool import publish
from tests.servers.postgres import Postgres

MINUTE = timedelta(minutes=1)
KINDS = ["sqlite", "postgres"]
BEFORE = str(ScriptDirectory(str(schema._MIGRATIONS)).get_revision("0011").down_revision)
"""The schema before a register could be paused."""
BY, WHY = "Sam Field, duty manager", "the mail log was compared with what waits"


def nothing(_: str, __: int) -> None:
    pass


@dataclass
class Places:
    """Databases that are empty, with no schema in them."""

    folder: Path
    postgres: Postgres | None
    made: int = 0

    def new(self, kind: str) -> str:
        self.made += 1
        if kind == "postgres":
            assert self.postgres is not None
            return self.postgres.new_database()
        return f"sqlite+aiosqlite:///{self.folder / f'{self.made}.db'}"


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    asked = getattr(request.node, "callspec", None)
    kinds = [] if asked is None else list(asked.params.values())
    server = request.getfixturevalue("postgres") if "postgres" in kinds else None
    return Places(tmp_path, server)


async def opened_at(url: str) -> SqlRegister:
    register = await open_register(url)
    assert isinstance(register, SqlRegister)
    return register


def accepted(leased: Leased) -> Completion:
    return Completion(
        leased=leased,
        outcome=Accepted(at=LONG_AGO, detail="taken", rung=Rung.SUBMITTED),
        again_at=None,
        costs_attempt=True,
        receipts=(receipt_of(leased.delivery, attempt=leased.attempt),),
    )


def deferred(leased: Leased) -> Completion:
    said = Deferred(at=LONG_AGO, detail="busy \x00 \udc80 é")
    again = datetime.now(UTC) + MINUTE
    return Completion(leased=leased, outcome=said, again_at=again, costs_attempt=True, receipts=())


async def lived(url: str, folder: Path) -> None:
    """Let a register have taken in a concern, sent some of it, and have some on the wire."""
    await migrate(url)
    register = await opened_at(url)
    publish(folder, 1)
    await take(register, folder, "http://127.0.0.1:9/hook")
    first = await register.lease(Lane.STANDARD, limit=3, lease_for=MINUTE, worker="then")
    await register.complete([accepted(first[0]), deferred(first[1])])
    depths = await register.depths()
    assert depths.leased == 1
    assert depths.queued > 1
    await register.close()


def same(one: Contents, other: Contents, *but: str) -> None:
    mine = {name: said for name, said in one.sums.items() if name not in but}
    assert mine == {name: said for name, said in other.sums.items() if name not in but}


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("source", KINDS)
async def test_what_is_backed_up_comes_back_the_same_into_either_database(
    source: str, to: str, places: Places
) -> None:
    url, other = places.new(source), places.new(to)
    await lived(url, places.folder / "spool")

    made = await back_up(url, places.folder / "first", nothing)
    found = await restore(other, places.folder / "first", nothing)
    again = await back_up(other, places.folder / "again", nothing)

    assert found == made
    assert made.rows > 100
    # Only that it was restored is new.
    same(made, again, "restored", "audit_leaf")
    assert made.sums["audit_leaf"] != again.sums["audit_leaf"]
    # And it goes on where it was.
    register, event = await opened_at(other), opened()
    async with register.entry() as entry:
        assert await entry.take([event]) == (Taking.NEW,)
        await entry.write(telling(event))
    assert (await register.depths()).unaccounted == 0
    await register.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_B03_a_restored_register_sends_nothing_until_a_person_says_so(
    kind: str, places: Places
) -> None:
    url, other = places.new(kind), places.new(kind)
    await lived(url, places.folder / "spool")
    file = places.folder / "backup"
    made = await back_up(url, file, nothing)
    await restore(other, file, nothing)

    for _ in range(2):  # Started again, it is paused still.
        register = await opened_at(other)
        assert [await lease(register, lane) for lane in Lane] == [(), (), ()]
        async with register.relaying() as mine:
            assert not mine
        paused = await register.paused()
        assert paused is not None
        assert paused.taken == made.taken
        await register.close()

    register, event = await opened_at(other), opened()
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(telling(event))
    waited = await look(register, "SELECT delivery_id FROM delivery_queue ORDER BY seq")
    unknown = await register.unreconciled()
    assert (unknown.queued, unknown.in_flight, unknown.tried) == (len(waited) - 1, 1, 1)
    assert (unknown.newer, unknown.restored) == (1, paused)

    assert await register.resume(BY, WHY) == unknown

    assert await register.paused() is None
    with pytest.raises(NothingPaused):
        await register.resume(BY, WHY)
    flagged = await look(register, "SELECT maybe_sent FROM delivery_queue ORDER BY seq")
    assert [bool(one) for (one,) in flagged] == [True] * (len(waited) - 1) + [False]
    doubted = await look(
        register, "SELECT DISTINCT delivery_id FROM receipt WHERE setback = 'in doubt'"
    )
    assert set(doubted) == set(waited[:-1])
    assert await look(register, "SELECT person, reason FROM restored") == [(BY, WHY)]
    kinds = [
        str(kind) for (kind,) in await look(register, "SELECT kind FROM audit_leaf ORDER BY seq")
    ]
    assert [k for k in kinds if k.startswith("register.")] == [
        "register.restored",
        "register.resumed",
    ]
    sent = [one for lane in Lane for one in await lease(register, lane)]
    assert sent
    assert all(one.maybe_sent for one in sent if one.delivery.concern != event.concern)
    await register.close()


async def lease(register: SqlRegister, lane: Lane) -> tuple[Leased, ...]:
    return await register.lease(lane, limit=50, lease_for=MINUTE, worker="now")


async def test_what_was_in_flight_is_sent_again_with_the_same_bytes_and_is_flagged(
    tmp_path: Path,
) -> None:
    url, other = f"sqlite+aiosqlite:///{tmp_path / 'a'}", f"sqlite+aiosqlite:///{tmp_path / 'b'}"
    register, event = await opened_at(url), opened()
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(telling(event))
    (before,) = await lease(register, Lane.STANDARD)
    await back_up(url, tmp_path / "backup", nothing)
    await register.close()
    await restore(other, tmp_path / "backup", nothing)
    register = await opened_at(other)

    await register.resume(BY, WHY)
    (after,) = await lease(register, Lane.STANDARD)

    assert after.delivery == before.delivery
    assert (after.token, after.attempts, after.maybe_sent) == (2, 1, True)
    record = await register.notice(after.delivery.notice)
    assert record is not None
    assert [one.setback for one in record.receipts] == [Setback.IN_DOUBT]
    await register.close()


async def test_B03_what_was_backed_up_while_it_was_paused_is_resumed_once_and_flagged_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restored, "AT_ONCE", 1)  # As where more wait than one statement flags.
    urls = [f"sqlite+aiosqlite:///{tmp_path / name}" for name in ("first", "second", "third")]
    for before, after in pairwise(urls):
        register, event = await opened_at(before), opened()
        async with register.entry() as entry:
            await entry.take([event])
            await entry.write(telling(event))
        await register.close()
        file = tmp_path / f"backup-{event.id}"
        await back_up(before, file, nothing)
        await restore(after, file, nothing)
    register = await opened_at(urls[-1])

    unknown = await register.resume(BY, WHY)

    assert (unknown.queued, unknown.newer) == (2, 0)
    assert await register.paused() is None
    flagged = await look(register, "SELECT maybe_sent FROM delivery_queue")
    assert [bool(one) for (one,) in flagged] == [True, True]
    await register.close()


@pytest.mark.parametrize("kind", ["postgres"])
async def test_of_two_people_who_resume_at_once_one_does(kind: str, places: Places) -> None:
    url, other = places.new(kind), places.new(kind)
    await lived(url, places.folder / "spool")
    await back_up(url, places.folder / "backup", nothing)
    await restore(other, places.folder / "backup", nothing)
    registers = [await opened_at(other) for _ in range(3)]

    said = await asyncio.gather(*(one.resume(BY, WHY) for one in registers), return_exceptions=True)

    assert sum(isinstance(one, NothingPaused) for one in said) == 2
    many = "SELECT count(*), count(DISTINCT delivery_id) FROM receipt WHERE setback = 'in doubt'"
    ((receipts, deliveries),) = await look(registers[0], many)
    assert receipts == deliveries
    for one in registers:
        await one.close()


async def test_H3_a_hold_whose_event_comes_again_while_paused_keeps_back_what_waited(
    tmp_path: Path,
) -> None:
    url, other = f"sqlite+aiosqlite:///{tmp_path / 'a'}", f"sqlite+aiosqlite:///{tmp_path / 'b'}"
    register, event = await opened_at(url), opened()
    page = telling(event)
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)
    await back_up(url, tmp_path / "backup", nothing)
    await register.close()
    await restore(other, tmp_path / "backup", nothing)
    register = await opened_at(other)
    stops = (Stop(delivery=page.deliveries[0].id, reason="H3"),)
    held = replace(page, version=1, applied=(), decisions=(), notices=(), deliveries=())

    async with register.entry() as entry:
        await entry.standing([page.id])
        await entry.write(replace(held, stops=stops))
    unknown = await register.resume(BY, WHY)

    assert unknown.queued == 0
    assert await lease(register, Lane.STANDARD) == ()
    assert (await register.depths()).unaccounted == 0
    await register.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_register_that_is_not_empty_is_not_touched(kind: str, places: Places) -> None:
    url, other = places.new(kind), places.new(kind)
    await lived(url, places.folder / "spool")
    await lived(other, places.folder / "other spool")
    await back_up(url, places.folder / "backup", nothing)
    before = await back_up(other, places.folder / "before", nothing)

    with pytest.raises(RegisterNotEmpty):
        await restore(other, places.folder / "backup", nothing)

    same(before, await back_up(other, places.folder / "after", nothing))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_restore_that_is_cut_off_leaves_nothing_and_may_be_begun_again(
    kind: str, places: Places
) -> None:
    url, other = places.new(kind), places.new(kind)
    await lived(url, places.folder / "spool")
    made = await back_up(url, places.folder / "backup", nothing)

    def cut_off(table: str, _: int) -> None:
        if table == "receipt":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await restore(other, places.folder / "backup", cut_off)

    assert await restore(other, places.folder / "backup", nothing) == made


@pytest.fixture
async def backup(tmp_path: Path) -> Path:
    """A small backup."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'small.db'}"
    register, event = await opened_at(url), opened()
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(telling(event))
    await register.close()
    await back_up(url, tmp_path / "backup", nothing)
    return tmp_path / "backup"


async def test_a_backup_is_its_users_alone_and_writes_over_nothing(
    backup: Path, tmp_path: Path
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'small.db'}"

    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with pytest.raises(BackupExists):
        await back_up(url, backup, nothing)
    with pytest.raises(BackupUnwritable):
        await back_up(url, tmp_path / "no" / "folder", nothing)
    with pytest.raises(RegisterMissing):
        await back_up(f"sqlite+aiosqlite:///{tmp_path / 'nowhere.db'}", tmp_path / "x", nothing)
    assert sorted(path.name for path in tmp_path.iterdir() if "part" in path.name) == []


async def test_a_backup_is_taken_beside_a_hub_that_runs_and_restored_beside_none(
    backup: Path, tmp_path: Path
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'small.db'}"
    register = await opened_at(url)

    async with register.entry() as entry:
        await entry.take([opened()])
        beside = await back_up(url, tmp_path / "beside", nothing)
    with pytest.raises(RegisterInUse):
        await restore(url, backup, nothing)

    await register.close()
    same(beside, proved(backup))


def altered(path: Path, at: int) -> bytes:
    whole = bytearray(gzip.decompress(path.read_bytes()))
    whole[at % len(whole)] ^= 1
    return gzip.compress(bytes(whole))


async def test_whatever_is_altered_cut_or_left_out_is_refused_before_anything_is_touched(
    backup: Path, tmp_path: Path
) -> None:
    whole = backup.read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    length = sum(map(len, lines))
    wrong = [altered(backup, at) for at in range(0, length, max(1, length // 150))]
    wrong += [whole[:at] for at in range(0, len(whole), max(1, len(whole) // 40))]
    wrong += [gzip.compress(b"".join(lines[:n] + lines[n + 1 :])) for n in range(len(lines))]
    wrong += [whole + whole, gzip.compress(b"".join([*lines, b"[1]\n"])), b"", b"no backup"]
    target = tmp_path / "target.db"

    for number, content in enumerate(wrong):
        bad = tmp_path / f"bad-{number}"
        bad.write_bytes(content)
        with pytest.raises(BackupUnusable):
            await restore(f"sqlite+aiosqlite:///{target}", bad, nothing)

    assert len(wrong) > 200
    assert not target.exists() or target.stat().st_size == 0


async def test_a_backup_of_a_newer_hub_is_refused(tmp_path: Path) -> None:
    with Written(tmp_path / "newer") as written:
        written.begin("9999", datetime.now(UTC), ())
        written.end()

    with pytest.raises(RegisterTooNew, match="9999"):
        await restore(f"sqlite+aiosqlite:///{tmp_path / 'r.db'}", tmp_path / "newer", nothing)


def older(backup: Path, path: Path, revision: str) -> None:
    """Write a backup as a hub of this revision would have: what it did not know is not in it."""
    found, known = proved(backup), known_to(revision)
    names = {name: [each for each in found.columns[name] if each in known[name]] for name in known}
    with Written(path) as written:
        tables = [Table(name, MetaData(), *map(Column, names[name])) for name in names]
        written.begin(revision, found.taken, tables)
        for table in tables:
            written.table(table.name)
            for name, line in rows_of(backup):
                if name == table.name:
                    row = dict(zip(found.columns[name], orjson.loads(line), strict=True))
                    written.row(name, orjson.dumps([row[each] for each in names[name]]))
        written.end()


def known_to(revision: str) -> dict[str, set[str]]:
    """Return the tables of a backup that a hub of this revision had, each with its columns."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        schema.upgrade_to(connection, revision)
        there = inspect(connection)
        found = {
            table.name: {column["name"] for column in there.get_columns(table.name)}
            for table in kept()
            if there.has_table(table.name)
        }
    engine.dispose()
    return found


async def test_a_backup_of_an_older_hub_is_restored_and_brought_up_to_date(
    backup: Path, tmp_path: Path
) -> None:
    older(backup, tmp_path / "older", BEFORE)
    url = f"sqlite+aiosqlite:///{tmp_path / 'r.db'}"

    await restore(url, tmp_path / "older", nothing)

    register = await opened_at(url)
    assert (await register.depths()).queued == 1
    assert await register.paused() is not None
    async with register._database.engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert {"worker", "restored"} <= set(names)
    await register.close()


async def test_a_backup_of_an_older_hub_is_not_put_into_a_newer_schema(
    backup: Path, tmp_path: Path
) -> None:
    older(backup, tmp_path / "older", BEFORE)
    url = f"sqlite+aiosqlite:///{tmp_path / 'r.db'}"
    await migrate(url)

    with pytest.raises(RegisterAhead, match=BEFORE):
        await restore(url, tmp_path / "older", nothing)
