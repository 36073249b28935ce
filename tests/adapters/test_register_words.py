"""Words come back as they were, however many rows are written at once and whatever they hold."""

from __future__ import annotations

from typing import Final

import pytest

from hub.adapters.register.at_once import BETWEEN, FEW
from hub.adapters.register.sql import SqlRegister
from hub.vocabulary import ConcernId
from tests.adapters.by_hand import look
from tests.builders import fresh, obligation_of

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
