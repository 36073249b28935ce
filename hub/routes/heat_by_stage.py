"""The map of a pack by stages: a drawing, its table, and the few maps that are kept. Pure but that.

Each cell says in numbers what its bar says by lengths: of how many kinds of event a party is told,
from how many it is held in some circumstances, and so on.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup

from hub.pack.rules import Pack
from hub.prove.chart import Chart, chart
from hub.prove.stages import COLUMNS, StageCell, by_stage
from hub.routes.heat import KINDS, NOT_DUE, Kind, kind_of
from hub.vocabulary import PackHash, Role, Stage

_LEFT: Final = 240
_COLUMN: Final = 130
_LINE: Final = 34
_TOP: Final = 44
_BAR: Final = _COLUMN - 10
_KEPT: Final = 4
"""Maps of packs that are kept: drawing one takes seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One party at one stage: of how many kinds of event it hears in which way."""

    stage: str
    counts: tuple[tuple[Kind, int], ...]
    """What is not due is left out, and so is what there is none of."""
    due: int
    all: int

    @property
    def short(self) -> str:
        """Return the counts by their letters."""
        return " ".join(f"{kind.letter}{number}" for kind, number in self.counts) or NOT_DUE.letter

    @property
    def words(self) -> str:
        """Return the counts in words."""
        said = (f"{number} {kind.says}" for kind, number in self.counts)
        return ", ".join(said) or NOT_DUE.says


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One party, stage by stage."""

    role: Role
    cells: tuple[Counted, ...]


def lines_of(found: Chart) -> tuple[Line, ...]:
    """Return every party with its counts; one that nothing is ever due to stands there too."""
    return tuple(
        Line(role=row[0].role, cells=tuple(_counted(cell) for cell in row))
        for row in by_stage(found)
    )


def stage_name(stage: Stage | None) -> str:
    """Return the heading of a column."""
    if stage is None:
        return "At any stage"
    return f"{list(Stage).index(stage) + 1}. {stage.value.capitalize()}"


HEADINGS: Final = tuple(stage_name(stage) for stage in COLUMNS)


def _counted(cell: StageCell) -> Counted:
    found = Counter(kind_of(each) for _, each in cell.cells)
    counts = tuple((kind, found[kind]) for kind in KINDS if found[kind] and kind is not NOT_DUE)
    return Counted(
        stage=stage_name(cell.stage),
        counts=counts,
        due=sum(number for _, number in counts),
        all=len(cell.cells),
    )


def stages_drawing(lines: tuple[Line, ...]) -> Markup:
    """Return the map as SVG: rows are parties, columns are stages, each cell a bar and its counts.

    A bar's length is of the kinds of event of its stage, so that columns compare.
    """
    width, height = _LEFT + _COLUMN * len(HEADINGS) + 10, _TOP + _LINE * len(lines) + 10
    parts = [
        Markup(
            '<svg class="heat" role="img" aria-labelledby="stages-title stages-desc" '
            'viewBox="0 0 {} {}" width="{}" height="{}" font-family="Arial, sans-serif" '
            'font-size="12">'
        ).format(width, height, width, height),
        Markup('<title id="stages-title">Who is told what: parties by stages</title>'),
        Markup('<desc id="stages-desc">{}</desc>').format(
            "The table below says the same. "
            + ", ".join(f"{kind.letter}: {kind.says}" for kind in KINDS)
        ),
    ]
    for number, heading in enumerate(HEADINGS):
        x = _LEFT + _COLUMN * number + 4
        parts.append(
            Markup('<text x="{}" y="{}" font-size="11">{}</text>').format(x, _TOP - 12, heading)
        )
    for place, line in enumerate(lines):
        y = _TOP + _LINE * place
        parts.append(Markup('<text x="4" y="{}">{}</text>').format(y + 20, line.role))
        for number, cell in enumerate(line.cells):
            parts += _cell(line.role, cell, _LEFT + _COLUMN * number, y)
    parts.append(Markup("</svg>"))
    return Markup("\n").join(parts)


def _cell(role: Role, cell: Counted, x: int, y: int) -> Iterator[Markup]:
    yield Markup(
        '<g><title>{}</title><rect x="{}" y="{}" width="{}" height="{}" fill="#ffffff" '
        'stroke="#b1b4b6"/>'
    ).format(f"{role}, {cell.stage}: {cell.words}", x + 2, y + 2, _COLUMN - 4, _LINE - 4)
    left = x + 5
    for kind, number in cell.counts:
        length = round(_BAR * number / cell.all)
        yield Markup(
            '<rect x="{}" y="{}" width="{}" height="9" fill="{}" stroke="{}" stroke-width="0.5"/>'
        ).format(left, y + 5, max(length, 2), kind.fill, kind.ink)
        left += length
    yield Markup('<text x="{}" y="{}" fill="#0b0c0c">{}</text></g>').format(
        x + 5, y + 27, cell.short
    )


@dataclass(slots=True)
class StageMaps:
    """The maps of the packs that were asked for last, by what is in each pack."""

    draw: Callable[[Pack], Chart] = chart
    _kept: OrderedDict[PackHash, tuple[Line, ...]] = field(default_factory=OrderedDict)
    _drawing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, pack: Pack) -> tuple[Line, ...]:
        """Return the map of a pack; whoever asks meanwhile waits for the same one."""
        async with self._drawing:
            if pack.hash not in self._kept:
                found = await asyncio.to_thread(self.draw, pack)
                self._kept[pack.hash] = lines_of(found)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(pack.hash)
            return self._kept[pack.hash]
