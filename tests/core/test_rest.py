"""`everybody else`; and what a rule asks of one event: whom it names, which variant it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from hub.compose.shapes import ALWAYS, certain
from hub.directory import Agency, Contact, Directory
from hub.events import EVENT_FACTS, EVENTS, EventData
from hub.events.marks import certain_facts, may_lack_variant, variants_of
from hub.pack.cell import Judgement, NoRule, NothingDue, Told, judge
from hub.pack.faults import Where
from hub.pack.rules import UNKNOWN, VARIANT, Nothing, Pack, Route, domain_of
from hub.prove.examples import QUIET
from hub.vocabulary import (
    AgencyId,
    ContactId,
    InfoClass,
    Lane,
    Role,
    RuleId,
    Rung,
)
from tests.core.build_words import C0, route
from tests.core.packs import changed, directory, faults_of, pack, sources
from tests.core.story import PROCESS, Story, placed, verdicts
from tests.worlds import HAMPSHIRE, SURREY

EVENT: Final = "lead.agency.set"
HERE: Final = Where(file="routing.toml", line=1)
COUNCIL: Final = AgencyId("gss:E10000030")


def nothing(id_: str, *roles: Role, rest: bool = False, **when: str) -> Nothing:
    return Nothing(
        id=RuleId(id_),
        roles=frozenset(roles or Role),
        events=frozenset({EVENT}),
        when={fact: frozenset({value}) for fact, value in when.items()},
        because="nothing is due",
        paragraph="none",
        guard=False,
        where=HERE,
        rest=rest,
    )


def telling(id_: str, *roles: Role, **when: str) -> Route:
    return Route(
        id=RuleId(id_),
        say="it is told",
        event=EVENT,
        roles=frozenset(roles),
        when={fact: frozenset({value}) for fact, value in when.items()},
        notice="lead-agency-set",
        classes=PROCESS,
        lane=Lane.STANDARD,
        required=Rung.ACKNOWLEDGED,
        reply_within=None,
        provenance="project-default",
        paragraph="none",
        where=HERE,
    )


def with_rules(*rules: Route | Nothing) -> Pack:
    return replace(
        pack(),
        routes=tuple(r for r in rules if isinstance(r, Route)),
        nothings=tuple(r for r in rules if isinstance(r, Nothing)),
    )


def on(rules: Pack, role: Role, **facts: str) -> Judgement:
    return judge(rules, EVENT, role, {**QUIET, **facts}, frozenset(), ())


def rule_of(judgement: Judgement) -> str:
    assert isinstance(judgement, NothingDue)
    return judgement.rule.id


# Everybody else.


def test_the_rest_is_whoever_no_other_rule_speaks_for() -> None:
    rules = with_rules(
        telling("R1", Role.REGULATOR), nothing("N1", Role.POLICE), nothing("N2", rest=True)
    )

    assert isinstance(on(rules, Role.REGULATOR), Told)
    assert rule_of(on(rules, Role.POLICE)) == "N1"
    for role in set(Role) - {Role.REGULATOR, Role.POLICE}:
        assert rule_of(on(rules, role)) == "N2"


def test_the_rest_speaks_where_a_route_of_the_same_role_does_not() -> None:
    rules = with_rules(telling("R1", Role.REGULATOR, named="yes"), nothing("N2", rest=True))

    assert isinstance(on(rules, Role.REGULATOR, named="yes"), Told)
    assert rule_of(on(rules, Role.REGULATOR, named="no")) == "N2"


def test_the_rest_never_silences_a_route_that_speaks_in_doubt() -> None:
    rules = with_rules(telling("R1", Role.REGULATOR, risk="high"), nothing("N2", rest=True))

    assert isinstance(on(rules, Role.REGULATOR, risk=UNKNOWN), Told)


def test_the_rest_gives_way_to_a_named_nothing_whatever_their_ids() -> None:
    rules = with_rules(nothing("N1", rest=True), nothing("N9", Role.POLICE))

    assert rule_of(on(rules, Role.POLICE)) == "N9"


def test_a_rest_with_a_condition_leaves_a_hole_where_it_does_not_hold() -> None:
    rules = with_rules(nothing("N1", rest=True, told_before="no"))

    assert rule_of(on(rules, Role.FIRE)) == "N1"
    assert isinstance(on(rules, Role.FIRE, told_before="yes"), NoRule)


def test_everybody_else_is_read_from_the_pack_and_in_its_examples() -> None:
    rest = {n.id for n in pack().nothings if n.rest}

    assert rest
    for n in pack().nothings:
        if n.rest:
            assert n.roles == frozenset(Role)
    one = next(c for c in pack().checks if c.say == "A hold tells nobody that it stands")
    assert set(one.expect) == set(Role)
    assert set(one.expect.values()) == {"nothing"}


def test_nobody_is_told_as_everybody_else() -> None:
    faults = faults_of(changed("routing.toml", 'to = "provider"', 'to = "everybody else"'))

    assert any("everybody else" in fault.says for fault in faults)


# Named, and variant.


def test_whom_an_event_names_is_a_fact_of_that_event_alone() -> None:
    story = Story()
    story.opens()
    story.happens(
        "placement.register.declared",
        placements=[placed(SURREY, "SCC-1"), placed(HAMPSHIRE, "HCC-1")],
    )

    page = story.happens(
        "contribution.requested",
        request="c-1",
        commissioner=SURREY,
        asked="its own records",
    )

    told = {party.agency for party, verdict in verdicts(page).items() if verdict != "nothing"}
    assert told == {SURREY}


def test_which_variant_an_event_is_decides_between_its_rules() -> None:
    rules = with_rules(
        telling("R1", Role.POLICE, variant="la"), nothing("N2", Role.POLICE, variant="icb")
    )

    assert isinstance(on(rules, Role.POLICE, variant="la"), Told)
    assert rule_of(on(rules, Role.POLICE, variant="icb")) == "N2"
    assert isinstance(on(rules, Role.POLICE, variant=UNKNOWN), Told)


@pytest.mark.parametrize("model", EVENTS.values(), ids=lambda model: model.wire)
def test_the_domain_of_a_variant_is_the_events_own(model: type[EventData]) -> None:
    open_too = (UNKNOWN,) if may_lack_variant(model) else ()

    assert domain_of(VARIANT, EVENTS[model.wire].wire) == (*variants_of(model), *open_too)


def test_an_event_without_a_variant_may_not_be_asked_for_one() -> None:
    assert domain_of(VARIANT, "chair.appointed") == ()
    assert domain_of(VARIANT, None) == ()
    text = 'when = { variant = "yes" }\nbecause = "The Chair is named in every notice that follows"'

    faults = faults_of(
        changed("routing.toml", 'because = "The Chair is named in every notice that follows"', text)
    )

    assert any("variant" in fault.says for fault in faults)


# Desks of adults and carers.


def desks(*roles: Role) -> Directory:
    return Directory(
        agencies=(Agency(id=COUNCIL, name="Surrey County Council"),),
        contacts=tuple(
            Contact(
                id=ContactId(role),
                agency=COUNCIL,
                roles=frozenset({role}),
                name=f"{role} desk",
                address="desk@surrey.example",
                order=0,
            )
            for role in roles
        ),
    )


def adults_desk(*roles: Role) -> list[str]:
    return [contact.id for contact in desks(*roles).contacts_of(COUNCIL, Role.ADULTS)]


def test_semantics_13_adults_are_told_by_the_desk_of_their_own_worker_where_there_is_one() -> None:
    assert adults_desk(Role.PLACING_AUTHORITY, Role.ADULTS) == [Role.ADULTS]


def test_semantics_13_and_else_by_the_desk_that_answers_for_them() -> None:
    assert adults_desk(Role.PLACING_AUTHORITY, Role.CONTRACTS) == [Role.PLACING_AUTHORITY]
    assert adults_desk(Role.HOST_AUTHORITY) == [Role.HOST_AUTHORITY]


def test_semantics_13_and_by_no_desk_of_another_part() -> None:
    assert adults_desk(Role.CONTRACTS, Role.HEAD_OF_SAFEGUARDING) == []
    assert desks(Role.PLACING_AUTHORITY).contacts_of(COUNCIL, Role.POLICE) == ()


def test_semantics_13_every_authority_of_the_directory_that_places_adults_can_tell_them() -> None:
    for agency in directory().agencies:
        if directory().contacts_of(agency.id, Role.PLACING_AUTHORITY):
            assert directory().contacts_of(agency.id, Role.ADULTS)


# What is certain of an event's own facts.


@pytest.mark.parametrize("model", EVENTS.values(), ids=lambda model: model.wire)
def test_what_every_event_of_a_type_says_of_the_process_is_certain_for_its_notices(
    model: type[EventData],
) -> None:
    name = EVENTS[model.wire].wire
    own = certain_facts(EVENTS[name])

    found = certain(route(name, "x", {Role.REGULATOR}, C0), Role.REGULATOR)

    assert {f for f in own if EVENT_FACTS[f] is InfoClass.PROCESS} <= found
    assert not {f for f in own if EVENT_FACTS[f] is not InfoClass.PROCESS} & found
    assert found >= ALWAYS


def test_the_shipped_files_of_rules_are_all_read() -> None:
    files = {file for file in sources() if file.startswith("routing")}

    assert {rule.where.file for rule in pack().routes} <= files
    assert {rule.where.file for rule in pack().nothings} == files
