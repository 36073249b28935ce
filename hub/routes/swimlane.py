"""The board as a drawing: one lane a party, from when a notice was due to when it was read. Pure.

What the drawing shows stands in the board's tables below it, so nobody needs to see it. Marks are
told apart by their shape; red alone says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from hub.receipt import height
from hub.routes.board import Board, Lane, Row
from hub.vocabulary import Rung

MOST_LANES: Final = 40
MOST_LINES: Final = 3
"""Notices of one lane: those that wait for an answer first, then the newest."""

_LEFT: Final = 330
"""Where the time begins; left of it stand the names."""
_WIDE: Final = 640
_LINE: Final = 16
_TOP: Final = 34
_LONGEST: Final = 46
"""Letters of a name before it is cut; the whole stands in its title."""
_ROUND_THE_ENDS: Final = timedelta(minutes=30)


class Shape(StrEnum):
    """How a mark is drawn."""

    RING = "ring"
    BAR = "bar"
    SQUARE = "square"
    DIAMOND = "diamond"
    CROSS = "cross"


SHAPES: Final = (
    (Shape.RING, "prepared"),
    (Shape.BAR, "sent"),
    (Shape.SQUARE, "further than sent: its words stand beside the mark"),
    (Shape.DIAMOND, "acknowledged in a person’s name"),
    (Shape.CROSS, "something went wrong"),
)
"""The legend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One thing that is known of one notice."""

    x: float
    shape: Shape
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One notice: from when it was written until it was read, or until now."""

    y: float
    start: float
    end: float
    late_from: float | None
    """From where it is past its time; None: it is not."""
    due: float | None
    """Where its time is; None: it asks for no answer by a time, or has had it."""
    says: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swim:
    """One lane."""

    name: str
    whole: str
    y: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The whole drawing, in its own units."""

    lanes: tuple[Swim, ...]
    left: float
    width: float
    height: float
    start: datetime
    end: datetime
    now: float
    left_out: int
    """How many lanes are not drawn; the tables have them all."""
    late: int
    """How many notices are past their time."""


def swim_lanes(board: Board, now: datetime) -> Drawing | None:
    """Return the drawing; None where no notice has been written yet."""
    lanes = [(lane, _lines_of(lane)) for lane in board.lanes if lane.rows]
    rows = [row for _, some in lanes[:MOST_LANES] for row in some]
    if not rows:
        return None
    start = min(row.written for row in rows)
    dues = [row.answer_due for row in rows if row.answer_due is not None]
    end = max(now, *dues, start) + _ROUND_THE_ENDS if dues else max(now, start) + _ROUND_THE_ENDS
    scale = _Scale(start, end)
    drawn: list[Swim] = []
    y = float(_TOP)
    for lane, some in lanes[:MOST_LANES]:
        lines = []
        for row in some:
            y += _LINE
            lines.append(_line(row, y, scale, now))
        drawn.append(Swim(name=_cut(lane.name), whole=lane.name, y=lines[0].y, lines=tuple(lines)))
        y += _LINE / 2
    return Drawing(
        lanes=tuple(drawn),
        left=_LEFT,
        width=_LEFT + _WIDE + 20,
        height=y + _LINE,
        start=start,
        end=end,
        now=scale.x(now),
        left_out=max(0, len(lanes) - MOST_LANES),
        late=sum(row.overdue for row in rows),
    )


class _Scale:
    """Where an instant stands."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self._start = start
        self._seconds = (end - start).total_seconds()

    def x(self, at: datetime) -> float:
        part = (at - self._start).total_seconds() / self._seconds
        return round(_LEFT + _WIDE * min(1.0, max(0.0, part)), 1)


def _lines_of(lane: Lane) -> list[Row]:
    newest = [row for row in lane.rows if row.newer is None]
    pressing = sorted(newest, key=lambda row: (row.answered, -row.written.timestamp()))
    chosen = pressing[:MOST_LINES]
    return sorted(chosen, key=lambda row: row.written)


def _line(row: Row, y: float, scale: _Scale, now: datetime) -> Line:
    read = [cell.at for cell in row.cells if cell.rung is Rung.ACKNOWLEDGED and cell.at]
    known = [cell.at for cell in row.cells if cell.at]
    ended = max(known, default=row.written) if row.answered else now
    end = read[0] if read and row.answered else ended
    late = row.answer_due if row.overdue else None
    return Line(
        y=y,
        start=scale.x(row.written),
        end=scale.x(max(end, row.written)),
        late_from=scale.x(late) if late else None,
        due=scale.x(row.answer_due) if row.answer_due else None,
        says=_said(row),
        marks=tuple(_marks(row, scale, now)),
    )


def _marks(row: Row, scale: _Scale, now: datetime) -> Iterable[Mark]:
    for cell in row.cells:
        if cell.at is not None:
            yield Mark(x=scale.x(cell.at), shape=_shape(cell.rung), says=cell.says)
    if row.setbacks:
        yield Mark(x=scale.x(now), shape=Shape.CROSS, says=row.setbacks[0][0])


def _shape(rung: Rung) -> Shape:
    if rung is Rung.QUEUED:
        return Shape.RING
    if rung is Rung.ACKNOWLEDGED:
        return Shape.DIAMOND
    return Shape.BAR if height(rung) <= height(Rung.SUBMITTED) else Shape.SQUARE


def _said(row: Row) -> str:
    if row.overdue:
        return f"{row.says}: overdue"
    return f"{row.says}: {'has its answer' if row.answered else 'waits'}"


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1].rstrip()}…"
