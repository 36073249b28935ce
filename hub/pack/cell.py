"""What the rules say for one event and one role: the one judgement that `decide` and `prove` share.

The order of lines never matters (rules.md, semantics 1): where several rules of one kind speak,
the lowest rule id is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeVar

from hub.frozen import remembered
from hub.pack.conditions import applies, satisfied, told_of
from hub.pack.judgement import (
    CLOSED_WORLD,
    EVERY_DECISION,
    OWN_PROTOCOL,
    PLACED_HOLD,
    UNDECIDED,
    CellHold,
    ClassJudgement,
    Decided,
    HeldBy,
    Judgement,
    NoRule,
    NothingDue,
    SharedBy,
    Told,
    WithheldBy,
    precedence,
)
from hub.pack.rules import Conditions, Nothing, Pack, Route, Share, WithholdRule
from hub.vocabulary import HoldKind, InfoClass, PoliceAdvice, Role, RuleId

__all__ = [
    "CLOSED_WORLD",
    "EVERY_DECISION",
    "OWN_PROTOCOL",
    "PLACED_HOLD",
    "UNDECIDED",
    "Cell",
    "CellHold",
    "ClassJudgement",
    "Decided",
    "HeldBy",
    "Judgement",
    "NoRule",
    "NothingDue",
    "SharedBy",
    "Told",
    "WithheldBy",
    "cell_of",
    "holding",
    "is_decided",
    "judge",
    "judge_cell",
    "judge_class",
    "needs",
    "nothings_that_speak",
    "routes_that_speak",
    "share_that_speaks",
]

_CLASSES: Final = tuple(InfoClass)
"""C0 to C7; a proof asks for them a hundred thousand times, and an enum is slow to walk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The rules that bear on one event and one role."""

    event: str
    role: Role
    shares: tuple[Share, ...]
    withholds: tuple[WithholdRule, ...]
    routes: tuple[Route, ...]
    nothings: tuple[Nothing, ...]
    judged: dict[tuple[object, ...], Judgement] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What was judged, by all that the rules ask; a copy begins with none."""
    held: dict[tuple[str, ...], tuple[WithholdRule, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Which of the rules that hold speak, by the facts they ask for; a copy begins with none."""


MOST_JUDGED: Final = 1_000
"""So many judgements of one cell are kept; then it begins anew."""


def judge(
    pack: Pack,
    event_name: str,
    role: Role,
    facts: Mapping[str, str],
    released: frozenset[InfoClass],
    holds: Sequence[CellHold],
    decided: Decided = UNDECIDED,
) -> Judgement:
    """Say what one role is told of one event, from the facts, what the police released, and holds.

    `released` are the classes of a partial release; they count only while the advice is partial.
    Pure. A proven pack has exactly one route or `nothing` for each cell and facts; without a
    proof a route beats a `nothing`, and the lowest rule id beats the rest.
    """
    cell = cell_of(pack, event_name, role)
    # The rules speak of these facts alone: where they are the same, so is what the rules say.
    key = (told_of(_asks(cell), facts), released, tuple(holds), decided)
    judged = cell.judged.get(key)
    if judged is None:
        if len(cell.judged) >= MOST_JUDGED:
            cell.judged.clear()
        judged = cell.judged[key] = judge_cell(cell, facts, released, holds, decided)
    return judged


def holding(cell: Cell, facts: Mapping[str, str]) -> tuple[WithholdRule, ...]:
    """Return the withholds of a cell that hold something back now, lowest id first."""
    key = told_of(_asked_to_hold(cell), facts)
    found = cell.held.get(key)
    if found is None:
        if len(cell.held) >= MOST_JUDGED:
            cell.held.clear()
        rules = (rule for rule in cell.withholds if rule.hold is not None)
        found = cell.held[key] = tuple(rule for rule in rules if applies(rule.when, facts))
    return found


@remembered(5_000)
def _asks(cell: Cell) -> tuple[str, ...]:
    """Return every fact that some rule of a cell asks for."""
    rules: tuple[_Rule, ...] = (*cell.shares, *cell.withholds, *cell.routes, *cell.nothings)
    return tuple(sorted({"police_advice", *(fact for rule in rules for fact in rule.when)}))


@remembered(5_000)
def _asked_to_hold(cell: Cell) -> tuple[str, ...]:
    """Return every fact that a rule asks for before it holds something."""
    rules = (rule for rule in cell.withholds if rule.hold is not None)
    return tuple(sorted({fact for rule in rules for fact in rule.when}))


@remembered(5_000)
def needs(cell: Cell) -> frozenset[InfoClass]:
    """Return the classes that some share tells this role only once somebody decides so."""
    return frozenset(info for share in cell.shares if share.decided_by for info in share.classes)


def cell_of(pack: Pack, event_name: str, role: Role) -> Cell:
    """Return the rules that bear on one event and one role, lowest id first; gathered once."""
    cell: Cell | None = pack.gathered.get((event_name, role))
    if cell is None:
        cell = pack.gathered[event_name, role] = _gather(pack, event_name, role)
    return cell


def _gather(pack: Pack, event_name: str, role: Role) -> Cell:
    return Cell(
        event=event_name,
        role=role,
        shares=_by_id(s for s in pack.shares if role in s.roles),
        withholds=_by_id(w for w in pack.withholds if role in w.roles),
        routes=_by_id(r for r in pack.routes if r.event == event_name and role in r.roles),
        nothings=_by_id(n for n in pack.nothings if event_name in n.events and role in n.roles),
    )


def judge_cell(
    cell: Cell,
    facts: Mapping[str, str],
    released: frozenset[InfoClass],
    holds: Sequence[CellHold],
    decided: Decided = UNDECIDED,
) -> Judgement:
    """Judge a cell whose rules have been gathered already."""
    routes = routes_that_speak(cell, facts)
    if routes:
        route = routes[0]
        asked = [info for info in _CLASSES if info in route.classes]
        judged = tuple([judge_class(cell, c, facts, released, holds, decided) for c in asked])
        return Told(route=route, classes=_only_with_process(judged))
    nothings = nothings_that_speak(cell, facts)
    return NothingDue(rule=nothings[0]) if nothings else NoRule()


def routes_that_speak(cell: Cell, facts: Mapping[str, str]) -> tuple[Route, ...]:
    """Return the routes that hold or are unknown; more than one is a fault of the pack."""
    return tuple(r for r in cell.routes if applies(r.when, facts))


def nothings_that_speak(cell: Cell, facts: Mapping[str, str]) -> tuple[Nothing, ...]:
    """Return the `nothing` rules whose conditions are known to hold.

    One that stands for everybody else is left out where another rule of the cell speaks.
    """
    speak = tuple(n for n in cell.nothings if satisfied(n.when, facts))
    named = tuple(n for n in speak if not n.rest)
    return named if named or routes_that_speak(cell, facts) else speak


def share_that_speaks(
    cell: Cell, info: InfoClass, facts: Mapping[str, str], decided: Decided = UNDECIDED
) -> Share | None:
    """Return the share that lets this class be told, before any withhold or hold.

    One that needs no decision, or has it, comes before one that waits for it.
    """
    speak = [s for s in cell.shares if info in s.classes and satisfied(s.when, facts)]
    return next((s for s in speak if is_decided(s, info, decided)), speak[0] if speak else None)


def is_decided(share: Share, info: InfoClass, decided: Decided) -> bool:
    """Whether this share needs nobody's decision about this class, or has it."""
    return not share.decided_by or any((info, by) in decided.share for by in share.decided_by)


def judge_class(
    cell: Cell,
    info: InfoClass,
    facts: Mapping[str, str],
    released: frozenset[InfoClass],
    holds: Sequence[CellHold],
    decided: Decided = UNDECIDED,
) -> ClassJudgement:
    """Judge one class: shared by a rule, or else withheld; a withhold beats a share, then holds."""
    share = share_that_speaks(cell, info, facts, decided)
    if share is None:
        return WithheldBy(
            info=info,
            rule=CLOSED_WORLD,
            sentence="No rule of the protocol shares this with this role",
            paragraph="004 11.2",
        )
    against = [w for w in cell.withholds if _covers(w, info, facts, released)]
    waits = not is_decided(share, info, decided)
    if no := _refused(share, info, against, decided, waits=waits):
        return no
    standing = [_held_by_rule(w, w.hold, info) for w in against if w.hold is not None]
    standing += [_held_by_need(share, info)] if waits else []
    standing += [_held_by_person(h, info) for h in holds if info in h.classes]
    if standing:
        return min(standing, key=precedence)
    return SharedBy(info=info, share=share)


def _refused(
    share: Share, info: InfoClass, against: Sequence[WithholdRule], decided: Decided, *, waits: bool
) -> WithheldBy | None:
    """Return who says no: a withhold of the pack, this concern's protocol, or a named decision."""
    no = next((w for w in against if w.hold is None), None)
    if no is not None:
        return WithheldBy(info=info, rule=no.id, sentence=no.because, paragraph=no.paragraph)
    if info in decided.narrow:
        return WithheldBy(
            info=info,
            rule=OWN_PROTOCOL,
            sentence="The information sharing protocol of this concern leaves it out",
            paragraph="004 7.1i",
        )
    if waits and info in decided.refuse:
        return WithheldBy(
            info=info,
            rule=share.id,
            sentence="It was decided by name that this is not needed",
            paragraph="000 7",
        )
    return None


def _only_with_process(judged: tuple[ClassJudgement, ...]) -> tuple[ClassJudgement, ...]:
    """Nothing can be told without telling that the process exists: all waits for C0."""
    process = next((j for j in judged if j.info is InfoClass.PROCESS), None)
    if process is None or isinstance(process, SharedBy):
        return judged
    return tuple(replace(process, info=j.info) if isinstance(j, SharedBy) else j for j in judged)


def _covers(
    rule: WithholdRule, info: InfoClass, facts: Mapping[str, str], released: frozenset[InfoClass]
) -> bool:
    if not rule.released_excepted:
        return info in rule.classes and applies(rule.when, facts)
    # What the police released counts only while their advice is a partial release (7.2).
    freed = info in released and facts.get("police_advice") == PoliceAdvice.PARTIAL
    return not freed and applies(rule.when, facts)


def _held_by_rule(rule: WithholdRule, kind: HoldKind, info: InfoClass) -> HeldBy:
    return HeldBy(
        info=info,
        kind=kind,
        released_by=rule.released_by,
        rule=rule.id,
        sentence=rule.because,
        paragraph=rule.paragraph,
        hold=None,
    )


def _held_by_need(share: Share, info: InfoClass) -> HeldBy:
    return HeldBy(
        info=info,
        kind=HoldKind.H6,
        released_by=", ".join(sorted(share.decided_by)),
        rule=share.id,
        sentence=f"Told only where somebody decides that it is needed: {share.say}",
        paragraph=share.paragraph,
        hold=None,
    )


def _held_by_person(hold: CellHold, info: InfoClass) -> HeldBy:
    return HeldBy(
        info=info,
        kind=hold.kind,
        released_by=hold.released_by,
        rule=PLACED_HOLD,
        sentence=hold.sentence,
        paragraph=hold.paragraph,
        hold=hold.id,
    )


class _Rule(Protocol):
    @property
    def id(self) -> RuleId: ...

    @property
    def when(self) -> Conditions: ...


_R = TypeVar("_R", bound=_Rule)


def _by_id(rules: Iterable[_R]) -> tuple[_R, ...]:
    """Sort so that S2 comes before S10, whatever the order of lines."""
    return tuple(sorted(rules, key=lambda rule: (len(rule.id), rule.id)))
