"""What waits in the queue untried, and of which nobody has been told: one query a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.adapters.register.letters import delivery_of
from hub.adapters.register.queue import behind_closed
from hub.adapters.register.records import concern_of
from hub.adapters.register.wire import Wire
from hub.escalate import PERSON_AFTER, Waits
from hub.notice import DRILL
from hub.obligation import ObligationKind
from hub.ports.waiting import StillWaiting, Waiting
from hub.vocabulary import ConcernId, DeliveryId

PUT_OFF_AT_MOST: Final = timedelta(hours=1)
"""The longest that a row is put off without having been tried."""

_Q: Final = t.delivery_queue
_D: Final = t.delivery
_OTHER: Final = t.delivery.alias("other")
_QUEUED: Final = t.delivery_queue.alias("queued")


class KeptWaiting:
    """The part of the register that knows what waits."""

    _database: Database

    async def kept_waiting(self, limit: int) -> tuple[Waiting, ...]:
        """Return what waits now and opens something, at most so much for each reason."""
        found: list[Waiting] = []
        async with self._database.snapshot() as wire:
            now = await self._database.now(wire)
            closed = await wire.rows(select(t.endpoint.c.id).where(t.endpoint.c.parked).limit(1))
            for why, which in _WHY.items():
                # Seldom is any webhook closed; then the queue need not be read for it.
                if not closed and why in _OF_CLOSED:
                    continue
                rows = await wire.rows(_waiting(which(now), now).limit(limit))
                found += [Waiting(delivery=delivery_of(row), why=why) for row in rows]
        return tuple(found)


async def read_still_waiting(
    wire: Wire, database: Database, concern: ConcernId, deliveries: Sequence[DeliveryId]
) -> StillWaiting | None:
    """Return a concern, and which of these deliveries are in the queue; None: it is not opened."""
    known = await wire.rows(select(t.concern.c.snapshot).where(t.concern.c.id == concern))
    snapshot = known[0]["snapshot"] if known else None
    if not snapshot:
        return None
    queued = select(_Q.c.delivery_id).where(database.among(_Q.c.delivery_id, list(deliveries)))
    return StillWaiting(
        concern=concern_of(snapshot),
        deliveries=frozenset(DeliveryId(row["delivery_id"]) for row in await wire.rows(queued)),
    )


def _waiting(which: ColumnElement[bool], now: datetime) -> Select[Any]:
    # The lease of what is closed may have run out long ago: nobody leases it again.
    nobodys = or_(_Q.c.worker.is_(None), _Q.c.next_at <= now)
    return (
        select(_D, literal(b"").label("bytes"))
        .select_from(_Q)
        .join(_D, _D.c.id == _Q.c.delivery_id)
        .where(which, nobodys, ~_D.c.concern_id.startswith(DRILL))
        .order_by(_Q.c.seq)
    )


def _closed(_now: datetime) -> ColumnElement[bool]:
    key = literal("contact:") + _D.c.target + literal(":")
    return and_(behind_closed(_Q), ~_owed(ObligationKind.REPLACE_CONTACT, key))


def _only_way(_now: datetime) -> ColumnElement[bool]:
    """Return the condition of one whose notice goes to nobody by any way that is open."""
    shut = exists().where(_QUEUED.c.delivery_id == _OTHER.c.id, behind_closed(_QUEUED))
    other_way = exists().where(
        _OTHER.c.notice_id == _D.c.notice_id, _OTHER.c.id != _D.c.id, ~shut.correlate(_OTHER)
    )
    answered = exists().where(
        t.receipt.c.notice_id == _D.c.notice_id, t.receipt.c.acknowledgement.is_not(None)
    )
    return and_(
        behind_closed(_Q),
        ~other_way.correlate(_D),
        ~answered.correlate(_D),
        ~_owed(ObligationKind.REACH, _key("reach")),
        ~_owed(ObligationKind.PERSON, _key("nobody")),
    )


def _late(now: datetime) -> ColumnElement[bool]:
    # What is put off for longer was tried, and its outcome said then what is owed. By the index on
    # (lane, next_at), so that what is due much later costs nothing; what is shut is in another.
    soon = now + PUT_OFF_AT_MOST
    past = (
        and_(
            flagged,
            _Q.c.lane == lane.value,
            _Q.c.next_at <= soon,
            func.coalesce(_Q.c.replayed, _D.c.due) <= now - after,
        )
        for flagged in (~_Q.c.shut, _Q.c.shut)
        for lane, after in PERSON_AFTER.items()
    )
    return and_(or_(*past), ~_owed(ObligationKind.PERSON, _key("late")))


def _key(why: str) -> ColumnElement[str]:
    """Return the key of what is owed of a delivery, as `hub.escalate` writes it."""
    return literal("notice:") + _D.c.notice_id + literal("/") + _D.c.id + literal(f"/{why}")


def _owed(kind: ObligationKind, key: ColumnElement[str]) -> ColumnElement[bool]:
    owed = t.obligation.c
    return (
        exists()
        .where(
            owed.concern_id == _D.c.concern_id,
            owed.kind == kind.value,
            owed.key == key,
            owed.discharged.is_(None),
        )
        .correlate(_D)
    )


_OF_CLOSED: Final = (Waits.CLOSED, Waits.ONLY_WAY)

_WHY: Final = {Waits.CLOSED: _closed, Waits.ONLY_WAY: _only_way, Waits.LATE: _late}
