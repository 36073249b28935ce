"""What is known of the end of a concern: waivers, gaps, what a party's notice has reached."""

from __future__ import annotations

from dataclasses import dataclass

from hub.concern import Party
from hub.receipt import Reached
from hub.vocabulary import NoticeId, Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Why closure cannot be confirmed yet: one party, or the concern itself."""

    party: Party | None
    says: str
    waivable: bool = True
    """False: a reason and a name do not help; what is missing must be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What stands of one party's closure notice."""

    notice: NoticeId
    reached: Reached
    required: Rung
    """The rung that the pack demanded of this notice."""
    deliveries: int
    """0: there was no contact or endpoint that it could go to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """How far "all notified" is true of those who placed adults here (M004)."""

    told: tuple[Party, ...]
    """Known, and the answer was to tell them: how far that has come, receipts say."""
    untold: tuple[Party, ...]
    """Known, and never told anything: held, withheld, or stopped."""
    unknown: int
    """Places that somebody funds, and nobody knows who."""
    register_complete: bool

    @property
    def everybody(self) -> bool:
        """Whether all have been told: none is unknown, and somebody declared that there is none."""
        return self.register_complete and not self.untold and not self.unknown

    def __str__(self) -> str:
        """Say it in one line for people."""
        known = len(self.told) + len(self.untold)
        # Not "have been told": the board beside it knows who was reached, and this does not.
        of = known + self.unknown
        says = f"A notice is prepared for {len(self.told)} of {of} who placed adults here"
        if self.unknown:
            says += f"; {self.unknown} not known yet"
        if not self.register_complete:
            says += "; nobody has declared the list complete"
        return says
