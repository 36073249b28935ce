"""A restored register sends nothing until a named person has let it, whatever is started."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Table,
    and_,
    func,
    select,
)

from hub.adapters.register import tables as t
from hub.adapters.register.bell import Bell
from hub.adapters.register.changes import Changes
from hub.adapters.register.dialect import Database
from hub.adapters.register.letters import receipt_row
from hub.adapters.register.outbox import Outbox, fact
from hub.adapters.register.pages import append_receipts
from hub.adapters.register.queue import abandon
from hub.adapters.register.records import leaf_row
from hub.adapters.register.unreleased import restored
from hub.adapters.register.wire import Wire
from hub.leaf import leaf
from hub.ports.paused import NothingPaused, Restored, Unreconciled
from hub.receipt import Receipt
from hub.vocabulary import ConcernId, DeliveryId, NoticeId, Setback

AT_ONCE: Final = 500
"""Deliveries flagged by one statement."""

_R: Final = restored.c
_Q: Final = t.delivery_queue

_UNRESUMED: Final = select(restored).where(_R.resumed.is_(None)).order_by(_R.seq.desc())
"""Restores that nobody has let send, the last one first: a backup may hold an earlier one."""


class PausedHere:
    """The part of the register that knows whether it may send."""

    _database: Database
    _outbox: Outbox
    _bell: Bell

    async def paused(self) -> Restored | None:
        """Return why nothing is sent; None: nothing keeps it from sending."""
        async with self._database.reading() as wire:
            rows = await wire.rows(_UNRESUMED)
        return Restored(taken=rows[0]["taken"], at=rows[0]["at"]) if rows else None

    async def unreconciled(self) -> Unreconciled:
        """Return what nobody knows. Raises NothingPaused."""
        async with self._database.snapshot() as wire:
            return await self._unknown(wire, await _must_be_paused(wire))

    async def resume(self, person: str, reason: str) -> Unreconciled:
        """Let it send again, in one commit; return what was unknown. Raises NothingPaused."""
        async with self._database.writing("resume") as wire:
            # Of two who say so at once, the second finds that it has been said.
            row = await _must_be_paused(wire, _UNRESUMED.with_for_update())
            unknown = await self._unknown(wire, row)
            now = await self._database.now(wire)
            changes = Changes()
            for ids in _parts(await _waited(wire, row)):
                changes.appended(await self._doubt(wire, ids, row["taken"], now))
            values = {"resumed": now, "person": person, "reason": reason}
            await wire.run(restored.update().where(_R.resumed.is_(None)).values(values))
            said = sha256(f"{person}\n{reason}".encode()).hexdigest()
            note = leaf(
                "register.resumed",
                now,
                restore=row["seq"],
                queued=unknown.queued,
                in_flight=unknown.in_flight,
                said=said,
            )
            await wire.insert(t.audit_leaf, [leaf_row(note, now)])
            await self._outbox.write(wire, changes, now)
            await self._database.notify(wire)
        self._bell.ring()
        return unknown

    async def _unknown(self, wire: Wire, row: RowMapping) -> Unreconciled:
        now = await self._database.now(wire)
        waited, o = _Q.c.seq <= row["last_queued"], t.obligation.c
        due = and_(o.discharged.is_(None), o.next_at > row["taken"], o.next_at <= now)
        return Unreconciled(
            restored=Restored(taken=row["taken"], at=row["at"]),
            queued=await _count(wire, _Q, waited),
            in_flight=await _count(wire, _Q, and_(waited, _Q.c.worker.is_not(None))),
            tried=await _count(wire, _Q, and_(waited, _Q.c.first_tried.is_not(None))),
            newer=await _count(wire, _Q, ~waited),
            steps=await _count(wire, t.obligation, due),
            facts=await _count(wire, fact, fact.c.published.is_(None)),
        )

    async def _doubt(
        self, wire: Wire, ids: Sequence[str], taken: datetime, now: datetime
    ) -> Sequence[RowMapping]:
        """Flag these as perhaps sent already, and say so in their evidence."""
        in_flight = await abandon(wire, self._database, ids, now)
        mine = self._database.among(_Q.c.delivery_id, ids)
        held = and_(mine, _Q.c.worker.is_not(None))
        await wire.run(_Q.update().where(held).values(worker=None, next_at=now))
        await wire.run(_Q.update().where(mine).values(maybe_sent=True))
        d = t.delivery.c
        about = select(d.id, d.notice_id, d.concern_id).where(self._database.among(d.id, ids))
        rows = [
            receipt_row(_in_doubt(row, taken, now), ConcernId(row["concern_id"]), now)
            for row in await wire.rows(about.order_by(d.seq))
            if row["id"] not in in_flight
        ]
        return await append_receipts(wire, self._database, rows)


def _in_doubt(row: RowMapping, taken: datetime, now: datetime) -> Receipt:
    return Receipt(
        notice=NoticeId(row["notice_id"]),
        delivery=DeliveryId(row["id"]),
        attempt=None,
        at=now,
        source="register",
        setback=Setback.IN_DOUBT,
        detail=f"restored from a backup of {taken:%Y-%m-%d %H:%M:%S} UTC; it may have been sent",
    )


async def _must_be_paused(wire: Wire, unresumed: Select[Any] = _UNRESUMED) -> RowMapping:
    rows = await wire.rows(unresumed)
    if not rows:
        raise NothingPaused
    return rows[0]


async def _waited(wire: Wire, row: RowMapping) -> list[str]:
    wanted = select(_Q.c.delivery_id).where(_Q.c.seq <= row["last_queued"]).order_by(_Q.c.seq)
    return [each["delivery_id"] for each in await wire.rows(wanted)]


async def _count(wire: Wire, table: Table, which: ColumnElement[bool]) -> int:
    counted = select(func.count().label("many")).select_from(table).where(which)
    many: int = (await wire.rows(counted))[0]["many"]
    return many


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
