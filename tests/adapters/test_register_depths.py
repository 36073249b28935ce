"""What the register says of itself: what stands still, and what waits behind a closed webhook."""

from __future__ import annotations

from datetime import timedelta

from hub.adapters.register.sql import SqlRegister
from hub.vocabulary import Lane
from tests.adapters.test_register_waiting import CLOCK, a_notice, close
from tests.builders import LONG_AGO, delivery_of, notice_of, opened, page_of, told


async def due_long_ago(register: SqlRegister) -> None:
    event = opened()
    decision = told(event)
    notice = notice_of(decision)
    page = page_of(
        event,
        delivery_of(notice, due_at=LONG_AGO),
        delivery_of(notice, due_at=CLOCK.now() + timedelta(hours=1)),
        decisions=(decision,),
        notices=(notice,),
    )
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)


async def test_B03_what_has_been_due_for_long_and_is_in_nobodys_hands_is_counted(
    register: SqlRegister,
) -> None:
    await due_long_ago(register)
    await a_notice(register, hook=False, mail=True)

    before = await register.depths()
    await register.lease(Lane.STANDARD, limit=9, lease_for=timedelta(minutes=1), worker="w")
    in_hand = await register.depths()

    assert (before.queued, before.stalled, before.behind_closed) == (3, 1, 0)
    assert in_hand.stalled == 0


async def test_B03_what_waits_behind_a_closed_webhook_is_counted_apart(
    register: SqlRegister,
) -> None:
    await close(register)
    await a_notice(register, hook=True, mail=True)

    depths = await register.depths()
    await close(register, parked=False)

    assert (depths.queued, depths.stalled, depths.behind_closed) == (2, 0, 1)
    assert (await register.depths()).behind_closed == 0
