"""What is known of concerns, read for a page to be planned from, or for the screens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, or_, select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import (
    classes_of,
    concern_of,
    event_of,
    party_of,
)
from hub.adapters.register.revisions import read_revisions, said_since
from hub.adapters.register.verdicts import told_of
from hub.adapters.register.wire import Wire
from hub.concern import Elsewhere
from hub.decision import History
from hub.events.envelope import Event
from hub.frozen import replace
from hub.page import Standing, Unsent
from hub.vocabulary import (
    AgencyId,
    ConcernId,
    DecisionId,
    DeliveryId,
    EventId,
    NoticeId,
    Rung,
    Setback,
)

_HISTORY = tuple(c for c in t.decision.c if c.name not in {"whole", "sentence", "recorded"})


AT_ONCE: Final = 1_000
"""Deliveries read by one statement: those of one concern that wait may be a hundred thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What has left us, or may have."""

    decisions: frozenset[str]
    deliveries: Mapping[str, frozenset[str | None]]
    """By notice; None: by no delivery."""

    def knows_of(self, unsent: Unsent) -> Unsent:
        """Return an unsent delivery that says whether its party has heard by another one."""
        by = self.deliveries.get(unsent.notice, frozenset())
        return replace(unsent, only_unsent=False) if by - {unsent.delivery} else unsent


def left_us() -> ColumnElement[bool]:
    """Return the condition of a receipt that says: this has been sent, or it may have been."""
    return or_(
        and_(t.receipt.c.rung.is_not(None), t.receipt.c.rung != Rung.QUEUED.value),
        t.receipt.c.setback == Setback.IN_DOUBT.value,
    )


async def read_standing(
    wire: Wire, database: Database, concerns: Sequence[ConcernId]
) -> dict[ConcernId, Standing]:
    """Return what is known of each; one query a table, however many concerns there are."""
    ids = list(dict.fromkeys(concerns))
    snapshots = await _by_concern(
        wire, select(t.concern, t.concern.c.id.label("concern_id")), t.concern.c.id, ids, database
    )
    decisions = await _by_concern(
        wire, select(*_HISTORY).order_by(t.decision.c.seq), t.decision.c.concern_id, ids, database
    )
    waiting = await _by_concern(wire, _WAITING, t.event.c.concern_id, ids, database)
    # Before what has left: what leaves meanwhile is then in both, and never in neither.
    unsent = await _unsent(wire, database, ids)
    heard = await _heard(wire, database, ids)
    stopped = {
        row["decision_id"]
        for row in await wire.rows(_STOPPED.where(database.among(t.delivery.c.concern_id, ids)))
    }
    unheard = frozenset(stopped - heard.decisions)
    unheard -= await said_since(wire, database, unheard)
    revisions = await read_revisions(wire, database, ids)
    found = {}
    for concern in ids:
        row = next(iter(snapshots[concern]), None)
        found[concern] = Standing(
            concern=concern_of(row["snapshot"]) if row and row["snapshot"] else None,
            version=row["version"] if row else 0,
            history=History(told=tuple(told_of(d, unheard) for d in decisions[concern])),
            waiting=tuple(event_of(e) for e in waiting[concern]),
            unsent=tuple(heard.knows_of(one) for one in unsent[concern]),
            revisions=tuple(revisions.get(concern, ())),
        )
    return found


async def read_holding(
    wire: Wire, database: Database, providers: Sequence[AgencyId], most: int
) -> dict[AgencyId, tuple[Elsewhere, ...]]:
    """Return which concerns hold these providers now, the last to hold first, `most` of each."""
    if not providers:
        return {}
    found: defaultdict[AgencyId, list[Elsewhere]] = defaultdict(list)
    asked = sorted({*providers})
    held = _HOLDING.where(database.among(t.concern.c.provider, asked)).subquery()
    newest = select(held).where(held.c.place <= most).order_by(held.c.provider, held.c.place)
    for row in await wire.rows(newest):
        one = Elsewhere(concern=ConcernId(row["id"]), since=row["provider_held_since"])
        found[AgencyId(row["provider"])].append(one)
    return {provider: tuple(some) for provider, some in found.items()}


async def read_past(
    wire: Wire, database: Database, concerns: Sequence[ConcernId]
) -> dict[ConcernId, tuple[Event, ...]]:
    """Return every event of these concerns that has followed, in the order they came in."""
    ids = list(dict.fromkeys(concerns))
    found = await _by_concern(wire, _PAST, t.event.c.concern_id, ids, database)
    return {concern: tuple(event_of(row) for row in found[concern]) for concern in ids}


async def _by_concern(
    wire: Wire,
    statement: Select[Any],
    column: ColumnElement[str],
    ids: Sequence[ConcernId],
    database: Database,
) -> Mapping[ConcernId, list[RowMapping]]:
    grouped: defaultdict[ConcernId, list[RowMapping]] = defaultdict(list)
    for row in await wire.rows(statement.where(database.among(column, ids))):
        grouped[ConcernId(row["concern_id"])].append(row)
    return grouped


async def _unsent(
    wire: Wire, database: Database, ids: Sequence[ConcernId]
) -> Mapping[ConcernId, list[Unsent]]:
    """Return what is in the queue, oldest first: read part by part, and each value kept once."""
    grouped: defaultdict[ConcernId, list[Unsent]] = defaultdict(list)
    part = _UNSENT.where(database.among(t.delivery.c.concern_id, ids)).limit(AT_ONCE)
    rows = await wire.rows(part)
    same: dict[Any, Any] = {}
    while rows:
        for row in rows:
            grouped[ConcernId(row["concern_id"])].append(_unsent_of(row, same))
        if len(rows) < AT_ONCE:
            break
        rows = await wire.rows(part.where(t.delivery_queue.c.seq > rows[-1]["seq"]))
    return grouped


def _unsent_of(row: RowMapping, same: dict[Any, Any]) -> Unsent:
    """Return one of them. `same`: what the others say as well, which nobody need keep twice."""

    def once(value: Any) -> Any:  # noqa: ANN401  # whatever it is, it comes back
        return same.setdefault(value, value)

    return Unsent(
        delivery=DeliveryId(row["id"]),
        notice=NoticeId(once(row["notice_id"])),
        decision=DecisionId(once(row["decision_id"])),
        event=EventId(once(row["event_id"])),
        event_source=once(row["event_source"]),
        event_name=once(row["event_name"]),
        party=once(party_of(row)),
        classes=once(classes_of(row["classes"])),
        target=once(row["target"]),
    )


async def _heard(wire: Wire, database: Database, ids: Sequence[ConcernId]) -> _Heard:
    rows = await wire.rows(_LEFT.where(database.among(t.receipt.c.concern_id, ids)))
    by: defaultdict[str, set[str | None]] = defaultdict(set)
    for row in rows:
        by[row["notice_id"]].add(row["delivery_id"])
    return _Heard(
        decisions=frozenset(row["decision_id"] for row in rows),
        deliveries={notice: frozenset(some) for notice, some in by.items()},
    )


_HOLDING = select(
    t.concern.c.id,
    t.concern.c.provider,
    t.concern.c.provider_held_since,
    func.row_number()
    .over(
        partition_by=t.concern.c.provider,
        order_by=(t.concern.c.provider_held_since.desc(), t.concern.c.id),
    )
    .label("place"),
).where(t.concern.c.provider_held_since.is_not(None))

_WAITING = (
    select(t.event, t.body.c.bytes, t.body.c.decoded)
    .join(t.body, t.body.c.id == t.event.c.body_id)
    .where(t.event.c.state == "waiting")
    .order_by(t.event.c.seq)
)

_PAST = (
    select(t.event, t.body.c.bytes, t.body.c.decoded)
    .join(t.body, t.body.c.id == t.event.c.body_id)
    .where(t.event.c.state == "applied")
    .order_by(t.event.c.seq)
)

_UNSENT = (
    select(
        t.delivery_queue.c.seq,
        t.delivery.c.id,
        t.delivery.c.notice_id,
        t.delivery.c.concern_id,
        t.delivery.c.agency_id,
        t.delivery.c.role,
        t.delivery.c.classes,
        t.delivery.c.target,
        t.notice.c.decision_id,
        t.decision.c.event_id,
        t.decision.c.event_source,
        t.decision.c.event_name,
    )
    .select_from(t.delivery_queue)
    .join(t.delivery, t.delivery.c.id == t.delivery_queue.c.delivery_id)
    .join(t.notice, t.notice.c.id == t.delivery.c.notice_id)
    .join(t.decision, t.decision.c.id == t.notice.c.decision_id)
    .order_by(t.delivery_queue.c.seq)
)

_LEFT = (
    select(t.notice.c.decision_id, t.receipt.c.notice_id, t.receipt.c.delivery_id)
    .join(t.notice, t.notice.c.id == t.receipt.c.notice_id)
    .where(left_us())
    .distinct()
)

_STOPPED = (
    select(t.notice.c.decision_id)
    .select_from(t.delivery)
    .join(t.notice, t.notice.c.id == t.delivery.c.notice_id)
    .outerjoin(t.stop, t.stop.c.delivery_id == t.delivery.c.id)
    .group_by(t.notice.c.decision_id)
    .having(func.count() == func.count(t.stop.c.delivery_id))
)
"""Decisions all of whose deliveries were stopped."""
