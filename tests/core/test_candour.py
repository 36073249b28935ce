"""Candour, notifiable incidents, co-operation, complaints, reviews (000 8.3, 9 and 10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from hub.events.candour import PolicyReviewDue
from hub.obligation import ObligationKind
from hub.page import Page
from tests.core.story import (
    THE_HOST,
    THE_POLICE,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    placed,
    verdicts,
)
from tests.core.test_participation import CONTRACTS, HEAD, told, words_to
from tests.worlds import START, SURREY, person


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    return story


def incident(story: Story, duties: str = "notify and be candid") -> Page:
    """A notifiable incident is declared."""
    return story.happens(
        "incident.notifiable.declared",
        incident="I-1",
        kind="serious injury",
        occurred_at=START.isoformat(),
        duties=duties,
        declared_by=person("Registered manager"),
    )


def candour(story: Story, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """The provider was open with those concerned."""
    said = {"apologised": True, "followed_in_writing": True, "how": "face to face"}
    return story.happens(
        "candour.notification.given", incident="I-1", given_on="2026-12-02", **{**said, **data}
    )


def test_N032_an_incident_reminds_the_provider_of_its_duties_one_by_one(story: Story) -> None:
    story.happens("criminal.status.declared")

    page = incident(story)

    assert told(page) == {
        THE_PROVIDER: "duties-after-incident",
        THE_REGULATOR: "notifiable-incident",
        THE_HOST: "notifiable-incident",
    }
    text = words_to(page, THE_PROVIDER).text
    for duty in ("Make people safe", "face to face", "apologise", "in writing", "Notify your"):
        assert duty in text
    assert story.owes(ObligationKind.BE_CANDID)["I-1:"].party == THE_PROVIDER


def test_N032_where_a_crime_may_be_involved_the_police_advise_and_the_provider_waits(
    story: Story,
) -> None:
    page = incident(story)

    assert verdicts(page)[THE_PROVIDER] == "held H1"
    assert told(page) == {
        THE_POLICE: "incident-consultation",
        THE_REGULATOR: "notifiable-incident",
        THE_HOST: "notifiable-incident",
    }
    assert "Advise what the provider may be told" in words_to(page, THE_POLICE).text


def test_N032_an_incident_without_a_duty_of_candour_owes_none(story: Story) -> None:
    incident(story, "notify the regulator")

    assert story.owes(ObligationKind.BE_CANDID) == {}


def test_N031_candour_that_was_given_whole_ends_the_duty_and_is_told_to_the_host(
    story: Story,
) -> None:
    incident(story)

    page = candour(story)

    assert told(page) == {THE_HOST: "candour-given"}
    assert story.owes(ObligationKind.BE_CANDID) == {}


@pytest.mark.parametrize("missing", ["apologised", "followed_in_writing"])
def test_N031_without_an_apology_or_a_letter_the_duty_stays_and_blocks_nothing(
    story: Story, missing: str
) -> None:
    incident(story)
    candour(story, **{missing: False})

    page = story.happens("themes.agreed")

    assert [*story.owes(ObligationKind.BE_CANDID)] == ["I-1:"]
    assert verdicts(page)[THE_REGULATOR] == "themes-agreed"


def test_N031_candour_about_no_incident_waits_for_it(story: Story) -> None:
    page = candour(story)

    assert "no incident `I-1`" in page.waiting[0].why


def asked(story: Story, agency: str = SURREY) -> Page:
    """An agency is asked to co-operate."""
    return story.happens(
        "cooperation.requested",
        request="Q-1",
        agency=agency,
        what="send the visit records of November",
        due=(START + timedelta(days=2)).isoformat(),
    )


def test_N033_whoever_is_asked_to_co_operate_has_a_clock_until_it_does(story: Story) -> None:
    page = asked(story)

    assert told(page) == {THE_SURREY: "cooperation-requested"}
    assert "visit records of November" in words_to(page, THE_SURREY).text
    owed = story.owes(ObligationKind.COOPERATE)[f"Q-1/{SURREY}:"]
    assert (owed.party, owed.due) == (THE_SURREY, START + timedelta(days=2))

    page = story.happens("cooperation.given", request="Q-1", agency=SURREY, outcome="given")
    assert told(page) == {THE_HOST: "cooperation-given"}
    assert story.owes(ObligationKind.COOPERATE) == {}


def test_N033_a_refusal_goes_to_those_who_manage_and_ends_nothing(story: Story) -> None:
    asked(story)

    page = story.happens("cooperation.given", request="Q-1", agency=SURREY, outcome="refused")

    assert told(page) == {THE_HOST: "cooperation-refused", HEAD: "cooperation-refused"}
    assert [*story.owes(ObligationKind.COOPERATE)] == [f"Q-1/{SURREY}:"]


def test_N033_a_provider_that_is_held_is_not_asked(story: Story) -> None:
    page = asked(story, THE_PROVIDER.agency)

    assert verdicts(page)[THE_PROVIDER] == "held H1"


def test_N046_a_complaint_is_linked_and_keeps_its_own_channel(story: Story) -> None:
    page = story.happens(
        "complaint.received",
        complaint="CO-9",
        handled_by="complaints team",
        received_on="2026-11-30",
    )

    assert told(page) == {THE_HOST: "complaint-linked"}
    text = words_to(page, THE_HOST).text
    assert "CO-9" in text
    assert "Do not answer the complaint here" in text

    page = story.happens(
        "complaint.outcome.shared",
        complaint="CO-9",
        outcome="upheld",
        learning="call bells are answered late",
    )
    assert told(page) == {THE_HOST: "complaint-outcome", CONTRACTS: "complaint-outcome"}
    assert "call bells are answered late" in words_to(page, CONTRACTS).text


def test_N047_whoever_owns_the_policy_hears_that_it_is_due_for_review_and_why(
    story: Story,
) -> None:
    page = story.happens(
        "policy.review.due",
        policy="Provider concerns framework",
        due_on="2027-01-31",
        because="an audit finding",
    )

    assert told(page) == {THE_HOST: "policy-review", HEAD: "policy-review"}
    assert "an audit finding" in words_to(page, HEAD).text
    assert "Sunday 31 January 2027" in words_to(page, HEAD).text


def test_N047_a_policy_without_a_name_is_refused() -> None:
    with pytest.raises(ValidationError, match="in words"):
        PolicyReviewDue.model_validate(
            {"policy": "12-7", "due_on": "2027-01-31", "because": "an incident"}
        )
