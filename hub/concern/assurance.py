"""What follows from quality assurance, escalation and tracked actions (004 10; 000 10)."""

from __future__ import annotations

from typing import Final

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter, Party
from hub.events.assurance import (
    AssuranceActionTracked,
    EscalationQsigNotified,
    EscalationSpcgDecided,
    HealthwatchSupportRequested,
    QaFeedbackRecorded,
    QaStrategyAgreed,
    QaTestRecorded,
)
from hub.events.improvement import ImprovementDelayFlagged
from hub.vocabulary import ObligationKind, Role

DECISION: Final = "strategic group"
"""The key of QSIG's decision whether to escalate to the strategic group."""
_HIGH: Final = frozenset({"high", "critical"})


def lasting(concern: Concern) -> tuple[QaTestRecorded, ...]:
    """Return the tests that show, with evidence, that improvement was attained and is sustained.

    Empty while any other test, in its newest word, says that it was not.
    """
    tests = concern.every(QaTestRecorded)
    if any(test.outcome != "attained and sustained" for test in tests):
        return ()
    return tests


def must_notify_qsig(concern: Concern) -> bool:
    """Whether QSIG must be notified and has not been (004 10.4).

    Risks remain high, and resolution does not look likely: a delay was flagged so, or a test found
    that improvement was not attained.
    """
    if concern.risk_level not in _HIGH or concern.last(EscalationQsigNotified) is not None:
        return False
    delays = concern.every(ImprovementDelayFlagged)
    tests = concern.every(QaTestRecorded)
    return any(one.resolution == "unlikely" for one in delays) or any(
        test.outcome == "not attained" for test in tests
    )


@follow.register
def _(data: QaStrategyAgreed, concern: Concern) -> Concern | CannotFollow:
    return concern.owing(
        Matter(
            kind=ObligationKind.ACT,
            key=f"qa:{data.strategy}",
            says=f"test by strategy {data.strategy} whether improvement lasts (10.1)",
            due=data.report_due,
        )
    )


@follow.register
def _(data: QaTestRecorded, concern: Concern) -> Concern | CannotFollow:
    """The test of a strategy is done once it says whether improvement lasts, and not before."""
    if data.strategy is None:
        return concern
    if concern.last(QaStrategyAgreed, data.strategy) is None:
        return CannotFollow(why=f"no strategy `{data.strategy}` has been agreed")
    if data.outcome == "attained, not yet sustained":
        return concern
    return concern.met(ObligationKind.ACT, f"qa:{data.strategy}")


@follow.register
def _(data: HealthwatchSupportRequested, concern: Concern) -> Concern | CannotFollow:
    return concern.owing(
        Matter(
            kind=ObligationKind.CONTRIBUTE,
            key=f"healthwatch:{data.agency}",
            owner=Party(agency=data.agency, role=Role.HEALTHWATCH),
            says="say what you saw, independently of us (10.3)",
            due=data.answer_by,
        )
    )


@follow.register
def _(data: QaFeedbackRecorded, concern: Concern) -> Concern | CannotFollow:
    return concern.met(ObligationKind.CONTRIBUTE, f"healthwatch:{data.given_by}")


@follow.register
def _(data: EscalationQsigNotified, concern: Concern) -> Concern | CannotFollow:
    """QSIG owes its decision; the process does not end without it (10.4)."""
    return concern.owing(
        Matter(
            kind=ObligationKind.DECIDE_ESCALATION,
            key=DECISION,
            owner=Party(agency=data.qsig, role=Role.QSIG),
            says="decide whether to escalate to the strategic group, with the reason (10.4)",
            due=data.decision_due,
        )
    )


@follow.register
def _(data: EscalationSpcgDecided, concern: Concern) -> Concern | CannotFollow:
    del data
    if concern.last(EscalationQsigNotified) is None:
        return CannotFollow(why="`escalation.qsig.notified` has not come (004 10.4)")
    return concern.met(ObligationKind.DECIDE_ESCALATION, DECISION)


@follow.register
def _(data: AssuranceActionTracked, concern: Concern) -> Concern | CannotFollow:
    """N048: tracked to completion; a changed date or owner moves what is owed."""
    key = f"assurance:{data.action}"
    if data.standing == "completed":
        return concern.met(ObligationKind.ACT, key)
    return concern.owing(
        Matter(
            kind=ObligationKind.ACT,
            key=key,
            owner=concern.as_party(data.owner),
            says=f"put right what testing found: action {data.action} (000 10)",
            due=data.due,
        )
    )
