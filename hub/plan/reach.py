"""A contact could not be reached: the page that tells the party's next one, or a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.calendar import LONDON
from hub.compose import fit_for, readdress
from hub.concern import Concern
from hub.escalate import contacts_left, nobody_left
from hub.frozen import replace
from hub.leaf import Leaf, leaf
from hub.notice import Delivery, Notice
from hub.obligation import Obligation
from hub.page import Discharge, Page, Standing
from hub.plan.standing import kept_back, standing_holds
from hub.plan.tools import Tools
from hub.receipt import Receipt, fold, height, who_answered
from hub.vocabulary import Rung, Setback


class Became(StrEnum):
    """What became of one obligation to reach another contact."""

    TOLD = "told"  # the next contact is told
    NOBODY_LEFT = "nobody left"  # a person must ring them
    NEEDLESS = "needless"  # taken or acknowledged meanwhile, or the next was told already
    HELD = "held"  # it stays open until the hold is released; a hold never expires into a send


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One notice, with all that was sent of it and all that came back."""

    notice: Notice
    deliveries: Sequence[Delivery]
    receipts: Sequence[Receipt]
    people: int = 1
    """How many different people must acknowledge it."""
    superseded: bool = False
    """Whether a newer revision stands in its place: nobody else is told this one."""


def reach(
    owed: Obligation,
    known: Known,
    standing: Standing,
    concern: Concern,
    tools: Tools,
    now: datetime,
) -> tuple[Became, Page | None]:
    """Return what becomes of `owed`, and the page that does it; None where it must wait.

    The next contact gets the same notice under a new delivery, never a class that is held now
    (rules.md, escalation 3, semantics 5). Whose contacts have all gone from the directory is rung:
    that nothing can be sent there is no reason to wait in silence. `concern` is the one of
    `standing`.
    """
    notice = known.notice
    tools = tools.about(concern)
    failed = next((d for d in known.deliveries if d.id == owed.delivery), None)
    holds = standing_holds(concern, standing.history, tools.pack, tools.directory, now)
    page = Page(
        id=concern.id,
        concern=concern,
        version=standing.version,
        at=now,
        holds=holds,
        discharges=(Discharge(kind=owed.kind, key=owed.key),),
    )
    if failed is None or _needless(failed, known):
        return Became.NEEDLESS, replace(page, leaves=(_leaf("reach.needless", owed, now),))
    kept = kept_back(notice.party, concern, standing.history, tools.pack, tools.directory, now)
    if any(hold.info in notice.classes for hold in kept):
        return Became.HELD, None
    left = contacts_left(notice, known.deliveries, tools.directory, now.astimezone(LONDON).date())
    contact = next((c for c in left if fit_for(notice, c)), None)
    if contact is None:
        person = nobody_left(notice, failed, concern.host_authority, now=now, mint=tools.mint)
        gap = _leaf("reach.nobody.left", owed, now)
        return Became.NOBODY_LEFT, replace(page, obligations=(person,), leaves=(gap,))
    delivery = readdress(notice, failed, contact, tools.sender, tools.mint, now)
    return Became.TOLD, replace(page, deliveries=(delivery,), leaves=(_queued(delivery, now),))


def _needless(failed: Delivery, known: Known) -> bool:
    """Whether it was taken or acknowledged meanwhile, or the next contact has been told already.

    What was taken and then declined ("not for us") is still to reach whoever it is for.
    """
    if known.superseded or any(d.instead_of == failed.id for d in known.deliveries):
        return True
    acknowledged = len(who_answered(known.receipts)) >= known.people
    taken = fold(r for r in known.receipts if r.delivery == failed.id)
    declined = any(r.setback is Setback.DECLINED for r in known.receipts)
    return acknowledged or (not declined and height(taken.rung) >= height(Rung.SUBMITTED))


def _queued(delivery: Delivery, now: datetime) -> Leaf:
    return leaf(
        "delivery.queued",
        now,
        delivery.concern,
        delivery=delivery.id,
        notice=delivery.notice,
        sha256=delivery.sha256,
        instead_of=delivery.instead_of or "",
    )


def _leaf(kind: str, owed: Obligation, now: datetime) -> Leaf:
    return leaf(kind, now, owed.concern, obligation=owed.id, notice=owed.notice or "")
