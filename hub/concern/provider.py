"""What follows from what is asked of the provider, and from what protects people (004 7.2)."""

from __future__ import annotations

from typing import Final

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter
from hub.events.asking import (
    ProtectionInterimRecorded,
    ProviderInformationReceived,
    ProviderInformationRequested,
    ProviderLeadNamed,
)
from hub.frozen import replace
from hub.vocabulary import CriminalStatus, ObligationKind, PoliceAdvice, Role

ALTERNATE: Final = "provider lead"
"""The key of the alternate that is wanted for the provider's lead."""


@follow.register
def _(data: ProviderInformationRequested, concern: Concern) -> Concern | CannotFollow:
    """Let the host owe that it is answered: a provider that is held cannot be asked yet (M117)."""
    return concern.owing(
        Matter(
            kind=ObligationKind.PROVIDER_INFORMATION,
            key=data.request,
            says=f"have the provider answer request {data.request}, once it may be asked (7.2)",
            due=data.due,
        )
    )


@follow.register
def _(data: ProviderInformationReceived, concern: Concern) -> Concern | CannotFollow:
    """End the request where all of it came, or the provider has said that it will not give it."""
    if concern.last(ProviderInformationRequested, data.request) is None:
        return CannotFollow(why=f"no request `{data.request}` has been made")
    if data.outcome == "in part":
        return concern
    return concern.met(ObligationKind.PROVIDER_INFORMATION, data.request)


@follow.register
def _(data: ProtectionInterimRecorded, concern: Concern) -> Concern | CannotFollow:
    """Somebody keeps people safe until the provider is held no longer, or its review comes."""
    return replace(concern, protected=True).owing(
        Matter(
            kind=ObligationKind.REVIEW_PLAN,
            key="interim protection",
            owner=concern.as_party(data.agency),
            says="review who keeps people safe while the provider is not told (M122)",
            due=data.review_due,
        )
    )


@follow.register
def _(data: ProviderLeadNamed, concern: Concern) -> Concern | CannotFollow:
    """Let somebody else be named who stands in: a lead who is alleged is written to no more."""
    kind = ObligationKind.REPLACE_CONTACT
    if data.alternates:
        return concern.met(kind, ALTERNATE)
    says = "ask the provider who stands in for its safeguarding lead (000 6)"
    return concern.owing(Matter(kind=kind, key=ALTERNATE, says=says))


def provider_waits(concern: Concern) -> bool:
    """Whether anything is held from the provider, by a person or until the police release."""
    if any(hold.party.role is Role.PROVIDER for hold in concern.holds):
        return True
    open_case = {CriminalStatus.UNKNOWN, CriminalStatus.SUSPECTED, CriminalStatus.YES}
    ours = concern.criminal in open_case and concern.police_advice is not PoliceAdvice.RELEASE
    return ours or concern.held_elsewhere


def contact(concern: Concern) -> str:
    """Return whether the provider may be contacted by now: `in order` or `too early` (M057, 6.1).

    It may once somebody has said whether there is a crime, and what part it has at this stage.
    """
    answered = concern.criminal is not CriminalStatus.UNKNOWN
    reviewed = any(review.stage is concern.stage for review in concern.involvement)
    return "in order" if answered and reviewed and not provider_waits(concern) else "too early"


def still_protected(concern: Concern) -> Concern:
    """Return the concern as it is once its provider is held no longer: the next hold asks again."""
    if not concern.protected or provider_waits(concern):
        return concern
    ended = concern.met(ObligationKind.REVIEW_PLAN, "interim protection")
    return replace(ended, protected=False)
