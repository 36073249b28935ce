"""Which notices would have changed: two packs over the whole domain, and over recorded events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

import pytest

from hub.adapters.memory import SequentialMint
from hub.adapters.shipped import shipped
from hub.calendar import Within
from hub.cli.asking import events_in
from hub.pack.cell import Decided, SharedBy, Told, cell_of, judge
from hub.pack.faults import Where
from hub.pack.rules import Pack, Route
from hub.prove.answers import EVENT_NAMES
from hub.prove.compare import Comparison, _changed, _differing, compare
from hub.prove.domain import conditions_of, decisions, releases, worlds
from hub.prove.examples import QUIET
from hub.prove.outcome import Kind
from hub.prove.replay import replay
from hub.prove.report import comparison_json
from hub.prove.shapes import cases, lean
from hub.vocabulary import InfoClass, Lane, PackHash, Role, Rung
from tests.core.packs import pack
from tests.core.story import shared_tools

OPENED: Final = "concern.opened"
SOME: Final = (Role.REGULATOR, Role.PLACING_AUTHORITY, Role.POLICE)
"""Roles whose every single case is judged the long way; the provider's cells are the largest."""


def test_a_pack_differs_in_nothing_from_itself() -> None:
    found = compare(pack(), pack())

    assert found.groups == ()
    assert found.disclosed == ""
    assert found.same == len(EVENT_NAMES) * len(Role)


def test_other_ids_other_lines_and_other_words_for_people_change_nothing() -> None:
    renamed = replace(
        pack(),
        shares=tuple(
            replace(s, say="Otherwise", where=Where(file=s.where.file, line=1)) for s in _shares()
        ),
        routes=tuple(replace(r, id=type(r.id)(f"X{r.id}"), paragraph="-") for r in pack().routes),
    )

    assert compare(pack(), renamed).groups == ()


def test_whoever_is_newly_told_is_listed_by_role_event_and_class_and_is_newly_disclosed() -> None:
    found = compare(_without(Role.REGULATOR, OPENED), pack())

    (group,) = found.newly_told
    assert (group.roles, group.events) == ((Role.REGULATOR,), (OPENED,))
    assert set(group.change.classes) >= {InfoClass.PROCESS, InfoClass.THEMES}
    assert group.change.says.startswith("now also told `process`, `themes`")
    assert found.groups[0] == group
    assert found.disclosed


def test_whoever_is_no_longer_told_is_listed_and_nothing_is_newly_disclosed() -> None:
    found = compare(pack(), _without(Role.REGULATOR, OPENED))

    (group,) = (group for group in found.groups if group.change.kind is Kind.LESS)
    assert (group.roles, group.events) == ((Role.REGULATOR,), (OPENED,))
    assert found.disclosed == ""
    assert found.newly_told == ()


def test_an_event_and_a_role_that_the_old_pack_never_heard_of_are_all_new() -> None:
    old = replace(
        pack(),
        shares=tuple(replace(s, roles=s.roles - {Role.HOST_ICB}) for s in _shares()),
        routes=tuple(r for r in pack().routes if r.event != OPENED),
        nothings=tuple(replace(n, events=n.events - {OPENED}) for n in pack().nothings),
    )

    found = compare(old, pack())

    told = {role for r in pack().routes if r.event == OPENED for role in r.roles}
    assert {role for g in found.newly_told if OPENED in g.events for role in g.roles} == told
    on_other_events = {e for g in found.newly_told if Role.HOST_ICB in g.roles for e in g.events}
    assert on_other_events > {OPENED}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (Kind.NOTICE, {"notice": "another-notice"}),
        (Kind.DEADLINE, {"reply_within": Within(amount=7, unit="minutes")}),
        (Kind.LANE, {"lane": Lane.BULK}),
        (Kind.EVIDENCE, {"required": Rung.QUEUED}),
    ],
)
def test_another_notice_deadline_lane_or_evidence_is_listed_as_what_it_is(
    kind: Kind, change: dict[str, Any]
) -> None:
    found = compare(pack(), _routes(lambda route: replace(route, **change)))

    assert {group.change.kind for group in found.groups} == {kind}
    assert found.disclosed == ""


def test_one_change_of_many_events_and_roles_stands_once() -> None:
    found = compare(pack(), _routes(lambda route: replace(route, lane=Lane.BULK)))

    said = [(group.change.says, group.events) for group in found.groups]
    assert len(said) == len(set(said))
    assert len(said) < len({(r.event, role) for r in pack().routes for role in r.roles}) / 2


def test_a_hold_by_another_rule_or_for_another_to_release_is_listed() -> None:
    other = tuple(
        replace(w, id=type(w.id)("W99"), released_by="chair") if w.released_excepted else w
        for w in pack().withholds
    )

    found = compare(pack(), replace(pack(), withholds=other))

    assert {group.change.kind for group in found.groups} == {Kind.HOLD}
    assert any("now: held by W99 (H1, released by chair)" in g.change.says for g in found.groups)
    assert found.disclosed == ""


def test_a_hold_that_falls_away_is_a_disclosure_and_its_example_says_when() -> None:
    found = compare(pack(), _no_police_hold())

    assert {role for g in found.newly_told for role in g.roles} == {Role.PROVIDER}
    for group in found.newly_told:
        facts = {**QUIET, **group.example.facts}
        event, role = group.example.event, group.example.role
        released = frozenset(group.example.released)
        decided = Decided(share=frozenset((i, r) for i in InfoClass for r in Role))
        given = decided if group.example.decided else Decided()
        before = _told(judge(pack(), event, role, facts, released, (), given))
        after = _told(judge(_no_police_hold(), event, role, facts, released, (), given))
        assert after - before == set(group.change.classes)


