"""All that follows from one try of one delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from hub.escalate.owed import (
    PERSON_AFTER,
    REACH_WITHIN,
    key_of,
    late,
    person,
    reach,
    replace_contact,
)
from hub.escalate.schedule import OURS, SLOWLY, again_at
from hub.frozen import replace
from hub.leaf import Leaf, leaf
from hub.notice import (
    Accepted,
    Deferred,
    Delivery,
    InDoubt,
    Leased,
    Outcome,
    Refused,
    RefusedBecause,
    is_drill,
)
from hub.obligation import Obligation, ObligationKind
from hub.page import Discharge, StandingHold
from hub.receipt import Receipt
from hub.vocabulary import Channel, Mint, Rung, Setback

_FOR_GOOD: Final = {RefusedBecause.ADDRESS, RefusedBecause.POLICY, RefusedBecause.UNKNOWN}
_ANOTHER_NOW: Final = {RefusedBecause.ADDRESS, RefusedBecause.GONE, RefusedBecause.EGRESS}
_DEAD: Final = {RefusedBecause.ADDRESS, RefusedBecause.GONE}
_PERSON_NOW: Final = set(RefusedBecause) - {RefusedBecause.ADDRESS}

_SOURCE: Final = {
    Channel.EMAIL: "smtp",
    Channel.CJSM: "cjsm",
    Channel.MESH: "mesh",
    Channel.SMS: "sms",
    Channel.WEBHOOK: "webhook",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """All that follows from one try of one delivery."""

    again_at: datetime | None
    """None: finished; it leaves the queue."""
    costs_attempt: bool
    receipts: tuple[Receipt, ...]
    leaves: tuple[Leaf, ...]
    obligations: tuple[Obligation, ...] = ()
    discharges: tuple[Discharge, ...] = ()


def after_outcome(leased: Leased, outcome: Outcome, *, now: datetime, mint: Mint) -> Next:
    """Return what follows from one try. Pure; the same for every channel.

    Of a drill nobody else is told and nobody is rung: a dead contact must be replaced, no more.
    """
    following = _following(leased, outcome, now, mint)
    if not is_drill(leased.delivery.concern):
        return following
    kind = ObligationKind.REPLACE_CONTACT
    return replace(following, obligations=tuple(o for o in following.obligations if o.kind is kind))


def _following(leased: Leased, outcome: Outcome, now: datetime, mint: Mint) -> Next:
    match outcome:
        case Accepted():
            return _accepted(leased, outcome)
        case Deferred():
            return _deferred(leased, outcome, now, mint)
        case Refused():
            return _refused(leased, outcome, now, mint)
        case InDoubt():
            return _in_doubt(leased, outcome, now, mint)
        case _:
            assert_never(outcome)


def stopped_by(leased: Leased, hold: StandingHold, now: datetime) -> Next:
    """Return what follows where a hold stands at the moment of sending: it leaves the queue unsent.

    Whoever placed the hold has decided `Hold` in the same transaction; a release is a new occasion.
    """
    said = f"stopped at the moment of sending: {hold.kind} holds `{hold.info}` from this party"
    receipt = replace(_receipt(leased, now, said), source="register")
    act = _leaf("delivery.stopped", leased, now, hold=str(hold.kind), info=str(hold.info))
    return Next(again_at=None, costs_attempt=False, receipts=(receipt,), leaves=(act,))


def _accepted(leased: Leased, outcome: Accepted) -> Next:
    receipt = _brought(leased, outcome, rung=outcome.rung)
    maybe_twice = leased.maybe_sent and not outcome.found
    if maybe_twice:
        doubled = ("possible duplicate", "an earlier try of the same bytes ended in doubt")
        receipt = replace(receipt, evidence=(*receipt.evidence, doubled))
    act = _leaf(
        "delivery.accepted",
        leased,
        outcome.at,
        rung=str(outcome.rung),
        maybe_twice=maybe_twice,
    )
    # What was owed because it had not been taken is owed no more.
    before = leased.first_tried_at is not None or _waited(leased.delivery, outcome.at)
    moot = (ObligationKind.REACH, ObligationKind.PERSON) if before else ()
    return Next(
        again_at=None,
        costs_attempt=True,
        receipts=(receipt,),
        leaves=(act,),
        discharges=tuple(Discharge(kind=kind, key=key_of(leased.delivery)) for kind in moot),
    )


def _waited(delivery: Delivery, until: datetime) -> bool:
    """Whether it may have waited so long untried that something is owed of it all the same."""
    closed = delivery.channel is Channel.WEBHOOK
    unseen = REACH_WITHIN if closed else PERSON_AFTER[delivery.lane]
    return until >= delivery.due_at + unseen


def _deferred(leased: Leased, outcome: Deferred, now: datetime, mint: Mint) -> Next:
    lane = leased.delivery.lane
    not_before = outcome.not_before
    if outcome.ours:
        not_before = max(not_before or now, now + OURS[lane])
    if outcome.configuration:
        not_before = max(not_before or now, now + SLOWLY[lane])
    again = _again(leased, now, mint, charged=not outcome.ours, not_before=not_before)
    owed = list(late(leased, again, now, mint, ours=outcome.ours))
    if outcome.configuration:
        owed.append(person(leased, "configuration", outcome.detail, now, mint))
    return Next(
        again_at=again,
        costs_attempt=not outcome.ours,
        receipts=(_brought(leased, outcome, setback=Setback.DELAYED),),
        leaves=(_leaf("delivery.delayed", leased, outcome.at, ours=outcome.ours),),
        obligations=tuple(owed),
    )


def _in_doubt(leased: Leased, outcome: InDoubt, now: datetime, mint: Mint) -> Next:
    # The same bytes under the same id go out again: twice is flagged, never is a danger to people.
    again = _again(leased, now, mint, charged=True, not_before=None)
    return Next(
        again_at=again,
        costs_attempt=True,
        receipts=(_brought(leased, outcome, setback=Setback.IN_DOUBT),),
        leaves=(_leaf("delivery.in.doubt", leased, outcome.at),),
        obligations=late(leased, again, now, mint, ours=False),
    )


def _refused(leased: Leased, outcome: Refused, now: datetime, mint: Mint) -> Next:
    because = outcome.because
    again = None
    if because not in _FOR_GOOD:
        # What is set up wrongly can be put right. A retired endpoint is parked by the register with
        # its rows, so that they drain as soon as it is opened again.
        wait = OURS if because is RefusedBecause.GONE else SLOWLY
        not_before = now + wait[leased.delivery.lane]
        again = _again(leased, now, mint, charged=False, not_before=not_before)
    owed = []
    if because in _ANOTHER_NOW:
        owed.append(reach(leased, now, mint))
    if because in _PERSON_NOW:
        owed.append(person(leased, because, outcome.detail, now, mint))
    if because in _DEAD:
        # Whoever is told next: as long as it stands in the directory it is written to first.
        owed.append(replace_contact(leased.delivery, leased.host_authority, now, mint))
    return Next(
        again_at=again,
        costs_attempt=because in _FOR_GOOD,
        receipts=(_brought(leased, outcome, setback=Setback.REFUSED),),
        leaves=(_leaf("delivery.refused", leased, outcome.at, because=str(because)),),
        obligations=tuple(owed),
    )


def _again(
    leased: Leased, now: datetime, mint: Mint, *, charged: bool, not_before: datetime | None
) -> datetime:
    return again_at(
        leased.delivery.lane,
        first_tried_at=leased.first_tried_at,
        attempts=leased.attempts + charged,
        now=now,
        not_before=not_before,
        fraction=mint.fraction(),
    )


def _brought(
    leased: Leased, outcome: Outcome, *, rung: Rung | None = None, setback: Setback | None = None
) -> Receipt:
    return _receipt(leased, outcome.at, outcome.detail, outcome.evidence, rung, setback)


def _receipt(  # all that a receipt of a try says
    leased: Leased,
    at: datetime,
    detail: str,
    evidence: tuple[tuple[str, str], ...] = (),
    rung: Rung | None = None,
    setback: Setback | None = None,
) -> Receipt:
    return Receipt(
        notice=leased.delivery.notice,
        delivery=leased.delivery.id,
        attempt=leased.attempt,
        at=at,
        source=_SOURCE[leased.delivery.channel],
        rung=rung,
        setback=setback,
        detail=detail,
        evidence=evidence,
    )


def _leaf(kind: str, leased: Leased, at: datetime, **ids: str | bool) -> Leaf:
    delivery = leased.delivery
    return leaf(
        kind,
        at,
        delivery.concern,
        delivery=delivery.id,
        notice=delivery.notice,
        attempt=leased.attempt,
        **ids,
    )
