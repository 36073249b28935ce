"""How a decision and a delivery are remembered: for history, and so that a hold can stop them."""

from __future__ import annotations

from datetime import datetime

from hub.decision import Decision, Hold, NotDue, Notify, Told
from hub.leaf import Leaf, leaf
from hub.notice import Delivery
from hub.page import Unsent


def verdict_of(decision: Decision) -> str:
    """Return `notify`, `hold`, `withhold` or `not due`."""
    if isinstance(decision, Notify):
        return "notify"
    if isinstance(decision, Hold):
        return "hold"
    return "not due" if isinstance(decision, NotDue) else "withhold"


def told_of(decision: Decision) -> Told:
    """Return what history keeps of a decision."""
    shared = decision.shared if isinstance(decision, Notify) else ()
    held = decision.held if isinstance(decision, Notify | Hold) else ()
    return Told(
        decision=decision.id,
        event=decision.occasion.event,
        event_name=decision.occasion.event_name,
        kind=decision.occasion.kind,
        party=decision.party,
        verdict=verdict_of(decision),
        shared=frozenset(s.info for s in shared),
        held=frozenset(h.info for h in held),
        at=decision.occasion.at,
        event_source=decision.occasion.event_source,
    )


def as_unsent(delivery: Delivery, decision: Notify) -> Unsent:
    """Return a delivery that has just been queued."""
    return Unsent(
        delivery=delivery.id,
        notice=delivery.notice,
        decision=decision.id,
        event=decision.occasion.event,
        event_source=decision.occasion.event_source,
        event_name=decision.occasion.event_name,
        party=delivery.party,
        classes=delivery.classes,
        target=delivery.target,
    )


def queued_leaf(delivery: Delivery, now: datetime) -> Leaf:
    """Return the log's entry of a delivery that has just been queued."""
    return leaf(
        "delivery.queued",
        now,
        delivery.concern,
        delivery=delivery.id,
        notice=delivery.notice,
        sha256=delivery.sha256,
    )


def decision_leaf(decision: Decision, now: datetime) -> Leaf:
    """Return the log's entry of a decision."""
    return leaf(
        "decision",
        now,
        decision.occasion.concern,
        decision=decision.id,
        verdict=verdict_of(decision),
        rule=decision.reason.rule,
        pack=decision.pack,
    )
