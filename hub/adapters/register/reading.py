"""The register as one organisation may read it: the rule is in every statement.

On PostgreSQL the rows themselves keep it too (`row_security`), for connections that are no more
than a reader's; on SQLite these statements are all there is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import concern_of
from hub.adapters.register.revisions import Chains, superseded
from hub.adapters.register.screens import notices_of, read_concern
from hub.adapters.register.wire import Wire
from hub.concern import Concern
from hub.ports import ConcernRecord, NoticeRecord
from hub.ports.reading import Reading
from hub.receipt import LADDER, height
from hub.vocabulary import AgencyId, ConcernId, NoticeId, Rung

OUTSIDE: Final = tuple(rung.value for rung in LADDER[height(Rung.SUBMITTED) :])
"""The rungs of a notice of which something was taken by somebody outside the hub."""


class ReadersHere:
    """The part of the register that can be asked as somebody."""

    _database: Database

    def as_reader(self, organisation: AgencyId | None) -> Reading:
        """Return what this organisation may see; of nobody, nothing at all."""
        return OneReader(self._database, organisation or AgencyId(""))


class OneReader:
    """What one organisation may see."""

    def __init__(self, database: Database, organisation: AgencyId) -> None:
        self._database = database
        self._organisation = organisation

    async def concern(self, concern: ConcernId) -> ConcernRecord | None:
        """Return everything of one concern that this organisation hosts, or None."""
        async with self._database.shown_to(self._organisation) as wire:
            hosted = select(t.concern.c.id).where(t.concern.c.id == concern, self._hosts())
            if not await wire.rows(hosted):
                return None
            return await read_concern(wire, self._database, concern)

    async def concerns(self, limit: int = 100) -> tuple[Concern, ...]:
        """Return the concerns that this organisation hosts, newest first."""
        async with self._database.shown_to(self._organisation) as wire:
            rows = await wire.rows(
                select(t.concern.c.snapshot)
                .where(t.concern.c.snapshot.is_not(None), self._hosts())
                .order_by(t.concern.c.opened.desc(), t.concern.c.id.desc())
                .limit(limit)
            )
        return tuple(concern_of(row["snapshot"]) for row in rows)

    async def notice(self, notice: NoticeId) -> NoticeRecord | None:
        """Return one notice to this organisation that has left the hub, or None."""
        async with self._database.shown_to(self._organisation) as wire:
            found = await self._read(wire, [notice])
        return next(iter(found), None)

    async def notices(
        self, limit: int = 100, *, before: NoticeId | None = None
    ) -> tuple[NoticeRecord, ...]:
        """Return the notices to this organisation that have left the hub, newest first."""
        n = t.notice.c
        async with self._database.shown_to(self._organisation) as wire:
            newest = select(n.id).where(self._told()).order_by(n.seq.desc()).limit(limit)
            if before is not None:
                start = await wire.rows(select(n.seq).where(n.id == before, self._told()))
                newest = newest.where(n.seq < (start[0]["seq"] if start else 0))
            return await self._read(wire, [row["id"] for row in await wire.rows(newest)])

    def _hosts(self) -> ColumnElement[bool]:
        return and_(
            t.concern.c.host_authority == self._organisation, t.concern.c.host_authority != ""
        )

    def _told(self) -> ColumnElement[bool]:
        """Return the condition of a notice to this organisation that has left the hub."""
        left = exists().where(
            t.receipt.c.notice_id == t.notice.c.id,
            t.receipt.c.fenced.is_(False),
            t.receipt.c.rung.in_(OUTSIDE),
        )
        mine = and_(t.notice.c.agency_id == self._organisation, t.notice.c.agency_id != "")
        return and_(mine, left.correlate(t.notice))

    async def _read(self, wire: Wire, wanted: Sequence[str]) -> tuple[NoticeRecord, ...]:
        """Return these notices as far as they are this organisation's, in the order asked for."""
        n = t.notice.c
        rows = await wire.rows(
            select(n.id, n.concern_id).where(self._database.among(n.id, wanted), self._told())
        )
        concerns: dict[str, list[str]] = {}
        for row in rows:
            concerns.setdefault(row["concern_id"], []).append(row["id"])
        found: dict[str, NoticeRecord] = {}
        for concern, ids in concerns.items():
            chains = await self._chains(wire, concern)
            which = self._database.among(n.id, ids)
            for record in await notices_of(wire, which, ConcernId(concern), chains):
                found[record.notice.id] = record
        return tuple(found[one] for one in wanted if one in found)

    async def _chains(self, wire: Wire, concern: str) -> Chains:
        """Return which notice stands in the place of which, of those that have left the hub."""
        n, over = t.notice.c, superseded.c
        # Through a step that was not told too: what is left out of the chain is left out below.
        by = await wire.rows(select(over.notice_id, over.by_id).where(over.concern_id == concern))
        if not by:
            return Chains()
        mine = select(n.id, n.revision).where(n.concern_id == concern, self._told())
        revisions = {row["id"]: row["revision"] for row in await wire.rows(mine)}
        return _as_seen({row["notice_id"]: row["by_id"] for row in by}, revisions)


def _as_seen(by: Mapping[str, str], revisions: Mapping[str, int]) -> Chains:
    """Return the chains without the notices that nobody was told: the last that was told stands."""
    newest = {old: last for old in revisions if (last := _last_told(old, by, revisions))}
    return Chains(newest=newest, numbers={last: revisions[last] for last in newest.values()})


def _last_told(old: str, by: Mapping[str, str], told: Collection[str]) -> str | None:
    last, step = None, by.get(old)
    while step is not None:
        last = step if step in told else last
        step = by.get(step)
    return last


__all__ = ["OUTSIDE", "OneReader", "ReadersHere"]
