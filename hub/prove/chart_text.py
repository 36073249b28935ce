"""The map of a pack as plain text: one line an event, one column a role."""

from __future__ import annotations

from collections.abc import Iterator

from hub.prove.chart import CLASSES, LEGEND, Chart


def as_text(chart: Chart) -> str:
    """Return the map for a terminal or a printer; no line ends in a space."""
    return "\n".join(line.rstrip() for line in _lines(chart)) + "\n"


def _lines(chart: Chart) -> Iterator[str]:
    yield f"{chart.name} {chart.version} ({chart.hash[:12]})"
    yield ""
    letters = [_letter(number) for number in range(len(chart.roles))]
    rows = [row for chapter in chart.chapters for row in chapter.rows]
    first = max(len(row.event) for row in rows) + 2
    widths = [
        max(len(letters[number]), *(len(row.cells[number].marks) for row in rows)) + 1
        for number in range(len(chart.roles))
    ]
    yield "Columns:"
    for letter, role in zip(letters, chart.roles, strict=True):
        yield f"  {letter:<3} {role}"
    yield "Classes: " + ", ".join(f"{digit} {name}" for digit, name in CLASSES)
    yield "Marks:"
    for mark, says in LEGEND:
        yield f"  {mark:<6} {says}"
    for note in chart.everywhere:
        yield f"Besides, on any event: {note}"
    head = " " * first + "".join(map(str.ljust, letters, widths))
    for chapter in chart.chapters:
        yield ""
        yield chapter.name.upper()
        yield head
        for row in chapter.rows:
            marks = (cell.marks for cell in row.cells)
            yield row.event.ljust(first) + "".join(map(str.ljust, marks, widths))


def _letter(number: int) -> str:
    """Return a column's letters: A to Z, then AA, AB."""
    tens, ones = divmod(number, 26)
    return (chr(64 + tens) if tens else "") + chr(65 + ones)
