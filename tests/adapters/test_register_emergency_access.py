"""Emergency access, on every register: one person, one concern, one hour, and not where held."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import Update

from hub.adapters.register.emergency_access import emergency_access
from hub.adapters.register.sql import SqlRegister
from hub.directory import Directory
from hub.leaf import leaf
from hub.obligation import (
    Obligation,
    ObligationKind,
    ObligationState,
    asks_key,
    review_key,
)
from hub.page import Page, StandingHold
from hub.plan.reviewing import review_owed
from hub.ports.emergency_access import (
    LASTS,
    MOST_ASKED,
    AskedAccess,
    EmergencyAccess,
    Given,
    Judged,
    Review,
    Unopened,
)
from hub.ports.releasing import Asker
from hub.vocabulary import AgencyId, HoldKind, InfoClass
from tests.adapters.conftest import Registers
from tests.adapters.planted import run
from tests.adapters.test_register_row_security import READ, reader
from tests.builders import HOST, LONG_AGO, PLACING, SURREY, fresh, opened, telling

OWEN = Asker(id="leo-9", name="Owen Price", post="lead enquiry officer")
IRIS = Asker(id="privacy-1", name="Iris Bell", post="privacy officer")
ELSEWHERE = AgencyId("gss:E10000016")


async def known(register: SqlRegister, *holds: StandingHold) -> Page:
    """Let the register know a concern that HOST hosts."""
    event = opened()
    page = telling(event, holds=frozenset(holds))
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)
    return page


def asked(who: Asker = OWEN, agency: AgencyId = ELSEWHERE) -> AskedAccess:
    return AskedAccess(
        id=fresh("ask"),
        by=who,
        agency=agency,
        reference="PC-7K3M-2QXA",
        reason="An adult is in danger tonight",
        at=LONG_AGO,
    )


def access(page: Page, ask: AskedAccess) -> EmergencyAccess:
    return EmergencyAccess(
        id=ask.id,
        concern=page.id,
        host=HOST,
        by=ask.by,
        agency=ask.agency,
        reason=ask.reason,
        began=ask.at,
        ends=ask.at,
        review_due=LONG_AGO + timedelta(days=1),
    )


def giving(page: Page, ask: AskedAccess) -> Given:
    made = access(page, ask)
    owed = review_owed(
        made.id,
        made.concern,
        made.host,
        began=made.began,
        due=made.review_due,
        pack=None,
        directory=Directory(),
        made=fresh("owed"),
    )
    return Given(access=made, owed=owed)


async def given(register: SqlRegister, page: Page, **of: object) -> EmergencyAccess:
    ask = replace(asked(), **of)  # type: ignore[arg-type]
    made = await register.ask_emergency_access(ask, giving(page, ask))
    assert isinstance(made, EmergencyAccess)
    return made


def of(made: EmergencyAccess) -> Update:
    return emergency_access.update().where(emergency_access.c.id == made.id)


async def test_one_concern_is_shown_to_one_person_and_no_other_to_anybody(
    register: SqlRegister,
) -> None:
    page, other = await known(register), await known(register)
    made = await given(register, page)

    seen = await register.in_emergency(made.id, OWEN.id, ELSEWHERE)
    others = [
        await register.in_emergency(made.id, who, agency)
        for who, agency in (
            ("leo-8", ELSEWHERE),
            (OWEN.id, SURREY),
            (OWEN.id, AgencyId("")),
            ("", ELSEWHERE),
            ("%", ELSEWHERE),
        )
    ]

    assert seen is not None
    assert seen.access == made
    assert seen.record == await register.concern(page.id)
    assert made.ends - made.began == LASTS
    assert others == [None] * 5
    assert await register.in_emergency(other.id, OWEN.id, ELSEWHERE) is None
    assert await register.as_reader(ELSEWHERE).concern(page.id) is None
    assert await register.as_reader(ELSEWHERE).concerns() == ()
    assert await register.emergency_access_of(OWEN.id, ELSEWHERE) == (made,)


async def test_at_the_instant_it_ends_nothing_is_shown(register: SqlRegister) -> None:
    page = await known(register)
    made = await given(register, page)

    await run(register, of(made).values(ends=made.began))
    over = await register.in_emergency(made.id, OWEN.id, ELSEWHERE)
    later = made.began + timedelta(days=1)
    await run(register, of(made).values(began=later, ends=later + LASTS))
    early = await register.in_emergency(made.id, OWEN.id, ELSEWHERE)

    assert (over, early) == (None, None)
    assert await register.emergency_access_of(OWEN.id, ELSEWHERE) == ()
    assert len(await register.emergency_access_to(HOST)) == 1


async def test_M072_what_is_held_from_ones_own_organisation_is_shown_to_nobody_of_it(
    register: SqlRegister,
) -> None:
    held = StandingHold(
        party=PLACING, info=InfoClass.PROCESS, kind=HoldKind.H1, reason="police advice"
    )
    page = await known(register, held)
    from_them = await given(register, page, agency=PLACING.agency)
    from_another = await given(register, page)

    assert await register.in_emergency(from_them.id, OWEN.id, PLACING.agency) is None
    assert await register.emergency_access_of(OWEN.id, PLACING.agency) == ()
    assert await register.in_emergency(from_another.id, OWEN.id, ELSEWHERE) is not None


async def test_who_asks_too_often_is_given_nothing_and_it_is_written_down(
    register: SqlRegister,
) -> None:
    page = await known(register)
    before = LONG_AGO - timedelta(days=1)
    for _ in range(MOST_ASKED - 1):
        assert await register.ask_emergency_access(asked(), None) is Unopened.REFUSED
    last, late = asked(), asked()

    both = await asyncio.gather(
        register.ask_emergency_access(last, giving(page, last)),
        register.ask_emergency_access(late, giving(page, late)),
    )
    again = await register.ask_emergency_access(asked(), None)
    another = asked(replace(OWEN, id="leo-8"))
    colleague = await register.ask_emergency_access(another, giving(page, another))

    assert sorted(isinstance(one, EmergencyAccess) for one in both) == [False, True]
    assert {one for one in both if not isinstance(one, EmergencyAccess)} == {Unopened.TOO_OFTEN}
    assert again is Unopened.TOO_OFTEN
    assert isinstance(colleague, EmergencyAccess)
    assert len(await register.refused_access(ELSEWHERE, before)) == MOST_ASKED + 1
    assert await register.refused_access(SURREY, before) == ()


async def test_each_ask_has_its_leaf_and_one_that_is_refused_names_no_concern(
    register: SqlRegister,
) -> None:
    page = await known(register)
    made = await given(register, page)
    await register.ask_emergency_access(asked(), None)

    of_concern = await register.log_of(page.id, kinds=["emergency.opened", "emergency.refused"])

    assert [each.kind for each in of_concern] == ["emergency.opened"]
    assert made.id.encode() in of_concern[0].data
    assert b"Owen" not in of_concern[0].data
    assert b"danger" not in of_concern[0].data


def review(judged: Judged = Judged.JUSTIFIED, by: Asker = IRIS) -> Review:
    return Review(by=by, at=LONG_AGO, judged=judged, reason="The duty team rang back")


async def test_a_review_is_written_once_by_the_host_and_never_by_who_looked(
    register: SqlRegister,
) -> None:
    page = await known(register)
    made = await given(register, page)
    note = leaf("emergency.reviewed", LONG_AGO, page.id, access=made.id)

    mine = await register.review_emergency_access(made.id, HOST, review(by=OWEN), note)
    elsewhere = await register.review_emergency_access(made.id, SURREY, review(), note)
    done = await register.review_emergency_access(made.id, HOST, review(), note)
    twice = await register.review_emergency_access(
        made.id, HOST, review(Judged.NOT_JUSTIFIED), note
    )

    assert (mine, elsewhere, done, twice) == (False, False, True, False)
    assert await register.emergency_access_to(HOST) == (replace(made, review=review()),)
    assert await register.emergency_access_to(HOST, page.id) == (replace(made, review=review()),)
    assert await register.emergency_access_to(SURREY) == ()
    assert len(await register.log_of(page.id, kinds=["emergency.reviewed"])) == 1
    assert await register.in_emergency(made.id, OWEN.id, ELSEWHERE) is not None


async def test_one_that_is_not_justified_ends_at_once(register: SqlRegister) -> None:
    page = await known(register)
    made = await given(register, page)
    note = leaf("emergency.reviewed", LONG_AGO, page.id, access=made.id)

    await register.review_emergency_access(made.id, HOST, review(Judged.NOT_JUSTIFIED), note)

    assert await register.in_emergency(made.id, OWEN.id, ELSEWHERE) is None


async def owed_of(register: SqlRegister, page: Page) -> list[Obligation]:
    record = await register.concern(page.id)
    assert record is not None
    return list(record.obligations)


async def test_from_the_moment_it_is_given_its_review_is_owed_and_climbs_a_ladder(
    register: SqlRegister,
) -> None:
    page = await known(register)
    before = await owed_of(register, page)

    await register.ask_emergency_access(asked(), None)
    made = await given(register, page)

    (owed,) = [one for one in await owed_of(register, page) if one not in before]
    assert (owed.kind, owed.due) == (ObligationKind.REVIEW_ACCESS, made.review_due)
    assert owed.climb is not None
    assert (owed.climb.anchor, owed.climb.state) == (made.review_due, ObligationState.PLANNED)
    assert await register.climbing(10) == (owed,)
    assert (await register.depths()).overdue_reviews == 1
    assert "Owen" not in owed.says


async def test_the_review_alone_discharges_it_and_what_its_ladder_asked_of_people(
    register: SqlRegister,
) -> None:
    page = await known(register)
    before = await owed_of(register, page)
    made, other = await given(register, page), await given(register, page)
    wanted = review_key(made.id)
    owed = next(one for one in await owed_of(register, page) if one.key == wanted)
    task = replace(
        owed,
        id=fresh("task"),
        kind=ObligationKind.PERSON,
        key=f"{asks_key(owed.kind, owed.key)}#{owed.party.role}",
        climb=None,
    )
    async with register.entry() as entry:
        await entry.standing([page.id])
        await entry.owe([task])
    note = leaf("emergency.reviewed", LONG_AGO, page.id, access=made.id)

    await register.review_emergency_access(made.id, HOST, review(by=OWEN), note)
    not_yet = await owed_of(register, page)
    await register.review_emergency_access(made.id, HOST, review(), note)

    assert {task.id, owed.id} <= {one.id for one in not_yet}
    left = [one for one in await owed_of(register, page) if one not in before]
    assert [one.key for one in left] == [review_key(other.id)]


async def test_a_concern_is_found_by_its_whole_reference_alone(register: SqlRegister) -> None:
    page = await known(register)
    assert page.concern is not None
    reference = page.concern.reference

    assert await register.concerns_called(reference) == (page.id,)
    for wrong in ("", "%", reference[:-1], reference.lower(), "PC-____-____", "Rosewood House"):
        assert await register.concerns_called(wrong) == ()


async def test_looks_are_those_at_one_authoritys_concerns_in_their_time(
    register: SqlRegister,
) -> None:
    page = await known(register)
    at = LONG_AGO + timedelta(days=3)

    def look(kind: str, when: datetime, **ids: str) -> None:
        notes.append(leaf(kind, when, None if kind == "concerns.seen" else page.id, **ids))

    notes: list[object] = []
    look("concern.seen", at, person="a")
    look("concern.seen", at - timedelta(days=2), person="too early")
    look("concern.seen", at + timedelta(days=2), person="too late")
    look("decision", at, person="no look")
    look("concerns.seen", at, person="b", agency=HOST)
    look("concerns.seen", at, person="another's list", agency=SURREY)
    await register.receive((), (), notes)  # type: ignore[arg-type]
    day = timedelta(days=1)

    found = await register.looks_at(HOST, at - day, at + day, limit=10)
    elsewhere = await register.looks_at(SURREY, at - day, at + day, limit=10)

    assert [each.kind for each in found] == ["concerns.seen", "concern.seen"]
    assert [each.kind for each in elsewhere] == ["concerns.seen"]
    assert await register.names_of(["a", "b"]) == {}
    assert await register.names_of([]) == {}


async def seen_as(connection: asyncpg.Connection, organisation: str, person: str) -> dict[str, int]:
    async with connection.transaction():
        for setting, value in (("hub.organisation", organisation), ("hub.person", person)):
            await connection.execute("SELECT set_config($1, $2, true)", setting, value)
        return {
            table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608  # own names
            for table in READ
        }


async def test_the_rows_themselves_show_one_concern_to_one_person_until_it_ends(
    postgres_registers: Registers,
) -> None:
    register = await postgres_registers.open()
    page, _ = await known(register), await known(register)
    made = await given(register, page)

    async with reader(postgres_registers.url) as connection:
        live = await seen_as(connection, ELSEWHERE, OWEN.id)
        nobody = [
            await seen_as(connection, organisation, who)
            for organisation, who in ((ELSEWHERE, ""), (ELSEWHERE, "leo-8"), ("", OWEN.id))
        ]
        await run(register, of(made).values(ends=made.began))
        over = await seen_as(connection, ELSEWHERE, OWEN.id)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SELECT 1 FROM emergency_ask")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE emergency_access SET ends = now()")

    shown = ("concern", "event", "notice", "delivery", "emergency_access")
    assert [live[table] for table in shown] == [1] * len(shown)
    assert all(set(each.values()) == {0} for each in nobody)
    assert set(over.values()) == {0}
