"""The facts a notice may show: plain English, and of the shared classes alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.compose import FACT_CLASSES, facts_for
from hub.compose.closing import CLOSING
from hub.compose.late import LATE
from hub.compose.plain import moment_in_words, readable
from hub.compose.shapes import certain, with_company
from hub.concern import Concern
from hub.decision import Notify
from hub.events import EVENT_FACTS, EVENTS, Person, ProviderInformed
from hub.events.marks import facts_of, named_by
from hub.pack.rules import HOLDS_CHANGED, Pack, Route
from hub.vocabulary import Ending, InfoClass, Lane, NoticeId, Role
from tests.core.build_words import (
    C0,
    C1,
    C2,
    NOW,
    SENDER,
    closed,
    concern_now,
    directory_now,
    event_named,
    everything_known,
    in_emergency,
    informed,
    notify,
    pack_now,
    routes,
    shipped_words,
)
from tests.corpus.making import accepted, fullest, sparest

EVERY_CLASS = frozenset(InfoClass)


def facts(
    decision: Notify, concern: Concern, event: str = "concern.opened", pack: Pack | None = None
) -> dict[str, str]:
    return facts_for(
        decision,
        concern,
        event_named(event),
        pack or pack_now(),
        directory_now(),
        SENDER,
        NoticeId("n-1"),
        "7K3M2Q",
    )


def barest() -> Concern:
    """The least a concern can be: what may be missing is missing."""
    known = concern_now()
    return replace(
        known,
        service=known.service.model_copy(update={"cqc_location_id": None}),
        leo=Person(name="Amal Okoye", role="Lead Enquiry Officer"),
        affected_count=None,
        chair=None,
        lead_agency=None,
        commissioners=(),
        referrer=None,
        person_alleged=None,
    )


def as_routed(route: Route, concern: Concern) -> Concern:
    """The concern as it is at least when this route speaks."""
    where = next(iter(route.when.get("position", {"open"}))) if route.when else route.event
    if where in {"closing", "closure.authorised"}:
        return closed(concern)
    if where in {"emergency", "emergency.closure.cqc"}:
        return in_emergency(concern)
    if route.event == "lead.agency.set":
        return replace(concern, lead_agency=concern.host_authority)
    return informed(concern) if route.event == "provider.informed" else concern


@pytest.mark.parametrize("route", routes(), ids=lambda r: r.id)
def test_what_a_route_calls_certain_is_there_even_for_the_barest_concern_told_C0_alone(
    route: Route,
) -> None:
    due = NOW + timedelta(hours=1) if route.reply_within else None
    for role in route.roles:
        decision = notify(role, route.notice, {C0}, lane=route.lane, reply_due=due)

        found = facts(decision, as_routed(route, barest()), route.event)

        assert certain(route, role) <= found.keys()


def test_every_fact_can_be_told_to_somebody() -> None:
    told: set[str] = set()
    overdue = replace(pack_now(), review_by=NOW.date() - timedelta(days=1))
    for role in Role:
        for event in ("stage.changed", "meeting.scheduled"):
            decision = notify(
                role, "concern-opened", EVERY_CLASS, lane=Lane.IMMEDIATE, reply_due=NOW
            )
            told |= facts(decision, everything_known(), event, overdue).keys()

    assert told <= FACT_CLASSES.keys()
    # What only some occasion brings (who is found late, an ending) stands in its own words.
    mentioned = {fact for t in shipped_words().templates.values() for fact in t.facts}
    assert FACT_CLASSES.keys() - told - EVENT_FACTS.keys() <= mentioned | CLOSING | {*LATE}


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_fact_of_an_event_that_was_said_can_be_told_to_whoever_it_names(name: str) -> None:
    """What it says of adults is for the agencies it names alone; the rest for every role."""
    for make in (fullest, sparest):
        event = accepted(make(name))
        assert event is not None
        said = {fact.name: fact.info for fact in facts_of(event.data)}
        decision = notify(Role.HOST_ICB, "x", EVERY_CLASS)
        named = [agency for agency, _ in named_by(event.data)]
        parties = [replace(decision.party, agency=agency) for agency in named]

        found: set[str] = set()
        for party in (decision.party, *parties):
            mine = facts_for(
                replace(decision, party=party),
                everything_known(),
                event,
                pack_now(),
                directory_now(),
                SENDER,
                NoticeId("n-1"),
                "7K3M2Q",
            )
            found |= mine.keys()
            if party.agency not in named:
                of_adults = {f for f, info in said.items() if info is InfoClass.PLACED_ADULT}
                assert not of_adults & mine.keys()

        for fact, info in said.items():
            assert fact in found or (info is InfoClass.PLACED_ADULT and not named), fact


@settings(deadline=None)
@given(
    classes=st.frozensets(st.sampled_from(InfoClass)),
    role=st.sampled_from(Role),
    event=st.sampled_from(["concern.opened", "stage.changed", "meeting.scheduled", HOLDS_CHANGED]),
    concern=st.sampled_from([barest(), concern_now(), in_emergency(barest()), everything_known()]),
    lane=st.sampled_from(Lane),
    due=st.sampled_from([None, NOW]),
)
def test_only_shared_classes_come_out_and_each_fact_brings_its_company(
    classes: frozenset[InfoClass],
    role: Role,
    event: str,
    concern: Concern,
    lane: Lane,
    due: datetime | None,
) -> None:
    decision = notify(role, "concern-opened", classes, lane=lane, reply_due=due)

    found = facts(decision, concern, event)

    assert {FACT_CLASSES[name] for name in found} <= classes
    assert with_company(found) == found.keys()
    assert all(found.values())


def test_M026_an_authority_sees_its_own_adults_by_its_own_numbers_and_nobody_elses() -> None:
    surrey = facts(notify(Role.PLACING_AUTHORITY, "x", {C0, C2}), concern_now())
    health = facts(notify(Role.PLACING_ICB, "x", {C0, C2}), concern_now())
    host = facts(notify(Role.HOST_AUTHORITY, "x", {C0, C2}), concern_now())

    assert surrey["own_record_numbers"] == "SY-1, SY-2"
    assert health["own_record_numbers"] == "HC/77"
    assert "own_record_numbers" not in host


@pytest.mark.parametrize(
    ("served", "released_by", "told"),
    [(None, None, False), (NOW, None, False), (None, "Ruth", False), (NOW, "Ruth", True)],
)
def test_M105_the_cause_is_told_only_once_served_and_released_by_name(
    served: datetime | None, released_by: str | None, told: bool
) -> None:
    concern = in_emergency(concern_now(), served=served, released_by=released_by)

    found = facts(notify(Role.HOST_ICB, "emergency-closure", EVERY_CLASS), concern)

    assert ("cause" in found) is told


def test_the_caveat_changes_once_the_provider_knows_and_is_never_the_providers_own() -> None:
    before = facts(notify(Role.REGULATOR, "x", {C0}), concern_now())["handling"]
    after = facts(notify(Role.REGULATOR, "x", {C0}), informed(concern_now()))["handling"]

    assert before == pack_now().handling
    assert after == pack_now().handling_once_informed
    assert "handling" not in facts(notify(Role.PROVIDER, "x", {C0}), informed(concern_now()))


def test_the_caveat_is_the_same_whatever_is_shared_or_held() -> None:
    said = {
        facts(notify(role, "x", {C0, *more}), concern_now())["handling"]
        for role in set(Role) - {Role.PROVIDER}
        for more in ([], [C1], list(InfoClass))
    }

    assert said == {pack_now().handling}


def test_M011_small_numbers_are_blurred_except_for_the_regulator_the_police_and_the_host() -> None:
    few = replace(concern_now(), affected_count=2)

    said = {role: facts(notify(role, "x", {C0, C1}), few)["affected_count"] for role in Role}

    exact = {role for role, count in said.items() if count == "2"}
    assert exact == {
        Role.REGULATOR,
        Role.POLICE,
        Role.HOST_AUTHORITY,
        Role.HOST_ICB,
        Role.CONTRACTS,
        Role.EMERGENCY_DUTY_TEAM,
        Role.HEAD_OF_SAFEGUARDING,
        Role.HEADS_OF_SERVICE,
    }
    assert {said[role] for role in set(Role) - exact} == {"fewer than 3"}


def test_a_LEO_without_a_number_is_reached_through_the_duty_desk() -> None:
    assert facts(notify(Role.POLICE, "x", {C0}), barest())["leo_phone"] == "+44 1632 960100"


def test_the_evidence_is_told_of_for_the_ending_improved_alone() -> None:
    for ending in Ending:
        found = facts(notify(Role.REGULATOR, "x", {C0, C1}), closed(concern_now(), ending))

        assert ("improvement_evidence" in found) is (ending is Ending.IMPROVED)
        assert found["ending"]


def test_themes_stand_under_their_key_questions() -> None:
    found = facts(notify(Role.REGULATOR, "x", {C0, C1}), concern_now())

    assert found["themes_by_key_question"] == (
        "Safe: medicines given late, falls not recorded; Well-led: no manager on nights"
    )
    assert found["themes_plain"] == (
        "medicines given late; falls not recorded; no manager on nights"
    )


def test_purposes_and_bases_of_what_is_shared_are_facts_each_once() -> None:
    found = facts(notify(Role.REGULATOR, "x", {C0, C1}), concern_now())

    assert found["purpose"] == "Keep people safe together (2.1)"
    assert found["basis"] == "Care Act 2014 ss.6, 42"


def test_who_is_rung_next_is_told_in_the_immediate_lane_only() -> None:
    urgent = facts(
        notify(Role.PLACING_AUTHORITY, "x", {C0}, lane=Lane.IMMEDIATE, reply_due=NOW),
        concern_now(),
    )
    calm = facts(notify(Role.PLACING_AUTHORITY, "x", {C0}, reply_due=NOW), concern_now())

    assert urgent["on_call_role"] == "your out-of-hours team"
    assert urgent["escalate_at"] == urgent["reply_due"]
    assert "escalate_at" not in calm


def test_the_next_meeting_is_the_earliest_that_is_still_to_come() -> None:
    meeting = everything_known().meetings[0]
    past = meeting.model_copy(update={"starts_at": NOW - timedelta(days=1)})
    sooner = NOW + timedelta(days=2)
    informed_ = ProviderInformed(
        by=concern_now().leo, how="by phone", informed_at=NOW, next_meeting_at=sooner
    )
    concern = replace(concern_now(), meetings=(past, meeting), provider_informed=informed_)

    found = facts(notify(Role.PROVIDER, "x", {C0}), concern)

    assert found["next_meeting_at"] == moment_in_words(sooner)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 11, 24, 17, 0, tzinfo=UTC), "Tuesday 24 November 2026 at 17:00"),
        (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), "Thursday 2 July 2026 at 00:30"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Sunday 25 October 2026 at 01:30 BST"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Sunday 25 October 2026 at 01:30 GMT"),
    ],
)
def test_times_are_said_in_plain_English_and_in_Londons_time(moment: datetime, said: str) -> None:
    assert moment_in_words(moment) == said


@settings(deadline=None)
@given(st.text())
def test_every_character_of_a_value_can_be_seen_and_written(value: str) -> None:
    shown = readable(value)

    assert "\r" not in shown
    assert "\x00" not in shown
    assert "\u202e" not in shown
    shown.encode()


def test_a_value_brings_no_second_full_stop_to_the_sentence_it_stands_in() -> None:
    closing = closed(concern_now())
    assert closing.closure_authorised is not None
    said = closing.closure_authorised.model_copy(update={"improvement_evidence": "Audits clean."})

    found = facts(notify(Role.REGULATOR, "x", {C0, C1}), replace(closing, closure_authorised=said))

    assert found["improvement_evidence"] == "Audits clean"
