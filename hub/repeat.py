"""Sending again what was sent: which deliveries are meant, why, and what becomes of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from hub.notice import Delivery
from hub.vocabulary import AgencyId, ConcernId, DeliveryId


class Why(StrEnum):
    """Why something is sent again. A closed list: the log takes no free text."""

    ASKED = "asked for by the agency"
    LOST = "lost by whoever took it"
    CORRECTED = "its mailbox or webhook was corrected"
    RESTORED = "the register was restored from a backup"
    OTHER = "another reason, in the note"


class Verdict(StrEnum):
    """What becomes of one delivery that a replay asks for."""

    AGAIN = "sent again"
    WAITS = "still in the queue"
    STOPPED = "stopped before it was sent: held, recalled or replaced"
    SUPERSEDED = "a newer revision stands in its place"
    HELD = "held from its party now"
    WITHHELD = "its party may not be told all of it now"
    NO_WAY = "its mailbox or webhook is not its party's any more, or may not carry it"
    UNFOLLOWED = "by MESH or by text, of which a second sending could not be followed"
    CHANGED = "its bytes are erased, or not those that were composed"
    UNJUDGED = "no pack in force here says whether it may be told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which deliveries are meant: those of which everything given here is true."""

    delivery: DeliveryId | None = None
    deliveries: tuple[DeliveryId, ...] = ()
    """Each of them is meant; empty: whichever else is true."""
    concern: ConcernId | None = None
    agency: AgencyId | None = None
    target: str | None = None
    """A mailbox or a webhook, by its id in the directory."""
    since: datetime | None = None
    """Written at this time or later (UTC)."""
    until: datetime | None = None
    """Written before this time (UTC)."""

    @property
    def whole_register(self) -> bool:
        """Whether it means everything that was ever sent, which nobody can mean."""
        given = (self.delivery, self.concern, self.agency, self.target, self.since)
        return not self.deliveries and all(one is None for one in given)

    def said(self) -> dict[str, str]:
        """Return what is given, as words for the log and the register."""
        return {
            name: _said(value)
            for name, value in asdict(self).items()
            if value is not None and value != ()
        }


def _said(value: str | datetime | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    return value.isoformat() if isinstance(value, datetime) else value


def selection_of(said: Mapping[str, str]) -> Selection:
    """Return what `said` wrote."""
    return Selection(
        delivery=DeliveryId(said["delivery"]) if "delivery" in said else None,
        deliveries=tuple(DeliveryId(one) for one in said.get("deliveries", "").split()),
        concern=ConcernId(said["concern"]) if "concern" in said else None,
        agency=AgencyId(said["agency"]) if "agency" in said else None,
        target=said.get("target"),
        since=datetime.fromisoformat(said["since"]) if "since" in said else None,
        until=datetime.fromisoformat(said["until"]) if "until" in said else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One delivery that is meant, as the register has it."""

    seq: int
    delivery: Delivery
    queued: bool
    stopped: bool
    superseded: bool
    elsewhere: bool
    """Whether it goes to a provider from which another concern is held (7.2)."""
