"""Figures in words and as JSON: the same for the terminal, the page, the drawing and programs."""

from __future__ import annotations

from math import floor
from typing import Final

from hub.calendar import LONDON
from hub.figures.figure import Figure, Report, Unit, Verdict

FORMAT: Final = "concern-hub.figures.v1"
"""What a program reads first; docs/figures.schema.json describes it."""

VERDICTS: Final[dict[Verdict, str]] = {
    Verdict.MET: "met",
    Verdict.NOT_MET: "not met",
    Verdict.NO_TARGET: "no target",
    Verdict.NOTHING: "nothing to measure",
}


def value_words(figure: Figure) -> str:
    """Return the value as people read it. A share is never rounded up: 94.96 % is 94.9 %."""
    value, unit = figure.value, figure.meaning.unit
    if value is None:
        return VERDICTS[Verdict.NOTHING]
    if unit is Unit.SHARE:
        return f"{floor(round(value * 1000, 9)) / 10:.1f} %"
    return f"{value:.1f} hours" if unit is Unit.HOURS else f"{value:.0f}"


def of_words(figure: Figure) -> str:
    """Return over how many it was measured, such as `11 of 12`."""
    if figure.value is None:
        return "0"
    if figure.meaning.unit is Unit.SHARE:
        return f"{round(figure.value * figure.of)} of {figure.of}"
    return str(figure.of)


def target_words(figure: Figure) -> str:
    """Return the target with its sense, such as `at least 95 %`."""
    target = figure.meaning.target
    if target is None:
        return "none agreed"
    if figure.meaning.unit is Unit.SHARE:
        return f"at least {target * 100:.0f} %"
    return f"at most {target:.0f}" if target else "0"


def time_words(report: Report) -> str:
    """Return which time the report is of, as days in London."""
    first, last = report.since.astimezone(LONDON), report.until.astimezone(LONDON)
    at = report.at.astimezone(LONDON)
    return (
        f"{first.day} {first:%B %Y, %H:%M} to {last.day} {last:%B %Y, %H:%M}; "
        f"worked out {at.day} {at:%B %Y, %H:%M}"
    )


def sentence(figure: Figure) -> str:
    """Return one figure as a sentence, for ears and for a search."""
    meaning = figure.meaning
    if figure.value is None:
        return f"{meaning.name}: nothing to measure (of {meaning.counted}, there were none)."
    verdict = "" if meaning.target is None else f"; {VERDICTS[figure.verdict]}"
    return (
        f"{meaning.name}: {value_words(figure)} ({of_words(figure)} {meaning.counted}). "
        f"Target: {target_words(figure)}{verdict}."
    )


def as_json(report: Report) -> dict[str, object]:
    """Return the report for programs (docs/figures.schema.json)."""
    return {
        "format": FORMAT,
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "worked_out_at": report.at.isoformat(),
        "figures": [_figure_json(figure) for figure in report.figures],
    }


def _figure_json(figure: Figure) -> dict[str, object]:
    meaning = figure.meaning
    return {
        "key": meaning.key,
        "name": meaning.name,
        "unit": meaning.unit.value,
        "value": figure.value,
        "of": figure.of,
        "counted": meaning.counted,
        "target": meaning.target,
        "target_is": _sense(figure),
        "provenance": meaning.provenance,
        "verdict": figure.verdict.value,
        "rests_on": meaning.rests_on,
        "paragraph": meaning.paragraph,
    }


def _sense(figure: Figure) -> str | None:
    if figure.meaning.target is None:
        return None
    return "at least" if figure.meaning.unit is Unit.SHARE else "at most"
