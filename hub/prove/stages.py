"""Parties by stages: what each hears of the events of a stage, out of the map of a pack. Pure.

An event type is of the stage whose chapter of the framework it rests on (004 6 to 11); what rests
on another chapter, or on another text, may come at any stage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from hub.events import EVENTS
from hub.prove.chart import Chart, ChartCell
from hub.vocabulary import Role, Stage

COLUMNS: Final = (None, *Stage)
"""What may come at any stage (None), then the six stages in their order."""

_FIRST_CHAPTER: Final = 6
"""Of the framework: it tells of stage 1, the next of stage 2, and so on to chapter 11."""
_RESTS_ON: Final = re.compile(r"[^(:]*\(([^)]*)\)")
_FRAMEWORK: Final = re.compile(r"004 ([^;]*)")
_CHAPTER: Final = re.compile(r"(?:^|, )(\d+)\.\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCell:
    """What one party hears of the event types of one column."""

    role: Role
    stage: Stage | None
    cells: tuple[tuple[str, ChartCell], ...]
    """Each event type of the column, and what the party hears of it."""


def stages_of(event: str) -> tuple[Stage, ...]:
    """Return the stages whose chapters of the framework an event type rests on, as it says itself.

    Empty: it may come at any stage.
    """
    model = EVENTS.get(event)
    said = _RESTS_ON.match((model.__doc__ if model else None) or "")
    framework = _FRAMEWORK.search(said[1].split("000")[0]) if said else None
    chapters = {int(chapter) for chapter in _CHAPTER.findall(framework[1])} if framework else set()
    return tuple(
        stage for number, stage in enumerate(Stage, start=_FIRST_CHAPTER) if number in chapters
    )


def by_stage(chart: Chart) -> tuple[tuple[StageCell, ...], ...]:
    """Return a row for each role of the chart, with a cell for each of `COLUMNS`."""
    events = [row for chapter in chart.chapters for row in chapter.rows]
    columns = [(stage, [row for row in events if _is_of(row.event, stage)]) for stage in COLUMNS]
    return tuple(
        tuple(
            StageCell(
                role=role,
                stage=stage,
                cells=tuple((row.event, cell) for row in rows for cell in _of(role, row.cells)),
            )
            for stage, rows in columns
        )
        for role in chart.roles
    )


def _is_of(event: str, stage: Stage | None) -> bool:
    found = stages_of(event)
    return stage in found if stage else not found


def _of(role: Role, cells: Iterable[ChartCell]) -> Iterator[ChartCell]:
    return (cell for cell in cells if cell.role is role)
