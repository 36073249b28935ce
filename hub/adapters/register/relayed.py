"""What the register gives to the relay of facts, and what the watch says of what is overdue."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import Integer, Select, Update, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.adapters.register import tables as t
from hub.adapters.register.changes import Changes
from hub.adapters.register.dialect import Database
from hub.adapters.register.outbox import Outbox, fact, said_overdue
from hub.adapters.register.records import Row
from hub.adapters.register.unreleased import may_send
from hub.facts import FactName, Told
from hub.ports import OutgoingFact
from hub.vocabulary import ConcernId, PublisherId

RELAY: Final = "relay"
"""What the one relay that works at a time holds."""


class Relayed:
    """The outbox' side of the register."""

    _database: Database
    _outbox: Outbox

    @property
    def engine(self) -> AsyncEngine:
        """Return the connections, for the schema to be looked at."""
        return self._database.engine

    @asynccontextmanager
    async def relaying(self) -> AsyncIterator[bool]:
        """Take the turn to publish facts; False where another process has it."""
        async with self._database.only_one(RELAY) as mine:
            # What a restored register holds may have been published since its backup.
            yield mine and await self._may_send()

    async def _may_send(self) -> bool:
        async with self._database.reading() as wire:
            return bool((await wire.rows(_MAY))[0]["may"])

    async def facts(
        self, limit: int, *, avoid: Collection[PublisherId] = ()
    ) -> tuple[OutgoingFact, ...]:
        """Return facts that are not published yet, oldest first."""
        asked = {"avoided": sorted(avoid), "most": limit}
        async with self._database.reading() as wire:
            rows = await wire.rows(self._database.prepared(_waiting), asked)
        return tuple(
            OutgoingFact(
                seq=row["seq"],
                told=Told(
                    id=row["id"],
                    concern=ConcernId(row["concern_id"]),
                    subscriber=PublisherId(row["subscriber"]),
                    name=FactName(row["name"]),
                    body=row["body"],
                ),
            )
            for row in rows
        )

    async def published(self, facts: Sequence[OutgoingFact]) -> None:
        """Write down that the broker has these."""
        if not facts:
            return
        async with self._database.writing("published") as wire:
            given = {"ids": [one.told.id for one in facts]}
            await wire.run(self._database.prepared(_publishing), given)

    async def say_overdue(self, limit: int) -> int:
        """Write a fact of each obligation whose time has passed, once for ever; return how many.

        At most `limit` at once, the longest overdue first.
        """
        async with self._database.writing("overdue") as wire:
            now = await self._database.now(wire)
            said = exists().where(said_overdue.c.obligation_id == t.obligation.c.id)
            rows = await wire.rows(
                select(t.obligation)
                .where(t.obligation.c.discharged.is_(None), t.obligation.c.due < now, ~said)
                .order_by(t.obligation.c.due, t.obligation.c.seq)
                .limit(limit)
            )
            if not rows:
                return 0
            # Of two watches, the second finds it said already.
            insert = self._database.insert(said_overdue).on_conflict_do_nothing(
                index_elements=[said_overdue.c.obligation_id]
            )
            marks: list[Row] = [{"obligation_id": row["id"], "at": now} for row in rows]
            new = await wire.rows(insert.returning(said_overdue.c.obligation_id), marks)
            mine = {row["obligation_id"] for row in new}
            changes = Changes(overdue=[row for row in rows if row["id"] in mine])
            await self._outbox.write(wire, changes, now)
        return len(mine)


_MAY: Final = select(may_send().label("may"))


def _waiting(database: Database) -> Select[Any]:
    return (
        select(fact)
        .where(fact.c.published.is_(None), ~database.one_of(fact.c.subscriber, "avoided"))
        .order_by(fact.c.seq)
        .limit(bindparam("most", type_=Integer))
    )


def _publishing(database: Database) -> Update:
    mine = database.one_of(fact.c.id, "ids")
    return fact.update().where(mine).values(published=select(database.clock()).scalar_subquery())
