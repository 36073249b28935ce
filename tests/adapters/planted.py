"""A hundred rows put by hand where nobody would find them, in every way there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Update, select

from hub.adapters.register import tables as t
from hub.adapters.register.sql import SqlRegister
from hub.events.envelope import Event, Fault
from hub.obligation import Climb
from hub.page import Page, RefusedEvent
from hub.ports import Stuck
from hub.vocabulary import RuleId
from tests.builders import fresh, lead_agency_set, obligation_of, opened, telling

PLANTED: Final[Mapping[Stuck, int]] = {
    Stuck.NOWHERE: 30,
    Stuck.STOPPED: 10,
    Stuck.LEASED_ON: 15,
    Stuck.PUT_OFF: 15,
    Stuck.UNWATCHED: 20,
    Stuck.UNTOLD: 10,
}
"""A hundred in all. What is only late is planted apart: it takes a watch that looked in vain."""

YEARS: Final = timedelta(days=3_650)
LADDER: Final = RuleId("L7")
"""Round the clock, its first step a day after its anchor: whatever day the test is run on."""


async def run(register: SqlRegister, statement: Any, *rows: Mapping[str, object]) -> None:  # noqa: ANN401 - any
    """Run a statement of the tables' own types, and commit it."""
    async with register._database.writing("by hand") as wire:
        await wire.run(statement, list(rows))


async def write(register: SqlRegister, *pages: tuple[Event, Page]) -> None:
    async with register.entry() as entry:
        await entry.take([event for event, _ in pages])
        await entry.standing([page.id for _, page in pages])
        for _, page in pages:
            await entry.write(page)


def told(number: int, **changes: Any) -> list[tuple[Event, Page]]:  # noqa: ANN401 - of any field
    """Return so many pages, each one notice of a concern of its own."""
    events = [opened() for _ in range(number)]
    return [(event, replace(telling(event), **changes)) for event in events]


async def plant(register: SqlRegister, now: datetime) -> dict[Stuck, list[str]]:
    """Plant a hundred rows; return the id of each, by the way in which it is stuck."""
    found: dict[Stuck, list[str]] = {}
    for how in (Stuck.NOWHERE, Stuck.STOPPED, Stuck.LEASED_ON, Stuck.PUT_OFF):
        pages = told(PLANTED[how])
        await write(register, *pages)
        found[how] = [page.deliveries[0].id for _, page in pages]
    await _deliveries(register, found, now)
    found[Stuck.UNWATCHED] = await _obligations(register, PLANTED[Stuck.UNWATCHED], now)
    found[Stuck.UNTOLD] = await _refused(register, PLANTED[Stuck.UNTOLD])
    return found


async def _deliveries(
    register: SqlRegister, found: Mapping[Stuck, Sequence[str]], now: datetime
) -> None:
    q = t.delivery_queue
    lost = found[Stuck.NOWHERE]
    for one in lost[:5]:
        await run(register, t.attempt.insert(), attempt(one, now - timedelta(hours=1)))
    theirs = select(t.delivery.c.concern_id).where(t.delivery.c.id == t.attempt.c.delivery_id)
    await run(register, t.attempt.update().values(concern_id=theirs.scalar_subquery()))
    await run(register, q.delete().where(q.c.delivery_id.in_(lost)))
    stops = [
        {"delivery_id": one, "concern_id": "any", "reason": "a hold", "at": now}
        for one in found[Stuck.STOPPED]
    ]
    await run(register, t.stop.insert(), *stops)
    leased = {"worker": "gone", "token": 1, "next_at": now + YEARS}
    await run(register, _of(found[Stuck.LEASED_ON]).values(**leased))
    await run(register, _of(found[Stuck.PUT_OFF]).values(next_at=now + YEARS))


def _of(deliveries: Sequence[str]) -> Update:
    return t.delivery_queue.update().where(t.delivery_queue.c.delivery_id.in_(deliveries))


def attempt(delivery: str, started: datetime, **changes: object) -> dict[str, object]:
    """Return the intent of a try that nobody ended."""
    whole = {
        "id": fresh("attempt"),
        "delivery_id": delivery,
        "concern_id": "any",
        "token": 1,
        "worker": "gone",
        "started": started,
        "expires": started + timedelta(minutes=15),
        "fenced": False,
    }
    return whole | changes


async def _obligations(register: SqlRegister, number: int, now: datetime) -> list[str]:
    climb = Climb(ladder=LADDER, anchor=now - timedelta(hours=1), next_at=now + YEARS)
    pages = []
    for event, page in told(number, deliveries=()):
        owed = obligation_of(event.concern, notice=page.notices[0].id, climb=climb)
        pages.append((event, replace(page, obligations=(owed,))))
    await write(register, *pages)
    ids = [page.obligations[0].id for _, page in pages]
    half = t.obligation.update().where(t.obligation.c.id.in_(ids[::2]))
    await run(register, half.values(next_at=None))
    return ids


async def late(register: SqlRegister, number: int, now: datetime) -> list[str]:
    """Plant obligations whose step has been due for an hour."""
    climb = Climb(ladder=LADDER, anchor=now - YEARS, next_at=now - timedelta(hours=1))
    pages = []
    for event, page in told(number, deliveries=()):
        owed = obligation_of(event.concern, notice=page.notices[0].id, climb=climb)
        pages.append((event, replace(page, obligations=(owed,))))
    await write(register, *pages)
    return [page.obligations[0].id for _, page in pages]


async def _refused(register: SqlRegister, number: int) -> list[str]:
    """Plant refused events, with nothing that tells anybody."""
    pages = []
    for _ in range(number):
        event = opened()
        refused = lead_agency_set(event.concern)
        why = RefusedEvent(event=refused, faults=(Fault(pointer="", says="not theirs to say"),))
        pages.append((event, refused, replace(telling(event), deliveries=(), refused=(why,))))
    async with register.entry() as entry:
        await entry.take([each for event, refused, _ in pages for each in (event, refused)])
        for _, _, page in pages:
            await entry.write(page)
    async with register._database.reading() as wire:
        rows = await wire.rows(t.quarantine.select())
    return [row["id"] for row in rows]
