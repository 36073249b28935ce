"""Chases that people asked for: one row each, written with the step that they bring forward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Column, Index, Integer, RowMapping, Table, Text, select

from hub.adapters.register import climbing
from hub.adapters.register import tables as t
from hub.adapters.register.columns import metadata, moment, words
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import leaf_row
from hub.leaf import Leaf
from hub.obligation import Obligation
from hub.ports.chasing import Chase
from hub.ports.releasing import Asker
from hub.vocabulary import ConcernId, NoticeId

chase: Final = Table(
    "chase",
    metadata,
    Column("id", Text, primary_key=True),
    words("concern_id"),
    words("obligation_id"),
    words("notice_id"),
    Column("step", Integer, nullable=False),
    words("person"),
    words("name"),
    words("post"),
    words("reason"),
    moment("at"),
    Index("ix_chase_concern_id", "concern_id"),
)

_C: Final = chase.c


class ChasesHere:
    """The part of the register that keeps chases."""

    _database: Database

    async def chase(self, owed: Obligation, made: Chase, leaf: Leaf) -> bool:
        """Let the ladder of `owed` take its next step now; False where it has moved."""
        async with self._database.writing("chase") as wire:
            now = await self._database.now(wire)
            if not await climbing.chased(wire, owed, now):
                return False
            await wire.insert(chase, [_row(made)])
            await wire.insert(t.audit_leaf, [leaf_row(leaf, now)])
            return True

    async def chases(self, concerns: Sequence[ConcernId], limit: int = 1000) -> tuple[Chase, ...]:
        """Return the chases of these concerns, newest first."""
        if not concerns:
            return ()
        statement = (
            select(chase)
            .where(self._database.among(_C.concern_id, concerns))
            .order_by(_C.at.desc(), _C.id.desc())
            .limit(limit)
        )
        async with self._database.reading() as wire:
            return tuple(_chase(row) for row in await wire.rows(statement))


def _row(made: Chase) -> Mapping[str, object]:
    return {
        "id": made.id,
        "concern_id": made.concern,
        "obligation_id": made.obligation,
        "notice_id": made.notice,
        "step": made.step,
        "person": made.by.id,
        "name": made.by.name,
        "post": made.by.post,
        "reason": made.reason,
        "at": made.at,
    }


def _chase(row: RowMapping) -> Chase:
    return Chase(
        id=row["id"],
        concern=ConcernId(row["concern_id"]),
        obligation=row["obligation_id"],
        notice=NoticeId(row["notice_id"]),
        step=row["step"],
        by=Asker(id=row["person"], name=row["name"], post=row["post"]),
        reason=row["reason"],
        at=row["at"],
    )
