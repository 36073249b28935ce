"""What placing authorities and commissioners do and report (004 section 4.2)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from hub.events.model import (
    COMMERCIAL,
    PLACED_ADULT,
    PROCESS,
    THEMES,
    EventData,
    Fact,
    Line,
    Moment,
    Person,
    Text,
    Variant,
)
from hub.events.placements import ByCommissioner, RecordNumber
from hub.events.references import AnyHoldId


class ContributionRequested(ByCommissioner):
    """M034 (004 4.2b): a placing authority is asked to contribute to the safeguarding work.

    It keeps overall responsibility for the people it placed. The request goes to its named officer.
    """

    wire: ClassVar[str] = "contribution.requested"

    request: Annotated[Line, PROCESS]
    asked: Annotated[Text, THEMES, Fact("contribution_asked")]
    officer: Annotated[Person | None, PROCESS, Fact("placing_officer")] = None
    due: Annotated[Moment | None, PROCESS, Fact("contribution_due")] = None

    def about(self) -> str:
        """Return which request it is."""
        return self.request


class ContributionReceived(ByCommissioner):
    """M034 (004 4.2b): what a placing authority contributed, or why it did not."""

    wire: ClassVar[str] = "contribution.received"

    request: Annotated[Line, PROCESS]
    outcome: Annotated[
        Literal["contributed", "in part", "declined"],
        PROCESS,
        Variant(),
        Fact("contribution_outcome"),
    ]
    said: Annotated[Text | None, THEMES, Fact("contribution_said")] = None
    received_at: Annotated[Moment, PROCESS, Fact("contribution_received_at")]

    def about(self) -> str:
        """Return which request it answers."""
        return self.request


class ContractSafeguardingChecked(ByCommissioner):
    """M035 (004 4.2c): whether the service specification has safeguarding arrangements."""

    wire: ClassVar[str] = "contract.safeguarding.checked"

    result: Annotated[
        Literal["has them", "lacks them", "has no specification"],
        COMMERCIAL,
        Variant(),
        Fact("specification_result"),
    ]
    checked_on: Annotated[date, PROCESS, Fact("specification_checked_on")]
    by: Annotated[Person, PROCESS, Fact("specification_by")]


class CapacityAssessmentRecorded(ByCommissioner):
    """M037 (004 4.2e): that capacity was assessed, when, and for which decision; not how it went.

    Its outcome is told to nobody. A hold for want of consent or capacity (H5) that it names is
    lifted where the adult can decide, and stays where the adult cannot.
    """

    wire: ClassVar[str] = "capacity.assessment.recorded"

    adult: Annotated[RecordNumber, PLACED_ADULT, Fact("assessed_adult")]
    assessed_on: Annotated[date, PLACED_ADULT, Fact("assessed_on")]
    decision_scope: Annotated[Line, PLACED_ADULT, Fact("decision_scope")]
    outcome: Annotated[
        Literal["can decide", "cannot decide", "best interests decision made"], PLACED_ADULT
    ]
    assessed_by: Annotated[Person, PROCESS]
    hold_id: Annotated[AnyHoldId | None, PROCESS] = None
    """The H5 hold that waits for this assessment."""

    def about(self) -> str:
        """Return whose assessment it is, for which decision."""
        return f"{self.commissioner} {self.adult} {self.decision_scope}"


class ContractReviewed(ByCommissioner):
    """M038 (004 4.2f): the contract is reviewed and monitored, a care plan change negotiated."""

    wire: ClassVar[str] = "contract.reviewed"

    outcome: Annotated[
        Literal["no change", "closer monitoring", "care plan changed", "varied", "notice given"],
        COMMERCIAL,
        Variant(),
        Fact("contract_outcome"),
    ]
    actions: Annotated[Text | None, COMMERCIAL, Fact("contract_actions")] = None
    reviewed_on: Annotated[date, PROCESS, Fact("contract_reviewed_on")]
    by: Annotated[Person, PROCESS, Fact("contract_by")]


class DolsStatusReported(ByCommissioner):
    """M040 (004 4.2h): how a deprivation of liberty assessment stands, by the supervisory body.

    CQC hears of it by the provider's own notification (CQC (Registration) Regs 2009, reg 18).
    """

    wire: ClassVar[str] = "dols.status.reported"

    adult: Annotated[RecordNumber, PLACED_ADULT, Fact("dols_adult")]
    status: Annotated[
        Literal["applied for", "authorised", "refused", "expired", "not needed"],
        PLACED_ADULT,
        Variant(),
        Fact("dols_status"),
    ]
    until: Annotated[date | None, PLACED_ADULT, Fact("dols_until")] = None

    def about(self) -> str:
        """Return whose assessment it is."""
        return f"{self.commissioner} {self.adult}"


TYPES: Final[tuple[type[EventData], ...]] = (
    ContributionRequested,
    ContributionReceived,
    ContractSafeguardingChecked,
    CapacityAssessmentRecorded,
    ContractReviewed,
    DolsStatusReported,
)
"""Every event of this chapter."""
