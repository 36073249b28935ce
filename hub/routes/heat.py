"""One chapter of the map of a pack, as a drawing inside a page. Pure.

What a cell is, is told apart by its letter as well as by its shade; the table beside it says all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from hub.prove.chart import Chart, ChartCell
from hub.vocabulary import Role

_LEFT: Final = 230
_COLUMN: Final = 26
_LINE: Final = 22
_TOP: Final = 210


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way in which a cell is drawn."""

    letter: str
    says: str
    fill: str
    ink: str


SHARED: Final = Kind(letter="S", says="shared", fill="#cce2d8", ink="#005a30")
HELD: Final = Kind(letter="H", says="held in some circumstances", fill="#fff7bf", ink="#594d00")
NEEDED: Final = Kind(letter="D", says="told once it is decided", fill="#d2e2f1", ink="#0c2d4a")
WITHHELD: Final = Kind(letter="W", says="withheld", fill="#f4cdc6", ink="#2a0b06")
NOT_DUE: Final = Kind(letter="·", says="nothing is due", fill="#ffffff", ink="#505a5f")
KINDS: Final = (SHARED, HELD, NEEDED, WITHHELD, NOT_DUE)


def kind_of(cell: ChartCell) -> Kind:
    """Return how a cell is drawn; what may be held comes before what is shared."""
    if cell.held:
        return HELD
    if cell.told:
        return SHARED
    if cell.needed:
        return NEEDED
    return WITHHELD if cell.withheld else NOT_DUE


def drawing(chart: Chart) -> Markup:
    """Return the chart as SVG: rows are kinds of event, columns are parties."""
    rows = [row for chapter in chart.chapters for row in chapter.rows]
    width = _LEFT + _COLUMN * len(chart.roles) + 10
    height = _TOP + _LINE * len(rows) + 10
    parts = [
        Markup(
            '<svg class="heat" role="img" aria-labelledby="heat-title heat-desc" '
            'viewBox="0 0 {} {}" width="{}" height="{}" font-family="Arial, sans-serif" '
            'font-size="12">'
        ).format(width, height, width, height),
        Markup('<title id="heat-title">Who is told what: parties by kinds of event</title>'),
        Markup('<desc id="heat-desc">{}</desc>').format(
            "The table below says the same. "
            + ", ".join(f"{kind.letter}: {kind.says}" for kind in KINDS)
        ),
    ]
    for number, role in enumerate(chart.roles):
        x = _LEFT + _COLUMN * number + _COLUMN // 2 + 4
        parts.append(
            Markup('<text x="{}" y="{}" transform="rotate(-90 {} {})">{}</text>').format(
                x, _TOP - 6, x, _TOP - 6, role
            )
        )
    for line, row in enumerate(rows):
        y = _TOP + _LINE * line
        parts.append(Markup('<text x="4" y="{}">{}</text>').format(y + 15, row.event))
        parts += [_cell(cell, number, y) for number, cell in enumerate(row.cells)]
    parts.append(Markup("</svg>"))
    return Markup("\n").join(parts)


def _cell(cell: ChartCell, number: int, y: int) -> Markup:
    kind, x = kind_of(cell), _LEFT + _COLUMN * number
    return Markup(
        '<g><title>{}</title><rect x="{}" y="{}" width="{}" height="{}" fill="{}" '
        'stroke="#b1b4b6"/><text x="{}" y="{}" text-anchor="middle" fill="{}">{}</text></g>'
    ).format(
        f"{cell.role}: {cell.words}",
        *(x + 1, y + 1, _COLUMN - 2, _LINE - 2, kind.fill),
        *(x + _COLUMN // 2, y + 15, kind.ink, kind.letter),
    )


def columns(chart: Chart) -> tuple[Role, ...]:
    """Return the parties to whom anything is due in this chapter, for the table."""
    rows = [row for chapter in chart.chapters for row in chapter.rows]
    due = {cell.role for row in rows for cell in row.cells if kind_of(cell) is not NOT_DUE}
    return tuple(role for role in chart.roles if role in due)
