"""The register's contract: who is signed in, for every process, and for how long."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from hub.access import Appointment, Post
from hub.adapters.register.backup import kept
from hub.adapters.register.signed_in import session
from hub.adapters.register.sql import SqlRegister
from hub.leaf import leaf
from hub.ports.identity import SignedOut
from hub.ports.sessions import IDLE, LONGEST, SEEN_AGAIN, KeptSession, Person
from hub.vocabulary import AgencyId
from tests.adapters.by_hand import look
from tests.adapters.conftest import Registers
from tests.builders import LONG_AGO

LEO: Final = Appointment(post=Post.LEO, agency=AgencyId("gss:E10000032"))
CHAIR: Final = Appointment(post=Post.CHAIR, agency=AgencyId("gss:E10000032"))
ADA: Final = Person(id="p1", issuer="https://idp.example", subject="s1", name="Ada Byrne")
BEN: Final = Person(id="p2", issuer="https://idp.example", subject="s2", name="Ben Adeyemi")
NOTE: Final = leaf("session.began", LONG_AGO, person="p1")
ENDED: Final = leaf("sessions.ended", LONG_AGO, person="p1")
SECOND: Final = timedelta(seconds=1)


def of(person: Person = ADA, at: datetime = LONG_AGO) -> KeptSession:
    return KeptSession(person=person, posts=(LEO, CHAIR), chosen=LEO, began=at, seen=at, proved=at)


async def test_B06_a_session_is_found_by_its_key_with_its_person_and_posts(
    register: SqlRegister,
) -> None:
    await register.put_session("k1", of(), NOTE)
    await register.put_session("k2", replace(of(BEN), chosen=None))

    assert await register.kept_session("k1", LONG_AGO) == of()
    assert await register.kept_session("k2", LONG_AGO) == replace(of(BEN), chosen=None)
    assert await register.kept_session("k3", LONG_AGO) is None
    assert await look(register, "SELECT kind FROM audit_leaf") == [("session.began",)]


async def test_B06_a_session_ends_when_idle_and_after_ten_hours_at_the_latest(
    register: SqlRegister,
) -> None:
    await register.put_session("k1", of())
    now = LONG_AGO
    assert await register.kept_session("k1", now + IDLE + SECOND) is None

    while now < LONG_AGO + LONGEST:
        assert await register.kept_session("k1", now) is not None
        now += IDLE - SEEN_AGAIN
    assert await register.kept_session("k1", LONG_AGO + LONGEST + SECOND) is None


async def test_B06_that_a_session_is_used_is_written_at_most_once_a_minute(
    register: SqlRegister,
) -> None:
    async def seen() -> datetime:
        (found,) = await register.sessions_now(LONG_AGO, 9)
        return found.seen

    await register.put_session("k1", of())

    await register.kept_session("k1", LONG_AGO + SEEN_AGAIN - SECOND)
    assert await seen() == LONG_AGO
    await register.kept_session("k1", LONG_AGO + SEEN_AGAIN)
    assert await seen() == LONG_AGO + SEEN_AGAIN


async def test_B06_a_session_takes_the_place_of_another_and_that_one_has_ended(
    register: SqlRegister,
) -> None:
    await register.put_session("k1", of())

    await register.put_session("k2", replace(of(), chosen=CHAIR), instead_of="k1")

    assert await register.kept_session("k1", LONG_AGO) is None
    found = await register.kept_session("k2", LONG_AGO)
    assert found is not None
    assert found.chosen == CHAIR


async def test_B06_signing_out_ends_a_session_and_no_other(register: SqlRegister) -> None:
    await register.put_session("k1", of())
    await register.put_session("k2", of())

    await register.end_session("k1")
    await register.end_session("k1")

    assert await register.kept_session("k1", LONG_AGO) is None
    assert await register.kept_session("k2", LONG_AGO) is not None


async def test_B06_every_session_of_one_person_is_ended_at_once_and_it_is_on_the_log(
    register: SqlRegister,
) -> None:
    await register.put_session("k1", of())
    await register.put_session("k2", of())
    await register.put_session("k3", of(BEN))

    assert await register.end_sessions_of("p1", ENDED) == 2
    assert await register.end_sessions_of("p1", ENDED) == 0

    assert [each.person for each in await register.sessions_now(LONG_AGO, 9)] == [BEN]
    assert await look(register, "SELECT kind FROM audit_leaf") == [("sessions.ended",)]


async def test_B06_what_is_over_is_not_listed_and_not_kept(register: SqlRegister) -> None:
    await register.put_session("k1", of())
    later = LONG_AGO + IDLE + SECOND
    assert await register.sessions_now(later, 9) == ()

    await register.put_session("k2", of(BEN, later))

    assert await look(register, "SELECT key FROM session") == [("k2",)]
    assert await look(register, "SELECT id FROM person ORDER BY id") == [("p1",), ("p2",)]


async def test_B06_a_persons_own_sessions_are_listed_with_their_keys_and_nobody_elses(
    register: SqlRegister,
) -> None:
    await register.put_session("k1", of())
    await register.put_session("k2", of(at=LONG_AGO + SECOND))
    await register.put_session("k3", of(BEN))

    found = await register.sessions_of("p1", LONG_AGO + SECOND)

    assert found == (("k2", of(at=LONG_AGO + SECOND)), ("k1", of()))
    assert await register.sessions_of("p1", LONG_AGO + IDLE + 2 * SECOND) == ()
    assert await register.sessions_of("nobody", LONG_AGO) == ()


async def test_B06_the_newest_sessions_are_listed_up_to_a_limit(register: SqlRegister) -> None:
    for number in range(3):
        await register.put_session(f"k{number}", of(at=LONG_AGO + number * SECOND))

    found = await register.sessions_now(LONG_AGO, 2)

    assert [each.seen for each in found] == [LONG_AGO + 2 * SECOND, LONG_AGO + SECOND]


async def test_B06_a_person_who_comes_again_has_the_name_they_have_now(
    register: SqlRegister,
) -> None:
    await register.put_session("k1", of())
    await register.put_session("k2", of(replace(ADA, name="Ada King")))

    found = await register.kept_session("k1", LONG_AGO)

    assert found is not None
    assert found.person.name == "Ada King"


async def test_B06_every_process_knows_who_is_signed_in_and_who_has_signed_out(
    postgres_registers: Registers,
) -> None:
    one, other = await postgres_registers.open(), await postgres_registers.open()
    await one.put_session("k1", of())

    assert await other.kept_session("k1", LONG_AGO) == of()
    await other.end_session("k1")
    assert await one.kept_session("k1", LONG_AGO) is None


async def test_B06_a_restart_signs_nobody_out(registers: Registers) -> None:
    if registers.url == "sqlite+aiosqlite://":
        return  # What is in memory ends with its process.
    first = await registers.open()
    await first.put_session("k1", of())
    await registers.close()

    again = await registers.open()

    assert await again.kept_session("k1", LONG_AGO) == of()


def test_B06_a_backup_brings_nobodys_session_back() -> None:
    assert session not in kept()


async def test_B06_who_asks_whether_a_session_stands_has_not_used_it(register: SqlRegister) -> None:
    await register.put_session("k1", of())
    later = LONG_AGO + IDLE - SECOND

    assert await register.session_standing("k1", later) == of()
    assert await register.session_standing("k1", LONG_AGO + IDLE + SECOND) is None
    assert await register.session_standing("k2", later) is None

    # As it was put: nothing was written.
    assert await register.kept_session("k1", later) == of()


def ended_there(subject: str = "s1", sid: str = "", token: str = "t1") -> SignedOut:
    return SignedOut(issuer=ADA.issuer, subject=subject, sid=sid, token=token)


async def standing(register: SqlRegister, *keys: str) -> list[str]:
    return [key for key in keys if await register.session_standing(key, LONG_AGO) is not None]


async def put_five(register: SqlRegister) -> None:
    elsewhere = replace(ADA, id="p9", issuer="https://other.example")
    for key, who, sid in (
        ("a1", ADA, "there-1"),
        ("a2", ADA, "there-2"),
        ("a3", ADA, ""),
        ("b1", BEN, "there-3"),
        ("x1", elsewhere, "there-1"),
    ):
        await register.put_session(key, replace(of(who), sid=sid))


KEYS: Final = ("a1", "a2", "a3", "b1", "x1")


async def test_B06_whom_the_provider_signs_out_has_no_session_left_in_any_process(
    registers: Registers,
) -> None:
    register = await registers.open()
    await put_five(register)

    ended = await register.end_sessions_there(ended_there(), LONG_AGO)

    assert ended == 3
    other = await registers.open() if registers.many else register
    assert await standing(other, *KEYS) == ["b1", "x1"]
    (note,) = await look(register, "SELECT data FROM audit_leaf WHERE kind = 'sessions.ended'")
    assert '"person":"p1"' in str(note)
    assert '"by":"provider"' in str(note)


async def test_B06_a_session_there_ends_what_began_in_it_and_what_nobody_can_tell_from_it(
    register: SqlRegister,
) -> None:
    await put_five(register)

    assert await register.end_sessions_there(ended_there("s1", "there-2"), LONG_AGO) == 2

    assert await standing(register, *KEYS) == ["a1", "b1", "x1"]
    kept = await register.session_standing("a1", LONG_AGO)
    assert kept is not None
    assert kept.sid == "there-1"


async def test_B06_a_session_there_without_a_subject_ends_what_began_in_it_with_that_provider(
    register: SqlRegister,
) -> None:
    await put_five(register)

    assert await register.end_sessions_there(ended_there("", "there-1"), LONG_AGO) == 1

    assert await standing(register, *KEYS) == ["a2", "a3", "b1", "x1"]


async def test_B06_what_a_provider_said_once_counts_once_in_every_process(
    register: SqlRegister,
) -> None:
    await put_five(register)
    assert await register.end_sessions_there(ended_there(), LONG_AGO) == 3
    await register.put_session("a4", of())

    again = await register.end_sessions_there(ended_there(), LONG_AGO)
    another = await register.end_sessions_there(
        replace(ended_there(), issuer="https://other.example"), LONG_AGO
    )

    assert again is None
    assert await standing(register, "a4", *KEYS) == ["a4", "b1"]
    assert another == 1
    day = timedelta(days=1, seconds=1)
    assert await register.end_sessions_there(ended_there("s9"), LONG_AGO + day) == 0


async def test_B06_two_processes_that_hear_it_at_once_count_it_once(
    registers: Registers,
) -> None:
    first = await registers.open()
    second = await registers.open() if registers.many else first
    await put_five(first)

    counted = await asyncio.gather(
        *(each.end_sessions_there(ended_there(), LONG_AGO) for each in (first, second))
    )

    assert sorted(counted, key=str) == [3, None]
