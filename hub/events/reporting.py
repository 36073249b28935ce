"""What is reported before a concern is opened, and what is reported again (004 1.2, 000 6, 9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from hub.events.ground import Ground
from hub.events.model import (
    CRIMINAL,
    PLACED_ADULT,
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
from hub.events.placements import RecordNumber
from hub.events.references import Reference

LATE_AFTER: Final = timedelta(hours=24)
"""A record that was made so long after what it records is marked as a late entry (000 9.2)."""
MULTIPLE: Final = 2
"""So many linked enquiries, at least, make "multiple" (1.2)."""


class Report(EventData):
    """What may come before any concern is opened; then `ground` says whom to tell (004 1.2)."""

    before_opening: ClassVar[bool] = True
    urgent: ClassVar[bool] = True

    ground: Ground | None = None


class TriggerReported(Report):
    """M002, M003, M125 (004 1.2, 10.4): somebody reports what may trigger a provider concern.

    It never opens one by itself: a named person decides. One that is not whole is taken all the
    same, and the Lead Enquiry Officer hears what it lacks.
    """

    wire: ClassVar[str] = "trigger.reported"

    report: Annotated[Reference, PROCESS, Fact("trigger_report")]
    basis: Annotated[
        Literal["significant", "multiple-s42"], THEMES, Variant(), Fact("trigger_basis")
    ]
    source: Annotated[
        Literal["duty team", "partner agency", "commissioner", "regulator", "qsig"],
        PROCESS,
        Fact("trigger_source"),
    ]
    """Which body reports; a person who raised it is protected, and stands in `referrer`."""
    what: Annotated[Text, THEMES, Fact("trigger_what")]
    reported_at: Annotated[Moment, PROCESS, Fact("trigger_reported_at")]
    s42_refs: Annotated[
        tuple[RecordNumber, ...], PLACED_ADULT, Fact("trigger_enquiries"), Field(max_length=200)
    ] = ()
    """Linked enquiries by their opaque references (2.2)."""
    wider_risk: Annotated[Text | None, THEMES, Fact("trigger_wider_risk")] = None
    """The wider public interest, or the possible risk to other adults (1.2)."""
    referrer: Annotated[Text | None, REFERRER] = None

    def about(self) -> str:
        """Return which report."""
        return self.report


class ConcernRaised(Report):
    """N035, N037 (000 9, 9.2): a concern is raised, recorded factually and at the time.

    When it occurred, was recorded and was received are kept apart; a late entry is marked as one.
    """

    wire: ClassVar[str] = "concern.raised"
    brings: ClassVar[bool] = True

    raised: Annotated[Reference, PROCESS, Fact("raised_number")]
    kind: Annotated[
        Literal[
            "poor communication",
            "missed care",
            "unsafe practice",
            "unprofessional conduct",
            "poor records",
            "medication",
            "boundary",
            "discrimination",
            "confidentiality breach",
            "safeguarding",
            "not following the care plan",
        ],
        THEMES,
        Variant(),
        Fact("raised_kind"),
    ]
    what: Annotated[Text, THEMES, Fact("raised_what")]
    """What was seen or heard, without opinion and without anybody's name."""
    occurred_at: Annotated[Moment, PROCESS, Fact("raised_occurred_at")]
    recorded_at: Annotated[Moment, PROCESS, Fact("raised_recorded_at")]
    recorded_by: Annotated[Line | None, REFERRER] = None
    commissioners: Annotated[tuple[Code, ...], PROCESS, Names(), Field(max_length=50)] = ()
    """Who has placed the adults concerned, where that is known."""

    def about(self) -> str:
        """Return which concern was raised."""
        return self.raised

    def late_by(self) -> timedelta | None:
        """Return how long after it occurred it was recorded; None: without delay (9.2)."""
        gap = self.recorded_at - self.occurred_at
        return gap if gap > LATE_AFTER else None

    @model_validator(mode="after")
    def _recorded_after_it_occurred(self) -> ConcernRaised:
        if self.recorded_at < self.occurred_at:
            msg = "`recorded_at` is before `occurred_at`: nothing is recorded before it occurs"
            raise ValueError(msg)
        return self


class ConcernStaffRaised(Report):
    """N015 (000 6): an employee raises a concern; who it is, is protected (C7).

    Raised outside the provider, the provider hears of it by no notice of this hub.
    """

    wire: ClassVar[str] = "concern.staff.raised"

    raised: Annotated[Reference, PROCESS, Fact("staff_raised_number")]
    outside: Annotated[bool, PROCESS, Variant()]
    """Whether it was raised outside the provider, as whistle-blowers do."""
    what: Annotated[Text, THEMES, Fact("staff_raised_what")]
    raised_at: Annotated[Moment, PROCESS, Fact("staff_raised_at")]
    referrer: Annotated[Text | None, REFERRER] = None

    def about(self) -> str:
        """Return which concern was raised."""
        return self.raised


