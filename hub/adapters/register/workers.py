"""Which processes live, by the database's clock, and what the dead have left in nobody's hands.

A lease ends by itself too, but only after longer than any try may take. A process that says nothing
for seconds is dead or stopped: what it had in hand is let go, and its late results are fenced.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Table, Text, case, exists, select

from hub.adapters.register import tables as t
from hub.adapters.register.bell import Bell
from hub.adapters.register.columns import metadata, moment, words
from hub.adapters.register.dialect import Database
from hub.adapters.register.wire import Wire
from hub.ports.workers import MISSED, SILENT, Beat

worker: Final = Table(
    "worker",
    metadata,
    Column("id", Text, primary_key=True),
    words("roles"),
    words("session"),
    moment("since"),
    moment("seen"),
)
"""Processes that live: since when without a gap, and when each was last heard of."""

_W: Final = worker.c
_Q: Final = t.delivery_queue


class WorkersHere:
    """The part of the register that knows who lives."""

    _database: Database
    _bell: Bell

    async def alive(self, worker: str, roles: Collection[str]) -> Beat:
        """Write that this process lives, and let go of what silent ones had in hand."""
        async with self._database.writing("alive") as wire:
            now = await self._database.now(wire)
            since = await self._heard(wire, worker, roles, now)
            lost = await _silent(wire, worker, now)
            # Who was away itself cannot say of others that they were.
            if not lost or since > now - SILENT:
                return Beat()
            await self._database.cut_off(wire, list(lost.values()))
        released, locked = await self._release(list(lost))
        return Beat(lost=tuple(lost), released=released, locked=locked)

    async def ended(self, worker: str) -> None:
        """Write that this process has ended; what it still had in hand is free at once."""
        await self._release([worker])

    async def is_first(self, worker: str, role: str) -> bool:
        """Return whether no process that lives has had this role for longer."""
        async with self._database.reading() as wire:
            now = await self._database.now(wire)
            living = select(_W.id, _W.roles).where(_W.seen >= now - SILENT)
            rows = await wire.rows(living.order_by(_W.since, _W.id))
        having = [row["id"] for row in rows if role in row["roles"].split()]
        return not having or having[0] == worker

    async def _heard(
        self, wire: Wire, worker_: str, roles: Collection[str], now: datetime
    ) -> datetime:
        insert = self._database.insert(worker)
        heard = insert.on_conflict_do_update(
            index_elements=[_W.id],
            set_={
                "roles": insert.excluded.roles,
                "session": insert.excluded.session,
                "since": case((_W.seen < now - MISSED, insert.excluded.since), else_=_W.since),
                "seen": insert.excluded.seen,
            },
        ).returning(_W.since)
        row = {
            "id": worker_,
            "roles": " ".join(sorted(roles)),
            "session": self._database.session,
            "since": now,
            "seen": now,
        }
        since: datetime = (await wire.rows(heard, [row]))[0]["since"]
        return since

    async def _release(self, workers: Sequence[str]) -> tuple[int, bool]:
        """Let go of what these have in hand; one whose rows are all free is known no more."""
        async with self._database.writing("release") as wire:
            now = await self._database.now(wire)
            # What is locked is being written by one that lives, or its lock is about to end.
            theirs = select(_Q.c.seq).where(self._database.among(_Q.c.worker, workers))
            free = _Q.update().where(_Q.c.seq.in_(self._database.claimed(theirs, _Q)))
            released = await wire.rows(free.values(next_at=now, worker=None).returning(_Q.c.seq))
            these = self._database.among(_W.id, workers)
            await wire.run(worker.delete().where(these, ~exists().where(_Q.c.worker == _W.id)))
            left = await wire.rows(select(_W.id).where(these))
            if released:
                await self._database.notify(wire)
        if released:
            self._bell.ring()
        return len(released), bool(left)


async def _silent(wire: Wire, but: str, now: datetime) -> dict[str, str]:
    """Return who has been silent for too long, each with its session."""
    silent = select(_W.id, _W.session).where(_W.seen < now - SILENT, _W.id != but).order_by(_W.id)
    return {row["id"]: row["session"] for row in await wire.rows(silent)}
