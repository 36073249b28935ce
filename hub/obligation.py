"""What is owed until it is discharged. Nothing here ever ends by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from hub.concern import Party
from hub.vocabulary import ConcernId, DeliveryId, NoticeId, ObligationKind, RuleId, Rung

__all__ = [
    "ENDED",
    "SAID_OPENLY",
    "WANTS_A_CHANNEL",
    "Climb",
    "Obligation",
    "ObligationKind",
    "ObligationState",
    "Taken",
]


class ObligationState(StrEnum):
    """Where an obligation with a ladder stands: in exactly one of these (escalation 1)."""

    PLANNED = "planned"  # its first step has not come
    WAITING = "waiting"  # somebody was asked, by telephone or at a desk
    IN_FLIGHT = "in flight"  # the last step sent its notice to another contact
    DISCHARGED = "discharged"
    HELD = "held"  # a hold stands: asked again, and nobody is told meanwhile
    RE_RAISED = "re-raised"  # its steps have run out: a senior role hears of it without end
    CANCELLED = "cancelled"  # nobody owes it any more, and why


ENDED: Final = frozenset({ObligationState.DISCHARGED, ObligationState.CANCELLED})
"""Nothing more comes of these."""

SAID_OPENLY: Final = frozenset(
    {
        ObligationKind.ANSWER,
        ObligationKind.INITIATE,
        ObligationKind.GIVE_INFORMATION,
        ObligationKind.CONTRIBUTE,
        ObligationKind.ACT,
        ObligationKind.CHECK_WELFARE,
        ObligationKind.NAME_LEAD,
        ObligationKind.HOLD_MEETING,
        ObligationKind.ANSWER_PLACEMENTS,
        ObligationKind.RESOLVE_DISAGREEMENT,
        ObligationKind.RESOLVE_ESCALATED,
        ObligationKind.REPORT_BREACH,
        ObligationKind.ARRANGE_CARE,
        ObligationKind.DECIDE_ESCALATION,
        ObligationKind.DECIDE_CLOSURE_PLAN,
        ObligationKind.MEET_DEADLINE,
        ObligationKind.REVIEW_PLAN,
        ObligationKind.REVIEW_ACCESS,
    }
)
"""Of what is owed by these, a mail may say who has not done it: that somebody was told and has not
answered is process (C0). That a hold stands, or that the police are asked, tells what is held and
why (rules.md, semantics 6); of it a mail says only that something waits on the board. Closed."""


WANTS_A_CHANNEL: Final = "channel:"
"""How each key begins of what is owed to a party that no channel of its may tell everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """How far an obligation has climbed its ladder. Every instant is counted from `anchor`."""

    ladder: RuleId
    anchor: datetime
    step: int = 0
    """The next to be taken; from the last one on, how often it was raised."""
    next_at: datetime | None
    """When the next step is taken (UTC); None once it has ended."""
    state: ObligationState = ObligationState.PLANNED
    why: str = ""
    """Why it was cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Who has it in hand, and until when (UTC). Then it is asked again; it stays owed."""

    by: str
    """A person's name, for screens."""
    until: datetime


def asks_key(kind: ObligationKind, key: str) -> str:
    """Return how every key of what the ladder of an obligation asks of people begins.

    It grows with `key` character by character, and a `#` of its own never ends it: whatever a
    prefix discharges, its asks are discharged by the prefix's own.
    """
    return f"ladder:{kind}:{key.replace('%', '%25').replace('#', '%23')}"


def review_key(access: str) -> str:
    """Return the key of the obligation to review an emergency access."""
    return f"access:{access}"


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
    people: int = 1
    """How many different people must acknowledge its notice; pinned when it became owed."""
    taken: Taken | None = None
    """Who took it last; None: nobody has."""
    climb: Climb | None = None
    """None: it climbs no ladder; it stays open and is shown."""
    openly: str | None = None
    """Of a task that a ladder asks of a desk: what of it a mail may say (C0), or nothing. None: it
    is no such task, and stands on the board alone."""
