"""What the figures are worked out from, a page at a time: no body is read, no name, no address."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import classes_of, concern_of, obligation_of, party_of
from hub.adapters.register.standing import read_standing
from hub.adapters.register.wire import Wire
from hub.closure import CLOSURE_NOTICE, ESCALATION
from hub.decision import OccasionKind
from hub.figures import PLACING, Course, Recorded, Telling, Unconfirmed
from hub.notice import Notice
from hub.obligation import Obligation, ObligationKind
from hub.receipt import Acknowledgement, Receipt
from hub.vocabulary import (
    AckStrength,
    ConcernId,
    DecisionId,
    DeliveryId,
    EventId,
    Lane,
    NoticeId,
    Rung,
    Setback,
)

AT_ONCE: Final = 500
"""Rows of one page. Between pages the register is free for others, and the loop for other work."""

_OF_CLOSING: Final = (CLOSURE_NOTICE, ESCALATION)
_WAITS: Final = (ObligationKind.ANSWER.value, ObligationKind.REVIEW_HOLD.value)


async def read_recorded(
    database: Database, since: datetime, until: datetime
) -> AsyncIterator[Recorded]:
    """Yield each notice written from `since` up to `until`; what is open, and each concern, now."""
    written = and_(t.notice.c.composed >= since, t.notice.c.composed < until)
    last = 0
    while rows := await _notices(database, and_(written, t.notice.c.seq > last)):
        for told, number in rows:
            last = number
            yield told
    last = 0
    while owed := await _owed(database, last):
        for obligation, number in owed:
            last = number
            yield obligation
    after = ""
    while courses := await _courses(database, after, until):
        for course in courses:
            after = course.concern.id
            yield course


async def _notices(database: Database, which: ColumnElement[bool]) -> list[tuple[Telling, int]]:
    async with database.snapshot() as wire:
        rows = await wire.rows(_TOLD.where(which).limit(AT_ONCE))
        told = await _tellings(wire, database, rows)
    return [(each, row["seq"]) for each, row in zip(told, rows, strict=True)]


async def _tellings(wire: Wire, database: Database, rows: Sequence[RowMapping]) -> list[Telling]:
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    receipts: defaultdict[str, list[Receipt]] = defaultdict(list)
    for row in await wire.rows(_PROOF.where(database.among(t.receipt.c.notice_id, ids))):
        receipts[row["notice_id"]].append(_receipt(row))
    sent: Mapping[str, RowMapping] = {
        row["notice_id"]: row
        for row in await wire.rows(_SENT.where(database.among(t.delivery.c.notice_id, ids)))
    }
    late = sorted({row["concern_id"] for row in rows if _is_late(row)})
    others = {
        row["concern_id"]: row["first"]
        for row in await wire.rows(_OTHERS.where(database.among(t.notice.c.concern_id, late)))
    }
    return [
        _telling(row, sent.get(row["id"]), receipts[row["id"]], others.get(row["concern_id"]))
        for row in rows
    ]


async def _owed(database: Database, last: int) -> list[tuple[Obligation, int]]:
    statement = (
        select(t.obligation)
        .where(
            t.obligation.c.discharged.is_(None),
            t.obligation.c.kind.in_(_WAITS),
            t.obligation.c.seq > last,
        )
        .order_by(t.obligation.c.seq)
        .limit(AT_ONCE)
    )
    async with database.reading() as wire:
        return [(obligation_of(row), row["seq"]) for row in await wire.rows(statement)]


async def _courses(database: Database, after: str, until: datetime) -> list[Course]:
    statement = (
        select(t.concern.c.snapshot, t.attestation.c.id.label("attested"))
        .outerjoin(t.attestation, t.attestation.c.concern_id == t.concern.c.id)
        .where(t.concern.c.snapshot.is_not(None), t.concern.c.opened < until)
        .where(t.concern.c.id > after)
        .order_by(t.concern.c.id)
        .limit(AT_ONCE // 5)
    )
    async with database.snapshot() as wire:
        known = [
            (concern_of(row["snapshot"]), row["attested"] is not None)
            for row in await wire.rows(statement)
        ]
        waiting = [c.id for c, done in known if c.closure_authorised is not None and not done]
        closures = await _unconfirmed(wire, database, waiting)
    return [Course(concern=c, unconfirmed=closures.get(c.id)) for c, _ in known]


async def _unconfirmed(
    wire: Wire, database: Database, concerns: Sequence[ConcernId]
) -> Mapping[ConcernId, Unconfirmed]:
    if not concerns:
        return {}
    standing = await read_standing(wire, database, concerns)
    mine = and_(
        database.among(t.notice.c.concern_id, concerns), t.notice.c.template.in_(_OF_CLOSING)
    )
    told = await _tellings(wire, database, await wire.rows(_TOLD.where(mine)))
    return {
        concern: Unconfirmed(
            history=standing[concern].history,
            notices=tuple(each for each in told if each.notice.concern == concern),
        )
        for concern in concerns
    }


def _is_late(row: RowMapping) -> bool:
    late: bool = row["occasion_kind"] == OccasionKind.FOUND_LATE.value
    return late


def _telling(
    row: RowMapping,
    sent: RowMapping | None,
    receipts: Sequence[Receipt],
    others: datetime | None,
) -> Telling:
    return Telling(
        notice=_without_words(row),
        event_source=row["event_source"],
        entered=row["entered"],
        late=_is_late(row),
        others_told=others if _is_late(row) else None,
        deliveries=sent["deliveries"] if sent else 0,
        stopped=sent["stopped"] if sent else 0,
        receipts=tuple(receipts),
    )


def _without_words(row: RowMapping) -> Notice:
    return Notice(
        id=NoticeId(row["id"]),
        decision=DecisionId(row["decision_id"]),
        concern=ConcernId(row["concern_id"]),
        event=EventId(row["event_id"]),
        party=party_of(row),
        template=row["template"],
        reference=row["reference"],
        classes=classes_of(row["classes"]),
        required=Rung(row["required"]),
        lane=Lane(row["lane"]),
        reply_due=row["reply_due"],
        text="",
        html="",
        facts=(),
        ack_code="",
        composed_at=row["composed"],
    )


def _receipt(row: RowMapping) -> Receipt:
    return Receipt(
        notice=NoticeId(row["notice_id"]),
        delivery=None if row["delivery_id"] is None else DeliveryId(row["delivery_id"]),
        attempt=None,
        at=row["at"],
        source=row["source"],
        rung=None if row["rung"] is None else Rung(row["rung"]),
        setback=None if row["setback"] is None else Setback(row["setback"]),
        acknowledgement=_by_nobody(row["acknowledgement"]),
        fenced=row["fenced"],
    )


def _by_nobody(written: str | None) -> Acknowledgement | None:
    """Return that somebody acknowledged, and how; who it was stays behind."""
    if written is None:
        return None
    strength = AckStrength(json.loads(written)["strength"])
    return Acknowledgement(name="", role="", organisation="", strength=strength)


_TOLD: Final[Select[Any]] = (
    select(
        t.notice,
        t.decision.c.event_source,
        t.decision.c.occasion_kind,
        t.event.c.recorded.label("entered"),
    )
    .join(t.decision, t.decision.c.id == t.notice.c.decision_id)
    .join(
        t.event,
        and_(t.event.c.source == t.decision.c.event_source, t.event.c.id == t.decision.c.event_id),
    )
    .order_by(t.notice.c.seq)
)

_OTHERS: Final[Select[Any]] = (
    select(t.notice.c.concern_id, func.min(t.notice.c.composed).label("first"))
    .where(t.notice.c.role.in_(sorted(role.value for role in PLACING)))
    .group_by(t.notice.c.concern_id)
)

_PROOF: Final[Select[Any]] = select(
    t.receipt.c.notice_id,
    t.receipt.c.delivery_id,
    t.receipt.c.source,
    t.receipt.c.rung,
    t.receipt.c.setback,
    t.receipt.c.acknowledgement,
    t.receipt.c.fenced,
    t.receipt.c.at,
)

_SENT: Final[Select[Any]] = (
    select(
        t.delivery.c.notice_id,
        func.count().label("deliveries"),
        func.count(t.stop.c.delivery_id).label("stopped"),
    )
    .select_from(t.delivery)
    .outerjoin(t.stop, t.stop.c.delivery_id == t.delivery.c.id)
    .group_by(t.delivery.c.notice_id)
)
