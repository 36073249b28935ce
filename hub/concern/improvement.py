"""What follows from plans, measures and delays (004 7.1, 8.1, 8.2, 9.1)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter, Party
from hub.concern.meetings import UPDATE
from hub.events.improvement import (
    EnquiryPlanAgreed,
    ImprovementDelayFlagged,
    ImprovementMeasureRecorded,
    ImprovementPlanAgreed,
    RiskPlanAgreed,
)
from hub.frozen import replace
from hub.vocabulary import ObligationKind, Role

IMPROVEMENT: Final = "improvement:"
"""What the key of each improvement and of each review of a plan begins with."""
_LONDON: Final = ZoneInfo("Europe/London")
_END_OF_DAY: Final = time(17)


def item_owed(plan: str, item: str) -> str:
    """Return the key of one improvement of a plan."""
    return f"{IMPROVEMENT}{plan}/{item}"


def review_owed(plan: str, day: date) -> str:
    """Return the key of one review of a plan."""
    return f"{IMPROVEMENT}{plan}/{day.isoformat()}"


@follow.register
def _(data: EnquiryPlanAgreed, concern: Concern) -> Concern | CannotFollow:
    key = f"enquiry:{data.enquiry}"
    if data.standing == "completed":
        if concern.last(EnquiryPlanAgreed, data.enquiry) is None:
            return CannotFollow(why=f"no enquiry `{data.enquiry}` has been agreed")
        return concern.met(ObligationKind.ACT, key)
    return concern.owing(
        Matter(
            kind=ObligationKind.ACT,
            key=key,
            owner=concern.as_party(data.lead),
            says=f"carry out enquiry {data.enquiry} (7.1e)",
            due=data.due,
        )
    )


@follow.register
def _(data: RiskPlanAgreed, concern: Concern) -> Concern | CannotFollow:
    """A plan that is agreed again has been reviewed, and has its next review."""
    return concern.owing(
        Matter(
            kind=ObligationKind.REVIEW_PLAN,
            key=f"risk:{data.plan}",
            says=f"review the plan for risks {data.plan} (7.1f)",
            due=data.review_due,
        )
    )


@follow.register
def _(data: ImprovementPlanAgreed, concern: Concern) -> Concern | CannotFollow:
    """Each improvement and each review becomes a deadline; a plan agreed again replaces its own."""
    mine = f"{IMPROVEMENT}{data.plan}/"
    kinds = {ObligationKind.ACT, ObligationKind.REVIEW_PLAN}
    kept = (m for m in concern.matters if m.kind not in kinds or not m.key.startswith(mine))
    then = replace(concern, matters=tuple(kept))
    for item in data.items:
        if not _is_met(concern, data.plan, item.item):
            then = then.owing(
                Matter(
                    kind=ObligationKind.ACT,
                    key=item_owed(data.plan, item.item),
                    owner=concern.as_party(item.owner),
                    says=f"make improvement {item.item} of plan {data.plan} (8.1b)",
                    due=item.due,
                )
            )
    for day in data.review_dates:
        then = then.owing(
            Matter(
                kind=ObligationKind.REVIEW_PLAN,
                key=review_owed(data.plan, day),
                says=f"review improvement plan {data.plan} (8.1b)",
                due=datetime.combine(day, _END_OF_DAY, tzinfo=_LONDON),
            )
        )
    return _in_accord(data, then)


def _in_accord(data: ImprovementPlanAgreed, concern: Concern) -> Concern:
    """M086: where it conflicts with recommendations in place, contracts settle which holds."""
    key = f"accord:{data.plan}"
    if not data.accords.conflicts:
        return concern.met(ObligationKind.ACT, key)
    return concern.owing(
        Matter(
            kind=ObligationKind.ACT,
            key=key,
            owner=Party(agency=concern.host_authority, role=Role.CONTRACTS),
            says=f"settle how plan {data.plan} agrees with what was recommended (8.2)",
        )
    )


@follow.register
def _(data: ImprovementMeasureRecorded, concern: Concern) -> Concern | CannotFollow:
    plan = concern.last(ImprovementPlanAgreed, data.plan)
    if plan is None:
        return CannotFollow(why=f"no improvement plan `{data.plan}` has been agreed")
    owners = {item.item: item.owner for item in plan.items}
    if data.item is not None and data.item not in owners:
        return CannotFollow(why=f"plan `{data.plan}` has no item `{data.item}`")
    whose = set(owners.values()) if data.item is None else {owners[data.item]}
    if set(data.owners) != whose:
        return CannotFollow(why=f"its part of the plan is {', '.join(sorted(whose))}'s")
    if data.review_date is not None:
        key = review_owed(data.plan, data.review_date)
        concern = concern.met(ObligationKind.REVIEW_PLAN, key)
    if data.item is None or data.standing != "met":
        return concern
    return concern.met(ObligationKind.ACT, item_owed(data.plan, data.item))


@follow.register
def _(data: ImprovementDelayFlagged, concern: Concern) -> Concern | CannotFollow:
    """M091: the meeting is owed until it is held, whatever is said; a clock that runs goes on."""
    says = f"meet about the serious delay of {data.item} of plan {data.plan} (9.1)"
    kind = ObligationKind.HOLD_MEETING
    if not concern.owes(kind, UPDATE):
        return concern.owing(Matter(kind=kind, key=UPDATE, says=says))
    matters = (
        replace(m, says=says) if (m.kind, m.key) == (kind, UPDATE) else m for m in concern.matters
    )
    return replace(concern, matters=tuple(matters))


def meeting_about_delay(concern: Concern, now: datetime) -> Concern:
    """Return the concern with the meeting that an improvement past its time brings (9.1, M091).

    `now` is when the newest event occurred: whatever is said next, the delay is not passed over.
    """
    kind = ObligationKind.HOLD_MEETING
    late = [
        m.key.removeprefix(IMPROVEMENT)
        for m in concern.matters
        if m.kind is ObligationKind.ACT and m.key.startswith(IMPROVEMENT) and m.due and m.due < now
    ]
    if not late or concern.owes(kind, UPDATE) or concern.closure_authorised is not None:
        return concern
    says = f"meet about what is late of the improvement plan: {', '.join(late)[:120]} (9.1)"
    return concern.owing(Matter(kind=kind, key=UPDATE, says=says, opened_at=now))


def _is_met(concern: Concern, plan: str, item: str) -> bool:
    """Whether this improvement was measured last as made."""
    mine = [
        one
        for one in concern.every(ImprovementMeasureRecorded)
        if (one.plan, one.item) == (plan, item)
    ]
    return bool(mine) and mine[-1].standing == "met"
