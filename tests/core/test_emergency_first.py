"""An emergency at a home that nobody has a concern about: it is the first that is heard (12.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from hub.admit import admit
from hub.concern import Concern, Party
from hub.events import EVENTS
from hub.intake.urgent import urgent_name
from hub.vocabulary import AgencyId, Lane, ObligationKind, Role
from tests.core.emergencies import (
    ACTS,
    AMBULANCE,
    COORDINATES,
    EVACUATED,
    FIRE,
    GROUND,
    NIGHT,
    PLANNING,
    SOON,
    WITHDRAWN,
    of,
    text_to,
    told,
)
from tests.core.packs import directory, pack
from tests.core.story import THE_PROVIDER, THE_REGULATOR, THE_SURREY, Story, placed, verdicts
from tests.worlds import SURREY, opened

OF_EMERGENCIES = (
    "emergency.planning.indicated",
    "emergency.closure.cqc",
    "emergency.evacuation",
    "contract.withdrawn",
    "emergency.category.set",
)


@pytest.fixture
def nobody() -> Story:
    """Nothing is known of this home, on Christmas night."""
    return Story(now=NIGHT - timedelta(minutes=5))


def test_M107_a_fire_at_a_home_nobody_has_a_concern_about_tells_everybody_who_acts(
    nobody: Story,
) -> None:
    page = nobody.happens("emergency.evacuation", cause="fire", **EVACUATED, ground=GROUND)

    assert told(page, "evacuation") == ACTS | {PLANNING, FIRE, AMBULANCE}
    assert verdicts(page)[THE_PROVIDER] == "held H1"
    for notice in of(page, "evacuation"):
        assert (notice.lane, notice.reply_due) == (Lane.IMMEDIATE, NIGHT + SOON)
        assert "People must leave Rosewood House, RH19 1AA" in notice.text
    assert "Duty manager" not in text_to(page, THE_REGULATOR)
    assert (nobody.concern.opened, nobody.concern.category) == (False, "emergency")


def test_M107_the_opening_that_follows_leaves_the_emergency_and_what_is_owed_as_they_are(
    nobody: Story,
) -> None:
    nobody.happens("emergency.evacuation", cause="fire", **EVACUATED, ground=GROUND)
    nobody.takes(opened(99))

    page = nobody.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])

    worker = Party(agency=AgencyId(SURREY), role=Role.ADULTS)
    assert nobody.concern.opened
    assert told(page, "emergency-closure") >= {THE_SURREY, worker}
    assert "Cause: fire." in text_to(page, THE_SURREY, "emergency-closure")
    assert "urgent:" in nobody.owes(ObligationKind.HOLD_MEETING)


def test_M107_an_emergency_that_does_not_say_whom_to_tell_waits_and_is_signalled(
    nobody: Story,
) -> None:
    page = nobody.happens("emergency.evacuation", cause="fire", **EVACUATED)

    assert page.notices == ()
    assert [w.why for w in page.waiting]


def test_M105_an_order_on_a_home_nobody_has_a_concern_about_is_told_at_once(
    nobody: Story,
) -> None:
    page = nobody.happens("emergency.closure.cqc", **COORDINATES, ground=GROUND)

    assert told(page, "emergency-closure") == ACTS


def test_M112_a_failure_of_a_business_nobody_has_a_concern_about_is_told_at_once(
    nobody: Story,
) -> None:
    page = nobody.happens("contract.withdrawn", cause="financial", **WITHDRAWN, ground=GROUND)

    assert told(page, "temporary-duty") | told(page, "contract-withdrawn") == ACTS


def test_M116_where_a_concern_is_known_what_an_event_says_of_it_counts_for_nothing(
    nobody: Story,
) -> None:
    nobody.opens()
    other = GROUND | {"police": "gss:E23000033", "duty_phone": "01632 960555"}

    nobody.happens("emergency.evacuation", cause="fire", **EVACUATED, ground=other)

    assert nobody.concern.duty_phone == "01632 960199"


def test_M107_the_parts_that_an_emergency_gives_are_held_to_what_each_agency_is(
    nobody: Story,
) -> None:
    wrong = GROUND | {"police": "regulator:cqc"}
    event = nobody.made("emergency.evacuation", cause="fire", **EVACUATED, ground=wrong)
    (publisher,) = [p for p in directory().publishers if p.source == event.source]

    faults = admit(event, publisher, pack(), directory())

    assert [fault.pointer for fault in faults] == ["/data/ground/police"]


@pytest.mark.parametrize("name", [*OF_EMERGENCIES, "provider.failure.warned"])
def test_M104_somebody_is_rung_where_an_emergency_cannot_be_taken(name: str) -> None:
    assert EVENTS[name].urgent
    assert EVENTS[name].before_opening
    assert urgent_name(name)


@pytest.mark.parametrize("name", OF_EMERGENCIES)
def test_M104_every_emergency_names_whom_to_ring_at_all_hours(name: str) -> None:
    fields = EVENTS[name].model_fields

    assert fields["coordinator"].is_required()
    assert fields["press_office"].is_required()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("emergency.evacuation", {**EVACUATED, "cause": "flood"}),
        ("contract.withdrawn", {**WITHDRAWN, "cause": "management"}),
        ("emergency.closure.cqc", COORDINATES),
    ],
)
def test_M106_a_concern_in_an_emergency_is_kept_and_read_again_as_it_was(
    nobody: Story, name: str, data: dict[str, Any]
) -> None:
    nobody.happens(name, **data, ground=GROUND)
    kept = TypeAdapter(Concern)

    again = kept.validate_json(kept.dump_json(nobody.concern))

    assert again == nobody.concern
    assert type(again.emergency) is EVENTS[name]
