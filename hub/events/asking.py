"""What is asked of the provider, what it says, and who keeps people safe meanwhile (004 7.2)."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from hub.events.model import (
    CRIMINAL,
    PROCESS,
    THEMES,
    Code,
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


class ProviderContacted(EventData):
    """M057 (004 6.1): somebody has been in contact with the provider about the concern.

    It has happened, so it is on record whatever was agreed. Where nobody had said whether there is
    a crime, or what part the provider has, or the provider is held, the lead and the police hear.
    """

    wire: ClassVar[str] = "provider.contacted"

    by: Annotated[Person, Fact("contacted_by")]
    how: Annotated[Literal["in person", "by phone", "in writing"], PROCESS, Fact("contacted_how")]
    contacted_at: Annotated[Moment, PROCESS, Fact("contacted_at")]
    said: Annotated[Text | None, THEMES, Fact("contact_said")] = None
    """What the provider was told, without anybody's name."""


class ProviderViewsRecorded(EventData):
    """M062 (004 7.1d): what the provider says; for the Chair and the lead, shared no further."""

    wire: ClassVar[str] = "provider.views.recorded"

    views: Annotated[Text, THEMES, Fact("provider_views")]
    given_at: Annotated[Moment, PROCESS, Fact("views_given_at")]
    recorded_by: Annotated[Person, Fact("views_recorded_by")]


class ProviderInformationRequested(EventData):
    """M117 (004 7.2): the provider is asked for what it knows; the request is held as it is."""

    wire: ClassVar[str] = "provider.information.requested"

    request: Annotated[Reference, PROCESS, Fact("request_number")]
    asked: Annotated[Text, THEMES, Fact("provider_asked")]
    due: Annotated[Moment | None, PROCESS, Fact("provider_asked_by")] = None

    def about(self) -> str:
        """Return which request."""
        return self.request


class ProviderInformationReceived(EventData):
    """M117 (004 7.2): what became of a request to the provider."""

    wire: ClassVar[str] = "provider.information.received"

    request: Annotated[Reference, PROCESS, Fact("answered_request_number")]
    outcome: Annotated[
        Literal["given", "in part", "refused"], PROCESS, Variant(), Fact("information_outcome")
    ]
    summary: Annotated[Text | None, THEMES, Fact("information_summary")] = None
    received_at: Annotated[Moment, PROCESS, Fact("information_received_at")]

    def about(self) -> str:
        """Return which request it answers."""
        return self.request


class ProtectionInterimRecorded(EventData):
    """M122 (004 3.1, 6.1): who keeps people safe while the provider is not told, and how."""

    wire: ClassVar[str] = "protection.interim.recorded"

    agency: Annotated[Code, PROCESS, Names()]
    lead: Annotated[Person, Fact("protection_lead")]
    measures: Annotated[Text, THEMES, Fact("protection_measures")]
    review_due: Annotated[Moment, PROCESS, Fact("protection_review_due")]


class ProtectionInstructed(EventData):
    """M122 (004 3.1, 7.2): the provider is to do something at once so that people are safe.

    A named person decides it, and says what the police were asked. No hold gives way to it: where
    the provider is held it goes once the police have released that the process exists.
    """

    wire: ClassVar[str] = "protection.instructed"

    instruction: Annotated[Text, PROCESS, Fact("protective_instruction")]
    """What to do, and nothing of why."""
    decided_by: Annotated[Person, Fact("instruction_decided_by")]
    decided_at: Annotated[Moment, PROCESS]
    police_asked: Annotated[Line, CRIMINAL]
    """Which officer was asked first, under which log number, and what the officer said."""


class ProviderPapersGiven(EventData):
    """M084 (004 8.1e): the provider was given its papers for a findings meeting."""

    wire: ClassVar[str] = "provider.papers.given"

    meeting_at: Annotated[Moment, PROCESS, Fact("papers_for")]
    given_at: Annotated[Moment, PROCESS, Fact("papers_given_at")]
    papers: Annotated[Line, PROCESS, Fact("papers")]
    given_by: Annotated[Person, Fact("papers_given_by")]

    def about(self) -> str:
        """Return which meeting."""
        return self.meeting_at.astimezone(UTC).isoformat()


class FairnessOverrideRecorded(EventData):
    """M084 (004 8.1e): why a findings meeting is held although the papers came late, by name."""

    wire: ClassVar[str] = "fairness.override.recorded"

    meeting_at: Annotated[Moment, PROCESS, Fact("override_for")]
    reason: Annotated[Text, THEMES, Fact("override_reason")]
    decided_by: Annotated[Person, Fact("override_decided_by")]

    def about(self) -> str:
        """Return which meeting."""
        return self.meeting_at.astimezone(UTC).isoformat()


class ProviderOversightDeclared(EventData):
    """N001 (000 1): the registered provider answers for the service, whoever runs it for it.

    It takes part as the provider, besides the one that the concern is about.
    """

    wire: ClassVar[str] = "provider.oversight.declared"

    registered: Annotated[Code, PROCESS, Names(Role.PROVIDER)]
    arrangement: Annotated[Line, PROCESS, Fact("oversight_arrangement")]
    """Such as a sub-contract or a franchise."""
    declared_by: Annotated[Person, Fact("oversight_declared_by")]

    def about(self) -> str:
        """Return who answers for it."""
        return self.registered


class ProviderLeadNamed(EventData):
    """N013 (000 6): who leads on safeguarding for the provider, and who stands in."""

    wire: ClassVar[str] = "provider.lead.named"

    lead: Annotated[Person, Fact("provider_lead")]
    alternates: Annotated[tuple[Person, ...], Fact("provider_alternate"), Field(max_length=10)] = ()
    """Who stands in, above all where the lead is alleged to have caused harm (M019)."""

    @model_validator(mode="after")
    def _somebody_else(self) -> ProviderLeadNamed:
        if any(one.name.casefold() == self.lead.name.casefold() for one in self.alternates):
            msg = "an alternate is somebody else than the lead"
            raise ValueError(msg)
        return self


class ProviderResponseRequested(EventData):
    """N039 (000 9.4): an urgent response is asked of the provider, where that is appropriate.

    The policy asks to notify the provider; the framework's hold (7.2) wins over that.
    """

    wire: ClassVar[str] = "provider.response.requested"

    request: Annotated[Reference, PROCESS, Fact("request_number")]
    asked: Annotated[Text, THEMES, Fact("provider_asked")]
    due: Annotated[Moment | None, PROCESS, Fact("provider_asked_by")] = None

    def about(self) -> str:
        """Return which request."""
        return self.request


TYPES: Final[tuple[type[EventData], ...]] = (
    ProviderContacted,
    ProviderViewsRecorded,
    ProviderInformationRequested,
    ProviderInformationReceived,
    ProtectionInterimRecorded,
    ProtectionInstructed,
    ProviderPapersGiven,
    FairnessOverrideRecorded,
    ProviderOversightDeclared,
    ProviderLeadNamed,
    ProviderResponseRequested,
)
"""Every event of this chapter."""
