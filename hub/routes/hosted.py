"""All concerns of the signed-in person's own authority, with a leaf that each was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.access import Official
from hub.leaf import leaf
from hub.ports import ConcernRecord
from hub.routes.deps import Web

MOST_READ: Final = 100
"""Of so many concerns of an authority, newest first, everything is read for one page."""
_MOST_LOOKED_FOR: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """The concerns that were read, newest first, and how many there are."""

    records: tuple[ConcernRecord, ...]
    all: int

    @property
    def left_out(self) -> int:
        """How many older concerns were not read."""
        return self.all - len(self.records)


async def hosted(deps: Web, person: Official, what: str) -> Hosted:
    """Return the concerns that this person's authority hosts, each look on the log."""
    reader = deps.register.as_reader(person.agency)
    mine = [one.id for one in await reader.concerns(_MOST_LOOKED_FOR)]
    found = [await reader.concern(each) for each in mine[:MOST_READ]]
    records = tuple(record for record in found if record is not None)
    if records:
        now = deps.clock.now()
        leaves = [
            leaf(
                "concern.seen",
                now,
                record.concern.id,
                person=person.id,
                agency=person.agency,
                page=what,
            )
            for record in records
        ]
        await deps.register.receive((), (), leaves)
    return Hosted(records=records, all=len(mine))
