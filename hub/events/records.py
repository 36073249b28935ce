"""Records and mistakes: retention, recalls, breaches, the Board, access requests (000 7, 8.2)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from hub.events.disclosures import Exemption
from hub.events.model import (
    PROCESS,
    THEMES,
    Code,
    Data,
    EventData,
    Fact,
    Line,
    Moment,
    Names,
    Person,
    Text,
    Variant,
)
from hub.events.police import Name
from hub.events.references import PastEventId, PastSource
from hub.vocabulary import AgencyId, InfoClass, Role


class RecordRetentionSet(EventData):
    """N030 (000 8.2): how long the record of this concern is kept; a legal hold keeps it longer."""

    wire: ClassVar[str] = "record.retention.set"

    retain_until: Annotated[date | None, PROCESS] = None
    legal_hold: Annotated[bool, PROCESS, Variant()]
    """True: nothing of it may be erased, whatever the date says."""
    reason: Annotated[Text, PROCESS]
    schedule: Annotated[Line | None, PROCESS] = None
    set_by: Annotated[Person, Fact("retention_set_by")]

    @model_validator(mode="after")
    def _has_an_end(self) -> RecordRetentionSet:
        if not self.legal_hold and self.retain_until is None:
            msg = "needs `retain_until`, or a `legal_hold`"
            raise ValueError(msg)
        return self


class NoticeRecalled(EventData):
    """B03 (000 section 7): a notice went to a wrong recipient, and is called back.

    It opens a personal data breach: the data protection officer has 72 hours from its discovery
    (UK GDPR Art 33).
    """

    wire: ClassVar[str] = "notice.recalled"
    urgent: ClassVar[bool] = True

    recall_id: Annotated[Name, PROCESS, Fact("recall_id")]
    party: Annotated[Code, PROCESS]
    role: Annotated[Role, PROCESS]
    event: Annotated[PastEventId, PROCESS]
    """The `id` of the event whose notice it was."""
    event_source: Annotated[PastSource, PROCESS]
    classes: Annotated[tuple[InfoClass, ...], PROCESS, Field(min_length=1, max_length=8)]
    """What it told that it should not have."""
    only_by_mistake: Annotated[bool, PROCESS]
    """True: this party has no part in the concern at all, and hears no more of it."""
    why: Annotated[Text, PROCESS]
    whose: Annotated[tuple[Code, ...], PROCESS, Names(), Field(max_length=50)] = ()
    """Agencies whose adults were told of."""
    data_protection_officer: Annotated[Code, PROCESS, Names(Role.DATA_PROTECTION)]
    discovered_at: Annotated[Moment, PROCESS, Fact("recall_discovered_at")]
    recalled_by: Annotated[Person, Fact("recalled_by")]

    def about(self) -> str:
        """Return which recall."""
        return self.recall_id

    def joins(self) -> tuple[tuple[AgencyId, Role], ...]:
        """Return the wrong recipient: it hears once, to delete what it has."""
        return ((self.party, self.role),)

    @model_validator(mode="after")
    def _not_its_own(self) -> NoticeRecalled:
        if self.party in self.whose:
            msg = "`whose` are the agencies whose adults were told of to another"
            raise ValueError(msg)
        return self


class BreachDecided(EventData):
    """B03 (UK GDPR Art 33, 34): whether a breach was reported, and its subjects told."""

    wire: ClassVar[str] = "breach.decided"

    recall_id: Annotated[Name, PROCESS, Fact("recall_id")]
    decision: Annotated[
        Literal["reported to the Information Commissioner", "not to be reported"],
        PROCESS,
        Fact("breach_decision"),
    ]
    reason: Annotated[Text, PROCESS]
    subjects: Annotated[Literal["told", "to be told", "not told"], PROCESS]
    subjects_reason: Annotated[Text, PROCESS]
    reference: Annotated[Line | None, PROCESS] = None
    decided_by: Annotated[Person, Fact("breach_decided_by")]
    decided_at: Annotated[Moment, PROCESS, Fact("breach_decided_at")]

    def about(self) -> str:
        """Return which breach."""
        return self.recall_id


class BoardRequestReceived(EventData):
    """S19 (000 section 7; Care Act 2014 s.45): the Safeguarding Adults Board asks.

    Who is asked must comply: this holds whether or not the process has ended.
    """

    wire: ClassVar[str] = "board.request.received"

    board: Annotated[Code, PROCESS, Names(Role.SAB)]
    request: Annotated[Name, PROCESS, Fact("board_request")]
    asks: Annotated[Text, THEMES, Fact("board_asks")]
    asked_by: Annotated[Person, Fact("board_contact")]
    asked_at: Annotated[Moment, PROCESS, Fact("board_asked_at")]
    answer_by: Annotated[Moment | None, PROCESS] = None

    def about(self) -> str:
        """Return which request."""
        return self.request


class BoardRequestAnswered(EventData):
    """S19 (Care Act 2014 s.45): the Board's request was answered, by the agreed secure route."""

    wire: ClassVar[str] = "board.request.answered"

    board: Annotated[Code, PROCESS, Names(Role.SAB)]
    request: Annotated[Name, PROCESS, Fact("board_request")]
    answered_by: Annotated[Person, Fact("board_answered_by")]
    answered_at: Annotated[Moment, PROCESS, Fact("board_answered_at")]
    reference: Annotated[Line | None, PROCESS] = None

    def about(self) -> str:
        """Return which request."""
        return self.request


class SubjectAccessRequested(EventData):
    """S19 (UK GDPR Art 12(3), 15): somebody asks for their own data: one month from receipt.

    Who asks stays in the case system; the hub knows the request by its reference.
    """

    wire: ClassVar[str] = "subject.access.requested"

    request: Annotated[Name, PROCESS, Fact("access_request")]
    received_at: Annotated[Moment, PROCESS, Fact("access_received_at")]
    data_protection_officer: Annotated[Code, PROCESS, Names(Role.DATA_PROTECTION)]
    recorded_by: Annotated[Person, Fact("access_recorded_by")]

    def about(self) -> str:
        """Return which request."""
        return self.request


class Exempt(Data):
    """One entry that is not shown, and on which exemption."""

    entry: Annotated[Name, PROCESS]
    """The `disclosure_id` of the entry, or what else it is known by."""
    sar_exempt_basis: Annotated[Exemption, PROCESS]


class SubjectAccessAnswered(EventData):
    """S19 (UK GDPR Art 15; DPA 2018 Sch 2, 3): it was answered; what is exempt has a basis."""

    wire: ClassVar[str] = "subject.access.answered"

    request: Annotated[Name, PROCESS]
    exempt: tuple[Exempt, ...] = Field(default=(), max_length=500)
    answered_by: Person
    answered_at: Annotated[Moment, PROCESS]

    def about(self) -> str:
        """Return which request."""
        return self.request


TYPES: Final[tuple[type[EventData], ...]] = (
    RecordRetentionSet,
    NoticeRecalled,
    BreachDecided,
    BoardRequestReceived,
    BoardRequestAnswered,
    SubjectAccessRequested,
    SubjectAccessAnswered,
)
"""Every event of this chapter."""
