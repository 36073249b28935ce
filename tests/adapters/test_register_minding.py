"""Changes of contacts by two people, on every register; who publishes, which processes live."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hub.adapters.memory import VirtualClock
from hub.adapters.register import open_register
from hub.adapters.register.sql import SqlRegister
from hub.directory import Contact, carries
from hub.ports import Register
from hub.ports.minding import COOLING, Came, ContactChange, Step, changed
from hub.vocabulary import InfoClass
from tests.adapters.by_hand import look
from tests.builders import HOST, LONG_AGO, SOURCE, directory, fresh, opened, telling

MINE = directory().contacts[0]


def change(**changes: object) -> ContactChange:
    whole = ContactChange(
        id=fresh("change"),
        was=MINE,
        wanted=changed(MINE, "Adults duty desk", "adults@surrey.example"),
        asked_by="admin-1",
        asked_for=HOST,
        why="Ada Byrne rang <secret>",
        asked=LONG_AGO,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


async def contact(register: Register) -> Contact:
    found = (await register.directory()).contact(MINE.id)
    assert found is not None
    return found


async def leaves(register: SqlRegister) -> list[str]:
    rows = await look(register, "SELECT data FROM audit_leaf ORDER BY seq")
    return [bytes(data).decode() for (data,) in rows if isinstance(data, bytes)]


async def test_B05_a_change_that_nobody_agreed_to_changes_nothing(register: SqlRegister) -> None:
    await register.seed(directory())
    asked = change()

    assert await register.ask_change(asked)

    assert await contact(register) == MINE
    assert await register.changes() == (asked,)
    assert not await register.ask_change(change()), "one of a contact waits at a time"


async def test_B05_nobody_agrees_to_their_own_and_it_may_be_taken_back(
    register: SqlRegister,
) -> None:
    await register.seed(directory())
    asked = change()
    await register.ask_change(asked)

    own = await register.decide_change(asked.id, "admin-1", agreed=True)
    back = await register.decide_change(asked.id, "admin-1", agreed=False)
    late = await register.decide_change(asked.id, "admin-2", agreed=True)

    assert (own, back, late) == (Came.SAME, Came.DONE, Came.OVER)
    assert await contact(register) == MINE
    assert (await register.changes())[0].step is Step.REFUSED
    assert await register.ask_change(change()), "another may be asked for"


async def test_B05_an_agreed_address_is_used_and_may_carry_no_more_than_that_we_must_be_rung(
    register: SqlRegister,
) -> None:
    await register.seed(directory())
    asked = change()
    await register.ask_change(asked)

    came = await register.decide_change(asked.id, "admin-2", agreed=True)

    new = await contact(register)
    (known,) = await register.changes()
    assert came is Came.DONE
    assert new == asked.wanted
    assert carries(new, None) == {InfoClass.PROCESS}
    assert (known.step, known.decided_by) == (Step.COOLING, "admin-2")
    history = await look(
        register, "SELECT version FROM directory_history WHERE id = 'surrey-duty' ORDER BY seq"
    )
    assert history == [(1,), (2,)], "the old one is kept"
    said = [leaf for leaf in await leaves(register) if "contact.change" in leaf]
    assert ['"by":"admin-1"' in said[0], '"by":"admin-2"' in said[1]] == [True, True]
    assert not any("surrey.example" in leaf or "secret" in leaf for leaf in said)


async def test_B05_a_contact_that_was_changed_meanwhile_is_not_overwritten(
    register: SqlRegister,
) -> None:
    await register.seed(directory())
    asked = change()
    await register.ask_change(asked)
    other = replace(MINE, address="elsewhere@surrey.example")
    await register.put_contact(other)

    came = await register.decide_change(asked.id, "admin-2", agreed=True)

    assert came is Came.MOVED
    assert await contact(register) == other


async def test_B05_another_name_alone_needs_no_cooling_off(register: SqlRegister) -> None:
    await register.seed(directory())
    asked = change(wanted=changed(MINE, "Night desk", MINE.address.upper()))
    await register.ask_change(asked)

    await register.decide_change(asked.id, "admin-2", agreed=True)

    assert await contact(register) == replace(MINE, name="Night desk")
    assert (await register.changes())[0].step is Step.VERIFIED


async def test_B05_an_address_is_verified_by_another_person_after_the_cooling_off() -> None:
    clock = VirtualClock(LONG_AGO)
    register = await open_register("sqlite+aiosqlite://", clock=clock)
    try:
        await register.seed(directory())
        asked = change()
        await register.ask_change(asked)
        untimely = await register.verify_change(asked.id, "admin-2")
        await register.decide_change(asked.id, "admin-2", agreed=True)

        early = await register.verify_change(asked.id, "admin-2")
        await clock.advance(COOLING - timedelta(seconds=1))
        still = await register.verify_change(asked.id, "admin-2")
        await clock.advance(timedelta(seconds=1))
        own = await register.verify_change(asked.id, "admin-1")
        done = await register.verify_change(asked.id, "admin-2")
        again = await register.verify_change(asked.id, "admin-2")

        assert (untimely, early, still) == (Came.OVER, Came.EARLY, Came.EARLY)
        assert (own, done, again) == (Came.SAME, Came.DONE, Came.OVER)
        new = await contact(register)
        assert not new.unverified
        assert new.verified_on == clock.now().date()
        assert InfoClass.THEMES in carries(new, None)
    finally:
        await register.close()


async def test_B05_what_waits_for_somebody_comes_first(register: SqlRegister) -> None:
    await register.seed(directory())
    first = change()
    await register.ask_change(first)
    await register.decide_change(first.id, "x", agreed=False)
    second = change()
    await register.ask_change(second)
    await register.decide_change(second.id, "x", agreed=False)
    third = change()
    await register.ask_change(third)

    assert [one.id for one in await register.changes()] == [third.id, second.id, first.id]
    assert [one.id for one in await register.changes(1)] == [third.id]


async def test_B06_the_register_says_who_published_last_and_who_lives(
    register: SqlRegister,
) -> None:
    event = opened(received=LONG_AGO)
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(telling(event))
    await register.alive("host:1:ab", {"web", "deliver"})

    (living,) = await register.living()

    assert await register.publishing() == {SOURCE: LONG_AGO}
    assert (living.name, set(living.roles)) == ("host:1:ab", {"web", "deliver"})
    assert living.seen >= living.since
