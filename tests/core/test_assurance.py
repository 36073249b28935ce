"""Quality assurance, monitoring, compliance (004 10.1 to 10.3; 000 8, 10)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.concern import Party
from hub.events.assurance import AssuranceActionTracked, QaTestRecorded
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, Role
from tests.core.story import (
    BOTH,
    PROCESS,
    THE_HOST,
    THE_ICB,
    THE_REGULATOR,
    THE_SURREY,
    USUAL,
    Story,
    classes_told,
    placed,
)
from tests.core.test_improvement import CONTRACTS, LATER, LEO, told, words_to
from tests.worlds import NHS, START, SURREY, person

HEALTHWATCH: Final = Party(agency=AgencyId("unit:healthwatch-west-sussex"), role=Role.HEALTHWATCH)


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    story.happens("criminal.status.declared", status="consulted, none")
    return story


def strategy(story: Story, *participants: str) -> Page:
    """How improvement is tested is agreed."""
    return story.happens(
        "qa.strategy.agreed",
        strategy="S-1",
        tests="visits at night",
        participants=[*participants],
        report_due=LATER,
        agreed_by=LEO,
    )


def test_M094_the_strategy_goes_to_those_who_take_part_in_it_alone(story: Story) -> None:
    page = strategy(story, NHS, SURREY)

    assert told(page) == dict.fromkeys((THE_ICB, THE_SURREY), "qa-strategy")
    assert "It tests this: visits at night." in words_to(page, THE_SURREY).text
    (owed,) = story.owes(ObligationKind.ACT).values()
    assert (owed.party, owed.due) == (THE_HOST, datetime.fromisoformat(LATER))


def shows(story: Story, outcome: str, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """Improvement is tested."""
    return story.happens("qa.test.recorded", outcome=outcome, **data)


def test_M095_a_test_says_whether_improvement_lasts_who_tested_and_by_which_evidence(
    story: Story,
) -> None:
    page = shows(story, "attained and sustained", testers="same staff as the fact-finding")

    parties = (THE_HOST, CONTRACTS, THE_ICB, THE_REGULATOR)
    assert told(page) == dict.fromkeys(parties, "qa-tested")
    text = words_to(page, THE_REGULATOR).text
    assert "same staff as the fact-finding" in text
    assert "Outcome: attained and sustained." in text
    assert "Evidence: QA-12." in text


@pytest.mark.parametrize(
    ("outcome", "left"),
    [
        ("attained and sustained", []),
        ("attained, not yet sustained", ["qa:S-1:"]),
        ("not attained", []),
    ],
)
def test_M095_testing_goes_on_until_it_is_known_whether_improvement_lasts(
    story: Story, outcome: str, left: list[str]
) -> None:
    strategy(story, NHS)

    shows(story, outcome, strategy="S-1")

    assert [*story.owes(ObligationKind.ACT)] == left


def test_M095_what_lasts_needs_a_reference_to_its_evidence() -> None:
    data = {**USUAL["qa.test.recorded"], "evidence_reference": None}

    with pytest.raises(ValidationError, match="needs `evidence_reference`"):
        QaTestRecorded.model_validate(data)
    other = QaTestRecorded.model_validate({**data, "outcome": "not attained"})
    assert other.evidence_reference is None


def feedback(story: Story, heard: int, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """Adults and carers are asked."""
    return story.happens(
        "qa.feedback.recorded",
        feedback="F-1",
        way="telephone sample",
        sample_size=heard,
        change="better",
        said="somebody comes at night",
        recorded_by=LEO,
        **data,
    )


def test_M096_feedback_says_how_many_were_heard_and_goes_as_themes(story: Story) -> None:
    page = feedback(story, 8)

    parties = (THE_HOST, CONTRACTS, THE_ICB, THE_REGULATOR, THE_SURREY)
    assert told(page) == dict.fromkeys(parties, "qa-feedback")
    assert classes_told(page, THE_SURREY) == BOTH
    assert "They say: better. Heard: 8." in words_to(page, THE_SURREY).text


def test_M096_a_sample_so_small_that_it_points_at_somebody_is_not_counted_out(
    story: Story,
) -> None:
    page = feedback(story, 2)

    assert "Heard: fewer than 3." in words_to(page, THE_SURREY).text
    assert "Heard: 2." in words_to(page, THE_REGULATOR).text


def asks_healthwatch(story: Story) -> Page:
    """Healthwatch is asked for independent assurance."""
    return story.happens(
        "healthwatch.support.requested",
        agency=HEALTHWATCH.agency,
        asked="whether nights are better",
        answer_by=LATER,
        requested_by=LEO,
    )


def test_M097_healthwatch_joins_and_hears_of_process_and_themes_alone(story: Story) -> None:
    story.happens("isa.agreed", reference="ISA-1", agreed_by=[LEO])

    page = asks_healthwatch(story)

    assert told(page) == {HEALTHWATCH: "healthwatch-asked"}
    assert classes_told(page, HEALTHWATCH) == BOTH
    assert "It asks this: whether nights are better." in words_to(page, HEALTHWATCH).text
    assert HEALTHWATCH in story.concern.joined
    (owed,) = story.owes(ObligationKind.CONTRIBUTE).values()
    assert owed.party == HEALTHWATCH

    feedback(story, 8, given_by=HEALTHWATCH.agency)

    assert story.owes(ObligationKind.CONTRIBUTE) == {}


def test_M097_without_a_protocol_healthwatch_hears_that_it_is_asked_and_no_themes(
    story: Story,
) -> None:
    page = asks_healthwatch(story)

    assert classes_told(page, HEALTHWATCH) == PROCESS
    assert "nights" not in words_to(page, HEALTHWATCH).text


def test_N024_a_finding_of_monitoring_goes_to_those_who_govern(story: Story) -> None:
    page = story.happens(
        "monitoring.finding.recorded",
        finding="MON-1",
        way="spot check",
        found="one member of staff at night",
        found_on=START.isoformat(),
        recorded_by=person("Officer"),
    )

    assert told(page) == dict.fromkeys((THE_HOST, CONTRACTS), "monitoring-finding")
    assert "by spot check" in words_to(page, THE_HOST).text


@pytest.mark.parametrize(
    ("severity", "also"), [("persistent", ()), ("serious", (THE_ICB, THE_SURREY))]
)
def test_N026_noncompliance_goes_to_host_regulator_and_commissioners_by_its_severity(
    story: Story, severity: str, also: tuple[Party, ...]
) -> None:
    page = story.happens(
        "noncompliance.escalated",
        reference="NC-1",
        severity=severity,
        what="rotas do not match",
        step="suspension of work",
        escalated_by=person("Officer"),
    )

    parties = (THE_HOST, CONTRACTS, THE_REGULATOR, *also)
    assert told(page) == dict.fromkeys(parties, "noncompliance")
    assert f"It is {severity}." in words_to(page, THE_REGULATOR).text
    assert "Next step: suspension of work." in words_to(page, CONTRACTS).text
    assert "suspension" not in words_to(page, THE_REGULATOR).text


def tracked(story: Story, standing: str, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """An action from testing compliance."""
    return story.happens(
        "assurance.action.tracked",
        action="A-1",
        what="check rotas",
        owner=SURREY,
        due=LATER,
        standing=standing,
        tracked_by=LEO,
        **data,
    )


def test_N048_an_action_is_followed_to_its_completion(story: Story) -> None:
    page = tracked(story, "assigned")

    assert told(page) == {THE_SURREY: "assurance-action"}
    assert "number A-1" in words_to(page, THE_SURREY).text
    assert told(tracked(story, "under way")) == {}
    (owed,) = story.owes(ObligationKind.ACT).values()
    assert (owed.party, owed.due) == (THE_SURREY, datetime.fromisoformat(LATER))

    tracked(story, "completed", evidence_reference="E-1")

    assert story.owes(ObligationKind.ACT) == {}


def test_N048_an_action_is_not_completed_without_what_shows_it() -> None:
    with pytest.raises(ValidationError, match="`completed` needs `evidence_reference`"):
        AssuranceActionTracked.model_validate(
            {
                "action": "A-1",
                "what": "check rotas",
                "owner": SURREY,
                "due": LATER,
                "standing": "completed",
                "tracked_by": LEO,
            }
        )
