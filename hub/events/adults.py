"""Adults who use the service, and their carers (004 sections 7.1b, 7.3 to 7.5, 8.1c; 000 9.7)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from hub.events.model import (
    PERSON_ALLEGED,
    PLACED_ADULT,
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
from hub.events.placements import RecordNumber
from hub.events.references import AnyHoldId, Reference
from hub.vocabulary import Role, Stage

Format = Literal[
    "plain words",
    "easy read",
    "large print",
    "welsh",
    "another language",
    "sign language",
    "spoken",
]
"""How somebody was told, by the Accessible Information Standard."""


class CommunicationPlanAgreed(EventData):
    """M060, M075 (004 7.1b, 7.4): how adults and carers are told is agreed, and how often."""

    wire: ClassVar[str] = "communication.plan.agreed"

    agreed_by: Annotated[Person, Fact("plan_agreed_by")]
    agreed_on: Annotated[date, PROCESS, Fact("plan_agreed_on")]
    update_every_days: Annotated[int, PROCESS, Field(ge=1, le=90)]
    """How often they are kept up to date, in days by the calendar."""


class AdultsInformed(EventData):
    """M073, M074 (004 7.3): adults and carers are told at this stage; or not yet, and why."""

    wire: ClassVar[str] = "adults.informed"

    stage: Annotated[Stage, PROCESS]
    decision: Annotated[Literal["tell", "not yet"], PROCESS, Variant()]
    reason: Annotated[Text | None, PROCESS] = None
    review_due: Annotated[Moment | None, PROCESS] = None
    decided_by: Annotated[Person, Fact("adults_decided_by")]

    def about(self) -> str:
        """Return the stage."""
        return self.stage

    @model_validator(mode="after")
    def _not_yet_has_reasons(self) -> AdultsInformed:
        if (self.decision == "not yet") != (
            self.reason is not None and self.review_due is not None
        ):
            msg = "`not yet` has a `reason` and a `review_due`, and `tell` has neither"
            raise ValueError(msg)
        return self


class AdultsUpdated(EventData):
    """M075, M076 (004 7.4): adults and carers are kept up to date; in an emergency at once."""

    wire: ClassVar[str] = "adults.updated"

    reason: Annotated[Literal["progress", "emergency"], PROCESS, Variant()]
    decided_by: Annotated[Person, Fact("update_decided_by")]
    stage: Annotated[Stage, PROCESS]


class ByAdult(EventData):
    """What is said of one adult, by the record number of whoever placed that adult."""

    commissioner: Annotated[Code, PROCESS, Names()]
    adult: Annotated[RecordNumber, PLACED_ADULT, Fact("about_adult")]

    def about(self) -> str:
        """Return whose matter it is."""
        return f"{self.commissioner}/{self.adult}"


class AdultUpdated(ByAdult):
    """N042 (000 9.7): one adult, and whoever speaks for the adult, is kept informed."""

    wire: ClassVar[str] = "adult.updated"

    says: Annotated[Text, THEMES, Fact("adult_update")]
    decided_by: Annotated[Person, Fact("adult_update_by")]


class AdultsTold(EventData):
    """M124 (004 7.3): who was told, by whom, how, in which format, when; carers as adults are.

    Nobody has an address here: this record is what proves that they were told.
    """

    wire: ClassVar[str] = "adults.told"

    commissioner: Annotated[Code, PROCESS, Names()]
    who: Annotated[Literal["adult", "carer", "representative"], PROCESS, Variant()]
    outcome: Annotated[Literal["told", "nobody to tell"], PROCESS, Fact("told_outcome")] = "told"
    adults: Annotated[tuple[RecordNumber, ...], PLACED_ADULT, Field(max_length=500)] = ()
    """Which adults were told, or whose carers. Empty: everybody the worker had to tell."""
    how: Annotated[
        Literal["in person", "by phone", "by video", "by letter", "through an advocate"], PROCESS
    ]
    format: Annotated[Format, PROCESS]
    told_at: Annotated[Moment, PROCESS]
    told_by: Annotated[Person, Fact("told_by")]
    contact: Annotated[Reference | None, PERSON_ALLEGED] = None
    """The number of the carer or representative in the worker's own records, never a name."""

    def about(self) -> str:
        """Return which telling it was."""
        whom = " ".join((self.commissioner, self.who, *self.adults))
        return f"{whom} {self.told_at.isoformat()}"


