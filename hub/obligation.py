"""What is owed until it is discharged. Nothing here ever ends by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.concern import Party
from hub.vocabulary import ConcernId, DeliveryId, NoticeId, ObligationKind, Rung

__all__ = ["Obligation", "ObligationKind"]


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
