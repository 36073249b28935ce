"""Which notices would have changed? Two packs over the whole enumerated domain (`hub diff`).

Every event and role, in every combination of the facts that either pack asks for there, released
classes included. Placed holds are left out: they only ever take away, the same from both.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import product
from math import prod
from typing import Any, Final

from hub.pack.cell import UNDECIDED, Cell, Judgement, cell_of, judge_cell
from hub.pack.rules import Pack, domain_of
from hub.prove.answers import EVENT_NAMES
from hub.prove.examples import QUIET
from hub.prove.outcome import Change, Kind, answer, changes, outcome
from hub.prove.shapes import Case, cases, lean, voice
from hub.vocabulary import InfoClass, PackHash, Role

World = Mapping[str, str]
_Differing = tuple[Case, tuple[Change, ...]]

_MOST: Final = 256
"""How many combinations are tried to find out that a fact of an example makes no difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One case in which a change is seen; facts that are not named make no difference to it."""

    event: str
    role: Role
    facts: World
    released: tuple[InfoClass, ...]
    """What the police had released; all or nothing, for each class is judged by itself."""
    decided: bool
    """Whether whoever could decide that it is needed had done so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One change, with everybody and every event it happens to."""

    change: Change
    roles: tuple[Role, ...]
    events: tuple[str, ...]
    cases: int
    example: Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs between two packs."""

    old: PackHash
    new: PackHash
    cases: int
    """How many cases both packs were asked about, those of identical rules not counted."""
    same: int
    """How many cells (event and role) have the same rules in both."""
    groups: tuple[Group, ...]
    disclosed: str
    """The digest of every case in which something is newly told; empty where there is none."""

    @property
    def newly_told(self) -> tuple[Group, ...]:
        """Return what is newly disclosed: it needs approval by name."""
        return tuple(group for group in self.groups if group.change.kind is Kind.MORE)


@dataclass(slots=True)
class _Found:
    cases: int = 0
    first: Case | None = None


@dataclass(slots=True)
class _Walk:
    """What has been found so far, by role and change, then by event."""

    found: dict[tuple[Role, Change], dict[str, _Found]] = field(default_factory=dict)
    known: dict[Hashable, tuple[int, tuple[_Differing, ...]]] = field(default_factory=dict)
    """What two cells of these voices differ in, and in how many cases they were asked."""
    digest: Any = field(default_factory=sha256)
    more: bool = False
    cases: int = 0
    same: int = 0

    def cell(self, event: str, role: Role, before: Cell, after: Cell) -> None:
        """Ask both cells about every case, unless they say the same."""
        voices = voice(before), voice(after)
        if voices[0] == voices[1]:
            self.same += 1
            return
        if voices not in self.known:
            self.known[voices] = _differing(before, after)
        asked, differing = self.known[voices]
        self.cases += asked
        for case, found in differing:
            for change in found:
                self._add(event, role, case, change)

    def _add(self, event: str, role: Role, case: Case, change: Change) -> None:
        seen = self.found.setdefault((role, change), {}).setdefault(event, _Found())
        seen.cases += case.stands_for
        seen.first = seen.first or case
        if change.kind is Kind.MORE:
            self.more = True
            self.digest.update(_line(event, role, case, change.classes))


def compare(old: Pack, new: Pack) -> Comparison:
    """Ask both packs about every case, and group what differs. Pure."""
    walk = _Walk()
    for event, role in product(EVENT_NAMES, Role):
        before, after = cell_of(old, event, role), cell_of(new, event, role)
        if before is after:
            walk.same += 1
        else:
            walk.cell(event, role, lean(before), lean(after))
    return Comparison(
        old=old.hash,
        new=new.hash,
        cases=walk.cases,
        same=walk.same,
        groups=tuple(_groups(walk.found, old, new)),
        disclosed=walk.digest.hexdigest() if walk.more else "",
    )


def _differing(before: Cell, after: Cell) -> tuple[int, tuple[_Differing, ...]]:
    asked, differing = 0, []
    # Thousands of cases come to a few dozen answers: what two answers differ in is said once.
    said: dict[Hashable, tuple[Change, ...]] = {}
    for case in cases(before, after):
        asked += case.stands_for
        old, new = _judged(before, after, case)
        both = (answer(old), answer(new))
        if both not in said:
            said[both] = tuple(changes(outcome(old), outcome(new)))
        if found := said[both]:
            differing.append((case, found))
    return asked, tuple(differing)


def _judged(before: Cell, after: Cell, case: Case) -> tuple[Judgement, Judgement]:
    world, released, decided, _ = case
    return (
        judge_cell(before, world, released, (), decided),
        judge_cell(after, world, released, (), decided),
    )


def _changed(before: Cell, after: Cell, case: Case) -> tuple[Change, ...]:
    old, new = _judged(before, after, case)
    return tuple(changes(outcome(old), outcome(new)))


def _groups(
    found: Mapping[tuple[Role, Change], Mapping[str, _Found]], old: Pack, new: Pack
) -> Iterator[Group]:
    """Yield one group for each change and set of events, most serious kind first."""
    merged: dict[tuple[Change, tuple[str, ...]], list[Role]] = {}
    for (role, change), by_event in found.items():
        merged.setdefault((change, tuple(by_event)), []).append(role)
    kinds = list(Kind)
    for (change, events), roles in sorted(
        merged.items(), key=lambda item: (kinds.index(item[0][0].kind), -len(item[0][1]))
    ):
        first = found[roles[0], change][events[0]].first
        if first is None:
            continue
        cells = tuple(lean(cell_of(pack, events[0], roles[0])) for pack in (old, new))
        yield Group(
            change=change,
            roles=tuple(roles),
            events=events,
            cases=sum(f.cases for role in roles for f in found[role, change].values()),
            example=_example(change, first, cells[0], cells[1]),
        )


def _example(change: Change, first: Case, before: Cell, after: Cell) -> Example:
    """Return one case with the facts that make the difference, and none besides."""
    needed, free = dict(first.world), dict[str, tuple[str, ...]]()
    for fact in first.world:
        plain = {**needed, fact: QUIET.get(fact, needed[fact])}
        if change in _changed(before, after, first._replace(world=plain)):
            needed = plain
    for fact in first.world:
        tried = {**free, fact: domain_of(fact, before.event)}
        left = {name: value for name, value in needed.items() if name != fact}
        if _always(change, before, after, tuple(_filled(first, left, tried))):
            needed, free = left, tried
    return Example(
        event=before.event,
        role=before.role,
        facts=needed,
        released=tuple(info for info in InfoClass if info in first.released),
        decided=first.decided != UNDECIDED,
    )


def _filled(first: Case, left: World, tried: Mapping[str, tuple[str, ...]]) -> Iterator[Case]:
    """Yield each way to fill in the facts that are tried; none where there are too many."""
    if prod(len(values) for values in tried.values()) > _MOST:
        return
    for values in product(*tried.values()):
        yield first._replace(world={**left, **dict(zip(tried, values, strict=True))})


def _always(change: Change, before: Cell, after: Cell, tried: tuple[Case, ...]) -> bool:
    return bool(tried) and all(change in _changed(before, after, case) for case in tried)


def _line(event: str, role: Role, case: Case, classes: tuple[InfoClass, ...]) -> bytes:
    decided = case.decided != UNDECIDED
    said = [event, role, sorted(case.world.items()), sorted(case.released), decided, classes]
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
