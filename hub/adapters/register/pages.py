"""Pages gathered until they are written: one batch a table, however many concerns there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Integer, RowMapping, Text, Update, and_, bindparam, case, func, or_, select

from hub.adapters.register import tables as t
from hub.adapters.register.changes import Changes, HeldBefore
from hub.adapters.register.columns import Moment
from hub.adapters.register.dialect import Database
from hub.adapters.register.letters import delivery_rows, notice_rows, receipt_row
from hub.adapters.register.records import (
    Known,
    Row,
    concern_text,
    hold_row,
    leaf_row,
    obligation_row,
    party_of,
    plain,
    poison_rows,
    refused_poison,
)
from hub.adapters.register.revisions import superseded
from hub.adapters.register.verdicts import decision_row
from hub.adapters.register.wire import Deed, Wire
from hub.facts.telling import Fact, Kept, queued
from hub.obligation import ObligationKind, ObligationState, asks_key
from hub.page import Discharge, Page, Poison
from hub.ports import VersionMoved
from hub.vocabulary import ConcernId, HoldKind


@dataclass(slots=True, kw_only=True)
class Pages:
    """Rows of whole pages, waiting for their one statement a table."""

    concerns: dict[ConcernId, Row] = field(default_factory=dict)
    events: list[Row] = field(default_factory=list)
    bodies: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    notices: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    queue: list[Row] = field(default_factory=list)
    stops: list[Row] = field(default_factory=list)
    superseded: list[Row] = field(default_factory=list)
    holds: list[Row] = field(default_factory=list)
    discharges: list[Row] = field(default_factory=list)
    obligations: list[Row] = field(default_factory=list)
    receipts: list[Row] = field(default_factory=list)
    leaves: list[Row] = field(default_factory=list)
    quarantine: list[Row] = field(default_factory=list)
    queued: list[Fact] = field(default_factory=list)
    """Of each notice that it waits. Not the notice itself: its words are long, and are rows now."""

    def add(self, page: Page, now: datetime, poison_ids: Sequence[str]) -> None:
        """Gather one page; `poison_ids` are for the events it refuses, in their order."""
        self.concerns[page.id] = _concern_row(page, now)
        self.events += _event_rows(page)
        self.decisions += [decision_row(decision, now) for decision in page.decisions]
        caused = {decision.id: decision.occasion for decision in page.decisions}
        for notice in page.notices:
            by = caused.get(notice.decision)
            of = ("", notice.event) if by is None else (by.event_source, by.event)
            self.queued.append(queued(notice, of))
            row, body = notice_rows(notice, now)
            self.notices.append(row)
            self.bodies.append(body)
        for delivery in page.deliveries:
            row, body, waits = delivery_rows(delivery, now)
            self.deliveries.append(row)
            self.bodies.append(body)
            self.queue.append(waits)
        self.stops += [
            {"delivery_id": s.delivery, "concern_id": page.id, "reason": s.reason, "at": page.at}
            for s in page.stops
        ]
        self.superseded += [
            {"notice_id": s.notice, "by_id": s.by, "concern_id": page.id, "at": page.at}
            for s in page.superseded
        ]
        self.holds += [hold_row(page.id, hold) for hold in page.holds]
        self.discharges += [discharge_row(page.id, each, now) for each in page.discharges]
        self.obligations += [obligation_row(obligation) for obligation in page.obligations]
        self.receipts += [receipt_row(receipt, page.id, now) for receipt in page.receipts]
        self.leaves += [leaf_row(leaf, now) for leaf in page.leaves]
        for poison_id, refused in zip(poison_ids, page.refused, strict=True):
            self.keep(poison_id, refused_poison(refused, now), now, concern=page.id)

    def keep(
        self, poison_id: str, poison: Poison, now: datetime, *, concern: ConcernId | None = None
    ) -> None:
        """Gather one message for quarantine."""
        row, body = poison_rows(poison_id, poison, now, concern=concern)
        self.quarantine.append(row)
        self.bodies.append(body)

    async def write(self, wire: Wire, database: Database) -> Changes:
        """Write it all; return what changed. Raises VersionMoved where a concern has moved on."""
        changes = Changes(queued=self.queued, discharging={r["of"] for r in self.discharges})
        # Stops come first: they wait for results being written, and nobody waits for us yet.
        await self._stop(wire, database)
        await self._concerns(wire, database)
        if self.events:
            await wire.run(_EVENT_STATE, self.events)
        await wire.insert(t.body, self.bodies)
        await wire.insert(t.decision, self.decisions)
        await wire.insert(t.notice, self.notices)
        await wire.insert(superseded, self.superseded)
        await wire.insert(t.delivery, self.deliveries)
        await self._queue(wire, database)
        changes.held = await self._hold(wire, database)
        await discharge_open(wire, self.discharges)
        changes.opened += await open_obligations(wire, database, self.obligations)
        changes.appended(await append_receipts(wire, database, self.receipts))
        await wire.insert(t.audit_leaf, self.leaves)
        await wire.insert(t.quarantine, self.quarantine)
        return changes

    async def _hold(self, wire: Wire, database: Database) -> list[HeldBefore]:
        """Put the holds that stand now in place of those that stood; return both."""
        if not self.concerns:
            return []
        every = database.among(t.hold.c.concern_id, list(self.concerns))
        gone = await wire.rows(t.hold.delete().where(every).returning(*t.hold.c))
        await wire.insert(t.hold, self.holds)
        before, after = _kept(gone), _kept(self.holds)
        return [
            HeldBefore(
                concern=concern,
                version=row["version"],
                before=frozenset(before[concern]),
                after=frozenset(after[concern]),
            )
            for concern, row in self.concerns.items()
        ]

    async def _stop(self, wire: Wire, database: Database) -> None:
        new = {row["id"] for row in self.deliveries}
        stops = [stop for stop in self.stops if stop["delivery_id"] not in new]
        if stops:
            ids = [stop["delivery_id"] for stop in stops]
            queued = database.among(t.delivery_queue.c.delivery_id, ids)
            await wire.run(t.delivery_queue.delete().where(queued))
            await write_stops(wire, database, stops)

    async def _queue(self, wire: Wire, database: Database) -> None:
        """Queue what is new, but for what the same page has stopped: that is never sent."""
        new = {row["id"] for row in self.deliveries}
        stops = [stop for stop in self.stops if stop["delivery_id"] in new]
        stopped = {stop["delivery_id"] for stop in stops}
        queue = [row for row in self.queue if row["delivery_id"] not in stopped]
        await wire.insert(t.delivery_queue, queue)
        if stops:
            await write_stops(wire, database, stops)

    async def _concerns(self, wire: Wire, database: Database) -> None:
        if not self.concerns:
            return
        insert = database.insert(t.concern)
        new = insert.excluded
        upsert = insert.on_conflict_do_update(
            index_elements=[t.concern.c.id],
            set_={c: new[c] for c in _KEPT_UP},
            where=t.concern.c.version == new.version - 1,
        ).returning(t.concern.c.id)
        written = {row["id"] for row in await wire.rows(upsert, list(self.concerns.values()))}
        if written != set(self.concerns):
            raise VersionMoved


async def discharge_open(wire: Wire, rows: Sequence[Row]) -> None:
    """Discharge every open obligation of each kind and key prefix, and its asks, in one batch."""
    if rows:
        await wire.run(DISCHARGE, rows)


def discharge_row(concern: ConcernId, discharge: Discharge, now: datetime) -> Row:
    """Return the values that `DISCHARGE` asks for."""
    # One character more than the key says: only the key itself is as short as the prefix then.
    length = len(discharge.key) + (1 if discharge.whole else 0)
    asks = f"{asks_key(discharge.kind, discharge.key)}{'#' if discharge.whole else ''}"
    return {
        "of": concern,
        "what": discharge.kind.value,
        "prefix": discharge.key,
        "length": length,
        "asks": asks,
        "asks_length": len(asks),
        "now": now,
        "ends": (ObligationState.CANCELLED if discharge.why else ObligationState.DISCHARGED).value,
        "because": discharge.why or None,
    }


async def open_obligations(wire: Wire, database: Database, rows: Sequence[Row]) -> list[Row]:
    """Open obligations; where one of the same (concern, kind, key) is open, it stands.

    Return those that were opened.
    """
    if not rows:
        return []
    columns = [t.obligation.c.concern_id, t.obligation.c.kind, t.obligation.c.key]
    insert = database.insert(t.obligation).on_conflict_do_nothing(
        index_elements=columns, index_where=t.obligation.c.discharged.is_(None)
    )
    new = {row["id"] for row in await wire.rows(insert.returning(t.obligation.c.id), rows)}
    return [row for row in rows if row["id"] in new]


async def append_receipts(
    wire: Wire, database: Database, rows: Sequence[Row], *beside: Deed
) -> Sequence[RowMapping]:
    """Append receipts, an equal acknowledgement once; return of each new one what it is about.

    `beside`: what is done in the same go, and has nothing to do with receipts.
    """
    plain = [row for row in rows if row["acknowledgement_key"] is None]
    human = [row for row in rows if row["acknowledgement_key"] is not None]
    new = [*await wire.together(*beside, (_RECEIVED, plain))]
    if human:
        insert = database.insert(t.receipt).on_conflict_do_nothing(
            index_elements=[t.receipt.c.acknowledgement_key]
        )
        new += await wire.rows(insert.returning(*_ABOUT), human)
    return new


async def write_stops(wire: Wire, database: Database, rows: Sequence[Row]) -> None:
    """Say why these deliveries will not be sent; the first reason stands.

    Of what has been taken before, and was to be sent again, it is not said: it was sent.
    """
    ids = [row["delivery_id"] for row in rows]
    taken = (
        select(t.receipt.c.delivery_id)
        .where(database.among(t.receipt.c.delivery_id, ids))
        .where(t.receipt.c.rung.is_not(None), t.receipt.c.fenced.is_(False))
    )
    sent = {row["delivery_id"] for row in await wire.rows(taken)}
    unsent = [row for row in rows if row["delivery_id"] not in sent]
    if unsent:
        insert = database.insert(t.stop)
        once = insert.on_conflict_do_nothing(index_elements=[t.stop.c.delivery_id])
        await wire.run(once, unsent)


def _kept(rows: Iterable[Known]) -> Mapping[ConcernId, set[Kept]]:
    """Return from whom something is held by which kind of hold, by concern."""
    found: defaultdict[ConcernId, set[Kept]] = defaultdict(set)
    for row in rows:
        found[ConcernId(row["concern_id"])].add((party_of(row), HoldKind(row["kind"])))
    return found


def _concern_row(page: Page, now: datetime) -> Row:
    concern = page.concern
    return {
        "id": page.id,
        "version": page.version + 1,
        "snapshot": None if concern is None else concern_text(concern),
        "host_authority": None if concern is None else concern.host_authority,
        "opened": None if concern is None else concern.opened_at,
        "recorded": now,
        "provider": None if concern is None else concern.service.provider,
        "provider_held_since": None if concern is None else concern.provider_held_since,
        "provider_cleared_at": None if concern is None else concern.provider_cleared_at,
    }


def _event_rows(page: Page) -> list[Row]:
    def row(source: str, event: str, state: str, why: str | None = None) -> Row:
        applied = page.at if state == "applied" else None
        return {"of": source, "is": event, "state": state, "why": why, "applied": applied}

    return [
        *(row(source, event, "applied") for source, event in page.applied),
        *(row(w.source, w.event, "waiting", w.why) for w in page.waiting),
        *(
            row(r.event.source, r.event.id, "refused", plain("; ".join(str(f) for f in r.faults)))
            for r in page.refused
        ),
    ]


_KEPT_UP: Final = (
    *("version", "snapshot", "host_authority", "opened"),
    *("provider", "provider_held_since", "provider_cleared_at"),
)
"""What each page of a concern writes anew."""

_KEY = t.obligation.c.key
_PREFIX = bindparam("prefix", type_=Text)
_ASKS = bindparam("asks", type_=Text)

_ABOUT: Final = (t.receipt.c.seq, t.receipt.c.notice_id, t.receipt.c.concern_id)
_RECEIVED: Final = t.receipt.insert().returning(*_ABOUT)

DISCHARGE: Final[Update] = (
    t.obligation.update()
    .where(
        t.obligation.c.concern_id == bindparam("of"),
        t.obligation.c.discharged.is_(None),
        or_(
            and_(
                t.obligation.c.kind == bindparam("what"),
                func.substr(_KEY, 1, bindparam("length", type_=Integer)) == _PREFIX,
            ),
            and_(
                t.obligation.c.kind == ObligationKind.PERSON.value,
                func.substr(_KEY, 1, bindparam("asks_length", type_=Integer)) == _ASKS,
            ),
        ),
    )
    .values(
        discharged=bindparam("now", type_=Moment),
        next_at=None,
        state=case((t.obligation.c.ladder.is_not(None), bindparam("ends", type_=Text))),
        why=bindparam("because", type_=Text),
    )
)
"""What is met, or cancelled, and with it whatever its ladder had asked of people."""

_EVENT_STATE: Final[Update] = (
    t.event.update()
    .where(t.event.c.source == bindparam("of"), t.event.c.id == bindparam("is"))
    .values(state=bindparam("state"), why=bindparam("why"), applied=bindparam("applied"))
)
