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
    Integer,
    RowMapping,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.dml import ReturningUpdate

from hub.adapters.register import tables as t
from hub.adapters.register.columns import Moment
from hub.adapters.register.dialect import Database
from hub.adapters.register.letters import delivery_of, order_key, receipt_row
from hub.adapters.register.records import Row
from hub.adapters.register.unreleased import may_send
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
_OLDER: Final = t.delivery_queue.alias("older")

_AT: Final = bindparam("at", type_=Moment)

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
    now: datetime,
    limit: int,
    lease_for: timedelta,
    worker: str,
    avoid: frozenset[str],
    ids: Callable[[], str],
) -> tuple[Leased, ...]:
    """Lease what is due by `now`; three statements, however many rows. Raises StoredBytesDiffer."""
    until = now + lease_for
    taken = await wire.rows(
        database.prepared(_leasing),
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


def _leasing(database: Database) -> ReturningUpdate[Any]:
    """Return the statement that leases what is due and not `avoided`."""
    tried = _not_avoided(database, _Q)
    # The index is walked up to the moment of the look; by the clock of now as well, which may have
    # been put back since: no lease is taken before it has ended.
    due_now = and_(_Q.c.next_at <= _AT, _Q.c.next_at <= database.clock())
    # The flag may be late, and is there for the index; the endpoint says whether a row may go.
    going = and_(~_Q.c.shut, _open(_Q))
    ready = and_(_Q.c.lane == bindparam("of_lane"), due_now, going, tried, may_send())
    waits = exists().where(_before_its_turn(_not_avoided(database, _OLDER)))
    most = bindparam("most", type_=Integer)
    due = select(_Q.c.seq).where(ready, ~waits).order_by(_Q.c.next_at, _Q.c.seq).limit(most)
    return (
        _Q.update()
        .where(_Q.c.seq.in_(database.claimed(due, _Q)))
        .values(
            next_at=bindparam("until", type_=Moment),
            token=_Q.c.token + 1,
            worker=bindparam("by", type_=Text),
        )
        .returning(_Q)
    )


def _open(queue: Any) -> ColumnElement[bool]:  # noqa: ANN401  # the table or its alias
    """Whether a row's endpoint is not parked."""
    parked = select(t.endpoint.c.id).where(t.endpoint.c.parked)
    return or_(queue.c.endpoint_id.is_(None), queue.c.endpoint_id.not_in(parked))


def behind_closed(queue: Any) -> ColumnElement[bool]:  # noqa: ANN401  # as above
    """Return whether a row waits for an endpoint that is parked."""
    parked = select(t.endpoint.c.id).where(t.endpoint.c.parked)
    closed: ColumnElement[bool] = queue.c.endpoint_id.in_(parked)
    return and_(queue.c.endpoint_id.is_not(None), closed)


def _not_avoided(database: Database, queue: Any) -> ColumnElement[bool]:  # noqa: ANN401  # as above
    return ~database.one_of(queue.c.dest, "avoided")


def _before_its_turn(tried: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether an older notice to the same party goes first (order per (concern, party)).

    It does while it is in a worker's hands, and while it is due, has never been tried and may be
    (`tried`). One that was tried and waits for its next try holds up nothing.
    """
    in_hand = _OLDER.c.worker.is_not(None)
    untried = and_(_OLDER.c.first_tried.is_(None), _OLDER.c.next_at <= _Q.c.next_at)
    return and_(
        _OLDER.c.order_key == _Q.c.order_key,
        _OLDER.c.seq < _Q.c.seq,
        _OLDER.c.turn != _Q.c.turn,
        or_(in_hand, untried),
        or_(in_hand, and_(_open(_OLDER), tried)),
    )


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
    waits = exists().where(_before_its_turn(true()))
    # One short walk along the index for each lane, rather than a sort of the whole queue.
    firsts = [
        select(_Q.c.next_at)
        .where(_Q.c.lane == literal(lane.value), ~_Q.c.shut, _open(_Q), ~waits)
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
