"""Two evaluators that share no code say the same of every case of every pack that ships."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import product
from random import Random
from typing import Final, NamedTuple

import pytest

from hub.adapters.shipped import pack_folders, read_folder, shipped
from hub.pack.cell import (
    CellHold,
    ClassJudgement,
    Decided,
    HeldBy,
    Judgement,
    NothingDue,
    SharedBy,
    Told,
    judge,
)
from hub.pack.load import load
from hub.pack.rules import FACTS, Pack
from hub.prove.answers import EVENT_NAMES
from hub.vocabulary import HoldId, HoldKind, InfoClass, Role, RuleId
from tests.core.naive import Answer, Decisions, PlacedHold, Said, about, answer, every_world

PACKS: Final = tuple(folder.name for folder in pack_folders(shipped("policy")))
MOST: Final = 100
"""A cell with more combinations than this is sampled, with a fixed seed; the rest is whole."""

PARTIAL: Final = "partial release"


class Case(NamedTuple):
    event: str
    role: Role
    facts: Mapping[str, str]
    released: frozenset[InfoClass] = frozenset()
    holds: tuple[PlacedHold, ...] = ()
    decisions: Decisions = Decisions()


@pytest.mark.parametrize("name", PACKS)
def test_both_evaluators_agree_on_every_enumerated_case(name: str) -> None:
    compared = 0
    for small, case in _cases(_pack(name), Random(1), MOST):
        assert _answered(small, case) == _plain(_judged(_pack(name), case)), case
        compared += 1

    assert compared > len(EVENT_NAMES) * len(Role)


@pytest.mark.soak
@pytest.mark.parametrize("name", PACKS)
def test_both_evaluators_agree_on_every_case_of_the_largest_cells_too(name: str) -> None:
    for small, case in _cases(_pack(name), Random(2), 10**7):
        assert _answered(small, case) == _plain(_judged(_pack(name), case)), case


@pytest.mark.parametrize("name", PACKS)
def test_both_evaluators_agree_where_facts_are_missing_or_nobody_knows_the_word(name: str) -> None:
    chance = Random(3)
    for event in EVENT_NAMES:
        for role in Role:
            facts = {
                fact: chance.choice([*values, "no word of ours"])
                for fact, values in FACTS.items()
                if chance.random() < 0.7
            }
            case = Case(event, role, facts, _some(chance), _holds(chance), _decisions(chance))
            _agree(_pack(name), case)


def test_both_evaluators_agree_on_packs_in_which_the_rules_have_lost_their_conditions() -> None:
    """Where every rule speaks at once, only the order of precedence is left to decide."""
    for pack in map(_pack, PACKS):
        loud = replace(
            pack,
            shares=tuple(replace(rule, when={}) for rule in pack.shares),
            withholds=tuple(replace(rule, when={}) for rule in pack.withholds if rule.hold),
            routes=tuple(replace(rule, when={}) for rule in pack.routes),
        )
        for small, case in _cases(loud, Random(4), MOST):
            assert _answered(small, case) == _plain(_judged(loud, case)), case


def test_a_naive_evaluator_that_forgot_a_law_would_be_found_out() -> None:
    """The comparison has teeth: without its withholds, each pack differs from itself."""
    for pack in map(_pack, PACKS):
        tame = replace(pack, withholds=())
        differing = (
            _answered(small, case) != _plain(_judged(tame, case))
            for small, case in _cases(pack, Random(5), 20)
        )
        assert any(differing)


@cache
def _pack(name: str) -> Pack:
    return load(read_folder(shipped("policy") / name))


def _agree(pack: Pack, case: Case) -> None:
    assert _answered(pack, case) == _plain(_judged(pack, case)), case


def _answered(pack: Pack, case: Case) -> Answer:
    return answer(pack, *case)


def _judged(pack: Pack, case: Case) -> Judgement:
    event, role, facts, released, holds, decisions = case
    decided = Decided(
        share=decisions.needed, refuse=decisions.not_needed, narrow=decisions.left_out
    )
    placed = [_cell_hold(hold) for hold in holds]
    return judge(pack, event, role, facts, released, placed, decided)


def _cases(pack: Pack, chance: Random, most: int) -> Iterator[tuple[Pack, Case]]:
    """Every world bare, and each with a release, holds and decisions that chance chose."""
    for event in EVENT_NAMES:
        for role in Role:
            small = about(pack, event, role)
            worlds = every_world(small, event, role)
            if len(worlds) > most:
                worlds = chance.sample(worlds, k=most)
            for number, facts in enumerate(worlds):
                yield small, Case(event, role, facts)
                if not small.routes or number % 3:
                    continue
                more = _some(chance), _holds(chance), _decisions(chance)
                yield small, Case(event, role, facts, *more)
                if facts.get("police_advice") == PARTIAL:
                    yield small, Case(event, role, facts, frozenset(InfoClass))
                    yield small, Case(event, role, facts, _some(chance))


def _some(chance: Random) -> frozenset[InfoClass]:
    return frozenset(info for info in InfoClass if chance.random() < 0.5)


def _holds(chance: Random) -> tuple[PlacedHold, ...]:
    kinds = chance.sample(list(HoldKind), k=chance.randint(0, 2))
    return tuple(
        PlacedHold(f"h-{number}", kind, _some(chance), "lead enquiry officer")
        for number, kind in enumerate(kinds)
    )


def _decisions(chance: Random) -> Decisions:
    needed = product(_some(chance), chance.sample(list(Role), k=8))
    left_out = _some(chance) if chance.random() < 0.3 else frozenset[InfoClass]()
    return Decisions(frozenset(needed), _some(chance), left_out)


def _cell_hold(hold: PlacedHold) -> CellHold:
    return CellHold(
        id=HoldId(hold.id),
        kind=HoldKind(hold.kind),
        classes=hold.classes,
        released_by=hold.released_by,
        sentence="A person holds this",
        paragraph="mission 1.0",
    )


def _plain(judgement: Judgement) -> Answer:
    if isinstance(judgement, Told):
        said = tuple(_said(one) for one in judgement.classes)
        return Answer("told", judgement.route.id, said)
    if isinstance(judgement, NothingDue):
        return Answer("nothing", judgement.rule.id)
    return Answer("no rule")


def _said(one: ClassJudgement) -> Said:
    if isinstance(one, SharedBy):
        return Said(one.info, "shared", one.share.id)
    if isinstance(one, HeldBy):
        return Said(one.info, "held", one.rule, one.kind, one.released_by, one.hold or "")
    return Said(one.info, "withheld", one.rule)


def test_of_two_holds_of_one_kind_both_evaluators_name_the_lower_rule() -> None:
    """W2 comes before W10, though not in a dictionary."""
    pack = _pack(PACKS[0])
    hold = next(w for w in pack.withholds if w.hold is HoldKind.H1)
    two = tuple(replace(hold, id=RuleId(name), when={}) for name in ("W10", "W2"))
    doubled = replace(pack, withholds=two)
    case = Case("concern.opened", Role.PROVIDER, {})

    found = _plain(_judged(doubled, case))

    assert {said.rule for said in found.classes} == {"W2"}
    assert found == _answered(doubled, case)
