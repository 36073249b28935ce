"""A second reading of the rules, slow and plain: written from rules.md, not from `hub.pack.cell`.

It shares nothing with the evaluator it is compared with but the frozen rules: each question is
asked of the whole pack again, in the words of the page, and nothing is gathered or kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple, TypeVar

from hub.pack.rules import FACTS, Conditions, Nothing, Pack, Route, Share, WithholdRule
from hub.vocabulary import InfoClass, Role

Facts = Mapping[str, str]
Classes = frozenset[InfoClass]
_R = TypeVar("_R", Route, Nothing, Share, WithholdRule)


class PlacedHold(NamedTuple):
    """A hold that a person placed on the party."""

    id: str
    kind: str
    classes: Classes
    released_by: str


class Said(NamedTuple):
    """What is said of one class: `shared`, `held` or `withheld`, and by what."""

    info: str
    verdict: str
    rule: str
    kind: str = ""
    released_by: str = ""
    hold: str = ""


class Answer(NamedTuple):
    """What is said to one role of one event: by which rule, and of each class of the notice."""

    verdict: str
    """`told` (a route speaks), `nothing`, or `no rule`."""
    rule: str = ""
    classes: tuple[Said, ...] = ()


def answer(
    pack: Pack,
    event: str,
    role: Role,
    facts: Facts,
    released: Classes,
    holds: Sequence[PlacedHold],
) -> Answer:
    """Say what one role is told of one event, straight from the page."""
    route = _first([r for r in pack.routes if _route_speaks(r, event, role, facts)])
    if route is not None:
        process = _class(pack, role, InfoClass.PROCESS, facts, released, holds)
        said = []
        for info in InfoClass:
            if info not in route.classes:
                continue
            one = _class(pack, role, info, facts, released, holds)
            # Nobody can be told anything of a process without being told that there is one.
            asked = InfoClass.PROCESS in route.classes
            if asked and one.verdict == "shared" and process.verdict != "shared":
                one = process._replace(info=info)
            said.append(one)
        return Answer("told", route.id, tuple(said))
    nothing = _first([n for n in pack.nothings if _nothing_speaks(n, event, role, facts)])
    return Answer("nothing", nothing.id) if nothing is not None else Answer("no rule")


def every_world(pack: Pack, event: str, role: Role) -> list[dict[str, str]]:
    """Every combination of the facts that any rule about this role on this event asks for."""
    asked: set[str] = set()
    for share in pack.shares:
        if role in share.roles:
            asked |= set(share.when)
    for withhold in pack.withholds:
        if role in withhold.roles:
            asked |= set(withhold.when)
    for route in pack.routes:
        if route.event == event and role in route.roles:
            asked |= set(route.when)
    for nothing in pack.nothings:
        if event in nothing.events and role in nothing.roles:
            asked |= set(nothing.when)
    names = sorted(asked)
    found = product(*[FACTS[name] for name in names])
    return [dict(zip(names, values, strict=True)) for values in found]


def _class(
    pack: Pack,
    role: Role,
    info: InfoClass,
    facts: Facts,
    released: Classes,
    holds: Sequence[PlacedHold],
) -> Said:
    """Closed world: no share, not told. A withhold beats a share. A hold waits. Else shared."""
    share = _first([s for s in pack.shares if _share_speaks(s, role, info, facts)])
    if share is None:
        return Said(info, "withheld", "closed-world")
    against = [w for w in pack.withholds if _withhold_speaks(w, role, info, facts, released)]
    for_ever = _first([w for w in against if w.hold is None])
    if for_ever is not None:
        return Said(info, "withheld", for_ever.id)
    waits = [
        Said(info, "held", w.id, str(w.hold), w.released_by) for w in against if w.hold is not None
    ]
    waits += [
        Said(info, "held", "placed-hold", h.kind, h.released_by, h.id)
        for h in holds
        if info in h.classes
    ]
    if waits:
        # The lowest kind is named (H2 before H10), a rule before a person, the lowest id first.
        return min(waits, key=lambda w: (int(w.kind[1:]), w.hold, _order(w.rule)))
    return Said(info, "shared", share.id)


def _route_speaks(route: Route, event: str, role: Role, facts: Facts) -> bool:
    return route.event == event and role in route.roles and _may_hold(route.when, facts)


def _nothing_speaks(nothing: Nothing, event: str, role: Role, facts: Facts) -> bool:
    return event in nothing.events and role in nothing.roles and _surely_holds(nothing.when, facts)


def _share_speaks(share: Share, role: Role, info: InfoClass, facts: Facts) -> bool:
    return role in share.roles and info in share.classes and _surely_holds(share.when, facts)


def _withhold_speaks(
    rule: WithholdRule, role: Role, info: InfoClass, facts: Facts, released: Classes
) -> bool:
    if role not in rule.roles or not _may_hold(rule.when, facts):
        return False
    if rule.released_excepted:
        return not (facts.get("police_advice") == "partial release" and info in released)
    return info in rule.classes


def _surely_holds(when: Conditions, facts: Facts) -> bool:
    """Whether all is known to hold: doubt is no."""
    for fact, allowed in when.items():
        value = facts.get(fact)
        if value is None or value == "unknown" or value not in FACTS[fact]:
            return False
        if value not in allowed:
            return False
    return True


def _may_hold(when: Conditions, facts: Facts) -> bool:
    """Whether nothing is known to fail: doubt is yes."""
    for fact, allowed in when.items():
        value = facts.get(fact)
        known = value is not None and value != "unknown" and value in FACTS[fact]
        if known and value not in allowed:
            return False
    return True


def _order(rule: str) -> tuple[int, str]:
    return len(rule), rule


def _first(rules: Sequence[_R]) -> _R | None:
    return min(rules, key=lambda rule: _order(rule.id), default=None)
