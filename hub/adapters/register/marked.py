"""What a page's freshness hangs on: how far each concern of one authority has come."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ScalarSelect, and_, func, select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.vocabulary import AgencyId, ConcernId

_C: Final = t.concern.c
_LOOKS: Final = ("%.seen", "%.exported")
"""Kinds of leaves that somebody's reading leaves: a page that is read has not changed by that."""


class MarkedHere:
    """The part of the register that says whether anything has changed."""

    _database: Database

    async def mark_of(
        self, host: AgencyId, now: datetime, *, limit: int, concern: ConcernId | None = None
    ) -> str | None:
        """Return a mark of all that this authority's newest concerns, or one of them, hold."""
        hosted = and_(_C.host_authority == host, _C.host_authority != "")
        if concern is not None:
            hosted = and_(hosted, _C.id == concern)
        newest = (
            select(_C.id, _C.version, _received(), _logged(), _overdue(now))
            .where(_C.snapshot.is_not(None), hosted)
            .order_by(_C.opened.desc(), _C.id.desc())
            .limit(limit)
        )
        async with self._database.reading() as wire:
            rows = await wire.rows(newest)
        if concern is not None and not rows:
            return None
        said = "\n".join(" ".join(str(value or 0) for value in row.values()) for row in rows)
        return sha256(f"{host}\n{said}".encode()).hexdigest()


def _received() -> ScalarSelect[Any]:
    receipt = t.receipt.c
    return _of_concern(func.max(receipt.seq), receipt.concern_id)


def _logged() -> ScalarSelect[Any]:
    leaf = t.audit_leaf.c
    acts = (leaf.kind.not_like(look) for look in _LOOKS)
    return _of_concern(func.max(leaf.seq), leaf.concern_id, *acts)


def _overdue(now: datetime) -> ScalarSelect[Any]:
    owed = t.obligation.c
    return _of_concern(func.count(), owed.concern_id, owed.discharged.is_(None), owed.due < now)


def _of_concern(what: Any, whose: Any, *which: Any) -> ScalarSelect[Any]:  # noqa: ANN401 - SQLAlchemy's
    return select(what).where(whose == _C.id, *which).correlate(t.concern).scalar_subquery()
