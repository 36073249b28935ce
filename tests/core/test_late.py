"""Whoever is found late is given the history it was owed, in order (M026, S5, semantics 11)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.closure import all_notified, closure_set, gaps
from hub.decision import Hold, NotDue, Notify, OccasionKind
from hub.events import EVENTS
from hub.events.marks import may_bring
from hub.explain import explain
from hub.obligation import ObligationKind
from hub.page import Page
from hub.plan import plan, rehearse
from hub.vocabulary import InfoClass
from tests.core.placing import (
    SCOTTISH,
    THIRTY,
    WELSH,
    as_party,
    line,
    number_of,
    opened,
    to,
)
from tests.core.story import (
    THE_HAMPSHIRE,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    notices_to,
    placed,
    verdicts,
)
from tests.worlds import HAMPSHIRE, START, SURREY

HISTORY = ["lead-agency-set", "stage-changed", "meeting-scheduled", "themes-agreed"]


def _course(story: Story) -> None:
    """Four things that every placing authority of record is told."""
    story.happens("lead.agency.set")
    story.happens("chair.appointed")
    story.stage("decision to initiate", "initial meeting")
    story.happens("meeting.scheduled", starts_at=(START + timedelta(minutes=40)).isoformat())
    story.happens("themes.agreed")


def test_M004_M026_S5_of_thirty_authorities_nine_are_found_late_and_none_is_forgotten() -> None:
    story = opened()
    early, late = THIRTY[:21], THIRTY[21:]
    story.happens(
        "placement.register.declared",
        placements=[*(line(code) for code in early), *(placed(None) for _ in late)],
    )
    before = all_notified(story.concern, story.paper.standing.history)
    _course(story)

    page = story.happens(
        "placement.register.amended",
        added=[line(code) for code in late],
        unknown_resolved=len(late),
    )

    after = all_notified(story.concern, story.paper.standing.history)
    assert (len(before.told), before.unknown, before.everybody) == (21, 9, False)
    assert str(before) == (
        "A notice is prepared for 21 of 30 who placed adults here; 9 not known yet"
    )
    assert (len(after.told), after.unknown, after.everybody) == (30, 0, True)
    assert {*SCOTTISH} & {*late}
    for code in late:
        mine = to(page, as_party(code))
        assert [n.template for n in mine] == ["placing-authority-alert", *HISTORY]
        assert number_of(code) in mine[0].text
        assert not [other for other in THIRTY if other != code and number_of(other) in mine[0].text]
        assert ["This notice is late" in n.text for n in mine] == [False, True, True, True, True]
    assert {n.party for n in page.notices} == {as_party(code) for code in late}
    everything = Counter((n.party, n.template) for n in story.paper.notices())
    assert {everything[as_party(code), name] for code in THIRTY for name in HISTORY} == {1}


def test_M004_S5_unknown_funders_block_all_notified_and_the_confirmation_of_closure() -> None:
    story = opened()
    story.happens(
        "placement.register.declared",
        placements=[*(line(code) for code in THIRTY[:21]), *(placed(None) for _ in range(9))],
    )

    found = gaps(story.concern, story.paper.standing.history, {}, story.now)

    assert "9 places have a funder nobody knows" in [g.says for g in found if g.party is None]
    assert list(story.owes(ObligationKind.FIND_FUNDER)) == ["funders"]


def test_M026_a_back_filled_notice_says_that_it_is_late_in_both_of_its_parts() -> None:
    story = opened()
    _course(story)

    page = story.happens("placement.register.amended", added=[line(WELSH[0])])

    for notice in to(page, as_party(WELSH[0]))[1:]:
        for part in (notice.text, notice.html):
            assert "Late." in part
            assert "told on Tuesday 1 December 2026" in part
        assert notice.text.index("Late.") < notice.text.index("What happened.")


def test_M026_M014_its_reply_is_due_from_now_and_a_past_meeting_is_said_to_be_past() -> None:
    story = opened()
    _course(story)
    first = [n for n in story.paper.notices() if n.template == "meeting-scheduled"]
    story.now += timedelta(days=2)

    page = story.happens("placement.register.amended", added=[line(WELSH[0])])

    (meeting,) = [n for n in to(page, as_party(WELSH[0])) if n.template == "meeting-scheduled"]
    (themes,) = [n for n in to(page, as_party(WELSH[0])) if n.template == "themes-agreed"]
    assert "has passed: for that date nothing more is asked of you" in meeting.text
    assert "has passed" not in themes.text
    assert meeting.reply_due is not None
    assert meeting.reply_due > story.now
    assert all(n.reply_due is not None and n.reply_due < meeting.reply_due for n in first)
    owed = story.owes(ObligationKind.ANSWER)
    assert owed[f"notice:{meeting.id}"].due == meeting.reply_due


def test_M026_a_meeting_that_is_still_to_come_is_not_said_to_be_past() -> None:
    story = opened()
    story.happens("chair.appointed")
    story.happens("meeting.scheduled")

    page = story.happens("placement.register.amended", added=[line(WELSH[0])])

    (_, meeting) = to(page, as_party(WELSH[0]))
    assert "This notice is late" in meeting.text
    assert "has passed" not in meeting.text


def test_M026_each_back_filled_notice_says_what_was_said_then() -> None:
    story = opened()
    story.happens("themes.agreed", themes=[{"question": "safe", "theme": "medication"}])
    story.happens("themes.agreed", themes=[{"question": "caring", "theme": "dignity"}])

    page = story.happens("placement.register.amended", added=[line(WELSH[0])])

    (_, first, second) = to(page, as_party(WELSH[0]))
    assert "medication" in first.text
    assert "dignity" not in first.text
    assert "dignity" in second.text


def _late(page: Page) -> dict[str, list[str]]:
    """Return whom a page gives its history, by agency."""
    found: dict[str, list[str]] = {}
    for decision in page.decisions:
        if decision.occasion.kind is OccasionKind.FOUND_LATE and isinstance(decision, Notify):
            found.setdefault(decision.party.agency, []).append(decision.notice)
    return found


def test_M026_M041_moved_out_and_in_again_an_authority_is_not_told_twice() -> None:
    story = opened()
    story.happens("lead.agency.set")
    first = story.happens("placement.register.amended", added=[placed(SURREY, "SCC-1")])
    story.happens("placement.register.amended", moved_out=[SURREY])

    again = story.happens("placement.register.amended", added=[placed(SURREY, "SCC-1")])
    more = story.happens("placement.register.amended", added=[placed(SURREY, "SCC-2")])

    assert _late(first) == {SURREY: ["lead-agency-set"]}
    assert (_late(again), _late(more)) == ({}, {})
    assert notices_to(again, THE_SURREY) == []
    assert notices_to(more, THE_SURREY) == ["placing-authority-alert"]


def test_B02_on_a_late_occasion_everybody_else_has_its_answer_already() -> None:
    story = opened()
    story.happens("lead.agency.set")

    page = story.happens("placement.register.amended", added=[placed(SURREY, "SCC-1")])

    late = [d for d in page.decisions if d.occasion.kind is OccasionKind.FOUND_LATE]
    assert [d.party for d in late] == list(story.concern.parties())
    others = [d for d in late if d.party.agency != SURREY]
    assert {type(d) for d in others} == {NotDue}
    assert {d.reason.rule for d in others} == {"found-late"}
    assert {d.occasion.event_name for d in late} == {"lead.agency.set"}


def test_M026_what_is_held_from_whoever_is_found_late_stays_held() -> None:
    story = opened()
    _course(story)
    story.held(THE_HAMPSHIRE, "H3", "themes")

    page = story.happens("placement.register.amended", added=[placed(HAMPSHIRE, "HCC-1")])

    mine = [d for d in page.decisions if d.party == THE_HAMPSHIRE and isinstance(d, Notify)]
    assert [d.notice for d in mine] == ["placing-authority-alert", *HISTORY]
    assert all(s.info is not InfoClass.THEMES for d in mine for s in d.shared)
    assert not [n for n in to(page, THE_HAMPSHIRE) if "leadership" in n.text]


def test_M026_where_everything_is_held_the_history_is_held_as_well() -> None:
    story = opened()
    _course(story)
    story.held(THE_HAMPSHIRE, "H3")

    page = story.happens("placement.register.amended", added=[placed(HAMPSHIRE, "HCC-1")])

    mine = [d for d in page.decisions if d.party == THE_HAMPSHIRE]
    assert {type(d) for d in mine} == {Hold}
    assert len(mine) == 1 + len(HISTORY)
    assert notices_to(page, THE_HAMPSHIRE) == []
    assert THE_HAMPSHIRE in closure_set(story.concern, story.paper.standing.history)


def test_M026_who_is_found_in_one_batch_with_what_it_missed_is_given_it() -> None:
    story = opened()

    page = story.takes(
        story.made("lead.agency.set"),
        story.made("placement.register.amended", added=[placed(SURREY, "SCC-1")]),
    )

    assert notices_to(page, THE_SURREY) == ["placing-authority-alert", "lead-agency-set"]


def test_M026_what_waited_and_followed_later_is_given_in_the_order_it_followed() -> None:
    story = opened()
    story.happens("stage.changed", from_stage="initial meeting", to_stage="findings")
    story.happens("lead.agency.set")
    story.happens("stage.changed", from_stage="decision to initiate", to_stage="initial meeting")

    page = story.happens("placement.register.amended", added=[placed(SURREY, "SCC-1")])

    alert, lead, *moves = (n.text for n in to(page, THE_SURREY))
    assert "safeguarding concerns" in alert
    assert "lead" in lead
    assert len(moves) == 2
    assert "now at initial meeting" in moves[0] or "to initial meeting" in moves[0]
    assert "findings" in moves[1]


def test_B02_a_rehearsal_gives_late_parties_what_planning_gives_them() -> None:
    story = opened()
    lead = story.made("lead.agency.set")
    register = story.made("placement.register.amended", added=[placed(SURREY, "SCC-1")])
    opening = next(iter(story.paper.known.values()))
    tools = story.paper.tools

    standing = rehearse([opening, lead], tools)
    page = plan(standing, (register,), tools, story.now)
    found = explain(register, standing, tools, story.now).of("surrey county council")

    assert notices_to(page, THE_SURREY) == ["placing-authority-alert", "lead-agency-set"]
    assert [p.notice for p in found.parties if p.notice] == [
        "placing-authority-alert",
        "lead-agency-set",
    ]
    assert [p.occasion for p in found.parties if p.notice] == ["event", "found late"]


def test_M026_nothing_is_given_late_where_the_register_did_not_read_what_is_past() -> None:
    story = opened()
    story.happens("lead.agency.set")
    register = story.made("placement.register.amended", added=[placed(SURREY, "SCC-1")])
    unread = replace(story.paper.standing, past=())

    page = plan(unread, (register,), story.paper.tools, story.now)

    assert notices_to(page, THE_SURREY) == ["placing-authority-alert"]


def test_M026_every_type_that_names_somebody_into_a_part_says_that_it_may_bring_one() -> None:
    bringing = {name for name, model in EVENTS.items() if may_bring(model)}

    assert {"placement.register.declared", "placement.register.amended"} <= bringing
    assert {"host.icb.named", "host.other.named", "placing.authority.alerted"} <= bringing
    assert "themes.agreed" not in bringing
    assert "hold.placed" not in bringing


def test_M072_the_provider_is_never_found_late() -> None:
    story = opened()
    story.happens("lead.agency.set")

    page = story.happens("placement.register.amended", added=[placed(SURREY, "SCC-1")])

    assert verdicts(page, OccasionKind.FOUND_LATE)[THE_PROVIDER] == "nothing"
    assert notices_to(page, THE_REGULATOR) == []


@pytest.mark.parametrize("found", ["emergency", "after"])
def test_S5_in_an_emergency_the_emergency_comes_first_and_is_not_said_twice(found: str) -> None:
    story = opened()
    story.happens("lead.agency.set")
    story.happens("emergency.closure.cqc")
    if found == "after":
        story.happens("themes.agreed")

    page = story.happens("placement.register.amended", added=[placed(SURREY, "SCC-1")])

    said = notices_to(page, THE_SURREY)
    assert said[:2] == ["emergency-closure", "lead-agency-set"]
    assert said.count("emergency-closure") == 1
