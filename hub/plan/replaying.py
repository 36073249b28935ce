"""Which deliveries may be sent again because somebody asks for it, and why the others may not.

A replay repeats bytes; it decides nothing anew. So it may tell nobody what would not be told now:
whatever is held, withheld, stopped or replaced since is refused, and each refusal has its reason.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from hub.calendar import LONDON
from hub.concern import Concern
from hub.directory import Directory, carries
from hub.notice import Delivery
from hub.page import Standing
from hub.plan.standing import standing_holds
from hub.plan.tools import Tools
from hub.repeat import Candidate, Verdict
from hub.vocabulary import Channel, InfoClass, Role


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
    if _withheld(one.delivery, concern):
        return Verdict.WITHHELD
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


def _withheld(delivery: Delivery, concern: Concern) -> bool:
    party = delivery.party
    left = party not in concern.parties()
    return left or bool(concern.refused_to(party) & delivery.classes)


def _carried(delivery: Delivery, directory: Directory, now: datetime) -> frozenset[InfoClass]:
    """Return what may travel today to where it goes; nothing where that is not its party's."""
    agency, role = delivery.party.agency, delivery.party.role
    hook = delivery.channel is Channel.WEBHOOK
    ways = directory.endpoints_of(agency, role) if hook else directory.contacts_of(agency, role)
    target = next((way for way in ways if way.id == delivery.target), None)
    return frozenset() if target is None else carries(target, now.astimezone(LONDON).date())
