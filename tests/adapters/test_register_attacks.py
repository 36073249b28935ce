"""What a publisher's words could do to the register itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from random import Random

from hub.adapters.register.sql import SqlRegister
from hub.events.references import LONGEST_ID
from hub.ports import RegisterRefused, Taking
from hub.vocabulary import EventId
from tests.builders import opened


def strange(length: int) -> EventId:
    """An id that no index can make smaller: each character is four octets."""
    chosen = Random(7)
    return EventId("".join(chr(chosen.randrange(0x10000, 0x2FFF0)) for _ in range(length)))


async def test_the_longest_id_and_source_that_are_decoded_can_be_entered(
    register: SqlRegister,
) -> None:
    chosen = Random(7)
    source = "".join(chosen.choice("abcdefghijklmnopqrstuvwxyz0123456789-._~") for _ in range(1024))
    event = replace(opened(), id=strange(LONGEST_ID), source=source)

    async with register.entry() as entry:
        first = await entry.take([event])
    async with register.entry() as entry:
        again = await entry.take([event])

    assert (*first, *again) == (Taking.NEW, Taking.DUPLICATE)


async def test_an_id_that_no_index_holds_is_refused_and_never_taken_for_a_register_that_is_away(
    register: SqlRegister,
) -> None:
    # Taken for "away", one such event would be tried for ever, and nothing behind it be taken in.
    with suppress(RegisterRefused):
        async with register.entry() as entry:
            await entry.take([replace(opened(), id=strange(4096))])

    async with register.entry() as entry:
        assert await entry.take([opened()]) == (Taking.NEW,)
