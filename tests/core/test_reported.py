"""A concern that is only reported, and how it is opened (004 1.2, 6.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from hub.admit import admit
from hub.concern import CannotFollow, Party, after
from hub.directory import Publisher
from hub.intake.urgent import flagged
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, CriminalStatus, PublisherId, Role
from tests.core.reports import GROUND, REPORTS, reports, says, told
from tests.core.story import (
    BOTH,
    THE_HOST,
    THE_POLICE,
    THE_PROVIDER,
    THE_REGULATOR,
    Story,
    classes_told,
    shared_tools,
)
from tests.worlds import HOST, SURREY, event, opened

FIRST: Final = (
    "trigger.reported",
    "concern.raised",
    "concern.staff.raised",
    "incident.external.reported",
    "incident.further.reported",
    "protection.immediate.taken",
    "threshold.assessed",
    "initiation.decided",
)
"""What may come before any concern is open, and say whom to tell."""


@pytest.mark.parametrize("name", FIRST)
def test_M002_a_first_report_makes_a_concern_that_is_not_open_and_tells_the_host(name: str) -> None:
    story = Story()

    page = reports(story, name)

    assert THE_HOST in told(page)
    assert not story.concern.opened
    assert story.concern.opened_at == story.paper.known[page.applied[0]].occurred
    assert story.concern.themes == ()


@pytest.mark.parametrize("name", FIRST)
def test_M057_before_a_concern_is_opened_the_provider_is_told_nothing(name: str) -> None:
    story = Story()
    reports(story, name)
    says(
        story,
        "criminal.status.declared",
        status="none suspected",
        declared_by="x",
        reason="checked",
    )

    reports(story, "trigger.reported", report="T-9")
    reports(story, "initiation.decided", decision="not initiate")

    assert all(n.party != THE_PROVIDER for page in story.paper.pages for n in page.notices)


@pytest.mark.parametrize("name", [*FIRST, "risk.assessed", "factor.severity.flagged"])
def test_S16_a_report_that_says_nobody_to_tell_waits_and_is_kept(name: str) -> None:
    story = Story()

    page = says(story, name, **_severity(name))

    assert page.concern is None
    assert [w.why for w in page.waiting] == ["`concern.opened` has not come"]

    story.opens()
    assert not story.paper.pages[-1].waiting


def _severity(name: str) -> dict[str, Any]:
    who = {"name": "Kim", "role": "LEO"}
    return {"flagged_by": who, "severity": "many"} if name.startswith("factor") else {}


def test_M002_what_was_said_owed_and_held_before_stays_when_the_concern_is_opened() -> None:
    story = Story()
    reports(story, "trigger.reported")
    says(story, "criminal.status.declared", status="crime suspected", declared_by="DS Nair")
    says(
        story,
        "hold.placed",
        hold_id="h-9",
        kind="H3",
        party="regulator:cqc",
        role="regulator",
        classes=["themes"],
    )
    was = story.concern

    story.opens()

    now = story.concern
    assert now.opened
    assert now.criminal is CriminalStatus.SUSPECTED
    assert [h.id for h in now.holds] == ["h-9"]
    assert {s.event for s in was.said} <= {s.event for s in now.said}
    assert now.owes(ObligationKind.INITIATE, "report:T-1")
    assert now.reference == was.reference
    assert classes_told(story.paper.pages[-1], THE_REGULATOR) == BOTH - {"themes"}


def test_M002_a_stage_cannot_change_before_the_concern_is_open() -> None:
    story = Story()
    reports(story, "trigger.reported")

    page = says(story, "stage.changed", from_stage="decision to initiate", to_stage="closing")

    assert "only been reported" in page.waiting[0].why


def test_M008_whoever_was_told_by_the_report_and_is_not_of_the_opening_hears_to_the_end() -> None:
    story = Story()
    story.happens(
        "trigger.reported",
        **REPORTS["trigger.reported"],
        ground={**GROUND, "host_icb": "ods:QXU"},
    )

    story.opens()

    assert Party(agency=AgencyId("ods:QXU"), role=Role.HOST_ICB) in story.concern.parties()


def test_M002_a_concern_that_is_open_cannot_be_opened_again() -> None:
    story = Story()
    story.opens()

    then = after(story.concern, opened(77))

    assert isinstance(then, CannotFollow)


def _admitted(ground: dict[str, Any]) -> list[str]:
    tools = shared_tools()
    publisher = Publisher(
        id=PublisherId("wscc"),
        agency=AgencyId(HOST),
        source="https://cases.westsussex.example/concerns",
        prefix="wscc",
    )
    data = {**REPORTS["trigger.reported"], "ground": ground}
    directory = replace(tools.directory, publishers=(publisher,))
    faults = admit(event("trigger.reported", data, 1), publisher, tools.pack, directory)
    return [f"{fault.pointer} {fault.says}" for fault in faults]


def test_M002_a_report_may_only_name_a_host_that_its_publisher_may_speak_for() -> None:
    assert _admitted(GROUND) == []

    faults = _admitted({**GROUND, "host_authority": SURREY})

    assert [f.split()[0] for f in faults] == ["/data/ground/host_authority"]


def test_M002_whoever_answers_for_a_service_must_be_what_it_is_said_to_be() -> None:
    faults = _admitted({**GROUND, "police": SURREY})

    assert any(f.startswith("/data/ground/police") and "cannot be the police" in f for f in faults)


def test_M055_the_police_are_asked_as_soon_as_something_is_reported() -> None:
    story = Story()

    page = reports(story, "trigger.reported")

    assert ObligationKind.CONSULT_POLICE in {o.kind for o in page.obligations}
    assert THE_POLICE not in told(page)  # the host asks; whether it is a crime nobody has said


def test_M125_a_page_that_only_waits_has_no_concern_and_tells_nobody() -> None:
    story = Story()

    page: Page = says(story, "trigger.reported")

    assert page.notices == ()
    assert page.decisions == ()


def test_M001_an_urgent_report_that_says_nobody_to_tell_rings_a_person_within_five_minutes() -> (
    None
):
    story = Story()
    first = replace(
        story.made("trigger.reported", **REPORTS["trigger.reported"]), host=THE_HOST.agency
    )
    page = story.takes(first)

    rung = flagged(page, [first], [], story.paper.tools, story.now)

    owed = [o for o in rung.obligations if o.kind is ObligationKind.PERSON]
    assert [(o.party, o.due) for o in owed] == [(THE_HOST, story.now + timedelta(minutes=5))]
    assert "nobody has been told" in owed[0].says
