"""What of a cell can make a difference: the same answers, from fewer rules and fewer worlds.

Most events have the same rules for a role under other names. Two cells of one shape are judged
alike in every world, whatever the event is called and wherever the rules stand; so a shape is
judged once, and what was seen of it counts for each of its cells.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from itertools import product
from math import prod
from typing import Any, Final, NamedTuple

from hub.pack.cell import Cell, Decided
from hub.pack.rules import (
    UNKNOWN,
    Conditions,
    Nothing,
    Route,
    Share,
    WithholdRule,
    domain_of,
)
from hub.prove.domain import conditions_of, decisions, releases
from hub.vocabulary import InfoClass, PoliceAdvice

Rule = Share | WithholdRule | Route | Nothing

_WORDS: Final = frozenset({"where", "say"})
"""Where a rule stands and how it is said: for people."""
_PLACE: Final = frozenset({"roles", "event", "events"})
"""Which cells a rule bears on; within a cell that is known."""
_FORM: Final = frozenset({"notice", "lane", "required", "reply_within", "provenance", "paragraph"})
"""How a route tells; no judgement asks."""
_REASON: Final = frozenset({"because", "paragraph", "guard"})
"""Why nothing is due; no judgement asks."""


class Case(NamedTuple):
    """One case of a cell: the facts, what the police released, what people decided."""

    world: Mapping[str, str]
    released: frozenset[InfoClass]
    decided: Decided
    stands_for: int
    """How many cases it stands for: values that no rule of the cell tells apart are one."""


def lean(cell: Cell) -> Cell:
    """Return the cell without the shares and withholds of classes that no route of it asks for.

    A class is judged by the rules of that class alone, so every judgement stays as it is.
    """
    asked = frozenset(info for route in cell.routes for info in route.classes)
    return replace(
        cell,
        shares=tuple(share for share in cell.shares if share.classes & asked),
        withholds=tuple(rule for rule in cell.withholds if rule.classes & asked),
    )


def cases(*cells: Cell) -> Iterator[Case]:
    """Yield every case that can make a difference to any of these cells of one event and role."""
    asked = [when for cell in cells for when in conditions_of(cell)]
    decided = tuple(dict.fromkeys(choice for cell in cells for choice in decisions(cell)))
    for world, stands_for in distinct(asked, cells[0].event):
        for released, choice in product(releases(world), decided):
            yield Case(world=world, released=released, decided=choice, stands_for=stands_for)


def distinct(
    conditions: Iterable[Conditions], event: str
) -> Iterator[tuple[Mapping[str, str], int]]:
    """Yield each world that these conditions tell from the others, and how many are like it.

    A rule asks of a fact whether it is known and whether it is one of certain values, and whether
    the police advise a partial release; two values with the same answers are one.
    """
    asked = tuple(conditions)
    facts = sorted({fact for when in asked for fact in when})
    for values in product(*(_told_apart(fact, event, asked) for fact in facts)):
        world = {fact: value for fact, (value, _) in zip(facts, values, strict=True)}
        yield world, prod(number for _, number in values)


def _told_apart(fact: str, event: str, asked: Iterable[Conditions]) -> tuple[tuple[str, int], ...]:
    sets = [when[fact] for when in asked if fact in when]
    alike: dict[Hashable, list[str]] = {}
    for value in domain_of(fact, event):
        answers = tuple(value in allowed for allowed in sets)
        known, partial = value != UNKNOWN, value == PoliceAdvice.PARTIAL
        alike.setdefault((known, partial, answers), []).append(value)
    return tuple((values[0], len(values)) for values in alike.values())


def shape(cell: Cell) -> Hashable:
    """Return what every judgement of a cell depends on, and no more.

    Routes and `nothing` rules keep their order, not their ids: the order is all that ids decide.
    """
    return _parts(cell, _FORM | {"id"}, _REASON | {"id"})


def voice(cell: Cell) -> Hashable:
    """Return all that a party hears of a cell: its shape, and how each route tells it."""
    return _parts(cell, frozenset({"id"}), _REASON)


def _parts(cell: Cell, of_route: frozenset[str], of_nothing: frozenset[str]) -> Hashable:
    asked = sorted({fact for when in conditions_of(cell) for fact in when})
    return (
        cell.role,
        tuple(domain_of(fact, cell.event) for fact in asked),
        _said(cell.shares),
        _said(cell.withholds),
        _said(cell.routes, of_route),
        _said(cell.nothings, of_nothing),
    )


def _said(rules: Iterable[Rule], without: frozenset[str] = frozenset()) -> Hashable:
    left_out = _WORDS | _PLACE | without
    return tuple(
        tuple(_fixed(getattr(rule, f.name)) for f in fields(rule) if f.name not in left_out)
        for rule in rules
    )


def _fixed(value: Any) -> Hashable:  # noqa: ANN401  # whatever a rule's field holds
    if isinstance(value, Mapping):
        return frozenset((key, _fixed(inside)) for key, inside in value.items())
    hash(value)
    found: Hashable = value
    return found
