"""Obligations and how far each has climbed its ladder: the table, and what moves it on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    RowMapping,
    Table,
    Text,
    Update,
    case,
    func,
    literal,
    or_,
    select,
    text,
)

from hub.adapters.register.columns import Moment, metadata, moment, numbered, words
from hub.adapters.register.wire import Wire
from hub.obligation import (
    ENDED,
    WANTS_A_CHANNEL,
    Climb,
    Obligation,
    ObligationKind,
    ObligationState,
    Taken,
)
from hub.vocabulary import ConcernId, NoticeId, RuleId

LOOKED_WITHIN: Final = timedelta(seconds=60)
"""How soon a step that has come is taken, or somebody must ask why not (escalation 8)."""

_OPEN: Final = text("discharged IS NULL")
_UNLISTED: Final = text("openly IS NOT NULL AND listed IS NULL AND discharged IS NULL")

obligation = Table(
    "obligation",
    metadata,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    words("concern_id"),
    words("kind"),
    words("agency_id"),
    words("role"),
    words("key"),
    words("notice_id", null=True),
    words("delivery_id", null=True),
    words("required", null=True),
    words("says"),
    moment("due"),
    moment("opened"),
    moment("discharged", null=True),
    words("ladder", null=True),
    moment("anchor", null=True),
    Column("step", Integer, nullable=True),
    moment("next_at", null=True),
    words("state", null=True),
    words("why", null=True),
    Column("people", Integer, nullable=True),
    words("taken_by", null=True),
    moment("taken_until", null=True),
    words("openly", null=True),
    moment("listed", null=True),
    Index(
        "uq_obligation_open",
        "concern_id",
        "kind",
        "key",
        unique=True,
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    ),
    Index("ix_obligation_next_at", "next_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
    Index("ix_obligation_discharged", "discharged"),
    Index("ix_obligation_unlisted", "seq", postgresql_where=_UNLISTED, sqlite_where=_UNLISTED),
)
"""At most one open obligation for each (concern, kind, key). From `ladder` on: how far it has
climbed; `next_at` is when somebody must look, and NULL where nobody need. `openly` is set where a
ladder asks a desk, `listed` once the desk's list is decided."""


def climb_row(climb: Climb | None) -> dict[str, Any]:
    """Return the columns of how far an obligation has climbed; all NULL where it climbs nothing."""
    if climb is None:
        return dict.fromkeys(("ladder", "anchor", "step", "next_at", "state", "why"))
    return {
        "ladder": climb.ladder,
        "anchor": climb.anchor,
        "step": climb.step,
        "next_at": climb.next_at,
        "state": climb.state.value,
        "why": climb.why or None,
    }


def climb_of(row: Mapping[str, Any] | RowMapping) -> Climb | None:
    """Return how far an obligation has climbed, or None."""
    if row["ladder"] is None:
        return None
    return Climb(
        ladder=RuleId(row["ladder"]),
        anchor=row["anchor"],
        step=row["step"],
        next_at=row["next_at"],
        state=ObligationState(row["state"]),
        why=row["why"] or "",
    )


def taken_of(row: Mapping[str, Any] | RowMapping) -> Taken | None:
    """Return who took it last, or None."""
    if row["taken_until"] is None:
        return None
    return Taken(by=row["taken_by"] or "", until=row["taken_until"])


async def put_in_hand(wire: Wire, owed: Obligation, taken: Taken, now: datetime) -> bool:
    """Write who has it in hand, where it is open and in nobody's; no step comes before then.

    False where it is not as it was read: a step was taken, or somebody else took it.
    """
    o, climb = obligation.c, owed.climb
    same = o.ladder.is_(None) if climb is None else o.next_at == climb.next_at
    until = literal(taken.until, Moment)
    later = case((o.next_at < until, until), else_=o.next_at)
    statement = (
        obligation.update()
        .where(o.id == owed.id, o.discharged.is_(None), same)
        .where(or_(o.taken_until.is_(None), o.taken_until <= now))
        .values(taken_by=taken.by, taken_until=taken.until, next_at=later)
    )
    return await wire.run(statement) == 1


async def chased(wire: Wire, owed: Obligation, now: datetime) -> bool:
    """Let the ladder of an open answer take its next step now: a person asked for it.

    False where it is not as it was read, is held, or is in somebody's hands.
    """
    o, climb = obligation.c, owed.climb
    if climb is None:
        return False
    statement = (
        obligation.update()
        .where(o.id == owed.id, o.discharged.is_(None), o.step == climb.step)
        .where(o.next_at == climb.next_at, o.next_at > now, _free(now))
        .values(next_at=now)
    )
    return await wire.run(statement) == 1


