"""`hub explain`: who is told what on an example event, who is not, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pytest

from hub.adapters.memory import SequentialMint
from hub.adapters.shipped import read_folder, shipped
from hub.compose import Sender
from hub.concern import Concern, after
from hub.decision import OccasionKind
from hub.events.decode import decode
from hub.events.envelope import Event
from hub.explain import Explained, Explanation, explain
from hub.page import Standing
from hub.plan import Tools, plan
from hub.plan.remembered import told_of
from hub.vocabulary import InfoClass, Role
from tests.core.packs import directory, pack, words

NOW: Final = datetime(2026, 12, 1, 9, 31, tzinfo=UTC)
STORY: Final = (
    "concern-opened",
    "lead-agency-set",
    "placement-register-declared",
    "chair-appointed",
    "police-advice-recorded",
    "criminal-status-declared",
    "provider-informed",
    "meeting-scheduled",
    "stage-changed",
    "provider-involvement-reviewed",
    "hold-placed",
    "placement-register-amended",
    "hold-released",
    "stage-changed-findings",
    "themes-agreed",
    "police-advice-recorded-release",
    "stage-changed-quality-assurance",
    "qa-test-recorded",
    "stage-changed-closing",
    "closure-proposed",
    "closure-authorised",
)
"""The story of Rosewood House, in the order of its README."""


def test_opening_tells_the_agencies_and_holds_the_provider_on_police_advice() -> None:
    found = _told("concern-opened")

    assert {p.party.role: (p.verdict, p.rule, p.notice) for p in found.parties} == {
        Role.REGULATOR: ("notify", "R1", "concern-opened"),
        Role.HOST_AUTHORITY: ("notify", "R1", "concern-opened"),
        Role.HOST_ICB: ("notify", "R1", "concern-opened"),
        Role.POLICE: ("notify", "R3", "police-consultation"),
        Role.PROVIDER: ("hold", "W1", None),
        Role.CONTRACTS: ("notify", "R2", "concern-opened"),
        Role.EMERGENCY_DUTY_TEAM: ("not due", "N2", None),
        Role.HEAD_OF_SAFEGUARDING: ("not due", "N2", None),
    }


def test_what_is_told_has_its_facts_and_what_is_held_has_names_alone() -> None:
    found = _told("concern-opened")

    regulator, provider = _party(found, Role.REGULATOR), _party(found, Role.PROVIDER)

    themes = next(told for told in regulator.told if told.info is InfoClass.THEMES)
    assert themes.facts["risk_level"] == "high"
    assert themes.rule == "S1"
    assert themes.paragraph == "004 4.3"
    assert [(h.info, h.rule, h.kind, h.released_by) for h in provider.held] == [
        (InfoClass.PROCESS, "W1", "H1", "police"),
        (InfoClass.THEMES, "W1", "H1", "police"),
    ]
    assert "risk_level" in provider.held[1].facts
    assert "Unexplained bruising" not in json.dumps(found.of("provider").as_json())


def test_what_no_notice_may_carry_is_named_with_its_rule() -> None:
    contracts = _party(_told("concern-opened"), Role.CONTRACTS)

    never = {kept.info: kept.rule for kept in contracts.withheld if kept.kind is None}
    assert never == {
        InfoClass.CRIMINAL: "W3",
        InfoClass.REGULATORY: "W4",
        InfoClass.REFERRER: "W5",
    }


def test_what_waits_for_somebodys_decision_is_named_with_its_rule_and_whose_it_is() -> None:
    regulator = _party(_told("concern-opened"), Role.REGULATOR)

    waits = {kept.info: (kept.rule, kept.kind, kept.released_by) for kept in regulator.withheld}
    assert waits == {
        InfoClass.PLACED_ADULT: ("S20", "H6", "host authority"),
        InfoClass.PERSON_ALLEGED: ("S21", "H6", "host authority"),
        InfoClass.CRIMINAL: ("S23", "H6", "police"),
        InfoClass.COMMERCIAL: ("S25", "H6", "host authority"),
        InfoClass.REFERRER: ("S26", "H6", "host authority"),
    }


def test_M026_each_placing_authority_is_told_its_own_adults_alone() -> None:
    found = _told("placement-register-declared")

    surrey = next(p for p in found.parties if p.name == "Surrey County Council")
    adults = next(told for told in surrey.told if told.info is InfoClass.PLACED_ADULT)
    assert "SCC-40117" in adults.facts["own_record_numbers"]
    assert "HCC" not in json.dumps(found.of("gss:E10000030").as_json())
    assert _verdicts(found, Role.PLACING_AUTHORITY) == ["notify"] * 3
    assert _verdicts(found, Role.PLACING_ICB) == ["notify"]
    assert _party(found, Role.PROVIDER).verdict == "not due"


@pytest.mark.parametrize(
    ("name", "provider", "regulator"),
    [
        ("lead-agency-set", "hold", "notify"),
        ("chair-appointed", "not due", "not due"),
        ("provider-informed", "notify", "notify"),
        ("meeting-scheduled", "notify", "notify"),
        ("stage-changed", "notify", "notify"),
        ("provider-involvement-reviewed", "not due", "not due"),
        ("hold-placed", "not due", "not due"),
        ("themes-agreed", "notify", "notify"),
        ("closure-proposed", "not due", "not due"),
        ("closure-authorised", "notify", "notify"),
        ("emergency-closure-cqc", "notify", "notify"),
    ],
)
def test_every_example_comes_out_as_the_routes_say(
    name: str, provider: str, regulator: str
) -> None:
    found = _told(name)

    assert _party(found, Role.PROVIDER).verdict == provider
    assert _party(found, Role.REGULATOR).verdict == regulator
    assert found.waits is None
    assert found.refused == ()


def test_M072_after_a_partial_release_the_provider_is_told_the_process_alone() -> None:
    provider = _party(_told("provider-informed"), Role.PROVIDER)

    assert [told.info for told in provider.told] == [InfoClass.PROCESS]
    assert [held.info for held in provider.held] == [InfoClass.THEMES]


def test_a_release_is_explained_as_an_occasion_of_its_own() -> None:
    found = _told("police-advice-recorded-release")

    (freed,) = (
        party
        for party in found.parties
        if party.occasion is OccasionKind.HOLDS_CHANGED and party.verdict == "notify"
    )
    assert freed.party.role is Role.PROVIDER
    assert [told.info for told in freed.told] == [InfoClass.PROCESS, InfoClass.THEMES]


def test_M101_the_provider_reads_about_its_contract_at_the_end_and_nobody_else_does() -> None:
    found = _told("closure-authorised")

    reads = {p.party.role for p in found.parties for t in p.told if t.info is InfoClass.COMMERCIAL}

    assert reads == {Role.PROVIDER}


@pytest.mark.parametrize("word", ["cqc", "CQC", "regulator", "regulator:cqc"])
def test_one_party_is_found_by_its_code_its_role_or_its_name(word: str) -> None:
    (party,) = _told("concern-opened").of(word).parties

    assert party.name == "Care Quality Commission"


def test_an_event_that_cannot_follow_says_why() -> None:
    found = explain(_event("stage-changed"), Standing(), _tools(), NOW)

    assert found.parties == ()
    assert found.waits == "`concern.opened` has not come"


def test_an_event_that_may_not_be_asserted_says_why() -> None:
    elsewhere = replace(_event("stage-changed"), partnership="wales")

    found = explain(elsewhere, _standing("stage-changed"), _tools(), NOW)

    assert [fault.pointer for fault in found.refused] == ["/policypack"]
    assert found.parties == ()


def test_the_explanation_is_data() -> None:
    found = _told("provider-informed").as_json()

    assert json.loads(json.dumps(found)) == found
    assert found["pack"] == {
        "partnership": "west-sussex",
        "version": pack().version,
        "hash": pack().hash,
    }
    assert isinstance(found["parties"], list)
    provider = next(p for p in found["parties"] if p["role"] == "provider")
    assert provider["reply_due"] == "2026-12-02T17:00:00Z"
    assert provider["held"][0]["released_by"] == "police"
    assert provider["told"][0]["basis"].startswith("Care Act 2014")


def _told(name: str) -> Explanation:
    return explain(_event(name), _standing(name), _tools(), NOW)


def _event(name: str) -> Event:
    body = read_folder(shipped("examples"), ".json")[f"{name}.json"].encode()
    event = decode(body, "application/cloudevents+json", {})
    assert isinstance(event, Event)
    return event


def _standing(name: str) -> Standing:
    """What is known before this event of the story comes."""
    standing = Standing()
    for event in _before(name):
        page = plan(standing, (event,), _tools(), NOW)
        concern = after(standing.concern, event)
        assert isinstance(concern, Concern)
        told = tuple(told_of(decision) for decision in page.decisions)
        history = replace(standing.history, told=standing.history.told + told)
        standing = replace(standing, concern=concern, history=history)
    return standing


def _before(name: str) -> Iterator[Event]:
    until = STORY.index("hold-released") if name == "emergency-closure-cqc" else STORY.index(name)
    yield from (_event(earlier) for earlier in STORY[:until])


def _tools() -> Tools:
    return Tools(
        pack=pack(),
        directory=directory(),
        words=words(),
        sender=Sender(
            from_name="Safeguarding provider concerns",
            from_address="concerns@hub.example",
            message_id_domain="hub.example",
            public_url="https://hub.example",
            source="https://hub.example",
        ),
        mint=SequentialMint(),
    )


def _party(found: Explanation, role: Role) -> Explained:
    return next(p for p in found.parties if p.party.role is role)


def _verdicts(found: Explanation, role: Role) -> list[str]:
    return [p.verdict for p in found.parties if p.party.role is role]
