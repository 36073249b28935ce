"""Emergency access: one person reads one concern of another authority for an hour, and says why.

It is sight, and nothing else. Whoever has it is no party by it: nothing is sent, released or
answered by it, and each page that it opens is on the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from hub.leaf import Leaf
from hub.obligation import Obligation
from hub.ports.logged import Logged
from hub.ports.records import ConcernRecord
from hub.ports.releasing import Asker
from hub.vocabulary import AgencyId, ConcernId

LASTS: Final = timedelta(hours=1)
"""For how long a concern is shown to whoever asked for it in an emergency."""

MOST_ASKED: Final = 5
"""So often one person may ask within `ASKED_WITHIN`, whatever became of it."""

ASKED_WITHIN: Final = timedelta(hours=1)


class Judged(StrEnum):
    """What a privacy officer says of an emergency access afterwards."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not justified"


class Unopened(StrEnum):
    """Why nothing was opened, as far as anybody may be told."""

    REFUSED = "refused"
    TOO_OFTEN = "too often"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAccess:
    """What somebody asked for, whatever becomes of it."""

    id: str
    by: Asker
    agency: AgencyId
    """The organisation of whoever asks."""
    reference: str = field(repr=False)
    """As it was typed; it may be no concern's."""
    reason: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What the host authority's privacy officer found."""

    by: Asker
    at: datetime
    judged: Judged
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAccess:
    """One concern, shown to one person for an hour; reviewed by the next working day's end."""

    id: str
    concern: ConcernId
    host: AgencyId
    by: Asker
    agency: AgencyId
    """The organisation in which this person asked; in another post of theirs it shows nothing."""
    reason: str = field(repr=False)
    began: datetime
    ends: datetime
    review_due: datetime
    review: Review | None = None

    def live(self, now: datetime) -> bool:
        """Whether it shows anything at this moment."""
        return self.began <= now < self.ends

    def overdue(self, now: datetime) -> bool:
        """Whether it should have been reviewed by now."""
        return self.review is None and self.review_due <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An access as it is given, and what is owed of it from that moment on."""

    access: EmergencyAccess
    owed: Obligation
    """Its review, at the foot of a ladder; nothing but the review discharges it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenInEmergency:
    """A concern as it is shown to somebody who has emergency access to it."""

    access: EmergencyAccess
    record: ConcernRecord


class BreaksGlass(Protocol):
    """Keeps who asked to see what in an emergency, and shows it for as long as it lasts."""

    async def concerns_called(self, reference: str) -> tuple[ConcernId, ...]:
        """Return the concerns with this reference, at most two: one that is not one is none."""
        ...

    async def ask_emergency_access(
        self, asked: AskedAccess, given: Given | None
    ) -> EmergencyAccess | Unopened:
        """Write down what was asked and, where it is given, the access and that its review is owed.

        Each with its leaf. The register's clock says when it begins and ends. TOO_OFTEN, and
        nothing is given, where this person has asked `MOST_ASKED` times within the hour; that is
        written down as well.
        """
        ...

    async def in_emergency(
        self, access: str, person: str, agency: AgencyId
    ) -> SeenInEmergency | None:
        """Return what this access shows this person of this organisation at this moment, or None.

        None where it has ended, is another's, or something is held from their organisation now.
        """
        ...

    async def emergency_access_of(
        self, person: str, agency: AgencyId
    ) -> tuple[EmergencyAccess, ...]:
        """Return what lasts still for this person in this organisation, the newest first."""
        ...

    async def emergency_access_to(
        self, host: AgencyId, concern: ConcernId | None = None, *, limit: int = 500
    ) -> tuple[EmergencyAccess, ...]:
        """Return what was given to this authority's concerns, or one of them, newest first."""
        ...

    async def review_emergency_access(
        self, access: str, host: AgencyId, review: Review, leaf: Leaf
    ) -> bool:
        """Write the review down with its leaf; one that is not justified ends the access at once.

        It discharges what was owed of the access, and whatever a ladder has asked of people for it.
        False, and nothing is written, where it is reviewed already, is of another authority's
        concern, or is the reviewer's own.
        """
        ...

    async def refused_access(
        self, agency: AgencyId, since: datetime, *, limit: int = 500
    ) -> tuple[AskedAccess, ...]:
        """Return what people of this organisation asked for in vain since then, newest first."""
        ...


class WatchesLooks(Protocol):
    """Reads back who looked at what."""

    async def looks_at(
        self, host: AgencyId, since: datetime, until: datetime, *, limit: int
    ) -> tuple[Logged, ...]:
        """Return the leaves of looks at what this authority's concerns hold, newest first."""
        ...

    async def names_of(self, people: Sequence[str]) -> Mapping[str, str]:
        """Return the names of those of these people who have signed in by an account."""
        ...
