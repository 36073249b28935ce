"""Is it an emergency or planned; notices of closure, of proposal and of decision (12.1, 11.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from hub.vocabulary import HoldKind, InfoClass, Lane, ObligationKind
from tests.core.emergencies import (
    ACTS,
    ADULTS,
    COMMISSIONERS,
    CONTRACTS,
    COORDINATES,
    EVACUATED,
    FIRE,
    HEADS,
    MONEY,
    OWN,
    PLACING_ICB,
    SOON,
    christmas,
    held_from,
    of,
    silent,
    text_to,
    told,
)
from tests.core.story import (
    PROCESS,
    THE_HOST,
    THE_ICB,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    classes_told,
    placed,
    verdicts,
)
from tests.worlds import HAMPSHIRE, SURREY, person

CATEGORY: Final[dict[str, Any]] = {
    **COORDINATES,
    "reason": "the water is gone and the nurses are back",
    "decided_by": person("Head of Service", "Jo Marsh"),
}
CLOSING: Final[dict[str, Any]] = {
    "notice_given_on": "2026-12-20",
    "notice_days": 28,
    "plan_contact": person("Commissioning manager", "Lee Cole"),
    "reason": "it cannot find staff",
}
PROPOSED: Final[dict[str, Any]] = {
    "reference": "NOP-7",
    "proposal": "to remove Rosewood House from the registration",
    "served_on": "2026-12-20",
    "expected_end_on": "2027-03-31",
    "planners": [SURREY],
}
DECIDED: Final[dict[str, Any]] = {
    "supersedes": "NOP-7",
    "outcome": "remove",
    "served_on": "2027-01-20",
    "takes_effect_on": "2027-02-17",
    "planners": [SURREY],
}
AGREED: Final[dict[str, Any]] = {"agreed_by": person("Head of Inspection", "Ruth Bell")}
READS: Final = PROCESS | {InfoClass.REGULATORY}


@pytest.fixture
def story() -> Story:
    return christmas()


def plan_dates(story: Story) -> dict[str, str]:
    """Return what must be done by when, of what is planned by."""
    owed = story.owes(ObligationKind.MEET_DEADLINE)
    return {key: f"{o.due:%Y-%m-%dT%H:%M}" for key, o in owed.items()}


# Emergency or planned.


def test_M116_when_it_turns_out_to_be_planned_everybody_who_was_told_hears_again_and_why(
    story: Story,
) -> None:
    story.happens("emergency.evacuation", cause="flood", **EVACUATED)

    page = story.happens("emergency.category.set", category="planned", **CATEGORY)

    heard = told(page, "emergency-category")
    assert heard >= ACTS | COMMISSIONERS | ADULTS | {FIRE}
    assert heard == {*story.concern.parties()} - {THE_PROVIDER}
    assert verdicts(page)[THE_PROVIDER] == "held H1"
    for notice in of(page, "emergency-category"):
        assert notice.lane is Lane.STANDARD
        assert notice.reply_due == story.now + timedelta(hours=24)
        assert "from now on: planned." in notice.text
        assert "Why: the water is gone and the nurses are back." in notice.text
        assert "Decided by Jo Marsh." in notice.text


def test_M116_when_it_turns_out_to_be_an_emergency_everybody_hears_at_once(story: Story) -> None:
    story.happens("closure.planned.provider", **CLOSING)

    page = story.happens("emergency.category.set", category="emergency", **CATEGORY)

    assert told(page, "emergency-category") == {*story.concern.parties()} - ADULTS - {THE_PROVIDER}
    for notice in of(page, "emergency-category"):
        assert (notice.lane, notice.reply_due) == (Lane.IMMEDIATE, story.now + SOON)
        assert "from now on: emergency." in notice.text
        assert "Iris Vale" in notice.text
    assert story.concern.category == "emergency"
    assert "urgent:" in story.owes(ObligationKind.HOLD_MEETING)


def test_M116_who_never_heard_of_the_emergency_does_not_hear_that_there_is_none(
    story: Story,
) -> None:
    page = story.happens("emergency.category.set", category="planned", **CATEGORY)

    assert silent(page) >= ADULTS


def test_M116_while_it_is_planned_a_party_found_late_hears_where_things_stand(
    story: Story,
) -> None:
    story.happens("emergency.evacuation", cause="flood", **EVACUATED)
    story.happens("emergency.category.set", category="planned", **CATEGORY)

    page = story.happens("placement.register.amended", added=[placed(HAMPSHIRE, "HCC-7")])

    assert told(page, "placing-authority-alert")
    assert not told(page, "emergency-closure")
    assert (story.concern.category, story.concern.emergency) == ("planned", None)


# The provider gives notice.


def test_M113_the_notice_of_intent_counts_down_and_tells_whoever_plans(story: Story) -> None:
    page = story.happens("closure.planned.provider", **CLOSING)

    planners = {THE_HOST, THE_ICB, CONTRACTS, HEADS}
    assert told(page, "planned-closure") == planners | COMMISSIONERS | {THE_REGULATOR}
    for notice in of(page, "planned-closure"):
        assert "it runs out on Sunday 17 January 2027. Days left: 23." in notice.text
        assert notice.reply_due == story.now + timedelta(hours=24)
    for party in planners:
        assert classes_told(page, party) == MONEY
        assert "it cannot find staff" in text_to(page, party)
    for party in COMMISSIONERS:
        assert classes_told(page, party) == OWN
        assert "it cannot find staff" not in text_to(page, party)
    assert verdicts(page)[THE_PROVIDER] == "nothing"
    assert plan_dates(story) == {"planned closure:2027-01-17:": "2027-01-17T17:00"}


def test_M113_a_new_notice_period_counts_again_from_there(story: Story) -> None:
    story.happens("closure.planned.provider", **CLOSING)

    page = story.happens("closure.planned.provider", **CLOSING | {"notice_days": 56})

    assert "Days left: 51." in text_to(page, THE_ICB)
    assert plan_dates(story) == {"planned closure:2027-02-14:": "2027-02-14T17:00"}


def test_M113_adults_hear_as_the_plan_for_telling_says_and_wait_until_it_is_agreed(
    story: Story,
) -> None:
    early = story.happens("closure.planned.provider", **CLOSING)
    story.happens(
        "communication.plan.agreed",
        agreed_by=person("Communications lead"),
        agreed_on="2026-12-25",
        update_every_days=14,
    )

    page = story.happens("closure.planned.provider", **CLOSING)

    assert {verdicts(early)[party] for party in ADULTS} == {"held H8"}
    for party in ADULTS:
        words = text_to(page, party, "planned-closure")
        assert "it runs out on Sunday 17 January 2027" in words
        assert "who helps them choose" in words
        assert "staff" not in words.replace("its staff", "")


def test_M113_a_planned_closure_leaves_the_position_open(story: Story) -> None:
    story.happens("closure.planned.provider", **CLOSING)

    assert (story.concern.category, story.concern.emergency) == ("planned", None)


# CQC proposes, and decides.


def test_M114_what_cqc_proposes_waits_for_its_consent_and_the_planners_are_told_to_ring(
    story: Story,
) -> None:
    page = story.happens("regulator.notice.proposal", **PROPOSED)

    assert told(page, "notice-of-proposal") == {THE_HOST, THE_SURREY}
    for party in (THE_HOST, THE_SURREY):
        words = text_to(page, party)
        assert classes_told(page, party) == PROCESS
        held = held_from(page, party)[InfoClass.REGULATORY]
        assert (held.kind, held.reason.rule) == (HoldKind.H6, "S24")
        assert "Proposal" not in words
        assert "remove" not in words
        assert "2027" not in words
        assert "Do not tell adults or carers" in words
    assert silent(page) == {*story.concern.parties()} - {THE_HOST, THE_SURREY}
    waiting = {o.party for o in story.owes(ObligationKind.DECIDE_DISCLOSURE).values()}
    assert waiting == {THE_REGULATOR}


def test_M114_where_cqc_agrees_by_name_the_host_and_those_who_plan_read_it(story: Story) -> None:
    page = story.happens("regulator.notice.proposal", **PROPOSED, **AGREED)

    for party in (THE_HOST, THE_SURREY):
        words = text_to(page, party)
        assert classes_told(page, party) == READS
        assert "Notice of Proposal: to remove Rosewood House from the registration." in words
        assert "Care may end on Wednesday 31 March 2027." in words
        assert "for planning alone" in words
    assert {PLACING_ICB, *ADULTS, THE_PROVIDER, CONTRACTS} <= silent(page)
    recorded = {(d.party, d.authority) for d in story.concern.disclosures}
    assert recorded == {(p, THE_REGULATOR.agency) for p in (THE_HOST, THE_SURREY)}


def test_M115_a_decision_takes_the_proposals_place_and_every_date_is_counted_again(
    story: Story,
) -> None:
    story.happens("regulator.notice.proposal", **PROPOSED, **AGREED)
    before = plan_dates(story)

    page = story.happens("regulator.notice.decision", **DECIDED, **AGREED)

    assert before == {"removal:2027-03-31:": "2027-03-31T17:00"}
    assert plan_dates(story) == {"removal:2027-02-17:": "2027-02-17T17:00"}
    assert told(page, "notice-of-decision") == {THE_HOST, THE_SURREY}
    words = text_to(page, THE_SURREY)
    assert "Notice of Decision: remove the location." in words
    assert "takes the place of the Notice of Proposal" in words
    assert "17 February 2027" in words
    assert "31 March" not in words
    assert "regulator.notice.proposal" not in {said.data.wire for said in story.concern.said}


def test_M115_a_decision_not_to_remove_ends_what_was_planned_by(story: Story) -> None:
    story.happens("regulator.notice.proposal", **PROPOSED, **AGREED)
    stays = DECIDED | {"outcome": "do not remove", "takes_effect_on": None}

    page = story.happens("regulator.notice.decision", **stays, **AGREED)

    assert plan_dates(story) == {}
    assert "do not remove the location" in text_to(page, THE_SURREY)


def test_M115_S9_a_proposal_that_comes_after_its_decision_waits_and_tells_nobody(
    story: Story,
) -> None:
    story.happens("regulator.notice.decision", **DECIDED, **AGREED)

    page = story.happens("regulator.notice.proposal", **PROPOSED, **AGREED)

    assert [w.why for w in page.waiting] == ["it has been decided already on `NOP-7` (12.1)"]
    assert page.notices == ()
    assert plan_dates(story) == {"removal:2027-02-17:": "2027-02-17T17:00"}


@pytest.mark.parametrize(("outcome", "day"), [("remove", None), ("do not remove", "2027-02-17")])
def test_M115_a_removal_says_from_when_and_nothing_else_does(
    story: Story, outcome: str, day: str | None
) -> None:
    with pytest.raises(ValueError, match="`takes_effect_on` stands with `remove`"):
        story.made(
            "regulator.notice.decision", **DECIDED | {"outcome": outcome, "takes_effect_on": day}
        )
