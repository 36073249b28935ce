"""Holds: placing stops what waits, releasing tells what was held, once; only who may, may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from hub.concern import Party
from hub.decision import Hold, Notify, OccasionKind
from hub.explain import explain
from hub.obligation import ObligationKind
from hub.vocabulary import HoldKind, InfoClass
from tests.core.story import (
    BOTH,
    PROCESS,
    THE_HOST,
    THE_ICB,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    again,
    classes_told,
    notices_to,
    placed,
    verdicts,
)
from tests.worlds import HOST, NHS, START, SURREY

LATER = (START + timedelta(days=9)).isoformat()


@pytest.fixture
def story() -> Story:
    """No crime is suspected, so that nothing but a person holds anything."""
    story = Story()
    story.takes(
        story.made("criminal.status.declared"),
    )
    story.opens()
    return story


# A hold stops what waits.


def test_a_hold_stops_what_waits_and_the_party_counts_as_unheard(story: Story) -> None:
    before = story.paper.standing.history.ever_told()

    page = story.held(THE_SURREY, "H3")
    nothing_waits = page.stops
    page = story.held(THE_REGULATOR, "H4", hold_id="h-2")

    waiting = [u for u in story.paper.queue.values() if u.party == THE_REGULATOR]
    assert nothing_waits == ()
    assert len(page.stops) == 2  # its mailbox and its webhook
    assert {s.reason for s in page.stops} == {"Held until: when the inspection is over"}
    assert waiting == []
    assert THE_REGULATOR in before
    assert THE_REGULATOR not in story.paper.standing.history.ever_told()
    assert [leaf.kind for leaf in page.leaves].count("delivery.stopped") == 2
    assert again(page) == {THE_REGULATOR: "held H4"}


def test_a_hold_on_one_class_stops_a_waiting_notice_and_the_rest_is_told_anew(
    story: Story,
) -> None:
    page = story.held(THE_REGULATOR, "H4", "themes")

    assert len(page.stops) == 2
    assert again(page) == {THE_REGULATOR: "current-position"}
    assert classes_told(page, THE_REGULATOR) == PROCESS
    told = next(d for d in page.decisions if d.party == THE_REGULATOR and isinstance(d, Notify))
    assert [(h.info, h.kind, h.hold) for h in told.held] == [(InfoClass.THEMES, HoldKind.H4, "h-1")]


def test_what_was_sent_stays_sent_and_its_reader_was_told(story: Story) -> None:
    story.all_sent()

    page = story.held(THE_REGULATOR, "H4")

    assert page.stops == ()
    assert again(page) == {}
    assert THE_REGULATOR in story.paper.standing.history.ever_told()


def test_whoever_has_had_the_mail_has_heard_though_the_webhook_is_stopped(story: Story) -> None:
    mail = next(u for u in story.paper.queue.values() if u.party == THE_REGULATOR)
    story.paper.carry(mail.delivery)
    story.paper.send(Random(1), share=0.0)

    page = story.held(THE_REGULATOR, "H4")

    assert len(page.stops) == 1
    assert THE_REGULATOR in story.paper.standing.history.ever_told()


def test_a_hold_on_one_party_stops_nobody_elses_notice(story: Story) -> None:
    page = story.held(THE_REGULATOR, "H4")

    stopped = {story.paper.bodies[s.delivery].party for s in page.stops}
    assert stopped == {THE_REGULATOR}
    assert [u for u in story.paper.queue.values() if u.party == THE_HOST]


# A release tells what was held.


def test_a_release_tells_the_party_what_was_held_once_and_then_no_more(story: Story) -> None:
    story.held(THE_REGULATOR, "H4")

    freed = story.freed(authority="regulator:cqc")
    later = story.happens("chair.appointed")

    assert again(freed) == {THE_REGULATOR: "current-position"}
    assert notices_to(freed, THE_REGULATOR) == ["current-position"]
    assert classes_told(freed, THE_REGULATOR) == BOTH
    assert notices_to(later, THE_REGULATOR) == []
    assert THE_REGULATOR in story.paper.standing.history.ever_told()


def test_a_partial_release_tells_those_classes_alone(story: Story) -> None:
    story.held(THE_REGULATOR, "H4", "process", "themes")

    first = story.freed("process", authority="regulator:cqc")
    second = story.freed("themes", authority="regulator:cqc")

    assert classes_told(first, THE_REGULATOR) == PROCESS
    assert classes_told(second, THE_REGULATOR) == BOTH
    assert story.concern.holds == ()


@pytest.mark.parametrize("kind", ["H1", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9", "H10"])
@pytest.mark.parametrize("years", [0, 1, 10, 50])
def test_M021_a_review_date_that_passed_never_lets_a_word_out(kind: str, years: int) -> None:
    story = Story()
    story.takes(story.made("criminal.status.declared"))
    story.opens()
    story.happens("chair.appointed")  # who invites (004 4.1e)
    story.held(THE_PROVIDER, kind, endorsed_by_agency=HOST)
    story.now += timedelta(days=10 + 365 * years)

    pages = [
        story.happens("meeting.scheduled"),
        story.happens("themes.agreed"),
        story.happens("provider.informed"),
        story.happens("lead.agency.set"),
    ]

    assert [notices_to(page, THE_PROVIDER) for page in pages] == [[], [], [], []]
    assert all(verdicts(page)[THE_PROVIDER].startswith("held") for page in pages)
    assert {h.info for h in pages[-1].holds if h.party == THE_PROVIDER} == set(InfoClass)


@pytest.mark.parametrize("advice", ["hold", "partial release"])
def test_M072_police_advice_past_its_review_still_holds_what_it_held(advice: str) -> None:
    story = Story()
    story.opens()
    story.happens("criminal.status.declared", status="yes")
    story.told_by_police(advice, *(["process"] if advice == "partial release" else []))
    story.now += timedelta(days=3650)

    page = story.happens("themes.agreed")

    told = classes_told(page, THE_PROVIDER)
    assert told == (PROCESS if advice == "partial release" else frozenset())
    assert InfoClass.THEMES in {h.info for h in page.holds if h.party == THE_PROVIDER}


def test_a_partial_release_without_process_tells_nothing(story: Story) -> None:
    story.held(THE_REGULATOR, "H4", "process", "themes")

    page = story.freed("themes", authority="regulator:cqc")

    assert notices_to(page, THE_REGULATOR) == []
    assert again(page) == {THE_REGULATOR: "held H4"}


def test_releasing_what_was_told_before_it_was_held_tells_nothing_again(story: Story) -> None:
    story.all_sent()
    story.held(THE_REGULATOR, "H4")

    page = story.freed(authority="regulator:cqc")

    assert notices_to(page, THE_REGULATOR) == []
    assert again(page) == {}


def test_one_hold_of_two_released_frees_nothing_and_the_other_is_still_there(
    story: Story,
) -> None:
    story.held(THE_REGULATOR, "H4")
    story.held(THE_REGULATOR, "H8", hold_id="h-2")

    one = story.freed(authority="regulator:cqc")
    other = story.freed(hold="h-2")

    assert notices_to(one, THE_REGULATOR) == []
    assert notices_to(other, THE_REGULATOR) == ["current-position"]


@pytest.mark.parametrize("party", [THE_REGULATOR, THE_SURREY, THE_PROVIDER])
@pytest.mark.parametrize("position", ["open", "emergency", "closing"])
def test_a_release_tells_by_position_what_the_matter_is_now(position: str, party: Party) -> None:
    story = Story()
    story.opens()
    story.happens("criminal.status.declared")
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    story.all_sent()
    story.held(THE_REGULATOR, "H3", hold_id="h-1")
    story.held(THE_SURREY, "H3", hold_id="h-2")
    story.held(THE_PROVIDER, "H3", hold_id="h-3")
    if position == "open":
        story.happens("themes.agreed")
    if position == "emergency":
        story.happens("emergency.closure.cqc")
    if position == "closing":
        _closed(story)
    name = {THE_REGULATOR: "h-1", THE_SURREY: "h-2", THE_PROVIDER: "h-3"}[party]

    page = story.freed(hold=name)

    open_notice = "provider-informed" if party == THE_PROVIDER else "current-position"
    wanted = {"open": open_notice, "emergency": "emergency-closure", "closing": "closure-notice"}
    assert again(page) == {party: wanted[position]}


def _closed(story: Story) -> None:
    story.happens("chair.appointed")
    story.stage("decision to initiate", "closing")
    story.happens("closure.proposed")
    page = story.happens("closure.authorised")
    assert page.waiting == ()


# Who may.


def test_M021_a_release_by_somebody_who_may_not_is_refused_with_an_alarm(story: Story) -> None:
    story.held(THE_REGULATOR, "H4")

    page = story.freed(authority=HOST)

    (refused,) = page.refused
    assert [str(fault) for fault in refused.faults] == [
        f"/data/authority: `{HOST}` may not release a H4 hold; regulator may"
    ]
    assert (page.applied, page.decisions) == ((), ())
    assert story.concern.holds
    assert [leaf.kind for leaf in page.leaves] == ["event.refused"]


def test_a_release_waits_for_the_hold_it_releases_and_is_judged_when_it_comes(
    story: Story,
) -> None:
    early = story.freed(authority="regulator:cqc")

    then = story.held(THE_REGULATOR, "H4")

    assert [w.why for w in early.waiting] == ["no hold `h-1` stands on this concern"]
    assert then.waiting == ()
    assert len(then.applied) == 2
    assert story.concern.holds == ()


def test_a_waiting_release_by_somebody_who_may_not_is_refused_when_its_hold_comes(
    story: Story,
) -> None:
    story.freed(authority=SURREY)

    page = story.held(THE_REGULATOR, "H4")

    assert len(page.refused) == 1
    assert page.waiting == ()
    assert story.concern.holds


def test_a_hold_of_a_kind_the_pack_gives_nobody_is_released_by_nobody(story: Story) -> None:
    story.held(THE_REGULATOR, "H4")
    tools = story.paper.tools
    story.paper.tools = replace(tools, pack=replace(tools.pack, hold_authorities=()))

    page = story.freed(authority="regulator:cqc")

    assert "nobody the pack names may" in str(page.refused[0].faults[0])


@pytest.mark.parametrize(
    ("kind", "party", "classes"),
    [
        ("H4", THE_SURREY, ["process", "themes"]),
        ("H8", THE_REGULATOR, ["process", "themes"]),
        ("H4", THE_REGULATOR, ["process"]),
    ],
)
def test_a_hold_is_not_shaken_off_by_placing_its_name_on_something_else(
    story: Story, kind: str, party: Party, classes: list[str]
) -> None:
    story.held(THE_REGULATOR, "H4", "process", "themes")

    page = story.held(party, kind, *classes)

    assert [fault.pointer for refused in page.refused for fault in refused.faults] == [
        "/data/hold_id"
    ]
    (hold,) = story.concern.holds
    assert (hold.party, hold.kind, hold.classes) == (THE_REGULATOR, HoldKind.H4, BOTH)


def test_placing_a_hold_again_reviews_or_widens_it(story: Story) -> None:
    story.held(THE_REGULATOR, "H4", "process")

    page = story.held(THE_REGULATOR, "H4", "process", "themes", review_due=LATER)

    assert page.refused == ()
    (hold,) = story.concern.holds
    assert hold.classes == BOTH
    assert hold.review_due.isoformat() == LATER
    assert list(story.owes(ObligationKind.REVIEW_HOLD)) == [f"hold:h-1:{LATER}"]


def test_no_time_releases_a_hold(story: Story) -> None:
    story.held(THE_REGULATOR, "H4")
    story.now += timedelta(days=365)

    page = story.happens("themes.agreed")

    assert notices_to(page, THE_REGULATOR) == []
    assert verdicts(page)[THE_REGULATOR] == "held H4"


# H2 and H9.


def test_M021_S4_an_exclusion_without_endorsement_stays_silent_and_asks(story: Story) -> None:
    page = story.held(THE_PROVIDER, "H2")

    assert again(page)[THE_PROVIDER] == "held H9"
    (owed,) = story.owes(ObligationKind.ENDORSE).values()
    assert owed.party == THE_HOST
    assert owed.due == story.now + timedelta(hours=4)
    assert story.owes(ObligationKind.INTERIM_PROTECTION)


def test_M021_M047_M049_the_lead_agency_of_record_is_asked_as_what_it_is(story: Story) -> None:
    story.happens("lead.agency.set", agency=NHS, kind="icb")
    story.held(THE_PROVIDER, "H2", endorsed_by_agency=HOST)
    (owed,) = story.owes(ObligationKind.ENDORSE).values()

    page = story.held(THE_PROVIDER, "H2", endorsed_by_agency=NHS)

    assert owed.party == THE_ICB
    assert story.owes(ObligationKind.ENDORSE) == {}
    assert {h.kind for h in page.holds if h.party == THE_PROVIDER} == {HoldKind.H2}


def test_M047_a_new_lead_agency_must_endorse_anew(story: Story) -> None:
    story.happens("lead.agency.set", agency=HOST)
    story.held(THE_PROVIDER, "H2", endorsed_by_agency=HOST)
    endorsed = story.owes(ObligationKind.ENDORSE)

    page = story.happens("lead.agency.set", agency=NHS, kind="icb")

    assert endorsed == {}
    assert list(story.owes(ObligationKind.ENDORSE)) == ["endorse:h-1:"]
    assert {h.kind for h in page.holds if h.party == THE_PROVIDER} == {HoldKind.H9}


# Emergencies.


@pytest.mark.parametrize("kind", ["H4", "H8"])
def test_M105_an_order_served_and_released_by_name_lifts_the_hold_for_process_alone(
    story: Story, kind: str
) -> None:
    story.held(THE_SURREY, kind, "process", "themes", "placed adult")
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])

    page = story.happens(
        "emergency.closure.cqc", served_at=START.isoformat(), released_by="A. Inspector"
    )

    assert classes_told(page, THE_SURREY) == PROCESS
    assert notices_to(page, THE_SURREY) == ["emergency-closure"]
    assert [h.classes for h in story.concern.holds] == [{InfoClass.THEMES, InfoClass.PLACED_ADULT}]


@pytest.mark.parametrize(
    ("served", "released"), [(None, None), (START.isoformat(), None), (None, "A. Inspector")]
)
def test_M105_an_order_that_is_not_served_and_released_by_name_lifts_nothing(
    story: Story, served: str | None, released: str | None
) -> None:
    story.held(THE_SURREY, "H4", "process")
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])

    page = story.happens("emergency.closure.cqc", served_at=served, released_by=released)

    assert notices_to(page, THE_SURREY) == []
    assert [h.classes for h in story.concern.holds] == [PROCESS]


@pytest.mark.parametrize("kind", ["H1", "H2", "H3"])
def test_M105_holds_for_the_police_the_enquiry_and_safety_stand_in_an_emergency(
    story: Story, kind: str
) -> None:
    story.held(THE_PROVIDER, kind)

    page = story.happens(
        "emergency.closure.cqc", served_at=START.isoformat(), released_by="A. Inspector"
    )

    assert notices_to(page, THE_PROVIDER) == []
    decision = next(d for d in page.decisions if d.party == THE_PROVIDER)
    assert isinstance(decision, Hold)
    assert decision.occasion.kind is OccasionKind.EVENT


def test_a_hold_reads_well_where_it_is_explained(story: Story) -> None:
    event = story.made(
        "hold.placed", kind="H4", party="regulator:cqc", role="regulator", classes=["process"]
    )

    found = explain(event, story.paper.standing, story.paper.tools, story.now)

    (mine,) = [p for p in found.of("cqc").parties if p.verdict == "hold"]
    assert (mine.reason, mine.paragraph) == ("Held until: when the inspection is over", "004 4.3")
    assert {(h.kind, h.released_by) for h in mine.held} == {("H4", "regulator")}
    rule = next(w for w in story.paper.tools.pack.withholds if w.id == "W1")
    ruled = Story()
    ruled.opens()
    (page,) = ruled.paper.pages
    assert {h.reason for h in page.holds if h.party == THE_PROVIDER} == {rule.say}
