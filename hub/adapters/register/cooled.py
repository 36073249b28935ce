"""Destinations that fail: one row each until they recover, for every process that delivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Column, Integer, Table, Text, case, select

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
"""How often each has failed on end, by whichever process counted more."""


class CooledHere:
    """The part of the register that remembers which destinations fail."""

    _database: Database

    async def cooling(self) -> Mapping[str, Cooling]:
        """Return every destination that has not recovered, by its `dest`."""
        async with self._database.reading() as wire:
            rows = await wire.rows(select(breaker))
        return {row["dest"]: Cooling(failures=row["failures"], until=row["until"]) for row in rows}

    async def cool(self, found: Mapping[str, Cooling | None]) -> None:
        """Write down how destinations stand now, all at once; None: it has recovered."""
        well = sorted(dest for dest, cooling in found.items() if cooling is None)
        # In one order always, so that two processes do not wait for each other in a ring.
        rows = [
            {"dest": dest, "failures": cooling.failures, "until": cooling.until}
            for dest, cooling in sorted(found.items(), key=lambda one: one[0])
            if cooling is not None
        ]
        async with self._database.writing("cool") as wire:
            if well:
                await wire.run(breaker.delete().where(self._database.among(breaker.c.dest, well)))
            if rows:
                insert = self._database.insert(breaker)
                more = {
                    name: case(
                        (breaker.c[name] > insert.excluded[name], breaker.c[name]),
                        else_=insert.excluded[name],
                    )
                    for name in ("failures", "until")
                }
                upsert = insert.on_conflict_do_update(index_elements=[breaker.c.dest], set_=more)
                await wire.run(upsert, rows)
