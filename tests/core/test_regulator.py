"""The regulator: told, sharing what it knows, given evidence, publishing (004 4.1a, 4.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.decision import Hold
from hub.events import EVENTS
from hub.obligation import ObligationKind
from hub.vocabulary import AgencyId, InfoClass
from tests.core.decided import CONTRACTS, SAID, begun, held, notice_to, refused, says, told
from tests.core.story import (
    BOTH,
    PROCESS,
    THE_HOST,
    THE_ICB,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    classes_told,
    verdicts,
)
from tests.worlds import HOST, NHS, SURREY

REGULATORY: Final = InfoClass.REGULATORY
PLANS: Final = "we visit on Friday unannounced"


def test_M024_the_regulator_hears_at_the_opening_and_gets_in_writing_what_it_was_told() -> None:
    story = Story()
    assert verdicts(story.opens())[THE_REGULATOR] == "concern-opened"

    page = says(story, "regulator.notified")

    assert told(page) == {THE_REGULATOR: "regulator-notified"}
    words = notice_to(page, THE_REGULATOR)
    assert words.classes == BOTH
    assert "What was said: falls at night." in words.text
    assert "Check that this is what you heard" in words.text


def test_M024_the_regulator_hears_of_each_stage_of_an_emergency_and_of_the_end() -> None:
    story = begun(status="consulted, none")
    stage = story.happens(
        "stage.changed", from_stage="decision to initiate", to_stage="initial meeting"
    )
    emergency = story.happens("emergency.closure.cqc")
    story.happens("chair.appointed")
    story.happens("stage.changed", from_stage="initial meeting", to_stage="closing")
    story.happens("closure.proposed")
    end = story.happens("closure.authorised")

    heard = [verdicts(page)[THE_REGULATOR] for page in (stage, emergency, end)]

    assert heard == ["stage-changed", "emergency-closure", "closure-notice"]


def test_M042_a_present_danger_goes_to_whoever_must_act_and_not_who_said_so() -> None:
    story = begun(status="consulted, none")

    page = says(story, "regulator.intelligence.shared")

    acting = {THE_SURREY, THE_ICB, CONTRACTS}
    icb = {p for p in told(page) if p.agency == NHS}
    assert {p for p, said in told(page).items() if said == "present-danger"} == acting | icb
    for party in acting:
        text = notice_to(page, party).text
        assert "the lift does not stop safely" in text
        assert "false records" not in text
        assert "CQC" not in text


def test_M042_what_the_regulator_knows_goes_nowhere_before_it_consents_and_never_to_the_provider() -> (  # noqa: E501  # the row in its own words
    None
):
    story = begun(status="consulted, none")

    page = says(story, "regulator.intelligence.shared")

    assert verdicts(page)[THE_PROVIDER] == "nothing"
    assert held(page, THE_HOST) == {REGULATORY: "S24"}
    assert PLANS not in "".join(n.text for n in page.notices)
    decide = story.owes(ObligationKind.DECIDE_DISCLOSURE)
    assert {o.party for o in decide.values()} == {THE_REGULATOR}

    freed = says(
        story,
        "disclosure.authorised",
        party=HOST,
        role="host authority",
        info="regulatory",
        authority="regulator:cqc",
    )

    assert told(freed) == {THE_HOST: "now-told"}
    assert PLANS in notice_to(freed, THE_HOST).text
    never = says(
        story,
        "disclosure.authorised",
        party=THE_PROVIDER.agency,
        role="provider",
        info="regulatory",
        authority="regulator:cqc",
    )
    assert [pointer for pointer, _ in refused(never)] == ["/data/info"]


def test_M042_a_danger_alone_carries_nothing_regulatory_and_plans_alone_reach_the_host_alone() -> (
    None
):
    story = begun(status="consulted, none")

    danger = says(
        story, "regulator.intelligence.shared", kind="present danger", intelligence=None, plans=None
    )
    plans = says(story, "regulator.intelligence.shared", kind="intelligence", danger=None)

    assert told(danger)[THE_HOST] == "regulator-danger"
    assert held(danger, THE_HOST) == {}
    assert told(plans) == {THE_HOST: "regulator-intelligence"}


@pytest.mark.parametrize(
    "data", [{"kind": "intelligence"}, {"danger": None}, {"intelligence": None, "plans": None}]
)
def test_M042_the_class_of_intelligence_is_given_field_by_field(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EVENTS["regulator.intelligence.shared"].model_validate(
            {**SAID["regulator.intelligence.shared"], **data}
        )


def test_M043_evidence_goes_to_the_regulator_by_its_index_with_both_consents() -> None:
    story = begun(status="crime suspected")

    page = says(story, "regulator.evidence.referred")

    assert told(page) == {THE_REGULATOR: "evidence-referred"}
    text = notice_to(page, THE_REGULATOR).text
    assert "pack EV-3" in text
    assert "Index: rota of October; log of falls." in text
    assert "SXP-4" not in text


@pytest.mark.parametrize(
    ("status", "data", "pointer"),
    [
        (
            "crime suspected",
            {"police_officer": None, "police_log_number": None},
            "/data/police_log_number",
        ),
        ("unknown", {"police_officer": None, "police_log_number": None}, "/data/police_log_number"),
        ("consulted, none", {"lead_agency": NHS}, "/data/lead_agency"),
    ],
)
def test_M043_without_the_polices_and_the_lead_agencys_consent_nothing_is_referred(
    status: str, data: dict[str, Any], pointer: str
) -> None:
    story = begun(status=status)

    page = says(story, "regulator.evidence.referred", **data)

    assert [where for where, _ in refused(page)] == [pointer]
    assert page.notices == ()


def test_M043_where_there_is_no_crime_the_lead_agencys_consent_is_enough() -> None:
    story = begun(status="consulted, none")

    page = says(story, "regulator.evidence.referred", police_officer=None, police_log_number=None)

    assert told(page) == {THE_REGULATOR: "evidence-referred"}


def test_M044_a_theme_is_put_under_a_key_question_and_the_regulator_reads_them_so_sorted() -> None:
    story = begun(status="consulted, none")

    page = says(story, "theme.tagged")

    assert told(page) == {THE_REGULATOR: "themes-by-question"}
    assert "Caring: call bells are not answered" in notice_to(page, THE_REGULATOR).text
    moved = says(
        story,
        "theme.tagged",
        theme={"question": "safe", "theme": "Call bells are not answered"},
    )
    assert "Caring" not in notice_to(moved, THE_REGULATOR).text


def test_M044_there_are_five_key_questions_and_no_sixth() -> None:
    with pytest.raises(ValidationError):
        EVENTS["theme.tagged"].model_validate(
            {**SAID["theme.tagged"], "theme": {"question": "friendly", "theme": "x"}}
        )


def test_M045_an_embargoed_report_is_for_those_on_its_list_and_held_from_everybody_else() -> None:
    story = begun(status="consulted, none")

    page = says(story, "inspection.report.shared")

    listed = {THE_HOST, THE_SURREY, THE_REGULATOR}
    assert {p for p, said in told(page).items() if said == "report-embargoed"} == listed
    assert set(held(page, THE_ICB).values()) == {"W12"}
    (waits,) = [d for d in page.decisions if d.party == THE_ICB]
    assert isinstance(waits, Hold)
    assert {one.kind for one in waits.held} == {"H4"}
    assert "to be published on Thursday 10 December 2026" in notice_to(page, THE_SURREY).text
    assert verdicts(page)[THE_PROVIDER] == "nothing"


def test_M045_no_date_publishes_it_it_is_owed_that_somebody_says_so() -> None:
    story = begun(status="consulted, none")
    says(story, "inspection.report.shared")
    story.now = datetime(2027, 6, 1, tzinfo=UTC)

    later = story.happens("themes.agreed")

    assert verdicts(later)[THE_ICB] == "themes-agreed"
    assert "INS-7" not in "".join(n.text for n in later.notices)
    (owed,) = story.owes(ObligationKind.REVIEW_HOLD).values()
    assert (owed.party, owed.due) == (THE_HOST, datetime(2026, 12, 10, 17, tzinfo=UTC))


def test_M045_a_new_date_is_told_to_the_list_again_and_its_review_moves() -> None:
    story = begun(status="consulted, none")
    says(story, "inspection.report.shared")

    page = says(story, "inspection.report.shared", publish_on="2026-12-20", to=[HOST])

    assert "20 December 2026" in notice_to(page, THE_HOST).text
    assert set(held(page, THE_SURREY).values()) == {"W12"}
    (owed,) = story.owes(ObligationKind.REVIEW_HOLD).values()
    assert owed.due == datetime(2026, 12, 20, 17, tzinfo=UTC)


def test_M045_once_it_is_published_everybody_who_takes_part_hears() -> None:
    story = begun(status="consulted, none")
    says(story, "inspection.report.shared")

    page = says(
        story,
        "inspection.report.shared",
        status="published",
        published_at="2026-12-08T09:00:00Z",
        to=[],
    )

    assert told(page)[THE_ICB] == "report-published"
    assert told(page)[THE_SURREY] == "report-published"
    assert classes_told(page, THE_ICB) == PROCESS
    assert not story.owes(ObligationKind.REVIEW_HOLD)
    again = says(story, "inspection.report.shared")
    assert refused(again) == [("/data/status", "it is published already")]


def test_M046_a_joint_plan_has_two_owners_and_both_hear_of_it_once() -> None:
    story = begun(status="consulted, none")

    page = says(story, "process.joint.agreed")
    second = says(story, "process.joint.agreed")
    changed = says(story, "process.joint.agreed", scope="checks of medicines and of staffing")

    assert told(page) == {THE_REGULATOR: "joint-plan", THE_HOST: "joint-plan"}
    assert "It covers: checks of medicines" in notice_to(page, THE_REGULATOR).text
    assert told(second) == {}
    assert told(changed) == told(page)


def test_M046_one_agency_is_not_two_owners() -> None:
    with pytest.raises(ValidationError):
        EVENTS["process.joint.agreed"].model_validate(
            {**SAID["process.joint.agreed"], "owners": [AgencyId(SURREY), AgencyId(SURREY)]}
        )
