"""What people and readiness read: one concern whole, one notice whole, the counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, or_, select
from sqlalchemy import Table as SqlTable

from hub.adapters.register import tables as t
from hub.adapters.register.climbing import unlooked
from hub.adapters.register.columns import Moment
from hub.adapters.register.dialect import Database
from hub.adapters.register.letters import delivery_of, notice_of, receipt_of
from hub.adapters.register.outbox import fact
from hub.adapters.register.queue import behind_closed
from hub.adapters.register.records import (
    attestation_of,
    concern_of,
    hold_of,
    obligation_of,
    poison_of,
)
from hub.adapters.register.returned import inbound_mail
from hub.adapters.register.revisions import Chains, read_chains
from hub.adapters.register.standing import read_standing
from hub.adapters.register.verdicts import decision_of
from hub.adapters.register.wire import Wire
from hub.closure import Attestation
from hub.concern import Concern
from hub.notice import DRILL, Delivery
from hub.obligation import Obligation, ObligationKind
from hub.ports import ConcernRecord, Depths, NoticeRecord, Quarantined
from hub.receipt import Receipt
from hub.vocabulary import ConcernId, EventId, NoticeId, Rung, Setback

_Q: Final = t.delivery_queue

STALLED_AFTER: Final = timedelta(minutes=5)
"""A lease that ran out so long ago is in nobody's hands either."""

_FINAL_SETBACKS: Final = (Setback.REFUSED.value, Setback.FAILED.value, Setback.EXPIRED.value)


async def read_concern(wire: Wire, database: Database, concern: ConcernId) -> ConcernRecord | None:
    """Return everything the screens show of one concern; None where it was never opened."""
    standing = (await read_standing(wire, database, [concern]))[concern]
    if standing.concern is None:
        return None
    decisions = await wire.rows(
        select(t.decision).where(t.decision.c.concern_id == concern).order_by(t.decision.c.seq)
    )
    holds = await wire.rows(select(t.hold).where(t.hold.c.concern_id == concern))
    waiting = await wire.rows(
        select(t.event.c.id, t.event.c.why)
        .where(t.event.c.concern_id == concern, t.event.c.state == "waiting")
        .order_by(t.event.c.seq)
    )
    chains = await read_chains(wire, concern)
    return ConcernRecord(
        concern=standing.concern,
        standing=standing,
        decisions=tuple(decision_of(row) for row in decisions),
        notices=await notices_of(wire, t.notice.c.concern_id == concern, concern, chains),
        obligations=await _open(wire, t.obligation.c.concern_id == concern),
        holds=frozenset(hold_of(row) for row in holds),
        waiting=tuple((EventId(row["id"]), row["why"] or "") for row in waiting),
        attestation=await _attestation(wire, concern),
    )


async def read_notice(wire: Wire, notice: NoticeId) -> NoticeRecord | None:
    """Return one notice with its deliveries and receipts, or None."""
    found = await wire.rows(select(t.notice.c.concern_id).where(t.notice.c.id == notice))
    if not found:
        return None
    concern = ConcernId(found[0]["concern_id"])
    chains = await read_chains(wire, concern)
    return next(iter(await notices_of(wire, t.notice.c.id == notice, concern, chains)), None)


async def read_concerns(wire: Wire, limit: int) -> tuple[Concern, ...]:
    """Return concerns, newest first."""
    rows = await wire.rows(
        select(t.concern.c.snapshot)
        .where(t.concern.c.snapshot.is_not(None))
        .order_by(t.concern.c.opened.desc(), t.concern.c.id.desc())
        .limit(limit)
    )
    return tuple(concern_of(row["snapshot"]) for row in rows)


async def read_quarantined(wire: Wire, limit: int) -> tuple[Quarantined, ...]:
    """Return what is in quarantine, newest first, byte for byte."""
    rows = await wire.rows(
        select(t.quarantine, t.body.c.bytes)
        .join(t.body, t.body.c.id == t.quarantine.c.body_id)
        .order_by(t.quarantine.c.seq.desc())
        .limit(limit)
    )
    return tuple(Quarantined(id=row["id"], poison=poison_of(row)) for row in rows)


async def read_unreached(wire: Wire, limit: int) -> tuple[Obligation, ...]:
    """Return open obligations to reach another contact, oldest first."""
    rows = await wire.rows(
        select(t.obligation)
        .where(
            t.obligation.c.discharged.is_(None),
            t.obligation.c.kind == ObligationKind.REACH.value,
        )
        .order_by(t.obligation.c.opened, t.obligation.c.seq)
        .limit(limit)
    )
    return tuple(obligation_of(row) for row in rows)


async def read_depths(wire: Wire, now: datetime) -> Depths:
    """Return the counts, in one statement."""
    leased = and_(_Q.c.worker.is_not(None), _Q.c.next_at > now)
    owed = t.obligation.c.discharged.is_(None)
    counts = {
        "queued": _count(_Q, ~leased),
        "leased": _count(_Q, leased),
        "waiting_events": _count(t.event, t.event.c.state == "waiting"),
        "quarantined": _count(t.quarantine),
        "open_obligations": _count(t.obligation, owed),
        "overdue_obligations": _count(t.obligation, owed, t.obligation.c.due < now),
        "overdue_reviews": _count(
            t.obligation,
            owed,
            t.obligation.c.kind == ObligationKind.REVIEW_ACCESS.value,
            t.obligation.c.due < now,
        ),
        "held": _count(t.hold),
        "events": _count(t.event),
        "notices": _count(t.notice, ~t.notice.c.concern_id.startswith(DRILL)),
        "unaccounted": _count(t.delivery, unaccounted()),
        "facts": _count(fact, fact.c.published.is_(None)),
        "unread_mail": _count(inbound_mail, inbound_mail.c.read.is_(None)),
        "unread_since": _oldest(inbound_mail, inbound_mail.c.read.is_(None)),
        "facts_since": _oldest(fact, fact.c.published.is_(None)),
        "unaccounted_obligations": _count(t.obligation, owed, unlooked(now)),
        "stalled": _count(_Q, _Q.c.next_at < now - STALLED_AFTER, ~behind_closed(_Q)),
        "behind_closed": _count(_Q, behind_closed(_Q)),
    }
    row = (await wire.rows(select(*(count.label(name) for name, count in counts.items()))))[0]
    return Depths(**row)


