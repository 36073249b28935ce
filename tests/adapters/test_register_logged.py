"""The log of one concern, read backwards, on every register."""

from __future__ import annotations

from hub.adapters.register.sql import SqlRegister
from hub.leaf import leaf
from hub.vocabulary import ConcernId
from tests.builders import LONG_AGO

ONE, OTHER = ConcernId("c-1"), ConcernId("c-2")


async def test_the_log_of_a_concern_is_read_newest_first_from_a_place_on(
    register: SqlRegister,
) -> None:
    kinds = ("event.applied", "decision", "concern.seen", "decision")
    for kind in kinds:
        note = leaf(kind, LONG_AGO, ONE, person="leo-1")
        await register.receive((), (), (note, leaf("decision", LONG_AGO, OTHER)))

    whole = await register.log_of(ONE)
    rest = await register.log_of(ONE, before=whole[1].seq, limit=1)

    assert [each.kind for each in whole] == list(reversed(kinds))
    assert [each.seq for each in whole] == sorted((each.seq for each in whole), reverse=True)
    assert rest == whole[2:3]
    assert (whole[0].at, whole[0].data) == (LONG_AGO, note.data)
    assert await register.log_of(ONE, kinds=["decision"]) == (whole[0], whole[2])
    assert [e.kind for e in await register.log_of(ONE, but=["concern.seen", "decision"])] == [
        "event.applied"
    ]
    assert await register.log_of(ConcernId("c-3")) == ()