def test_the_digest_is_of_the_circumstances_and_not_of_the_rules_names_alone() -> None:
    narrower = tuple(
        replace(w, when={**w.when, "criminal": frozenset({"yes"})}) if w.released_excepted else w
        for w in pack().withholds
    )

    none = compare(pack(), _no_police_hold()).disclosed
    some = compare(pack(), replace(pack(), withholds=narrower)).disclosed

    assert none
    assert some
    assert none != some


def test_a_share_on_another_basis_is_listed() -> None:
    other = replace(pack(), shares=tuple(replace(s, basis="Another law") for s in _shares()))

    found = compare(pack(), other)

    assert {group.change.kind for group in found.groups} == {Kind.BASIS}


@pytest.mark.parametrize("number", range(4))
def test_what_is_newly_told_is_what_every_single_case_says(number: int) -> None:
    """Against the long way: every world of every cell, judged by both packs, nothing merged."""
    new = (
        _no_police_hold(),
        replace(pack(), withholds=tuple(w for w in pack().withholds if w.hold)),
        _routes(lambda route: replace(route, when={})),
        replace(pack(), shares=tuple(replace(s, decided_by=frozenset()) for s in _shares())),
    )[number]

    found = compare(pack(), new)

    grouped = {
        (event, role, info)
        for group in found.newly_told
        for event in group.events
        for role in group.roles
        if role in SOME
        for info in group.change.classes
    }
    assert grouped == _newly_told(pack(), new)


@pytest.mark.parametrize("event", [OPENED, "stage.changed"])
def test_what_differs_is_what_each_case_of_a_cell_says_by_itself(event: str) -> None:
    other = tuple(
        replace(w, id=type(w.id)("W99"), released_by="chair") if w.released_excepted else w
        for w in pack().withholds
    )
    for new in (_no_police_hold(), replace(pack(), withholds=other)):
        before, after = (lean(cell_of(each, event, Role.PROVIDER)) for each in (pack(), new))

        alone = tuple(
            (case, found)
            for case in cases(before, after)
            if (found := _changed(before, after, case))
        )

        assert _differing(before, after)[1] == alone != ()


def test_recorded_events_bring_the_same_under_the_same_pack() -> None:
    tools = replace(shared_tools(), mint=SequentialMint())

    assert list(replay(events_in(shipped("examples")), tools, tools)) == []


def test_recorded_events_say_which_party_would_have_heard_otherwise() -> None:
    tools = replace(shared_tools(), mint=SequentialMint())
    new = replace(tools, pack=_without(Role.REGULATOR, OPENED))

    heard = list(replay(events_in(shipped("examples")), tools, new))

    first = heard[0]
    assert (first.name, first.party.role) == (OPENED, Role.REGULATOR)
    assert [change.kind for change in first.changes] == [Kind.LESS]


def test_a_comparison_is_data_for_programs_too() -> None:
    tools = replace(shared_tools(), mint=SequentialMint())
    new = _without(Role.REGULATOR, OPENED)
    heard = list(replay(events_in(shipped("examples")), tools, replace(tools, pack=new)))

    found = comparison_json(compare(new, pack()), heard, None)

    told: Any = found["newly_disclosed"]
    assert told["approval"] is None
    assert len(told["digest"]) == 64
    assert told["changes"][0]["roles"] == ["regulator"]
    assert told["changes"][0]["example"]["event"] == OPENED
    recorded: Any = found["recorded"]
    assert recorded[0]["changes"][0]["kind"] == "told less"


def test_two_packs_that_swap_places_swap_more_and_less() -> None:
    def cells(found: Comparison, kind: Kind) -> set[tuple[Role, str]]:
        groups = (group for group in found.groups if group.change.kind is kind)
        return {(role, event) for g in groups for role in g.roles for event in g.events}

    there, back = compare(pack(), _no_police_hold()), compare(_no_police_hold(), pack())

    assert cells(there, Kind.MORE) == cells(back, Kind.LESS) != set()
    assert there.cases == back.cases


def _shares() -> Iterable[Any]:
    return pack().shares


def _routes(change: Callable[[Route], Route]) -> Pack:
    return replace(pack(), routes=tuple(map(change, pack().routes)), hash=PackHash("b" * 64))


def _without(role: Role, event: str) -> Pack:
    """The pack in which no route tells this role of this event."""
    return _routes(lambda r: replace(r, roles=r.roles - {role}) if r.event == event else r)


def _no_police_hold() -> Pack:
    return replace(
        pack(),
        withholds=tuple(w for w in pack().withholds if not w.released_excepted),
        hash=PackHash("c" * 64),
    )


def _told(judgement: object) -> set[InfoClass]:
    if not isinstance(judgement, Told):
        return set()
    return {judged.info for judged in judgement.classes if isinstance(judged, SharedBy)}


def _newly_told(old: Pack, new: Pack) -> set[tuple[str, Role, InfoClass]]:
    found = set()
    for event in EVENT_NAMES:
        for role in SOME:
            cells = cell_of(old, event, role), cell_of(new, event, role)
            if not (cells[0].routes or cells[1].routes):
                continue
            for world in worlds([w for cell in cells for w in conditions_of(cell)], event):
                for released in releases(world):
                    for decided in {*decisions(cells[0]), *decisions(cells[1])}:
                        before, after = (
                            _told(judge(p, event, role, world, released, (), decided))
                            for p in (old, new)
                        )
                        found |= {(event, role, info) for info in after - before}
    return found
