"""The provider's part, and holds on what a party may be told (004 sections 3.1 and 7.2)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from hub.events import asking
from hub.events.model import PROCESS, Code, EventData, Line, Moment, Person, Text
from hub.events.references import AnyHoldId, PlacedHoldId
from hub.vocabulary import HoldKind, InfoClass, Role, Stage


class ProviderInvolvementReviewed(EventData):
    """M020, M021 (004 3.1): whether the provider is involved now, and who endorsed a no."""

    wire: ClassVar[str] = "provider.involvement.reviewed"

    stage: Annotated[Stage, PROCESS]
    outcome: Annotated[Literal["involve", "exclude"], PROCESS]
    reason: Annotated[Text, PROCESS]
    reviewed_by: Person
    endorsed_by_agency: Annotated[Code | None, PROCESS] = None
    endorsed_by: Annotated[Line | None, PROCESS] = None


class ProviderInformed(EventData):
    """M069, M070, M071 (004 7.2): the LEO has told the provider, and the written notice follows."""

    wire: ClassVar[str] = "provider.informed"

    by: Person
    how: Annotated[Literal["in person", "by phone", "in writing"], PROCESS]
    informed_at: Annotated[Moment, PROCESS]
    next_meeting_at: Annotated[Moment | None, PROCESS] = None


class HoldPlaced(EventData):
    """M021 (004 3.1): one party is not told some classes, until a named person releases it."""

    wire: ClassVar[str] = "hold.placed"
    before_opening: ClassVar[bool] = True

    hold_id: Annotated[PlacedHoldId, PROCESS]
    kind: Annotated[HoldKind, PROCESS]
    party: Annotated[Code, PROCESS]
    role: Annotated[Role, PROCESS]
    classes: Annotated[tuple[InfoClass, ...], PROCESS, Field(min_length=1)]
    placed_by: Person
    reason: Annotated[Text, PROCESS]
    endorsed_by_agency: Annotated[Code | None, PROCESS] = None
    """H2 counts only when this is the lead agency of record; until then it is H9."""
    review_due: Annotated[Moment, PROCESS]
    conditions_for_release: Annotated[Text, PROCESS]


class HoldReleased(EventData):
    """Mission 1.0: a named authority releases a hold, in whole or for some classes."""

    wire: ClassVar[str] = "hold.released"
    before_opening: ClassVar[bool] = True

    hold_id: Annotated[AnyHoldId, PROCESS]
    classes: Annotated[tuple[InfoClass, ...], PROCESS] = ()
    """Empty: the whole hold."""
    released_by: Person
    authority: Annotated[Code, PROCESS]
    reason: Annotated[Text, PROCESS]


TYPES: Final[tuple[type[EventData], ...]] = (
    ProviderInvolvementReviewed,
    ProviderInformed,
    HoldPlaced,
    HoldReleased,
    *asking.TYPES,
)
"""Every event of this chapter."""
