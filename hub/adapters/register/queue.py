"""Live work: leased with its intent written down, completed where the lease is still ours.

`next_at` is due time, retry time and lease expiry in one column; done is a deleted row
(delivery.md, queue).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    and_,
    bindparam,
    func,
    literal,
    select,
    true,
    union_all,
)

from hub.adapters.register import tables as t
from hub.adapters.register.columns import Moment
from hub.adapters.register.dialect import Database
from hub.adapters.register.due import Due
from hub.adapters.register.letters import delivery_of, order_key, receipt_row
from hub.adapters.register.ready import has_its_turn, is_open, leasing, leasing_by_destination
from hub.adapters.register.records import Row
from hub.adapters.register.wire import Wire
from hub.notice import Delivery, Leased
from hub.receipt import Receipt
from hub.vocabulary import (
    AgencyId,
    AttemptId,
    ConcernId,
    DeliveryId,
    HubError,
    Lane,
    NoticeId,
    Setback,
)

_Q: Final = t.delivery_queue

LOST_WORKER: Final = "its worker was lost; it may have been sent"


class StoredBytesDiffer(HubError):
    """Inside a lease: these deliveries' bytes are not those that were composed."""

    def __init__(self, deliveries: Sequence[Delivery]) -> None:
        super().__init__(", ".join(delivery.id for delivery in deliveries))
        self.deliveries = tuple(deliveries)


async def lease(  # noqa: PLR0913 - what the port asks, and by what it is done
    wire: Wire,
    database: Database,
    lane: Lane,
    *,
    due: Due,
    limit: int,
    lease_for: timedelta,
    worker: str,
    avoid: frozenset[str],
    ids: Callable[[], str],
) -> tuple[Leased, ...]:
    """Lease what is due by then; three statements, however many rows. Raises StoredBytesDiffer."""
    now = due.now
    until = now + lease_for
    taken = await wire.rows(
        database.prepared(leasing_by_destination if due.by_destination else leasing),
        {
            "of_lane": lane.value,
            "at": now,
            "avoided": sorted(avoid),
            "most": limit,
            "until": until,
            "by": worker,
        },
    )
    if not taken:
        return ()
    queued = sorted(taken, key=lambda row: row["seq"])
    deliveries = await _read(wire, database, [row["delivery_id"] for row in queued])
    again = [row["delivery_id"] for row in queued if row["token"] > 1]
    abandoned = await abandon(wire, database, again, now)
    leased = [
        _leased(row, *deliveries[row["delivery_id"]], abandoned.get(row["delivery_id"]), ids())
        for row in queued
    ]
    await wire.insert(t.attempt, [_intent(each, worker, now) for each in leased])
    return tuple(leased)


def _leased(
    row: RowMapping,
    delivery: Delivery,
    host: AgencyId | None,
    died: datetime | None,
    attempt: str,
) -> Leased:
    """Return a lease; `died` is when the try before it had begun, if its worker was lost."""
    if row["replayed"] is not None:
        # Its time began anew, in this lane; what was owed of it once is no longer late.
        delivery = replace(delivery, lane=Lane(row["lane"]), due_at=row["replayed"])
    return Leased(
        delivery=delivery,
        attempt=AttemptId(attempt),
        token=row["token"],
        attempts=row["attempts"] + (1 if died else 0),
        first_tried_at=row["first_tried"] or died,
        expires_at=row["next_at"],
        maybe_sent=row["maybe_sent"] or died is not None,
        host_authority=host,
    )


def behind_closed(queue: Any) -> ColumnElement[bool]:  # noqa: ANN401  # as above
    """Return whether a row waits for an endpoint that is parked."""
    parked = select(t.endpoint.c.id).where(t.endpoint.c.parked)
    closed: ColumnElement[bool] = queue.c.endpoint_id.in_(parked)
    return and_(queue.c.endpoint_id.is_not(None), closed)


async def _read(
    wire: Wire, database: Database, delivery_ids: Sequence[str]
) -> dict[str, tuple[Delivery, AgencyId | None]]:
    rows = await wire.rows(database.prepared(_reading), {"ids": list(delivery_ids)})
    found = {row["id"]: (delivery_of(row), row["host_authority"]) for row in rows}
    altered = [d for d, _ in found.values() if sha256(d.body).hexdigest() != d.sha256]
    if altered:
        raise StoredBytesDiffer(altered)
    return found


