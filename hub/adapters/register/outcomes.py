"""What tries brought, written in one commit; a result whose lease had gone stays evidence only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Delete,
    Integer,
    RowMapping,
    Select,
    Update,
    bindparam,
    case,
    func,
    or_,
    select,
)

from hub.adapters.register import tables as t
from hub.adapters.register.agencies import Agencies
from hub.adapters.register.changes import Changes
from hub.adapters.register.columns import Moment
from hub.adapters.register.dialect import Database
from hub.adapters.register.letters import outcome_word, receipt_row
from hub.adapters.register.outbox import Outbox
from hub.adapters.register.pages import (
    append_receipts,
    discharge_open,
    discharge_row,
    open_obligations,
    write_stops,
)
from hub.adapters.register.records import Row, leaf_row, obligation_row, pairs_text, plain
from hub.adapters.register.wire import Wire
from hub.frozen import replace
from hub.notice import InDoubt, Refused, RefusedBecause
from hub.ports import Completion
from hub.vocabulary import Channel

_Q: Final = t.delivery_queue

HELD_WHEN_SENDING: Final = "not sent: it was held, or stopped, at the moment of sending"


async def complete(
    wire: Wire,
    database: Database,
    agencies: Agencies,
    outbox: Outbox,
    completions: Sequence[Completion],
) -> tuple[bool, ...]:
    """Write results; False where the lease had gone."""
    live, now = await _live(wire, database, completions)
    ours = [(each.leased.delivery.id, each.leased.token) in live for each in completions]
    kept = [each for each, mine in zip(completions, ours, strict=True) if mine]
    await _try_again(wire, [each for each in kept if not _finished(each)], now)
    unsent = [_stop(each, now) for each in kept if each.outcome is None and _finished(each)]
    if unsent:
        await write_stops(wire, database, unsent)
    gone = sorted({each.leased.delivery.target for each in kept if _gone(each)})
    if gone:
        await agencies.park(wire, gone, now)
    changes = Changes()
    changes.appended(await _ended(wire, database, completions, ours, now))
    await _owed(wire, database, kept, now, changes)
    await outbox.write(wire, changes, now)
    return tuple(ours)


async def _live(
    wire: Wire, database: Database, completions: Sequence[Completion]
) -> tuple[frozenset[tuple[str, int]], datetime]:
    """Return which rows stand, with their tokens, and what the database's clock says by then."""
    # Locked in one order, so that two batches never wait in a ring; SQLite has one writer.
    ids = [c.leased.delivery.id for c in completions]
    rows = await wire.rows(database.prepared(_locking), {"ids": ids})
    now = max(row["now"] for row in rows) if rows else await database.now(wire)
    return frozenset((row["delivery_id"], row["token"]) for row in rows), now


def _locking(database: Database) -> Select[Any]:
    return (
        select(_Q.c.delivery_id, _Q.c.token, database.clock().label("now"))
        .where(database.one_of(_Q.c.delivery_id, "ids"))
        .order_by(_Q.c.delivery_id)
        .with_for_update()
    )


def _gone(completion: Completion) -> bool:
    outcome, delivery = completion.outcome, completion.leased.delivery
    return (
        isinstance(outcome, Refused)
        and outcome.because is RefusedBecause.GONE
        and delivery.channel is Channel.WEBHOOK
    )


def _finished(completion: Completion) -> bool:
    # A retired endpoint is parked and keeps its rows: they drain when it is put right (410).
    return completion.again_at is None and not _gone(completion)


def _leaving(database: Database) -> Delete:
    return _Q.delete().where(database.one_of(_Q.c.delivery_id, "ids"))


async def _try_again(wire: Wire, again: Sequence[Completion], now: datetime) -> None:
    if again:
        await wire.run(
            _AGAIN,
            [
                {
                    "of": c.leased.delivery.id,
                    "ours": c.leased.token,
                    "at": c.again_at or now,
                    "cost": int(c.costs_attempt),
                    "attempt": c.leased.attempt,
                    "tried": c.outcome is not None,
                    "doubt": isinstance(c.outcome, InDoubt),
                }
                for c in again
            ],
        )


def _end(completion: Completion, now: datetime, mine: bool) -> Row:  # noqa: FBT001  # one of a batch
    outcome = completion.outcome
    return {
        "attempt": completion.leased.attempt,
        "now": now,
        "word": outcome_word(outcome),
        "says": "" if outcome is None else plain(outcome.detail),
        "proof": pairs_text(() if outcome is None else outcome.evidence),
        "late": not mine,
    }


def _stop(completion: Completion, now: datetime) -> Row:
    delivery = completion.leased.delivery
    return {
        "delivery_id": delivery.id,
        "concern_id": delivery.concern,
        "reason": HELD_WHEN_SENDING,
        "at": now,
    }


async def _ended(
    wire: Wire,
    database: Database,
    completions: Sequence[Completion],
    ours: Sequence[bool],
    now: datetime,
) -> Sequence[RowMapping]:
    """Write how tries ended, and what shows it; return of each new receipt what it is about."""
    by_token = [*zip(completions, ours, strict=True)]
    # By id alone: these rows are locked, and their tokens have been found to be ours.
    leaving = [each.leased.delivery.id for each, mine in by_token if mine and _finished(each)]
    receipts = [
        receipt_row(
            receipt if mine else replace(receipt, fenced=True),
            completion.leased.delivery.concern,
            now,
        )
        for completion, mine in by_token
        for receipt in completion.receipts
    ]
    return await append_receipts(
        wire,
        database,
        receipts,
        (database.prepared(_leaving), {"ids": leaving} if leaving else ()),
        (_ENDED, [_end(each, now, mine) for each, mine in by_token]),
        (t.audit_leaf, [leaf_row(leaf, now) for each in completions for leaf in each.leaves]),
    )


async def _owed(
    wire: Wire,
    database: Database,
    kept: Sequence[Completion],
    now: datetime,
    changes: Changes,
) -> None:
    rows = [discharge_row(c.leased.delivery.concern, d, now) for c in kept for d in c.discharges]
    await discharge_open(wire, rows)
    changes.discharging |= {row["of"] for row in rows}
    owed = [obligation_row(o) for c in kept for o in c.obligations]
    changes.opened += await open_obligations(wire, database, owed)


_OURS: Final = (_Q.c.delivery_id == bindparam("of")) & (_Q.c.token == bindparam("ours"))

_STARTED: Final = (
    select(t.attempt.c.started).where(t.attempt.c.id == bindparam("attempt")).scalar_subquery()
)

_TRIED: Final = bindparam("tried", type_=t.delivery_queue.c.maybe_sent.type)

_AGAIN: Final[Update] = (
    _Q.update()
    .where(_OURS)
    .values(
        next_at=bindparam("at", type_=Moment),
        worker=None,
        attempts=_Q.c.attempts + bindparam("cost", type_=Integer),
        first_tried=case(
            (_TRIED, func.coalesce(_Q.c.first_tried, _STARTED)), else_=_Q.c.first_tried
        ),
        maybe_sent=or_(_Q.c.maybe_sent, bindparam("doubt", type_=_Q.c.maybe_sent.type)),
    )
)

_ENDED: Final[Update] = (
    t.attempt.update()
    .where(t.attempt.c.id == bindparam("attempt"))
    .values(
        ended=bindparam("now", type_=Moment),
        outcome=bindparam("word"),
        detail=bindparam("says"),
        evidence=bindparam("proof"),
        fenced=bindparam("late"),
    )
)
