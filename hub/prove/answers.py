"""Walk the whole domain: every cell and every combination of facts has exactly one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from hub.events import EVENTS
from hub.pack.cell import (
    Cell,
    Decided,
    HeldBy,
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
from hub.pack.faults import PackFault
from hub.pack.rules import HOLDS_CHANGED, Nothing, Pack, Route, Where
from hub.prove.domain import conditions_of, decisions, in_words, releases, worlds
from hub.vocabulary import InfoClass, Role, RuleId

EVENT_NAMES: Final = (*EVENTS, HOLDS_CHANGED)


@dataclass(slots=True)
class Seen:
    """What was seen to happen anywhere in the domain, and every cell without exactly one answer."""

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


def walk(pack: Pack) -> Seen:
    """Judge every cell in every combination of the facts its rules ask for."""
    seen = Seen()
    for event in EVENT_NAMES:
        for role in Role:
            cell = cell_of(pack, event, role)
            for world in worlds(conditions_of(cell), event):
                _judge(cell, world, seen)
            _one_answer(cell, seen)
    return seen


def _judge(cell: Cell, world: Mapping[str, str], seen: Seen) -> None:
    for released, decided in product(releases(world), decisions(cell)):
        judgement = judge_cell(cell, world, released, (), decided)
        if isinstance(judgement, Told):
            _told(cell, judgement, world, decided, seen)
        elif isinstance(judgement, NothingDue):
            seen.silent.add((judgement.rule.id, cell.event, cell.role))
        # Where no rule speaks, `_one_answer` says so, once.


def _told(cell: Cell, told: Told, world: Mapping[str, str], decided: Decided, seen: Seen) -> None:
    role = cell.role
    seen.routed.add((told.route.id, cell.event, role))
    for judged in told.classes:
        share = share_that_speaks(cell, judged.info, world, decided)
        if share is not None and not isinstance(judged, WithheldBy):
            seen.shared.add((share.id, role, judged.info))
        if isinstance(judged, SharedBy):
            seen.given.add((told.route.id, cell.event, role, judged.info))
        if isinstance(judged, HeldBy | WithheldBy):
            seen.kept.add((judged.rule, role, judged.info))


def _one_answer(cell: Cell, seen: Seen) -> None:
    """Add one fault for each way in which the cell has no answer or two, with an example."""
    found: set[tuple[RuleId, ...]] = set()
    rules: list[Route | Nothing] = [*cell.routes, *cell.nothings]
    for world in worlds((rule.when for rule in rules), cell.event):
        spoke: list[Route | Nothing] = [*routes_that_speak(cell, world)]
        spoke += nothings_that_speak(cell, world)
        ids = tuple(rule.id for rule in spoke)
        if len(ids) == 1 or ids in found:
            continue
        found.add(ids)
        about = f"`{cell.role}` on `{cell.event}` ({in_words(world)})"
        if spoke:
            says = f"{' and '.join(ids)} both speak for {about}"
            seen.faults.append(fault_at(spoke[1].where, says))
        else:
            where = rules[0].where if rules else Where(file="routing.toml", line=1)
            says = f"nothing says what {about} is told: add a route or a `[[nothing]]`"
            seen.faults.append(fault_at(where, says))


def fault_at(where: Where, says: str) -> PackFault:
    """Return a fault at a rule."""
    return PackFault(file=where.file, line=where.line, says=says)
