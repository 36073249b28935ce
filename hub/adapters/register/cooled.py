"""Destinations that are left alone for now: one row each, for every process that delivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Column, Integer, Table, Text, select

from hub.adapters.register.columns import metadata, moment
from hub.adapters.register.dialect import Database
from hub.ports.cooling import Cooling

breaker: Final = Table(
    "breaker",
    metadata,
    Column("dest", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    moment("until"),
)
"""The last to say so is believed: what it says is at most one try old."""


class CooledHere:
    """The part of the register that remembers which destinations fail."""

    _database: Database

    async def cooling(self) -> Mapping[str, Cooling]:
        """Return every destination that has not recovered, by its `dest`."""
        async with self._database.reading() as wire:
            rows = await wire.rows(select(breaker))
        return {row["dest"]: Cooling(failures=row["failures"], until=row["until"]) for row in rows}

    async def cool(self, dest: str, cooling: Cooling | None) -> None:
        """Write down how a destination stands now; None: it has recovered."""
        async with self._database.writing("cool") as wire:
            if cooling is None:
                await wire.run(breaker.delete().where(breaker.c.dest == dest))
                return
            row = {"dest": dest, "failures": cooling.failures, "until": cooling.until}
            insert = self._database.insert(breaker)
            new = {name: insert.excluded[name] for name in ("failures", "until")}
            upsert = insert.on_conflict_do_update(index_elements=[breaker.c.dest], set_=new)
            await wire.run(upsert, [row])
