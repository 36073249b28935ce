"""Plans, what they measure, what is late (004 7.1e to h, 8.1, 8.2, 9.1; 000 8)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.concern import Party
from hub.decision import Hold, Notify
from hub.events.improvement import CommissioningIntentionRecorded, ImprovementPlanAgreed
from hub.notice import Notice
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.core.story import (
    BOTH,
    PROCESS,
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
from tests.worlds import HOST, PROVIDER, START, SURREY, person

CONTRACTS: Final = Party(agency=AgencyId(HOST), role=Role.CONTRACTS)
C6: Final = PROCESS | {InfoClass.COMMERCIAL}
LATER: Final = (START + timedelta(days=14)).isoformat()
LEO: Final = person("Lead Enquiry Officer")


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    story.happens("criminal.status.declared", status="consulted, none")
    return story


def told(page: Page) -> dict[Party, str]:
    """Return who is told something by an event, by the notice's name."""
    return {p: said for p, said in verdicts(page).items() if said not in {"nothing", "withheld"}}


def words_to(page: Page, party: Party) -> Notice:
    """Return the one notice that a page has for a party."""
    return next(n for n in page.notices if n.party == party)


def enquiry(story: Story, number: str, lead: str, looks_at: str, standing: str = "agreed") -> Page:
    """One enquiry of the plan."""
    return story.happens(
        "enquiry.plan.agreed",
        enquiry=number,
        type="records",
        looks_at=looks_at,
        lead=lead,
        due=LATER,
        standing=standing,
        said_by=LEO,
    )


def test_M063_each_lead_is_told_of_its_own_enquiry_and_of_no_other(story: Story) -> None:
    theirs = enquiry(story, "E-1", SURREY, "the medicine charts")
    ours = enquiry(story, "E-2", HOST, "the rotas at night")

    assert told(theirs) == {THE_SURREY: "enquiry-assigned"}
    assert told(ours) == {THE_HOST: "enquiry-assigned"}
    assert classes_told(theirs, THE_SURREY) == BOTH
    text = words_to(theirs, THE_SURREY).text
    assert "number E-1, of this type: records" in text
    assert "the medicine charts" in text
    assert "rotas" not in text
    assert "medicine" not in words_to(ours, THE_HOST).text


def test_M063_an_enquiry_is_owed_by_its_lead_until_it_is_completed(story: Story) -> None:
    enquiry(story, "E-1", SURREY, "the medicine charts")

    (owed,) = story.owes(ObligationKind.ACT).values()
    assert (owed.party, owed.due) == (THE_SURREY, datetime.fromisoformat(LATER))

    page = enquiry(story, "E-1", SURREY, "the medicine charts", "completed")

    assert told(page) == {}
    assert story.owes(ObligationKind.ACT) == {}


def test_M063_an_enquiry_that_nobody_agreed_cannot_be_completed(story: Story) -> None:
    page = enquiry(story, "E-9", SURREY, "the medicine charts", "completed")

    assert page.waiting != ()


def test_M064_the_plan_for_risks_goes_to_the_core_group_and_is_reviewed(story: Story) -> None:
    page = story.happens(
        "risk.plan.agreed",
        plan="RISK-1",
        risks=[{"risk": "too few staff", "mitigation": "two staff awake", "owner": PROVIDER}],
        review_due=LATER,
        agreed_by=LEO,
    )

    core = (THE_HOST, THE_ICB, THE_REGULATOR, THE_POLICE, CONTRACTS)
    assert told(page) == dict.fromkeys(core, "risk-plan")
    text = words_to(page, THE_POLICE).text
    assert "Risks: too few staff. What is done: two staff awake." in text
    (owed,) = story.owes(ObligationKind.REVIEW_PLAN).values()
    assert (owed.party, owed.due) == (THE_HOST, datetime.fromisoformat(LATER))


def test_M065_draft_issues_go_to_commissioning_and_to_a_provider_that_is_not_held(
    story: Story,
) -> None:
    page = story.happens("improvement.issues.drafted", issues=["nights"], drafted_by=LEO)

    assert told(page) == dict.fromkeys((CONTRACTS, THE_PROVIDER), "improvement-issues")
    assert "It is not a finding against you" in words_to(page, THE_PROVIDER).text
    assert "The issues: nights." in words_to(page, THE_PROVIDER).text


