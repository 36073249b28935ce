"""Stage 1: thresholds, factors, risk and the decision to initiate (004 1.3, 2.5 and 6.1)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from hub.events.ground import Ground
from hub.events.model import (
    COMMERCIAL,
    PERSON_ALLEGED,
    PROCESS,
    REFERRER,
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
from hub.vocabulary import ContactId, Role

Level = Literal["low", "medium", "high", "critical"]
ContactName = Annotated[ContactId, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9:._-]{0,63}$")]
"""The name that the directory gives a mailbox or a webhook. Never an address."""


class ThresholdAssessed(EventData):
    """M005, M006, M007 (004 1.3): whether the threshold for considering a provider concern is met.

    A rule that counts may suggest it; a named person decides.
    """

    wire: ClassVar[str] = "threshold.assessed"
    before_opening: ClassVar[bool] = True

    ground: Ground | None = None
    criterion: Annotated[
        Literal["number", "pattern", "regime"], THEMES, Variant(), Fact("threshold_criterion")
    ]
    """`number` of adults; `pattern` in information or data; `regime`: risk or negative impact."""
    decision: Annotated[Literal["met", "not met"], THEMES, Fact("threshold_decision")]
    decided_by: Annotated[Person, Fact("threshold_owner")]
    reason: Annotated[Text, THEMES, Fact("threshold_reason")]
    count: Annotated[Count | None, THEMES, Fact("threshold_count")] = None
    """How many adults, or how many concerns."""
    window_days: Annotated[Annotated[int, Field(ge=1, le=3650)] | None, THEMES] = None
    """For a pattern: in how many days."""
    suggested_by_rule: Annotated[Line | None, PROCESS, Fact("threshold_rule")] = None
    """Which rule counted and suggested it; None: nobody but the person."""

    def about(self) -> str:
        """Return which criterion."""
        return self.criterion

    @model_validator(mode="after")
    def _counted(self) -> ThresholdAssessed:
        if self.criterion == "number" and self.count is None:
            msg = "`number` needs a `count` of the adults allegedly abused"
            raise ValueError(msg)
        return self


class RiskAssessed(EventData):
    """M053 (004 6.1): the current level and impact of risk; the level drives how soon."""

    wire: ClassVar[str] = "risk.assessed"
    before_opening: ClassVar[bool] = True

    level: Annotated[Level, THEMES, Variant(), Fact("assessed_risk")]
    impact: Annotated[Text, THEMES, Fact("risk_impact")]
    assessed_by: Annotated[Person, Fact("risk_assessed_by")]
    assessed_at: Annotated[Moment, PROCESS, Fact("risk_assessed_at")]


class WelfareCheckCompleted(EventData):
    """M054 (004 6.1): a commissioner has checked whether its people are safe."""

    wire: ClassVar[str] = "welfare.check.completed"
    urgent: ClassVar[bool] = True

    commissioner: Annotated[Code, PROCESS, Names()]
    outcome: Annotated[Literal["safe", "unsafe", "not seen"], THEMES, Variant(), Fact("welfare")]
    checked_at: Annotated[Moment, PROCESS, Fact("welfare_checked_at")]
    checked_by: Annotated[Person, Fact("welfare_checked_by")]
    note: Annotated[Text | None, THEMES, Fact("welfare_note")] = None

    def about(self) -> str:
        """Return whose people were checked on."""
        return self.commissioner


class HistoryConsidered(EventData):
    """M080 (004 8.1a): previous safeguarding and quality concerns have been considered."""

    wire: ClassVar[str] = "history.considered"
    before_opening: ClassVar[bool] = True

    summary: Annotated[Text, THEMES, Fact("history_summary")]
    earlier: Annotated[Count, THEMES, Fact("history_count")]
    """How many earlier concerns there are."""
    considered_by: Annotated[Person, Fact("history_by")]


class InitiationDecided(EventData):
    """M058 (004 6.1): it is decided to begin the process, or not to; nothing begins by itself."""

    wire: ClassVar[str] = "initiation.decided"
    before_opening: ClassVar[bool] = True
    brings: ClassVar[bool] = True

    ground: Ground | None = None
    decision: Annotated[Literal["initiate", "not initiate"], PROCESS, Variant()]
    decided_by: Annotated[Person, Fact("initiation_by")]
    decided_at: Annotated[Moment, PROCESS, Fact("initiation_at")]
    reason: Annotated[Text, PROCESS, Fact("initiation_reason")]
    """In words that everybody who was told may read: no adult, no name, no crime, no money."""
    referring_agency: Annotated[Code | None, REFERRER, Names()] = None
    """The agency that referred it, to be told what came of it; never shown to anybody."""


class DeadlineSet(EventData):
    """M014, N049 (004 2.4, 000 11): something is due by a time, and nobody lets it go by."""

    wire: ClassVar[str] = "deadline.set"
    before_opening: ClassVar[bool] = True

    deadline: Annotated[Reference, PROCESS, Fact("deadline_number")]
    standing: Annotated[Literal["due", "due, urgent", "met"], PROCESS, Variant()]
    """An urgent one does not wait for anybody's office hours."""
    owner: Annotated[Code, PROCESS, Names()]
    what: Annotated[Line, PROCESS, Fact("deadline_what")]
    due: Annotated[Moment, PROCESS, Fact("deadline_due")]
    set_by: Annotated[Person, Fact("deadline_set_by")]

    def about(self) -> str:
        """Return which deadline."""
        return self.deadline


