"""Whoever has power to abuse is written to by no notice of a concern (004 2.5, M019)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter, Party, PlacedHold
from hub.events.assessing import ContactReplaced, FactorPowerFlagged
from hub.frozen import replace
from hub.vocabulary import ContactId, HoldId, HoldKind, InfoClass, ObligationKind

_REVIEW: Final = timedelta(days=1)


def hold_of(party: Party) -> HoldId:
    """Return the id of the hold on a party of which nobody knows who has the power."""
    return HoldId(f"power:{party.agency}:{party.role}".replace(" ", "-"))


@follow.register
def _(data: FactorPowerFlagged, concern: Concern) -> Concern | CannotFollow:
    """Strike that person's contacts; where nobody can say which, all of the agency waits (H3)."""
    party = Party(agency=data.agency, role=data.role)
    theirs = frozenset((*data.contacts, *map(ContactId, data.endpoints)))
    then = replace(concern, struck=concern.struck | theirs).owing(
        Matter(
            kind=ObligationKind.REPLACE_CONTACT,
            key=data.about(),
            says="name another contact, verified by name, for one who was struck (2.5)",
        )
    )
    if theirs:
        return then
    hold = PlacedHold(
        id=hold_of(party),
        kind=HoldKind.H3,
        party=party,
        classes=frozenset(InfoClass),
        placed_by=data.flagged_by,
        reason="somebody there may have power to abuse, and nobody knows which contact that is",
        endorsed_by_agency=None,
        review_due=data.flagged_at + _REVIEW,
        conditions_for_release="a contact there that was verified by name has been given",
        placed_at=data.flagged_at,
    )
    others = tuple(h for h in then.holds if h.id != hold.id)
    limited = tuple(one for one in then.verified if one[0] != party)
    return replace(then, holds=(*others, hold), verified=limited)


@follow.register
def _(data: ContactReplaced, concern: Concern) -> Concern | CannotFollow:
    """Write to the verified contact alone where nobody knew whose the others are."""
    party = Party(agency=data.agency, role=data.role)
    if not concern.owes(ObligationKind.REPLACE_CONTACT, data.about()):
        return CannotFollow(why=f"nobody of `{data.agency}` has been struck (2.5)")
    then = concern.met(ObligationKind.REPLACE_CONTACT, data.about())
    if all(hold.id != hold_of(party) for hold in concern.holds):
        return then
    return replace(
        then,
        holds=tuple(hold for hold in then.holds if hold.id != hold_of(party)),
        verified=(*then.verified, (party, data.contact)),
    )
