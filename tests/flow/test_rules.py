"""The rules on screen: what is in force, an event explained, a map, a scenario, a draft tried."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from hub.access import Official, Post
from hub.adapters.shipped import read_folder, shipped
from hub.app.bench import FolderBench
from hub.pack.rules import Pack
from hub.prove.answers import EVENT_NAMES
from hub.prove.chart import Chart, chapter_names, chart
from hub.prove.stages import COLUMNS, by_stage, stages_of
from hub.routes.bench import NotDone
from hub.routes.heat import KINDS, NOT_DUE, drawing, kind_of
from hub.routes.heat_by_stage import StageMaps, lines_of
from hub.routes.policy import PackInForce, Policy
from hub.vocabulary import PackHash, Role, Stage
from tests.core.packs import pack
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    EXAMPLES,
    HOST,
    LEO,
    OTHER,
    TO_THE_END,
    Rosewood,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_answers import OPENING

AUDITOR = Official(id="audit-1", name="Kit Ray", post=Post.AUDITOR, agency=HOST)
AGENCY = Official(id="agency-1", name="Jo Hill", post=Post.AGENCY, agency=HOST)
OPENED = (EXAMPLES / "concern-opened.json").read_text()


def knows_rules(story: Rosewood) -> dict[str, Any]:
    """Return what the web of a hub with the pack of the story is given."""
    story.people = (LEO, CHAIR, OTHER, AUDITOR, AGENCY)
    known = story.tools.pack
    force = PackInForce(
        partnership=known.partnership,
        version=known.version,
        hash=known.hash,
        review_by=known.review_by,
    )
    return {
        "tools_for": lambda name, directory: (
            replace(story.tools, directory=directory) if name == known.partnership else None
        ),
        "bench": FolderBench(policy=None),
        "policy": lambda: Policy(packs=(force,)),
    }


async def test_B03_the_page_says_which_rules_are_in_force_with_hash_and_review() -> None:
    async with rosewood() as story, served(story, **knows_rules(story)) as browser:
        me = await sign_in(story, browser, AUDITOR)

        status, page = await me.get("/rules")

        assert status == 200
        assert story.tools.pack.hash[:12] in page
        assert story.tools.pack.version in page
        assert '<option value="concern-opened">' in page
        assert '<option value="friday-closure">' in page


async def test_B03_without_rules_the_page_says_so() -> None:
    async with rosewood() as story, served(story) as browser:
        me = await sign_in(story, browser)

        status, page = await me.get("/rules")

        assert status == 200
        assert "No rules are in force" in page
        for path in ("/rules/explain?example=concern-opened", "/rules/draft?partnership=x"):
            assert (await me.get(path))[0] == 404


async def test_B06_an_agency_finds_no_rules() -> None:
    async with rosewood() as story, served(story, **knows_rules(story)) as browser:
        me = await sign_in(story, browser, AGENCY)

        for path in ("/rules", "/rules/explain", "/rules/map", "/rules/draft"):
            assert (await me.get(path))[0] == 404, path
        for path in ("/rules/explain", "/rules/simulate", "/rules/draft"):
            assert (await me.post(path, {"event": OPENED}))[0] == 404, path


async def test_B03_an_example_is_explained_for_every_party_by_rule_and_paragraph() -> None:
    async with rosewood() as story, served(story, **knows_rules(story)) as browser:
        me = await sign_in(story, browser, AUDITOR)

        status, page = await me.get("/rules/explain?example=themes-agreed")
        missing, _ = await me.get("/rules/explain?example=../pyproject")

        assert status == 200
        assert "Care Quality Commission" in page
        assert re.search(r"after \d+ earlier events", page)
        assert "Withheld" in page
        assert re.search(r"\bS\d+\b", page)
        assert missing == 404


async def test_B03_a_pasted_event_is_explained_and_nothing_is_kept() -> None:
    async with rosewood() as story, served(story, **knows_rules(story)) as browser:
        me = await sign_in(story, browser, AUDITOR)

        status, page = await me.post("/rules/explain", {"event": OPENED})

        assert status == 200
        assert "after 0 earlier events" in page
        assert "Told" in page
        assert await story.register.concerns() == ()
        assert (await story.register.depths()).events == 0
        assert (await story.register.depths()).quarantined == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Paste an event"),
        ("{not json", "There is a problem"),
        ('{"specversion": "1.0", "type": "<script>alert(1)</script>"}', "There is a problem"),
        (OPENED.replace("west-sussex", "nowhere"), "no pack of `nowhere` is in force"),
    ],
)
async def test_B03_whatever_is_wrong_with_what_is_pasted_is_listed(typed: str, said: str) -> None:
    async with rosewood() as story, served(story, **knows_rules(story)) as browser:
        me = await sign_in(story, browser)

        status, page = await me.post("/rules/explain", {"event": typed})

        assert status == 422
        assert said in page
        assert "<script" not in page


async def test_B03_what_is_pasted_has_a_limit() -> None:
    async with rosewood() as story, served(story, **knows_rules(story)) as browser:
        me = await sign_in(story, browser)

        status, _ = await me.post("/rules/explain", {"event": "x" * 70_000})

        assert status == 413


async def test_B06_an_event_of_a_concern_is_explained_to_its_own_leo_with_a_leaf() -> None:
    async with rosewood(*TO_THE_END[:6]) as story, served(story, **knows_rules(story)) as browser:
        me = await sign_in(story, browser)
        _, which = await me.get(f"/rules/explain?concern={CONCERN}")
        links = re.findall(r'href="(/rules/explain\?concern=[^"]+)"', which)

        status, page = await me.get(links[-1].replace("&amp;", "&"))

        assert len(links) == 6
        assert status == 200
        assert "after 5 earlier events" in page
        leaves = await story.leaves("concern.seen")
        assert len([leaf for leaf in leaves if '"page":"explained"' in leaf]) == 2


@pytest.mark.parametrize("who", [OTHER, CHAIR, AUDITOR])
async def test_B06_nobody_else_has_an_event_of_that_concern_explained(who: Official) -> None:
    async with rosewood(*OPENING) as story, served(story, **knows_rules(story)) as browser:
        me = await sign_in(story, browser, who)

        status, _ = await me.get(f"/rules/explain?concern={CONCERN}")
        _, front = await me.get("/rules")

        assert status == 404
        assert CONCERN not in front


async def test_B03_a_pasted_event_of_a_real_concern_learns_nothing_of_it() -> None:
    async with rosewood(*TO_THE_END[:12]) as story, served(story, **knows_rules(story)) as browser:
        me = await sign_in(story, browser, AUDITOR)

        _, page = await me.post("/rules/explain", {"event": OPENED})

        assert "after 0 earlier events" in page


# The map


def test_B03_a_chapter_of_the_map_is_the_same_as_in_the_whole() -> None:
    name = chapter_names()[2]

    (alone,) = chart(pack(), name).chapters

    assert alone in chart(pack()).chapters


def test_B03_the_drawing_is_sound_and_says_each_cell_by_a_letter_too() -> None:
    found = chart(pack(), "police")
    svg = ET.fromstring(drawing(found))  # noqa: S314 - our own words

    cells = svg.findall("g")
    rows = [row for chapter in found.chapters for row in chapter.rows]
    letters = [cell.findtext("text") for cell in cells]
    assert svg.get("role") == "img"
    assert svg.findtext("title")
    assert svg.findtext("desc")
    assert letters == [kind_of(cell).letter for row in rows for cell in row.cells]
    assert len(cells) == len(rows) * len(Role)
    assert len({kind.letter for kind in KINDS}) == len(KINDS)
    assert "style=" not in drawing(found)


async def test_B03_the_map_shows_a_chapter_with_the_same_as_tables() -> None:
    async with rosewood() as story, served(story, **knows_rules(story)) as browser:
        me = await sign_in(story, browser, AUDITOR)

        status, page = await me.get("/rules/map?partnership=west-sussex&chapter=police")
        others = [
            (await me.get(path))[0]
            for path in ("/rules/map?partnership=x", "/rules/map?partnership=west-sussex&chapter=x")
        ]

        assert status == 200
        assert "<svg" in page
        assert "Police advice recorded" in page
        assert "Held in some circumstances" in page
        assert others == [404, 404]


def test_B03_a_kind_of_event_is_of_the_stages_whose_chapters_it_rests_on() -> None:
    assert stages_of("initiation.decided") == (Stage.DECISION_TO_INITIATE,)
    assert stages_of("meeting.scheduled") == (Stage.INITIAL_MEETING, Stage.UPDATE)
    assert stages_of("closure.authorised") == (Stage.CLOSING,)
    # On the roles, on emergencies, on the other policy: not on a stage.
    for event in ("concern.opened", "emergency.evacuation", "concern.escalated", "holds.changed"):
        assert stages_of(event) == ()
    assert {stage for event in EVENT_NAMES for stage in stages_of(event)} == set(Stage)


def test_B03_the_map_by_stages_counts_every_cell_of_the_map_and_no_other() -> None:
    found = chart(pack())
    rows_of = [row for part in found.chapters for row in part.rows]
    cells = {(row.event, cell.role): cell for row in rows_of for cell in row.cells}

    rows = by_stage(found)

    for row in rows:
        assert [cell.stage for cell in row] == list(COLUMNS)
        for cell in row:
            assert all(cells[event, cell.role] == each for event, each in cell.cells)
        assert {event for cell in row for event, _ in cell.cells} == set(EVENT_NAMES)
    assert [row[0].role for row in rows] == list(Role)
    lines = lines_of(found)
    for line, row in zip(lines, rows, strict=True):
        for counted, cell in zip(line.cells, row, strict=True):
            kinds = [kind_of(each) for _, each in cell.cells]
            assert dict(counted.counts) == Counter(k for k in kinds if k is not NOT_DUE)
            assert counted.all == len(kinds)


async def test_B03_the_map_by_stages_is_drawn_and_said_in_a_table() -> None:
    async with rosewood() as story, served(story, **knows_rules(story)) as browser:
        me = await sign_in(story, browser, AUDITOR)

        status, page = await me.get("/rules/map?partnership=west-sussex")

        assert status == 200
        svg = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])  # noqa: S314 - ours
        assert svg.get("role") == "img"
        assert svg.findtext("title") == "Who is told what: parties by stages"
        assert len(svg.findall("g")) == len(Role) * len(COLUMNS)
        assert "style=" not in page
        # Each cell of the drawing says in words what its cell of the table says.
        for group in svg.findall("g"):
            said = (group.findtext("title") or "").partition(": ")[2]
            assert all(part.split(" ", 1)[1] in page for part in said.split(", "))
        assert page.count('role="rowheader"') == len(Role)
        assert "6. Closing" in page


async def test_a_map_is_drawn_once_for_what_is_in_a_pack_and_few_are_kept() -> None:
    drawn: list[PackHash] = []

    def draw(which: Pack) -> Chart:
        drawn.append(which.hash)
        return chart(which, "police")

    maps = StageMaps(draw=draw)
    packs = [replace(pack(), hash=PackHash(f"{number}" * 64)) for number in range(5)]

    both = await asyncio.gather(maps.of(packs[0]), maps.of(packs[0]))
    assert both[0] is both[1]
    for each in packs:
        await maps.of(each)
    await maps.of(packs[0])

    # Four are kept: the first had to go for the fifth.
    assert drawn == [each.hash for each in (*packs, packs[0])]


# A scenario, a draft


async def test_B03_a_scenario_that_ships_is_played_and_shown() -> None:
    async with rosewood() as story, served(story, **knows_rules(story)) as browser:
        me = await sign_in(story, browser, AUDITOR)

        status, page = await me.post("/rules/simulate", {"scenario": "police-hold"})
        unknown, refused = await me.post("/rules/simulate", {"scenario": "../../x"})

        assert status == 200
        assert "Hold stands" in page
        assert "Care Quality Commission (regulator)" in page
        assert unknown == 200
        assert "There is no such scenario" in refused
        assert (await story.register.depths()).events == 0


async def test_B03_a_trial_that_takes_too_long_is_broken_off() -> None:
    bench = FolderBench(policy=None, seconds=0.01)

    found = await bench.play("police-hold")

    assert isinstance(found, NotDone)
    assert "took too long" in found.says[0]


async def test_B03_a_draft_says_what_would_change_and_what_is_newly_disclosed() -> None:
    text = read_folder(shipped("policy") / "west-sussex")["sharing.toml"]
    wider = text.replace(
        'with = "regulator"\nclasses = ["process", "themes"]',
        'with = "regulator"\nclasses = ["process", "themes", "commercial"]',
        1,
    )
    assert wider != text
    fields = {"partnership": "west-sussex", "file": "sharing.toml"}
    async with rosewood() as story, served(story, **knows_rules(story)) as browser:
        me = await sign_in(story, browser)

        asked, form = await me.get("/rules/draft?partnership=west-sussex")
        bare, _ = await me.post("/rules/draft", fields)
        forged, _ = await me.post("/rules/draft", fields | {"text": "x", "token": "x"})
        broken, faults = await me.post("/rules/draft", fields | {"text": text + "\n[[share]]\n"})
        status, page = await me.post("/rules/draft", fields | {"text": wider})

        assert (asked, bare, forged, broken, status) == (200, 422, 403, 422, 200)
        assert "directory.toml" not in form
        assert "sharing.toml:" in faults
        assert "/tmp" not in faults
        assert "Told more" in page
        assert "More is disclosed" in page
