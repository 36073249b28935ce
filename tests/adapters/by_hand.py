"""What somebody with a database client sees and does, for tests that look behind the door."""

from __future__ import annotations

from sqlalchemy import text

from hub.adapters.register.sql import SqlRegister


async def look(register: SqlRegister, statement: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    async with register._database.reading() as wire:
        return [tuple(row.values()) for row in await wire.rows(text(statement))]


async def meddle(register: SqlRegister, statement: str, **values: object) -> None:
    """Run a statement and commit it."""
    async with register._database.writing("by hand") as wire:
        await wire.run(text(statement), values)
