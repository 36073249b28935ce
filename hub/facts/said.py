"""What each fact says: ids, codes, rungs and times, and nothing that a notice says.

No field has room for words: not for content, not for a class's, not for the ground of a hold.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints

from hub.vocabulary import AckStrength, AgencyId, HoldKind, ObligationKind, Role, Rung, Setback

Id = Annotated[str, StringConstraints(min_length=1)]


class FactName(StrEnum):
    """Every fact there is; on the wire `concernhub.fact.<name>.v1`."""

    NOTICE_QUEUED = "notice.queued"
    RUNG_CHANGED = "rung.changed"
    SETBACK_RECORDED = "setback.recorded"
    OBLIGATION_OPENED = "obligation.opened"
    OBLIGATION_OVERDUE = "obligation.overdue"
    OBLIGATION_DISCHARGED = "obligation.discharged"
    HOLD_PLACED = "hold.placed"
    HOLD_RELEASED = "hold.released"
    CLOSURE_CONFIRMED = "closure.confirmed"


class FactData(BaseModel):
    """What every fact's data have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OfParty(FactData):
    """What is said of one party: an agency and what it is to the concern."""

    agency: AgencyId
    role: Role


class NoticeQueued(OfParty):
    """A notice to one party is written down, and waits to be sent."""

    notice: Id
    required: Rung
    """How far its evidence must reach."""
    revision: int
    """Which saying of the same it is, to this party; 1 the first."""
    reply_due: datetime | None
    event: Id | None
    """The reader's own event that it came of; None: another's."""


class RungChanged(OfParty):
    """The evidence of a notice reaches further than before, or less far: a late failure lowers."""

    notice: Id
    before: Rung
    after: Rung
    since: datetime | None
    strength: AckStrength | None = None
    """How it was acknowledged, where it was."""


class SetbackRecorded(OfParty):
    """Something went wrong with one delivery of a notice, whosever fault it is."""

    notice: Id
    delivery: Id | None
    setback: Setback


class Obliged(OfParty):
    """Somebody owes something from now on, or does not any more, or its time has passed."""

    obligation: Id
    kind: ObligationKind
    notice: Id | None
    due: datetime
    cancelled: bool = False
    """True: nobody owes it any more, and it was not met; a newer notice may ask instead."""


class HeldFrom(OfParty):
    """Something is held from one party from now on, or is not any more. Why is not said."""

    kind: HoldKind


class ClosureConfirmed(FactData):
    """The LEO has confirmed that closure notices were sent, and the confirmation is on record."""

    attestation: Id
    reached: int
    """How many parties it names with their evidence."""
    waived: int
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Of the bytes that were signed; None: signed by nobody."""
    key: Id | None = None
    """Which key of the hub's signed them (`GET /v1/keys`)."""


SAYS: Final[dict[FactName, type[FactData]]] = {
    FactName.NOTICE_QUEUED: NoticeQueued,
    FactName.RUNG_CHANGED: RungChanged,
    FactName.SETBACK_RECORDED: SetbackRecorded,
    FactName.OBLIGATION_OPENED: Obliged,
    FactName.OBLIGATION_OVERDUE: Obliged,
    FactName.OBLIGATION_DISCHARGED: Obliged,
    FactName.HOLD_PLACED: HeldFrom,
    FactName.HOLD_RELEASED: HeldFrom,
    FactName.CLOSURE_CONFIRMED: ClosureConfirmed,
}
"""Which data each fact has."""
