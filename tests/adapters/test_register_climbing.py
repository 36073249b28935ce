"""How far an obligation has climbed: read when its instant comes, and moved on by one alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from hub.adapters.register.sql import SqlRegister
from hub.leaf import leaf
from hub.obligation import Climb, Obligation, ObligationKind, ObligationState, Taken, asks_key
from hub.page import Discharge, Page
from hub.vocabulary import RuleId
from tests.adapters.by_hand import look, meddle
from tests.builders import LONG_AGO, obligation_of, opened, telling

FOOT: Final = Climb(ladder=RuleId("L1"), anchor=LONG_AGO, next_at=LONG_AGO)
FAR: Final = replace(FOOT, next_at=LONG_AGO + timedelta(days=365_00))
ASKED: Final = ObligationKind.CONTRIBUTE
SAID: Final = leaf("obligation.taken", LONG_AGO)
KEYS: Final = ("soon", "climbs nothing")


async def written(register: SqlRegister, *each: dict[str, Any]) -> Page:
    """Write a page that makes somebody owe all of these."""
    event = opened()
    page = telling(event)
    owed = tuple(obligation_of(event.concern, **changes) for changes in each)
    page = replace(page, obligations=owed)
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)
    return page


async def moved(register: SqlRegister, owed: Obligation, climb: Climb | None) -> bool:
    async with register.entry() as entry:
        return await entry.move_on(owed, climb)


async def still_open(register: SqlRegister, page: Page) -> set[str]:
    record = await register.concern(page.id)
    assert record is not None
    return {one.key for one in record.obligations}


async def test_what_has_come_is_read_the_longest_due_first_and_as_it_was_written(
    register: SqlRegister,
) -> None:
    later = replace(FOOT, next_at=LONG_AGO + timedelta(seconds=1), step=3)
    await written(
        register,
        {"kind": ASKED, "key": "second", "climb": later},
        {"kind": ASKED, "key": "first", "climb": FOOT},
        {"kind": ASKED, "key": "not yet", "climb": FAR},
        {"kind": ASKED, "key": "climbs nothing", "climb": None},
    )

    found = await register.climbing(10)

    assert [(one.key, one.climb) for one in found] == [("first", FOOT), ("second", later)]
    assert [one.key for one in await register.climbing(1)] == ["first"]


async def test_of_two_who_take_a_step_one_alone_has_taken_it(register: SqlRegister) -> None:
    await written(register, {"kind": ASKED, "key": "one", "climb": FOOT})
    (owed,) = await register.climbing(10)
    on = replace(FAR, step=1, state=ObligationState.WAITING)

    assert [await moved(register, owed, on), await moved(register, owed, on)] == [True, False]
    assert await register.climbing(10) == ()


@pytest.mark.parametrize("state", [ObligationState.CANCELLED, ObligationState.DISCHARGED])
async def test_what_has_ended_is_closed_with_its_reason(
    register: SqlRegister, state: ObligationState
) -> None:
    page = await written(register, {"kind": ASKED, "key": "one", "climb": FOOT})
    (owed,) = await register.climbing(10)

    assert await moved(register, owed, replace(FOOT, state=state, next_at=None, why="struck"))

    assert await still_open(register, page) == set()
    rows = await look(register, "SELECT state, why FROM obligation WHERE discharged IS NOT NULL")
    assert rows == [(state.value, "struck")]


async def test_what_no_ladder_serves_is_looked_at_once(register: SqlRegister) -> None:
    page = await written(register, {"kind": ASKED, "key": "old", "climb": None})
    await meddle(register, "UPDATE obligation SET next_at = due")
    (owed,) = await register.climbing(10)
    assert owed.climb is None

    assert await moved(register, owed, None)

    assert await register.climbing(10) == ()
    assert await still_open(register, page) == {"old"}


async def test_what_is_discharged_climbs_no_more_and_nobody_is_asked_for_it(
    register: SqlRegister,
) -> None:
    asks = f"{asks_key(ASKED, 'k#1')}#emergency duty team"
    others = {
        f"{asks_key(ASKED, 'k')}#emergency duty team",
        f"{asks_key(ASKED, 'k#10')}#emergency duty team",
    }
    page = await written(
        register,
        {"kind": ASKED, "key": "k#1", "climb": FOOT},
        {"kind": ObligationKind.PERSON, "key": asks},
        *({"kind": ObligationKind.PERSON, "key": other} for other in others),
    )

    async with register.entry() as entry:
        await entry.discharge(page.id, [Discharge(kind=ASKED, key="k#1", whole=True)])

    assert await register.climbing(10) == ()
    assert await still_open(register, page) == others
    rows = await look(register, "SELECT state, next_at FROM obligation WHERE ladder IS NOT NULL")
    assert rows == [(ObligationState.DISCHARGED.value, None)]


async def test_by_a_prefix_everything_asked_for_what_it_discharges_is_put_away(
    register: SqlRegister,
) -> None:
    asks = f"{asks_key(ASKED, 'party:1%')}#head of safeguarding"
    page = await written(
        register,
        {"kind": ASKED, "key": "party:1%", "climb": FOOT},
        {"kind": ObligationKind.PERSON, "key": asks},
    )

    async with register.entry() as entry:
        await entry.discharge(page.id, [Discharge(kind=ASKED, key="party:")])

    assert await still_open(register, page) == set()


async def test_what_a_ladder_asks_of_a_desk_is_read_until_its_list_is_decided(
    register: SqlRegister,
) -> None:
    person = ObligationKind.PERSON
    page = await written(
        register,
        {"kind": person, "key": "asked", "openly": "phone NHS Sussex"},
        {"kind": person, "key": "asked of what is held", "openly": ""},
        {"kind": person, "key": "put away", "openly": "phone Surrey"},
        {"kind": person, "key": "no ladder's", "openly": None},
    )
    async with register.entry() as entry:
        await entry.discharge(page.id, [Discharge(kind=person, key="put away")])
    assert await register.asking(10) == (page.id,)

    async with register.entry() as entry:
        tasks = await entry.asked(page.id)
        await entry.listed(tasks)
        assert await entry.asked(page.id) == ()

    assert [(one.key, one.openly) for one in tasks] == [
        ("asked", "phone NHS Sussex"),
        ("asked of what is held", ""),
    ]
    assert await register.asking(10) == ()
    assert {"asked", "asked of what is held"} <= await still_open(register, page)


async def test_a_notice_that_failed_lets_its_ladder_go_on_now_but_not_through_a_hold(
    register: SqlRegister,
) -> None:
    page = await written(register, {"kind": ObligationKind.ANSWER, "key": "notice", "climb": FAR})
    notice = page.notices[0].id
    await meddle(register, "UPDATE obligation SET notice_id = :id", id=notice)
    await meddle(register, "UPDATE obligation SET state = 'held'")
    async with register.entry() as entry:
        await entry.bring_forward(page.id, notice)
    assert await register.climbing(10) == ()

    await meddle(register, "UPDATE obligation SET state = 'planned'")
    async with register.entry() as entry:
        await entry.bring_forward(page.id, notice)

    assert [one.key for one in await register.climbing(10)] == ["notice"]


async def test_an_obligation_that_nobody_would_look_at_again_is_counted(
    register: SqlRegister,
) -> None:
    await written(
        register,
        {"kind": ASKED, "key": "lost", "climb": FAR},
        {"kind": ASKED, "key": "late", "climb": FOOT},
        {"kind": ASKED, "key": "in time", "climb": FAR},
        {"kind": ASKED, "key": "climbs nothing", "climb": None},
    )
    await meddle(register, "UPDATE obligation SET next_at = NULL WHERE key = 'lost'")

    assert (await register.depths()).unaccounted_obligations == 2


async def test_what_was_open_before_there_were_ladders_is_looked_at_once_it_is_due(
    register: SqlRegister,
) -> None:
    name = "hub.adapters.register.migrations.versions.0006_ladder"
    statement = __import__(name, fromlist=["ASKED"]).ASKED
    await written(
        register,
        {"kind": ASKED, "key": "owed", "climb": None},
        {"kind": ObligationKind.PERSON, "key": "asked", "climb": None},
    )

    await meddle(register, statement)

    assert [one.key for one in await register.climbing(10)] == ["owed"]


async def test_escalation_6_what_somebody_takes_is_asked_again_when_they_said_and_not_before(
    register: SqlRegister,
) -> None:
    await written(
        register,
        {"kind": ASKED, "key": "soon", "climb": replace(FOOT, next_at=FAR.anchor)},
        {"kind": ASKED, "key": "climbs nothing", "climb": None},
    )
    now = datetime.now(UTC)
    (soon,) = await register.climbing(10)
    short = Taken(by="Amara Okafor", until=now + timedelta(hours=1))

    assert await register.put_in_hand(soon, short, SAID)

    assert await register.climbing(10) == ()
    assert not await register.put_in_hand(soon, short, SAID), "it is in somebody's hands"
    rows = await look(register, "SELECT count(*) FROM audit_leaf WHERE kind = 'obligation.taken'")
    assert rows == [(1,)]
    record = await register.concern(soon.concern)
    assert record is not None
    kept, bare = (next(o for o in record.obligations if o.key == key) for key in KEYS)
    assert kept.taken == short
    assert kept.climb is not None
    assert kept.climb.next_at == short.until
    assert bare.taken is None
    assert await register.put_in_hand(bare, short, SAID)


async def test_escalation_6_a_step_that_comes_later_anyway_keeps_its_instant(
    register: SqlRegister,
) -> None:
    page = await written(register, {"kind": ASKED, "key": "far", "climb": FAR})
    record = await register.concern(page.id)
    assert record is not None
    (far,) = record.obligations
    taken = Taken(by="Amara Okafor", until=LONG_AGO + timedelta(hours=1))

    assert await register.put_in_hand(far, taken, SAID)

    after = await register.concern(page.id)
    assert after is not None
    assert [o.climb for o in after.obligations] == [FAR]
    assert await register.put_in_hand(far, taken, SAID), "the time has passed: it may be taken"


async def test_escalation_6_of_who_takes_it_and_who_takes_its_step_one_is_too_late(
    register: SqlRegister,
) -> None:
    await written(register, {"kind": ASKED, "key": "one", "climb": FOOT})
    (owed,) = await register.climbing(10)
    taken = Taken(by="Amara Okafor", until=datetime.now(UTC) + timedelta(hours=1))

    assert await register.put_in_hand(owed, taken, SAID)

    assert not await moved(register, owed, replace(FAR, step=1))
