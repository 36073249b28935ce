"""Placing authorities, late ones too; order; what is owed; and the end (004 4.1, 11.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.closure import closure_set
from hub.concern import Party
from hub.decision import Notify
from hub.events.envelope import Event
from hub.obligation import ObligationKind
from hub.page import Discharge
from hub.plan import plan
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.core.story import (
    BOTH,
    OWN,
    PROCESS,
    THE_HAMPSHIRE,
    THE_HOST,
    THE_ICB,
    THE_POLICE,
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
from tests.worlds import HAMPSHIRE, HOST, NHS, SURREY

PLACING_ICB = Party(agency=AgencyId(NHS), role=Role.PLACING_ICB)
HOST_PLACES = Party(agency=AgencyId(HOST), role=Role.PLACING_AUTHORITY)


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    return story


# Who has placed adults.


def test_M004_M026_S1_each_commissioner_is_alerted_with_its_own_adults_alone(
    story: Story,
) -> None:
    page = story.happens(
        "placement.register.declared",
        placements=[
            placed(HOST, "WS-1"),
            placed(SURREY, "SCC-1", "SCC-2"),
            placed(NHS, "QNX-9", kind="icb"),
        ],
    )

    own = {HOST_PLACES: "WS-1", THE_SURREY: "SCC-1", PLACING_ICB: "QNX-9"}
    for party, number in own.items():
        (notice,) = [n for n in page.notices if n.party == party]
        assert notice.template == "placing-authority-alert"
        assert classes_told(page, party) == OWN
        assert number in notice.text
        assert not [other for other in own.values() if other != number and other in notice.text]
    assert notices_to(page, THE_REGULATOR) == []


def test_M025_M026_S5_an_authority_found_late_is_alerted_with_its_own_adults(
    story: Story,
) -> None:
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    story.happens("themes.agreed")

    page = story.happens("placement.register.amended", added=[placed(HAMPSHIRE, "HCC-7")])

    assert notices_to(page, THE_HAMPSHIRE) == ["placing-authority-alert", "themes-agreed"]
    first, late = (n for n in page.notices if n.party == THE_HAMPSHIRE)
    assert "HCC-7" in first.text
    assert "leadership" in first.text  # what was agreed before it was found
    assert "This notice is late" in late.text
    assert "This notice is late" not in first.text
    assert notices_to(page, THE_SURREY) == []


def test_M026_an_authority_with_more_adults_is_told_of_them_once(story: Story) -> None:
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])

    more = story.happens("placement.register.amended", added=[placed(SURREY, "SCC-2")])
    same = story.happens("placement.register.amended", added=[placed(SURREY, "SCC-2")])

    assert len(notices_to(more, THE_SURREY)) == 1
    assert [n for n in more.notices if "SCC-2" in n.text]
    assert notices_to(same, THE_SURREY) == []


def test_M004_a_place_nobody_funds_is_owed_until_it_is_found(story: Story) -> None:
    story.happens("placement.register.declared", placements=[placed(None), placed(None)])
    owed = story.owes(ObligationKind.FIND_FUNDER)
    story.happens("placement.register.amended", unknown_resolved=1)
    half = story.owes(ObligationKind.FIND_FUNDER)

    page = story.happens("placement.register.amended", unknown_resolved=1)

    assert list(owed) == list(half) == ["funders"]
    assert owed["funders"].due == owed["funders"].opened_at + timedelta(hours=24)
    met = Discharge(kind=ObligationKind.FIND_FUNDER, key="funders", whole=True)
    assert met in page.discharges
    assert story.owes(ObligationKind.FIND_FUNDER) == {}


def test_M041_moving_out_leaves_an_authority_in_the_closure_set(story: Story) -> None:
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    story.happens("placement.register.amended", moved_out=[SURREY])

    assert THE_SURREY in closure_set(story.concern, story.paper.standing.history)


def test_M047_M048_a_lead_agency_is_told_to_every_agency_and_not_to_a_held_provider(
    story: Story,
) -> None:
    page = story.happens("lead.agency.set")

    said = verdicts(page)
    assert said[THE_REGULATOR] == said[THE_ICB] == said[THE_POLICE] == "lead-agency-set"
    assert said[THE_PROVIDER] == "held H1"
    assert classes_told(page, THE_REGULATOR) == PROCESS


# Order.


def test_M052_S16_an_unlawful_move_waits_and_follows_when_its_predecessor_comes(
    story: Story,
) -> None:
    early = story.happens("stage.changed", from_stage="initial meeting", to_stage="findings")
    still = story.happens("chair.appointed")

    page = story.happens(
        "stage.changed", from_stage="decision to initiate", to_stage="initial meeting"
    )

    assert early.decisions == ()
    assert [w.why for w in still.waiting] == [w.why for w in early.waiting]
    assert (page.waiting, story.concern.stage) == ((), "findings")
    assert len(page.applied) == 2
    assert notices_to(page, THE_REGULATOR) == ["stage-changed", "stage-changed"]


def test_S16_what_waits_keeps_its_reason_when_something_else_must_wait_too(
    story: Story,
) -> None:
    story.happens("stage.changed", from_stage="initial meeting", to_stage="findings")

    page = story.freed()

    assert [w.why for w in page.waiting] == [
        "the concern is at `decision to initiate`, the event says `initial meeting`",
        "no hold `h-1` stands on this concern",
    ]
    assert [leaf.kind for leaf in page.leaves] == ["event.waiting"]


def test_S16_everything_that_came_before_the_opening_follows_it_oldest_first() -> None:
    story = Story()
    story.happens("lead.agency.set", agency=NHS, kind="icb")
    story.happens("lead.agency.set", agency=HOST)

    page = story.opens()

    assert len(page.applied) == 3
    assert story.concern.lead_agency == HOST


def test_S16_an_event_that_would_follow_now_is_tried_with_the_next(story: Story) -> None:
    waiting = story.made("lead.agency.set")
    standing = replace(story.paper.standing, waiting=(waiting,))
    unlawful = story.made("stage.changed", from_stage="update", to_stage="closing")

    page = plan(standing, (unlawful,), story.paper.tools, story.now)

    assert not next(w.why for w in page.waiting)


def test_M001_an_event_of_another_partnership_is_refused_on_this_concern(story: Story) -> None:
    strange = replace(story.made("chair.appointed"), partnership="east-sussex")

    page = story.takes(strange)

    assert [str(f) for r in page.refused for f in r.faults] == [
        "/policypack: the concern belongs to `west-sussex`, not to `east-sussex`"
    ]
    assert story.concern.chair is None


def test_many_events_of_one_batch_are_decided_one_after_the_other(story: Story) -> None:
    batch: tuple[Event, ...] = (
        story.made("criminal.status.declared"),
        story.made("themes.agreed"),
        story.made("chair.appointed"),
    )

    page = story.takes(*batch)

    assert len(page.applied) == 3
    assert notices_to(page, THE_PROVIDER) == ["provider-informed", "themes-agreed"]


# What is owed.


def test_B06_each_notice_that_asks_for_an_answer_is_owed_one(story: Story) -> None:
    (page,) = story.paper.pages

    answers = {o.notice: o for o in page.obligations if o.kind is ObligationKind.ANSWER}
    assert set(answers) == {n.id for n in page.notices}
    for notice in page.notices:
        owed = answers[notice.id]
        assert (owed.party, owed.due) == (notice.party, notice.reply_due)
        assert (owed.key, owed.required) == (f"notice:{notice.id}", notice.required)


def test_M014_where_no_answer_is_asked_for_none_is_owed() -> None:
    story = Story()
    tools = story.paper.tools
    routes = tuple(replace(r, reply_within=None) for r in tools.pack.routes)
    story.paper.tools = replace(tools, pack=replace(tools.pack, routes=routes))

    page = story.opens()

    assert page.notices
    assert [o for o in page.obligations if o.kind is ObligationKind.ANSWER] == []


def test_M014_where_no_address_can_be_written_to_a_person_must_ring() -> None:
    story = Story()
    tools = story.paper.tools
    broken = tuple(
        replace(c, address=f"{'x' * 400}@cqc.example") if c.agency == "regulator:cqc" else c
        for c in tools.directory.contacts
    )
    directory = replace(tools.directory, contacts=broken, endpoints=())
    story.paper.tools = replace(tools, directory=directory)

    page = story.opens()

    (owed,) = [o for o in page.obligations if o.kind is ObligationKind.PERSON]
    (notice,) = [n for n in page.notices if n.party == THE_REGULATOR]
    assert [d for d in page.deliveries if d.party == THE_REGULATOR] == []
    assert (owed.party, owed.notice, owed.due) == (THE_HOST, notice.id, story.now)
    assert "tell the regulator by phone" in owed.says


def test_two_holds_with_like_names_are_reviewed_apart(story: Story) -> None:
    story.held(THE_REGULATOR, "H4", hold_id="h-1")
    story.held(THE_REGULATOR, "H4", hold_id="h-10")

    story.freed(authority="regulator:cqc", hold="h-1")

    (left,) = story.owes(ObligationKind.REVIEW_HOLD)
    assert left.startswith("hold:h-10:")


# The end.


def _to_the_end(story: Story, **data: object) -> None:
    story.happens("chair.appointed")
    story.stage("decision to initiate", "closing")
    story.happens("closure.proposed")
    page = story.happens("closure.authorised", **data)
    assert page.waiting == ()


def test_M100_M101_the_end_is_told_to_everybody_who_heard_and_to_the_provider(
    story: Story,
) -> None:
    story.happens("criminal.status.declared")
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])

    _to_the_end(story, contract_contact="contracts desk")

    page = story.paper.pages[-1]
    told = {n.party for n in page.notices}
    assert {n.template for n in page.notices} == {"closure-notice"}
    assert closure_set(story.concern, story.paper.standing.history) <= told
    assert classes_told(page, THE_PROVIDER) == BOTH | {InfoClass.COMMERCIAL}
    assert classes_told(page, THE_SURREY) == BOTH


def test_M101_nobody_first_hears_at_the_end_without_the_chairs_named_decision(
    story: Story,
) -> None:
    story.held(THE_PROVIDER, "H3")
    story.happens("criminal.status.declared")
    _to_the_end(story)

    page = story.freed()

    assert notices_to(page, THE_PROVIDER) == []
    assert {h.kind for h in page.holds if h.party == THE_PROVIDER} == {"H9"}
    assert THE_PROVIDER in closure_set(story.concern, story.paper.standing.history)


def test_M101_the_chairs_named_decision_lets_a_party_first_hear(story: Story) -> None:
    story.held(THE_PROVIDER, "H3")
    story.happens("criminal.status.declared")
    _to_the_end(story, first_hearings=[{"party": THE_PROVIDER.agency, "reason": "it was held"}])

    page = story.freed()

    assert again(page) == {THE_PROVIDER: "closure-notice"}


def test_M100_M101_after_the_chair_authorised_nothing_but_reviews_is_owed(story: Story) -> None:
    story.happens("placement.register.declared", placements=[placed(None)])
    story.held(THE_REGULATOR, "H4")
    before = {kind: story.owes(kind) for kind in ObligationKind if kind != ObligationKind.ANSWER}

    _to_the_end(story)

    after = {kind for kind in before if story.owes(kind)}
    assert after == {ObligationKind.REVIEW_HOLD}
    assert {kind for kind, owed in before.items() if owed} == {
        ObligationKind.CONSULT_POLICE,
        ObligationKind.REVIEW_INVOLVEMENT,
        ObligationKind.INTERIM_PROTECTION,
        ObligationKind.FIND_FUNDER,
        ObligationKind.REVIEW_HOLD,
    }


def test_M105_an_emergency_is_told_to_every_agency_at_once(story: Story) -> None:
    story.happens("criminal.status.declared")
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])

    page = story.happens("emergency.closure.cqc")

    told = [d for d in page.decisions if isinstance(d, Notify)]
    assert {d.party for d in told} >= {
        # Adults and their carers have a worker, not a desk of an agency (7.3).
        p
        for p in story.concern.parties()
        if p.role is not Role.ADULTS
    }
    assert {d.lane for d in told} == {"immediate"}
    assert classes_told(page, THE_SURREY) == PROCESS | {InfoClass.PLACED_ADULT}
    assert classes_told(page, THE_REGULATOR) == PROCESS


def test_M100_a_page_says_every_hold_that_stands_after_it(story: Story) -> None:
    page = story.held(THE_REGULATOR, "H4", "themes")

    mine = [h for h in page.holds if h.party == THE_REGULATOR]
    assert [(h.info, h.kind, h.reason) for h in mine] == [
        (InfoClass.THEMES, "H4", "Held until: when the inspection is over")
    ]
    ruled = [h for h in page.holds if h.party == THE_PROVIDER]
    assert {h.info for h in ruled} == set(InfoClass)
