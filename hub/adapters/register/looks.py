"""Who looked at what: the leaves of looks, and the names of whoever has signed in by an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
from sqlalchemy import or_, select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.adapters.register.signed_in import person
from hub.ports.logged import Logged
from hub.vocabulary import AgencyId


class LooksHere:
    """The part of the register that reads back who looked."""

    _database: Database

    async def looks_at(
        self, host: AgencyId, since: datetime, until: datetime, *, limit: int
    ) -> tuple[Logged, ...]:
        """Return the leaves of looks at what this authority's concerns hold, newest first."""
        leaf = t.audit_leaf.c
        hosted = select(t.concern.c.id).where(t.concern.c.host_authority == host)
        statement = (
            select(leaf.seq, leaf.kind, leaf.at, leaf.data, leaf.concern_id)
            .where(t.A_LOOK, leaf.at >= since, leaf.at < until)
            .where(or_(leaf.concern_id.in_(hosted), leaf.concern_id.is_(None)))
            .order_by(leaf.seq.desc())
            .limit(limit)
        )
        async with self._database.reading() as wire:
            rows = await wire.rows(statement)
        return tuple(
            Logged(seq=row["seq"], kind=row["kind"], at=row["at"], data=bytes(row["data"]))
            for row in rows
            # A list names no concern: it is of the organisation of whoever looked at it.
            if row["concern_id"] is not None or _agency(row["data"]) == host
        )

    async def names_of(self, people: Sequence[str]) -> Mapping[str, str]:
        """Return the names of those of these people who have signed in by an account."""
        if not people:
            return {}
        known = select(person.c.id, person.c.name)
        these = known.where(self._database.among(person.c.id, people))
        async with self._database.reading() as wire:
            return {row["id"]: row["name"] for row in await wire.rows(these)}


def _agency(data: bytes) -> str:
    return str(orjson.loads(data).get("agency", ""))
