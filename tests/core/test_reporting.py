"""What is reported, reported again, and done at once (004 1.2, 9.1, 10.4; 000 9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from hub.intake.urgent import urgent_name
from hub.obligation import ObligationKind
from hub.vocabulary import CriminalStatus, InfoClass, Lane, PoliceAdvice
from tests.core.reports import (
    AT,
    DUTY,
    HEAD,
    decision_for,
    nobody_reads,
    open_story,
    reports,
    says,
    told,
    words_to,
)
from tests.core.story import (
    BOTH,
    THE_HOST,
    THE_POLICE,
    THE_PROVIDER,
    THE_SURREY,
    Story,
    classes_told,
    placed,
    verdicts,
)
from tests.worlds import START, SURREY, C

__all__ = ["open_story"]

WIDER: Final = "other adults sleep on the same floor"


def test_M002_a_significant_concern_goes_to_duty_and_leads_and_starts_the_clock() -> None:
    story = Story()

    page = reports(story, "trigger.reported")

    assert told(page) == {THE_HOST: "trigger-reported", DUTY: "trigger-reported"}
    assert classes_told(page, DUTY) == BOTH
    words = words_to(page, THE_HOST)
    assert "falls at night" in words.text
    assert "Decide whether to initiate" in words.text
    owed = story.owes(ObligationKind.INITIATE)
    assert [*owed] == ["report:T-1:"]
    # Two working days: reported on a Tuesday morning, due at the end of Thursday.
    assert owed["report:T-1:"].due.isoformat() == "2026-12-03T17:00:00+00:00"
    assert owed["report:T-1:"].party == THE_HOST


def test_M002_whoever_referred_it_is_read_by_nobody() -> None:
    story = Story()
    reports(story, "trigger.reported")
    story.opens()
    says(story, "criminal.status.declared")

    nobody_reads(story, C[InfoClass.REFERRER])


@pytest.mark.parametrize(
    ("refs", "wider", "lacks"),
    [
        ((), None, ["name 2 linked enquiries or more", "say what the wider public interest"]),
        (("S42-1",), WIDER, ["name 2 linked enquiries or more"]),
        (("S42-1", "S42-1"), WIDER, ["name 2 linked enquiries or more"]),
        (("S42-1", "S42-2"), None, ["say what the wider public interest"]),
        (("S42-1", "S42-2"), WIDER, []),
    ],
)
def test_M003_several_enquiries_need_two_references_and_a_wider_risk(
    refs: tuple[str, ...], wider: str | None, lacks: list[str]
) -> None:
    story = Story()

    page = reports(
        story, "trigger.reported", basis="multiple-s42", s42_refs=list(refs), wider_risk=wider
    )

    text = words_to(page, THE_HOST).text
    owed = story.owes(ObligationKind.COMPLETE_TRIGGER)
    assert ("Not complete" in text) is bool(lacks)
    assert [*owed] == (["T-1:"] if lacks else [])
    for lack in lacks:
        assert lack in text
        assert lack in owed["T-1:"].says
    assert story.owes(ObligationKind.INITIATE)
    assert story.concern.initiated is None  # never by itself


def test_M003_a_report_is_complete_once_the_enquiries_are_linked() -> None:
    story = Story()
    reports(story, "trigger.reported", basis="multiple-s42", s42_refs=["S42-1"], wider_risk=WIDER)

    says(story, "enquiry.s42.linked", enquiry="S42-1", linked_at=AT)
    assert story.owes(ObligationKind.COMPLETE_TRIGGER)

    says(story, "enquiry.s42.linked", enquiry="S42-2", linked_at=AT)
    assert story.owes(ObligationKind.COMPLETE_TRIGGER) == {}


def test_M003_a_report_is_complete_once_it_is_said_again_in_full() -> None:
    story = Story()
    reports(story, "trigger.reported", basis="multiple-s42")

    says(
        story,
        "trigger.reported",
        basis="multiple-s42",
        s42_refs=["S42-1", "S42-2"],
        wider_risk=WIDER,
    )

    assert story.owes(ObligationKind.COMPLETE_TRIGGER) == {}


def test_M125_the_quality_group_may_ask_for_a_decision_like_anybody_else() -> None:
    story = Story()

    page = reports(story, "trigger.reported", source="qsig")

    assert told(page) == {THE_HOST: "trigger-reported", DUTY: "trigger-reported"}
    assert "came from qsig" in words_to(page, THE_HOST).text
    assert [*story.owes(ObligationKind.INITIATE)] == ["report:T-1:"]


def test_N036_protection_is_told_at_once_though_the_provider_is_held_and_nothing_is_open() -> None:
    story = Story()

    page = reports(story, "protection.immediate.taken")

    assert told(page) == {THE_HOST: "protection-taken", DUTY: "protection-taken"}
    notice = decision_for(page, DUTY)
    assert notice.lane is Lane.IMMEDIATE
    assert notice.reply_due == story.now + timedelta(minutes=30)
    assert "a nurse stays on the floor" in words_to(page, DUTY).text
    assert urgent_name("protection.immediate.taken")


def test_N036_protection_waits_for_no_hold_and_no_answer(open_story: Story) -> None:
    open_story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    open_story.held(THE_PROVIDER, "H3")

    page = says(open_story, "protection.immediate.taken", commissioners=[SURREY])

    assert [w.event for w in page.waiting] == []
    assert set(told(page)) == {THE_HOST, DUTY, THE_SURREY}
    owed = [o for o in page.obligations if o.kind is ObligationKind.ANSWER]
    assert {o.due for o in owed} == {open_story.now + timedelta(minutes=30)}


def test_N038_the_manager_must_be_told_within_a_day_of_the_record(open_story: Story) -> None:
    says(open_story, "concern.raised")
    owed = open_story.owes(ObligationKind.ACT)["manager:C-1:"]
    assert owed.due == START + timedelta(hours=24)

    page = says(open_story, "manager.informed")

    assert told(page) == {}
    assert "manager:C-1:" not in open_story.owes(ObligationKind.ACT)


def test_N038_M019_to_tell_a_manager_who_is_alleged_is_an_alarm_and_discharges_nothing(
    open_story: Story,
) -> None:
    says(open_story, "concern.raised")

    page = says(open_story, "manager.informed", alleged=True)

    notice = "manager-alleged-informed"
    assert told(page) == {THE_HOST: notice, HEAD: notice}
    assert decision_for(page, THE_HOST).lane is Lane.IMMEDIATE
    assert "Lee Park" in words_to(page, HEAD).text
    assert "manager:C-1:" in open_story.owes(ObligationKind.ACT)


def test_M093_a_further_incident_goes_where_the_first_report_went_and_to_the_police(
    open_story: Story,
) -> None:
    page = says(open_story, "incident.further.reported")

    assert set(told(page)) == {THE_HOST, DUTY, THE_POLICE}
    assert "incident:I-2:" in open_story.owes(ObligationKind.INITIATE)
    assert "A crime is: not known" in words_to(page, THE_POLICE).text


def _released(story: Story) -> None:
    says(story, "criminal.status.declared", status="crime suspected")
    story.told_by_police("release", at=START - timedelta(hours=1))
    story.happens("provider.informed")


@pytest.mark.parametrize("crime", ["suspected", "not known"])
def test_M093_what_was_released_before_a_further_incident_is_held_again(
    open_story: Story, crime: str
) -> None:
    _released(open_story)

    says(open_story, "incident.further.reported", crime=crime)
    page = says(open_story, "themes.agreed")

    assert open_story.concern.police_advice is PoliceAdvice.UNKNOWN
    assert verdicts(page)[THE_PROVIDER] == "held H1"


def test_M093_where_no_crime_was_there_before_the_provider_waits_again(open_story: Story) -> None:
    says(open_story, "criminal.status.declared", status="consulted, none")

    says(open_story, "incident.further.reported", crime="suspected")

    assert open_story.concern.criminal is CriminalStatus.SUSPECTED
    assert verdicts(says(open_story, "themes.agreed"))[THE_PROVIDER] == "held H1"


def test_M093_an_incident_that_is_no_crime_holds_nothing_again(open_story: Story) -> None:
    _released(open_story)

    page = says(open_story, "incident.further.reported", crime="not suspected")

    assert set(told(page)) == {THE_HOST, DUTY}
    assert open_story.concern.police_advice is PoliceAdvice.RELEASE


def test_M093_advice_given_after_the_incident_still_stands(open_story: Story) -> None:
    says(open_story, "criminal.status.declared", status="crime suspected")
    open_story.told_by_police("release", at=START + timedelta(hours=2))

    says(open_story, "incident.further.reported", crime="suspected", occurred_at=AT)

    assert open_story.concern.police_advice is PoliceAdvice.RELEASE


def test_M093_an_old_word_that_there_is_no_crime_frees_nothing_after_it(open_story: Story) -> None:
    says(open_story, "incident.further.reported", crime="suspected")
    old = open_story.made("criminal.status.declared", status="consulted, none")

    page = open_story.takes(replace(old, occurred=START - timedelta(days=1)))

    assert [r.faults[0].pointer for r in page.refused] == ["/time"]
