"""Stages, meetings and agreed themes (004 sections 5 to 9)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from hub.events.initiation import Theme
from hub.events.model import PROCESS, THEMES, Code, EventData, Fact, Line, Moment, Person, Variant
from hub.vocabulary import Stage

MeetingKind = Literal["initial", "findings", "update", "failure", "urgent"]
"""The meetings of the framework (004 7.1, 8.1, 8.4, 9.1, 12.1)."""


class StageChanged(EventData):
    """M052 (004 5.1): the process moves to another stage; an unlawful move is kept."""

    wire: ClassVar[str] = "stage.changed"

    from_stage: Annotated[Stage, PROCESS]
    to_stage: Annotated[Stage, PROCESS]
    changed_at: Annotated[Moment, PROCESS]

    def about(self) -> str:
        """Return the move, since each is part of the history."""
        return f"{self.from_stage} {self.to_stage} {self.changed_at.isoformat()}"


class MeetingScheduled(EventData):
    """M030, M068, M090 (004 4.1e, 7.1j, 9.1): a meeting has a date."""

    wire: ClassVar[str] = "meeting.scheduled"

    kind: Annotated[MeetingKind, PROCESS, Variant()]
    starts_at: Annotated[Moment, PROCESS]
    place: Annotated[Line, PROCESS]

    def about(self) -> str:
        """Return which meeting it is."""
        return f"{self.kind} {self.starts_at.isoformat()}"


class MeetingHeld(EventData):
    """M120 (004 8.4, 9.1, 12.1): a meeting was held: who came, what was decided, who leads."""

    wire: ClassVar[str] = "meeting.held"

    kind: Annotated[MeetingKind, PROCESS, Fact("held_meeting_kind")]
    held_at: Annotated[Moment, PROCESS, Fact("meeting_held_at")]
    attended: Annotated[tuple[Code, ...], PROCESS, Field(min_length=1, max_length=200)]
    decisions: Annotated[
        tuple[Line, ...], THEMES, Fact("meeting_decisions"), Field(min_length=1, max_length=50)
    ]
    chair: Annotated[Person, Fact("meeting_chair")]

    def about(self) -> str:
        """Return which meeting it was."""
        return f"{self.kind} {self.held_at.isoformat()}"


class ThemesAgreed(EventData):
    """M059 (004 7.1a): the meeting has agreed the main themes and risks."""

    wire: ClassVar[str] = "themes.agreed"

    themes: tuple[Theme, ...] = Field(min_length=1, max_length=20)
    risk_level: Annotated[Literal["low", "medium", "high", "critical"], THEMES]
    affected_count: Annotated[int | None, THEMES, Field(ge=0, le=100_000)] = None


TYPES: Final[tuple[type[EventData], ...]] = (
    StageChanged,
    MeetingScheduled,
    MeetingHeld,
    ThemesAgreed,
)
"""Every event of this chapter."""