class DeadlineBreached(EventData):
    """M014 (004 2.4): a case system says that something due has not been done in time."""

    wire: ClassVar[str] = "deadline.breached"
    before_opening: ClassVar[bool] = True

    deadline: Annotated[Reference, PROCESS, Fact("breached_number")]
    owner: Annotated[Code, PROCESS, Names()]
    what: Annotated[Line, PROCESS, Fact("breached_what")]
    was_due: Annotated[Moment, PROCESS, Fact("breached_due")]

    def about(self) -> str:
        """Return which deadline."""
        return self.deadline


class FactorMediaFlagged(EventData):
    """M015 (004 2.5): the media may take an interest; no statement goes out before it is agreed."""

    wire: ClassVar[str] = "factor.media.flagged"
    before_opening: ClassVar[bool] = True
    brings: ClassVar[bool] = True

    flagged_by: Annotated[Person, Fact("media_by")]
    interest: Annotated[Text, THEMES, Fact("media_interest")]


class FactorSeverityFlagged(EventData):
    """M016 (004 2.5): high volume and severity; the pack's shorter times apply from now on."""

    wire: ClassVar[str] = "factor.severity.flagged"
    before_opening: ClassVar[bool] = True

    flagged_by: Annotated[Person, Fact("severity_by")]
    severity: Annotated[Text, THEMES, Fact("severity")]


class FactorCultureFlagged(EventData):
    """M017 (004 2.5): a culture of dangerous practices."""

    wire: ClassVar[str] = "factor.culture.flagged"
    before_opening: ClassVar[bool] = True

    flagged_by: Annotated[Person, Fact("culture_by")]
    practices: Annotated[Text, THEMES, Fact("culture_practices")]


class FactorSeniorRequested(EventData):
    """M018 (004 2.5): senior people must co-ordinate the response, its commercial side with it."""

    wire: ClassVar[str] = "factor.senior.requested"
    before_opening: ClassVar[bool] = True
    brings: ClassVar[bool] = True

    requested_by: Annotated[Person, Fact("senior_by")]
    why: Annotated[Text, THEMES, Fact("senior_why")]
    commercial: Annotated[Text | None, COMMERCIAL, Fact("senior_commercial")] = None
    heads_of_service: Annotated[
        tuple[Code, ...], PROCESS, Names(Role.HEADS_OF_SERVICE), Field(max_length=20)
    ] = ()
    """Of other councils; the host authority's own hear anyway."""
    group: Annotated[Code, PROCESS, Names(Role.SPCG)]
    """The strategic provider concerns group, whose chair reads for it."""


class FactorPowerFlagged(EventData):
    """M019 (004 2.5): a person or an organisation with significant power and authority to abuse.

    Whatever the directory has of that person is struck from every route of this concern. Where
    nobody can say which of an agency's contacts is that person, all of it waits (H3) until a
    contact that was verified by name has been given.
    """

    wire: ClassVar[str] = "factor.power.flagged"
    before_opening: ClassVar[bool] = True
    urgent: ClassVar[bool] = True

    agency: Annotated[Code, PROCESS]
    role: Annotated[Role, PROCESS]
    contacts: Annotated[tuple[ContactName, ...], PERSON_ALLEGED, Field(max_length=50)] = ()
    """Which of the agency's mailboxes are that person's. Empty: nobody can say."""
    endpoints: Annotated[tuple[ContactName, ...], PERSON_ALLEGED, Field(max_length=50)] = ()
    """Which of its webhooks are that person's."""
    person: Annotated[Line | None, PERSON_ALLEGED, Fact("powerful_person")] = None
    flagged_by: Annotated[Person, Fact("power_by")]
    flagged_at: Annotated[Moment, PROCESS, Fact("power_flagged_at")]

    def about(self) -> str:
        """Return whose person it is."""
        return f"{self.agency} {self.role}"


class ContactReplaced(EventData):
    """M019 (004 2.5): a contact that was verified by name stands in for whoever was struck."""

    wire: ClassVar[str] = "contact.replaced"
    before_opening: ClassVar[bool] = True

    agency: Annotated[Code, PROCESS]
    role: Annotated[Role, PROCESS]
    contact: Annotated[ContactName, PROCESS]
    """The directory's name for the contact that may be written to."""
    verified_by: Annotated[Person, Fact("contact_verified_by")]
    verified_on: Annotated[date, PROCESS]

    def about(self) -> str:
        """Return whose contact it is."""
        return f"{self.agency} {self.role}"


TYPES: Final[tuple[type[EventData], ...]] = (
    ThresholdAssessed,
    RiskAssessed,
    WelfareCheckCompleted,
    HistoryConsidered,
    InitiationDecided,
    DeadlineSet,
    DeadlineBreached,
    FactorMediaFlagged,
    FactorSeverityFlagged,
    FactorCultureFlagged,
    FactorSeniorRequested,
    FactorPowerFlagged,
    ContactReplaced,
)
"""Every event of this chapter."""
