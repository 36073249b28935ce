"""The laws of the policy pack, each by its number in `rules.md`, on the pack that ships."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest

from hub.concern import Concern, after
from hub.decide import decide
from hub.decision import Decision, History, Hold, Notify, Occasion, OccasionKind
from hub.events import EVENTS, CriminalStatusDeclared, EventData, HoldPlaced, LeadAgencySet
from hub.pack.cell import (
    CLOSED_WORLD,
    CellHold,
    Decided,
    NoRule,
    NothingDue,
    Told,
    is_decided,
    judge,
)
from hub.pack.load import load
from hub.pack.rules import EVERYTHING, FACTS, HOLDS_CHANGED, Share
from hub.prove.examples import QUIET
from hub.vocabulary import EventId, HoldId, HoldKind, InfoClass, OccasionId, Role, RuleId
from tests.builders import HOST, concern_of, opened
from tests.core.packs import (
    BOTH,
    PROCESS,
    THEMES,
    changed,
    directory,
    faults_of,
    held,
    judged,
    line_of,
    pack,
    shared,
    sources,
    withheld,
)
from tests.worlds import ENTITLED

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
AGENCIES = (Role.REGULATOR, Role.HOST_AUTHORITY, Role.HOST_ICB, Role.POLICE)
PLACING = (Role.PLACING_AUTHORITY, Role.PLACING_ICB)


def _hold(kind: HoldKind, *classes: InfoClass, name: str = "h-1") -> CellHold:
    return CellHold(
        id=HoldId(name),
        kind=kind,
        classes=frozenset(classes),
        released_by="the one who placed it",
        sentence="A hold stands",
        paragraph="004 3.1",
    )


# 1. Closed world.


def test_semantics_1_what_no_share_names_is_withheld() -> None:
    alone = replace(pack(), shares=tuple(s for s in pack().shares if s.id != "S1"))

    judgement = judged("concern.opened", Role.REGULATOR, rules=alone)

    assert shared(judgement) == frozenset()
    assert withheld(judgement) == {PROCESS: CLOSED_WORLD, THEMES: CLOSED_WORLD}


def test_semantics_1_what_no_route_and_no_nothing_names_has_no_rule() -> None:
    alone = replace(pack(), routes=(), nothings=())

    assert isinstance(judged("concern.opened", Role.REGULATOR, rules=alone), NoRule)


def test_semantics_1_a_withhold_beats_a_share() -> None:
    rule = next(w for w in pack().withholds if w.id == "W5")
    against = replace(rule, roles=frozenset(Role), classes=frozenset({THEMES}))
    strict = replace(pack(), withholds=(*pack().withholds, against))

    judgement = judged("concern.opened", Role.REGULATOR, rules=strict)

    assert shared(judgement) == {PROCESS}
    assert withheld(judgement) == {THEMES: "W5"}


def test_semantics_1_the_order_of_lines_never_matters() -> None:
    chance = Random(20261201)
    shuffled = replace(
        pack(),
        shares=tuple(chance.sample(pack().shares, k=len(pack().shares))),
        withholds=tuple(chance.sample(pack().withholds, k=len(pack().withholds))),
        routes=tuple(chance.sample(pack().routes, k=len(pack().routes))),
        nothings=tuple(chance.sample(pack().nothings, k=len(pack().nothings))),
    )

    for event in (*EVENTS, HOLDS_CHANGED):
        for role in Role:
            facts = {fact: chance.choice(values) for fact, values in FACTS.items()}
            as_written = judged(event, role, facts)
            assert judged(event, role, facts, rules=shuffled) == as_written


def test_semantics_1_a_role_without_a_row_is_asked_for() -> None:
    without = changed(
        "sharing.toml",
        'with = ["emergency duty team", "head of safeguarding"]\ncl',
        'with = "head of safeguarding"\ncl',
    )

    (fault,) = faults_of(without)

    assert fault.says == "`emergency duty team` has no `[[share]]` row"


# 2. Facts are three-valued.


def test_semantics_2_a_share_that_asks_for_a_fact_shares_nothing_while_nobody_knows_it() -> None:
    asks = {"risk": frozenset({"high"})}
    unsure = replace(pack(), shares=tuple(replace(s, when=asks) for s in pack().shares))

    said = {
        risk: shared(judged("concern.opened", Role.REGULATOR, rules=unsure, risk=risk))
        for risk in ("high", "unknown", "something new")
    }

    assert said == {"high": BOTH, "unknown": frozenset(), "something new": frozenset()}


def test_semantics_9_a_share_that_waits_for_one_role_is_not_decided_by_another() -> None:
    share = next(s for s in pack().shares if s.decided_by == {Role.POLICE})
    info = min(share.classes)

    by = {
        role: is_decided(share, info, Decided(share=frozenset({(info, role)})))
        for role in (Role.POLICE, Role.HOST_AUTHORITY)
    }

    assert by == {Role.POLICE: True, Role.HOST_AUTHORITY: False}


def test_semantics_9_a_decision_not_to_tell_takes_nothing_that_the_protocol_gives_anyway() -> None:
    asks = replace(
        next(s for s in pack().shares if s.id == "S1"), decided_by=frozenset({Role.POLICE})
    )
    refused = Decided(refuse=BOTH)

    def told(*shares: Share) -> frozenset[InfoClass]:
        others = tuple(s for s in pack().shares if s.id != "S1")
        rules = replace(pack(), shares=(*others, *shares))
        cell = "concern.opened", Role.REGULATOR
        return shared(judge(rules, *cell, QUIET, frozenset(), (), refused))

    anyway = replace(asks, id=RuleId("S99"), decided_by=frozenset())
    assert told(asks) == frozenset()
    assert told(asks, anyway) == BOTH


def test_semantics_2_M055_an_unknown_criminal_status_holds_the_provider() -> None:
    judgement = judged("concern.opened", Role.PROVIDER, criminal="unknown")

    assert shared(judgement) == frozenset()
    assert held(judgement) == {PROCESS: "W1", THEMES: "W1"}


@pytest.mark.parametrize("advice", ["hold", "unknown", "something new"])
def test_semantics_2_M072_the_provider_waits_while_the_advice_is_hold_or_unknown(
    advice: str,
) -> None:
    judgement = judged("provider.informed", Role.PROVIDER, criminal="yes", police_advice=advice)

    assert held(judgement) == {PROCESS: "W1", THEMES: "W1"}


@pytest.mark.parametrize("status", ["consulted, none", "none suspected"])
def test_semantics_2_without_a_crime_no_police_advice_is_needed(status: str) -> None:
    assert shared(judged("concern.opened", Role.PROVIDER, criminal=status)) == BOTH


def test_semantics_2_M072_a_partial_release_frees_the_classes_it_names_and_no_others() -> None:
    judgement = judged(
        "provider.informed",
        Role.PROVIDER,
        released=frozenset({PROCESS}),
        criminal="yes",
        police_advice="partial release",
    )

    assert shared(judgement) == {PROCESS}
    assert held(judgement) == {THEMES: "W1"}


def test_semantics_2_what_was_released_counts_only_while_the_advice_is_partial() -> None:
    judgement = judged(
        "provider.informed",
        Role.PROVIDER,
        released=EVERYTHING,
        criminal="yes",
        police_advice="hold",
    )

    assert held(judgement) == {PROCESS: "W1", THEMES: "W1"}


def test_a_release_without_the_process_tells_nothing() -> None:
    judgement = judged(
        "provider.informed",
        Role.PROVIDER,
        released=frozenset({THEMES}),
        criminal="yes",
        police_advice="partial release",
    )

    assert shared(judgement) == frozenset()
    assert held(judgement) == {PROCESS: "W1", THEMES: "W1"}


def test_semantics_2_a_share_that_waits_for_unknown_is_refused() -> None:
    text = 'id = "S1"\n'
    never = changed("sharing.toml", text, text + 'when = { places_adults = ["yes", "unknown"] }\n')

    (fault,) = faults_of(never)

    assert fault.says == "`places_adults` unknown never satisfies this rule"
    assert fault.line == line_of("sharing.toml", 'id = "S1"') + 1


# 3. Purpose and basis.


def test_semantics_3_every_share_says_its_purpose_and_its_basis_in_words() -> None:
    for share in pack().shares:
        assert share.purpose in pack().purposes.values()
        assert share.basis in {words["public body"] for words in pack().bases.values()}
        assert "UK GDPR" in share.basis


@pytest.mark.parametrize("key", ["purpose", "basis"])
def test_semantics_3_a_share_without_purpose_or_basis_is_refused(key: str) -> None:
    line = next(x for x in sources()["sharing.toml"].splitlines() if x.startswith(f"{key} = "))

    (fault,) = faults_of(changed("sharing.toml", line + "\n", ""))

    assert fault.says == f"`{key}` is missing"
    assert fault.line == line_of("sharing.toml", 'id = "S1"') - 1


def test_semantics_3_purpose_and_basis_travel_into_the_decision() -> None:
    notify = next(d for d in _decided() if d.party.role is Role.REGULATOR)

    assert isinstance(notify, Notify)
    assert {s.purpose for s in notify.shared} == {
        "Let the regulator judge breaches of legal requirements (004 4.3)"
    }
    assert all("Care Act 2014" in s.basis for s in notify.shared)


# 4. Duties.


def test_semantics_4_a_duty_that_the_hub_cannot_fulfil_is_refused() -> None:
    (fault, *_) = faults_of(
        changed("sharing.toml", '"record the disclosure"', '"hand it over in person"')
    )

    assert fault.says == "unknown duty `hand it over in person`"


def test_semantics_4_a_disclosure_that_is_not_recorded_is_refused() -> None:
    duties = 'duties = ["record the disclosure", "mark OFFICIAL-SENSITIVE", "give the handling'

    (fault, *_) = faults_of(
        changed("sharing.toml", duties, 'duties = ["mark OFFICIAL-SENSITIVE", "give the handling')
    )

    assert fault.says == "this disclosure has the duty `record the disclosure`"


# 5. Holds.


def test_semantics_5_a_hold_covers_its_classes_and_no_others() -> None:
    hold = _hold(HoldKind.H4, THEMES)

    judgement = judged("concern.opened", Role.REGULATOR, holds=(hold,))

    assert shared(judgement) == {PROCESS}
    assert isinstance(judgement, Told)
    assert [(j.info, j.hold) for j in judgement.classes if hasattr(j, "hold")] == [(THEMES, "h-1")]


def test_semantics_5_of_several_holds_the_lowest_kind_is_named_and_all_must_go() -> None:
    holds = (_hold(HoldKind.H10, *BOTH), _hold(HoldKind.H3, *BOTH, name="h-2"))

    both = judged("concern.opened", Role.PROVIDER, holds=holds, criminal="yes")
    without_police = judged("concern.opened", Role.PROVIDER, holds=holds, criminal="none suspected")

    assert held(both) == {PROCESS: "W1", THEMES: "W1"}
    assert isinstance(without_police, Told)
    assert {getattr(j, "kind", None) for j in without_police.classes} == {HoldKind.H3}


def test_semantics_5_a_hold_on_what_is_withheld_changes_nothing() -> None:
    alone = replace(pack(), shares=())

    judgement = judged(
        "concern.opened", Role.REGULATOR, holds=(_hold(HoldKind.H1, *BOTH),), rules=alone
    )

    assert withheld(judgement) == {PROCESS: CLOSED_WORLD, THEMES: CLOSED_WORLD}


def test_semantics_5_no_fact_is_about_time_so_no_timer_releases() -> None:
    assert not {fact for fact in FACTS if re.search(r"due|date|expir|overdue|day", fact)}


@pytest.mark.parametrize(
    ("kind", "owner"), [(HoldKind.H1, Role.POLICE), (HoldKind.H4, Role.REGULATOR)]
)
def test_semantics_5_only_its_owner_releases_it(kind: HoldKind, owner: Role) -> None:
    authority = next(a for a in pack().hold_authorities if a.kind is kind)
    block = sources()["authority.toml"].index(f'kind = "{kind}"')
    text = sources()["authority.toml"]
    wider = text[:block] + text[block:].replace(
        f'release = "{owner}"', f'release = ["{owner}", "host authority"]', 1
    )

    (fault,) = faults_of({**sources(), "authority.toml": wider})

    assert authority.release == {owner}
    assert fault.says == f"`{kind}` is released by `{owner}` alone"


# 6. The handling caveat.


def test_semantics_6_the_caveat_is_one_sentence_that_says_nothing_of_a_ground() -> None:
    for words in (pack().handling, pack().handling_once_informed):
        assert words.count(".") == 1
        assert not re.search(r"police|crim|investigat|inspect|releas|suspect|held|hold", words)


def test_semantics_6_every_agency_gets_the_caveat_with_the_process() -> None:
    for share in pack().shares:
        if PROCESS in share.classes and share.roles != {Role.PROVIDER}:
            assert "give the handling caveat" in share.duties


# 7. Excluding the provider.


def test_semantics_7_M021_an_exclusion_awaits_the_lead_agencys_endorsement() -> None:
    no_crime = CriminalStatusDeclared.model_validate(
        {"status": "consulted, none", "declared_by": "A detective sergeant"}
    )
    lead = LeadAgencySet.model_validate({"agency": HOST, "kind": "la"})
    exclusion = HoldPlaced.model_validate(
        {
            "hold_id": "h-1",
            "kind": "H2",
            "party": "cqc:1-1000000001",
            "role": "provider",
            "classes": ["process", "themes"],
            "placed_by": {"name": "Amara Okafor", "role": "Lead Enquiry Officer"},
            "reason": "Evidence might be destroyed",
            "review_due": "2026-12-04T09:00:00Z",
            "conditions_for_release": "The records are safe",
        }
    )
    endorsed = exclusion.model_copy(update={"endorsed_by_agency": HOST})

    assert _kinds(_decided(no_crime, lead, exclusion)) == {HoldKind.H9}
    assert _kinds(_decided(no_crime, lead, endorsed)) == {HoldKind.H2}
    assert _endorsers(HoldKind.H2) == {"lead agency"}


# 9. Risk notices wait for no paper.


OF_THE_EVENT = {"first_hearing": "not the first", "report": "no report", "mistaken": "no"}
"""What the hub knows of what it decides itself, whatever people know."""


@pytest.mark.parametrize("role", AGENCIES)
def test_semantics_9_M022_nothing_unknown_keeps_the_first_alert_from_an_agency(role: Role) -> None:
    nothing_known = dict.fromkeys(FACTS, "unknown") | OF_THE_EVENT

    assert shared(judged("concern.opened", role, nothing_known)) == BOTH


@pytest.mark.parametrize("role", PLACING)
def test_semantics_9_M026_nothing_unknown_keeps_the_alert_from_who_placed_adults(
    role: Role,
) -> None:
    nothing_known = dict.fromkeys(FACTS, "unknown") | {
        **OF_THE_EVENT,
        "told_before": "no",
        "position": "open",
    }

    alert = shared(judged("placement.register.declared", role, nothing_known))

    assert alert == {PROCESS, THEMES, InfoClass.PLACED_ADULT}


@pytest.mark.parametrize("status", ["yes", "crime suspected", "unknown"])
def test_semantics_9_M051_the_police_are_consulted_wherever_a_crime_is_not_ruled_out(
    status: str,
) -> None:
    told = shared(judged("criminal.status.declared", Role.POLICE, criminal=status))

    assert told == {PROCESS, THEMES, InfoClass.CRIMINAL}


# 12. The end.


AT_THE_END = {"position": "closing", "criminal": "consulted, none", "held_before": "yes"}


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADULTS}))
def test_semantics_12_M101_nobody_first_hears_at_the_end_without_the_chairs_decision(
    role: Role,
) -> None:
    waits = judged("closure.authorised", role, AT_THE_END, first_hearing="not decided")
    told = judged("closure.authorised", role, AT_THE_END, first_hearing="decided by the Chair")

    assert shared(waits) == frozenset()
    assert set(held(waits).values()) == {"W2"}
    assert shared(told) == ENTITLED[role] & (
        BOTH | ({InfoClass.COMMERCIAL} if role is Role.PROVIDER else frozenset())
    )


def test_semantics_12_M101_adults_do_not_first_hear_at_the_end_by_a_notice_of_it() -> None:
    waits = judged("closure.authorised", Role.ADULTS, AT_THE_END, first_hearing="not decided")

    assert isinstance(waits, NothingDue) or shared(waits) == frozenset()


@pytest.mark.parametrize(
    "role",
    [Role.REGULATOR, Role.HOST_AUTHORITY, Role.HOST_ICB, *PLACING, Role.PROVIDER, Role.CONTRACTS],
)
def test_semantics_12_M101_the_statutory_minimum_hears_of_the_end_whatever_was_before(
    role: Role,
) -> None:
    for told in ("yes", "no"):
        judgement = judged("closure.authorised", role, told_before=told, held_before="no")
        assert isinstance(judgement, Told)
        assert judgement.route.notice == "closure-notice"


# 15. Only who may, may.


def test_semantics_15_the_police_system_asserts_what_is_the_polices_and_nothing_else() -> None:
    grants = {str(grant.publisher): grant.events for grant in pack().grants}

    assert grants["sussex-police"] == {
        "criminal.status.declared",
        "police.advice.recorded",
        "police.consultation.answered",
        "criminal.investigation.opened",
        "criminal.investigation.concluded",
        # Of what is theirs to decide: whether criminal matters are told.
        "disclosure.authorised",
        "disclosure.withheld",
    }
    assert grants["wscc"] == frozenset(EVENTS)


def test_semantics_15_M102_nobody_can_be_granted_the_attestation() -> None:
    (fault,) = faults_of(
        changed("authority.toml", '"police.advice.recorded"', '"closure.attested"')
    )

    assert fault.says == "unknown event `closure.attested`"
    assert fault.line == line_of("authority.toml", "police.advice.recorded")


# 16. A pack is pinned by its hash.


def test_semantics_16_the_hash_is_over_the_agreement_and_not_over_its_address_book() -> None:
    elsewhere = load(changed("directory.toml", "safeguarding-adults@", "safeguarding-adults-2@"))
    commented = load(changed("sharing.toml", "[pack]", "# a word more\n[pack]"))
    agreed = load(
        changed("sharing.toml", "The regulator hears of every", "The regulator hears of each")
    )

    assert re.fullmatch(r"[0-9a-f]{64}", pack().hash)
    assert elsewhere.hash == commented.hash == pack().hash
    assert agreed.hash != pack().hash


def test_semantics_16_the_hash_is_not_over_the_calendar() -> None:
    calendar = json.loads(sources()["calendar.json"])
    calendar["scotland"]["events"].pop()

    assert load({**sources(), "calendar.json": json.dumps(calendar)}).hash == pack().hash


def test_semantics_16_every_decision_carries_the_hash() -> None:
    assert {d.pack for d in _decided()} == {pack().hash}


def _decided(*more: EventData) -> tuple[Decision, ...]:
    """What is decided when a concern is opened, after some more became known."""
    event = opened()
    concern = concern_of(event)
    for data in more:
        then = after(concern, replace(event, data=data))
        assert isinstance(then, Concern)
        concern = then
    occasion = Occasion(
        id=OccasionId("o-1"),
        kind=OccasionKind.EVENT,
        concern=concern.id,
        event=EventId("e-1"),
        event_source=event.source,
        event_name="concern.opened",
        at=NOW,
    )
    return decide(occasion, concern, History(), pack(), directory(), NOW)


def _kinds(decisions: tuple[Decision, ...]) -> set[HoldKind]:
    (provider,) = (d for d in decisions if d.party.role is Role.PROVIDER)
    assert isinstance(provider, Hold)
    return {held.kind for held in provider.held}


def _endorsers(kind: HoldKind) -> frozenset[str]:
    return next(a.endorse for a in pack().hold_authorities if a.kind is kind)
