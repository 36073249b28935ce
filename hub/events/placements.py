"""Who has placed adults with the provider, and who answers for the place (004 4.1, 4.2, 2.1)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from hub.events.model import (
    PLACED_ADULT,
    PROCESS,
    THEMES,
    Code,
    Count,
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
from hub.vocabulary import Role

RecordNumber = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9./-]{1,31}$")]
"""An adult's opaque number in one commissioner's own records. Never a name or an NHS number."""


class Placement(Data):
    """M025 (004 4.1b): the adults one commissioner has placed, by its own record numbers."""

    commissioner: Annotated[Code | None, PROCESS]
    """None: somebody funds this place and we do not know who (H10)."""
    kind: Annotated[Literal["council", "icb"], PROCESS] = "council"
    adults: Annotated[tuple[RecordNumber, ...], PLACED_ADULT, Field(max_length=500)] = ()
    source: Annotated[Line, PROCESS]
    verified_on: Annotated[date, PROCESS]


class PlacementRegisterDeclared(EventData):
    """M004, M025, M026 (004 1.2, 4.1b): every commissioner of every adult supported.

    An unknown commissioner blocks "all notified" until it is found.
    """

    wire: ClassVar[str] = "placement.register.declared"
    brings: ClassVar[bool] = True

    placements: tuple[Placement, ...] = Field(max_length=200)
    self_funders: Annotated[Count, PROCESS] = 0
    complete: Annotated[bool, PROCESS]


class PlacementRegisterAmended(EventData):
    """M025, M041 (004 4.1b, 4.2i): commissioners found later, or whose adults have moved out.

    Moving out does not take an authority off the closure list.
    """

    wire: ClassVar[str] = "placement.register.amended"
    brings: ClassVar[bool] = True

    added: tuple[Placement, ...] = Field(default=(), max_length=200)
    moved_out: Annotated[tuple[Code, ...], PROCESS, Field(max_length=200)] = ()
    unknown_resolved: Annotated[Count, PROCESS] = 0
    reason: Annotated[Line, PROCESS]


class ByCommissioner(EventData):
    """What one commissioner says or is told of its placements; naming it makes it one of record.

    An authority that reports on a placement has one here, whether or not a register named it: it
    is then found late, and alerted (004 4.1b).
    """

    brings: ClassVar[bool] = True

    commissioner: Annotated[Code, PROCESS, Names()]
    kind: Annotated[Literal["council", "icb"], PROCESS] = "council"

    def about(self) -> str:
        """Return whose placements it is about."""
        return self.commissioner


class PlacingAuthorityAlerted(ByCommissioner):
    """M026, M056 (004 4.1b, 6.1): the host has spoken with a placing authority about the issues.

    It needs no decision to initiate. The written alert goes by itself as soon as the authority is
    known; to one that no register has named, this event is what sends it.
    """

    wire: ClassVar[str] = "placing.authority.alerted"

    how: Annotated[Literal["by phone", "in a meeting", "by letter", "by secure email"], PROCESS]
    spoke_with: Annotated[Person | None, PROCESS] = None
    by: Annotated[Person, PROCESS]
    alerted_at: Annotated[Moment, PROCESS]
    issues: Annotated[Text | None, THEMES] = None


class PlacementEnquirySent(EventData):
    """M119 (004 4.1b): somebody is asked which authorities have placed adults here.

    The host's own records, the ICB, a neighbouring authority, or the provider, when it may know.
    """

    wire: ClassVar[str] = "placement.enquiry.sent"
    brings: ClassVar[bool] = True

    enquiry: Annotated[Line, PROCESS]
    asked: Annotated[Code, PROCESS, Names()]
    records: Annotated[
        Literal["host records", "health-funded places", "out-of-area notices", "residents"],
        PROCESS,
        Fact("enquiry_records"),
    ]
    sent_at: Annotated[Moment, PROCESS]
    due: Annotated[Moment | None, PROCESS] = None

    def about(self) -> str:
        """Return which enquiry it is."""
        return self.enquiry


class PlacingAuthorityNamed(Data):
    """M119 (004 4.1b): an authority that has placed adults here, as an answer names it."""

    commissioner: Annotated[Code, PROCESS, Names()]
    kind: Annotated[Literal["council", "icb"], PROCESS] = "council"


class PlacementEnquiryAnswered(EventData):
    """M119 (004 4.1b): the answer to an enquiry; whom it names is alerted at once.

    An answer counts for what it says: "not known" leaves the enquiry open.
    """

    wire: ClassVar[str] = "placement.enquiry.answered"
    brings: ClassVar[bool] = True

    enquiry: Annotated[Line, PROCESS]
    answered_by: Annotated[Code, PROCESS]
    answer: Annotated[
        Literal["adults are placed", "nobody is placed", "not known"],
        PROCESS,
        Variant(),
        Fact("enquiry_answer"),
    ]
    placing: tuple[PlacingAuthorityNamed, ...] = Field(default=(), max_length=200)
    unknown_funders: Annotated[Count, PROCESS] = 0
    """Places somebody funds, and the answer does not say who."""
    answered_at: Annotated[Moment, PROCESS]

    def about(self) -> str:
        """Return which enquiry it answers."""
        return self.enquiry

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> PlacementEnquiryAnswered:
        named = bool(self.placing or self.unknown_funders)
        if named != (self.answer == "adults are placed"):
            says = "names a funder, or counts unknown ones, if and only if `adults are placed`"
            raise PydanticCustomError("placing", "{says}", {"says": says})
        return self


class PlacementWelfareConfirmed(ByCommissioner):
    """M033 (004 4.2a): whether the needs of the people an authority placed go on being met."""

    wire: ClassVar[str] = "placement.welfare.confirmed"

    outcome: Annotated[
        Literal["met", "not met", "not seen"], THEMES, Variant(), Fact("needs_outcome")
    ]
    adults: Annotated[
        tuple[RecordNumber, ...], PLACED_ADULT, Field(max_length=500), Fact("needs_adults")
    ] = ()
    by: Annotated[Person, PROCESS, Fact("needs_by")]
    confirmed_at: Annotated[Moment, PROCESS, Fact("needs_confirmed_at")]


class PlacementReviewed(ByCommissioner):
    """M036 (004 4.2d): whether a placement still meets needs; `unsuitable` is urgent."""

    wire: ClassVar[str] = "placement.reviewed"

    outcome: Annotated[
        Literal["suitable", "suitable with changes", "unsuitable"],
        THEMES,
        Variant(),
        Fact("review_outcome"),
    ]
    adults: Annotated[
        tuple[RecordNumber, ...],
        PLACED_ADULT,
        Field(min_length=1, max_length=500),
        Fact("review_adults"),
    ]
    reviewed_on: Annotated[date, PROCESS, Fact("reviewed_on")]
    by: Annotated[Person, PROCESS, Fact("review_by")]


class PlacementCaremanagerNamed(ByCommissioner):
    """M039 (004 4.2g): the care manager of one adult, for one placing authority."""

    wire: ClassVar[str] = "placement.caremanager.named"

    adult: Annotated[RecordNumber, PLACED_ADULT, Fact("care_managed_adult")]
    care_manager: Annotated[Person, PROCESS, Fact("care_manager")]

    def about(self) -> str:
        """Return whose care manager it is: a record of each adult of each authority is kept."""
        return f"{self.commissioner} {self.adult}"


class PlacementChanged(ByCommissioner):
    """M041 (004 4.2i): the needs of an adult, or what is provided, have changed.

    Whoever has moved everybody out stays on the closure list.
    """

    wire: ClassVar[str] = "placement.changed"

    change: Annotated[
        Literal["needs changed", "provision changed", "moved out"],
        THEMES,
        Variant(),
        Fact("placement_change"),
    ]
    adults: Annotated[
        tuple[RecordNumber, ...],
        PLACED_ADULT,
        Field(min_length=1, max_length=500),
        Fact("changed_adults"),
    ]
    nobody_left: Annotated[bool, PROCESS] = False
    """Whether this authority has nobody here any more."""
    changed_on: Annotated[date, PROCESS, Fact("placement_changed_on")]


class HostIcbNamed(EventData):
    """M118 (004 4.1): which integrated care board is co-host beside the local authority.

    Where another was named before, both are told; the former stays a party to hear the end.
    """

    wire: ClassVar[str] = "host.icb.named"
    brings: ClassVar[bool] = True

    icb: Annotated[Code, PROCESS, Names(Role.HOST_ICB)]
    reason: Annotated[Line, PROCESS]


class HostOtherNamed(EventData):
    """M008 (004 2.1): harm occurred in this authority's area too: it is a host beside ours.

    Exactly one host co-ordinates: the one the concern was opened with. Until they agree on that,
    it is owed, and nothing waits for it (000 9).
    """

    wire: ClassVar[str] = "host.other.named"

    authority: Annotated[Code, PROCESS, Names(Role.OTHER_HOST)]
    where_harm_was: Annotated[Line, THEMES, Fact("other_host_harm")]
    adults: Annotated[
        tuple[RecordNumber, ...], PLACED_ADULT, Field(max_length=500), Fact("other_host_adults")
    ] = ()
    coordination: Annotated[Literal["agreed", "not agreed"], PROCESS]
    """Whether both agree that the concern's own host authority co-ordinates."""

    def about(self) -> str:
        """Return which host it is about."""
        return self.authority


TYPES: Final[tuple[type[EventData], ...]] = (
    PlacementRegisterDeclared,
    PlacementRegisterAmended,
    PlacingAuthorityAlerted,
    PlacementEnquirySent,
    PlacementEnquiryAnswered,
    PlacementWelfareConfirmed,
    PlacementReviewed,
    PlacementCaremanagerNamed,
    PlacementChanged,
    HostIcbNamed,
    HostOtherNamed,
)
"""Every event of this chapter."""
