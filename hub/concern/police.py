"""What follows from questions to the police, and from investigations (004 4.4, 7.2)."""

from __future__ import annotations

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter, Party
from hub.events.police import (
    CriminalInvestigationConcluded,
    CriminalInvestigationOpened,
    PoliceConsultationAnswered,
    PoliceConsultationRequested,
)
from hub.frozen import replace
from hub.vocabulary import CriminalStatus, ObligationKind, PoliceAdvice, Role


@follow.register
def _(data: PoliceConsultationRequested, concern: Concern) -> Concern | CannotFollow:
    name = data.consultation_id
    asked = concern.owing(
        Matter(
            kind=ObligationKind.CONSULT_POLICE,
            key=f"question:{name}",
            owner=_police(concern),
            says=f"say whether the step of question {name} may go on (4.4)",
            due=data.answer_by,
        )
    )
    return _waiting_for(asked, name)


@follow.register
def _(data: PoliceConsultationAnswered, concern: Concern) -> Concern | CannotFollow:
    name = data.consultation_id
    if concern.last(PoliceConsultationRequested, name) is None:
        return CannotFollow(why=f"question `{name}` to the police has not come")
    key = f"question:{name}"
    answered = concern.met(ObligationKind.CONSULT_POLICE, key)
    answered = answered.met_all(ObligationKind.REVIEW_HOLD, f"{key}:")
    if data.answer != "not yet":
        return replace(answered, consulting=tuple(n for n in answered.consulting if n != name))
    review = Matter(
        kind=ObligationKind.REVIEW_HOLD,
        key=f"{key}:{data.review_due}",
        owner=_police(concern),
        says=f"review the answer to question {name}; no date ever lets the step go on",
        due=data.review_due,
    )
    return _waiting_for(answered.owing(review), name)


@follow.register
def _(data: CriminalInvestigationOpened, concern: Concern) -> Concern | CannotFollow:
    ended = concern.last(CriminalInvestigationConcluded, data.log_number)
    if ended is not None and ended.concluded_at >= data.opened_at:
        return concern  # it came late: this investigation has ended already
    opened = replace(concern, criminal=CriminalStatus.YES, criminal_at=None)
    advised = concern.police_advised_at
    if advised is not None and advised >= data.opened_at:
        return opened
    # What was advised before there was an investigation says nothing about it.
    return replace(_without_advice(opened), police_advised_at=data.opened_at)


@follow.register
def _(data: CriminalInvestigationConcluded, concern: Concern) -> Concern | CannotFollow:
    going_on = open_investigations(concern)
    if data.log_number not in going_on and (going_on or concern.criminal is not CriminalStatus.YES):
        return CannotFollow(why=f"no criminal investigation `{data.log_number}` is open")
    if going_on - {data.log_number}:
        return concern  # another one goes on: nothing is free
    reviewed = (
        replace(hold, review_due=min(hold.review_due, data.review_by)) for hold in concern.holds
    )
    ended = replace(
        concern, criminal=CriminalStatus.CONSULTED_NONE, criminal_at=None, holds=tuple(reviewed)
    )
    return _without_advice(ended)


def open_investigations(concern: Concern) -> frozenset[str]:
    """Return the log numbers of the investigations that were opened and have not ended."""
    found = set()
    for opened in concern.every(CriminalInvestigationOpened):
        ended = concern.last(CriminalInvestigationConcluded, opened.log_number)
        if ended is None or ended.concluded_at < opened.opened_at:
            found.add(opened.log_number)
    return frozenset(found)


def _waiting_for(concern: Concern, name: str) -> Concern:
    return replace(concern, consulting=tuple(dict.fromkeys((*concern.consulting, name))))


def _without_advice(concern: Concern) -> Concern:
    return replace(
        concern,
        police_advice=PoliceAdvice.UNKNOWN,
        police_released=frozenset(),
        police_review_due=None,
    )


def _police(concern: Concern) -> Party:
    return Party(agency=concern.police, role=Role.POLICE)
