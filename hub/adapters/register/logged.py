"""The log of one concern, newest first, from a place in it on."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.ports.logged import Logged
from hub.vocabulary import ConcernId


class LoggedHere:
    """The part of the register that reads the log."""

    _database: Database

    async def log_of(
        self,
        concern: ConcernId,
        *,
        before: int | None = None,
        limit: int = 200,
        kinds: Collection[str] = (),
        but: Collection[str] = (),
    ) -> tuple[Logged, ...]:
        """Return the leaves of one concern, newest first."""
        leaf = t.audit_leaf.c
        statement = (
            select(leaf.seq, leaf.kind, leaf.at, leaf.data)
            .where(leaf.concern_id == concern)
            .order_by(leaf.seq.desc())
            .limit(limit)
        )
        if before is not None:
            statement = statement.where(leaf.seq < before)
        if kinds:
            statement = statement.where(leaf.kind.in_(sorted(kinds)))
        if but:
            statement = statement.where(leaf.kind.not_in(sorted(but)))
        async with self._database.reading() as wire:
            rows = await wire.rows(statement)
        return tuple(
            Logged(seq=row["seq"], kind=row["kind"], at=row["at"], data=bytes(row["data"]))
            for row in rows
        )
