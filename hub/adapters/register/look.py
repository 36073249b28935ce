"""The last look before sending: what is ours still, and what is held from whom it goes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, RowMapping, Select, and_, exists, or_, select

from hub.adapters.register import tables as t
from hub.adapters.register.agencies import MARK, Agencies
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import classes_of, hold_of
from hub.adapters.register.wire import Wire
from hub.concern import Party
from hub.directory import Directory
from hub.notice import Delivery, Leased
from hub.page import StandingHold
from hub.ports import LastLook
from hub.vocabulary import AgencyId, DeliveryId, HoldKind, Role

_Q: Final = t.delivery_queue

_OWN: Final = t.concern.alias("own")
"""The concern that a delivery is of."""

HELD_ELSEWHERE: Final = "another concern about this provider is held from it"
"""Why a provider is not told at the last moment, though its own concern would tell it."""


async def last_look(
    database: Database,
    agencies: Agencies,
    leased: Sequence[Leased],
    directory: Callable[[], Awaitable[Directory]],
) -> LastLook:
    """Return which of these may not be sent, and the directory of that very moment.

    `directory` reads it as it stands now, where it has changed.
    """
    while True:
        async with database.reading() as wire:
            stopped, newest = await _held_now(wire, database, leased)
        if newest is None:
            return LastLook(stopped=stopped, directory=await directory())
        if (known := agencies.as_of(newest)) is not None:
            return LastLook(stopped=stopped, directory=known)
        # Somebody has moved since the directory was read: read it, and look once more.
        await directory()


async def _held_now(
    wire: Wire, database: Database, leased: Sequence[Leased]
) -> tuple[Mapping[DeliveryId, StandingHold | None], int | None]:
    """Return which of these may not be sent: held, or no longer in this worker's hands.

    And how new the directory is at that moment (`MARK`); None where there is nothing to ask of.
    """
    if not leased:
        return {}, None
    # One statement, so one moment: what is ours still, what is held from whom it goes to, and
    # whether anybody has moved since the directory was read.
    rows = await wire.rows(
        database.prepared(_looking), {"ids": [each.delivery.id for each in leased]}
    )
    return _stopped(rows, leased), rows[0]["newest"] if rows else None


def _stopped(
    rows: Sequence[RowMapping], leased: Sequence[Leased]
) -> Mapping[DeliveryId, StandingHold | None]:
    tokens: dict[str, int | None] = {}
    standing: dict[str, list[StandingHold]] = {}
    replayed = {row["delivery_id"] for row in rows if row["replayed"] is not None}
    for row in rows:
        tokens[row["delivery_id"]] = row["token"]
        if row["elsewhere"]:
            standing.setdefault(row["delivery_id"], []).extend(_elsewhere(row))
        if row["info"] is not None:
            standing.setdefault(row["delivery_id"], []).append(hold_of(row))
    stopped: dict[DeliveryId, StandingHold | None] = {}
    for each in leased:
        delivery = each.delivery
        found = standing.get(delivery.id, [])
        hold = _covering(found, delivery)
        if hold is None and delivery.id in replayed and delivery.party.role is Role.PROVIDER:
            # Nothing goes to a provider again while anything at all is held from it (7.2).
            hold = next(iter(found), None)
        if hold is not None or tokens.get(delivery.id) != each.token:
            stopped[delivery.id] = hold
    return stopped


def _looking(database: Database) -> Select[Any]:
    """Return the statement that asks for each delivery's token, and what is held from its party.

    With each row goes the newest change of the directory, as of the same moment.
    """
    sent, held = t.delivery, t.hold
    theirs = and_(
        held.c.concern_id == sent.c.concern_id,
        held.c.agency_id == sent.c.agency_id,
        held.c.role == sent.c.role,
    )
    return (
        select(
            sent.c.id.label("delivery_id"),
            sent.c.agency_id.label("party_agency"),
            sent.c.classes.label("told"),
            _Q.c.token,
            _Q.c.replayed,
            goes_to_a_provider_held_elsewhere(_OWN).label("elsewhere"),
            MARK.scalar_subquery().label("newest"),
            held,
        )
        .select_from(sent)
        .outerjoin(_Q, _Q.c.delivery_id == sent.c.id)
        .outerjoin(held, theirs)
        .outerjoin(_OWN, _OWN.c.id == sent.c.concern_id)
        .where(database.one_of(sent.c.id, "ids"))
        .order_by(sent.c.id, held.c.info)
    )


def goes_to_a_provider_held_elsewhere(own: FromClause) -> ColumnElement[bool]:
    """Return whether its provider is held by another concern, and nobody agreed since (7.2).

    `own`: the concern that the delivery is of.
    """
    sent, other = t.delivery, t.concern.alias("other")
    cleared = own.c.provider_cleared_at
    held = exists().where(
        other.c.provider == sent.c.agency_id,
        other.c.id != sent.c.concern_id,
        other.c.provider_held_since.is_not(None),
        or_(cleared.is_(None), cleared < other.c.provider_held_since),
    )
    return and_(sent.c.role == Role.PROVIDER.value, held.correlate(sent, own))


def _elsewhere(row: RowMapping) -> Iterator[StandingHold]:
    party = Party(agency=AgencyId(row["party_agency"]), role=Role.PROVIDER)
    for info in classes_of(row["told"]):
        yield StandingHold(party=party, info=info, kind=HoldKind.H1, reason=HELD_ELSEWHERE)


def _covering(holds: Sequence[StandingHold], delivery: Delivery) -> StandingHold | None:
    return next(
        (h for h in holds if h.party == delivery.party and h.info in delivery.classes), None
    )
