"""Releases that were asked for at the console: one row each, decided once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Index, RowMapping, Table, Text, select

from hub.adapters.register import tables as t
from hub.adapters.register.columns import metadata, moment, words
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import leaf_row
from hub.adapters.register.wire import Wire
from hub.leaf import Leaf
from hub.ports.releasing import STANDS_FOR, AskedRelease, Asker, Became, Decided
from hub.vocabulary import ConcernId, HoldId, InfoClass

release_asked: Final = Table(
    "release_asked",
    metadata,
    Column("id", Text, primary_key=True),
    words("concern_id"),
    words("hold_id"),
    words("classes"),
    words("reason"),
    words("asked_by"),
    words("asked_name"),
    words("asked_post"),
    moment("asked"),
    words("became"),
    words("decided_by", null=True),
    words("decided_name", null=True),
    words("decided_post", null=True),
    moment("decided", null=True),
    words("decided_reason", null=True),
    words("left_out", null=True),
    words("sha256", null=True),
    Index("ix_release_asked_concern_id", "concern_id"),
)
"""`classes` and `left_out` are words with commas between. What is decided never changes again."""

_R: Final = release_asked.c


class AsksReleaseHere:
    """The part of the register that keeps what was asked."""

    _database: Database

    async def ask_release(self, asked: AskedRelease, now: datetime, leaf: Leaf) -> bool:
        """Write down what is asked; False where a release of the same hold is pending."""
        async with self._database.writing("release") as wire:
            await self._database.lock(wire, [asked.concern])
            pending = (
                select(_R.id)
                .where(_R.concern_id == asked.concern, _R.hold_id == asked.hold)
                .where(_R.became == Became.ASKED.value, _R.asked > now - STANDS_FOR)
            )
            if await wire.rows(pending):
                return False
            await wire.insert(release_asked, [_row(asked)])
            recorded = await self._database.now(wire)
            await wire.insert(t.audit_leaf, [leaf_row(leaf, recorded)])
            return True

    async def refuse_release(self, asked: AskedRelease, decided: Decided, leaf: Leaf) -> bool:
        """Write down that it was refused; False where it is decided already."""
        async with self._database.writing("release") as wire:
            if not await settle(wire, asked, decided):
                return False
            recorded = await self._database.now(wire)
            await wire.insert(t.audit_leaf, [leaf_row(leaf, recorded)])
            return True

    async def releases_asked(
        self, concerns: Sequence[ConcernId], limit: int = 1000
    ) -> tuple[AskedRelease, ...]:
        """Return what was asked of these concerns, newest first."""
        if not concerns:
            return ()
        statement = (
            select(release_asked)
            .where(self._database.among(_R.concern_id, concerns))
            .order_by(_R.asked.desc(), _R.id.desc())
            .limit(limit)
        )
        async with self._database.reading() as wire:
            return tuple(_asked(row) for row in await wire.rows(statement))


async def settle(wire: Wire, asked: AskedRelease, decided: Decided) -> bool:
    """Write what was decided, once; False where it is decided already."""
    statement = (
        release_asked.update()
        .where(_R.id == asked.id, _R.became == Became.ASKED.value)
        .values(
            became=decided.became.value,
            decided_by=decided.by.id,
            decided_name=decided.by.name,
            decided_post=decided.by.post,
            decided=decided.at,
            decided_reason=decided.reason,
        )
    )
    return await wire.run(statement) == 1


def _row(asked: AskedRelease) -> Mapping[str, object]:
    return {
        "id": asked.id,
        "concern_id": asked.concern,
        "hold_id": asked.hold,
        "classes": ",".join(sorted(asked.classes)),
        "reason": asked.reason,
        "asked_by": asked.by.id,
        "asked_name": asked.by.name,
        "asked_post": asked.by.post,
        "asked": asked.at,
        "became": Became.ASKED.value,
        "decided_by": None,
        "decided_name": None,
        "decided_post": None,
        "decided": None,
        "decided_reason": None,
        "left_out": ",".join(sorted(asked.left_out)) or None,
        "sha256": asked.sha256 or None,
    }


def _asked(row: RowMapping) -> AskedRelease:
    decided = None
    if row["became"] != Became.ASKED.value:
        decided = Decided(
            by=Asker(id=row["decided_by"], name=row["decided_name"], post=row["decided_post"]),
            at=row["decided"],
            became=Became(row["became"]),
            reason=row["decided_reason"] or "",
        )
    return AskedRelease(
        id=row["id"],
        concern=ConcernId(row["concern_id"]),
        hold=HoldId(row["hold_id"]),
        classes=frozenset(InfoClass(each) for each in row["classes"].split(",")),
        reason=row["reason"],
        by=Asker(id=row["asked_by"], name=row["asked_name"], post=row["asked_post"]),
        at=row["asked"],
        decided=decided,
        left_out=frozenset((row["left_out"] or "").split(",")) - {""},
        sha256=row["sha256"] or "",
    )
