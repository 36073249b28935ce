"""What is asked of the provider, what it says, who keeps people safe meanwhile (004 7.2; 000 9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest
from pydantic import ValidationError

from hub.concern import Party
from hub.decision import Notify
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.core.story import (
    BOTH,
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
from tests.worlds import HAMPSHIRE, HOST, START, SURREY, person

LEAD: Final = person("Lead Enquiry Officer")
AT: Final = (START + timedelta(hours=1)).isoformat()
ASKED: Final = {"request": "IR-7", "asked": "rotas since June"}


def told(page: Page) -> dict[Party, str]:
    """Whom an event tells, by which notice, or how it is held from them."""
    return {party: said for party, said in verdicts(page).items() if said != "nothing"}


def text_to(page: Page, party: Party) -> str:
    """The one notice of a page to a party, as it reads on one line."""
    (notice,) = [n for n in page.notices if n.party == party]
    return " ".join(notice.text.split())


@pytest.fixture
def story() -> Story:
    """A concern about which it is not known whether there is a crime: the provider is held."""
    story = Story()
    story.opens()
    return story


@pytest.fixture
def free() -> Story:
    """A concern in which nothing holds the provider."""
    story = Story()
    story.opens()
    story.happens("criminal.status.declared")
    return story


def contacted(story: Story) -> Page:
    return story.happens(
        "provider.contacted", by=LEAD, how="by phone", contacted_at=AT, said="that we would call"
    )


def test_M057_contact_before_the_two_questions_are_answered_is_told_to_the_lead_and_the_police(
    story: Story,
) -> None:
    page = contacted(story)

    assert told(page) == {
        THE_HOST: "provider-contacted-early",
        THE_POLICE: "provider-contacted-early",
    }
    assert "that we would call" in text_to(page, THE_POLICE)
    assert "before you advised" in text_to(page, THE_POLICE)
    assert "police" not in text_to(page, THE_HOST).lower()
    assert "Nobody contacts the provider again" in text_to(page, THE_HOST)


def test_M057_one_question_answered_is_not_enough(free: Story) -> None:
    early = contacted(free)
    free.happens("provider.involvement.reviewed", stage="decision to initiate")
    in_order = contacted(free)

    assert set(told(early)) == {THE_HOST, THE_POLICE}
    assert told(in_order) == {}


def test_M057_contact_tells_the_provider_nothing_by_itself_and_does_not_count_as_informing_it(
    story: Story,
) -> None:
    page = contacted(story)

    assert notices_to(page, THE_PROVIDER) == []
    assert story.concern.provider_informed is None


def test_M062_the_providers_views_go_to_the_lead_for_the_chair_and_to_nobody_else(
    free: Story,
) -> None:
    free.happens("chair.appointed")

    page = free.happens(
        "provider.views.recorded", views="two nurses begin", given_at=AT, recorded_by=LEAD
    )

    assert told(page) == {THE_HOST: "provider-views"}
    assert "two nurses begin" in text_to(page, THE_HOST)
    assert "Give this to the Chair, Robin Hale" in text_to(page, THE_HOST)


def test_M069_the_notice_comes_from_the_lead_enquiry_officer_by_name(free: Story) -> None:
    page = free.happens("provider.informed")

    text = text_to(page, THE_PROVIDER)
    assert f"{free.concern.leo.name}, Lead Enquiry Officer, {free.concern.leo.phone}" in text
    assert "It is not a finding against you" in text


def test_M070_what_is_left_out_is_on_record_with_the_reason(story: Story) -> None:
    story.happens("criminal.status.declared", status="yes")
    story.told_by_police("partial release", "process")

    page = story.happens("provider.informed")

    (decision,) = [d for d in page.decisions if d.party == THE_PROVIDER]
    assert isinstance(decision, Notify)
    (left,) = decision.held
    assert classes_told(page, THE_PROVIDER) == PROCESS
    assert (left.info, left.kind, left.reason.rule) == (InfoClass.THEMES, "H1", "W1")
    assert "Concerns:" not in text_to(page, THE_PROVIDER)


def test_M071_the_provisional_timescale_is_said_where_it_is_known(free: Story) -> None:
    unknown = free.happens("provider.informed")
    known = free.happens(
        "provider.informed", next_meeting_at=(START + timedelta(days=3)).isoformat()
    )

    assert "Next meeting: not yet known" in text_to(unknown, THE_PROVIDER)
    assert "Next meeting: Friday 4 December 2026 at 09:00" in text_to(known, THE_PROVIDER)


def test_M117_the_provider_is_asked_and_its_clock_runs(free: Story) -> None:
    page = free.happens("provider.information.requested", **ASKED)

    (owed,) = free.owes(ObligationKind.PROVIDER_INFORMATION).values()
    (answer,) = [n for n in page.notices if n.party == THE_PROVIDER]
    assert told(page) == {THE_PROVIDER: "provider-information-requested"}
    assert "Please send: rotas since June" in text_to(page, THE_PROVIDER)
    assert answer.reply_due is not None
    assert answer.reply_due.isoformat() == "2026-12-03T17:00:00+00:00"
    assert owed.party == THE_HOST


def test_M117_the_request_is_within_the_polices_advice_and_comes_with_the_release(
    story: Story,
) -> None:
    held = story.happens("provider.information.requested", **ASKED)
    page = story.happens("criminal.status.declared")

    assert verdicts(held)[THE_PROVIDER] == "held H1"
    assert again(page) == {THE_PROVIDER: "provider-informed"}
    assert "above all: rotas since June" in text_to(page, THE_PROVIDER)


@pytest.mark.parametrize(("outcome", "left"), [("given", 0), ("refused", 0), ("in part", 1)])
def test_M117_what_came_of_it_goes_to_the_lead_and_a_part_is_not_all(
    free: Story, outcome: str, left: int
) -> None:
    free.happens("provider.information.requested", **ASKED)

    page = free.happens(
        "provider.information.received", request="IR-7", outcome=outcome, received_at=AT
    )

    assert told(page) == {THE_HOST: "provider-information-received"}
    assert outcome in text_to(page, THE_HOST)
    assert len(free.owes(ObligationKind.PROVIDER_INFORMATION)) == left


def test_M117_an_answer_to_nothing_waits_for_its_request(free: Story) -> None:
    page = free.happens(
        "provider.information.received", request="IR-9", outcome="given", received_at=AT
    )

    assert [w.why for w in page.waiting] == ["no request `IR-9` has been made"]


def protected(story: Story, agency: str = HOST) -> Page:
    return story.happens(
        "protection.interim.recorded",
        agency=agency,
        lead=LEAD,
        measures="a visit each day",
        review_due=(START + timedelta(days=2)).isoformat(),
    )


def test_M122_while_the_provider_is_held_somebody_keeps_people_safe_within_four_hours(
    story: Story,
) -> None:
    (owed,) = story.owes(ObligationKind.INTERIM_PROTECTION).values()

    page = protected(story)

    assert (owed.party, owed.due) == (THE_HOST, owed.opened_at + timedelta(hours=4))
    assert story.owes(ObligationKind.INTERIM_PROTECTION) == {}
    assert told(page) == dict.fromkeys((THE_REGULATOR, THE_HOST, THE_ICB), "interim-protection")
    assert "a visit each day" in text_to(page, THE_ICB)
    (review,) = story.owes(ObligationKind.REVIEW_PLAN).values()
    assert review.due == START + timedelta(days=2)


def test_M122_whoever_placed_adults_hears_who_keeps_them_safe(story: Story) -> None:
    story.happens(
        "placement.register.declared",
        placements=[placed(SURREY, "SR-1"), placed(HAMPSHIRE, "HC-1")],
    )

    page = protected(story, SURREY)

    assert {THE_SURREY, THE_HAMPSHIRE} <= set(told(page))
    assert THE_PROVIDER not in told(page)
    (review,) = story.owes(ObligationKind.REVIEW_PLAN).values()
    assert review.party == THE_SURREY


def test_M122_once_the_provider_is_free_and_held_again_it_is_asked_again(story: Story) -> None:
    protected(story)
    story.happens("criminal.status.declared")
    freed = story.owes(ObligationKind.REVIEW_PLAN)

    story.held(THE_PROVIDER, "H3")

    assert freed == {}
    assert len(story.owes(ObligationKind.INTERIM_PROTECTION)) == 1


def instructed(story: Story) -> Page:
    return story.happens(
        "protection.instructed",
        instruction="Take the hoist out of use today",
        decided_by=LEAD,
        decided_at=AT,
        police_asked="DS Nair, log SXP-1: no objection",
    )


def test_M122_a_protective_instruction_waits_for_the_police_and_goes_on_a_partial_release(
    story: Story,
) -> None:
    held = instructed(story)
    freed = story.told_by_police("partial release", "process")
    direct = instructed(story)

    assert verdicts(held)[THE_PROVIDER] == "held H1"
    assert told(held)[THE_HOST] == "protective-instruction"
    assert "keep people safe in another way" in text_to(held, THE_HOST)
    assert again(freed) == {THE_PROVIDER: "provider-informed"}
    assert "Take the hoist out of use today" in text_to(freed, THE_PROVIDER)
    assert classes_told(direct, THE_PROVIDER) == PROCESS
    assert "Take the hoist out of use today" in text_to(direct, THE_PROVIDER)
    for delivery in (*freed.deliveries, *direct.deliveries):
        assert b"DS Nair" not in delivery.body


def test_M122_an_instruction_says_what_the_police_were_asked(story: Story) -> None:
    with pytest.raises(ValidationError, match="police_asked"):
        story.made("protection.instructed", instruction="x", decided_by=LEAD, decided_at=AT)


REGISTERED: Final = Party(agency=AgencyId("cqc:1-1000000002"), role=Role.PROVIDER)


def oversight(story: Story) -> Page:
    return story.happens(
        "provider.oversight.declared",
        registered=REGISTERED.agency,
        arrangement="a sub-contract",
        declared_by=LEAD,
    )


def test_N001_the_registered_provider_is_a_recipient_though_its_sub_provider_is_the_subject(
    free: Story,
) -> None:
    page = oversight(free)
    then = free.happens("themes.agreed")

    joined = verdicts(page)[REGISTERED]
    assert REGISTERED in free.concern.parties()
    assert THE_PROVIDER in free.concern.parties()
    # It has no mailbox in this directory: what it is owed is held, and named, not forgotten.
    assert joined == "held H10"
    assert told(page)[THE_REGULATOR] == "provider-oversight"
    assert verdicts(then)[REGISTERED] == "held H10"
    assert verdicts(then)[THE_PROVIDER] == "themes-agreed"


@pytest.mark.parametrize("kind", ["H1", "H2", "H3", "H4"])
def test_N001_what_one_of_the_two_providers_may_not_know_the_other_is_not_told(
    free: Story, kind: str
) -> None:
    free.happens("lead.agency.set")
    free.held(THE_PROVIDER, kind, endorsed_by_agency=HOST)

    oversight(free)

    held = {h.info: h.kind for h in free.paper.pages[-1].holds if h.party == REGISTERED}
    assert held[InfoClass.PROCESS] == kind
    assert notices_to(free.paper.pages[-1], REGISTERED) == []


def test_N013_the_providers_lead_is_named_and_somebody_must_stand_in(free: Story) -> None:
    alone = free.happens("provider.lead.named", lead=person("Safeguarding lead", "Jo Park"))
    (owed,) = free.owes(ObligationKind.REPLACE_CONTACT).values()

    both = free.happens(
        "provider.lead.named",
        lead=person("Safeguarding lead", "Jo Park"),
        alternates=[person("Deputy", "Kim Lowe")],
    )

    assert set(told(alone).values()) == {"provider-lead-named"}
    assert {p.role for p in told(alone)} == {Role.HOST_AUTHORITY, Role.CONTRACTS}
    assert "It has named nobody who stands in" in text_to(alone, THE_HOST)
    assert owed.due == owed.opened_at + timedelta(hours=4)
    assert "Standing in: Kim Lowe" in text_to(both, THE_HOST)
    assert free.owes(ObligationKind.REPLACE_CONTACT) == {}


def test_N013_nobody_stands_in_for_themself(free: Story) -> None:
    one = person("Safeguarding lead", "Jo Park")
    with pytest.raises(ValidationError, match="somebody else"):
        free.made("provider.lead.named", lead=one, alternates=[person("Deputy", "JO PARK")])


def test_N039_an_urgent_response_is_asked_within_four_hours_by_the_clock(free: Story) -> None:
    page = free.happens("provider.response.requested", request="UR-1", asked="who is on shift?")

    (notice,) = [n for n in page.notices if n.party == THE_PROVIDER]
    assert told(page) == {THE_PROVIDER: "provider-response-requested"}
    assert notice.reply_due == notice.composed_at + timedelta(hours=4)
    assert "who is on shift?" in text_to(page, THE_PROVIDER)
    assert classes_told(page, THE_PROVIDER) == BOTH


@pytest.mark.parametrize("kind", ["H1", "H2", "H3"])
def test_N039_the_hold_wins_over_the_policys_duty_to_notify(free: Story, kind: str) -> None:
    free.happens("lead.agency.set")
    free.held(THE_PROVIDER, kind, endorsed_by_agency=HOST)

    page = free.happens("provider.response.requested", request="UR-1", asked="who is on shift?")

    assert verdicts(page)[THE_PROVIDER] == f"held {kind}"
    assert notices_to(page, THE_PROVIDER) == []
