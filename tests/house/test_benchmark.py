"""The benchmark's tables, picture and line of JSON say the same; no time is asked of any."""

import io
import json
import os
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from bench.__main__ import PICTURE, main
from bench.aims import NOT_MEASURED, aims, at_most
from bench.measure import FULL, PARTS, QUICK
from bench.picture import figures, picture
from bench.processes import family, peak_mb_of
from bench.results import Found, Results
from bench.show import line, tables
from bench.work import Sent
from tests.house.tree import ROOT

SVG = "{http://www.w3.org/2000/svg}"
ASKED_FOR = {
    "floor_ratio",
    "celery_ratio",
    "intake_ratio",
    "cpu_ms_per_delivery",
    "p99_ms",
    "rss_mb",
    "lost",
    "doubled",
}


def measured() -> Results:
    return Results(
        hub=Found(rates=[140, 150, 160], cpu_ms=[5, 6, 7], waits_ms=[10, 300], rss_mb=180),
        floor=Found(rates=[300], cpu_ms=[1], waits_ms=[5], rss_mb=140),
        celery=Found(rates=[12], cpu_ms=[20], waits_ms=[90], rss_mb=400),
        urgent=Found(waits_ms=[40, 1_234]),
        backlog=5_000,
        intake=[90],
        row=[2_000],
        bare=[4_500],
        queue=[470],
        explain=[110],
        planned=[500],
        composed=[2_000],
        beside={
            1_000: Found(cpu_ms=[2.0, 1.0, 4.0], rss_mb=150),
            100_000: Found(rates=[1], cpu_ms=[2.2, 2.0, 4.2], rss_mb=190),
        },
    )


def printed(results: Results) -> str:
    console = Console(width=200, file=io.StringIO(), record=True)
    for table in tables(results):
        console.print(table)
    return console.export_text()


def drawn(results: Results) -> ET.Element:
    return ET.fromstring(picture(aims(results), "One run."))  # noqa: S314 - made here


def test_the_picture_is_well_formed_and_can_be_read_aloud() -> None:
    svg = drawn(measured())

    names = {svg.find(f"{SVG}title"): "title", svg.find(f"{SVG}desc"): "desc"}

    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == "title desc"
    for found, name in names.items():
        assert found is not None
        assert found.get("id") == name
        assert found.text


def test_the_picture_says_the_figures_of_the_table() -> None:
    table = printed(measured())

    said = list(figures(picture(aims(measured()), "One run.")))

    assert said == ["0.50", "12.50", "0.02", "300", "1,234", "190", "1.10"]
    for figure in said:
        assert f"| {figure} " in table


def test_the_picture_says_of_each_figure_whether_its_aim_is_met() -> None:
    words = drawn(measured()).findtext(f"{SVG}desc", "")

    assert "deliveries/s: hub / floor: 0.50, the aim is at least 0.80 (missed)." in words
    assert "deliveries/s: hub / Celery: 12.50, the aim is at least 8.00 (met)." in words
    assert "RSS with 100,000 waiting, MB: 190, the aim is at most 200 (met)." in words


def test_no_bar_is_drawn_longer_than_there_is_room_for() -> None:
    huge = Results(hub=Found(rates=[1e6], waits_ms=[1e9]), floor=Found(rates=[1]))

    bars = drawn(huge).findall(f"{SVG}rect[@class]")

    assert [bar.get("width") for bar in bars] == ["300.0", "300.0"]


def test_what_was_not_measured_is_said_to_be_so_and_is_no_success() -> None:
    nothing = Results()

    assert set(figures(picture(aims(nothing), "One run."))) == {NOT_MEASURED}
    assert not any(aim.met for aim in aims(nothing))
    assert printed(nothing) == ""


def test_a_smaller_backlog_and_fewer_that_wait_are_not_what_the_aims_are_about() -> None:
    small = Results(urgent=Found(waits_ms=[1]), backlog=1_000, beside={1_000: Found(rss_mb=1)})

    assert {aim.value for aim in aims(small)} == {None}


def test_what_it_costs_beside_many_is_compared_round_by_round() -> None:
    results = measured()

    # 1.10, 2.00 and 1.05 times.
    assert [aim.measured for aim in aims(results) if "100,000 waiting /" in aim.name] == ["1.10"]
    results.beside[100_000].cpu_ms = [3.0, 1.0, 4.0]  # The medians alone would say 1.5.
    assert line(results)["beside_ratio"] == 1.0
    assert line(Results())["beside_ratio"] is None


def test_what_planning_alone_leaves_of_each_ratio_is_said_beside_its_aim() -> None:
    results = measured()

    # 2 ms an event to plan and 0.5 to compose: 0.3 a delivery on the floor's 1. The floor is 25
    # times Celery, and 500 of 4,500 are a ninth.
    assert [most.measured for most in at_most(results)] == ["0.77", "19.23", "0.11"]
    assert "| 0.77    | at least 0.80 |" in printed(results)
    assert line(results)["ratios_at_most"] == {
        "deliveries/s: hub / floor": 0.769,
        "deliveries/s: hub / Celery": 19.231,
        "events/s: intake alone / consume and acknowledge": 0.111,
    }
    assert {most.value for most in at_most(Results())} == {None}


def test_a_whole_run_measures_what_every_aim_is_about() -> None:
    assert FULL.backlog * 5 >= 5_000
    assert 100_000 in FULL.waiting
    assert all(getattr(QUICK, name) <= getattr(FULL, name) for name in QUICK.__slots__)


def test_the_last_line_is_json_with_everything_that_is_asked_for() -> None:
    said = json.loads(json.dumps(line(measured())))

    assert said.keys() >= ASKED_FOR
    assert (said["floor_ratio"], said["celery_ratio"]) == (0.5, 12.5)
    assert (said["intake_ratio"], said["p99_ms"], said["urgent_p99_ms"]) == (0.02, 300, 1234)
    assert json.loads(json.dumps(line(Results()))).keys() >= ASKED_FOR


def test_a_part_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "nonsense"])

    said = capsys.readouterr().err
    assert all(part in said for part in PARTS)


def test_what_did_not_come_is_lost_and_what_came_twice_is_told_apart() -> None:
    found = Found()

    found.account(
        [Sent("A", 0.0, 2), Sent("B", 0.0, 1)],
        [
            ("A", "one", "1", 0.1),
            ("A", "one", "1", 0.2),
            ("A", "two", "2", 0.1),
            ("C", "x", "9", 0),
        ],
    )
    found.account([Sent("D", 0.0, 1)], [("D", "one", "3", 0.1), ("D", "one", "4", 0.2)])

    assert (found.sent, found.lost, found.doubled, found.doubled_ids) == (4, 1, 1, 1)


def test_a_side_is_measured_with_all_its_processes() -> None:
    waiting = [sys.executable, "-c", "input()"]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE) as child:
        mine = family(os.getpid())
        child.kill()

    assert {os.getpid(), child.pid} <= set(mine)
    assert peak_mb_of(os.getpid()) > 1


def test_the_picture_in_the_documents_says_what_they_say() -> None:
    words = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")

    said = [figure for figure in figures(PICTURE.read_text("utf-8")) if figure != NOT_MEASURED]

    assert said
    assert "](benchmarks.svg)" in words
    for figure in said:
        assert re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d]|[.,]\d)", words), figure
