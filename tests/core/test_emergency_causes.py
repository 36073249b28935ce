"""People must leave, and contracts are withdrawn at once: whom each cause adds (12.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hub.concern import Party
from hub.events import EVENTS
from hub.vocabulary import HoldKind, InfoClass, Lane, ObligationKind, Rung
from tests.core.emergencies import (
    ACTS,
    ADULTS,
    AMBULANCE,
    BUILDING,
    COMMISSIONERS,
    CONTRACTS,
    DUTY,
    EVACUATED,
    FIRE,
    HEADS,
    MONEY,
    OWN,
    PLANNING,
    SAFETY,
    SOON,
    WITHDRAWN,
    christmas,
    held_from,
    of,
    silent,
    text_to,
    told,
)
from tests.core.story import (
    PROCESS,
    THE_HOST,
    THE_ICB,
    THE_POLICE,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    again,
    classes_told,
    verdicts,
)
from tests.worlds import HOST, START, SURREY, person

LEAVE = ACTS | COMMISSIONERS | ADULTS | {PLANNING, FIRE, AMBULANCE}


@pytest.fixture
def story() -> Story:
    return christmas()


# People must leave.


def _everybody_leaves(story: Story, cause: str, says: str, more: frozenset[Party]) -> None:
    named = {"building_control": BUILDING.agency, "health_and_safety": SAFETY.agency}

    page = story.happens(
        "emergency.evacuation", cause=cause, **EVACUATED, **(named if more else {})
    )

    assert told(page, "evacuation") == LEAVE | more
    assert verdicts(page)[THE_PROVIDER] == "held H1"
    for notice in of(page, "evacuation"):
        assert (notice.lane, notice.required) == (Lane.IMMEDIATE, Rung.ACKNOWLEDGED)
        assert notice.reply_due == story.now + SOON
        assert f"Cause: {says}." in notice.text
        assert "Everybody must be out by Saturday 26 December 2026 at 06:00." in notice.text
    for party in LEAVE - COMMISSIONERS - ADULTS:
        assert classes_told(page, party) == PROCESS
    for party in COMMISSIONERS | ADULTS:
        assert classes_told(page, party) == OWN
    assert "Open a rest centre" in text_to(page, PLANNING)
    assert "officer in charge" in text_to(page, FIRE, "evacuation")
    assert "ambulances" in text_to(page, AMBULANCE, "evacuation")


def test_M106_a_natural_disaster_tells_emergency_planning_fire_ambulance_and_the_nhs(
    story: Story,
) -> None:
    _everybody_leaves(story, "disaster", "a natural disaster", frozenset())


def test_M107_a_fire_tells_emergency_planning_fire_ambulance_and_the_nhs(story: Story) -> None:
    _everybody_leaves(story, "fire", "fire", frozenset())


def test_M108_a_flood_tells_emergency_planning_fire_ambulance_and_the_nhs(story: Story) -> None:
    _everybody_leaves(story, "flood", "flood", frozenset())


def test_M109_an_unsafe_building_tells_building_control_and_the_hse_as_well(story: Story) -> None:
    _everybody_leaves(
        story, "unsafe-building", "the building is not safe", frozenset({BUILDING, SAFETY})
    )
    page = story.paper.pages[-1]
    assert "Send a surveyor" in text_to(page, BUILDING, "evacuation")
    assert "Name your inspector" in text_to(page, SAFETY, "evacuation")


def test_M109_building_control_that_took_part_before_is_silent_in_a_flood_unless_named(
    story: Story,
) -> None:
    named = {"building_control": BUILDING.agency, "health_and_safety": SAFETY.agency}
    story.happens("emergency.evacuation", cause="unsafe-building", **EVACUATED, **named)

    unnamed = story.happens("emergency.evacuation", cause="flood", **EVACUATED)
    asked = story.happens(
        "emergency.evacuation", cause="flood", **EVACUATED, building_control=BUILDING.agency
    )

    assert {BUILDING, SAFETY} <= silent(unnamed)
    assert BUILDING in told(asked, "evacuation")
    assert SAFETY in silent(asked)


def test_M106_M109_whoever_is_needed_and_not_named_is_rung_within_half_an_hour(
    story: Story,
) -> None:
    bare = {k: v for k, v in EVACUATED.items() if k not in {"fire_service", "nhs_services"}}
    story.happens("emergency.evacuation", cause="unsafe-building", **bare)
    at = story.now
    owed = story.owes(ObligationKind.ACT)

    story.happens("emergency.evacuation", cause="unsafe-building", **EVACUATED)

    assert {key: o.due for key, o in owed.items()} == {
        f"emergency:{who}:": at + SOON
        for who in (
            *("fire and rescue", "nhs services"),
            *("building control", "health and safety executive"),
        )
    }
    assert all(o.party == THE_HOST for o in owed.values())
    assert set(story.owes(ObligationKind.ACT)) == {
        "emergency:building control:",
        "emergency:health and safety executive:",
    }


def test_M107_the_duty_desks_list_has_everybody_who_is_told_and_nobody_else(story: Story) -> None:
    page = story.happens("emergency.evacuation", cause="fire", **EVACUATED)

    words = text_to(page, DUTY)
    for line in (
        "West Sussex Fire and Rescue Service: +44 1632 960180",
        "NHS services in an emergency: +44 1632 960183",
        "Surrey County Council: +44 1632 960110",
        "Sussex Police: +44 1632 960160",
    ):
        assert line in words
    assert "Health and Safety Executive" not in words
    assert [n.party for n in page.notices if "+44 1632 960180" in n.text and n.party != FIRE] == [
        THE_HOST,
        DUTY,
    ]


def test_M107_an_evacuation_without_an_end_or_a_gathering_place_says_neither(
    story: Story,
) -> None:
    page = story.happens("emergency.evacuation", cause="fire", **EVACUATED | {"ends_at": None})

    for notice in of(page, "evacuation"):
        assert "must be out by" not in notice.text
        assert "They go first" not in notice.text


def test_M107_a_provider_that_may_know_is_told_to_stay_with_people() -> None:
    story = christmas(known=True)

    page = story.happens(
        "emergency.evacuation", cause="fire", gathering_at="County Hall", **EVACUATED
    )

    assert classes_told(page, THE_PROVIDER) == PROCESS
    assert "staff with them" in text_to(page, THE_PROVIDER)
    assert "They go first to County Hall." in text_to(page, THE_PROVIDER)


def test_M106_no_other_cause_is_known(story: Story) -> None:
    with pytest.raises(ValueError, match="'disaster', 'fire', 'flood' or 'unsafe-building'"):
        story.made("emergency.evacuation", cause="war", **EVACUATED)


# A contract is withdrawn at once.


def _all_commissioners_hear(story: Story, cause: str) -> None:
    page = story.happens("contract.withdrawn", cause=cause, **WITHDRAWN)

    assert told(page, "contract-withdrawn") == ACTS | COMMISSIONERS | ADULTS
    assert verdicts(page)[THE_PROVIDER] == "held H1"  # the police are asked first
    assert {n.lane for n in of(page, "contract-withdrawn")} == {Lane.IMMEDIATE}
    for party in (THE_HOST, THE_ICB, CONTRACTS, HEADS):
        assert classes_told(page, party) == MONEY
        assert f"Cause: {cause}." in text_to(page, party)
    for party in COMMISSIONERS:
        assert classes_told(page, party) == OWN
        held = held_from(page, party)[InfoClass.COMMERCIAL]
        assert (held.kind, held.reason.rule) == (HoldKind.H6, "S25")
        assert cause not in text_to(page, party)
    for party in ADULTS:
        assert cause not in text_to(page, party)
    assert "if the provider must not hear" in text_to(page, THE_POLICE)


def test_M110_a_contract_withdrawn_for_safeguarding_tells_all_commissioners_at_once(
    story: Story,
) -> None:
    _all_commissioners_hear(story, "safeguarding")


def test_M111_a_contract_withdrawn_for_management_tells_all_commissioners_at_once(
    story: Story,
) -> None:
    _all_commissioners_hear(story, "management")


def test_M112_a_financial_failure_gives_the_host_its_temporary_duty_to_everybody_there(
    story: Story,
) -> None:
    page = story.happens("contract.withdrawn", cause="financial", **WITHDRAWN)

    assert told(page, "temporary-duty") == {THE_HOST}
    assert told(page, "contract-withdrawn") == (ACTS | COMMISSIONERS | ADULTS) - {THE_HOST}
    words = text_to(page, THE_HOST)
    assert "Care Act 2014 s.48" in words
    assert "whoever pays" in words
    assert "Surrey County Council: +44 1632 960110" in words
    (owed,) = story.owes(ObligationKind.ARRANGE_CARE).values()
    assert (owed.party, owed.due) == (THE_HOST, story.now + timedelta(hours=2))
    assert "Care Act 2014 s.48" in owed.says


def test_M112_the_regulators_market_oversight_hears_and_the_cause_waits_for_a_decision(
    story: Story,
) -> None:
    page = story.happens("contract.withdrawn", cause="financial", **WITHDRAWN)

    assert "market oversight" in text_to(page, THE_REGULATOR)
    assert "Cause" not in text_to(page, THE_REGULATOR)
    assert held_from(page, THE_REGULATOR).keys() == {InfoClass.COMMERCIAL}
    waiting = story.owes(ObligationKind.DECIDE_DISCLOSURE)
    assert "regulator:cqc:regulator:commercial:" in waiting
    assert waiting["regulator:cqc:regulator:commercial:"].party == THE_HOST

    freed = story.happens(
        "disclosure.authorised",
        disclosure_id="d-1",
        party=THE_REGULATOR.agency,
        role="regulator",
        info="commercial",
        condition="safeguarding",
        basis="care-act-42",
        authority=HOST,
        authorised_by=person("Head of Commissioning"),
        decided_at=START.isoformat(),
        reason="it oversees the market",
    )

    assert told(freed, "now-told") == {THE_REGULATOR}
    assert "withdrawn because of: financial" in text_to(freed, THE_REGULATOR)


@pytest.mark.parametrize(("authority", "who"), [("chair", "Robin Hale"), ("commissioner", "A. Ng")])
def test_M110_the_providers_notice_goes_by_the_authority_of_the_chair_or_the_commissioner(
    story: Story, authority: str, who: str
) -> None:
    by = {"authority": authority, "authorised_by": person("Chair or commissioner", who)}
    story.happens("contract.withdrawn", cause="safeguarding", **WITHDRAWN | by)

    page = story.told_by_police("release")
    again_told = story.happens("contract.withdrawn", cause="safeguarding", **WITHDRAWN | by)

    assert again(page) == {THE_PROVIDER: "emergency-closure"}
    assert classes_told(again_told, THE_PROVIDER) == MONEY
    assert f"by the authority of {who} ({authority})" in text_to(again_told, THE_PROVIDER)


@pytest.mark.parametrize("missing", ["authority", "authorised_by"])
def test_M110_a_withdrawal_that_nobody_authorised_is_not_taken(missing: str) -> None:
    data: dict[str, Any] = {k: v for k, v in WITHDRAWN.items() if k != missing}

    with pytest.raises(ValueError, match=missing):
        EVENTS["contract.withdrawn"].model_validate({**data, "cause": "safeguarding"})


def test_M110_other_care_that_is_arranged_ends_what_is_owed_for_that_contract_alone(
    story: Story,
) -> None:
    story.happens("contract.withdrawn", cause="management", **WITHDRAWN)
    other = WITHDRAWN | {"contract": "C-78", "withdrawn_by": SURREY}
    story.happens("contract.withdrawn", cause="safeguarding", **other)

    story.happens(
        "alternative.care.arranged",
        stands_in_for="C-77",
        arranged_by=person("Placements team"),
        starts_at="2026-12-26T08:00:00Z",
    )

    assert set(story.owes(ObligationKind.ARRANGE_CARE)) == {"arrangement:C-78:"}
    assert THE_SURREY.agency != HOST
