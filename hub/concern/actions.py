"""What follows from actions, advocacy and disagreements (004 4.1c and d; 000 9)."""

from __future__ import annotations

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter, Party
from hub.events.actions import (
    ActionAssigned,
    ActionCompleted,
    AdvocacyArranged,
    DisagreementEscalated,
    DisagreementRaised,
    DisagreementResolved,
)
from hub.vocabulary import ObligationKind, Role


@follow.register
def _(data: ActionAssigned, concern: Concern) -> Concern | CannotFollow:
    return concern.owing(
        Matter(
            kind=ObligationKind.ACT,
            key=data.action,
            owner=concern.as_party(data.owner),
            says=f"do what was agreed as action {data.action} (4.1c)",
            due=data.due,
        )
    )


@follow.register
def _(data: ActionCompleted, concern: Concern) -> Concern | CannotFollow:
    if concern.last(ActionAssigned, data.action) is None:
        return CannotFollow(why=f"no action `{data.action}` has been assigned")
    return concern.met(ObligationKind.ACT, data.action)


@follow.register
def _(data: AdvocacyArranged, concern: Concern) -> Concern | CannotFollow:
    if data.standing != "needed":
        return concern.met(ObligationKind.ARRANGE_ADVOCACY, data.need)
    return concern.owing(
        Matter(
            kind=ObligationKind.ARRANGE_ADVOCACY,
            key=data.need,
            owner=concern.as_party(data.commissioner),
            says=f"arrange an advocate for need {data.need} (4.1d)",
        )
    )


@follow.register
def _(data: DisagreementRaised, concern: Concern) -> Concern | CannotFollow:
    return concern.owing(
        Matter(
            kind=ObligationKind.RESOLVE_DISAGREEMENT,
            key=data.disagreement,
            says=f"resolve disagreement {data.disagreement}; nothing waits for it (000 9)",
        )
    )


@follow.register
def _(data: DisagreementEscalated, concern: Concern) -> Concern | CannotFollow:
    """Those who manage resolve it from now on, with a clock of their own."""
    if concern.last(DisagreementRaised, data.disagreement) is None:
        return CannotFollow(why=f"no disagreement `{data.disagreement}` has been raised")
    head = Party(agency=concern.host_authority, role=Role.HEAD_OF_SAFEGUARDING)
    return concern.met(ObligationKind.RESOLVE_DISAGREEMENT, data.disagreement).owing(
        Matter(
            kind=ObligationKind.RESOLVE_ESCALATED,
            key=data.disagreement,
            owner=head,
            says=f"resolve disagreement {data.disagreement}, which was escalated (000 9)",
        )
    )


@follow.register
def _(data: DisagreementResolved, concern: Concern) -> Concern | CannotFollow:
    if concern.last(DisagreementRaised, data.disagreement) is None:
        return CannotFollow(why=f"no disagreement `{data.disagreement}` has been raised")
    kinds = (ObligationKind.RESOLVE_DISAGREEMENT, ObligationKind.RESOLVE_ESCALATED)
    for kind in kinds:
        concern = concern.met(kind, data.disagreement)
    return concern