def _reading(database: Database) -> Select[Any]:
    return (
        select(t.delivery, t.body.c.bytes, t.concern.c.host_authority)
        .join(t.body, t.body.c.id == t.delivery.c.body_id)
        .outerjoin(t.concern, t.concern.c.id == t.delivery.c.concern_id)
        .where(database.one_of(t.delivery.c.id, "ids"))
    )


async def abandon(
    wire: Wire, database: Database, delivery_ids: Sequence[str], now: datetime
) -> dict[str, datetime]:
    """Give an end to tries whose worker was lost; return when each had begun."""
    if not delivery_ids:
        return {}
    lost = await wire.rows(
        t.attempt.update()
        .where(database.among(t.attempt.c.delivery_id, delivery_ids), t.attempt.c.outcome.is_(None))
        .values(outcome="abandoned", ended=now, detail=LOST_WORKER)
        .returning(
            t.attempt.c.id, t.attempt.c.delivery_id, t.attempt.c.concern_id, t.attempt.c.started
        )
    )
    if not lost:
        return {}
    await wire.run(
        _Q.update()
        .where(_Q.c.delivery_id == bindparam("of"))
        .values(
            attempts=_Q.c.attempts + 1,
            maybe_sent=True,
            first_tried=func.coalesce(_Q.c.first_tried, bindparam("begun", type_=Moment)),
        ),
        [{"of": row["delivery_id"], "begun": row["started"]} for row in lost],
    )
    notices = await wire.rows(
        select(t.delivery.c.id, t.delivery.c.notice_id).where(
            database.among(t.delivery.c.id, [row["delivery_id"] for row in lost])
        )
    )
    notice_of = {row["id"]: row["notice_id"] for row in notices}
    await wire.insert(
        t.receipt, [_in_doubt(row, notice_of[row["delivery_id"]], now) for row in lost]
    )
    return {row["delivery_id"]: row["started"] for row in lost}


def _in_doubt(lost: RowMapping, notice: str, now: datetime) -> Row:
    receipt = Receipt(
        notice=NoticeId(notice),
        delivery=DeliveryId(lost["delivery_id"]),
        attempt=AttemptId(lost["id"]),
        at=now,
        source="register",
        setback=Setback.IN_DOUBT,
        detail=LOST_WORKER,
    )
    return receipt_row(receipt, ConcernId(lost["concern_id"]), now)


def _intent(leased: Leased, worker: str, now: datetime) -> Row:
    return {
        "id": leased.attempt,
        "delivery_id": leased.delivery.id,
        "concern_id": leased.delivery.concern,
        "token": leased.token,
        "worker": worker,
        "started": now,
        "expires": leased.expires_at,
        "ended": None,
        "outcome": None,
        "detail": None,
        "evidence": None,
        "fenced": False,
    }


async def set_aside(
    wire: Wire, database: Database, deliveries: Sequence[Delivery], until: datetime
) -> None:
    """Put off rows whose bytes were altered, so that they do not stop their lane."""
    await wire.run(
        _Q.update()
        .where(database.among(_Q.c.delivery_id, [d.id for d in deliveries]))
        .values(next_at=until, worker=None)
    )


async def next_due(wire: Wire) -> datetime | None:
    """Return when the next row may be leased; rows that wait for another's turn do not count."""
    row = (await wire.rows(_NEXT_DUE))[0]
    at: datetime | None = row["at"]
    return at


def _next_due() -> Select[Any]:
    # One short walk along the index for each lane, rather than a sort of the whole queue.
    firsts = [
        select(_Q.c.next_at)
        .where(_Q.c.lane == literal(lane.value), ~_Q.c.shut, is_open(_Q), has_its_turn(_Q, true()))
        .order_by(_Q.c.next_at)
        .limit(1)
        .subquery()
        for lane in Lane
    ]
    soonest = union_all(*(select(first.c.next_at) for first in firsts)).subquery()
    return select(func.min(soonest.c.next_at, type_=Moment).label("at"))


_NEXT_DUE: Final = _next_due()


async def followed(wire: Wire, database: Database, tried: Sequence[Delivery]) -> bool:
    """Whether anything that nobody has in hand may have waited for one of these."""
    keys = sorted({order_key(delivery) for delivery in tried})
    return bool(await wire.rows(database.prepared(_following), {"keys": keys}))


def _following(database: Database) -> Select[Any]:
    return (
        select(_Q.c.seq)
        .where(database.one_of(_Q.c.order_key, "keys"), _Q.c.worker.is_(None))
        .limit(1)
    )
