"""Questions to the police, and criminal investigations (004 4.4, 6.1, 7.2, 8.1e)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from hub.events.police import PoliceConsultationAnswered
from hub.obligation import ObligationKind
from hub.vocabulary import CriminalStatus, InfoClass, PoliceAdvice, Role
from tests.core.decided import LATER, SAID, begun, held, notice_to, refused, says, told
from tests.core.story import (
    PROCESS,
    THE_HOST,
    THE_POLICE,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    again,
    classes_told,
    verdicts,
)
from tests.worlds import START, person

CRIMINAL = PROCESS | {InfoClass.CRIMINAL}


def test_M051_the_police_are_asked_about_a_step_and_nobody_else_hears_of_it() -> None:
    story = begun()

    page = says(story, "police.consultation.requested")

    assert told(page) == {THE_POLICE: "police-asked-first"}
    words = notice_to(page, THE_POLICE)
    assert words.classes == CRIMINAL
    assert "The step: interview. speak with the night staff." in words.text
    assert "what protects people at once does not" in words.text
    (owed,) = [o for o in page.obligations if o.kind is ObligationKind.CONSULT_POLICE]
    assert (owed.party, owed.due - owed.opened_at) == (THE_POLICE, timedelta(hours=1))


def test_M051_while_a_question_is_open_the_provider_waits_though_no_crime_is_suspected() -> None:
    story = begun(status="consulted, none")
    says(story, "police.consultation.requested")

    page = story.happens("themes.agreed")

    assert verdicts(page)[THE_PROVIDER] == "held H1"
    assert held(page, THE_PROVIDER)[InfoClass.PROCESS] == "W11"
    assert verdicts(page)[THE_REGULATOR] == "themes-agreed"


def test_M051_adults_and_families_are_not_written_to_while_a_question_is_open() -> None:
    story = begun(status="consulted, none")
    page = says(story, "police.consultation.requested")

    kept = {h.info for h in page.holds if h.party.role is Role.ADULTS and h.kind == "H1"}

    assert kept == set(InfoClass)

    told_off = story.happens(
        "adults.informed",
        stage=story.concern.stage,
        decision="tell",
        decided_by=person("Lead Enquiry Officer"),
    )

    assert {verdicts(told_off)[p] for p in story.concern.parties() if p.role is Role.ADULTS} == {
        "held H1"
    }


def test_M051_no_request_names_a_person_while_a_question_is_open() -> None:
    story = begun(status="consulted, none")
    says(story, "disclosure.authorised")
    says(story, "police.consultation.requested")

    page = says(story, "information.request.issued")

    assert held(page, THE_SURREY)[InfoClass.PERSON_ALLEGED] == "W13"
    assert "Sam Field" not in notice_to(page, THE_SURREY).text
    assert "Sam Field" in notice_to(page, THE_POLICE).text


def test_M051_an_emergency_never_waits_for_an_answer() -> None:
    story = begun(status="consulted, none")
    says(story, "police.consultation.requested")

    page = story.happens("emergency.closure.cqc")

    assert verdicts(page)[THE_PROVIDER] == "emergency-closure"


def test_M051_once_the_police_answer_the_provider_hears_what_waited() -> None:
    story = begun(status="consulted, none")
    says(story, "police.consultation.requested")
    story.happens("themes.agreed")

    page = says(story, "police.consultation.answered")

    assert told(page) == {THE_HOST: "step-answered"}
    assert "go ahead" in notice_to(page, THE_HOST).text
    assert again(page)[THE_PROVIDER] == "provider-informed"
    assert not story.owes(ObligationKind.CONSULT_POLICE)


def test_M051_not_yet_keeps_the_step_waiting_and_is_reviewed_by_its_date() -> None:
    story = begun(status="consulted, none")
    says(story, "police.consultation.requested")

    page = says(
        story, "police.consultation.answered", answer="not yet", review_due=LATER.isoformat()
    )

    assert again(page) == {}
    assert verdicts(story.happens("themes.agreed"))[THE_PROVIDER] == "held H1"
    (review,) = story.owes(ObligationKind.REVIEW_HOLD).values()
    assert (review.party, review.due) == (THE_POLICE, LATER)
    says(story, "police.consultation.answered")
    assert not story.owes(ObligationKind.REVIEW_HOLD)


def test_M084_findings_wait_for_the_provider_while_the_police_are_asked_about_them() -> None:
    story = begun(status="yes")
    story.told_by_police("release")
    page = says(story, "police.consultation.requested", step="share findings with the provider")

    assert "share findings with the provider" in notice_to(page, THE_POLICE).text
    assert held(story.happens("themes.agreed"), THE_PROVIDER)[InfoClass.THEMES] == "W11"


def test_M051_an_answer_to_a_question_nobody_asked_waits_for_it() -> None:
    story = begun(status="consulted, none")

    early = says(story, "police.consultation.answered")
    assert [w.why for w in early.waiting] == ["question `q-1` to the police has not come"]

    late = says(story, "police.consultation.requested")
    assert not story.concern.consulting
    assert late.waiting == ()


def test_M051_an_answer_from_before_the_question_answers_another() -> None:
    story = begun()
    says(story, "police.consultation.requested")
    early = story.made("police.consultation.answered", **SAID["police.consultation.answered"])
    object.__setattr__(early, "occurred", START - timedelta(days=1))

    page = story.takes(early)

    assert [pointer for pointer, _ in refused(page)] == ["/time"]
    assert story.concern.consulting == ("q-1",)


@pytest.mark.parametrize(
    "data",
    [
        {"answer": "go ahead on conditions"},
        {"answer": "not yet"},
        {"conditions": "not before Friday"},
        {"review_due": LATER.isoformat()},
    ],
)
def test_M051_an_answer_says_what_it_needs_and_nothing_else(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PoliceConsultationAnswered.model_validate({**SAID["police.consultation.answered"], **data})


def test_M050_an_investigation_is_opened_the_police_lead_and_the_provider_hears_nothing() -> None:
    story = begun(status="consulted, none")

    page = says(story, "criminal.investigation.opened")

    assert told(page) == {THE_POLICE: "police-consultation", THE_HOST: "agree-steps-first"}
    assert story.concern.criminal is CriminalStatus.YES
    kept = {h.info for h in page.holds if h.party == THE_PROVIDER and h.kind == "H1"}
    assert kept == set(InfoClass)
    assert verdicts(story.happens("themes.agreed"))[THE_PROVIDER] == "held H1"


def test_M050_nobody_hears_that_there_is_an_investigation_before_the_police_allow_it() -> None:
    story = begun(status="consulted, none")

    page = says(story, "criminal.investigation.opened")

    host = notice_to(page, THE_HOST)
    assert host.classes == PROCESS
    assert held(page, THE_HOST)[InfoClass.CRIMINAL] == "S23"
    assert "SXP-9" not in host.text
    assert "Start no interview, staff suspension, publication" in host.text
    assert "SXP" not in "".join(n.text for n in page.notices if n.party != THE_POLICE)
    owed = story.owes(ObligationKind.DECIDE_DISCLOSURE)
    key = f"{THE_HOST.agency}:host authority:criminal:"
    assert {k: o.party for k, o in owed.items()} == {key: THE_POLICE}

    freed = says(
        story,
        "disclosure.authorised",
        party=THE_HOST.agency,
        role="host authority",
        info="criminal",
        authority=THE_POLICE.agency,
        basis="dpa-2018-part-3",
    )

    assert told(freed) == {THE_HOST: "now-told"}
    assert classes_told(freed, THE_HOST) == CRIMINAL
    assert not story.owes(ObligationKind.DECIDE_DISCLOSURE)


def test_M050_what_was_advised_before_there_was_an_investigation_frees_nothing() -> None:
    story = begun(status="yes")
    story.told_by_police("release", at=START - timedelta(days=1))
    assert verdicts(story.happens("themes.agreed"))[THE_PROVIDER] == "themes-agreed"

    says(story, "criminal.investigation.opened")

    assert story.concern.police_advice is PoliceAdvice.UNKNOWN
    assert verdicts(story.happens("themes.agreed"))[THE_PROVIDER] == "held H1"
    old = story.told_by_police("release", at=START - timedelta(hours=1))
    assert [pointer for pointer, _ in refused(old)] == ["/data/advised_at"]


def test_M121_an_investigation_ends_the_provider_hears_and_what_is_held_is_reviewed_today() -> None:
    story = begun(status="consulted, none")
    says(story, "criminal.investigation.opened")
    story.happens("themes.agreed")
    story.held(THE_REGULATOR, "H4", "referrer")

    page = says(story, "criminal.investigation.concluded")

    assert told(page) == {THE_HOST: "review-what-is-held"}
    assert "Look at each thing that is still not told" in notice_to(page, THE_HOST).text
    assert again(page)[THE_PROVIDER] == "provider-informed"
    (review,) = [o for o in page.obligations if o.kind is ObligationKind.REVIEW_HOLD]
    assert review.due == START.replace(hour=18)
    assert [hold.id for hold in story.concern.holds] == ["h-1"]


def test_M121_while_another_investigation_goes_on_nothing_is_free() -> None:
    story = begun(status="consulted, none")
    says(story, "criminal.investigation.opened")
    says(story, "criminal.investigation.opened", log_number="SXP-10")

    page = says(story, "criminal.investigation.concluded")

    assert again(page) == {}
    assert verdicts(story.happens("themes.agreed"))[THE_PROVIDER] == "held H1"
    says(story, "criminal.investigation.concluded", log_number="SXP-10")
    assert story.concern.criminal is CriminalStatus.CONSULTED_NONE


def test_M121_the_end_of_an_investigation_nobody_opened_waits() -> None:
    story = begun(status="unknown")

    page = says(story, "criminal.investigation.concluded")

    assert [w.why for w in page.waiting] == ["no criminal investigation `SXP-9` is open"]
    assert verdicts(story.happens("themes.agreed"))[THE_PROVIDER] == "held H1"


def test_M121_an_opening_that_comes_after_its_end_holds_nobody() -> None:
    story = begun(status="yes")
    says(story, "criminal.investigation.concluded", concluded_at=START.isoformat())

    says(
        story,
        "criminal.investigation.opened",
        opened_at=(START - timedelta(days=9)).isoformat(),
    )

    assert story.concern.criminal is CriminalStatus.CONSULTED_NONE


def test_M121_no_date_ends_an_investigation() -> None:
    story: Story = begun(status="consulted, none")
    says(story, "criminal.investigation.opened")
    story.now += timedelta(days=3650)

    page = story.happens("themes.agreed")

    assert verdicts(page)[THE_PROVIDER] == "held H1"
