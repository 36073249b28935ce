"""Stage 5: quality assurance and escalation (004 section 10; 000 sections 8 and 10)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from hub.events.model import (
    COMMERCIAL,
    PROCESS,
    THEMES,
    Code,
    Count,
    EventData,
    Fact,
    Line,
    Moment,
    Names,
    Person,
    Text,
    Variant,
)
from hub.events.references import Reference
from hub.vocabulary import Role

OutOf = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4} of [0-9]{1,4}$")]
"""So many of so many, such as `3 of 9`."""


class QaStrategyAgreed(EventData):
    """M094 (004 10.1): how it is tested that improvement was attained and lasts, and by whom."""

    wire: ClassVar[str] = "qa.strategy.agreed"

    strategy: Annotated[Reference, PROCESS, Fact("qa_strategy")]
    tests: Annotated[Text, THEMES, Fact("qa_tests")]
    participants: Annotated[tuple[Code, ...], PROCESS, Names(), Field(min_length=1, max_length=50)]
    report_due: Annotated[Moment, PROCESS, Fact("qa_report_due")]
    agreed_by: Person

    def about(self) -> str:
        """Return the strategy."""
        return self.strategy


class QaTestRecorded(EventData):
    """M095 (004 10.1): whether improvement was attained and is sustained, tested by whom.

    An improvement that lasts needs a reference to the evidence: closure rests on it (11.1).
    """

    wire: ClassVar[str] = "qa.test.recorded"

    test: Annotated[Reference, PROCESS, Fact("qa_test")]
    strategy: Annotated[Reference | None, PROCESS] = None
    outcome: Annotated[
        Literal["attained and sustained", "attained, not yet sustained", "not attained"],
        THEMES,
        Variant(),
        Fact("qa_outcome"),
    ]
    findings: Annotated[Text, THEMES, Fact("qa_findings")]
    testers: Annotated[
        Literal["same staff as the fact-finding", "other staff"], PROCESS, Fact("qa_testers")
    ]
    tested_by: Annotated[Person, Fact("qa_tested_by")]
    tested_at: Annotated[Moment, PROCESS, Fact("qa_tested_at")]
    evidence_reference: Annotated[Reference | None, PROCESS, Fact("qa_evidence")] = None

    @model_validator(mode="after")
    def _what_lasts_is_shown(self) -> QaTestRecorded:
        if self.outcome == "attained and sustained" and self.evidence_reference is None:
            msg = "`attained and sustained` needs `evidence_reference` (004 10.1)"
            raise ValueError(msg)
        return self

    def about(self) -> str:
        """Return the test."""
        return self.test


class QaFeedbackRecorded(EventData):
    """M096 (004 10.2): what adults and carers say of the difference, and how many were asked.

    Nobody is named, and nothing in it says who said it.
    """

    wire: ClassVar[str] = "qa.feedback.recorded"

    feedback: Annotated[Reference, PROCESS]
    way: Annotated[
        Literal["meeting", "telephone sample", "independent visit"], PROCESS, Fact("qa_feedback_by")
    ]
    sample_size: Annotated[Count, THEMES, Fact("qa_sample_size")]
    """How many adults and carers were heard."""
    change: Annotated[
        Literal["better", "no difference", "worse", "mixed"], THEMES, Variant(), Fact("qa_change")
    ]
    said: Annotated[Text, THEMES, Fact("qa_feedback")]
    given_by: Annotated[Code | None, PROCESS] = None
    """Whose independent visit it was, such as Healthwatch's."""
    recorded_by: Person

    def about(self) -> str:
        """Return the feedback."""
        return self.feedback


class HealthwatchSupportRequested(EventData):
    """M097 (004 10.3): Healthwatch is asked for independent assurance, and joins."""

    wire: ClassVar[str] = "healthwatch.support.requested"

    agency: Annotated[Code, PROCESS, Names(Role.HEALTHWATCH)]
    asked: Annotated[Text, THEMES, Fact("healthwatch_asked")]
    answer_by: Annotated[Moment, PROCESS, Fact("healthwatch_answer_by")]
    requested_by: Person

    def about(self) -> str:
        """Return which Healthwatch."""
        return self.agency


