"""What was not taken: from the queue, the receipts and what people owe; no table of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
)

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.adapters.register.queue import behind_closed
from hub.adapters.register.records import pairs_of, party_of
from hub.adapters.register.revisions import superseded
from hub.adapters.register.screens import STALLED_AFTER
from hub.adapters.register.wire import Wire
from hub.events.envelope import Fault
from hub.notice import DRILL
from hub.obligation import ObligationKind
from hub.ports.failing import (
    Failing,
    FailingPage,
    Poisoned,
    QuarantinePage,
    State,
    cause_of,
)
from hub.vocabulary import (
    AgencyId,
    Channel,
    ConcernId,
    DeliveryId,
    NoticeId,
    PublisherId,
    Rung,
    Setback,
)

_D: Final = t.delivery
_Q: Final = t.delivery_queue
_LOST: Final = (
    Setback.REFUSED.value,
    Setback.FAILED.value,
    Setback.EXPIRED.value,
    Setback.LATE_FAILURE.value,
)
"""After these nothing more is tried."""


class FailingHere:
    """The part of the register that knows what was not taken."""

    _database: Database

    async def failing(self, host: AgencyId | None, limit: int) -> FailingPage:
        """Return deliveries that were not taken, the newest first."""
        async with self._database.snapshot() as wire:
            which = _not_taken(host, await self._database.now(wire))
            counted = select(func.count().label("total")).select_from(which.subquery())
            total: int = (await wire.rows(counted))[0]["total"]
            rows = await wire.rows(which.order_by(_D.c.seq.desc()).limit(limit))
            owed = await self._owed(wire, [row["id"] for row in rows])
        return FailingPage(rows=tuple(_failing(row, owed) for row in rows), total=total)

    async def _owed(self, wire: Wire, ids: Sequence[str]) -> Mapping[str, str]:
        """Return how the last key ends of what a person owes, or owed, of each."""
        o = t.obligation.c
        wanted = select(o.delivery_id, o.key).where(
            o.kind == ObligationKind.PERSON.value, self._database.among(o.delivery_id, ids)
        )
        rows = await wire.rows(wanted.order_by(t.obligation.c.seq)) if ids else ()
        return {row["delivery_id"]: row["key"].rpartition("/")[2] for row in rows}

    async def poisoned(self, host: AgencyId | None, limit: int) -> QuarantinePage:
        """Return what is in quarantine, the newest first."""
        async with self._database.snapshot() as wire:
            which = _quarantined(host)
            counted = select(func.count().label("total")).select_from(which.subquery())
            total: int = (await wire.rows(counted))[0]["total"]
            rows = await wire.rows(which.order_by(t.quarantine.c.seq.desc()).limit(limit))
        return QuarantinePage(rows=tuple(_poisoned(row) for row in rows), total=total)

    async def poison_of(self, message: str, host: AgencyId) -> bytes | None:
        """Return the bytes of a message that is this authority's, as they came."""
        wanted = _quarantined(host).add_columns(t.body.c.bytes)
        async with self._database.reading() as wire:
            rows = await wire.rows(wanted.where(t.quarantine.c.id == message))
        return bytes(rows[0]["bytes"]) if rows else None


def _not_taken(host: AgencyId | None, now: datetime) -> Select[Any]:
    queued = _Q.c.delivery_id.is_not(None)
    stalled = and_(_Q.c.next_at < now - STALLED_AFTER, ~behind_closed(_Q))
    state = case(
        (and_(queued, behind_closed(_Q)), State.CLOSED.value),
        (and_(queued, stalled), State.STALLED.value),
        (and_(queued, _Q.c.maybe_sent), State.IN_DOUBT.value),
        (queued, State.TRYING.value),
        else_=State.FAILED.value,
    )
    troubled = or_(behind_closed(_Q), stalled, _Q.c.maybe_sent, _Q.c.first_tried.is_not(None))
    return (
        select(
            *(_D.c[name] for name in ("id", "seq", "notice_id", "concern_id", "agency_id", "role")),
            *(_D.c[name] for name in ("channel", "target", "sha256", "recorded")),
            t.notice.c.reference,
            t.notice.c.template,
            func.length(t.body.c.bytes).label("size"),
            state.label("state"),
            _last_setback().label("setback"),
            _last_try().label("tried"),
        )
        .select_from(_D)
        .join(t.notice, t.notice.c.id == _D.c.notice_id)
        .join(t.body, t.body.c.id == _D.c.body_id)
        .outerjoin(_Q, _Q.c.delivery_id == _D.c.id)
        .where(
            or_(and_(queued, troubled), and_(~queued, _D.c.id.in_(_lost()), ~_stopped())),
            ~_D.c.concern_id.startswith(DRILL),
            ~exists().where(superseded.c.notice_id == _D.c.notice_id),
            ~_answered(),
            *_of(host),
        )
    )


