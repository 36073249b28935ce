"""Which concerns of one's own authority were opened to somebody else in an emergency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hub.access import Official
from hub.leaf import leaf
from hub.ports import ConcernRecord
from hub.ports.emergency_access import EmergencyAccess
from hub.routes.deps import Web
from hub.routes.naming import named
from hub.routes.tasks import Place, place_of

SHOWN_FOR: Final = timedelta(days=7)
"""So long one stands on My work after its review; without a review it stands for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedTo:
    """One emergency access to one of one's own concerns."""

    of: Place
    who: str
    access: EmergencyAccess
    live: bool


async def emergencies(
    deps: Web, person: Official, records: Sequence[ConcernRecord]
) -> tuple[OpenedTo, ...]:
    """Return what was opened of this authority's concerns, newest first.

    `records`: those that were read for this page already; any other is read, and that is a look.
    """
    now, directory = deps.clock.now(), await deps.register.directory()
    of = {record.concern.id: record for record in records}
    found = []
    for access in await deps.register.emergency_access_to(person.agency):
        if access.review is not None and access.began <= now - SHOWN_FOR:
            continue
        record = of.get(access.concern)
        if record is None:
            record = await deps.register.as_reader(person.agency).concern(access.concern)
            if record is None:
                continue
            of[access.concern] = record
            seen = leaf(
                "concern.seen",
                now,
                access.concern,
                person=person.id,
                agency=person.agency,
                page="work",
            )
            await deps.register.receive((), (), (seen,))
        organisation = named(access.agency, directory)
        found.append(
            OpenedTo(
                of=place_of(record),
                who=f"{access.by.name}, {access.by.post}, {organisation}",
                access=access,
                live=access.live(now),
            )
        )
    return tuple(found)