class EscalationQsigNotified(EventData):
    """M098 (004 10.4): risks stay high and resolution looks unlikely: QSIG must be notified."""

    wire: ClassVar[str] = "escalation.qsig.notified"

    qsig: Annotated[Code, PROCESS, Names(Role.QSIG)]
    continuing_risks: Annotated[Line, THEMES, Fact("continuing_risks")]
    overdue_actions: Annotated[OutOf, THEMES, Fact("overdue_actions")]
    """How many improvement actions are overdue, of how many."""
    interim_protection: Annotated[Line, THEMES, Fact("interim_protection")]
    commissioning_position: Annotated[Text | None, COMMERCIAL, Fact("commissioning_position")] = (
        None
    )
    decision_due: Annotated[Moment, PROCESS, Fact("escalation_due")]
    notified_by: Person


class EscalationSpcgDecided(EventData):
    """M099 (004 10.4): QSIG decides whether to escalate to the strategic group, and why not."""

    wire: ClassVar[str] = "escalation.spcg.decided"

    escalate: Annotated[Literal["yes", "no"], PROCESS, Variant(), Fact("escalation_decision")]
    reason: Annotated[Text | None, THEMES, Fact("escalation_reason")] = None
    spcg: Annotated[Code | None, PROCESS, Names(Role.SPCG)] = None
    decided_by: Annotated[Person, Fact("escalation_by")]
    decided_at: Annotated[Moment, PROCESS, Fact("escalation_decided_at")]

    @model_validator(mode="after")
    def _reasoned_or_addressed(self) -> EscalationSpcgDecided:
        if self.escalate == "no" and self.reason is None:
            msg = "`no` needs a `reason` (004 10.4)"
            raise ValueError(msg)
        if (self.escalate == "yes") != (self.spcg is not None):
            msg = "`spcg` is named where it is escalated, and only there"
            raise ValueError(msg)
        return self


class MonitoringFindingRecorded(EventData):
    """N024 (000 8): what monitoring found: an audit, a spot check, indicators, trends, a review."""

    wire: ClassVar[str] = "monitoring.finding.recorded"

    finding: Annotated[Reference, PROCESS]
    way: Annotated[
        Literal[
            "audit",
            "spot check",
            "performance indicators",
            "feedback",
            "incident trends",
            "contract review",
        ],
        PROCESS,
        Fact("monitored_by"),
    ]
    found: Annotated[Text, THEMES, Fact("monitoring_finding")]
    found_on: Annotated[Moment, PROCESS, Fact("monitored_at")]
    recorded_by: Annotated[Person, Fact("monitoring_recorded_by")]

    def about(self) -> str:
        """Return the finding."""
        return self.finding


class NoncomplianceEscalated(EventData):
    """N026 (000 8): the provider persistently, or seriously, does not do what it must."""

    wire: ClassVar[str] = "noncompliance.escalated"

    reference: Annotated[Reference, PROCESS, Fact("noncompliance_number")]
    severity: Annotated[
        Literal["persistent", "serious"], THEMES, Variant(), Fact("noncompliance_severity")
    ]
    what: Annotated[Text, THEMES, Fact("noncompliance")]
    step: Annotated[
        Literal[
            "to be decided",
            "suspension of work",
            "safeguarding concern",
            "referral to authorities",
            "end of the agreement",
        ],
        COMMERCIAL,
        Fact("noncompliance_step"),
    ]
    escalated_by: Annotated[Person, Fact("noncompliance_by")]

    def about(self) -> str:
        """Return the matter."""
        return self.reference


class AssuranceActionTracked(EventData):
    """N048 (000 10): an action from testing compliance: assigned, under way, or completed."""

    wire: ClassVar[str] = "assurance.action.tracked"

    action: Annotated[Reference, PROCESS, Fact("assurance_action_number")]
    what: Annotated[Text, THEMES, Fact("assurance_action")]
    owner: Annotated[Code, PROCESS, Names()]
    due: Annotated[Moment, PROCESS, Fact("assurance_action_due")]
    standing: Annotated[Literal["assigned", "under way", "completed"], PROCESS, Variant()]
    evidence_reference: Annotated[Reference | None, PROCESS] = None
    tracked_by: Person

    @model_validator(mode="after")
    def _completion_is_shown(self) -> AssuranceActionTracked:
        if self.standing == "completed" and self.evidence_reference is None:
            msg = "`completed` needs `evidence_reference` (000 10)"
            raise ValueError(msg)
        return self

    def about(self) -> str:
        """Return the action."""
        return self.action


TYPES: Final[tuple[type[EventData], ...]] = (
    QaStrategyAgreed,
    QaTestRecorded,
    QaFeedbackRecorded,
    HealthwatchSupportRequested,
    EscalationQsigNotified,
    EscalationSpcgDecided,
    MonitoringFindingRecorded,
    NoncomplianceEscalated,
    AssuranceActionTracked,
)
"""Every event of this chapter."""
