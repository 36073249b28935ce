"""Words come back as they were, however many rows are written at once and whatever they hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from hub.adapters.register.at_once import BETWEEN, FEW
from hub.adapters.register.sql import SqlRegister
from hub.leaf import leaf
from hub.notice import Accepted, Leased
from hub.ports import Completion
from hub.vocabulary import ConcernId, Lane, Rung
from tests.adapters.by_hand import look
from tests.builders import LONG_AGO, fresh, obligation_of, opened, receipt_of, telling

_SAYS: Final = "SELECT key, says FROM obligation ORDER BY seq"
MANY: Final = 2 * FEW
ORDINARY: Final = tuple(f"line {n}" for n in range(MANY))


@pytest.mark.parametrize(
    "says",
    [
        ORDINARY,
        ("", *ORDINARY[1:-1], ""),
        ("",) * MANY,
        ("the same",) * MANY,
        (*ORDINARY, f"between{BETWEEN}two", BETWEEN),
        (*ORDINARY, "NULL", "{a,b}", 'he said "no"', "back\\slash", "Ünïcödé \u2028 \U0001f600"),
        ORDINARY[: FEW - 1],
    ],
)
async def test_many_rows_keep_their_words_and_their_order(
    register: SqlRegister, says: tuple[str, ...]
) -> None:
    concern = ConcernId(fresh("concern"))
    owed = [obligation_of(concern, key=f"{number}", says=word) for number, word in enumerate(says)]

    async with register.entry() as entry:
        await entry.owe(owed)

    assert await look(register, _SAYS) == [(f"{n}", word) for n, word in enumerate(says)]


@pytest.mark.parametrize(
    "said",
    [
        ("",),
        ("250 2.0.0 Ok",),
        ("",) * 3,
        ("first", "", "last"),
        ("first", f"250 between{BETWEEN}two", BETWEEN),
        ("NULL", "{a,b}", 'he said "no"', "back\\slash", "Ünïcödé \u2028 \U0001f600"),
    ],
)
async def test_what_tries_brought_keeps_its_words_in_one_statement_with_what_else_they_did(
    register: SqlRegister, said: tuple[str, ...]
) -> None:
    events = [opened() for _ in said]
    async with register.entry() as entry:
        await entry.take(events)
        await entry.standing([event.concern for event in events])
        for event in events:
            await entry.write(telling(event))
    leased = await register.lease(
        Lane.STANDARD, limit=len(said), lease_for=timedelta(minutes=1), worker="w"
    )

    done = [_taken(each, word) for each, word in zip(leased, said, strict=True)]
    stood = await register.complete(done)

    assert all(stood)
    assert await look(register, "SELECT id, detail, outcome FROM attempt ORDER BY id") == [
        (each.attempt, word, "accepted") for each, word in zip(leased, said, strict=True)
    ]
    assert await look(register, "SELECT attempt_id, detail, setback FROM receipt ORDER BY seq") == [
        (each.attempt, word, None) for each, word in zip(leased, said, strict=True)
    ]


def _taken(leased: Leased, said: str) -> Completion:
    receipt = receipt_of(leased.delivery, attempt=leased.attempt)
    return Completion(
        leased=leased,
        outcome=Accepted(at=LONG_AGO, detail=said, rung=Rung.SUBMITTED),
        again_at=None,
        costs_attempt=True,
        receipts=(replace(receipt, detail=said),),
        leaves=(
            leaf("delivery.accepted", LONG_AGO, leased.delivery.concern, attempt=leased.attempt),
        ),
    )
