"""What of a concern has not been sent, read for its next page: all of it, and little at a time."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Final

import pytest

from hub.adapters.register import standing
from hub.adapters.register.sql import SqlRegister
from hub.events.envelope import Event
from hub.notice import Delivery
from hub.page import Unsent
from tests.builders import delivery_of, notice_of, opened, page_of, receipt_of, told, webhook_of

MANY: Final = 6_000
MOST_EACH: Final = 600
"""Octets that each of many may take while they are read."""


async def written(
    register: SqlRegister, notices: int, *, by_mail: int = 1, one_sent: bool = False
) -> tuple[Event, tuple[Delivery, ...]]:
    """Write notices of one concern, each by webhook and by mail; return what waits, in order."""
    event = opened()
    decisions = [told(event) for _ in range(notices)]
    composed = [notice_of(decision) for decision in decisions]
    waits = tuple(
        each
        for notice in composed
        for each in (webhook_of(notice), *(delivery_of(notice) for _ in range(by_mail)))
    )
    page = page_of(event, decisions=tuple(decisions), notices=tuple(composed), deliveries=waits)
    if one_sent:
        page = replace(page, receipts=(receipt_of(waits[0]),))
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)
    return event, waits


async def unsent(register: SqlRegister, event: Event) -> tuple[Unsent, ...]:
    async with register.entry() as entry:
        return (await entry.standing([event.concern]))[event.concern].unsent


@pytest.mark.parametrize("at_once", [1, 3, 4, 10, 11])
async def test_all_that_waits_is_read_in_order_whatever_is_read_at_once(
    register: SqlRegister, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(standing, "AT_ONCE", at_once)
    event, waits = await written(register, 5)
    await written(register, 2)

    found = await unsent(register, event)

    assert [(one.delivery, one.notice, one.target) for one in found] == [
        (each.id, each.notice, each.target) for each in waits
    ]
    assert [(one.party, one.classes) for one in found] == [(d.party, d.classes) for d in waits]
    assert {(one.event, one.event_source) for one in found} == {(event.id, event.source)}


async def test_H1_a_party_has_heard_by_another_delivery_of_the_same_notice_alone(
    register: SqlRegister,
) -> None:
    event, waits = await written(register, 2, one_sent=True)

    found = {one.delivery: one.only_unsent for one in await unsent(register, event)}

    assert [found[each.id] for each in waits] == [True, False, True, True]


async def test_many_that_wait_of_one_concern_take_little_each_while_they_are_read(
    register: SqlRegister,
) -> None:
    event, waits = await written(register, 1, by_mail=MANY - 1)
    await unsent(register, event)

    tracemalloc.start()
    try:
        found = await unsent(register, event)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(found) == len(waits) == MANY
    assert most < MANY * MOST_EACH
