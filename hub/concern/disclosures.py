"""What follows from requests for information and from decisions to share (004 2.3; 000 6, 7)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Final

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Disclosure, Matter, Party, PlacedHold
from hub.events.disclosures import (
    ControlVerified,
    DisclosureAssessed,
    DisclosureAuthorised,
    DisclosureWithheld,
    InformationRequestAnswered,
    InformationRequestIssued,
)
from hub.frozen import replace
from hub.vocabulary import HoldId, HoldKind, InfoClass, ObligationKind

_SENSITIVE: Final = frozenset(InfoClass) - {InfoClass.PROCESS}
"""What waits for a channel that is accredited: that there is a process, it may say (H7)."""
_WITHHELD: Final = "withheld-"


@follow.register
def _(data: InformationRequestIssued, concern: Concern) -> Concern | CannotFollow:
    here = {party.agency for party in concern.parties()}
    for agency in data.to:
        if agency not in here:
            return CannotFollow(why=f"`{agency}` takes no part in this concern: add it first")
    for agency in data.to:
        concern = concern.owing(
            Matter(
                kind=ObligationKind.GIVE_INFORMATION,
                key=f"{data.request_id}/{agency}",
                owner=concern.as_party(agency),
                says=f"answer request {data.request_id} (2.3)",
                due=data.answer_by,
            )
        )
    return concern


@follow.register
def _(data: InformationRequestAnswered, concern: Concern) -> Concern | CannotFollow:
    if concern.last(InformationRequestIssued, data.request_id) is None:
        return CannotFollow(why=f"request `{data.request_id}` has not come")
    return concern.met(ObligationKind.GIVE_INFORMATION, f"{data.request_id}/{data.by}")


@follow.register
def _(data: DisclosureAssessed, concern: Concern) -> Concern | CannotFollow:
    name = HoldId(f"necessity-{data.assessment_id}")
    left = _without(concern, lambda hold: hold.id == name)
    if data.necessary is not None or data.review_due is None:
        return left
    hold = PlacedHold(
        id=name,
        kind=HoldKind.H6,
        party=Party(agency=data.party, role=data.role),
        classes=frozenset(data.classes),
        placed_by=data.assessed_by,
        reason="the assessment gives no reason why it is needed",
        endorsed_by_agency=None,
        review_due=data.review_due,
        conditions_for_release="somebody says why it is necessary (000 section 7)",
    )
    return replace(left, holds=(*left.holds, hold))


@follow.register
def _(data: DisclosureAuthorised, concern: Concern) -> Concern | CannotFollow:
    party = Party(agency=data.party, role=data.role)
    decided = Disclosure(
        party=party,
        classes=frozenset({data.info}),
        share=True,
        authority=data.authority,
        decided_at=data.decided_at,
    )
    free = _without(
        concern,
        lambda hold: (
            hold.party == party
            and hold.id.startswith(_WITHHELD)
            and hold.classes == decided.classes
        ),
    )
    return replace(free, disclosures=(*free.disclosures, decided))


@follow.register
def _(data: DisclosureWithheld, concern: Concern) -> Concern | CannotFollow:
    party = Party(agency=data.party, role=data.role)
    police = data.authority == concern.police
    decided = Disclosure(
        party=party,
        classes=frozenset({data.info}),
        share=False,
        authority=data.authority,
        decided_at=data.decided_at,
    )
    hold = PlacedHold(
        id=HoldId(f"{_WITHHELD}{data.disclosure_id}"),
        kind=HoldKind.H1 if police else HoldKind.H6,
        party=party,
        classes=decided.classes,
        placed_by=data.decided_by,
        reason=data.reason,
        endorsed_by_agency=None,
        review_due=data.review_due,
        conditions_for_release="whoever decided it decides otherwise, by name",
    )
    others = tuple(h for h in concern.holds if h.id != hold.id)
    return replace(concern, disclosures=(*concern.disclosures, decided), holds=(*others, hold))


@follow.register
def _(data: ControlVerified, concern: Concern) -> Concern | CannotFollow:
    key = f"{data.agency}/{data.control}/"
    until = data.valid_until or (data.review_due.date() if data.review_due else None)
    checked = concern.met_all(ObligationKind.RENEW_CHECK, key).owing(
        Matter(
            kind=ObligationKind.RENEW_CHECK,
            key=f"{key}{until}",
            says=f"check the {data.control} of {data.agency} again (000 section 7)",
            due=_close_of(until) if until else None,
        )
    )
    if data.control != "channel accreditation":
        return checked
    mine = [party for party in checked.parties() if party.agency == data.agency]
    names = {_channel(party) for party in mine}
    met = _without(checked, lambda hold: hold.id in names)
    if data.outcome == "met" or data.review_due is None:
        return met
    holds = (
        PlacedHold(
            id=_channel(party),
            kind=HoldKind.H7,
            party=party,
            classes=_SENSITIVE,
            placed_by=data.verified_by,
            reason="its channel is not accredited",
            endorsed_by_agency=None,
            review_due=data.review_due,
            conditions_for_release="its channel is accredited, or another is agreed",
        )
        for party in mine
    )
    return replace(met, holds=(*met.holds, *holds))


def _channel(party: Party) -> HoldId:
    return HoldId(re.sub(r"[^A-Za-z0-9]+", "-", f"channel {party.agency} {party.role}")[:64])


def _close_of(day: date) -> datetime:
    return datetime.combine(day, time(17, 0), tzinfo=UTC)


def _without(concern: Concern, gone: Callable[[PlacedHold], bool]) -> Concern:
    return replace(concern, holds=tuple(hold for hold in concern.holds if not gone(hold)))
