"""Lists a page at a time: each goes on behind the last entry that was read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, exists, or_, select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import concern_of, hold_of
from hub.concern import Concern, Party
from hub.notice import DRILL
from hub.page import StandingHold
from hub.ports.listing import FailedDelivery, Listed
from hub.receipt import LADDER, height
from hub.vocabulary import (
    AgencyId,
    Channel,
    ConcernId,
    DeliveryId,
    NoticeId,
    Role,
    Rung,
    Setback,
)

_C: Final = t.concern.c
_N: Final = t.notice.c
_D: Final = t.delivery.c
_R: Final = t.receipt.c
_LEFT: Final = [rung.value for rung in LADDER if height(rung) >= height(Rung.SUBMITTED)]
_FOR_GOOD: Final = [
    one.value for one in (Setback.REFUSED, Setback.FAILED, Setback.EXPIRED, Setback.LATE_FAILURE)
]


class ListsHere:
    """The part of the register that reads lists."""

    _database: Database

    async def concerns_of(
        self,
        host: AgencyId,
        *,
        before: tuple[datetime, ConcernId] | None,
        limit: int,
        only_held: bool = False,
    ) -> tuple[Concern, ...]:
        """Return the concerns that this authority hosts, the newest first."""
        wanted = select(_C.snapshot).where(_C.host_authority == host, _C.snapshot.is_not(None))
        if before is not None:
            at, last = before
            older = or_(_C.opened < at, (_C.opened == at) & (_C.id < last))
            wanted = wanted.where(older)
        if only_held:
            wanted = wanted.where(exists().where(t.hold.c.concern_id == _C.id))
        wanted = wanted.order_by(_C.opened.desc(), _C.id.desc()).limit(limit)
        async with self._database.reading() as wire:
            rows = await wire.rows(wanted)
        return tuple(concern_of(row["snapshot"]) for row in rows)

    async def holds_of(
        self, concerns: Sequence[ConcernId]
    ) -> tuple[tuple[ConcernId, StandingHold], ...]:
        """Return what is held in these concerns."""
        these = self._database.among(t.hold.c.concern_id, concerns)
        async with self._database.reading() as wire:
            rows = await wire.rows(select(t.hold).where(these))
        return tuple((ConcernId(row["concern_id"]), hold_of(row)) for row in rows)

    async def notices_to(
        self, agency: AgencyId, *, before: int | None, limit: int
    ) -> tuple[Listed, ...]:
        """Return the notices to this agency of which something has left the hub."""
        mine = _R.notice_id == _N.id
        left = exists().where(mine, _R.fenced.is_(False), _R.rung.in_(_LEFT))
        acknowledged = exists().where(mine, _R.acknowledgement.is_not(None), _R.setback.is_(None))
        declined = exists().where(mine, _R.setback == Setback.DECLINED.value)
        wanted = select(
            t.notice, acknowledged.label("acknowledged"), declined.label("declined")
        ).where(_N.agency_id == agency, ~_N.concern_id.startswith(DRILL), left)
        wanted = _behind(wanted, _N.seq, before, limit)
        async with self._database.reading() as wire:
            return tuple(_listed(row) for row in await wire.rows(wanted))

    async def failed(
        self, host: AgencyId | None, *, before: int | None, limit: int
    ) -> tuple[FailedDelivery, ...]:
        """Return what failed for good, the newest first."""
        wanted = (
            select(t.delivery, _R.seq.label("said"), _R.setback, _R.at)
            .join(t.receipt, _R.delivery_id == _D.id)
            .where(_R.setback.in_(_FOR_GOOD), _R.fenced.is_(False))
            .where(~_D.concern_id.startswith(DRILL))
        )
        if host is not None:
            wanted = wanted.join(t.concern, _C.id == _D.concern_id).where(_C.host_authority == host)
        async with self._database.reading() as wire:
            rows = await wire.rows(_behind(wanted, _R.seq, before, limit))
        return tuple(_failed(row) for row in rows)


def _behind(wanted: Any, seq: Any, before: int | None, limit: int) -> Any:  # noqa: ANN401 - SQLAlchemy's
    if before is not None:
        wanted = wanted.where(seq < before)
    return wanted.order_by(seq.desc()).limit(limit)


def _listed(row: RowMapping) -> Listed:
    return Listed(
        seq=row["seq"],
        id=NoticeId(row["id"]),
        concern=ConcernId(row["concern_id"]),
        party=Party(agency=AgencyId(row["agency_id"]), role=Role(row["role"])),
        template=row["template"],
        reference=row["reference"],
        written=row["composed"],
        reply_due=row["reply_due"],
        revision=row["revision"] or 1,
        acknowledged=bool(row["acknowledged"]),
        declined=bool(row["declined"]),
    )


def _failed(row: RowMapping) -> FailedDelivery:
    return FailedDelivery(
        seq=row["said"],
        delivery=DeliveryId(row["id"]),
        notice=NoticeId(row["notice_id"]),
        concern=ConcernId(row["concern_id"]),
        agency=AgencyId(row["agency_id"]),
        channel=Channel(row["channel"]),
        target=row["target"],
        setback=Setback(row["setback"]),
        at=row["at"],
    )
