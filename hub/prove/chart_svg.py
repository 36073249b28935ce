"""The map of a pack as a drawing: SVG 1.1, for a screen, a printer, and eyes that see no colours.

What a cell is, is said three times: by its letters, by its pattern, and in words on hovering.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final

from hub.prove.chart import CLASSES, LEGEND, Chart, ChartCell, Row

_LEFT: Final = 290
_COLUMN: Final = 58
_LINE: Final = 18
_TOP: Final = 230
"""Where the first row begins: above it stand the names of the columns, upright."""
_LEGEND_LINES: Final = len(LEGEND) + 4

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold, escaped or not (XML 1.0, 2.2)."""

_PATTERNS: Final = """\
<defs>
<pattern id="held" width="6" height="6" patternUnits="userSpaceOnUse">
<rect width="6" height="6" fill="#ffffff"/>
<path d="M0 6 L6 0" stroke="#b0b0b0" stroke-width="1"/>
</pattern>
<pattern id="needed" width="6" height="6" patternUnits="userSpaceOnUse">
<rect width="6" height="6" fill="#ffffff"/>
<circle cx="3" cy="3" r="1.2" fill="#b0b0b0"/>
</pattern>
<pattern id="withheld" width="6" height="6" patternUnits="userSpaceOnUse">
<rect width="6" height="6" fill="#ffffff"/>
<path d="M0 0 L6 6 M0 6 L6 0" stroke="#b0b0b0" stroke-width="1"/>
</pattern>
</defs>"""

_FILLS: Final = (
    ("url(#held)", "striped: something is held in some circumstances"),
    ("url(#needed)", "dotted: something waits for a decision"),
    ("url(#withheld)", "crossed: withheld"),
    ("#e4e4e4", "grey: told"),
)


def as_svg(chart: Chart) -> str:
    """Return the map as a whole SVG document. Nothing in it is a script or comes from elsewhere."""
    rows = sum(len(chapter.rows) + 1 for chapter in chart.chapters)
    width = _LEFT + _COLUMN * len(chart.roles) + 20
    below = _LEGEND_LINES + len(_FILLS) + len(chart.everywhere)
    height = _TOP + _LINE * (rows + below) + 20
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="11">'
    )
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            opening,
            f"<title>{_said(chart.name)} {_said(chart.version)}: parties by event types</title>",
            f"<desc>Pack {_said(chart.hash)}</desc>",
            _PATTERNS,
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *_head(chart),
            *_body(chart),
            *_legend(chart, _TOP + _LINE * (rows + 2)),
            "</svg>",
            "",
        ]
    )


def _head(chart: Chart) -> Iterator[str]:
    yield _text(10, 26, f"{chart.name} {chart.version}: who is told what", 'font-size="17"')
    yield _text(10, 46, f"Pack {chart.hash[:12]}. Rows: event types. Columns: parties, by role.")
    for number, role in enumerate(chart.roles):
        x = _LEFT + _COLUMN * number + _COLUMN // 2 + 4
        yield _text(x, _TOP - 8, role, f'transform="rotate(-90 {x} {_TOP - 8})"')


def _body(chart: Chart) -> Iterator[str]:
    y = _TOP
    right = _LEFT + _COLUMN * len(chart.roles)
    for chapter in chart.chapters:
        yield _text(10, y + 13, chapter.name.capitalize(), 'font-weight="bold"')
        y += _LINE
        for row in chapter.rows:
            yield _text(20, y + 13, row.event)
            yield f'<path d="M10 {y} L{right} {y}" stroke="#d8d8d8" stroke-width="0.5"/>'
            yield from _row(row, y)
            y += _LINE


def _row(row: Row, y: int) -> Iterator[str]:
    for number, cell in enumerate(row.cells):
        x = _LEFT + _COLUMN * number
        fill = _fill(cell)
        yield f"<g><title>{_said(f'{cell.role} on {row.event}: {cell.words}')}</title>"
        # A cell without a pattern has one too: hovering needs something to hover over.
        yield (
            f'<rect x="{x + 1}" y="{y + 1}" width="{_COLUMN - 2}" height="{_LINE - 2}" '
            f'fill="{fill}"/>'
        )
        weight = ' font-weight="bold"' if fill != "#ffffff" else ""
        middle = x + _COLUMN // 2
        yield _text(middle, y + 13, cell.marks, f'text-anchor="middle"{weight}') + "</g>"


def _fill(cell: ChartCell) -> str:
    if cell.held:
        return "url(#held)"
    if cell.needed:
        return "url(#needed)"
    if cell.told:
        return "#e4e4e4"
    return "url(#withheld)" if cell.withheld else "#ffffff"


def _legend(chart: Chart, y: int) -> Iterator[str]:
    yield _text(10, y, "Legend", 'font-weight="bold"')
    for number, (mark, says) in enumerate(LEGEND, start=1):
        yield _text(20, y + _LINE * number, mark, 'font-weight="bold"')
        yield _text(80, y + _LINE * number, says)
    y += _LINE * (len(LEGEND) + 1)
    for number, (fill, says) in enumerate(_FILLS):
        top = y + _LINE * number
        yield (
            f'<rect x="20" y="{top - 12}" width="48" height="{_LINE - 2}" fill="{fill}" '
            'stroke="#d8d8d8"/>'
        )
        yield _text(80, top, says)
    classes = ", ".join(f"{digit} {name}" for digit, name in CLASSES)
    y += _LINE * len(_FILLS)
    yield _text(20, y, f"Classes: {classes}")
    for number, note in enumerate(chart.everywhere, start=1):
        yield _text(20, y + _LINE * number, f"Besides, on any event: {note}")


def _text(x: int, y: int, words: str, more: str = "") -> str:
    return f'<text x="{x}" y="{y}"{" " * bool(more)}{more}>{_said(words)}</text>'


def _said(words: str) -> str:
    """Return words as XML may hold them."""
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", words))
