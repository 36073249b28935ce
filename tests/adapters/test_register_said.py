"""What a concern remembers comes back from every register as it was: said, owed, decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Final

import pytest

from hub.adapters.register.sql import SqlRegister
from hub.concern import Concern, Disclosure, Matter, Party, Said
from hub.events import EVENTS
from hub.events.envelope import Event
from hub.page import Page
from hub.vocabulary import (
    AgencyId,
    ContactId,
    EventId,
    InfoClass,
    ObligationKind,
    Role,
)
from tests.builders import HOST, LONG_AGO, PLACING, REGULATOR, opened, page_of
from tests.corpus.making import accepted, fullest, sparest

LATER: Final = LONG_AGO + timedelta(hours=3, microseconds=7)


@cache
def events() -> tuple[Event, ...]:
    """Two events of every type: one that says all it may, one that says the least."""
    made = [accepted(make(name)) for name in EVENTS for make in (fullest, sparest)]
    return tuple(event for event in made if event is not None)


def said(event: Event, number: int) -> Said:
    return Said(
        event=EventId(f"e-{number}"),
        source=event.source,
        at=LATER,
        about=event.data.about(),
        data=event.data,
    )


def remembering() -> Page:
    event = opened()
    page = page_of(event)
    assert page.concern is not None
    whole = replace(
        page.concern,
        said=tuple(said(one, number) for number, one in enumerate(events())),
        joined=tuple(Party(agency=AgencyId("unit:day-centre"), role=role) for role in Role),
        struck=frozenset({ContactId("cqc-duty"), ContactId("cqc-deputy")}),
        matters=tuple(
            Matter(
                kind=kind,
                key=f"a-1/{kind}",
                owner=PLACING if number % 2 else None,
                says="do what was agreed",
                due=LATER if number % 3 else None,
                opened_at=LATER,
            )
            for number, kind in enumerate(ObligationKind)
        ),
        disclosures=(
            Disclosure(
                party=REGULATOR,
                classes=frozenset({InfoClass.PERSON_ALLEGED, InfoClass.REFERRER}),
                share=True,
                authority=HOST,
                decided_at=LATER,
            ),
            Disclosure(party=PLACING, classes=frozenset(InfoClass), share=False, authority=HOST),
        ),
        initiated=False,
        communication_agreed=True,
        sharing_agreed=True,
        severe=True,
        category="planned",
    )
    return replace(page, concern=whole)


async def kept(register: SqlRegister, page: Page) -> Concern:
    async with register.entry() as entry:
        await entry.take([replace(opened(page.id), id=page.applied[0][1])])
        await entry.write(page)
    async with register.entry() as entry:
        (standing,) = (await entry.standing([page.id])).values()
    assert standing.concern is not None
    return standing.concern


def test_every_type_of_event_is_among_what_is_tried() -> None:
    assert {event.name for event in events()} == EVENTS.keys()
    assert len(events()) == 2 * len(EVENTS)


async def test_what_was_said_owed_joined_struck_and_decided_comes_back_as_it_was(
    register: SqlRegister,
) -> None:
    page = remembering()
    assert page.concern is not None

    found = await kept(register, page)

    for then, now in zip(page.concern.said, found.said, strict=True):
        assert now == then, then.data.wire
        assert type(now.data) is type(then.data)
    assert found == page.concern


@pytest.mark.parametrize("name", ["concern.opened", "closure.authorised"])
async def test_what_comes_back_is_found_by_its_type(register: SqlRegister, name: str) -> None:
    found = await kept(register, remembering())

    model = EVENTS[name]
    last = found.last(model)

    assert isinstance(last, model)
    assert len(found.every(model)) == 2
