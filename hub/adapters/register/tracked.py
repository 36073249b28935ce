"""What services have taken and nothing final is known of: read from the receipts, no table more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, RowMapping, Select, and_, exists, or_, select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import pairs_of
from hub.ports.tracked import MESSAGE, NO_FURTHER, HandedOver
from hub.receipt import LADDER, height
from hub.vocabulary import AttemptId, Channel, DeliveryId, Rung, Setback

_LOST: Final = [
    setback.value for setback in (Setback.FAILED, Setback.LATE_FAILURE, Setback.EXPIRED)
]


class TrackedHere:
    """The part of the register that knows what services have taken."""

    _database: Database

    async def handed_over(self, channels: Collection[Channel]) -> tuple[HandedOver, ...]:
        """Return what these channels took of which more can be learnt, oldest first."""
        if not channels:
            return ()
        async with self._database.reading() as wire:
            rows = await wire.rows(_open(channels))
        of: defaultdict[str, list[RowMapping]] = defaultdict(list)
        for row in rows:
            of[row["delivery_id"]].append(row)
        return tuple(one for receipts in of.values() for one in _taken(receipts))


def _taken(receipts: Sequence[RowMapping]) -> Iterator[HandedOver]:
    rungs = frozenset(Rung(row["rung"]) for row in receipts)
    for row in receipts:
        if message := dict(pairs_of(row["evidence"])).get(MESSAGE):
            yield HandedOver(
                delivery=DeliveryId(row["delivery_id"]),
                channel=Channel(row["channel"]),
                message=message,
                attempt=None if row["attempt_id"] is None else AttemptId(row["attempt_id"]),
                since=row["at"],
                rungs=rungs,
            )
            return


def _came_as_far(channel: Channel, receipt: FromClause) -> ColumnElement[bool]:
    """Return the condition of having come by a channel as far as its service can ever say."""
    highest = height(NO_FURTHER.get(channel, Rung.COLLECTED))
    final = [rung.value for rung in LADDER if height(rung) >= highest]
    return and_(t.delivery.c.channel == channel.value, receipt.c.rung.in_(final))


def _open(channels: Collection[Channel]) -> Select[Any]:
    """Return the statement for every rung that such deliveries have reached, oldest first."""
    receipt, ended = t.receipt, t.receipt.alias("ended")
    final = exists().where(
        ended.c.delivery_id == t.delivery.c.id,
        ended.c.fenced.is_(False),
        or_(*(_came_as_far(channel, ended) for channel in channels), ended.c.setback.in_(_LOST)),
    )
    return (
        select(
            receipt.c.delivery_id,
            receipt.c.attempt_id,
            receipt.c.rung,
            receipt.c.evidence,
            receipt.c.at,
            t.delivery.c.channel,
        )
        .join(t.delivery, t.delivery.c.id == receipt.c.delivery_id)
        .where(
            t.delivery.c.channel.in_(sorted(channel.value for channel in channels)),
            receipt.c.rung.is_not(None),
            receipt.c.fenced.is_(False),
            ~final,
        )
        .order_by(receipt.c.seq)
    )