def _count(table: SqlTable, *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(func.count()).select_from(table).where(*where).scalar_subquery()


def _oldest(table: SqlTable, *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    oldest = func.min(table.c.recorded, type_=Moment)
    return select(oldest).select_from(table).where(*where).scalar_subquery()


def unaccounted() -> ColumnElement[bool]:
    """Return what is neither queued, nor stopped, nor finished with evidence: nothing may be."""
    evidence = and_(
        t.receipt.c.delivery_id == t.delivery.c.id,
        t.receipt.c.fenced.is_(False),
        or_(
            and_(t.receipt.c.rung.is_not(None), t.receipt.c.rung != Rung.QUEUED.value),
            t.receipt.c.setback.in_(_FINAL_SETBACKS),
        ),
    )
    ended = and_(
        t.attempt.c.delivery_id == t.delivery.c.id,
        t.attempt.c.fenced.is_(False),
        t.attempt.c.outcome.in_(("accepted", "refused")),
    )
    return and_(
        ~exists().where(_Q.c.delivery_id == t.delivery.c.id),
        ~exists().where(t.stop.c.delivery_id == t.delivery.c.id),
        ~exists().where(evidence),
        ~exists().where(ended),
    )


async def notices_of(
    wire: Wire, which: ColumnElement[bool], concern: ConcernId, chains: Chains
) -> tuple[NoticeRecord, ...]:
    """Return these notices of one concern with their deliveries and receipts, oldest first."""
    found = await wire.rows(
        select(t.notice, t.body.c.bytes, t.wrong_code.c.count.label("wrong"))
        .join(t.body, t.body.c.id == t.notice.c.body_id)
        .outerjoin(t.wrong_code, t.wrong_code.c.notice_id == t.notice.c.id)
        .where(which)
        .order_by(t.notice.c.seq)
    )
    one = found[0]["id"] if len(found) == 1 else None
    deliveries = await _deliveries(wire, concern, one)
    receipts = await _receipts(wire, concern, one)
    replaced = chains.replaced()
    people = await _people(wire, concern)
    return tuple(
        NoticeRecord(
            notice=notice_of(row),
            deliveries=tuple(deliveries[row["id"]]),
            receipts=tuple(receipts[row["id"]]),
            wrong_codes=row["wrong"] or 0,
            people=people.get(row["id"], 1),
            newer=chains.newer(row["id"]),
            replaced=replaced.get(row["id"], ()),
        )
        for row in found
    )


async def _people(wire: Wire, concern: ConcernId) -> dict[str, int]:
    """Return of each notice that several people must answer still, how many."""
    o = t.obligation.c
    rows = await wire.rows(
        select(o.notice_id, o.people).where(
            o.concern_id == concern,
            o.kind == ObligationKind.ANSWER.value,
            o.discharged.is_(None),
            o.people > 1,
        )
    )
    return {row["notice_id"]: row["people"] for row in rows}


async def _deliveries(
    wire: Wire, concern: ConcernId, notice: str | None
) -> dict[str, list[Delivery]]:
    statement = (
        select(t.delivery, t.body.c.bytes)
        .join(t.body, t.body.c.id == t.delivery.c.body_id)
        .where(t.delivery.c.concern_id == concern)
        .order_by(t.delivery.c.seq)
    )
    if notice is not None:
        statement = statement.where(t.delivery.c.notice_id == notice)
    found: defaultdict[str, list[Delivery]] = defaultdict(list)
    for row in await wire.rows(statement):
        found[row["notice_id"]].append(delivery_of(row))
    return found


async def _receipts(wire: Wire, concern: ConcernId, notice: str | None) -> dict[str, list[Receipt]]:
    statement = select(t.receipt).where(t.receipt.c.concern_id == concern).order_by(t.receipt.c.seq)
    if notice is not None:
        statement = statement.where(t.receipt.c.notice_id == notice)
    found: defaultdict[str, list[Receipt]] = defaultdict(list)
    for row in await wire.rows(statement):
        found[row["notice_id"]].append(receipt_of(row))
    return found


async def _open(wire: Wire, which: ColumnElement[bool]) -> tuple[Obligation, ...]:
    rows: Sequence[Any] = await wire.rows(
        select(t.obligation)
        .where(which, t.obligation.c.discharged.is_(None))
        .order_by(t.obligation.c.due, t.obligation.c.seq)
    )
    return tuple(obligation_of(row) for row in rows)


async def _attestation(wire: Wire, concern: ConcernId) -> Attestation | None:
    rows = await wire.rows(
        select(t.attestation.c.whole).where(t.attestation.c.concern_id == concern)
    )
    return attestation_of(rows[0]["whole"]) if rows else None
