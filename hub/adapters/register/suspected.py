"""Messages that were taken alone, and what came of it is not written yet: one row each."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, Table, Text

from hub.adapters.register.columns import metadata, moment
from hub.adapters.register.dialect import Database

suspect: Final = Table(
    "suspect",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("times", Integer, nullable=False),
    moment("at"),
)
"""How often each was begun alone; a body's SHA-256 and nothing of what it says."""


class SuspectsHere:
    """The part of the register that remembers what was in hand alone."""

    _database: Database

    async def alone_with(self, sha256: str) -> int:
        """Write down that this one is about to be handled alone; return how often it was before."""
        async with self._database.writing("suspect") as wire:
            now = await self._database.now(wire)
            insert = self._database.insert(suspect)
            again = {"times": suspect.c.times + 1, "at": insert.excluded.at}
            upsert = insert.on_conflict_do_update(index_elements=[suspect.c.sha256], set_=again)
            row = {"sha256": sha256, "times": 1, "at": now}
            found = await wire.rows(upsert.returning(suspect.c.times), row)
        times: int = found[0]["times"]
        return times - 1

    async def answered(self, sha256: str) -> None:
        """Forget it."""
        async with self._database.writing("suspect") as wire:
            await wire.run(suspect.delete().where(suspect.c.sha256 == sha256))
