"""What is owed until it is discharged. Nothing here ever ends by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.concern import Party
from hub.vocabulary import ConcernId, DeliveryId, NoticeId, Rung


class ObligationKind(StrEnum):
    """What must happen before the obligation is discharged."""

    ANSWER = "answer"  # the party reaches the required rung
    REACH = "reach another contact"  # a contact could not be reached
    PERSON = "a person must look"  # policy refusal, our configuration, a voided code
    CONSULT_POLICE = "consult the police"  # criminal status unknown or suspected (rules.md)
    ENDORSE = "endorse or refuse the hold"  # H9 on the lead agency (3.1)
    INTERIM_PROTECTION = "say who keeps people safe"  # the provider is held (M122)
    FIND_FUNDER = "find who funds this place"  # blocks "all notified" (M004)
    REVIEW_HOLD = "review the hold"  # review date; never a release


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """(concern, notice, party, required rung, deadline), until discharged."""

    id: str
    concern: ConcernId
    kind: ObligationKind
    party: Party
    """Who owes it."""
    due: datetime
    opened_at: datetime
    key: str
    """Idempotency: one open obligation for each (concern, kind, key)."""
    notice: NoticeId | None = None
    delivery: DeliveryId | None = None
    required: Rung | None = None
    says: str = ""
    """One line for people, without addresses."""
