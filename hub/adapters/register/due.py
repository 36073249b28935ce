"""Which lanes have something due: asked once for all who ask within one turn of the loop."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, exists, literal, select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.vocabulary import Lane

_Q: Final = t.delivery_queue

Due = dict[Lane, datetime]
"""The lanes that have something due, each with the moment of the look, by the database's clock."""


class DueLanes:
    """Looks beside the writer, and takes nobody's turn.

    Each lane asks at each ring, mostly for nothing, and all of them at the same one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._next: asyncio.Task[Due] | None = None
        """A look that has not begun yet: it begins after everybody who waits for it has asked."""

    async def since(self, lane: Lane) -> datetime | None:
        """Return by when a row of a lane was found due, be it that none may be leased; or None.

        Raises RegisterAway.
        """
        if self._next is None:
            self._next = asyncio.get_running_loop().create_task(self._look())
        # Others may wait for the same look.
        return (await asyncio.shield(self._next)).get(lane)

    async def _look(self) -> Due:
        self._next = None
        async with self._database.reading() as wire:
            row = (await wire.rows(self._database.prepared(due_now)))[0]
        return {lane: row["now"] for lane in Lane if row[lane.value]}


def due_now(database: Database) -> Select[Any]:
    """Return the statement that asks of each lane whether anything is due, and what time it is."""
    # Read once, for all of them, and apart: only so is it what an index can be walked up to.
    moment = select(database.clock().label("now")).cte("moment")
    now = select(moment.c.now).scalar_subquery()
    lanes = (
        exists()
        .where(and_(_Q.c.lane == literal(lane.value), _Q.c.next_at <= now))
        .label(lane.value)
        for lane in Lane
    )
    return select(now.label("now"), *lanes)
