"""What does not stand in the way of closure, and goes on the record with the confirmation."""

from __future__ import annotations

from itertools import combinations

from hub.concern import Concern
from hub.events.records import NoticeRecalled
from hub.pack.authority import OWNERS


def one_person_twice(concern: Concern, attester: str) -> tuple[str, ...]:
    """Return a flag for each two of propose, authorise and attest that one person did."""
    acts = []
    if concern.closure_proposed is not None:
        acts.append(("proposed", concern.closure_proposed.proposed_by.name))
    if concern.closure_authorised is not None:
        acts.append(("authorised", concern.closure_authorised.chair.name))
    acts.append(("attested", attester))
    return tuple(
        f"the same person {one} and {other} closure"
        for (one, first), (other, second) in combinations(acts, 2)
        if _same(first, second)
    )


def left_by_others(concern: Concern) -> tuple[str, ...]:
    """Return a flag for each hold that stands at the end though its owner has not left it (M100).

    Of a hold that the law gives to one owner (H1, H4). Who owns the others is the pack's to say,
    and is checked where `closure.proposed` names whose it is.
    """
    proposed = concern.closure_proposed
    owned = {one.hold_id for one in (proposed.holds_closed if proposed else ()) if one.authority}
    return tuple(
        f"hold {hold.id} ({hold.kind}) is left, and nothing shows that the {owner} leaves it"
        for hold in concern.holds
        for owner in (OWNERS.get(hold.kind),)
        if proposed is not None and owner is not None and hold.id not in owned
    )


def left_out(concern: Concern) -> tuple[str, ...]:
    """Return who hears nothing of the end though it was told something, each with its reason."""
    recalls = {(r.party, r.role): r for r in concern.every(NoticeRecalled)}
    found = []
    for party in concern.mistaken:
        recall = recalls.get((party.agency, party.role))
        by = f"recall {recall.recall_id}: {recall.why}" if recall else "its agency's recall"
        found.append(f"the {party.role} {party.agency} was told by mistake alone ({by})")
    found.extend(
        f"contact {contact} was struck: its person has power to abuse (2.5)"
        for contact in sorted(concern.struck)
    )
    found.extend(
        f"contact {unsafe} of {agency}'s records is alleged to have caused harm (7.5)"
        for agency, unsafe in sorted(concern.unsafe_contacts)
    )
    return tuple(found)


def _same(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()
