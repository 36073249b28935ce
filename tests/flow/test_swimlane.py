"""The board's drawing: a lane a party, shapes and not colour alone, and tabs on the concern."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

from hub.routes.board import board
from hub.routes.swimlane import MOST_LINES, SHAPES, Drawing, Shape, swim_lanes
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    LEO,
    TO_THE_END,
    Rosewood,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_answers import OPENING, alert_to_surrey

BOARD = f"/concerns/{CONCERN}"


async def drawn(story: Rosewood) -> Drawing:
    now = story.clock.now()
    found = swim_lanes(board(await story.record(), await story.register.directory(), LEO, now), now)
    assert found is not None
    return found


def svg_of(page: str) -> ET.Element:
    found = re.search(r'<svg viewBox="0 0 [^"]+" width="100%".*?</svg>', page, re.DOTALL)
    assert found is not None
    return ET.fromstring(found[0])  # noqa: S314  our own page


async def test_every_party_that_was_told_has_a_lane_and_every_mark_a_shape_and_words() -> None:
    async with rosewood(*OPENING) as story:
        await story.clock.advance(timedelta(hours=1))
        await story.sent()
        await story.clock.advance(timedelta(hours=1))
        notice = await alert_to_surrey(story)
        await story.answers.acknowledge_by_code(notice.id, "Sam", "Manager", notice.ack_code)
        found = await drawn(story)
        told = {n.notice.party for n in (await story.record()).notices}

    surrey = next(lane for lane in found.lanes if lane.whole.startswith("Surrey"))
    marks = [mark for line in surrey.lines for mark in line.marks]
    assert len(found.lanes) == len(told)
    assert {Shape.RING, Shape.SQUARE, Shape.DIAMOND} <= {mark.shape for mark in marks}
    assert len({shape for shape, _ in SHAPES}) == len(Shape)
    assert all(mark.says for mark in marks)
    assert all(found.left <= mark.x <= found.width for mark in marks)


async def test_what_is_past_its_time_is_a_thick_broken_line_from_its_deadline_on() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        before = await drawn(story)
        await story.clock.advance(timedelta(days=30))
        after = await drawn(story)
        me = await sign_in(story, browser)
        _, page = await me.get(BOARD)

    late = [line for lane in after.lanes for line in lane.lines if line.late_from is not None]
    assert before.late == 0
    assert after.late == len(late) > 0
    assert all(
        line.late_from == line.due and line.end > line.late_from for line in late if line.due
    )
    assert page.count('stroke-dasharray="8 3"') == len(late)


async def test_the_drawing_is_named_described_and_has_its_data_as_tables() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        me = await sign_in(story, browser)
        _, page = await me.get(BOARD)
        found = await drawn(story)

    svg = svg_of(page)
    assert svg.get("role") == "img"
    assert svg.find("title") is not None
    description = svg.find("desc")
    assert description is not None
    assert "The tables below have the same data." in (description.text or "")
    assert " style=" not in page
    assert all(len(lane.lines) <= MOST_LINES for lane in found.lanes)
    for lane in found.lanes:
        assert lane.whole.split(" (")[0].split(",")[0] in page


async def test_a_board_without_a_notice_has_no_drawing() -> None:
    async with rosewood(*OPENING) as story:
        now = story.clock.now()
        bare = replace(await story.record(), notices=())
        shown = board(bare, await story.register.directory(), LEO, now)

    assert swim_lanes(shown, now) is None


async def test_the_concern_has_its_stages_its_tabs_and_the_stop() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me, chair = await sign_in(story, browser), await sign_in(story, browser, CHAIR)
        _, page = await me.get(BOARD)
        _, theirs = await chair.get(BOARD)
        tabs = re.findall(rf'<a class="govuk-link" href="({BOARD}[^"]*)"', page)
        answered = {tab: (await me.get(tab))[0] for tab in tabs}

    assert page.count('aria-current="step"') == 1
    assert "Quality assurance" in page
    assert {BOARD, f"{BOARD}/timeline", f"{BOARD}/held", f"{BOARD}/closure"} <= set(tabs)
    assert set(answered.values()) == {200}
    assert f"{BOARD}/stop" in page
    assert "Told by phone" in page
    assert "Told by phone" not in theirs
