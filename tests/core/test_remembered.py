"""What is remembered is never taken for something else: another pack, directory, hold or page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from hub.concern import Party
from hub.decide import facts_about, facts_of_the_concern
from hub.decision import History
from hub.events.envelope import Event
from hub.frozen import remembered
from hub.pack.cell import Told, cell_of
from hub.page import Page, Standing
from hub.plan import Tools
from hub.plan.climbing import on_ladders
from hub.plan.desk import Desk
from hub.plan.standing import standing_holds
from hub.vocabulary import InfoClass, Role
from tests.core.living import lived
from tests.core.packs import held, judged, pack, shared
from tests.core.placing import SCOTTISH, as_party, changed, contact, line, opened, to
from tests.core.story import THE_HOST, THE_REGULATOR, Story, classes_told
from tests.worlds import HOST, START, PaperRegister

EVENT = "themes.agreed"


@dataclass(frozen=True)
class Said:
    words: str


def test_what_is_equal_and_not_the_same_is_asked_anew_and_what_is_kept_is_bounded() -> None:
    asked: list[Said] = []

    @remembered(2)
    def length(said: Said) -> int:
        asked.append(said)
        return len(said.words)

    one, other = Said("first"), Said("first")
    assert [length(one), length(one), length(other), length(other)] == [5, 5, 5, 5]
    assert len(asked) == 2

    assert [length(Said("x" * many)) for many in range(9)] == [*range(9)]
    assert length(one) == 5
    assert len(asked) == 2 + 9 + 1


def test_two_packs_with_the_same_rules_but_one_judge_each_by_its_own() -> None:
    before = judged(EVENT, Role.REGULATOR)
    silent = replace(
        pack(), shares=tuple(s for s in pack().shares if Role.REGULATOR not in s.roles)
    )

    after = judged(EVENT, Role.REGULATOR, rules=silent)

    assert isinstance(before, Told)
    assert InfoClass.THEMES in shared(before)
    assert shared(after) == frozenset()
    assert judged(EVENT, Role.REGULATOR) == before


def test_a_fact_or_a_release_that_a_rule_asks_for_is_never_left_out() -> None:
    told = judged(EVENT, Role.PROVIDER, police_advice="hold")
    partly = judged(EVENT, Role.PROVIDER, police_advice="partial release")
    freed = judged(
        EVENT,
        Role.PROVIDER,
        police_advice="partial release",
        released=frozenset({InfoClass.PROCESS, InfoClass.THEMES}),
    )

    assert held(told)
    assert shared(freed) - shared(partly)


def test_a_copy_of_a_cell_begins_with_nothing_judged() -> None:
    judged(EVENT, Role.REGULATOR)
    cell = cell_of(pack(), EVENT, Role.REGULATOR)

    copy = replace(cell, shares=())

    assert cell.judged
    assert copy.judged == {}


def test_a_corrected_directory_is_read_from_the_next_event_on() -> None:
    story, scot = opened(), as_party(SCOTTISH[0])
    story.happens("placement.register.declared", placements=[line(SCOTTISH[0])])
    before = {one.target for one in story.happens("lead.agency.set").deliveries}
    corrected = contact(SCOTTISH[0], 7)

    changed(story, contacts=[replace(contact(SCOTTISH[0]), usable=False), corrected])
    page = story.happens("themes.agreed")

    assert to(page, scot)
    mine = {one.target for one in page.deliveries if one.party == scot}
    assert mine == {corrected.id}
    assert corrected.id not in before


def test_M072_a_hold_between_two_events_of_one_page_holds_the_second_alone() -> None:
    story = Story()
    story.opens()
    first = story.made("lead.agency.set")
    every = [str(info) for info in InfoClass]
    hold = story.made("hold.placed", kind="H3", party=HOST, role=THE_HOST.role, classes=every)
    second = story.made("themes.agreed")

    page = story.takes(first, hold, second)

    told = {(n.event, n.party) for n in page.notices}
    assert (first.id, THE_HOST) in told
    assert (second.id, THE_HOST) not in told
    assert (second.id, THE_REGULATOR) in told


def test_M026_what_is_said_to_one_reader_alone_is_not_remembered_for_the_others() -> None:
    story = opened()
    mine, theirs = SCOTTISH[0], SCOTTISH[1]
    placed = [line(mine, "mine-1"), line(theirs, "theirs-1")]

    page = story.happens("placement.register.declared", placements=placed)

    for whose, own, other in ((mine, "mine-1", "theirs-1"), (theirs, "theirs-1", "mine-1")):
        party: Party = as_party(whose)
        (notice,) = to(page, party)
        assert InfoClass.PLACED_ADULT in classes_told(page, party)
        assert own in notice.text
        assert other not in notice.text


def test_M072_what_a_concern_notes_of_itself_holds_and_frees_nothing() -> None:
    story = opened()
    story.told_by_police("hold")
    story.held(THE_HOST, "H3")
    concern, history = story.concern, story.paper.standing.history
    tools = story.paper.tools.about(concern)
    holds = standing_holds(concern, history, tools.pack, tools.directory, story.now)

    noted = (
        replace(concern, provider_held_since=None, kept=(THE_REGULATOR, THE_HOST)),
        replace(concern, provider_held_since=story.now, kept=()),
    )

    assert {hold.party for hold in holds} >= {concern.provider, THE_HOST}
    for other in noted:
        assert standing_holds(other, history, tools.pack, tools.directory, story.now) == holds


def test_M072_facts_that_were_found_of_a_moment_are_not_taken_for_those_of_another() -> None:
    story = opened()
    before = story.concern
    assert facts_about(THE_REGULATOR, before, History())["police_advice"] != "hold"

    story.told_by_police("hold")

    after = story.concern
    assert facts_about(THE_REGULATOR, after, History())["police_advice"] == "hold"
    assert facts_about(THE_REGULATOR, before, History())["police_advice"] != "hold"
    assert facts_of_the_concern(after, urgent=True)["urgency"] == "urgent"
    assert facts_of_the_concern(after)["urgency"] == "not urgent"


def test_M072_what_a_page_says_is_held_is_what_stands_once_the_page_is_whole() -> None:
    looked = 0

    def planned(standing: Standing, events: Sequence[Event], tools: Tools, now: datetime) -> Page:
        nonlocal looked
        desk = Desk(standing=standing, tools=tools, now=now)
        for one in events:
            desk.take(one)
        page = desk.page(events[0])
        if page.concern is not None:
            left = tools.about(page.concern)
            stands = standing_holds(page.concern, desk.history, left.pack, left.directory, now)
            assert page.holds == stands
            looked += bool(stands)
        return on_ladders(page, tools)

    for seed in range(40):
        lived(seed, planned)

    assert looked > 100


class Kept(PaperRegister):
    """Asks of each page what the register that keeps it says is held."""

    def take(self, *events: Event, now: datetime = START) -> Page:
        page = super().take(*events, now=now)
        if page.concern is not None:
            left = self.tools.about(page.concern)
            history = self.standing.history
            held = standing_holds(page.concern, history, left.pack, left.directory, now)
            assert page.holds == held
        return page


@pytest.mark.parametrize("seed", [*range(20), 1439, 2735])
def test_H9_whose_newer_revision_is_stopped_with_the_older_unsent_has_heard_of_neither(
    seed: int,
) -> None:
    """In the last two a revision replaced what had not left, and was held by the same page."""
    both = [
        stop.reason.startswith("superseded")
        for page in lived(seed, kept=Kept).pages
        for stop in page.stops
    ]
    assert seed < 20 or {*both} == {True, False}
