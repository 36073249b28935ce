"""What follows from a proposal to end, and when the Chair may authorise it (004 11.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

from hub.concern.assurance import DECISION, lasting, must_notify_qsig
from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern
from hub.concern.meetings import UPDATE
from hub.events import ClosureAuthorised, ClosureProposed
from hub.events.commissioning import DolsStatusReported
from hub.events.improvement import ImprovementDelayFlagged
from hub.events.meetings import MeetingHeld
from hub.frozen import replace
from hub.vocabulary import Ending, ObligationKind, Stage

_HANDED_OVER: Final = {
    ObligationKind.ACT: "action",
    ObligationKind.ARRANGE_ADVOCACY: "advocacy",
    ObligationKind.ARRANGE_SUPPORT: "support",
    ObligationKind.ARRANGE_CARE: "care",
}
_LIBERTY: Final = "deprivation of liberty"
_DOLS_OPEN: Final = frozenset({"applied for", "expired"})


@follow.register
def _(data: ClosureProposed, concern: Concern) -> Concern | CannotFollow:
    return replace(concern, closure_proposed=data)


@follow.register
def _(data: ClosureAuthorised, concern: Concern) -> Concern | CannotFollow:
    why = next(_why_not(data, concern), None)
    if why is not None:
        return CannotFollow(why=why)
    # An end that is authorised anew is an end again, whatever emergency came after the last one.
    return replace(concern, closure_authorised=data, emergency_after_end=False)


def open_matters(concern: Concern) -> tuple[tuple[str, str], ...]:
    """Return what is open and is handed over by name at the end: its kind, and which (M100)."""
    owed = [(_HANDED_OVER[m.kind], m.key) for m in concern.matters if m.kind in _HANDED_OVER]
    liberty = [
        (_LIBERTY, one.about())
        for one in concern.every(DolsStatusReported)
        if one.status in _DOLS_OPEN
    ]
    return (*owed, *liberty)


def _why_not(data: ClosureAuthorised, concern: Concern) -> Iterator[str]:
    """Yield why the Chair's authorisation cannot follow yet."""
    proposed = concern.closure_proposed
    if proposed is None:
        yield "`closure.proposed` has not come (004 11.1)"
        return
    if proposed.ending is not data.ending:
        yield f"`{proposed.ending}` was proposed, `{data.ending}` is authorised"
    if concern.chair is None:
        yield "`chair.appointed` has not come (004 4.1e, 11.1)"
    elif concern.chair.name != data.chair.name:
        yield "somebody else is the Chair of record (004 11.1)"
    if concern.stage is not Stage.CLOSING:
        yield f"the concern is at `{concern.stage}`, not at `{Stage.CLOSING}`"
    yield from _without_evidence(proposed, concern)
    yield from _unresolved(concern)
    yield from _left_behind(proposed, concern)


def _without_evidence(proposed: ClosureProposed, concern: Concern) -> Iterator[str]:
    """Yield what the ending rests on and the concern does not show (M095, M100)."""
    match proposed.ending:
        case Ending.IMPROVED:
            shown = {test.evidence_reference for test in lasting(concern)}
            if proposed.evidence_reference not in shown:
                yield (
                    f"no test shows by `{proposed.evidence_reference}` that improvement was "
                    "attained and is sustained (004 10.1)"
                )
        case Ending.NOT_INITIATED:
            if concern.initiated is not False:
                yield "`initiation.decided` has not said that the process does not begin (004 6.1)"
        case Ending.SERVICE_ENDED:
            if proposed.ended_on is None:
                yield "`closure.proposed` does not say when the service ended (004 11.1)"
        case Ending.TRANSFERRED:
            if proposed.transferred_to is None:
                yield "`closure.proposed` does not say to whom it was transferred (004 11.1)"
        case Ending.OPENED_IN_ERROR:
            if proposed.error is None:
                yield "`closure.proposed` does not say what the error was (004 11.1)"
        case never:
            assert_never(never)


def _unresolved(concern: Concern) -> Iterator[str]:
    """Yield what the framework says must happen first, whatever the ending (M091, M098, M099)."""
    if must_notify_qsig(concern):
        yield "risks stay high and resolution looks unlikely: QSIG must be notified (004 10.4)"
    if concern.owes(ObligationKind.DECIDE_ESCALATION, DECISION):
        yield "QSIG has not decided whether to escalate (004 10.4)"
    delayed = [s.at for s in concern.said if isinstance(s.data, ImprovementDelayFlagged)]
    held = [m.held_at for m in concern.every(MeetingHeld) if m.kind == UPDATE]
    if delayed and (not held or max(held) < max(delayed)):
        yield "the meeting about the serious delay has not been held (004 9.1)"


def _left_behind(proposed: ClosureProposed, concern: Concern) -> Iterator[str]:
    """Yield what is open and nobody has taken over, or has closed with a reason (M100, S14)."""
    taken = {(one.kind, one.reference) for one in proposed.handed_over}
    left = [f"{kind} {key}" for kind, key in open_matters(concern) if (kind, key) not in taken]
    if left:
        yield f"is open and handed over to nobody by name: {', '.join(left)} (004 11.1)"
    closed = {one.hold_id for one in proposed.holds_closed}
    held = [f"`{h.id}` ({h.kind})" for h in concern.holds if h.id not in closed]
    if held:
        yield f"is held, neither released nor closed with a reason: {', '.join(held)} (004 11.1)"
