"""Whether anything has changed in what a reader may see: a mark, and nothing of what it was."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from hub.vocabulary import AgencyId, ConcernId


class KnowsChanges(Protocol):
    """Tells pages that stand open whether they still show what is so."""

    async def mark_of(
        self, host: AgencyId, now: datetime, *, limit: int, concern: ConcernId | None = None
    ) -> str | None:
        """Return a mark that is another one once a concern of this authority has changed.

        Of its newest concerns, at most `limit`; or of one concern alone, and then None where this
        authority does not host it. What is another authority's never moves it, nor does a look.
        What has fallen due by `now` (UTC) moves it too. 64 hexadecimal digits.
        """
        ...