def test_M065_a_provider_that_is_held_hears_of_no_draft(story: Story) -> None:
    story.held(THE_PROVIDER, "H3")

    page = story.happens("improvement.issues.drafted", issues=["nights"], drafted_by=LEO)

    assert isinstance({d.party: d for d in page.decisions}[THE_PROVIDER], Hold)
    assert [n.party for n in page.notices] == [CONTRACTS]


def intends(story: Story, provider: str = "not decided", **data: Any) -> Page:  # noqa: ANN401 - of any field
    """Commissioners record what they mean to do."""
    return story.happens(
        "commissioning.intention.recorded",
        intention="no new placements",
        starts_at=START.isoformat(),
        recorded_by=person("Contract officer", "Ifan Pugh"),
        provider=provider,
        **data,
    )


def test_M066_M083_an_intention_goes_to_the_hosts_and_to_whoever_places_and_not_to_the_provider(
    story: Story,
) -> None:
    page = intends(story)

    notice = "commissioning-intention"
    assert told(page) == dict.fromkeys((THE_HOST, THE_ICB, CONTRACTS, THE_SURREY), notice)
    assert classes_told(page, THE_HOST) == C6
    assert "Intended: no new placements." in words_to(page, THE_ICB).text
    assert "no new placements" not in words_to(page, THE_SURREY).text


def test_M066_what_is_intended_is_held_from_who_places_until_the_host_decides_by_name(
    story: Story,
) -> None:
    page = intends(story)

    decision = next(d for d in page.decisions if d.party == THE_SURREY)
    assert isinstance(decision, Notify)
    assert [(h.info, h.kind) for h in decision.held] == [(InfoClass.COMMERCIAL, "H6")]
    owed = story.owes(ObligationKind.DECIDE_DISCLOSURE).values()
    assert [(o.party, "commercial" in o.says) for o in owed] == [(THE_HOST, True)]

    freed = story.happens(
        "disclosure.authorised",
        disclosure_id="d-1",
        party=SURREY,
        role="placing authority",
        info="commercial",
        condition="safeguarding",
        basis="care-act-42",
        authority=HOST,
        authorised_by=person("Head of Commissioning"),
        decided_at=START.isoformat(),
        reason="it must find other places in time",
    )

    assert told(freed) == {THE_SURREY: "now-told"}
    assert "no new placements" in words_to(freed, THE_SURREY).text


def test_M066_the_provider_hears_by_a_named_decision_alone(story: Story) -> None:
    page = intends(story, "decided to tell", decided_by=person("Head of Commissioning"))

    assert told(page)[THE_PROVIDER] == "commissioning-intention"
    assert "Intended: no new placements." in words_to(page, THE_PROVIDER).text


@pytest.mark.parametrize(
    ("provider", "by"), [("decided to tell", None), ("not decided", person("Head"))]
)
def test_M066_a_decision_to_tell_the_provider_has_a_name_and_nothing_else_has(
    provider: str, by: dict[str, str] | None
) -> None:
    with pytest.raises(ValidationError, match="`decided_by` is named"):
        CommissioningIntentionRecorded.model_validate(
            {
                "intention": "no change",
                "starts_at": START.isoformat(),
                "recorded_by": person("Officer"),
                "provider": provider,
                "decided_by": by,
            }
        )


def item(number: str, owner: str, due: str = LATER) -> dict[str, Any]:
    """One required improvement."""
    return {
        "item": number,
        "improvement": f"improvement {number}",
        "owner": owner,
        "responsible": person("Registered manager", "Rosa Lind"),
        "due": due,
    }


def agreed(story: Story, *items: dict[str, Any], conflicts: tuple[str, ...] = ()) -> Page:
    """The improvement plan is agreed."""
    return story.happens(
        "improvement.plan.agreed",
        plan="P",
        items=[*items] or [item("1", PROVIDER), item("10", HOST)],
        review_dates=["2027-01-15", "2027-07-15"],
        accords={"checked_by": person("Officer", "Ifan Pugh"), "conflicts": [*conflicts]},
    )


