"""Adults who use the service and their carers: told by a worker, on record (004 7.1b, 7.3, 7.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest
from pydantic import ValidationError

from hub.concern import Party
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.core.story import (
    OWN,
    THE_HOST,
    THE_ICB,
    THE_PROVIDER,
    Story,
    again,
    classes_told,
    notices_to,
    placed,
    verdicts,
)
from tests.worlds import HAMPSHIRE, HOST, START, SURREY, person

LEAD: Final = person("Lead Enquiry Officer")
WORKER: Final = person("Social worker", "Sam Reed")
SURREYS: Final = Party(agency=AgencyId(SURREY), role=Role.ADULTS)
HAMPSHIRES: Final = Party(agency=AgencyId(HAMPSHIRE), role=Role.ADULTS)
SELF_FUNDERS: Final = Party(agency=AgencyId(HOST), role=Role.ADULTS)
WORKERS: Final = {SURREYS, HAMPSHIRES, SELF_FUNDERS}
TELL: Final = ObligationKind.TELL_ADULTS


@pytest.fixture
def story() -> Story:
    """Surrey has placed two adults, Hampshire one; one pays alone."""
    story = Story()
    story.opens()
    story.happens(
        "placement.register.declared",
        placements=[placed(SURREY, "SR-1", "SR-2"), placed(HAMPSHIRE, "HC-1")],
    )
    return story


def agreed(story: Story, days: int = 14) -> Page:
    return story.happens(
        "communication.plan.agreed", agreed_by=LEAD, agreed_on="2026-12-01", update_every_days=days
    )


def informed(story: Story) -> Page:
    return story.happens(
        "adults.informed", stage=story.concern.stage, decision="tell", decided_by=LEAD
    )


def updated(story: Story, reason: str) -> Page:
    return story.happens(
        "adults.updated", reason=reason, stage=story.concern.stage, decided_by=LEAD
    )


def told(story: Story, who: str, *adults: str, agency: str = SURREY) -> Page:
    return story.happens(
        "adults.told",
        commissioner=agency,
        who=who,
        adults=list(adults),
        how="in person",
        format="easy read",
        told_at=(START + timedelta(hours=2)).isoformat(),
        told_by=WORKER,
    )


def owed_by(story: Story, party: Party) -> set[str]:
    """Whom a worker must still tell: `adult`, `carer`."""
    mine = [key for key, owed in story.owes(TELL).items() if owed.party == party]
    return {key.split(":")[-3] for key in mine}


def whom(page: Page) -> set[Party]:
    return {p for p, said in verdicts(page).items() if said != "nothing"}


def text_to(page: Page, party: Party) -> str:
    (notice,) = [n for n in page.notices if n.party == party]
    return " ".join(notice.text.split())


def test_M060_adults_notices_wait_until_it_is_agreed_how_they_are_told(story: Story) -> None:
    held = informed(story)
    plan = story.owes(TELL)

    freed = agreed(story)

    assert {verdicts(held)[p] for p in WORKERS} == {"held H8"}
    assert {owed.party for owed in plan.values()} == {THE_HOST}
    assert again(freed) == dict.fromkeys(WORKERS, "adults-informed")
    assert classes_told(freed, SURREYS) == OWN


def test_M060_M076_an_emergency_waits_for_no_plan(story: Story) -> None:
    page = updated(story, "emergency")
    after = informed(story)

    assert {verdicts(page)[p] for p in WORKERS} == {"adults-emergency"}
    assert page.stops == ()
    assert {verdicts(after)[p] for p in WORKERS} == {"adults-informed"}
    (notice,) = [n for n in page.notices if n.party == SURREYS]
    assert (notice.lane, notice.reply_due) == (
        "immediate",
        notice.composed_at + timedelta(minutes=30),
    )
    assert "nights and holidays included" in text_to(page, SURREYS)


def test_M073_only_the_workers_of_adults_are_told_each_of_its_own(story: Story) -> None:
    agreed(story)

    page = informed(story)

    assert whom(page) == WORKERS
    assert "SR-1, SR-2" in text_to(page, SURREYS)
    assert "HC-1" not in text_to(page, SURREYS)
    assert "SR-1" not in text_to(page, HAMPSHIRES)
    assert "Tell nobody who is alleged to have caused harm, next of kin or not" in text_to(
        page, SELF_FUNDERS
    )


def test_M073_a_stage_is_not_complete_until_adults_are_told_or_it_is_said_why_not(
    story: Story,
) -> None:
    story.stage("decision to initiate", "initial meeting")
    owed = set(story.owes(TELL))

    story.happens(
        "adults.informed",
        stage="initial meeting",
        decision="not yet",
        reason="it would put somebody in danger",
        review_due=(START + timedelta(days=2)).isoformat(),
        decided_by=LEAD,
    )

    (again_due,) = story.owes(TELL).values()
    assert owed == {"stage:initial meeting:"}
    assert again_due.due == START + timedelta(days=2)
    informed(story)
    assert "not yet:initial meeting:" not in story.owes(TELL)


@pytest.mark.parametrize(
    "data",
    [
        {"decision": "not yet"},
        {"decision": "not yet", "reason": "later"},
        {"decision": "tell", "reason": "because", "review_due": START.isoformat()},
    ],
)
def test_M073_not_yet_without_reason_and_review_is_refused(
    story: Story, data: dict[str, str]
) -> None:
    with pytest.raises(ValidationError, match="not yet"):
        story.made("adults.informed", stage="findings", decided_by=LEAD, **data)


def test_M074_M124_adults_and_their_carers_are_each_told_and_it_is_on_record(
    story: Story,
) -> None:
    agreed(story)
    informed(story)
    assert owed_by(story, SURREYS) == {"adult", "carer"}

    page = told(story, "adult", "SR-1", "SR-2")

    assert whom(page) == set()
    assert owed_by(story, SURREYS) == {"carer"}
    told(story, "carer")
    assert owed_by(story, SURREYS) == set()
    assert owed_by(story, HAMPSHIRES) == {"adult", "carer"}
    due = {o.due.isoformat() for o in story.owes(TELL).values() if o.party == HAMPSHIRES}
    assert due == {"2026-12-03T17:00:00+00:00"}


def test_M124_one_adult_of_two_is_not_all_of_them(story: Story) -> None:
    agreed(story)
    informed(story)

    told(story, "adult", "SR-1")
    after_one = owed_by(story, SURREYS)
    told(story, "adult", "SR-2")

    assert "adult" in after_one
    assert "adult" not in owed_by(story, SURREYS)


def test_M124_a_record_of_an_earlier_round_does_not_count_for_a_later_one(story: Story) -> None:
    agreed(story)
    informed(story)
    told(story, "adult")
    told(story, "carer")

    updated(story, "progress")

    assert owed_by(story, SURREYS) == {"adult", "carer"}


def test_M075_they_are_kept_up_to_date_as_often_as_the_plan_says(story: Story) -> None:
    agreed(story, days=7)

    page = updated(story, "progress")

    next_one = [o for key, o in story.owes(TELL).items() if key.startswith("update:")]
    assert {verdicts(page)[p] for p in WORKERS} == {"adults-updated"}
    assert [(o.party, o.due) for o in next_one] == [(THE_HOST, START + timedelta(days=7))]


def test_M076_in_an_emergency_adults_are_told_within_two_hours(story: Story) -> None:
    updated(story, "emergency")

    due = {o.due - o.opened_at for o in story.owes(TELL).values() if o.party == SURREYS}

    assert due == {timedelta(hours=2)}


def test_N042_one_adult_is_kept_informed_by_its_own_worker_alone(story: Story) -> None:
    agreed(story)

    page = story.happens(
        "adult.updated",
        commissioner=SURREY,
        adult="SR-2",
        says="The review is on Monday.",
        decided_by=WORKER,
    )

    assert whom(page) == {SURREYS}
    assert "SR-2" in text_to(page, SURREYS)
    assert "SR-1" not in text_to(page, SURREYS)
    assert "The review is on Monday" in text_to(page, SURREYS)


def test_M073_an_authority_that_is_found_late_tells_its_adults_too(story: Story) -> None:
    agreed(story)
    informed(story)

    page = story.happens("placement.register.amended", added=[placed("ods:QXU", "N-1", kind="icb")])

    late = Party(agency=AgencyId("ods:QXU"), role=Role.ADULTS)
    assert "adults-informed" in notices_to(page, late)
    assert owed_by(story, late) == {"adult", "carer"}


def test_M082_what_people_say_goes_to_those_who_lead_and_commission_and_names_nobody(
    story: Story,
) -> None:
    page = story.happens(
        "feedback.recorded",
        of="adults and carers",
        feedback="meals are cold",
        collected_on="2026-12-01",
        collected_by=WORKER,
    )

    assert whom(page) == {
        THE_HOST,
        THE_ICB,
        Party(agency=AgencyId(HOST), role=Role.CONTRACTS),
    }
    assert "meals are cold" in text_to(page, THE_ICB)
    assert "Do not try to find out who said what" in text_to(page, THE_ICB)
    assert notices_to(page, THE_PROVIDER) == []
    assert InfoClass.PLACED_ADULT not in classes_told(page, THE_HOST)
