"""What is stuck, found by reading rows alone, and what is done about deliveries that are."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, and_, exists, func, or_, select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.adapters.register.letters import delivery_of, delivery_rows
from hub.adapters.register.queue import abandon
from hub.adapters.register.records import Row, leaf_row, obligation_of
from hub.adapters.register.screens import unaccounted
from hub.adapters.register.wire import Wire
from hub.leaf import leaf
from hub.obligation import ObligationKind, ObligationState
from hub.ports.audited import IN_QUEUE, Stray, Stuck
from hub.vocabulary import ConcernId

PAST_DUE: Final = timedelta(seconds=60)
"""Anything this long past its time is nobody's any more (rules.md, escalation 8)."""

LONGEST_RETRY: Final = timedelta(hours=48)
"""The longest wait between two tries is a day and its jitter."""

LONGEST_STEP: Final = timedelta(days=60)
"""A step later than this, of a ladder that has begun, is held against what the pack says."""

HELD_LOOK: Final = timedelta(minutes=10)
"""A ladder that a hold keeps waiting is asked again every five minutes."""

URGENT_SINCE: Final = timedelta(days=7)
"""How long a message in quarantine is asked about; before that, somebody has seen it."""

_Q: Final = t.delivery_queue
_A: Final = t.attempt
_TRIED: Final = ("deferred", "in doubt", "abandoned")
_MAYBE_SENT: Final = ("in doubt", "abandoned")


class Audited:
    """The part of the register that is asked what is stuck."""

    _database: Database

    async def strays(self, limit: int) -> tuple[Stray, ...]:
        """Return what is stuck now, at most so much of each way of being stuck, oldest first."""
        found: list[Stray] = []
        async with self._database.snapshot() as wire:
            now = await self._database.now(wire)
            for how in IN_QUEUE:
                rows = await wire.rows(_deliveries(how, now).limit(limit))
                found += [_stray(how, row) for row in rows]
            for how in (Stuck.UNWATCHED, Stuck.LATE, Stuck.UNREACHED):
                for row in await wire.rows(_obligations(how, now).limit(limit)):
                    found.append(_stray(how, row, owed=row))
            found += await _untold(wire, self._database, now, limit)
        return tuple(found)

    async def put_right(self, strays: Sequence[Stray]) -> tuple[Stray, ...]:
        """Put deliveries right where they are still stuck, in one commit."""
        done: list[Stray] = []
        if not strays:
            return ()
        async with self._database.writing("audit") as wire:
            # Whoever writes a page has this lock: nothing is stopped or queued meanwhile.
            await self._database.lock(wire, [stray.concern for stray in strays])
            now = await self._database.now(wire)
            for how in IN_QUEUE:
                asked = [stray.id for stray in strays if stray.how is how]
                if asked:
                    rows = await self._still(wire, how, asked, now)
                    await self._mend(wire, how, rows, now)
                    done += [_stray(how, row) for row in rows]
            await wire.insert(t.audit_leaf, [_repaired(stray, now) for stray in done])
            if done:
                await self._database.notify(wire)
        return tuple(done)

    async def _still(
        self, wire: Wire, how: Stuck, ids: Sequence[str], now: datetime
    ) -> Sequence[RowMapping]:
        wanted = _deliveries(how, now).where(self._database.among(t.delivery.c.id, ids))
        if how is not Stuck.NOWHERE:
            # A result that is written just now is waited for, and looked at.
            wanted = wanted.with_for_update(of=_Q)
        return await wire.rows(wanted)

    async def _mend(
        self, wire: Wire, how: Stuck, rows: Sequence[RowMapping], now: datetime
    ) -> None:
        ids = [row["id"] for row in rows]
        if not ids:
            return
        mine = self._database.among(_Q.c.delivery_id, ids)
        if how is Stuck.NOWHERE:
            await self._queue_again(wire, ids, now)
        elif how is Stuck.STOPPED:
            await wire.run(_Q.delete().where(mine))
        else:
            await wire.run(_Q.update().where(mine).values(next_at=now, worker=None))

    async def _queue_again(self, wire: Wire, ids: Sequence[str], now: datetime) -> None:
        """Queue lost deliveries behind their own last token, so that late results are judged."""
        tried: defaultdict[str, list[RowMapping]] = defaultdict(list)
        of_these = self._database.among(_A.c.delivery_id, ids)
        for row in await wire.rows(select(_A).where(of_these).order_by(_A.c.seq)):
            tried[row["delivery_id"]].append(row)
        lost = await wire.rows(
            select(t.delivery, t.body.c.bytes)
            .join(t.body, t.body.c.id == t.delivery.c.body_id)
            .where(self._database.among(t.delivery.c.id, ids))
            .order_by(t.delivery.c.seq)
        )
        queued = [_queued(row, tried[row["id"]], now) for row in lost]
        insert = self._database.insert(_Q)
        await wire.run(insert.on_conflict_do_nothing(index_elements=[_Q.c.delivery_id]), queued)
        await abandon(wire, self._database, ids, now)


