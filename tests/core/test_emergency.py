"""Emergencies: the urgent meeting, CQC's closure, and who stays held in the night (12.1)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.decide import facts_about
from hub.decision import History
from hub.vocabulary import HoldKind, InfoClass, Lane, ObligationKind, Role, Rung
from tests.core.emergencies import (
    ACTS,
    ADULTS,
    COMMISSIONERS,
    CONTRACTS,
    COORDINATES,
    DUTY,
    HEAD,
    HEADS,
    NIGHT,
    OWN,
    PLACING_ICB,
    PLANNING,
    SOON,
    christmas,
    of,
    silent,
    text_to,
    told,
)
from tests.core.packs import directory
from tests.core.story import (
    BOTH,
    PROCESS,
    THE_HAMPSHIRE,
    THE_HOST,
    THE_ICB,
    THE_POLICE,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    again,
    classes_told,
    placed,
    verdicts,
)
from tests.worlds import HAMPSHIRE, HOST, START, C, person

INDICATED = {
    **COORDINATES,
    "indicated_by": person("Lead Enquiry Officer"),
    "reason": "no nurse is left for the night",
}
SERVED = {"served_at": START.isoformat(), "released_by": "R. Bell, CQC"}


@pytest.fixture
def story() -> Story:
    return christmas()


# The urgent meeting of the heads of service.


def test_M104_emergency_planning_calls_the_heads_of_service_and_contracts_at_once(
    story: Story,
) -> None:
    page = story.happens("emergency.planning.indicated", **INDICATED)

    assert told(page, "emergency-planning") == {HEADS, CONTRACTS, THE_HOST, DUTY, HEAD, PLANNING}
    assert silent(page) == {*story.concern.parties()} - told(page, "emergency-planning")
    for notice in of(page, "emergency-planning"):
        assert (notice.lane, notice.required) == (Lane.IMMEDIATE, Rung.ACKNOWLEDGED)
        assert notice.reply_due == story.now + SOON
    assert "Meet at once" in text_to(page, HEADS)
    assert "no nurse is left" in text_to(page, HEADS)
    assert "Iris Vale" in text_to(page, HEADS)
    assert classes_told(page, PLANNING) == PROCESS
    assert "nurse" not in text_to(page, PLANNING)


def test_M104_the_urgent_meeting_is_owed_within_two_hours_until_it_has_been_held(
    story: Story,
) -> None:
    story.happens("emergency.planning.indicated", **INDICATED)
    owed = story.owes(ObligationKind.HOLD_MEETING)
    called = story.now
    story.happens(
        "meeting.scheduled", kind="urgent", starts_at="2026-12-26T01:00:00Z", place="by telephone"
    )
    scheduled = story.owes(ObligationKind.HOLD_MEETING)

    story.happens(
        "meeting.held",
        kind="urgent",
        held_at="2026-12-26T02:00:00Z",
        attended=[HOST],
        decisions=["move everybody tonight"],
        chair=person("Head of Service"),
    )

    assert [o.due for o in owed.values()] == [called + timedelta(hours=2)]
    assert owed["urgent:"].party == THE_HOST
    assert "urgent:" in scheduled
    assert "urgent:" not in story.owes(ObligationKind.HOLD_MEETING)


def test_M104_each_desk_that_acts_has_a_deputy_to_go_to_next() -> None:
    for party in (HEADS, CONTRACTS, THE_HOST, DUTY, HEAD):
        desks = directory().contacts_of(party.agency, party.role)

        assert [c.order for c in desks][:2] == [0, 1], party


def test_M104_what_has_happened_says_more_than_what_is_feared(story: Story) -> None:
    story.happens("emergency.evacuation", cause="fire", **COORDINATES)

    story.happens("emergency.planning.indicated", **INDICATED)

    assert story.concern.emergency is not None
    assert story.concern.emergency.told_cause() == "fire"


# CQC closes the service.


def test_M105_every_commissioner_every_host_and_the_police_hear_in_the_night(
    story: Story,
) -> None:
    page = story.happens("emergency.closure.cqc", **COORDINATES, **SERVED)

    assert told(page, "emergency-closure") == ACTS | COMMISSIONERS | ADULTS
    assert verdicts(page)[THE_PROVIDER] == "held H1"
    for notice in of(page, "emergency-closure"):
        assert notice.lane is Lane.IMMEDIATE
        assert notice.reply_due == NIGHT + SOON
        assert "Saturday 26 December 2026 at 06:00" in notice.text
        assert "a notice under section 31" in notice.text or notice.party in ADULTS


def test_M105_each_commissioner_and_its_worker_read_its_own_adults_alone(story: Story) -> None:
    page = story.happens("emergency.closure.cqc", **COORDINATES, **SERVED)

    for party in COMMISSIONERS | ADULTS:
        own, other = ("QNX-9", "SCC-1") if party.agency.startswith("ods") else ("SCC-1", "QNX-9")
        assert classes_told(page, party) == OWN
        assert own in text_to(page, party)
        assert other not in text_to(page, party)
    worker = next(iter(ADULTS))
    assert "Tell each person and their carers now" in text_to(page, worker)
    assert "Record who was told" in text_to(page, worker)


@pytest.mark.parametrize("served", [{}, {"served_at": START.isoformat()}])
def test_M105_before_the_order_is_served_and_released_adults_wait_and_no_cause_is_told(
    story: Story, served: dict[str, str]
) -> None:
    page = story.happens("emergency.closure.cqc", **COORDINATES, **served)

    assert told(page, "emergency-closure") == ACTS | COMMISSIONERS
    assert {verdicts(page)[party] for party in ADULTS} == {"nothing"}
    assert not [n for n in page.notices if "section 31" in n.text]


@pytest.mark.parametrize("served_at", [None, "2026-12-01T09:00:01Z"])
def test_M105_S9_a_release_of_an_order_that_is_not_served_is_refused(
    story: Story, served_at: str | None
) -> None:
    early = {"served_at": served_at, "released_by": "R. Bell, CQC"}

    page = story.happens("emergency.closure.cqc", **COORDINATES, **early)

    (refused,) = page.refused
    assert [fault.pointer for fault in refused.faults] == ["/data/released_by"]
    assert (page.notices, story.concern.emergency) == ((), None)


def test_M105_H4_and_H8_lift_for_the_process_alone_and_H1_to_H3_stand(story: Story) -> None:
    for number, (kind, party) in enumerate(
        [("H4", THE_ICB), ("H8", THE_SURREY), ("H3", PLACING_ICB), ("H1", THE_POLICE)]
    ):
        story.held(party, kind, hold_id=f"h-{number}")

    page = story.happens("emergency.closure.cqc", **COORDINATES, **SERVED)

    assert classes_told(page, THE_ICB) == PROCESS
    assert classes_told(page, THE_SURREY) == PROCESS
    assert "SCC-1" not in text_to(page, THE_SURREY, "emergency-closure")
    assert verdicts(page)[PLACING_ICB] == "held H3"
    assert verdicts(page)[THE_POLICE] == "held H1"
    left = {hold.kind: hold.classes for hold in story.concern.holds}
    assert left[HoldKind.H4] == left[HoldKind.H8] == frozenset(InfoClass) - PROCESS
    assert left[HoldKind.H3] == left[HoldKind.H1] == frozenset(InfoClass)


def test_M105_an_order_that_is_not_released_lifts_no_hold(story: Story) -> None:
    story.held(THE_ICB, "H4")

    page = story.happens("emergency.closure.cqc", **COORDINATES, served_at=START.isoformat())

    assert verdicts(page)[THE_ICB] == "held H4"


def test_M105_where_removal_is_resisted_the_police_are_asked_for_officers(story: Story) -> None:
    page = story.happens("emergency.closure.cqc", **COORDINATES, removal_resisted=True)

    assert told(page, "removal-resisted") == {THE_POLICE}
    assert told(page, "emergency-closure") == (ACTS | COMMISSIONERS) - {THE_POLICE}
    assert "Send officers" in text_to(page, THE_POLICE)


def test_M105_the_duty_desk_gets_one_list_and_nobody_else_gets_it(story: Story) -> None:
    page = story.happens("emergency.closure.cqc", **COORDINATES)

    lists = [
        n
        for n in of(page, "emergency-closure")
        if "Surrey County Council: +44 1632 960110" in n.text
    ]
    assert {n.party for n in lists} == {THE_HOST, DUTY}
    for notice in lists:
        assert "NHS Sussex Integrated Care Board: +44 1632 960130" in notice.text
        assert "Care Quality Commission: +44 1632 960150" in notice.text
        assert "Sussex Police: +44 1632 960160" in notice.text
        assert "Rosewood Care Ltd:" not in notice.text  # whoever leads tells it, when it may be
        assert "West Sussex County Council:" not in notice.text


def test_M105_a_party_found_late_hears_of_the_emergency_first_and_so_does_its_worker(
    story: Story,
) -> None:
    story.happens("emergency.closure.cqc", **COORDINATES, **SERVED)

    page = story.happens("placement.register.amended", added=[placed(HAMPSHIRE, "HCC-7")])

    worker = [p for p in story.concern.parties() if (p.agency, p.role) == (HAMPSHIRE, Role.ADULTS)]
    assert told(page, "emergency-closure") == {THE_HAMPSHIRE, *worker}
    first = next(n for n in page.notices if n.party == THE_HAMPSHIRE)
    assert first.template == "emergency-closure"
    assert "HCC-7" in text_to(page, worker[0], "emergency-closure")


def test_M105_a_provider_freed_in_the_emergency_hears_of_it_at_once(story: Story) -> None:
    story.happens("emergency.closure.cqc", **COORDINATES)

    page = story.told_by_police("release")

    assert again(page) == {THE_PROVIDER: "emergency-closure"}
    assert classes_told(page, THE_PROVIDER) == PROCESS
    assert "Keep every person safe" in text_to(page, THE_PROVIDER)


def test_M105_an_emergency_after_the_end_is_told_all_the_same(story: Story) -> None:
    story.happens("chair.appointed")
    story.stage("decision to initiate", "closing")
    story.happens("closure.proposed")
    story.happens("closure.authorised")

    page = story.happens("emergency.closure.cqc", **COORDINATES, **SERVED)

    assert told(page, "emergency-closure") == ACTS | COMMISSIONERS | ADULTS
    assert "urgent:" in story.owes(ObligationKind.HOLD_MEETING)
    assert facts_about(THE_REGULATOR, story.concern, History())["position"] == "emergency"


def test_M101_whoever_is_found_in_an_emergency_after_the_end_does_not_first_hear_of_the_end(
    story: Story,
) -> None:
    story.happens("chair.appointed")
    story.stage("decision to initiate", "closing")
    story.happens("closure.proposed")
    story.happens("closure.authorised")
    story.happens("emergency.closure.cqc", **COORDINATES, **SERVED)

    found = story.happens(
        "placement.changed",
        commissioner=HAMPSHIRE,
        change="needs changed",
        adults=["HCC-7"],
        changed_on="2026-12-02",
    )
    again_ended = story.happens("closure.authorised")

    new = [p for p in story.concern.parties() if p.agency == HAMPSHIRE]
    assert {p.role for p in new} == {Role.PLACING_AUTHORITY, Role.ADULTS}
    worker = next(p for p in new if p.role is Role.ADULTS)
    heard = [n.template for page in (found, again_ended) for n in page.notices if n.party == worker]
    assert heard == ["emergency-closure", "closure-notice"]


def test_M105_no_emergency_notice_says_who_raised_it_or_who_is_alleged(story: Story) -> None:
    page = story.happens("emergency.closure.cqc", **COORDINATES, **SERVED)

    hidden = [C[i] for i in InfoClass if i not in BOTH]
    assert not [n for n in page.notices if any(mark in n.text for mark in hidden)]
    assert THE_REGULATOR in {n.party for n in page.notices}