def _of(host: AgencyId | None) -> tuple[ColumnElement[bool], ...]:
    if host is None:
        return ()
    own = select(t.concern.c.id).where(t.concern.c.host_authority == host)
    return (_D.c.concern_id.in_(own),)


def _lost() -> Select[tuple[str]]:
    """Return the deliveries that failed for good, and that nothing has taken since."""
    lost, after = t.receipt.alias("lost"), t.receipt.alias("after")
    taken = exists().where(
        after.c.delivery_id == lost.c.delivery_id,
        after.c.fenced.is_(False),
        after.c.rung.is_not(None),
        after.c.rung != Rung.QUEUED.value,
        after.c.at > lost.c.at,
        # A report may outrun the success of its own try; that takes nothing back.
        or_(after.c.attempt_id.is_(None), after.c.attempt_id.is_distinct_from(lost.c.attempt_id)),
    )
    wanted = select(lost.c.delivery_id).where(
        lost.c.setback.in_(_LOST), lost.c.fenced.is_(False), lost.c.delivery_id.is_not(None), ~taken
    )
    return wanted.distinct()


def _stopped() -> ColumnElement[bool]:
    return exists().where(t.stop.c.delivery_id == _D.c.id).correlate(_D)


def _answered() -> ColumnElement[bool]:
    answered = exists().where(
        t.receipt.c.notice_id == _D.c.notice_id,
        t.receipt.c.acknowledgement.is_not(None),
        t.receipt.c.setback.is_(None),
    )
    return answered.correlate(_D)


def _last_setback() -> ColumnElement[Any]:
    r = t.receipt
    return (
        select(r.c.setback)
        .where(r.c.delivery_id == _D.c.id, r.c.setback.is_not(None), r.c.fenced.is_(False))
        .order_by(r.c.seq.desc())
        .limit(1)
        .correlate(_D)
        .scalar_subquery()
    )


def _last_try() -> ColumnElement[Any]:
    a = t.attempt
    ended = func.max(a.c.ended, type_=a.c.ended.type)
    return select(ended).where(a.c.delivery_id == _D.c.id).correlate(_D).scalar_subquery()


def _failing(row: RowMapping, owed: Mapping[str, str]) -> Failing:
    state = State(row["state"])
    setback = None if row["setback"] is None else Setback(row["setback"])
    return Failing(
        delivery=DeliveryId(row["id"]),
        notice=NoticeId(row["notice_id"]),
        concern=ConcernId(row["concern_id"]),
        reference=row["reference"],
        template=row["template"],
        party=party_of(row),
        channel=Channel(row["channel"]),
        target=row["target"],
        size=row["size"],
        sha256=row["sha256"],
        written=row["recorded"],
        tried=row["tried"],
        state=state,
        cause=cause_of(state, setback, owed.get(row["id"])),
    )


def _quarantined(host: AgencyId | None) -> Select[Any]:
    q = t.quarantine
    wanted = (
        select(
            *(q.c[name] for name in ("id", "seq", "publisher_id", "faults", "urgent", "received")),
            t.body.c.sha256,
            func.length(t.body.c.bytes).label("size"),
        )
        .select_from(q)
        .join(t.body, t.body.c.id == q.c.body_id)
    )
    if host is None:
        return wanted
    own = select(t.concern.c.id).where(t.concern.c.host_authority == host)
    theirs = select(t.publisher.c.id).where(t.publisher.c.agency_id == host)
    nobodys = and_(q.c.concern_id.is_(None), q.c.publisher_id.in_(theirs))
    return wanted.where(or_(q.c.concern_id.in_(own), nobodys))


def _poisoned(row: RowMapping) -> Poisoned:
    return Poisoned(
        id=row["id"],
        publisher=None if row["publisher_id"] is None else PublisherId(row["publisher_id"]),
        faults=tuple(Fault(pointer=where, says=what) for where, what in pairs_of(row["faults"])),
        urgent=row["urgent"],
        size=row["size"],
        sha256=row["sha256"],
        received=row["received"],
    )