async def read_due(wire: Wire, now: datetime, limit: int) -> Sequence[RowMapping]:
    """Return the open obligations whose next instant has come, the longest due first."""
    o = obligation.c
    return await wire.rows(
        select(obligation)
        .where(o.discharged.is_(None), o.next_at <= now)
        .order_by(o.next_at, o.seq)
        .limit(limit)
    )


async def next_step(wire: Wire, now: datetime) -> datetime | None:
    """Return the next instant of any ladder after `now`, by its index."""
    o = obligation.c
    coming = select(o.next_at).where(o.discharged.is_(None), o.next_at > now)
    rows = await wire.rows(coming.order_by(o.next_at).limit(1))
    at: datetime | None = rows[0]["next_at"] if rows else None
    return at


def unlooked(now: datetime) -> ColumnElement[bool]:
    """Return the condition of an obligation whose ladder nobody looks at any more."""
    o = obligation.c
    return o.ladder.is_not(None) & (o.next_at.is_(None) | (o.next_at < now - LOOKED_WITHIN))


async def read_wanting(wire: Wire) -> tuple[ConcernId, ...]:
    """Return the concerns of which a party waits for a fit channel."""
    o = obligation.c
    rows = await wire.rows(
        select(o.concern_id)
        .where(
            o.kind == ObligationKind.REPLACE_CONTACT.value,
            o.key.startswith(WANTS_A_CHANNEL),
            o.discharged.is_(None),
        )
        .distinct()
        .order_by(o.concern_id)
    )
    return tuple(ConcernId(row["concern_id"]) for row in rows)


async def read_asking(wire: Wire, limit: int) -> tuple[ConcernId, ...]:
    """Return the concerns whose ladders ask desks for what no list has been decided for."""
    o = obligation.c
    first = func.min(o.seq)
    oldest = select(o.concern_id).where(_UNLISTED).group_by(o.concern_id).order_by(first)
    rows = await wire.rows(oldest.limit(limit))
    return tuple(ConcernId(row["concern_id"]) for row in rows)


async def read_asked(wire: Wire, concern: ConcernId) -> Sequence[RowMapping]:
    """Return the open tasks of one concern that stand on no list yet, oldest first."""
    o = obligation.c
    return await wire.rows(
        select(obligation).where(_UNLISTED, o.concern_id == concern).order_by(o.seq)
    )


async def write_listed(wire: Wire, tasks: Sequence[Obligation], now: datetime) -> None:
    """Write down that the lists these stand on are decided."""
    for task in tasks:
        await wire.run(obligation.update().where(obligation.c.id == task.id).values(listed=now))


async def move_on(wire: Wire, owed: Obligation, climb: Climb | None, now: datetime) -> bool:
    """Write how far it is now, where it is still as it was read; return whether it was.

    What has ended is closed with it.
    """
    o, before = obligation.c, owed.climb
    same: ColumnElement[bool] = o.ladder.is_(None)
    if before is not None:
        same = (o.ladder == before.ladder) & (o.step == before.step) & (o.next_at == before.next_at)
    values: Mapping[str, Any] = climb_row(climb)
    if climb is not None and climb.state in ENDED:
        values = {**values, "discharged": now}
    statement = (
        obligation.update().where(o.id == owed.id, o.discharged.is_(None), same).values(**values)
    )
    return await wire.run(statement) == 1


async def bring_forward(wire: Wire, concern: ConcernId, notice: NoticeId, now: datetime) -> None:
    """Let the ladder of this notice take its next step now: it could not be delivered."""
    await wire.run(_forward(concern, notice, now))


def _forward(concern: ConcernId, notice: NoticeId, now: datetime) -> Update:
    o = obligation.c
    return (
        obligation.update()
        .where(
            o.concern_id == concern,
            o.notice_id == notice,
            o.kind == ObligationKind.ANSWER.value,
            o.discharged.is_(None),
            o.next_at > now,
            _free(now),
        )
        .values(next_at=now)
    )


def _free(now: datetime) -> ColumnElement[bool]:
    """Whether a step may be brought forward: no hold stands, and nobody has it in hand."""
    o = obligation.c
    # In somebody's hands it is asked again when they said, and not before.
    in_nobodys_hands = or_(o.taken_until.is_(None), o.taken_until <= now)
    return (o.state != ObligationState.HELD.value) & in_nobodys_hands
