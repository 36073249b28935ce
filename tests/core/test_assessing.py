"""Thresholds, risk, welfare, history and the decision to initiate (004 1.3, 6.1, 8.1a)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.concern import Party
from hub.decision import Hold
from hub.events.assessing import ThresholdAssessed
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, InfoClass, Lane, Role
from tests.core.reports import (
    AT,
    CONTRACTS,
    DUTY,
    REPORTS,
    decision_for,
    open_story,
    reports,
    says,
    told,
    words_to,
)
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
    classes_told,
    placed,
    verdicts,
)
from tests.worlds import HAMPSHIRE, START, SURREY, C, person

__all__ = ["open_story"]

CORE: Final = {THE_REGULATOR, THE_HOST, THE_ICB, THE_POLICE, CONTRACTS, THE_SURREY}
SURREY_ADULTS: Final = Party(agency=AgencyId(SURREY), role=Role.ADULTS)


@pytest.mark.parametrize(
    ("criterion", "row", "count"), [("number", "M005", 7), ("pattern", "M006", 5)]
)
def test_M005_M006_a_count_goes_to_the_lead_and_starts_the_clock_where_it_is_met(
    criterion: str, row: str, count: int
) -> None:
    story = Story()

    page = reports(
        story,
        "threshold.assessed",
        criterion=criterion,
        count=count,
        window_days=90,
        suggested_by_rule="five concerns in ninety days" if row == "M006" else None,
    )

    assert told(page) == {THE_HOST: "threshold-assessed"}
    assert classes_told(page, THE_HOST) == BOTH
    text = " ".join(words_to(page, THE_HOST).text.split())
    assert f"Count: {count}" in text
    assert "Ade Bello decided" in text
    assert ("A count suggested it" in text) is (row == "M006")
    assert [*story.owes(ObligationKind.INITIATE)] == [f"threshold:{criterion}:"]
    assert story.concern.initiated is None  # a rule suggests, and a person decides


def test_M005_somebody_must_own_the_decision() -> None:
    whole = {**REPORTS["threshold.assessed"], "criterion": "number", "count": 7}

    for missing, says_so in (("decided_by", "decided_by"), ("count", "needs a `count`")):
        with pytest.raises(ValidationError, match=says_so):
            ThresholdAssessed.model_validate({k: v for k, v in whole.items() if k != missing})


@pytest.mark.parametrize("decision", ["met", "not met"])
def test_M007_the_regulator_is_advised_of_the_regime_where_the_threshold_is_met(
    decision: str,
) -> None:
    story = Story()

    page = reports(story, "threshold.assessed", decision=decision)

    advised = {THE_HOST: "threshold-assessed", THE_REGULATOR: "threshold-assessed"}
    assert told(page) == (advised if decision == "met" else {THE_HOST: "threshold-assessed"})
    assert bool(story.owes(ObligationKind.INITIATE)) is (decision == "met")
    if decision == "met":
        text = words_to(page, THE_REGULATOR).text
        assert "people are kept in bed" in text
        assert "nothing has been initiated" in text


def test_M007_a_threshold_that_is_no_longer_met_is_owed_no_decision() -> None:
    story = Story()
    reports(story, "threshold.assessed")

    says(story, "threshold.assessed", decision="not met")

    assert story.owes(ObligationKind.INITIATE) == {}


def test_M053_the_core_group_hears_the_level_and_impact_of_risk(open_story: Story) -> None:
    open_story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])

    page = says(open_story, "risk.assessed")

    assert set(told(page)) == CORE
    assert all(classes_told(page, party) == BOTH for party in CORE)
    assert open_story.concern.risk_level == "critical"
    assert "Level: critical. Impact: people may fall at night" in " ".join(
        words_to(page, THE_SURREY).text.split()
    )


@pytest.mark.parametrize(("level", "hours"), [("low", 24), ("medium", 24), ("critical", 4)])
def test_M053_M054_the_level_of_risk_says_how_soon_people_are_checked(
    open_story: Story, level: str, hours: int
) -> None:
    says(open_story, "risk.assessed", level=level)

    open_story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])

    owed = open_story.owes(ObligationKind.CHECK_WELFARE)[f"{SURREY}:"]
    assert owed.due == open_story.now + timedelta(hours=hours)
    assert owed.party == THE_SURREY


def checked(story: Story, outcome: str, commissioner: str = SURREY) -> Page:
    """A commissioner has checked on its people."""
    return says(
        story,
        "welfare.check.completed",
        commissioner=commissioner,
        outcome=outcome,
        checked_at=AT,
        checked_by=person("Social worker", "Kim Osei"),
        note="two have lost weight",
    )


def test_M054_each_commissioner_owes_its_own_check_until_its_people_are_safe(
    open_story: Story,
) -> None:
    both = [placed(SURREY, "SCC-1"), placed(HAMPSHIRE, "HCC-1")]
    open_story.happens("placement.register.declared", placements=both)

    page = checked(open_story, "safe")

    assert told(page) == {THE_HOST: "welfare-safe"}
    assert [*open_story.owes(ObligationKind.CHECK_WELFARE)] == [f"{HAMPSHIRE}:"]


@pytest.mark.parametrize("outcome", ["unsafe", "not seen"])
def test_M054_people_who_are_not_known_to_be_safe_are_told_of_at_once_and_still_owed(
    open_story: Story, outcome: str
) -> None:
    open_story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])

    page = checked(open_story, outcome)

    assert told(page) == {THE_HOST: "welfare-not-safe", DUTY: "welfare-not-safe"}
    notice = decision_for(page, THE_HOST)
    assert notice.lane is Lane.IMMEDIATE
    assert notice.reply_due == open_story.now + timedelta(minutes=30)
    assert f"Outcome: {outcome}" in words_to(page, DUTY).text
    assert [*open_story.owes(ObligationKind.CHECK_WELFARE)] == [f"{SURREY}:"]


def test_M054_whoever_was_safe_and_is_no_longer_is_owed_a_check_again(open_story: Story) -> None:
    open_story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    checked(open_story, "safe")

    checked(open_story, "unsafe")

    owed = open_story.owes(ObligationKind.CHECK_WELFARE)[f"{SURREY}:"]
    assert owed.party == THE_SURREY


def test_M080_the_core_group_hears_what_there_was_before(open_story: Story) -> None:
    open_story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])

    page = says(open_story, "history.considered", earlier=2)

    assert set(told(page)) == CORE
    assert "two enquiries in 2025" in words_to(page, THE_SURREY).text
    assert "fewer than 3" in words_to(page, THE_SURREY).text  # a small number is not given on
    assert "Earlier concerns: 2" in words_to(page, THE_REGULATOR).text


def decided(story: Story, decision: str, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """It is decided whether to initiate."""
    return says(story, "initiation.decided", decision=decision, **data)


def test_M058_where_it_is_initiated_nothing_is_owed_but_to_open_the_concern() -> None:
    story = Story()
    reports(story, "trigger.reported")

    page = decided(story, "initiate")

    assert told(page) == {THE_HOST: "initiation-decided"}
    assert story.concern.initiated is True
    assert not story.concern.opened
    assert story.owes(ObligationKind.INITIATE) == {}
    assert story.owes(ObligationKind.ACT)["concern:open:"].due == START + timedelta(hours=4)

    story.opens()
    assert story.owes(ObligationKind.ACT) == {}


def test_M058_where_the_concern_is_open_its_parties_hear_that_it_begins(open_story: Story) -> None:
    page = decided(open_story, "initiate")

    assert set(told(page)) == {THE_REGULATOR, THE_HOST, THE_ICB, THE_POLICE, CONTRACTS}
    assert "concern:open:" not in open_story.owes(ObligationKind.ACT)


def test_M058_not_initiated_is_told_to_everybody_who_was_told(open_story: Story) -> None:
    says(open_story, "criminal.status.declared")  # so the provider has been told
    open_story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    checked(open_story, "safe")

    page = decided(open_story, "not initiate")

    ever = open_story.paper.standing.history.ever_told()
    assert set(told(page)) == ever | {THE_REGULATOR, THE_HOST, THE_ICB, THE_POLICE}
    assert {THE_PROVIDER, THE_SURREY, CONTRACTS} <= set(told(page))
    for party in told(page):
        assert classes_told(page, party) == PROCESS
        assert "it is dealt with by the contract" in words_to(page, party).text
    assert open_story.concern.initiated is False


def test_M058_adults_and_carers_who_were_told_hear_that_it_does_not_begin(
    open_story: Story,
) -> None:
    open_story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    says(
        open_story,
        "communication.plan.agreed",
        agreed_by=person("Chair"),
        agreed_on="2026-12-01",
        update_every_days=14,
    )
    says(
        open_story,
        "adults.informed",
        stage="decision to initiate",
        decision="tell",
        decided_by=person("Lead Enquiry Officer"),
    )

    page = decided(open_story, "not initiate")

    assert told(page)[SURREY_ADULTS] == "not-initiated"
    assert "Ask whether they feel safe" in words_to(page, SURREY_ADULTS).text


def test_M058_a_provider_that_is_held_is_not_told_that_nothing_begins(open_story: Story) -> None:
    says(open_story, "criminal.status.declared")
    open_story.all_sent()  # it has been told of the process
    open_story.held(THE_PROVIDER, "H3")

    page = decided(open_story, "not initiate")

    mine = next(d for d in page.decisions if d.party == THE_PROVIDER)
    assert isinstance(mine, Hold)
    assert [n for n in page.notices if n.party == THE_PROVIDER] == []


def test_M058_whoever_was_never_told_is_not_told_now() -> None:
    story = Story()
    reports(story, "trigger.reported")

    page = decided(story, "not initiate")

    assert set(told(page)) == {THE_REGULATOR, THE_HOST, THE_ICB, THE_POLICE, DUTY}
    assert verdicts(page)[THE_PROVIDER] == "nothing"


@pytest.mark.parametrize("decision", ["initiate", "not initiate"])
def test_M058_the_agency_that_referred_it_hears_why_and_nobody_learns_that_it_did(
    decision: str,
) -> None:
    story = Story()
    reports(story, "trigger.reported")

    page = decided(story, decision, referring_agency=HAMPSHIRE)

    guest = Party(agency=THE_HAMPSHIRE.agency, role=Role.PARTICIPANT)
    assert guest in told(page)
    assert classes_told(page, guest) == PROCESS
    assert "it is dealt with by the contract" in words_to(page, guest).text
    for notice in page.notices:
        assert notice.party == guest or "Hampshire" not in notice.text + notice.html
        assert C[InfoClass.REFERRER] not in notice.text


def test_M058_after_a_refusal_a_new_report_must_be_decided_again() -> None:
    story = Story()
    reports(story, "trigger.reported")
    decided(story, "not initiate")
    assert story.owes(ObligationKind.INITIATE) == {}

    says(story, "trigger.reported", report="T-2")

    assert [*story.owes(ObligationKind.INITIATE)] == ["report:T-2:"]
