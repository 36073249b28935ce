"""The sharing matrix: every role and class is decided, and what must never come out never does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hub.pack.cell import EVERY_DECISION, Cell, SharedBy, cell_of, judge_class
from hub.pack.faults import PackFault, Where
from hub.pack.rules import HOLDS_CHANGED, Pack
from hub.prove.answers import Memory, fault_at
from hub.prove.domain import conditions_of, in_words, releases
from hub.prove.shapes import distinct, shape
from hub.vocabulary import InfoClass, Role


def matrix_faults(pack: Pack) -> Iterator[PackFault]:
    """Yield each role and class that is neither shared nor withheld with a reason (mission 1.0)."""
    for role in Role:
        for info in InfoClass:
            shared = any(role in s.roles and info in s.classes for s in pack.shares)
            withheld = any(
                role in w.roles and info in w.classes and w.hold is None and not w.when
                for w in pack.withholds
            )
            if not shared and not withheld:
                says = (
                    f"`{info}` is neither shared with `{role}` nor withheld from it with a reason"
                )
                yield fault_at(Where(file="sharing.toml", line=1), says)


def theorem_faults(pack: Pack, memory: Memory) -> Iterator[PackFault]:
    """Yield each `never` that is not a theorem, with the facts that break it.

    Holds are left out, and all that could be released is released: both only ever take away. The
    route is left out as well, so that it holds for every notice, those to come included.
    """
    for check in pack.checks:
        for role, classes in check.never.items():
            cell = cell_of(pack, HOLDS_CHANGED, role)
            for info in sorted(classes):
                broken = _broken(_of_class(cell, info), info, memory)
                if broken is not None:
                    says = f"not a theorem: `{role}` may be told `{info}` ({broken}): {check.say}"
                    yield fault_at(check.where, says)


def _of_class(cell: Cell, info: InfoClass) -> Cell:
    """Return the rules of one class alone; it is judged by no others."""
    return replace(
        cell,
        shares=tuple(share for share in cell.shares if info in share.classes),
        withholds=tuple(rule for rule in cell.withholds if info in rule.classes),
        routes=(),
        nothings=(),
    )


def _broken(cell: Cell, info: InfoClass, memory: Memory) -> str | None:
    key = (info, shape(cell))
    if key not in memory.theorems:
        memory.theorems[key] = _counterexample(cell, info)
    return memory.theorems[key]


def _counterexample(cell: Cell, info: InfoClass) -> str | None:
    for world, _ in distinct(conditions_of(cell), cell.event):
        for released in releases(world):
            judged = judge_class(cell, info, world, released, (), EVERY_DECISION)
            if isinstance(judged, SharedBy):
                return f"{judged.share.id}, {in_words(world)}"
    return None
