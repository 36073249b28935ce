"""Who is told what, and why: one decision for every party, on every occasion."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hub.calendar import Within
from hub.concern import Party
from hub.decide import PARAGRAPHS, decide, facts_about, holds_on, released_to
from hub.decision import (
    History,
    Hold,
    NotDue,
    Notify,
    Occasion,
    OccasionKind,
    Told,
    Withhold,
)
from hub.directory import Directory
from hub.events import ClosureAuthorised
from hub.explain import explain
from hub.pack.cell import CellHold
from hub.pack.rules import FACTS, UNKNOWN, VARIANT
from hub.page import Standing
from hub.vocabulary import (
    AgencyId,
    DecisionId,
    EventId,
    HoldKind,
    InfoClass,
    Nation,
    OccasionId,
    Role,
    RuleId,
)
from tests.core.packs import directory, pack
from tests.core.story import (
    BOTH,
    THE_HAMPSHIRE,
    THE_HOST,
    THE_POLICE,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    placed,
    verdicts,
)
from tests.worlds import HAMPSHIRE, HOST, START, SURREY, opened


def _occasion(name: str = "concern.opened") -> Occasion:
    return Occasion(
        id=OccasionId("occasion"),
        kind=OccasionKind.EVENT,
        concern=_opened().concern.id,
        event=EventId("event"),
        event_source="https://cases.westsussex.example/concerns",
        event_name=name,
        at=START,
    )


def _opened() -> Story:
    story = Story()
    story.opens()
    return story


def test_B02_every_party_has_one_decision_with_its_reason_paragraph_and_rule() -> None:
    story = _opened()

    found = decide(_occasion(), story.concern, History(), pack(), directory(), START)

    assert [d.party for d in found] == list(story.concern.parties())
    assert len({d.id for d in found}) == len(found)
    for decision in found:
        assert decision.pack == pack().hash
        assert decision.reason.sentence
        assert decision.reason.paragraph
        assert decision.reason.rule


def test_B02_the_same_arguments_give_the_same_answer() -> None:
    concern = _opened().concern

    one, other = (
        decide(_occasion(), concern, History(), pack(), directory(), START) for _ in range(2)
    )

    assert one == other


def test_semantics_1_where_no_rule_speaks_nobody_is_told_and_every_class_says_why() -> None:
    concern = _opened().concern
    silent = replace(pack(), routes=(), nothings=())

    found = decide(_occasion(), concern, History(), silent, directory(), START)

    for decision in found:
        assert isinstance(decision, Withhold)
        assert decision.reason.rule == "closed-world"
        assert "`concern.opened`" in decision.reason.sentence
        assert {w.info for w in decision.withheld} == set(InfoClass)


def test_semantics_1_a_route_whose_every_class_no_share_names_is_a_withhold() -> None:
    concern = _opened().concern
    unshared = replace(pack(), shares=())

    found = decide(_occasion(), concern, History(), unshared, directory(), START)

    regulator = next(d for d in found if d.party == THE_REGULATOR)
    assert isinstance(regulator, Withhold)
    assert regulator.reason.rule == RuleId("closed-world")


def test_M014_a_reply_is_due_from_now_and_none_where_the_route_asks_for_none() -> None:
    concern = _opened().concern
    routes = tuple(replace(r, reply_within=None) for r in pack().routes)
    now = datetime(2026, 12, 24, 23, 0, tzinfo=UTC)

    asked = decide(_occasion(), concern, History(), pack(), directory(), now)
    silent = decide(
        _occasion(), concern, History(), replace(pack(), routes=routes), directory(), now
    )

    assert [d.reply_due for d in asked if isinstance(d, Notify) and d.party == THE_REGULATOR] == [
        datetime(2026, 12, 25, 23, 0, tzinfo=UTC)
    ]
    assert {d.reply_due for d in silent if isinstance(d, Notify)} == {None}


def test_M014_a_reply_is_due_by_the_working_days_of_the_nation_of_whoever_is_asked() -> None:
    concern = _opened().concern
    days = Within(amount=1, unit="working days")
    rules = replace(pack(), routes=tuple(replace(r, reply_within=days) for r in pack().routes))
    moved = tuple(
        replace(a, nation=Nation.SCOTLAND) if a.id == HOST else a for a in directory().agencies
    )
    # 4 January 2027 is a bank holiday in Scotland alone.
    now = datetime(2026, 12, 31, 12, 0, tzinfo=UTC)

    found = decide(
        _occasion(), concern, History(), rules, replace(directory(), agencies=moved), now
    )

    due = {d.party.agency: d.reply_due for d in found if isinstance(d, Notify)}
    assert (due[THE_REGULATOR.agency], due[AgencyId(HOST)]) == (
        datetime(2027, 1, 4, 17, 0, tzinfo=UTC),
        datetime(2027, 1, 5, 17, 0, tzinfo=UTC),
    )


def test_H10_whom_nobody_can_reach_is_held_until_somebody_finds_a_contact() -> None:
    concern = _opened().concern
    nobody = replace(directory(), contacts=(), endpoints=())

    found = decide(_occasion(), concern, History(), pack(), nobody, START)

    regulator = next(d for d in found if d.party == THE_REGULATOR)
    assert isinstance(regulator, Hold)
    assert {h.kind for h in regulator.held} == {HoldKind.H10}
    assert regulator.reason.sentence == "The directory has no usable contact for it"
    assert regulator.held[0].hold is None


def test_M014_an_agency_the_directory_has_lost_keeps_the_hours_of_england_and_wales() -> None:
    concern = _opened().concern
    lost = Directory(contacts=directory().contacts)

    found = decide(_occasion(), concern, History(), pack(), lost, START)

    assert [d.reply_due for d in found if isinstance(d, Notify)]


# Holds that people place.


def _placed(kind: str, **data: object) -> tuple[CellHold, ...]:
    story = _opened()
    story.held(THE_PROVIDER, kind, "process", **data)
    return holds_on(THE_PROVIDER, story.concern, pack(), directory())


def test_M021_an_exclusion_the_lead_agency_endorsed_is_h2() -> None:
    story = _opened()
    story.happens("lead.agency.set", agency=HOST)
    story.held(THE_PROVIDER, "H2", "process", endorsed_by_agency=HOST)

    (hold,) = holds_on(THE_PROVIDER, story.concern, pack(), directory())

    assert (hold.kind, hold.paragraph) == (HoldKind.H2, "004 3.1")
    assert hold.sentence == "Held until: when the inspection is over"
    assert hold.released_by == "head of safeguarding, host authority"


@pytest.mark.parametrize("endorsed", [None, HOST, SURREY])
def test_M021_M047_an_exclusion_nobody_of_record_endorsed_is_a_sign_off_pending(
    endorsed: str | None,
) -> None:
    story = _opened()
    if endorsed == SURREY:
        story.happens("lead.agency.set", agency=HOST)
    story.held(THE_PROVIDER, "H2", "process", endorsed_by_agency=endorsed)

    (hold,) = holds_on(THE_PROVIDER, story.concern, pack(), directory())

    assert hold.kind is HoldKind.H9
    assert hold.sentence == "The lead agency has not endorsed the exclusion of the provider (3.1)"


@pytest.mark.parametrize("kind", [k for k in HoldKind if k is not HoldKind.H2])
def test_every_other_hold_says_until_when_and_rests_on_its_own_paragraph(kind: HoldKind) -> None:
    (hold,) = _placed(kind)

    assert (hold.kind, hold.paragraph) == (kind, PARAGRAPHS[kind])
    assert hold.sentence == "Held until: when the inspection is over"
    assert hold.classes == {InfoClass.PROCESS}


def test_a_hold_whose_kind_the_pack_gives_to_nobody_needs_a_named_authority() -> None:
    story = _opened()
    story.held(THE_PROVIDER, "H4", "process")
    nobody = replace(pack(), hold_authorities=())

    (hold,) = holds_on(THE_PROVIDER, story.concern, nobody, directory())

    assert hold.released_by == "a named authority"


@pytest.mark.parametrize("party", [THE_REGULATOR, THE_HOST, THE_POLICE, THE_SURREY])
def test_H6_the_want_of_an_agreement_never_holds_a_risk_notice(party: Party) -> None:
    story = _opened()
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    assert party in story.concern.parties()
    for each in (THE_REGULATOR, THE_HOST, THE_POLICE, THE_SURREY, THE_PROVIDER):
        story.held(each, "H6", hold_id=f"h-{each.role.split()[0]}")

    page = story.happens("emergency.closure.cqc")

    assert verdicts(page)[party] == "emergency-closure"


def test_H6_does_hold_the_provider() -> None:
    assert [hold.kind for hold in _placed("H6")] == [HoldKind.H6]


# Facts.


def test_the_facts_of_a_rule_are_those_the_pack_may_ask_for_and_no_others() -> None:
    story = _opened()

    for party in story.concern.parties():
        facts = facts_about(party, story.concern, History())
        assert set(facts) == {*FACTS, VARIANT}
        assert all(facts[name] in values for name, values in FACTS.items())
        assert facts[VARIANT] == UNKNOWN


def test_M025_who_places_adults_is_known_by_their_numbers_and_else_unknown() -> None:
    story = _opened()
    story.happens(
        "placement.register.declared", placements=[placed(SURREY, "SCC-1"), placed(HAMPSHIRE)]
    )

    said = {
        party: facts_about(party, story.concern, History())["places_adults"]
        for party in (THE_SURREY, THE_HAMPSHIRE, THE_REGULATOR)
    }

    assert said == {THE_SURREY: "yes", THE_HAMPSHIRE: "unknown", THE_REGULATOR: "no"}


@pytest.mark.parametrize(
    ("served", "released", "said"),
    [(None, None, "no"), (START, None, "no"), (START, "A. Inspector", "yes")],
)
def test_M105_an_order_counts_as_served_only_with_a_named_releaser(
    served: datetime | None, released: str | None, said: str
) -> None:
    story = _opened()
    before = facts_about(THE_REGULATOR, story.concern, History())["order_served"]
    story.happens(
        "emergency.closure.cqc",
        served_at=served.isoformat() if served else None,
        released_by=released,
    )

    facts = facts_about(THE_REGULATOR, story.concern, History())

    assert (before, facts["order_served"], facts["position"]) == ("unknown", said, "emergency")


def test_M101_whoever_never_heard_first_hears_only_by_the_chairs_named_decision() -> None:
    story = _opened()
    authorised = story.made(
        "closure.authorised",
        first_hearings=[{"party": SURREY, "reason": "it asked to be told at the end"}],
    ).data
    assert isinstance(authorised, ClosureAuthorised)
    concern = replace(story.concern, closure_authorised=authorised)
    told = Told(
        decision=DecisionId("d"),
        event=EventId("e"),
        event_name="concern.opened",
        kind=OccasionKind.EVENT,
        party=THE_REGULATOR,
        verdict="notify",
        shared=BOTH,
        held=frozenset(),
        at=START,
    )
    history = History(told=(told, replace(told, party=THE_HOST, stopped=True)))

    said = {
        party: facts_about(party, concern, history)["first_hearing"]
        for party in (THE_REGULATOR, THE_HOST, THE_SURREY)
    }

    assert said == {
        THE_REGULATOR: "not the first",
        THE_HOST: "not decided",
        THE_SURREY: "decided by the Chair",
    }


def test_semantics_11_what_is_told_late_is_history_and_reconsiders_nothing() -> None:
    concern = _opened().concern
    now = replace(
        _occasion(), kind=OccasionKind.HOLDS_CHANGED, reconsidered=frozenset({THE_REGULATOR})
    )
    late = replace(now, kind=OccasionKind.FOUND_LATE)

    said = [
        (facts["reconsider"], facts["told_before"])
        for occasion in (now, late)
        for facts in (facts_about(THE_REGULATOR, concern, History(), occasion),)
    ]

    assert said == [("yes", "no"), ("no", "yes")]


def test_M072_released_classes_count_only_while_the_advice_is_partial() -> None:
    story = _opened()
    before = released_to(story.concern)
    story.told_by_police("partial release", "process")
    partial = released_to(story.concern)
    story.told_by_police("release")

    assert before == frozenset()
    assert partial == {InfoClass.PROCESS}
    assert released_to(story.concern) == frozenset()


def test_a_decision_that_nothing_is_due_gives_the_packs_reason() -> None:
    story = _opened()

    page = story.happens("chair.appointed")

    assert {type(d) for d in page.decisions} == {NotDue}
    assert all(d.reason.sentence and d.reason.paragraph for d in page.decisions)
    assert AgencyId(HOST) in {d.party.agency for d in page.decisions}
    assert Role.PROVIDER in {d.party.role for d in page.decisions}


def test_semantics_1_what_no_rule_speaks_of_is_explained_as_withheld() -> None:
    story = Story()
    silent = replace(story.paper.tools, pack=replace(pack(), routes=(), nothings=()))

    found = explain(opened(), Standing(), silent, START)

    assert {party.verdict for party in found.parties} == {"withhold"}
    assert {party.rule for party in found.parties} == {"closed-world"}
    assert all(len(party.withheld) >= len(InfoClass) for party in found.parties)
