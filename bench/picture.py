"""The aims as a picture: each figure as a bar, as long as its share of the aim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from bench.aims import Aim

WIDTH: Final = 900
ROW: Final = 34
_LEFT, _RIGHT, _TOP = 330, 630, 58
"""Where bars begin, where they end at most, and where the first heading stands."""
_MOST: Final = 1.5
"""The longest bar that is drawn, in aims; a longer one ends there, and its figure says the rest."""
_STYLE: Final = (
    "text{font:14px system-ui,sans-serif;fill:#1b1f24}"
    ".heading{font-weight:600}"
    ".measured{font-weight:600}"
    ".met{fill:#1a6e3c}"
    ".missed{fill:#b35309}"
    ".aim{stroke:#1b1f24;stroke-width:2;stroke-dasharray:4 3}"
)


def picture(aims: Sequence[Aim], about: str) -> str:
    """Return the picture as SVG. `about` says what was run, in a line under the title."""
    rising = [aim for aim in aims if aim.at_least]
    falling = [aim for aim in aims if not aim.at_least]
    groups = (("To reach the line, or pass it", rising), ("To stay short of it", falling))
    height = _TOP + ROW * (len(aims) + len(groups)) + 14
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height}",
            "role": "img",
            "aria-labelledby": "title desc",
        },
    )
    _say(svg, "title", "How fast the hub is, and what it is to reach", id="title")
    _say(svg, "desc", " ".join((about, *map(in_words, aims))), id="desc")
    _say(svg, "style", _STYLE)
    _draw(svg, "rect", width=WIDTH, height=height, fill="#ffffff")
    _say(svg, "text", about, x=16, y=28)
    y = _TOP
    for heading, group in groups:
        _say(svg, "text", heading, x=16, y=y + 18, **{"class": "heading"})
        for number, aim in enumerate(group, 1):
            _row(svg, aim, y + number * ROW)
        y += ROW * (len(group) + 1)
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def in_words(aim: Aim) -> str:
    """Return one bar as a sentence."""
    return f"{aim.name}: {aim.measured}, the aim is {aim.wanted} ({aim.verdict})."


def _row(svg: ET.Element, aim: Aim, y: int) -> None:
    _say(svg, "text", aim.name, x=16, y=y + 18)
    unit = (_RIGHT - _LEFT) / _MOST
    if aim.value is not None:
        long = unit * min(_MOST, aim.value / aim.aim)
        # A bar of next to nothing is still there to be seen.
        bar = {"width": f"{max(long, 2):.1f}", "class": aim.verdict}
        _draw(svg, "rect", x=_LEFT, y=y + 4, height=18, **bar)
    line = f"{_LEFT + unit:.1f}"
    _draw(svg, "line", x1=line, x2=line, y1=y, y2=y + 26, **{"class": "aim"})
    _say(svg, "text", aim.measured, x=_RIGHT + 14, y=y + 18, **{"class": "measured"})
    says = aim.wanted if aim.value is None else f"{aim.wanted}: {aim.verdict}"
    _say(svg, "text", says, x=_RIGHT + 114, y=y + 18)


def _draw(svg: ET.Element, what: str, **how: object) -> ET.Element:
    return ET.SubElement(svg, what, {name: str(value) for name, value in how.items()})


def _say(svg: ET.Element, what: str, words: str, **how: object) -> None:
    _draw(svg, what, **how).text = words


def figures(svg: str) -> Iterable[str]:
    """Return every figure that a picture says was measured. Raises ParseError."""
    for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        if text.get("class") == "measured" and text.text:
            yield text.text
