"""The report as a drawing for the Board: SVG 1.1, one column, to be read at 320 pixels or printed.

What a figure says is said in words; bars, marks and colours only repeat it. The whole report
stands in `desc` as well. Nothing in it is a script or comes from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from textwrap import wrap
from typing import Final

from hub.figures.figure import Figure, Report, Unit, Verdict
from hub.figures.said import VERDICTS, of_words, sentence, target_words, time_words, value_words

WIDTH: Final = 320
"""Of the view box; a wider screen or a sheet of paper scales it."""
TITLE: Final = "Provider concerns: key figures"
_EDGE: Final = 14
_LINE: Final = 16
_LETTERS: Final = 46
"""How many letters of 12 pixels fit into one line, by a wide count."""
_LARGE: Final = 42
"""The same, of the bold letters of a heading."""
_BAR: Final = WIDTH - 2 * _EDGE
_INK: Final = "#10161a"
_QUIET: Final = "#495057"
_FILL: Final = "#17394d"
_BAD: Final = "#8c1d18"

_MARKS: Final[dict[Verdict, str]] = {
    Verdict.MET: "\N{CHECK MARK}",
    Verdict.NOT_MET: "\N{MULTIPLICATION SIGN}",
}
"""Beside the words: a shape for eyes that see no colours."""

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold, escaped or not (XML 1.0, 2.2)."""


def as_svg(report: Report) -> str:
    """Return the report as a whole SVG document."""
    body: list[str] = []
    y = _EDGE + _LINE
    for line in wrap(TITLE, _LARGE - 8):
        body.append(_text(_EDGE, y, line, 'font-size="15" font-weight="bold"'))
        y += _LINE + 2
    for line in wrap(time_words(report), _LETTERS):
        body.append(_text(_EDGE, y, line, f'fill="{_QUIET}"'))
        y += _LINE
    for figure in report.figures:
        card, y = _card(figure, y + _EDGE)
        body.extend(card)
    said = " ".join(sentence(figure) for figure in report.figures)
    height = y + _EDGE
    opening = (
        '<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="100%" '
        f'viewBox="0 0 {WIDTH} {height}" preserveAspectRatio="xMidYMin meet" '
        'style="max-width: 44em" role="img" aria-labelledby="title desc" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="12" fill="{_INK}">'
    )
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            opening,
            f'<title id="title">{TITLE}</title>',
            f'<desc id="desc">{_said(time_words(report))}. {_said(said)}</desc>',
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *body,
            "</svg>",
            "",
        ]
    )


def _card(figure: Figure, top: int) -> tuple[list[str], int]:
    """Return one figure's drawing, and where it ends."""
    drawn = [
        f'<g id="{figure.meaning.key}">',
        f'<path d="M{_EDGE} {top} H{WIDTH - _EDGE}" stroke="{_FILL}" stroke-width="2"/>',
    ]
    y = top + _LINE + 4
    for line in wrap(figure.meaning.name, _LARGE):
        drawn.append(_text(_EDGE, y, line, 'font-weight="bold"'))
        y += _LINE
    y += 8
    drawn.append(_text(_EDGE, y, value_words(figure), 'font-size="18" font-weight="bold"'))
    if figure.verdict in _MARKS:
        colour = _BAD if figure.verdict is Verdict.NOT_MET else _INK
        y += _LINE + 4
        verdict = f"{_MARKS[figure.verdict]} {VERDICTS[figure.verdict]}"
        drawn.append(_text(_EDGE, y, verdict, f'font-weight="bold" fill="{colour}"'))
    y += 8
    if figure.meaning.unit is Unit.SHARE and figure.value is not None:
        drawn.extend(_bar(figure, figure.value, y))
        y += 20
    for line in _small(figure):
        y += _LINE
        drawn.append(_text(_EDGE, y, line, f'fill="{_QUIET}"'))
    return [*drawn, "</g>"], y


def _bar(figure: Figure, share: float, top: int) -> Iterator[str]:
    """Yield how much of the whole it is, and where the target stands."""
    x = _EDGE
    yield f'<rect x="{x}" y="{top}" width="{_BAR}" height="12" fill="#ffffff" stroke="{_INK}"/>'
    yield f'<rect x="{x}" y="{top}" width="{share * _BAR:.1f}" height="12" fill="{_FILL}"/>'
    if figure.meaning.target is not None:
        at = x + figure.meaning.target * _BAR
        yield f'<path d="M{at:.1f} {top - 4} V{top + 16}" stroke="#ffffff" stroke-width="5"/>'
        yield f'<path d="M{at:.1f} {top - 4} V{top + 16}" stroke="{_INK}" stroke-width="2"/>'


def _small(figure: Figure) -> Iterator[str]:
    meaning = figure.meaning
    target = f"Target: {target_words(figure)}"
    if meaning.provenance is not None:
        target += f" ({meaning.provenance})"
    for words in (
        target,
        f"Measured over: {of_words(figure)} {meaning.counted}",
        f"Rests on: {meaning.rests_on}",
        f"Paragraph: {meaning.paragraph}",
    ):
        yield from wrap(words, _LETTERS)


def _text(x: int, y: int, words: str, more: str) -> str:
    return f'<text x="{x}" y="{y}" {more}>{_said(words)}</text>'


def _said(words: str) -> str:
    """Return words as XML may hold them."""
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", words))
