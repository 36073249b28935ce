"""Whether a lane has something due: a look beside the writer, before anything is leased."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, exists, select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.adapters.register.wire import Wire
from hub.vocabulary import Lane

_Q: Final = t.delivery_queue


async def found_due(wire: Wire, database: Database, lane: Lane) -> datetime | None:
    """Return by when a row of a lane was found due, be it that none may be leased; or None.

    By the database's clock. A lane is asked at each ring, mostly for nothing: this takes nobody's
    turn.
    """
    row = (await wire.rows(database.prepared(due_now), {"of_lane": lane.value}))[0]
    now: datetime = row["now"]
    return now if row["due"] else None


def due_now(database: Database) -> Select[Any]:
    """Return the statement that asks whether a lane has anything due, and what time it is."""
    # Read once, and apart: only so is it what an index can be walked up to.
    moment = select(database.clock().label("now")).cte("moment")
    now = select(moment.c.now).scalar_subquery()
    in_lane = _Q.c.lane == bindparam("of_lane")
    due = exists().where(and_(in_lane, ~_Q.c.shut, _Q.c.next_at <= now))
    asked: Select[Any] = select(now.label("now"), due.label("due"))
    return asked