def test_M081_N025_the_plan_goes_to_the_provider_the_regulator_and_the_commissioners(
    story: Story,
) -> None:
    page = agreed(story)

    parties = (THE_PROVIDER, THE_REGULATOR, THE_HOST, THE_ICB, THE_SURREY, CONTRACTS)
    assert told(page) == dict.fromkeys(parties, "improvement-plan")
    text = words_to(page, THE_PROVIDER).text
    assert "To improve: improvement 1; improvement 10." in text
    assert "Reviews: Friday 15 January 2027; Thursday 15 July 2027." in text


def test_M081_N025_review_dates_and_times_of_improvements_become_deadlines(story: Story) -> None:
    agreed(story)

    reviews = {o.due.isoformat() for o in story.owes(ObligationKind.REVIEW_PLAN).values()}
    assert reviews == {"2027-01-15T17:00:00+00:00", "2027-07-15T17:00:00+01:00"}
    owed = {o.key: o.party for o in story.owes(ObligationKind.ACT).values()}
    assert owed == {"improvement:P/1:": THE_PROVIDER, "improvement:P/10:": THE_HOST}


def test_M086_a_named_person_says_that_the_plan_conflicts_with_nothing_in_place(
    story: Story,
) -> None:
    page = agreed(story)

    assert "Ifan Pugh has checked it" in words_to(page, CONTRACTS).text
    assert "It does not agree with" not in words_to(page, CONTRACTS).text
    assert not any(key.startswith("accord:") for key in story.owes(ObligationKind.ACT))


def test_M086_a_conflict_with_what_was_recommended_is_for_contracts_to_settle(
    story: Story,
) -> None:
    page = agreed(story, conflicts=("two nurses at night",))

    assert "It does not agree with: two nurses at night." in words_to(page, CONTRACTS).text
    assert "two nurses" not in words_to(page, THE_PROVIDER).text
    assert "two nurses" not in words_to(page, THE_REGULATOR).text
    assert story.owes(ObligationKind.ACT)["accord:P:"].party == CONTRACTS

    agreed(story)

    assert "accord:P:" not in story.owes(ObligationKind.ACT)


def test_M081_a_plan_cannot_have_two_items_of_one_number() -> None:
    with pytest.raises(ValidationError, match="two items of the number 1"):
        ImprovementPlanAgreed.model_validate(
            {
                "plan": "P",
                "items": [item("1", PROVIDER), item("1", HOST)],
                "review_dates": ["2027-01-15"],
                "accords": {"checked_by": person("Officer")},
            }
        )


def measured(story: Story, standing: str, *owners: str, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """One improvement is measured."""
    return story.happens(
        "improvement.measure.recorded",
        **{
            "plan": "P",
            "item": "1",
            "measure": "safety",
            "standing": standing,
            "result": "two staff awake",
            "owners": [*owners],
            "measured_by": LEO,
            **data,
        },
    )


def test_M085_what_was_measured_goes_to_those_whose_part_of_the_plan_it_is(story: Story) -> None:
    agreed(story)

    page = measured(story, "met", PROVIDER, review_date="2027-01-15")

    assert told(page) == {THE_PROVIDER: "improvement-measured"}
    assert "measured, for safety" in words_to(page, THE_PROVIDER).text
    assert [*story.owes(ObligationKind.ACT)] == ["improvement:P/10:"]
    assert [*story.owes(ObligationKind.REVIEW_PLAN)] == ["improvement:P/2027-07-15:"]


def test_M085_what_is_not_met_stays_owed(story: Story) -> None:
    agreed(story)

    measured(story, "partly met", PROVIDER)

    assert "improvement:P/1:" in story.owes(ObligationKind.ACT)


def test_M085_what_was_met_is_not_owed_again_where_the_plan_is_agreed_again(story: Story) -> None:
    agreed(story)
    measured(story, "met", PROVIDER)

    agreed(story)

    assert [*story.owes(ObligationKind.ACT)] == ["improvement:P/10:"]


@pytest.mark.parametrize(
    ("owners", "data"),
    [((PROVIDER,), {"plan": "Q"}), ((PROVIDER,), {"item": "7"}), ((HOST,), {})],
)
def test_M085_a_measure_of_no_plan_or_of_somebody_elses_part_cannot_follow(
    story: Story, owners: tuple[str, ...], data: dict[str, str]
) -> None:
    agreed(story)

    assert measured(story, "met", *owners, **data).waiting != ()
