"""Whether a lane has something due: a look beside the writer, before anything is leased.

Beside destinations that may not be tried it looks a little further, and says how what may be tried
is found: a lease walks past whatever may not, which may be nearly all that is due.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Integer, Select, and_, bindparam, case, exists, func, select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.adapters.register.ready import not_avoided
from hub.adapters.register.wire import Wire
from hub.vocabulary import Lane

FAR: Final = 500
"""How far the look goes: a lease that walks past so many for each that it takes is no dearer."""

_Q: Final = t.delivery_queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a look found: by when, and how a lease finds the oldest of it soonest."""

    now: datetime
    """By the database's clock."""
    by_destination: bool = False
    """True: nearly all that has been due longest is for destinations that may not be tried."""


async def found_due(
    wire: Wire, database: Database, lane: Lane, avoid: Collection[str], limit: int
) -> Due | None:
    """Return what a lane has due, be it that none may be leased; None where that is nothing.

    A lane is asked at each ring, mostly for nothing: this takes nobody's turn. `avoid` and `limit`
    are the lease's own. Where all that is due is to be avoided, that is nothing.
    """
    if not avoid:
        row = (await wire.rows(database.prepared(due_now), {"of_lane": lane.value}))[0]
        return Due(now=row["now"]) if row["due"] else None
    values = {"of_lane": lane.value, "avoided": sorted(avoid), "far": FAR}
    row = (await wire.rows(database.prepared(due_beside), values))[0]
    further, others = row["due"] >= FAR, row["others"]
    if not others and not further:
        return None
    return Due(now=row["now"], by_destination=further and others < limit)


def due_now(database: Database) -> Select[Any]:
    """Return the statement that asks whether a lane has anything due, and what time it is."""
    # Read once, and apart: only so is it what an index can be walked up to.
    moment = select(database.clock().label("now")).cte("moment")
    now = select(moment.c.now).scalar_subquery()
    in_lane = _Q.c.lane == bindparam("of_lane")
    due = exists().where(and_(in_lane, ~_Q.c.shut, _Q.c.next_at <= now))
    asked: Select[Any] = select(now.label("now"), due.label("due"))
    return asked


def due_beside(database: Database) -> Select[Any]:
    """Return the statement that asks how many of the oldest due there are, at most `far`.

    And how many `others` among them, which are not `avoided`.
    """
    moment = select(database.clock().label("now")).cte("moment")
    now = select(moment.c.now).scalar_subquery()
    oldest = (
        select(_Q.c.dest)
        .where(_Q.c.lane == bindparam("of_lane"), ~_Q.c.shut, _Q.c.next_at <= now)
        .order_by(_Q.c.next_at, _Q.c.seq)
        .limit(bindparam("far", type_=Integer))
        .subquery("oldest")
    )
    other = func.count(case((not_avoided(database, oldest.c.dest), 1)))
    return select(now.label("now"), func.count().label("due"), other.label("others")).select_from(
        oldest
    )
