"""What follows from arrangements, notifiable incidents and requests to co-operate (000 4, 8.3)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter
from hub.events.arrangements import (
    AgreementEmergencyAuthorised,
    AgreementSigned,
    DueDiligenceRecorded,
    PartyRegistered,
)
from hub.events.candour import (
    CandourNotificationGiven,
    CooperationGiven,
    CooperationRequested,
    IncidentNotifiableDeclared,
)
from hub.vocabulary import ObligationKind

_LONDON: Final = ZoneInfo("Europe/London")
_END_OF_DAY: Final = time(17)


@follow.register
def _(data: PartyRegistered, concern: Concern) -> Concern | CannotFollow:
    """Whoever has no agreement is told that the process exists; somebody agrees one with it."""
    kind, key = ObligationKind.SIGN_AGREEMENT, f"party:{data.agency}"
    if data.sharing_agreement is not None:
        return concern.met(kind, key)
    says = "agree how information is shared with an agency that has no agreement (000 4)"
    return concern.owing(Matter(kind=kind, key=key, says=says))


@follow.register
def _(data: DueDiligenceRecorded, concern: Concern) -> Concern | CannotFollow:
    """Each check that failed, is missing or runs out is to be renewed by the provider."""
    for check in data.checks:
        key = f"{data.arrangement} {check.kind}"
        concern = concern.met(ObligationKind.RENEW_CHECK, key)
        if check.outcome == "passed" and check.expires_on is None:
            continue
        due = check.outcome == "passed" and check.expires_on
        concern = concern.owing(
            Matter(
                kind=ObligationKind.RENEW_CHECK,
                key=key,
                owner=concern.provider,
                says=f"renew the check of {check.kind} for arrangement {data.arrangement} (000 4)",
                due=datetime.combine(due, _END_OF_DAY, tzinfo=_LONDON) if due else None,
            )
        )
    return concern


@follow.register
def _(data: AgreementSigned, concern: Concern) -> Concern | CannotFollow:
    return concern.met(ObligationKind.SIGN_AGREEMENT, data.arrangement)


@follow.register
def _(data: AgreementEmergencyAuthorised, concern: Concern) -> Concern | CannotFollow:
    return concern.owing(
        Matter(
            kind=ObligationKind.SIGN_AGREEMENT,
            key=data.arrangement,
            owner=concern.provider,
            says=f"sign an agreement for {data.arrangement}, or end it: it stands by emergency",
            due=data.expires_at,
        )
    )


@follow.register
def _(data: IncidentNotifiableDeclared, concern: Concern) -> Concern | CannotFollow:
    then = concern
    if data.duties != "notify the regulator":
        then = then.owing(
            Matter(
                kind=ObligationKind.BE_CANDID,
                key=data.incident,
                owner=concern.provider,
                says=f"be open with those concerned about incident {data.incident} (reg 20)",
            )
        )
    signed = concern.last(AgreementSigned, data.arrangement) if data.arrangement else None
    if signed is None:
        return then
    return then.owing(
        Matter(
            kind=ObligationKind.MEET_DEADLINE,
            key=f"incident:{data.incident}",
            owner=concern.provider,
            says=f"report incident {data.incident} as the agreement says (000 4)",
            due=data.occurred_at + timedelta(hours=signed.incident_hours),
        )
    )


@follow.register
def _(data: CandourNotificationGiven, concern: Concern) -> Concern | CannotFollow:
    if concern.last(IncidentNotifiableDeclared, data.incident) is None:
        return CannotFollow(why=f"no incident `{data.incident}` has been declared")
    then = concern.met(ObligationKind.MEET_DEADLINE, f"incident:{data.incident}")
    # Without an apology, or without a letter after it, the duty is not met (reg 20).
    if not (data.apologised and data.followed_in_writing):
        return then
    return then.met(ObligationKind.BE_CANDID, data.incident)


@follow.register
def _(data: CooperationRequested, concern: Concern) -> Concern | CannotFollow:
    return concern.owing(
        Matter(
            kind=ObligationKind.COOPERATE,
            key=f"{data.request}/{data.agency}",
            owner=concern.as_party(data.agency),
            says=f"co-operate as request {data.request} asks (000 8.3)",
            due=data.due,
        )
    )


@follow.register
def _(data: CooperationGiven, concern: Concern) -> Concern | CannotFollow:
    if concern.last(CooperationRequested, data.request) is None:
        return CannotFollow(why=f"no request `{data.request}` has been made")
    # A refusal ends nothing: whoever co-ordinates takes it up.
    if data.outcome == "refused":
        return concern
    return concern.met(ObligationKind.COOPERATE, f"{data.request}/{data.agency}")