class CapacitySupportRecorded(ByAdult):
    """M077, N020 (004 7.5, 000 7): what helped an adult to decide, before anybody else may.

    An H5 hold that waited for this support, and that it names, is lifted.
    """

    wire: ClassVar[str] = "capacity.support.recorded"

    decision_scope: Annotated[Line, PLACED_ADULT]
    support: Annotated[
        tuple[
            Literal[
                "family or friend",
                "advocate",
                "imca",
                "interpreter",
                "communication aid",
                "more time",
                "another place or time of day",
            ],
            ...,
        ],
        PLACED_ADULT,
        Field(min_length=1, max_length=10),
    ]
    recorded_by: Person
    hold_id: Annotated[AnyHoldId | None, PROCESS] = None

    def about(self) -> str:
        """Return whose support it was, for which decision."""
        return f"{self.commissioner} {self.adult} {self.decision_scope}"


class BestInterestsStarted(ByAdult):
    """M078 (004 7.5): only after support and an assessment is it decided in an adult's interests.

    The worker then tells whoever speaks for the adult, and the advocate; and still the adult.
    """

    wire: ClassVar[str] = "bestinterests.started"

    decision_scope: Annotated[Line, PLACED_ADULT]
    representative: Annotated[
        Literal["attorney", "deputy", "family or friend", "nobody suitable"],
        PROCESS,
        Variant(),
        Fact("representative"),
    ]
    contact: Annotated[Reference | None, PERSON_ALLEGED] = None
    """The representative's number in the worker's own records, to be screened."""
    imca: Annotated[Code | None, PROCESS, Names(Role.ADVOCACY)] = None
    decision_maker: Annotated[Person, Fact("decision_maker")]
    started_at: Annotated[Moment, PROCESS, Fact("best_interests_started_at")]

    def about(self) -> str:
        """Return whose interests, for which decision."""
        return f"{self.commissioner} {self.adult} {self.decision_scope}"

    @model_validator(mode="after")
    def _somebody_speaks_for_the_adult(self) -> BestInterestsStarted:
        if self.representative == "nobody suitable" and self.imca is None:
            msg = "where nobody is suitable, an Independent Mental Capacity Advocate is named"
            raise ValueError(msg)
        return self


class SupportArranged(ByAdult):
    """M079 (004 7.5): support to understand and decide; who is unsafe is never told (H3)."""

    wire: ClassVar[str] = "support.arranged"

    need: Annotated[Reference, PROCESS, Fact("support_need")]
    standing: Annotated[Literal["needed", "arranged", "declined"], PROCESS, Variant()]
    support: Annotated[
        Literal["family or friend", "advocate", "imca", "interpreter", "communication aid"],
        PROCESS,
        Fact("support_kind"),
    ]
    service: Annotated[Code | None, PROCESS, Names(Role.ADVOCACY)] = None
    contact: Annotated[Reference | None, PERSON_ALLEGED] = None
    """The number of a family member or friend who helps, in the worker's own records."""
    unsafe_contacts: Annotated[tuple[Reference, ...], PERSON_ALLEGED, Field(max_length=20)] = ()
    """Whoever is alleged to have caused harm to this adult, next of kin or not: never told."""

    def about(self) -> str:
        """Return which need."""
        return self.need

    @model_validator(mode="after")
    def _nobody_unsafe_helps(self) -> SupportArranged:
        if self.contact is not None and self.contact in self.unsafe_contacts:
            msg = "who is alleged to have caused harm helps nobody to decide: name somebody else"
            raise ValueError(msg)
        return self


class FeedbackRecorded(EventData):
    """M082 (004 8.1c): what people who use the service say of it, without anybody's name."""

    wire: ClassVar[str] = "feedback.recorded"

    of: Annotated[Literal["adults", "carers", "adults and carers"], PROCESS, Fact("feedback_of")]
    feedback: Annotated[Text, THEMES, Fact("feedback")]
    collected_on: Annotated[date, PROCESS, Fact("feedback_on")]
    collected_by: Annotated[Person, Fact("feedback_by")]


TYPES: Final[tuple[type[EventData], ...]] = (
    CommunicationPlanAgreed,
    AdultsInformed,
    AdultsUpdated,
    AdultUpdated,
    AdultsTold,
    CapacitySupportRecorded,
    BestInterestsStarted,
    SupportArranged,
    FeedbackRecorded,
)
"""Every event of this chapter."""
