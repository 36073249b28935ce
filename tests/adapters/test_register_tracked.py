"""The register's contract: what services took, and what is known of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.adapters.register.sql import SqlRegister
from hub.notice import Delivery
from hub.vocabulary import AttemptId, Channel, Rung, Setback
from tests.builders import LONG_AGO, directory, opened, receipt_of, telling

MESH = (Channel.MESH,)
BOTH = (Channel.MESH, Channel.SMS)


async def handed(
    register: SqlRegister,
    by: Channel = Channel.MESH,
    **changes: Any,  # noqa: ANN401 - of any field
) -> Delivery:
    """A delivery that MESH, or another service, has taken."""
    event = opened()
    page = telling(event)
    (delivery,) = page.deliveries
    delivery = replace(delivery, channel=by)
    await register.seed(directory())
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(replace(page, deliveries=(delivery,)))
    taken = receipt_of(
        delivery,
        rung=Rung.RELAYED,
        attempt=AttemptId("a-1"),
        at=LONG_AGO,
        evidence=(("message", "M1"),),
    )
    await register.receive((replace(taken, **changes),), (), ())
    return delivery


async def test_what_a_service_took_is_found_by_its_own_id_and_with_its_try(
    register: SqlRegister,
) -> None:
    delivery = await handed(register)

    (one,) = await register.handed_over(MESH)

    assert (one.delivery, one.channel, one.message) == (delivery.id, Channel.MESH, "M1")
    assert (one.attempt, one.since, one.rungs) == (
        AttemptId("a-1"),
        LONG_AGO,
        frozenset({Rung.RELAYED}),
    )
    assert await register.handed_over(()) == ()
    assert await register.handed_over((Channel.EMAIL, Channel.WEBHOOK)) == ()


async def test_what_is_learnt_of_it_adds_to_what_is_claimed(register: SqlRegister) -> None:
    delivery = await handed(register)
    later = LONG_AGO + timedelta(minutes=5)

    await register.receive((receipt_of(delivery, rung=Rung.DELIVERED, at=later),), (), ())

    (one,) = await register.handed_over(MESH)
    assert one.rungs == frozenset({Rung.RELAYED, Rung.DELIVERED})
    assert one.since == LONG_AGO


@pytest.mark.parametrize(
    "final",
    [
        {"rung": Rung.COLLECTED},
        {"rung": None, "setback": Setback.LATE_FAILURE},
        {"rung": None, "setback": Setback.EXPIRED},
    ],
)
async def test_what_is_fetched_or_lost_is_asked_about_no_more(
    register: SqlRegister, final: dict[str, Any]
) -> None:
    delivery = await handed(register)

    await register.receive((receipt_of(delivery, **final, at=LONG_AGO),), (), ())

    assert await register.handed_over(MESH) == ()


@pytest.mark.parametrize("changes", [{"fenced": True}, {"evidence": ()}, {"rung": None}])
async def test_what_no_service_is_known_to_have_taken_is_not_asked_about(
    register: SqlRegister, changes: dict[str, Any]
) -> None:
    await handed(register, **changes)

    assert await register.handed_over(MESH) == ()


async def test_a_text_is_asked_about_until_a_network_has_taken_it_and_a_message_further(
    register: SqlRegister,
) -> None:
    message = await handed(register)
    text = await handed(register, by=Channel.SMS, rung=Rung.SUBMITTED)
    before = {one.delivery: one.channel for one in await register.handed_over(BOTH)}

    await register.receive((receipt_of(text, rung=Rung.RELAYED, at=LONG_AGO),), (), ())

    assert before == {message.id: Channel.MESH, text.id: Channel.SMS}
    assert [one.delivery for one in await register.handed_over(BOTH)] == [message.id]


@pytest.mark.parametrize("setback", [Setback.LATE_FAILURE, Setback.EXPIRED])
async def test_a_text_that_is_lost_is_asked_about_no_more(
    register: SqlRegister, setback: Setback
) -> None:
    text = await handed(register, by=Channel.SMS, rung=Rung.SUBMITTED)

    await register.receive((receipt_of(text, rung=None, setback=setback, at=LONG_AGO),), (), ())

    assert await register.handed_over(BOTH) == ()
