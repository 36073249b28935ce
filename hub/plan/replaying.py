"""Which deliveries may be sent again because somebody asks for it, and why the others may not.

A replay repeats bytes; it decides nothing anew. So it may tell nobody what would not be told now:
whatever is held, withheld, stopped or replaced since is refused, and each refusal has its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from hub.calendar import LONDON
from hub.concern import Concern
from hub.decide import decided_for, facts_about, released_to
from hub.directory import Contact, Directory, Endpoint, carries
from hub.notice import Delivery
from hub.pack.cell import SharedBy, cell_of, judge_class
from hub.pack.rules import HOLDS_CHANGED
from hub.page import Standing
from hub.plan.standing import standing_holds
from hub.plan.tools import Tools
from hub.repeat import Candidate, Verdict
from hub.vocabulary import Channel, InfoClass, Role

_FOLLOWED: Final = frozenset({Channel.MESH, Channel.SMS})
"""Ways of which a service is asked later, by the message that it took first."""


def verdict(one: Candidate, standing: Standing, tools: Tools | None, now: datetime) -> Verdict:
    """Return whether this may be sent again, by the rules and the directory as they stand now.

    `tools`: those of its concern; None where this hub has no pack for it.
    """
    concern = standing.concern
    if one.queued:
        return Verdict.WAITS
    if one.stopped:
        return Verdict.STOPPED
    if one.superseded:
        return Verdict.SUPERSEDED
    if concern is None or tools is None:
        return Verdict.UNJUDGED
    if one.elsewhere or _held(one.delivery, concern, standing, tools, now):
        return Verdict.HELD
    if _withheld(one.delivery, concern, standing, tools):
        return Verdict.WITHHELD
    if one.delivery.channel in _FOLLOWED:
        return Verdict.UNFOLLOWED
    if not one.delivery.classes <= _carried(one.delivery, tools.about(concern).directory, now):
        return Verdict.NO_WAY
    if sha256(one.delivery.body).hexdigest() != one.delivery.sha256:
        return Verdict.CHANGED
    return Verdict.AGAIN


def _held(
    delivery: Delivery, concern: Concern, standing: Standing, tools: Tools, now: datetime
) -> bool:
    party = delivery.party
    if party not in concern.parties():
        return False
    about = tools.about(concern)
    holds = standing_holds(concern, standing.history, about.pack, about.directory, now, of=(party,))
    # Nothing goes to a provider again while anything at all is held from it (7.2).
    any_at_all = party.role is Role.PROVIDER and bool(holds)
    return any_at_all or any(hold.info in delivery.classes for hold in holds)


def _withheld(delivery: Delivery, concern: Concern, standing: Standing, tools: Tools) -> bool:
    """Whether its party may not be told all of it now: closed world, as if it were told anew.

    It has left the concern, was told by mistake alone (B03), was refused a class by name, or no
    rule of the pack in force shares a class with it, as the facts are now.
    """
    party, pack = delivery.party, tools.about(concern).pack
    if party not in concern.parties() or party in concern.mistaken:
        return True
    if concern.refused_to(party) & delivery.classes:
        return True
    facts, decided = (
        facts_about(party, concern, standing.history),
        decided_for(party, concern, pack),
    )
    cell, released = cell_of(pack, HOLDS_CHANGED, party.role), released_to(concern)
    judged = (judge_class(cell, info, facts, released, (), decided) for info in delivery.classes)
    return not all(isinstance(one, SharedBy) for one in judged)


def _carried(delivery: Delivery, directory: Directory, now: datetime) -> frozenset[InfoClass]:
    """Return what may travel today to where it goes; nothing where that is not its party's."""
    agency, role = delivery.party.agency, delivery.party.role
    hook = delivery.channel is Channel.WEBHOOK
    ways: Sequence[Endpoint | Contact] = (
        directory.endpoints_of(agency, role) if hook else directory.contacts_of(agency, role)
    )
    target = next((way for way in ways if way.id == delivery.target), None)
    if target is None or (isinstance(target, Endpoint) and target.parked):
        return frozenset()
    return carries(target, now.astimezone(LONDON).date())
