"""What follows from thresholds, risk, welfare, deadlines and the decision to initiate."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter, Party
from hub.concern.opening import OPENING
from hub.concern.reporting import at_the_host, to_be_decided
from hub.events.assessing import (
    DeadlineSet,
    FactorMediaFlagged,
    FactorSeniorRequested,
    FactorSeverityFlagged,
    InitiationDecided,
    RiskAssessed,
    ThresholdAssessed,
    WelfareCheckCompleted,
)
from hub.frozen import replace
from hub.vocabulary import ObligationKind, Role

TO_OPEN: Final = timedelta(hours=4)
"""Until when a concern is opened that was decided to be initiated: its parties wait for it."""
STATEMENT: Final = "media:statement"
"""The key of the agreement on what is said outside (H8, 2.5)."""


@follow.register
def _(data: ThresholdAssessed, concern: Concern) -> Concern | CannotFollow:
    """Let a person decide where the threshold is met; the threshold decides nothing (1.3)."""
    key = f"threshold:{data.criterion}"
    if data.decision == "met":
        return to_be_decided(concern, key)
    return concern.met(ObligationKind.INITIATE, key)


@follow.register
def _(data: RiskAssessed, concern: Concern) -> Concern | CannotFollow:
    """Note the level: the pack's times for meetings and checks follow it (6.1, 9.1)."""
    return replace(concern, risk_level=data.level)


@follow.register
def _(data: WelfareCheckCompleted, concern: Concern) -> Concern | CannotFollow:
    """End the question only where somebody saw that people are safe (6.1)."""
    kind = ObligationKind.CHECK_WELFARE
    if data.outcome == "safe":
        return concern.met(kind, data.commissioner)
    says = "people are not known to be safe: check again, and say so (6.1)"
    owner = next(
        (c.party for c in concern.commissioners if c.party.agency == data.commissioner), None
    )
    return concern.owing(Matter(kind=kind, key=data.commissioner, owner=owner, says=says))


@follow.register
def _(data: InitiationDecided, concern: Concern) -> Concern | CannotFollow:
    """Note what was decided; whoever referred it takes part as far as it is told the outcome."""
    then = replace(concern, initiated=data.decision == "initiate")
    for matter in concern.matters:
        if matter.kind is ObligationKind.INITIATE:
            then = then.met(matter.kind, matter.key)
    referring = data.referring_agency
    if referring is not None and all(p.agency != referring for p in concern.parties()):
        guest = Party(agency=referring, role=Role.PARTICIPANT)
        then = replace(then, joined=(*then.joined, guest))
    if concern.opened or not then.initiated:
        return then.met(ObligationKind.ACT, OPENING)
    says = "open the concern: it was decided to initiate, and its parties wait (6.1)"
    due = data.decided_at + TO_OPEN
    return then.owing(Matter(kind=ObligationKind.ACT, key=OPENING, says=says, due=due))


@follow.register
def _(data: DeadlineSet, concern: Concern) -> Concern | CannotFollow:
    kind = ObligationKind.MEET_DEADLINE
    if data.standing == "met":
        return concern.met(kind, data.deadline)
    return concern.owing(
        Matter(
            kind=kind,
            key=data.deadline,
            owner=concern.as_party(data.owner),
            says=f"meet deadline {data.deadline} (2.4)",
            due=data.due,
            urgent=data.standing == "due, urgent",
        )
    )


@follow.register
def _(data: FactorMediaFlagged, concern: Concern) -> Concern | CannotFollow:
    """Let the communication plan be owed: until it is agreed nothing is said outside (H8)."""
    del data  # whatever the interest is
    then = at_the_host(concern, Role.COMMUNICATIONS)
    if concern.communication_agreed:
        return then
    says = "agree what is said outside: until then no statement goes out (H8; 2.5, 7.1b)"
    return then.owing(Matter(kind=ObligationKind.ACT, key=STATEMENT, says=says))


@follow.register
def _(data: FactorSeverityFlagged, concern: Concern) -> Concern | CannotFollow:
    del data  # that it was flagged is enough
    return replace(concern, severe=True)


@follow.register
def _(data: FactorSeniorRequested, concern: Concern) -> Concern | CannotFollow:
    del data  # the host's own heads of service hear, whoever else is named
    return at_the_host(concern, Role.HEADS_OF_SERVICE)
