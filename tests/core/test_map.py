"""The map of parties by event types: what the rules say, without colours."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final
from xml.etree import ElementTree as ET

from hub.pack.cell import HeldBy, SharedBy, Told, cell_of, judge
from hub.pack.rules import Pack
from hub.prove.answers import EVENT_NAMES
from hub.prove.chart import LEGEND, Chart, ChartCell, chart
from hub.prove.chart_svg import as_svg
from hub.prove.chart_text import as_text
from hub.prove.domain import decisions
from hub.prove.examples import QUIET
from hub.vocabulary import HoldKind, InfoClass, Role
from tests.core.packs import pack

SVG: Final = "{http://www.w3.org/2000/svg}"


@cache
def _drawn() -> Chart:
    return chart(pack())


def _cells(found: Chart) -> dict[tuple[str, Role], ChartCell]:
    rows = (row for chapter in found.chapters for row in chapter.rows)
    return {(row.event, cell.role): cell for row in rows for cell in row.cells}


def test_every_event_and_every_role_has_its_cell_and_every_chapter_stands_once() -> None:
    found = _drawn()

    assert _cells(found).keys() == {(event, role) for event in EVENT_NAMES for role in Role}
    names = [chapter.name for chapter in found.chapters]
    assert len(names) == len(set(names))
    assert names[-1] == "the hub itself"


def test_a_cell_says_at_least_what_is_told_where_nothing_has_happened_yet() -> None:
    cells = _cells(_drawn())

    for (event, role), cell in cells.items():
        for decided in decisions(cell_of(pack(), event, role))[:1]:
            judgement = judge(pack(), event, role, QUIET, frozenset(), (), decided)
            if isinstance(judgement, Told):
                told = {j.info for j in judgement.classes if isinstance(j, SharedBy)}
                held = {j.info for j in judgement.classes if isinstance(j, HeldBy)}
                assert told <= set(cell.told)
                assert held <= {*cell.held, *cell.needed}


def test_the_provider_is_told_the_process_and_it_may_be_held() -> None:
    cell = _cells(_drawn())["concern.opened", Role.PROVIDER]

    assert InfoClass.PROCESS in cell.told
    assert InfoClass.PROCESS in cell.held
    assert "0" in cell.marks
    assert "h" in cell.marks


def test_each_mark_is_told_apart_without_colours() -> None:
    quiet = replace_roles(pack())
    marks = {cell.marks for cell in _cells(chart(quiet)).values()}

    assert "·" in marks
    assert any(mark.startswith("0") for mark in marks)
    assert any("h" in mark for mark in marks)
    assert any("?" in mark for mark in marks)
    assert any("w" in mark for mark in marks)
    assert any("c" in mark for mark in marks)


def test_what_may_hold_most_parties_on_any_event_is_said_once() -> None:
    found = _drawn()
    common = [w for w in pack().withholds if w.hold and len(w.roles) * 2 > len(Role)]

    assert [note.partition(" ")[0] for note in found.everywhere] == [w.id for w in common]
    assert all(note in as_text(found) for note in found.everywhere)
    regulator = _cells(found)["concern.opened", Role.REGULATOR]
    assert "h" not in regulator.marks


def test_the_text_has_a_line_for_each_event_a_column_for_each_role_and_a_legend() -> None:
    text = as_text(_drawn())

    lines = text.splitlines()
    for event in EVENT_NAMES:
        assert sum(line.startswith(f"{event} ") for line in lines) == 1
    for role in Role:
        assert any(line.endswith(f" {role}") for line in lines)
    for mark, says in LEGEND:
        assert any(mark in line and says in line for line in lines)
    assert not [line for line in lines if line.endswith(" ")]


def test_the_columns_of_the_text_stand_under_their_letters() -> None:
    found = _drawn()
    lines = as_text(found).splitlines()
    head = next(line for line in lines if line.lstrip().startswith("A ") and "  B" in line)
    row = next(line for line in lines if line.startswith("concern.opened"))

    cells = _cells(found)
    place = head.index(" G ") + 1
    assert list(Role)[6] is Role.PROVIDER
    assert row[place:].split()[0] == cells["concern.opened", Role.PROVIDER].marks


def test_the_drawing_is_well_formed_svg_with_a_title_for_every_cell() -> None:
    drawn = as_svg(_drawn())

    root = ET.fromstring(drawn)  # noqa: S314  # our own text
    assert root.tag == f"{SVG}svg"
    assert root.get("version") == "1.1"
    titles = [title.text for group in root.iter(f"{SVG}g") for title in group.iter(f"{SVG}title")]
    assert len(titles) == len(EVENT_NAMES) * len(Role)
    assert any(t and t.startswith("provider on concern.opened: told: process") for t in titles)
    known = {"svg", "title", "desc", "defs", "pattern", "rect", "path", "circle", "text", "g"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= known


def test_every_pattern_of_the_drawing_is_defined_and_nothing_lies_outside_the_page() -> None:
    root = ET.fromstring(as_svg(_drawn()))  # noqa: S314  # our own text

    defined = {f"url(#{pattern.get('id')})" for pattern in root.iter(f"{SVG}pattern")}
    used = {rect.get("fill") or "" for rect in root.iter(f"{SVG}rect")}
    assert {fill for fill in used if fill.startswith("url")} == defined
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for element in root.iter(f"{SVG}text"):
        assert 0 <= float(element.get("x", -1)) < width
        assert 0 <= float(element.get("y", -1)) < height


def test_names_are_escaped_and_what_no_xml_may_hold_is_replaced() -> None:
    odd = replace(pack(), name='Fish & <Chips> "Ltd"\x01')

    drawn = as_svg(chart(odd))

    root = ET.fromstring(drawn)  # noqa: S314  # our own text
    title = root.find(f"{SVG}title")
    assert title is not None
    assert (title.text or "").startswith('Fish & <Chips> "Ltd"\N{REPLACEMENT CHARACTER} ')


def test_the_same_pack_is_drawn_the_same() -> None:
    shuffled = replace(pack(), shares=pack().shares[::-1], withholds=pack().withholds[::-1])

    assert as_svg(_drawn()) == as_svg(chart(replace(pack())))
    assert _cells(chart(shuffled)) == _cells(_drawn())


def replace_roles(rules: Pack) -> Pack:
    """The pack with a need, and with one class withheld from whoever is told of the opening."""
    needing = next(s for s in rules.shares if Role.HOST_ICB in s.roles and not s.decided_by)
    need = replace(
        needing,
        roles=frozenset({Role.HOST_ICB}),
        classes=frozenset({InfoClass.COMMERCIAL}),
        decided_by=frozenset({Role.HOST_AUTHORITY}),
        when={},
    )
    routes = tuple(
        replace(r, classes=r.classes | {InfoClass.COMMERCIAL}) if r.event == "concern.opened" else r
        for r in rules.routes
    )
    kept = tuple(
        w for w in rules.withholds if w.hold is HoldKind.H1 or InfoClass.COMMERCIAL not in w.classes
    )
    deaf = tuple(
        replace(s, roles=s.roles - {Role.CONTRACTS}) if s.roles != {Role.CONTRACTS} else s
        for s in rules.shares
    )
    shares = tuple(s for s in deaf if s.roles != {Role.CONTRACTS} and s.roles)
    return replace(rules, shares=(*shares, need), routes=routes, withholds=kept)
