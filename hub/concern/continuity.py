"""What follows where care may fail, and where an arrangement ends (004 8.4; 000 5, 8)."""

from __future__ import annotations

from typing import Final

from hub.concern.emergency import care_owed
from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter
from hub.events.continuity import (
    AlternativeCareArranged,
    ArrangementRestricted,
    ArrangementSuspended,
    ArrangementTerminated,
    ProviderFailureWarned,
    SanctionApplied,
)
from hub.vocabulary import ObligationKind

FAILURE_MEETING: Final = "failure"
"""The key of the meeting of all stakeholders (8.4): the kind of meeting that ends it."""


@follow.register
def _(data: ProviderFailureWarned, concern: Concern) -> Concern | CannotFollow:
    del data  # whatever was said of itself: they meet
    if concern.owes(ObligationKind.HOLD_MEETING, FAILURE_MEETING):
        return concern
    return concern.owing(
        Matter(
            kind=ObligationKind.HOLD_MEETING,
            key=FAILURE_MEETING,
            says="all stakeholders meet about the risks, and about the contract (8.4)",
            urgent=True,
        )
    )


@follow.register
def _(data: SanctionApplied, concern: Concern) -> Concern | CannotFollow:
    """A sanction that is for safeguarding is a report like any other (000 5, M002)."""
    if data.kind != "safeguarding" or concern.initiated is not None:
        return concern
    return concern.owing(
        Matter(
            kind=ObligationKind.INITIATE,
            key=f"sanction:{data.sanction}",
            says="decide whether to initiate, after a sanction for safeguarding (000 5)",
        )
    )


@follow.register(ArrangementSuspended)
@follow.register(ArrangementRestricted)
@follow.register(ArrangementTerminated)
def _(
    data: ArrangementSuspended | ArrangementRestricted | ArrangementTerminated, concern: Concern
) -> Concern | CannotFollow:
    arranged = concern.last(AlternativeCareArranged, data.arrangement) is not None
    if arranged or not data.adults_affected:
        return concern
    return concern.owing(
        Matter(
            kind=ObligationKind.ARRANGE_CARE,
            key=care_owed(data.arrangement),
            says="arrange other care, without avoidable delay (000 8.4)",
        )
    )


@follow.register
def _(data: AlternativeCareArranged, concern: Concern) -> Concern | CannotFollow:
    return concern.met(ObligationKind.ARRANGE_CARE, care_owed(data.stands_in_for))
