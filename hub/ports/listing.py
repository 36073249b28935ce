"""Lists that are read a page at a time, each by its last entry and never by a number of pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hub.concern import Concern, Party
from hub.page import StandingHold
from hub.vocabulary import AgencyId, Channel, ConcernId, DeliveryId, NoticeId, Setback


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One notice of a list, without its words."""

    seq: int
    id: NoticeId
    concern: ConcernId
    party: Party
    template: str
    reference: str
    written: datetime
    reply_due: datetime | None
    revision: int
    acknowledged: bool
    declined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedDelivery:
    """One delivery that failed for good, by the receipt that says so."""

    seq: int
    delivery: DeliveryId
    notice: NoticeId
    concern: ConcernId
    agency: AgencyId
    channel: Channel
    target: str
    setback: Setback
    at: datetime


class Lists(Protocol):
    """Reads lists for one reader's organisation; nothing of another's is in any of them."""

    async def concerns_of(
        self,
        host: AgencyId,
        *,
        before: tuple[datetime, ConcernId] | None,
        limit: int,
        only_held: bool = False,
    ) -> tuple[Concern, ...]:
        """Return the concerns that this authority hosts, the newest first."""
        ...

    async def holds_of(
        self, concerns: Sequence[ConcernId]
    ) -> tuple[tuple[ConcernId, StandingHold], ...]:
        """Return what is held in these concerns."""
        ...

    async def notices_to(
        self, agency: AgencyId, *, before: int | None, limit: int
    ) -> tuple[Listed, ...]:
        """Return the notices to this agency of which something has left the hub; no drills."""
        ...

    async def failed(
        self, host: AgencyId | None, *, before: int | None, limit: int
    ) -> tuple[FailedDelivery, ...]:
        """Return what failed for good, of one authority's concerns or (None) of all."""
        ...
