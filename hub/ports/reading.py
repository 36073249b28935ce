"""What the register shows one organisation: need to know, asked as somebody and never around it."""

from __future__ import annotations

from typing import Protocol

from hub.concern import Concern
from hub.ports.records import ConcernRecord, NoticeRecord
from hub.vocabulary import AgencyId, ConcernId, NoticeId


class Reading(Protocol):
    """One organisation's view (the Care Act guidance 14.187): what is another's is not there.

    A concern is its host authority's. A notice is its agency's, once something of it has left the
    hub: what waits or is held is shown to nobody, for to show it would be to send it.
    """

    async def concern(self, concern: ConcernId) -> ConcernRecord | None:
        """Return everything of one concern that this organisation hosts, or None."""
        ...

    async def concerns(self, limit: int = 100) -> tuple[Concern, ...]:
        """Return the concerns that this organisation hosts, newest first."""
        ...

    async def notice(self, notice: NoticeId) -> NoticeRecord | None:
        """Return one notice to this organisation that has left the hub, or None.

        A newer revision in its place is named only where that has left the hub too.
        """
        ...

    async def notices(
        self, limit: int = 100, *, before: NoticeId | None = None
    ) -> tuple[NoticeRecord, ...]:
        """Return the notices to this organisation that have left the hub, newest first.

        `before`: only those that were written before this one, which is one of them.
        """
        ...


class ShowsReaders(Protocol):
    """The part of the register that can be asked as somebody."""

    def as_reader(self, organisation: AgencyId | None) -> Reading:
        """Return what this organisation may see; of nobody (None, or no name), nothing at all."""
        ...
