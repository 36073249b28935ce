"""The report in words, as JSON and as a drawing: the same answer, for every reader."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from hub.figures import Figure, Meaning, Report, Tally, Unit, Verdict
from hub.figures.drawing import WIDTH, as_svg
from hub.figures.meanings import HANDED_OVER, HOLDS_OVERDUE, UNACKNOWLEDGED_OLDEST
from hub.figures.said import (
    VERDICTS,
    as_json,
    of_words,
    sentence,
    target_words,
    time_words,
    value_words,
)
from hub.obligation import ObligationKind
from tests.core.measured import CQC, END, KENT, NOW, START, answer, owed, proof, told
from tests.core.test_figures import HOURS, SECONDS

SVG: Final = "{http://www.w3.org/2000/svg}"
SCHEMA: Final = json.loads(
    (Path(__file__).parents[2] / "docs" / "figures.schema.json").read_text("utf-8")
)


def month(*, empty: bool = False) -> Report:
    """A month in which something is met, something is not, and something was not there."""
    tally = Tally(START, END, NOW, {})
    if not empty:
        tally.take(told(1, CQC, proof(4 * SECONDS), answer(25 * HOURS)))
        tally.take(told(2, KENT, proof(4 * SECONDS), answer(HOURS)))
        tally.take(owed(ObligationKind.ANSWER, 1, NOW - 12 * HOURS, NOW))
        tally.take(owed(ObligationKind.REVIEW_HOLD, 2, START, NOW - HOURS))
    return tally.report()


def figure(meaning: Meaning, value: float | None, of: int) -> Figure:
    return Figure(meaning=meaning, value=value, of=of)


def parsed(report: Report) -> ET.Element:
    return ET.fromstring(as_svg(report))  # noqa: S314 (our own drawing)


@pytest.mark.parametrize("empty", [False, True])
def test_N048_the_json_is_what_its_schema_says(empty: bool) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    said = json.loads(json.dumps(as_json(month(empty=empty))))

    Draft202012Validator(SCHEMA).validate(said)
    assert len(said["figures"]) == 9


@pytest.mark.parametrize(
    ("key", "value"), [("value", 1.5), ("of", 0), ("verdict", "nothing to measure"), ("who", "x")]
)
def test_N048_the_schema_refuses_what_cannot_be(key: str, value: object) -> None:
    said = json.loads(json.dumps(as_json(month())))
    said["figures"][0][key] = value

    assert list(Draft202012Validator(SCHEMA).iter_errors(said))


@pytest.mark.parametrize(
    ("found", "value", "of", "target", "verdict"),
    [
        (
            figure(HANDED_OVER, 0.9496, 10_000),
            "94.9 %",
            "9496 of 10000",
            "at least 95 %",
            "not met",
        ),
        (figure(HANDED_OVER, 0.95, 20), "95.0 %", "19 of 20", "at least 95 %", "met"),
        (figure(HANDED_OVER, 0.29, 100), "29.0 %", "29 of 100", "at least 95 %", "not met"),
        (figure(HOLDS_OVERDUE, 0, 4), "0", "4", "0", "met"),
        (figure(UNACKNOWLEDGED_OLDEST, 25.26, 4), "25.3 hours", "4", "none agreed", "no target"),
        (figure(HANDED_OVER, None, 0), "nothing to measure", "0", "at least 95 %", ""),
    ],
)
def test_N048_no_share_is_rounded_up_to_its_target(
    found: Figure, value: str, of: str, target: str, verdict: str
) -> None:
    assert (value_words(found), of_words(found), target_words(found)) == (value, of, target)
    assert VERDICTS[found.verdict] == (verdict or "nothing to measure")


def test_N048_a_count_that_must_stay_below_a_number_says_so() -> None:
    few = Meaning(
        key="k", name="n", unit=Unit.COUNT, counted="c", rests_on="r", paragraph="p", target=3
    )

    assert target_words(figure(few, 3, 9)) == "at most 3"
    assert figure(few, 3, 9).verdict is Verdict.MET
    assert figure(few, 4, 9).verdict is Verdict.NOT_MET


def test_N048_an_empty_report_says_of_each_figure_that_there_was_nothing() -> None:
    for each in month(empty=True).figures:
        assert "nothing to measure" in sentence(each)
        assert "%" not in sentence(each)


def test_N048_the_time_is_said_as_london_has_it() -> None:
    said = time_words(month())

    assert said == "1 March 2027, 09:00 to 1 April 2027, 01:00; worked out 6 April 2027, 10:00"


# The drawing


@pytest.mark.parametrize("empty", [False, True])
def test_N048_the_drawing_has_a_title_and_says_all_of_it_in_words(empty: bool) -> None:
    report = month(empty=empty)
    root = parsed(report)
    words = " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))

    assert root.findtext(f"{SVG}title") == "Provider concerns: key figures"
    assert root.attrib["aria-labelledby"] == "title desc"
    desc = root.findtext(f"{SVG}desc") or ""
    for each in report.figures:
        assert sentence(each) in desc
        assert value_words(each) in words
        assert VERDICTS[each.verdict] in words or each.verdict is Verdict.NO_TARGET


def test_N048_the_drawing_can_be_read_at_320_pixels() -> None:
    root = parsed(month())

    assert root.attrib["viewBox"].split()[2] == str(WIDTH) == "320"
    for text in root.iter(f"{SVG}text"):
        letters = len("".join(text.itertext()))
        size = int(text.attrib.get("font-size", "12"))
        assert size >= 12
        # Half an em a letter is what Helvetica and Arial need for running text; bold is wider.
        wide = 0.56 if text.attrib.get("font-weight") else 0.5
        assert int(text.attrib["x"]) + letters * size * wide <= WIDTH


def test_N048_the_drawing_is_still_and_brings_nothing_from_elsewhere() -> None:
    drawn = as_svg(month())

    assert not re.search(r"<(script|image|use|foreignObject|animate)|href|url\(|on[a-z]+=", drawn)


def test_N048_every_colour_of_words_stands_out_from_white() -> None:
    root = parsed(month())
    colours = {text.attrib.get("fill", root.attrib["fill"]) for text in root.iter(f"{SVG}text")}

    assert len(colours) == 3
    for colour in colours:
        assert _contrast_with_white(colour) >= 7, colour


def _contrast_with_white(colour: str) -> float:
    """WCAG 2.2, relative luminance and contrast ratio."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def test_N048_no_report_names_anybody() -> None:
    whole = json.dumps(as_json(month())) + as_svg(month())

    for word in (CQC.agency, KENT.agency, "c-1", "@"):
        assert word not in whole
