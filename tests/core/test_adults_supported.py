"""Support to understand and decide, best interests, and who is unsafe (004 7.5; 000 7; S12)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.concern import Party
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, Role
from tests.core.story import THE_HAMPSHIRE, THE_SURREY, Story, placed, verdicts
from tests.worlds import HAMPSHIRE, START, SURREY, person

WORKER: Final = person("Social worker", "Sam Reed")
SURREYS: Final = Party(agency=AgencyId(SURREY), role=Role.ADULTS)
ADVOCACY: Final = AgencyId("unit:west-sussex-advocacy")
ADVOCATES: Final = Party(agency=ADVOCACY, role=Role.ADVOCACY)
ABOUT: Final = {"commissioner": SURREY, "adult": "SR-1"}
SCOPE: Final = {**ABOUT, "decision_scope": "where to live"}


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    story.happens(
        "placement.register.declared",
        placements=[placed(SURREY, "SR-1", "SR-2"), placed(HAMPSHIRE, "HC-1")],
    )
    story.happens(
        "communication.plan.agreed", agreed_by=WORKER, agreed_on="2026-12-01", update_every_days=14
    )
    return story


def supported(story: Story, **data: object) -> Page:
    return story.happens(
        "capacity.support.recorded",
        **SCOPE,
        support=["communication aid"],
        recorded_by=WORKER,
        **data,
    )


def assessed(story: Story, outcome: str = "cannot decide") -> Page:
    return story.happens(
        "capacity.assessment.recorded",
        **SCOPE,
        assessed_on="2026-12-02",
        outcome=outcome,
        assessed_by=WORKER,
    )


def begun(story: Story, **data: object) -> Page:
    said: dict[str, Any] = {"representative": "nobody suitable", "imca": ADVOCACY, **data}
    return story.happens(
        "bestinterests.started",
        **SCOPE,
        decision_maker=WORKER,
        started_at=START.isoformat(),
        **said,
    )


def support(story: Story, standing: str, **data: object) -> Page:
    said: dict[str, Any] = {"need": "SUP-1", "support": "imca", **data}
    return story.happens("support.arranged", **ABOUT, standing=standing, **said)


def told(page: Page) -> dict[Party, str]:
    return {party: said for party, said in verdicts(page).items() if said != "nothing"}


def text_to(page: Page, party: Party) -> str:
    (notice,) = [n for n in page.notices if n.party == party]
    return " ".join(notice.text.split())


def test_M077_N020_support_that_is_recorded_lifts_the_hold_that_waited_for_it(
    story: Story,
) -> None:
    story.held(SURREYS, "H5")

    other = supported(story, hold_id="another")
    still = [h.kind for h in story.concern.holds]
    supported(story, hold_id="h-1")

    assert told(other) == {}
    assert still == ["H5"]
    assert story.concern.holds == ()


def test_M077_support_lifts_no_hold_of_another_kind(story: Story) -> None:
    story.held(SURREYS, "H3")

    supported(story, hold_id="h-1")

    assert [h.kind for h in story.concern.holds] == ["H3"]


def test_M078_best_interests_wait_for_support_and_for_the_assessment(story: Story) -> None:
    first = begun(story)
    supported(story)
    second = [w.why for w in story.paper.pages[-1].waiting]

    page = assessed(story)

    assert [w.why for w in first.waiting] == [
        "no support to decide is recorded for this decision (7.5)"
    ]
    assert second == ["it is not concluded that the adult cannot decide this (7.5)"]
    assert page.waiting == ()
    assert "best-interests-started" in {n.template for n in page.notices}


def test_M078_an_adult_who_can_decide_is_never_decided_for(story: Story) -> None:
    supported(story)
    assessed(story, "can decide")

    page = begun(story)

    assert len(page.waiting) == 1
    assert page.notices == ()


def test_M078_S12_the_worker_and_the_advocate_hear_and_still_the_adult_is_told(
    story: Story,
) -> None:
    supported(story)
    assessed(story)

    page = begun(story)

    assert told(page) == dict.fromkeys((SURREYS, ADVOCATES), "best-interests-started")
    assert "Still tell the person" in text_to(page, SURREYS)
    assert "SR-1" in text_to(page, SURREYS)
    assert "SR-1" in text_to(page, ADVOCATES)
    assert "SR-2" not in text_to(page, ADVOCATES)


def test_M078_where_nobody_is_suitable_an_advocate_is_named(story: Story) -> None:
    with pytest.raises(ValidationError, match="Independent Mental Capacity Advocate"):
        begun(story, imca=None)


def test_M079_S12_whoever_placed_the_adult_arranges_support_by_the_next_working_day(
    story: Story,
) -> None:
    page = support(story, "needed")
    (owed,) = story.owes(ObligationKind.ARRANGE_SUPPORT).values()

    arranged = support(story, "arranged", service=ADVOCACY)

    assert told(page) == {THE_SURREY: "support-needed"}
    assert (owed.party.agency, owed.due.isoformat()) == (SURREY, "2026-12-02T17:00:00+00:00")
    assert told(arranged) == dict.fromkeys((SURREYS, ADVOCATES), "support-arranged")
    assert THE_HAMPSHIRE not in told(arranged)
    assert story.owes(ObligationKind.ARRANGE_SUPPORT) == {}


def test_M079_S12_the_son_who_is_alleged_to_have_caused_harm_is_never_a_recipient(
    story: Story,
) -> None:
    page = support(story, "arranged", service=ADVOCACY, unsafe_contacts=["NOK-1"])
    supported(story)
    assessed(story)

    refused = begun(story, representative="family or friend", contact="NOK-1", imca=None)

    assert [w.why for w in refused.waiting] == [
        "the representative is alleged to have caused harm (7.5)"
    ]
    assert refused.notices == ()
    for delivery in page.deliveries:
        assert b"NOK-1" not in delivery.body
    assert "Tell nobody who is alleged to have caused harm, next of kin or not" in text_to(
        page, SURREYS
    )


def test_M079_who_is_unsafe_helps_nobody_to_decide_however_often_it_is_said(
    story: Story,
) -> None:
    with pytest.raises(ValidationError, match="name somebody else"):
        support(
            story,
            "arranged",
            support="family or friend",
            contact="NOK-1",
            unsafe_contacts=["NOK-1"],
        )
    support(story, "needed", unsafe_contacts=["NOK-1"])

    page = support(story, "arranged", need="SUP-2", support="family or friend", contact="NOK-1")

    assert [w.why for w in page.waiting] == ["who helps is alleged to have caused harm (7.5)"]


def test_M079_an_unsafe_contact_that_was_told_is_looked_at_at_once(story: Story) -> None:
    support(story, "needed", unsafe_contacts=["NOK-1"])
    before = set(story.owes(ObligationKind.CHECK_WELFARE))

    story.happens(
        "adults.told",
        commissioner=SURREY,
        who="carer",
        how="by phone",
        format="spoken",
        told_at=(START + timedelta(hours=2)).isoformat(),
        told_by=WORKER,
        contact="NOK-1",
    )

    new = set(story.owes(ObligationKind.CHECK_WELFARE)) - before
    assert new == {f"unsafe contact {SURREY}:"}