class IncidentExternalReported(Report):
    """N016 (000 6): an external provider reports an incident, as it must."""

    wire: ClassVar[str] = "incident.external.reported"

    incident: Annotated[Reference, PROCESS, Fact("incident_number")]
    reported_by: Annotated[Code, PROCESS]
    what: Annotated[Text, THEMES, Fact("incident_what")]
    occurred_at: Annotated[Moment, PROCESS, Fact("incident_occurred_at")]

    def about(self) -> str:
        """Return which incident."""
        return self.incident


class IncidentFurtherReported(Report):
    """M093 (004 9.1): a further incident has occurred; what was released before says nothing of it.

    Where a crime is suspected, or nobody knows, the provider waits again for the police.
    """

    wire: ClassVar[str] = "incident.further.reported"

    incident: Annotated[Reference, PROCESS, Fact("further_number")]
    what: Annotated[Text, THEMES, Fact("further_what")]
    occurred_at: Annotated[Moment, PROCESS, Fact("further_occurred_at")]
    crime: Annotated[
        Literal["suspected", "not suspected", "not known"],
        CRIMINAL,
        Variant(),
        Fact("further_crime"),
    ] = "not known"
    """Whether it may be a crime."""

    def about(self) -> str:
        """Return which incident."""
        return self.incident


class ProtectionImmediateTaken(Report):
    """N036 (000 9.1): somebody has acted at once to protect people. It waits for nothing."""

    wire: ClassVar[str] = "protection.immediate.taken"

    protection: Annotated[Reference, PROCESS]
    what: Annotated[Text, THEMES, Fact("protection_what")]
    taken_by: Annotated[Person, Fact("protection_taken_by")]
    taken_at: Annotated[Moment, PROCESS, Fact("protection_taken_at")]
    commissioners: Annotated[tuple[Code, ...], PROCESS, Names(), Field(max_length=50)] = ()
    """Who has placed the adults who were protected."""

    def about(self) -> str:
        """Return which action."""
        return self.protection


class ManagerInformed(EventData):
    """N038 (000 9.3): the relevant manager has been told, unless that manager is alleged (M019)."""

    wire: ClassVar[str] = "manager.informed"
    before_opening: ClassVar[bool] = True

    raised: Annotated[Reference, PROCESS, Fact("manager_about")]
    """Which concern the manager was told of."""
    manager: Annotated[Person, Fact("informed_manager")]
    alleged: Annotated[bool, PROCESS, Variant()]
    """Whether this manager is alleged to have caused harm: then telling was a mistake."""
    informed_at: Annotated[Moment, PROCESS, Fact("manager_informed_at")]

    def about(self) -> str:
        """Return which concern."""
        return self.raised


class ConcernProviderEscalated(EventData):
    """N014 (000 6): a manager escalates within the provider: its registered manager, its NI."""

    wire: ClassVar[str] = "concern.provider.escalated"
    before_opening: ClassVar[bool] = True

    escalation: Annotated[Reference, PROCESS, Fact("provider_escalation")]
    what: Annotated[Text, THEMES, Fact("provider_escalation_what")]
    escalated_at: Annotated[Moment, PROCESS, Fact("provider_escalated_at")]

    def about(self) -> str:
        """Return which escalation."""
        return self.escalation


class EnquiryS42Linked(EventData):
    """M010 (004 2.2): an individual enquiry goes on beside the process, linked by its reference.

    The reference is opaque and the host's alone: nothing of the individual goes to anybody else.
    """

    wire: ClassVar[str] = "enquiry.s42.linked"
    before_opening: ClassVar[bool] = True

    enquiry: Annotated[RecordNumber, PLACED_ADULT, Fact("linked_enquiry")]
    linked_at: Annotated[Moment, PROCESS, Fact("enquiry_linked_at")]

    def about(self) -> str:
        """Return which enquiry."""
        return self.enquiry


class EnquiryThemesRecorded(EventData):
    """M011 (004 2.2): themes, risks and outcomes of enquiries feed the process; nobody's facts."""

    wire: ClassVar[str] = "enquiry.themes.recorded"
    before_opening: ClassVar[bool] = True

    batch: Annotated[Reference, PROCESS]
    themes: Annotated[
        tuple[Line, ...], THEMES, Fact("enquiry_themes"), Field(min_length=1, max_length=20)
    ]
    outcomes: Annotated[
        tuple[Line, ...], THEMES, Fact("enquiry_outcomes"), Field(max_length=20)
    ] = ()
    enquiries: Annotated[Count, THEMES, Fact("enquiry_count")]
    """Of how many enquiries; where it is small, others read "fewer than"."""

    def about(self) -> str:
        """Return which record."""
        return self.batch


TYPES: Final[tuple[type[EventData], ...]] = (
    TriggerReported,
    ConcernRaised,
    ConcernStaffRaised,
    IncidentExternalReported,
    IncidentFurtherReported,
    ProtectionImmediateTaken,
    ManagerInformed,
    ConcernProviderEscalated,
    EnquiryS42Linked,
    EnquiryThemesRecorded,
)
"""Every event of this chapter."""
