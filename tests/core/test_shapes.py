"""What a proof leaves out makes no difference: the short walk sees what the long one sees."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from hub.pack.cell import (
    HeldBy,
    NothingDue,
    SharedBy,
    Told,
    WithheldBy,
    cell_of,
    judge_cell,
    share_that_speaks,
)
from hub.pack.rules import Pack
from hub.prove.answers import EVENT_NAMES, Seen, walk
from hub.prove.domain import conditions_of, decisions, releases, worlds
from hub.prove.shapes import cases, lean, shape, voice
from hub.vocabulary import Role, RuleId
from tests.core.packs import pack


def test_the_short_walk_sees_what_the_long_one_sees() -> None:
    found, long = walk(pack()), _long_walk(pack())

    for name in ("routed", "given", "shared", "silent"):
        assert getattr(found, name) == getattr(long, name), name
    asked = {(rule, role, info) for rule, role, info in long.kept if rule != "closed-world"}
    assert {kept for kept in found.kept if kept[0] != "closed-world"} == asked
    assert found.faults == []


def test_the_cases_of_a_cell_stand_for_every_combination_that_bears_on_it() -> None:
    counted = 0
    for event, role in product(EVENT_NAMES, Role):
        cell = lean(cell_of(pack(), event, role))
        every = [
            (tuple(world.items()), released, decided)
            for world in worlds(conditions_of(cell), event)
            for released in releases(world)
            for decided in decisions(cell)
        ]
        assert sum(case.stands_for for case in cases(cell)) == len(set(every)) == len(every)
        counted += len(every)

    assert walk(pack()).cases == counted


def test_a_cell_has_the_shape_of_another_where_only_names_places_and_notices_differ() -> None:
    cell = next(
        c
        for event, role in product(EVENT_NAMES, Role)
        if (c := cell_of(pack(), event, role)).routes and c.shares
    )
    (first, *rest) = cell.routes
    named = replace(cell, routes=(replace(first, id=RuleId("R999"), notice="other"), *rest))
    wider = replace(cell, shares=cell.shares[1:])

    assert shape(named) == shape(cell)
    assert voice(named) != voice(cell)
    assert shape(wider) != shape(cell)


def _long_walk(rules: Pack) -> Seen:
    seen = Seen()
    for event, role in product(EVENT_NAMES, Role):
        cell = cell_of(rules, event, role)
        for world in worlds(conditions_of(lean(cell)), event):
            for released, decided in product(releases(world), decisions(cell)):
                judgement = judge_cell(cell, world, released, (), decided)
                if isinstance(judgement, NothingDue):
                    seen.silent.add((judgement.rule.id, event, role))
                if not isinstance(judgement, Told):
                    continue
                route = judgement.route.id
                seen.routed.add((route, event, role))
                for judged in judgement.classes:
                    share = share_that_speaks(cell, judged.info, world, decided)
                    if share is not None and not isinstance(judged, WithheldBy):
                        seen.shared.add((share.id, role, judged.info))
                    if isinstance(judged, SharedBy):
                        seen.given.add((route, event, role, judged.info))
                    if isinstance(judged, HeldBy | WithheldBy):
                        seen.kept.add((judged.rule, role, judged.info))
    return seen
