"""What the figures are worked out from: plain records, without a word, an address or an adult."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.concern import Concern
from hub.decision import History
from hub.notice import Notice
from hub.obligation import Obligation
from hub.receipt import Receipt
from hub.vocabulary import Role

PLACING: Final = frozenset({Role.PLACING_AUTHORITY, Role.PLACING_ICB})
"""Who has placed adults with the service, and pays for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One notice to one party, and the evidence of it."""

    notice: Notice
    """Without its words: text, facts and code are empty."""
    event_source: str
    entered: datetime
    """When the event was entered in the register, by its clock."""
    late: bool
    """Whether it says what was said before the party had joined (4.1b)."""
    others_told: datetime | None = None
    """Of one that is late: when the first placing authority of the concern was told anything."""
    deliveries: int
    stopped: int
    """How many of the deliveries were stopped before they were sent, on purpose."""
    receipts: tuple[Receipt, ...]
    """Without the wire's words, and without the names of those who acknowledged."""

    @property
    def found_late(self) -> bool:
        """Whether its party was named when other placing authorities had been told already.

        Those whom the first register names are not late, though events came before it.
        """
        return self.late and self.others_told != self.notice.composed_at

    @property
    def stopped_whole(self) -> bool:
        """Whether somebody stopped all of it: nobody was to hear, and nobody did."""
        return 0 < self.deliveries == self.stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfirmed:
    """What is known of a closure that the Chair has authorised, and no LEO has confirmed yet."""

    history: History
    notices: tuple[Telling, ...] = ()
    """The closure notices, and those that escalated the concern to QSIG."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One concern as it stands now."""

    concern: Concern
    unconfirmed: Unconfirmed | None = None
    """None: its closure is not authorised, or is confirmed."""


Recorded = Telling | Obligation | Course
"""An obligation is one that is open now."""
