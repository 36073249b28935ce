"""The matrix's `need`: told only where somebody decides by name, each time (000 section 7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from hub.concern import Concern, Disclosure, Party, after
from hub.decide import decide, decided_for
from hub.decision import Decision, History, Notify, Occasion, OccasionKind
from hub.obligation import ObligationKind
from hub.pack.cell import Decided
from hub.pack.rules import Pack, Route
from hub.page import Page
from hub.plan.remembered import told_of
from hub.plan.standing import standing_holds
from hub.vocabulary import AgencyId, ConcernId, EventId, HoldKind, InfoClass, OccasionId, Role
from tests.core.packs import directory, pack
from tests.core.story import (
    BOTH,
    THE_HOST,
    THE_POLICE,
    THE_REGULATOR,
    Story,
    classes_told,
)
from tests.worlds import HOST, START, SURREY, opened, person

ALLEGED: Final = InfoClass.PERSON_ALLEGED
CRIMINAL: Final = InfoClass.CRIMINAL
NOW: Final = START


def naming(info: InfoClass, *roles: Role) -> Pack:
    """The shipped pack, in which the opening is about one class more for these roles."""
    wider = tuple(
        one
        for r in pack().routes
        for one in (_for(r, r.roles & {*roles}, info), replace(r, roles=r.roles - {*roles}))
        if one.roles
    )
    return replace(pack(), routes=wider)


def _for(route: Route, roles: frozenset[Role], info: InfoClass) -> Route:
    more = {info} if route.event in {"concern.opened", "holds.changed"} else set()
    return replace(route, roles=roles, classes=route.classes | more)


def begun(*decided: Disclosure) -> Concern:
    concern = after(None, opened())
    assert isinstance(concern, Concern)
    return replace(concern, disclosures=decided)


def decision(
    share: bool,
    authority: str = HOST,
    party: Party = THE_REGULATOR,
    *classes: InfoClass,
) -> Disclosure:
    return Disclosure(
        party=party,
        classes=frozenset(classes or {ALLEGED}),
        share=share,
        authority=AgencyId(authority),
    )


def on_opening(
    concern: Concern, party: Party = THE_REGULATOR, info: InfoClass = ALLEGED
) -> Decision:
    occasion = Occasion(
        id=OccasionId("o-1"),
        kind=OccasionKind.EVENT,
        concern=ConcernId(concern.id),
        event=EventId("e-1"),
        event_source="https://cases.westsussex.example/concerns",
        event_name="concern.opened",
        at=NOW,
    )
    rules = naming(info, party.role)
    found = decide(occasion, concern, History(), rules, directory(), NOW)
    return next(one for one in found if one.party == party)


def told(one: Decision) -> frozenset[InfoClass]:
    assert isinstance(one, Notify)
    return frozenset(shared.info for shared in one.shared)


def held(one: Decision) -> dict[InfoClass, tuple[str, str, str]]:
    assert isinstance(one, Notify)
    return {h.info: (str(h.kind), h.reason.rule, h.released_by) for h in one.held}


def test_N018_what_somebody_must_decide_is_held_until_somebody_has_and_the_rest_is_told() -> None:
    found = on_opening(begun())

    assert told(found) == BOTH
    assert held(found) == {ALLEGED: ("H6", "S21", "host authority")}


def test_N019_once_whoever_may_has_decided_it_is_told() -> None:
    assert told(on_opening(begun(decision(True)))) == BOTH | {ALLEGED}


def test_N023_once_it_was_decided_not_to_tell_it_is_withheld_and_waits_for_nobody() -> None:
    found = on_opening(begun(decision(False)))

    assert told(found) == BOTH
    assert isinstance(found, Notify)
    assert found.held == ()
    assert [(w.info, w.reason.rule) for w in found.withheld] == [(ALLEGED, "S21")]


def test_another_agencys_decision_does_not_count() -> None:
    for authority in (SURREY, "gss:E23000033", "regulator:cqc"):
        for share in (True, False):
            stranger = decision(share, authority)

            alone, after_the_hosts = begun(stranger), begun(decision(True), stranger)

            assert held(on_opening(alone)).keys() == {ALLEGED}
            assert told(on_opening(after_the_hosts)) == BOTH | {ALLEGED}


def test_the_police_alone_decide_about_what_is_theirs() -> None:
    by_host = decision(True, HOST, THE_HOST, CRIMINAL)
    by_police = decision(True, THE_POLICE.agency, THE_HOST, CRIMINAL)

    assert told(on_opening(begun(by_host), THE_HOST, CRIMINAL)) == BOTH
    assert told(on_opening(begun(by_police), THE_HOST, CRIMINAL)) == BOTH | {CRIMINAL}


def test_a_decision_is_for_one_party_and_one_class() -> None:
    icb = Party(agency=AgencyId("ods:QNX"), role=Role.HOST_ICB)

    assert told(on_opening(begun(decision(True, HOST, icb)))) == BOTH
    assert told(on_opening(begun(decision(True, HOST, THE_REGULATOR, CRIMINAL)))) == BOTH


def test_what_was_decided_for_one_part_of_an_agency_tells_its_other_part_nothing() -> None:
    other = replace(THE_REGULATOR, role=Role.HOST_ICB)

    assert told(on_opening(begun(decision(True, HOST, other)))) == BOTH
    assert held(on_opening(begun(decision(False, HOST, other)))).keys() == {ALLEGED}


def test_the_newest_decision_counts() -> None:
    taken_back = begun(decision(True), decision(False))
    given_after_all = begun(decision(False), decision(True))

    assert told(on_opening(taken_back)) == BOTH
    assert told(on_opening(given_after_all)) == BOTH | {ALLEGED}


def test_a_decision_that_comes_late_does_not_undo_a_newer_one() -> None:
    newer = replace(decision(False), decided_at=START + timedelta(hours=2))
    late = replace(decision(True), decided_at=START)

    assert told(on_opening(begun(newer, late))) == BOTH


def test_what_no_decision_says_anything_about_is_undecided() -> None:
    assert decided_for(THE_REGULATOR, begun(), pack()) == Decided()


# What stands.


def needs(concern: Concern, history: History) -> set[tuple[Party, InfoClass]]:
    found = standing_holds(concern, history, naming(ALLEGED, Role.REGULATOR), directory())
    return {(hold.party, hold.info) for hold in found if hold.kind is HoldKind.H6}


def test_what_a_notice_was_to_tell_and_nobody_has_decided_is_held_now() -> None:
    concern = begun()
    asked = History(told=(told_of(on_opening(concern)),))

    assert needs(concern, History()) == set()
    assert needs(concern, asked) == {(THE_REGULATOR, ALLEGED)}
    assert needs(replace(concern, disclosures=(decision(True),)), asked) == set()


def test_a_decision_that_is_taken_back_holds_again() -> None:
    given = begun(decision(True))
    asked = History(told=(told_of(on_opening(given)),))

    taken_back = replace(given, disclosures=(decision(True), decision(False)))

    assert needs(given, asked) == set()
    assert needs(taken_back, asked) == {(THE_REGULATOR, ALLEGED)}


# As it happens, event by event.


def opened_about_a_person() -> Story:
    """The opening names the person alleged to the regulator, as far as it may."""
    story = Story()
    rules = naming(ALLEGED, Role.REGULATOR)
    story.paper.tools = replace(story.paper.tools, pack=rules)
    story.opens()
    return story


def authorises(story: Story, name: str = "d-1", authority: str = HOST) -> Page:
    return story.happens(
        "disclosure.authorised",
        disclosure_id=name,
        party=THE_REGULATOR.agency,
        role=THE_REGULATOR.role,
        info=ALLEGED,
        condition="safeguarding",
        basis="care-act-42",
        authority=authority,
        authorised_by=person("Head of Safeguarding"),
        decided_at=START.isoformat(),
        reason="the regulator must act on it",
    )


def refuses(story: Story, name: str = "d-1") -> Page:
    return story.happens(
        "disclosure.withheld",
        disclosure_id=name,
        party=THE_REGULATOR.agency,
        role=THE_REGULATOR.role,
        info=ALLEGED,
        authority=HOST,
        decided_by=person("Head of Safeguarding"),
        decided_at=START.isoformat(),
        reason="it is not needed after all",
        review_due=(START + timedelta(days=3)).isoformat(),
    )


def test_N018_what_is_held_for_want_of_a_decision_is_owed_by_whoever_decides() -> None:
    story = opened_about_a_person()

    (owed,) = story.owes(ObligationKind.DECIDE_DISCLOSURE).values()

    assert owed.party == THE_HOST
    assert owed.says.endswith("person alleged")
    assert {h.info for h in story.paper.pages[-1].holds if h.party == THE_REGULATOR} == {ALLEGED}


def test_N019_by_the_decision_it_is_told_and_nothing_is_owed_any_longer() -> None:
    story = opened_about_a_person()

    page = authorises(story)

    assert ALLEGED in classes_told(page, THE_REGULATOR)
    assert [h for h in page.holds if h.party == THE_REGULATOR] == []
    assert story.owes(ObligationKind.DECIDE_DISCLOSURE) == {}


def test_N019_the_decision_of_whoever_may_not_decide_tells_nothing() -> None:
    story = opened_about_a_person()

    page = authorises(story, authority=SURREY)

    assert ALLEGED not in classes_told(page, THE_REGULATOR)
    assert story.owes(ObligationKind.DECIDE_DISCLOSURE) != {}


def test_a_decision_that_is_taken_back_stops_what_has_not_been_sent() -> None:
    story = opened_about_a_person()
    told = authorises(story)
    carrying = {d.id for d in told.deliveries if ALLEGED in d.classes}

    page = refuses(story)

    assert carrying
    assert {stop.delivery for stop in page.stops} == carrying
    assert {h.info for h in page.holds if h.party == THE_REGULATOR} == {ALLEGED}


def test_what_was_sent_before_it_was_taken_back_is_not_unsaid_and_no_more_is_told() -> None:
    story = opened_about_a_person()
    authorises(story)
    story.all_sent()

    page = refuses(story)

    assert page.stops == ()
    assert ALLEGED not in classes_told(page, THE_REGULATOR)
    assert ALLEGED in {h.info for h in page.holds if h.party == THE_REGULATOR}
