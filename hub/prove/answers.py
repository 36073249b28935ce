"""Walk the whole domain: every cell and every combination of facts has exactly one answer."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.events import EVENTS
from hub.pack.cell import (
    Cell,
    HeldBy,
    Judgement,
    NothingDue,
    SharedBy,
    Told,
    WithheldBy,
    cell_of,
    judge_cell,
    nothings_that_speak,
    routes_that_speak,
    share_that_speaks,
)
from hub.pack.faults import PackFault, Where
from hub.pack.rules import OCCASIONS, Check, Nothing, Pack, Route
from hub.prove.domain import in_words
from hub.prove.shapes import Case, cases, distinct, lean, shape
from hub.vocabulary import InfoClass, Role, RuleId

EVENT_NAMES: Final = (*EVENTS, *OCCASIONS)


@dataclass(slots=True)
class Seen:
    """What was seen to happen, in one cell or anywhere, and every cell without one answer."""

    faults: list[PackFault] = field(default_factory=list)
    routed: set[tuple[RuleId, str, Role]] = field(default_factory=set)
    """Route, event, role: it spoke."""
    given: set[tuple[RuleId, str, Role, InfoClass]] = field(default_factory=set)
    """Route, event, role, class: the class was shared."""
    shared: set[tuple[RuleId, Role, InfoClass]] = field(default_factory=set)
    """Share, role, class: it let the class be told, or be held instead of withheld."""
    kept: set[tuple[RuleId, Role, InfoClass]] = field(default_factory=set)
    """Withhold, role, class: it withheld or held the class."""
    silent: set[tuple[RuleId, str, Role]] = field(default_factory=set)
    """Nothing, event, role: it spoke."""
    cases: int = 0
    """How many cases were proved: facts that bear on a cell, releases and decisions."""

    def take(self, other: Seen) -> None:
        """Add what was seen elsewhere."""
        self.cases += other.cases
        self.faults += other.faults
        self.silent |= other.silent
        if other.routed:
            self.routed |= other.routed
            self.given |= other.given
            self.shared |= other.shared
            self.kept |= other.kept


@dataclass(slots=True)
class Shaped:
    """What was seen of every cell of one shape; routes and `nothing` rules by their place in it."""

    routed: set[int] = field(default_factory=set)
    given: set[tuple[int, InfoClass]] = field(default_factory=set)
    shared: set[tuple[RuleId, InfoClass]] = field(default_factory=set)
    kept: set[tuple[RuleId, InfoClass]] = field(default_factory=set)
    silent: set[int] = field(default_factory=set)
    several: dict[tuple[int, ...], str] = field(default_factory=dict)
    """Which rules speak at once, or that none does, with an example in words."""
    cases: int = 0


@dataclass(slots=True)
class Memory:
    """What is known already. A pack with one rule changed has few shapes that are new."""

    shapes: dict[Hashable, Shaped] = field(default_factory=dict)
    theorems: dict[Hashable, str | None] = field(default_factory=dict)
    """How a theorem is broken, in words; None: it holds."""
    cells: dict[int, tuple[Cell, Seen]] = field(default_factory=dict)
    """The very cells that were walked, by identity, with what was seen of each."""

    examples: dict[tuple[int, int], tuple[Check, Cell, Judgement]] = field(default_factory=dict)
    """The very examples that were judged, by identity, with what came out."""

    again: bool = True
    """False: one pack is proved and no more; its cells and examples are not kept by identity."""

    def of(self, gathered: Cell) -> Seen:
        """Return what is seen of a cell; its shape is judged where it is new."""
        found = self.cells.get(id(gathered))
        if found is None:
            cell = lean(gathered)
            key = shape(cell)
            if key not in self.shapes:
                self.shapes[key] = _walked(cell)
            found = gathered, _seen(cell, self.shapes[key])
            if self.again:
                self.cells[id(gathered)] = found
        return found[1]


def walk(pack: Pack, memory: Memory | None = None) -> Seen:
    """Judge every cell in every combination of the facts its rules ask for.

    `memory` keeps what was seen of each shape, from one pack to the next.
    """
    known = memory or Memory()
    seen = Seen()
    for event in EVENT_NAMES:
        for role in Role:
            seen.take(known.of(cell_of(pack, event, role)))
    return seen


def fault_at(where: Where, says: str) -> PackFault:
    """Return a fault at a rule."""
    return PackFault(file=where.file, line=where.line, says=says)


def _walked(cell: Cell) -> Shaped:
    shaped = Shaped()
    for case in cases(cell):
        shaped.cases += case.stands_for
        judgement = judge_cell(cell, case.world, case.released, (), case.decided)
        if isinstance(judgement, Told):
            _told(cell, judgement, case, shaped)
        elif isinstance(judgement, NothingDue):
            shaped.silent.add(_place(cell.nothings, judgement.rule))
        # Where no rule speaks, `_one_answer` says so, once.
    _one_answer(cell, shaped)
    return shaped


def _told(cell: Cell, told: Told, case: Case, shaped: Shaped) -> None:
    route = _place(cell.routes, told.route)
    shaped.routed.add(route)
    for judged in told.classes:
        share = share_that_speaks(cell, judged.info, case.world, case.decided)
        if share is not None and not isinstance(judged, WithheldBy):
            shaped.shared.add((share.id, judged.info))
        if isinstance(judged, SharedBy):
            shaped.given.add((route, judged.info))
        if isinstance(judged, HeldBy | WithheldBy):
            shaped.kept.add((judged.rule, judged.info))


def _one_answer(cell: Cell, shaped: Shaped) -> None:
    """Find each way in which the cell has no answer or two, with an example."""
    rules = _rules(cell)
    for world, _ in distinct((rule.when for rule in rules), cell.event):
        spoke: list[Route | Nothing] = [*routes_that_speak(cell, world)]
        spoke += nothings_that_speak(cell, world)
        if len(spoke) != 1:
            places = tuple(_place(rules, rule) for rule in spoke)
            shaped.several.setdefault(places, in_words(world))


def _seen(cell: Cell, shaped: Shaped) -> Seen:
    """Return what was seen of a shape, said of one cell of it."""
    event, role = cell.event, cell.role
    return Seen(
        faults=list(_faults(cell, shaped)),
        routed={(cell.routes[place].id, event, role) for place in shaped.routed},
        given={(cell.routes[place].id, event, role, info) for place, info in shaped.given},
        shared={(rule, role, info) for rule, info in shaped.shared},
        kept={(rule, role, info) for rule, info in shaped.kept},
        silent={(cell.nothings[place].id, event, role) for place in shaped.silent},
        cases=shaped.cases,
    )


def _faults(cell: Cell, shaped: Shaped) -> Iterator[PackFault]:
    rules = _rules(cell)
    for places, example in shaped.several.items():
        about = f"`{cell.role}` on `{cell.event}` ({example})"
        if places:
            ids = " and ".join(rules[place].id for place in places)
            yield fault_at(rules[places[1]].where, f"{ids} both speak for {about}")
        else:
            where = rules[0].where if rules else Where(file="routing.toml", line=1)
            says = f"nothing says what {about} is told: add a route or a `[[nothing]]`"
            yield fault_at(where, says)


def _rules(cell: Cell) -> tuple[Route | Nothing, ...]:
    return (*cell.routes, *cell.nothings)


def _place(rules: Sequence[Route | Nothing], rule: Route | Nothing) -> int:
    """Return the place of a rule among others; equal rules of one cell are told apart."""
    return next(place for place, other in enumerate(rules) if other is rule)
