"""The locations that CQC registers: put in from a published file, never taken out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import Column, Index, Integer, Table, Text, select

from hub.adapters.register.columns import metadata, moment, words
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import Row
from hub.cqc.location import Location

location: Final = Table(
    "location",
    metadata,
    Column("id", Text, primary_key=True),
    words("agency_id"),
    words("host_authority", null=True),
    Column("version", Integer, nullable=False),
    words("whole"),
    moment("recorded"),
    Index("ix_location_agency_id", "agency_id"),
    Index("ix_location_host_authority", "host_authority"),
)
"""CQC's own publication: it keeps what was said before, so no history of it is kept here."""

_LOCATION: Final = TypeAdapter(Location)


class LocationsHere:
    """The part of the register that keeps where CQC registers somebody."""

    _database: Database

    async def locations(self) -> tuple[Location, ...]:
        """Return every location that was imported, by its id."""
        async with self._database.reading() as wire:
            rows = await wire.rows(select(location.c.whole).order_by(location.c.id))
        return tuple(_LOCATION.validate_json(row["whole"]) for row in rows)

    async def put_locations(self, locations: Sequence[Location]) -> None:
        """Correct or add locations in one transaction."""
        async with self._database.writing("locations") as wire:
            now = await self._database.now(wire)
            insert = self._database.insert(location)
            new = {name: insert.excluded[name] for name in ("agency_id", "host_authority", "whole")}
            upsert = insert.on_conflict_do_update(
                index_elements=[location.c.id],
                set_={
                    **new,
                    "recorded": insert.excluded.recorded,
                    "version": location.c.version + 1,
                },
            )
            # In one order always, so that two imports at once do not wait in a ring.
            rows = [_row(each, now) for each in sorted(locations, key=lambda each: each.id)]
            if rows:
                await wire.run(upsert, rows)


def _row(each: Location, now: datetime) -> Row:
    return {
        "id": each.id,
        "agency_id": each.provider,
        "host_authority": each.host,
        "version": 1,
        "whole": _LOCATION.dump_json(each).decode(),
        "recorded": now,
    }