def _deliveries(how: Stuck, now: datetime) -> Select[Any]:
    """Return the deliveries that are stuck in this way, oldest first."""
    of = (t.delivery.c.id, t.delivery.c.concern_id, t.delivery.c.recorded.label("since"))
    if how is Stuck.NOWHERE:
        in_hand = and_(
            _A.c.delivery_id == t.delivery.c.id, _A.c.outcome.is_(None), _A.c.expires > now
        )
        wanted = select(*of).where(unaccounted(), ~exists().where(in_hand))
    else:
        joined = t.delivery.join(_Q, _Q.c.delivery_id == t.delivery.c.id)
        wanted = select(*of).select_from(joined).where(_in_queue(how, now))
    return wanted.order_by(t.delivery.c.seq)


def _in_queue(how: Stuck, now: datetime) -> ColumnElement[bool]:
    if how is Stuck.STOPPED:
        return exists().where(t.stop.c.delivery_id == _Q.c.delivery_id)
    if how is Stuck.LEASED_ON:
        # The intent is of the same commit as the lease, and says when it ends.
        leased = and_(
            _A.c.delivery_id == _Q.c.delivery_id, _A.c.token == _Q.c.token, _A.c.expires > now
        )
        return and_(_Q.c.worker.is_not(None), _Q.c.next_at > now, ~exists().where(leased))
    late = now + LONGEST_RETRY
    due_late = t.delivery.c.due > now
    return and_(_Q.c.worker.is_(None), _Q.c.next_at > late, ~due_late)


def _obligations(how: Stuck, now: datetime) -> Select[Any]:
    """Return the open obligations that are stuck in this way, the longest due first."""
    o = t.obligation.c
    climbs = and_(o.ladder.is_not(None), o.state.is_not(None), o.anchor.is_not(None))
    if how is Stuck.UNWATCHED:
        far = now + LONGEST_STEP
        apart = and_(o.next_at > far, o.anchor < now)
        held = and_(o.state == ObligationState.HELD.value, o.next_at > now + HELD_LOOK)
        which = and_(climbs, or_(o.next_at.is_(None), apart, held))
    elif how is Stuck.LATE:
        which = and_(climbs, o.next_at < now - PAST_DUE)
    else:
        held = exists().where(
            t.hold.c.concern_id == o.concern_id,
            t.hold.c.agency_id == o.agency_id,
            t.hold.c.role == o.role,
        )
        kind = ObligationKind.REACH.value
        which = and_(o.kind == kind, o.opened < now - PAST_DUE, ~held)
    since = func.coalesce(o.next_at, o.due, type_=o.due.type).label("since")
    return (
        select(t.obligation, since)
        .where(o.discharged.is_(None), which)
        .order_by(since, t.obligation.c.seq)
    )


async def _untold(wire: Wire, database: Database, now: datetime, limit: int) -> list[Stray]:
    """Return refused events of a concern that opened nothing for anybody to look at."""
    q = t.quarantine.c
    rows = await wire.rows(
        select(q.id, q.concern_id, q.headers, q.recorded)
        .where(q.urgent, q.concern_id.is_not(None), q.recorded > now - URGENT_SINCE)
        .order_by(q.seq)
    )
    said = {row["id"]: dict(json.loads(row["headers"])) for row in rows}
    keys = {
        id_: (headers.get("ce-source", ""), headers.get("ce-id", ""))
        for id_, headers in said.items()
    }
    owed = [f"urgent event:{source}|{event}" for source, event in keys.values()]
    o = t.obligation.c
    known = select(o.concern_id, o.key).where(database.among(o.key, owed))
    told = {(row["concern_id"], row["key"]) for row in await wire.rows(known)} if owed else set()
    events = select(t.event.c.source, t.event.c.id, t.event.c.name).where(
        database.among(t.event.c.id, [event for _, event in keys.values()])
    )
    names = {(r["source"], r["id"]): r["name"] for r in await wire.rows(events)} if owed else {}
    return [
        Stray(
            how=Stuck.UNTOLD,
            id=row["id"],
            concern=ConcernId(row["concern_id"]),
            since=row["recorded"],
            event=(*keys[row["id"]], names[keys[row["id"]]]),
        )
        for row, key in zip(rows, owed, strict=True)
        if (row["concern_id"], key) not in told and keys[row["id"]] in names
    ][:limit]


def _stray(how: Stuck, row: RowMapping, owed: RowMapping | None = None) -> Stray:
    return Stray(
        how=how,
        id=row["id"],
        concern=ConcernId(row["concern_id"]),
        since=row["since"],
        owed=None if owed is None else obligation_of(owed),
    )


def _queued(row: RowMapping, tried: Sequence[Mapping[Any, Any]], now: datetime) -> Row:
    """Return the row of the queue that this delivery would have, had it not been lost."""
    _, _, queued = delivery_rows(delivery_of(row), now)
    went = [one for one in tried if one["outcome"] in _TRIED and not one["fenced"]]
    return {
        **queued,
        "next_at": max(now, row["due"]),
        "token": max((one["token"] for one in tried), default=0),
        "attempts": len(went),
        "first_tried": min((one["started"] for one in went), default=None),
        "maybe_sent": any(one["outcome"] in _MAYBE_SENT for one in tried),
    }


def _repaired(stray: Stray, now: datetime) -> Row:
    # One word of ours for each way of being stuck; the sentence is for people.
    kind = f"audit.{stray.how.name.lower().replace('_', '.')}"
    return leaf_row(leaf(kind, now, stray.concern, delivery=stray.id), now)
