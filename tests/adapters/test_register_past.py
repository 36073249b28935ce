"""The register's contract: what has followed before, for whoever is found late (semantics 11)."""

from __future__ import annotations

from dataclasses import replace

from hub.adapters.register.sql import SqlRegister
from hub.page import Waiting
from hub.vocabulary import ConcernId
from tests.builders import fresh, lead_agency_set, opened, page_of


async def test_M026_every_event_that_followed_is_past_in_the_order_it_came_in(
    register: SqlRegister,
) -> None:
    first = opened()
    second, third = (lead_agency_set(first.concern) for _ in range(2))
    waits = lead_agency_set(first.concern)

    async with register.entry() as entry:
        await entry.take([first, second])
        page = page_of(first, applied=tuple((e.source, e.id) for e in (second, first)))
        await entry.write(page)
    async with register.entry() as entry:
        (version,) = [s.version for s in (await entry.standing([first.concern])).values()]
        await entry.take([third, waits])
        await entry.write(
            replace(
                page,
                version=version,
                applied=((third.source, third.id),),
                waiting=(Waiting(source=waits.source, event=waits.id, why="not yet"),),
            )
        )
    async with register.entry() as entry:
        past = await entry.past([first.concern])

    assert past == {first.concern: (first, second, third)}


async def test_M026_what_is_entered_and_not_planned_yet_is_not_past(register: SqlRegister) -> None:
    event, stranger = opened(), ConcernId(fresh("concern"))

    async with register.entry() as entry:
        await entry.take([event])
        past = await entry.past([event.concern, stranger])

    assert past == {event.concern: (), stranger: ()}


async def test_M026_the_past_of_no_concern_is_nothing(register: SqlRegister) -> None:
    async with register.entry() as entry:
        assert await entry.past([]) == {}
