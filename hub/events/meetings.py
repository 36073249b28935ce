"""Stages, meetings and agreed themes (004 sections 5 to 9)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from hub.events.initiation import Theme
from hub.events.model import PROCESS, THEMES, EventData, Line, Moment
from hub.vocabulary import Stage


class StageChanged(EventData):
    """M052 (004 5.1): the process moves to another stage; an unlawful move is kept."""

    wire: ClassVar[str] = "stage.changed"

    from_stage: Annotated[Stage, PROCESS]
    to_stage: Annotated[Stage, PROCESS]
    changed_at: Annotated[Moment, PROCESS]


class MeetingScheduled(EventData):
    """M030, M068, M090 (004 4.1e, 7.1j, 9.1): a meeting has a date."""

    wire: ClassVar[str] = "meeting.scheduled"

    kind: Annotated[Literal["initial", "findings", "update", "failure", "urgent"], PROCESS]
    starts_at: Annotated[Moment, PROCESS]
    place: Annotated[Line, PROCESS]


class ThemesAgreed(EventData):
    """M059 (004 7.1a): the meeting has agreed the main themes and risks."""

    wire: ClassVar[str] = "themes.agreed"

    themes: tuple[Theme, ...] = Field(min_length=1, max_length=20)
    risk_level: Annotated[Literal["low", "medium", "high", "critical"], THEMES]
    affected_count: Annotated[int | None, THEMES, Field(ge=0, le=100_000)] = None


TYPES: Final[tuple[type[EventData], ...]] = (
    StageChanged,
    MeetingScheduled,
    ThemesAgreed,
)
"""Every event of this chapter."""
