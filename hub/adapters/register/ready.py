"""Which rows of the queue may be leased, and the two ways to find the oldest of them.

By time: along the index of what is due, past whatever may not be tried. By destination: from one
to the next, and of each that may be tried its oldest; then what is due for one that may not is not
read, however much it is. Both lease the same rows (decision 0040).
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.sql.dml import ReturningUpdate

from hub.adapters.register import tables as t
from hub.adapters.register.columns import Moment
from hub.adapters.register.dialect import Database
from hub.adapters.register.unreleased import may_send

_Q: Final = t.delivery_queue
_THEIRS: Final = t.delivery_queue.alias("theirs")
OLDER: Final = t.delivery_queue.alias("older")
"""What may go before a row to the same party."""

_AT: Final = bindparam("at", type_=Moment)
_MOST: Final = bindparam("most", type_=Integer)
_OF_LANE: Final = bindparam("of_lane", type_=Text)


def leasing(database: Database) -> ReturningUpdate[Any]:
    """Return the statement that leases what is due and not `avoided`, found by time."""
    # The flag may be late, and is there for the index; the endpoint says whether a row may go.
    going = and_(_Q.c.lane == _OF_LANE, _due(database, _Q), ~_Q.c.shut, is_open(_Q))
    ready = and_(going, not_avoided(database, _Q.c.dest), may_send(), _has_its_turn(database, _Q))
    due = select(_Q.c.seq).where(ready).order_by(_Q.c.next_at, _Q.c.seq).limit(_MOST)
    return _taking(database, due)


def leasing_by_destination(database: Database) -> ReturningUpdate[Any]:
    """Return the statement that leases the same rows, found from destination to destination.

    It reads at most twice `most` that have their turn of each destination that may be tried, and
    one row of each other.
    """
    dests = _destinations()
    going = and_(_THEIRS.c.lane == _OF_LANE, _due(database, _THEIRS), is_open(_THEIRS))
    theirs = and_(_THEIRS.c.dest == dests.c.dest, _unflagged(_THEIRS))
    firsts = (
        select(_THEIRS.c.seq)
        .where(theirs, going, _has_its_turn(database, _THEIRS))
        .order_by(_THEIRS.c.next_at, _THEIRS.c.seq)
        # Twice as many: the oldest of them another worker may be leasing at this moment.
        .limit(2 * _MOST)
        .correlate(dests)
    )
    # Asked again of the row itself: another worker may have taken it since it was found.
    still = _Q.c.next_at <= database.clock()
    due = (
        select(_Q.c.seq)
        .select_from(dests.join(_Q, database.one_of_found(_Q.c.seq, firsts)))
        .where(not_avoided(database, dests.c.dest), still, may_send())
        .order_by(_Q.c.next_at, _Q.c.seq)
        .limit(_MOST)
    )
    return _taking(database, due)


def _taking(database: Database, due: Select[tuple[int]]) -> ReturningUpdate[Any]:
    return (
        _Q.update()
        .where(database.one_of_found(_Q.c.seq, database.claimed(due, _Q)))
        .values(
            next_at=bindparam("until", type_=Moment),
            token=_Q.c.token + 1,
            worker=bindparam("by", type_=Text),
        )
        .returning(_Q)
    )


def _destinations() -> CTE:
    """Return every destination of a lane, from one to the next along the index."""
    in_lane = and_(_Q.c.lane == _OF_LANE, _unflagged(_Q))
    found = select(func.min(_Q.c.dest).label("dest")).where(in_lane).cte("dests", recursive=True)
    further = select(func.min(_Q.c.dest)).where(in_lane, _Q.c.dest > found.c.dest)
    return found.union_all(
        select(further.correlate(found).scalar_subquery()).where(found.c.dest.is_not(None))
    )


def _unflagged(queue: Any) -> ColumnElement[bool]:  # noqa: ANN401  # the table or its alias
    """Whether a row is not `shut`, in the words of the index by destination and of no other.

    Who has seen one destination alone takes the index by time for as good, and reads all of it.
    """
    unflagged: ColumnElement[bool] = queue.c.shut.is_not(true())
    return unflagged


def _due(database: Database, queue: Any) -> ColumnElement[bool]:  # noqa: ANN401  # as above
    # The index is walked up to the moment of the look; by the clock of now as well, which may have
    # been put back since: no lease is taken before it has ended.
    return and_(queue.c.next_at <= _AT, queue.c.next_at <= database.clock())


def _has_its_turn(database: Database, queue: Any) -> ColumnElement[bool]:  # noqa: ANN401  # as above
    return has_its_turn(queue, not_avoided(database, OLDER.c.dest))


def is_open(queue: Any) -> ColumnElement[bool]:  # noqa: ANN401  # as above
    """Whether a row's endpoint is not parked."""
    parked = select(t.endpoint.c.id).where(t.endpoint.c.parked)
    return or_(queue.c.endpoint_id.is_(None), queue.c.endpoint_id.not_in(parked))


def not_avoided(database: Database, dest: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a destination is none of those that are bound as `avoided`."""
    return ~database.one_of(dest, "avoided")


def has_its_turn(queue: Any, tried: ColumnElement[bool]) -> ColumnElement[bool]:  # noqa: ANN401  # as above
    """Whether no older notice to the same party goes first (order per (concern, party)).

    One does while it is in a worker's hands, and while it is due, has never been tried and may be
    (`tried`, of `OLDER`). One that was tried and waits for its next try holds up nothing.
    """
    in_hand = OLDER.c.worker.is_not(None)
    untried = and_(OLDER.c.first_tried.is_(None), OLDER.c.next_at <= queue.c.next_at)
    before = and_(
        OLDER.c.order_key == queue.c.order_key,
        OLDER.c.seq < queue.c.seq,
        OLDER.c.turn != queue.c.turn,
        or_(in_hand, untried),
        or_(in_hand, and_(is_open(OLDER), tried)),
    )
    # Asked row by row, along its index. A planner turns what says NOT EXISTS into a join, and reads
    # the whole queue for it, once or once a row.
    first = select(OLDER.c.seq).where(before).limit(1).correlate(queue).scalar_subquery()
    return first.is_(None)
