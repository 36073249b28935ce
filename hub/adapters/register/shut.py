"""What waits behind a closed webhook, out of the index of what is due until it is open again.

Only here is the flag of a row written, and only under the lock of the directory: who closes a
webhook, who opens it and who looks come one after another, each after the other's commit. A row is
queued without the flag. No send rests on it: a lease asks the endpoint itself as well, so a flag
that comes late costs time alone, and one that stays too long is found by the look.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Integer, Select, bindparam, func, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from hub.adapters.register import tables as t
from hub.adapters.register.bell import Bell
from hub.adapters.register.dialect import Database
from hub.adapters.register.wire import Wire

AT_ONCE: Final = 2_000
"""How many rows one transaction flags, or frees: nobody waits long for the locks of so many."""

DIRECTORY: Final = "\ndirectory"
"""Locked as a concern is; no concern has such an id."""

_Q: Final = t.delivery_queue
_MOST: Final = bindparam("most", type_=Integer)


class ShutHere:
    """The part of the register that keeps what waits behind closed webhooks apart."""

    _database: Database
    _bell: Bell

    async def keep_apart(self) -> int:
        """Put right every flag that is late, so many a transaction; return how many."""
        done = 0
        while await self._any_late():
            moved = await self._put_right()
            done += moved
            if moved < AT_ONCE:
                break  # What is locked just now is put right by the next look.
        return done

    async def _any_late(self) -> bool:
        """Whether anything is to be done; asked beside the writer, since seldom anything is."""
        async with self._database.snapshot() as wire:
            closed, behind = await _closed(wire), await _behind(wire)
            if behind - closed:
                return True
            late = self._database.prepared(_unflagged)
            return bool(closed) and bool(await wire.rows(late, {"of": sorted(closed), "most": 1}))

    async def _put_right(self) -> int:
        async with self._database.writing("apart") as wire:
            await self._database.lock(wire, [DIRECTORY])
            closed = await _closed(wire)
            freed = await let_out(wire, self._database, await _behind(wire) - closed)
            flagged = await shut_in(wire, self._database, closed)
            if freed:
                await self._database.notify(wire)
        if freed:
            self._bell.ring()
        return freed + flagged


async def shut_in(wire: Wire, database: Database, endpoints: Collection[str]) -> int:
    """Flag rows of closed endpoints, the directory locked; return how many."""
    if not endpoints:
        return 0
    values = {"of": sorted(endpoints), "most": AT_ONCE}
    return len(await wire.rows(database.prepared(_shutting), values))


async def let_out(wire: Wire, database: Database, endpoints: Collection[str]) -> int:
    """Free the oldest rows of endpoints that are open or gone, the directory locked."""
    freed = 0
    # One endpoint a statement: only so are its rows read in their order, and no more of them.
    for endpoint in sorted(endpoints):
        values = {"of": endpoint, "most": AT_ONCE - freed}
        freed += len(await wire.rows(database.prepared(_freeing), values))
    return freed


def _shutting(database: Database) -> ReturningUpdate[Any]:
    return _flagging(database, _unflagged(database), shut=True)


def _freeing(database: Database) -> ReturningUpdate[Any]:
    theirs = _Q.c.endpoint_id == bindparam("of", type_=_Q.c.endpoint_id.type)
    waits = select(_Q.c.seq).where(_Q.c.shut, theirs).order_by(_Q.c.seq).limit(_MOST)
    return _flagging(database, waits, shut=False)


def _flagging(database: Database, rows: Select[Any], *, shut: bool) -> ReturningUpdate[Any]:
    # What somebody has locked is left for the next look: whoever writes results holds locks of rows
    # when it comes to close a webhook, so waiting for them here could wait in a ring.
    mine = _Q.c.seq.in_(database.claimed(rows, _Q))
    return update(_Q).where(mine).values(shut=shut).returning(_Q.c.seq)


def _unflagged(database: Database) -> Select[Any]:
    theirs = database.one_of(_Q.c.endpoint_id, "of")
    return select(_Q.c.seq).where(~_Q.c.shut, theirs).limit(_MOST)


async def _closed(wire: Wire) -> frozenset[str]:
    rows = await wire.rows(select(t.endpoint.c.id).where(t.endpoint.c.parked))
    return frozenset(row["id"] for row in rows)


async def _behind(wire: Wire) -> frozenset[str]:
    """Return which endpoints have rows with the flag, however many rows."""
    return frozenset(row["id"] for row in await wire.rows(_BEHIND))


def _each_behind() -> Select[Any]:
    # From one endpoint to the next along the index, rather than through all that waits.
    first = select(func.min(_Q.c.endpoint_id).label("id")).where(_Q.c.shut)
    found = first.cte("found", recursive=True)
    further = select(func.min(_Q.c.endpoint_id)).where(_Q.c.shut, _Q.c.endpoint_id > found.c.id)
    found = found.union_all(
        select(further.correlate(found).scalar_subquery()).where(found.c.id.is_not(None))
    )
    return select(found.c.id).where(found.c.id.is_not(None))


_BEHIND: Final = _each_behind()
