"""Whether the closure response plan is invoked; which other policies apply (12.1, 11.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from hub.concern import Party
from hub.vocabulary import Lane, ObligationKind
from tests.core.emergencies import (
    COMMISSIONERS,
    CONTRACTS,
    EVACUATED,
    HEADS,
    christmas,
    of,
    text_to,
    told,
)
from tests.core.story import THE_HOST, THE_ICB, THE_REGULATOR, Story
from tests.worlds import person

CLOSING: Final[dict[str, Any]] = {
    "notice_given_on": "2026-12-20",
    "notice_days": 28,
    "plan_contact": person("Commissioning manager", "Lee Cole"),
}


@pytest.fixture
def story() -> Story:
    return christmas()


# The closure response plan.

PLAN: Final[dict[str, Any]] = {
    "decision": "invoked",
    "decided_by": person("Head of Service", "Jo Marsh"),
    "reason": "forty people need care tonight",
}
TOLD_OF_THE_PLAN: Final[frozenset[Party]] = frozenset(
    {HEADS, THE_HOST, THE_ICB, CONTRACTS, *COMMISSIONERS}
)


@pytest.mark.parametrize("decision", ["invoked", "not invoked"])
def test_M123_whether_the_plan_is_invoked_is_owed_until_somebody_decides_and_says_why(
    story: Story, decision: str
) -> None:
    story.happens("emergency.evacuation", cause="fire", **EVACUATED)
    owed, since = story.owes(ObligationKind.DECIDE_CLOSURE_PLAN), story.now

    page = story.happens("closure.response.plan.decided", **PLAN | {"decision": decision})

    assert [o.due for o in owed.values()] == [since + timedelta(hours=2)]
    assert story.owes(ObligationKind.DECIDE_CLOSURE_PLAN) == {}
    assert told(page, "closure-plan") == TOLD_OF_THE_PLAN
    for notice in of(page, "closure-plan"):
        assert notice.lane is Lane.IMMEDIATE
        assert f"is {decision}. Why: forty people need care tonight." in notice.text
        assert "Decided by Jo Marsh." in notice.text


def test_M123_in_a_planned_closure_there_are_two_working_days_to_decide(story: Story) -> None:
    story.happens("closure.planned.provider", **CLOSING)
    (owed,) = story.owes(ObligationKind.DECIDE_CLOSURE_PLAN).values()

    page = story.happens("closure.response.plan.decided", **PLAN)

    assert f"{owed.due:%Y-%m-%dT%H:%M}" == "2026-12-30T17:00"
    assert told(page, "closure-plan") == TOLD_OF_THE_PLAN
    assert {n.lane for n in of(page, "closure-plan")} == {Lane.STANDARD}


# Other policies.


def test_M103_a_policy_that_applies_is_told_and_every_later_notice_cites_it_with_its_link(
    story: Story,
) -> None:
    before = story.happens("themes.agreed")
    page = story.happens(
        "policy.reference.applied", policy="emergency planning", reason="a storm is near"
    )

    later = story.happens("stage.changed", from_stage="decision to initiate", to_stage="closing")

    cited = "Also applies to this concern: Emergency Planning, https://policies.westsussex.example"
    assert told(page, "policy-applied") == (
        {THE_HOST, THE_REGULATOR, THE_ICB, CONTRACTS} | COMMISSIONERS
    )
    assert "Why: a storm is near." in text_to(page, THE_REGULATOR)
    assert not [n for n in before.notices if "Also applies" in n.text]
    assert later.notices
    assert all(cited in n.text for n in (*page.notices, *later.notices))


def test_M103_several_policies_stand_beside_each_other(story: Story) -> None:
    for policy in ("emergency planning", "joint management of incidents", "information sharing"):
        page = story.happens("policy.reference.applied", policy=policy, reason="as agreed")

    words = text_to(page, THE_REGULATOR)
    assert "Emergency Planning," in words
    assert "Joint Management of Care and Nursing Home Incidents," in words
    assert "Information Sharing Guide and Protocol," in words
