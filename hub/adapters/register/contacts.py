"""How mailboxes and webhooks fare: what came of them since somebody last corrected them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, and_, case, func, or_, select

from hub.adapters.register import tables as t
from hub.adapters.register.wire import Wire
from hub.escalate import replace_key
from hub.figures import Tried
from hub.obligation import ObligationKind, ObligationState
from hub.receipt import LADDER, height
from hub.vocabulary import Channel, ConcernId, Rung, Setback

_TAKEN: Final = tuple(rung.value for rung in LADDER if height(rung) >= height(Rung.SUBMITTED))
_BEYOND_US: Final = tuple(rung.value for rung in LADDER if height(rung) > height(Rung.SUBMITTED))
_RETURNED: Final = (Setback.FAILED.value, Setback.LATE_FAILURE.value, Setback.EXPIRED.value)
_FAILED: Final = (*_RETURNED, Setback.REFUSED.value)


async def read_tried(wire: Wire) -> tuple[Tried, ...]:
    """Return what came of each target since its entry was last corrected; two statements."""
    failures = {(row["channel"], row["target"]): row["failures"] for row in await wire.rows(_SINCE)}
    found: defaultdict[tuple[str, str], list[RowMapping]] = defaultdict(list)
    for row in await wire.rows(_KNOWN):
        found[row["channel"], row["target"]].append(row)
    return tuple(_tried(*whose, rows, failures.get(whose, 0)) for whose, rows in found.items())


async def replaced(wire: Wire, entry: str, now: datetime) -> tuple[ConcernId, ...]:
    """Discharge what is owed in place of a dead contact: somebody has corrected it.

    Return the concerns that owed it.
    """
    owed = t.obligation
    rows = await wire.rows(
        owed.update()
        .where(
            owed.c.kind == ObligationKind.REPLACE_CONTACT.value,
            owed.c.key == replace_key(entry),
            owed.c.discharged.is_(None),
        )
        .values(
            discharged=now,
            next_at=None,
            state=case((owed.c.ladder.is_not(None), ObligationState.DISCHARGED.value)),
        )
        .returning(owed.c.concern_id)
    )
    return tuple(ConcernId(row["concern_id"]) for row in rows)


def _tried(channel: str, target: str, rows: Iterable[RowMapping], failures: int) -> Tried:
    known = list(rows)
    taken = [r for r in known if r["rung"] in _TAKEN]
    last = max(taken, key=lambda r: (_at(r), height(Rung(r["rung"]))), default=None)
    return Tried(
        channel=Channel(channel),
        target=target,
        taken_at=None if last is None else last["last"],
        taken=None if last is None else Rung(last["rung"]),
        beyond_us_at=_last(r for r in known if r["rung"] in _BEYOND_US),
        refused_at=_last(r for r in known if r["setback"] == Setback.REFUSED.value),
        returned_at=_last(r for r in known if r["setback"] in _RETURNED),
        failures=failures,
    )


def _at(row: RowMapping) -> datetime:
    at: datetime = row["last"]
    return at


def _last(rows: Iterable[RowMapping]) -> datetime | None:
    return max((_at(row) for row in rows), default=None)


def _counted() -> ColumnElement[bool]:
    """Receipts of ours that came after the last correction, by the register's own clock."""
    part = case((t.delivery.c.channel == Channel.WEBHOOK.value, "endpoint"), else_="contact")
    corrected = (
        select(func.max(t.directory_history.c.recorded))
        .where(t.directory_history.c.part == part, t.directory_history.c.id == t.delivery.c.target)
        .correlate(t.delivery)
        .scalar_subquery()
    )
    # Without one it is in no directory; what was learnt of it stands.
    newer = or_(corrected.is_(None), t.receipt.c.recorded >= corrected)
    return and_(t.receipt.c.fenced.is_(False), newer)


_OF_TARGETS: Final = t.receipt.join(t.delivery, t.delivery.c.id == t.receipt.c.delivery_id)

_KNOWN: Final[Select[Any]] = (
    select(
        t.delivery.c.channel,
        t.delivery.c.target,
        t.receipt.c.rung,
        t.receipt.c.setback,
        func.max(t.receipt.c.at).label("last"),
    )
    .select_from(_OF_TARGETS)
    .where(_counted(), or_(t.receipt.c.rung.in_(_TAKEN), t.receipt.c.setback.in_(_FAILED)))
    .group_by(t.delivery.c.channel, t.delivery.c.target, t.receipt.c.rung, t.receipt.c.setback)
    .order_by(t.delivery.c.channel, t.delivery.c.target)
)

_OK: Final = (
    select(
        t.delivery.c.channel,
        t.delivery.c.target,
        func.max(t.receipt.c.at).label("last"),
    )
    .select_from(_OF_TARGETS)
    .where(t.receipt.c.fenced.is_(False), t.receipt.c.rung.in_(_TAKEN))
    .group_by(t.delivery.c.channel, t.delivery.c.target)
    .subquery("ok")
)

_SINCE: Final[Select[Any]] = (
    select(t.delivery.c.channel, t.delivery.c.target, func.count().label("failures"))
    .select_from(
        _OF_TARGETS.outerjoin(
            _OK,
            and_(
                _OK.c.channel == t.delivery.c.channel,
                _OK.c.target == t.delivery.c.target,
            ),
        )
    )
    .where(
        _counted(),
        t.receipt.c.setback.in_(_FAILED),
        or_(_OK.c.last.is_(None), t.receipt.c.at > _OK.c.last),
    )
    .group_by(t.delivery.c.channel, t.delivery.c.target)
)
