"""A second reading of the rules, slow and plain: written from rules.md, not from `hub.pack.cell`.

It shares nothing with the evaluator it is compared with but the frozen rules: each question is
asked of the whole pack again, in the words of the page, and nothing is gathered or kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple, TypeVar

from hub.pack.rules import (
    FACTS,
    Conditions,
    Nothing,
    Pack,
    Route,
    Share,
    WithholdRule,
    domain_of,
)
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


class Decisions(NamedTuple):
    """What people decided where the matrix says `need`."""

    needed: frozenset[tuple[InfoClass, Role]] = frozenset()
    """Class, and the role of who decided that this party needs it."""
    not_needed: Classes = frozenset()
    left_out: Classes = frozenset()
    """What the protocol agreed for this concern leaves out for this party."""


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
    decisions: Decisions,
) -> Answer:
    """Say what one role is told of one event, straight from the page."""
    route = _first([r for r in pack.routes if _route_speaks(r, event, role, facts)])
    if route is not None:
        known = (pack, role, facts, released, holds, decisions)
        process = _class(InfoClass.PROCESS, *known)
        said = []
        for info in InfoClass:
            if info not in route.classes:
                continue
            one = _class(info, *known)
            # Nobody can be told anything of a process without being told that there is one.
            asked = InfoClass.PROCESS in route.classes
            if asked and one.verdict == "shared" and process.verdict != "shared":
                one = process._replace(info=info)
            said.append(one)
        return Answer("told", route.id, tuple(said))
    speaking = [n for n in pack.nothings if _nothing_speaks(n, event, role, facts)]
    # `everybody else` is whoever no other rule speaks for.
    nothing = _first([n for n in speaking if not n.rest]) or _first(speaking)
    return Answer("nothing", nothing.id) if nothing is not None else Answer("no rule")


def about(pack: Pack, event: str, role: Role) -> Pack:
    """The pack with nothing in it but the rules that name this event and this role."""
    return replace(
        pack,
        shares=tuple(s for s in pack.shares if role in s.roles),
        withholds=tuple(w for w in pack.withholds if role in w.roles),
        routes=tuple(r for r in pack.routes if r.event == event and role in r.roles),
        nothings=tuple(n for n in pack.nothings if event in n.events and role in n.roles),
    )


def every_world(pack: Pack, event: str, role: Role) -> list[dict[str, str]]:
    """Every combination of the facts that any rule about this role on this event asks for.

    A share or a withhold of classes that no notice of this event carries is asked nothing.
    """
    asked: set[str] = set()
    carried: set[InfoClass] = set()
    for route in pack.routes:
        if route.event == event and role in route.roles:
            asked |= set(route.when)
            carried |= route.classes
    for share in pack.shares:
        if role in share.roles and share.classes & carried:
            asked |= set(share.when)
    for withhold in pack.withholds:
        if role in withhold.roles and withhold.classes & carried:
            asked |= set(withhold.when)
    for nothing in pack.nothings:
        if event in nothing.events and role in nothing.roles:
            asked |= set(nothing.when)
    names = sorted(asked)
    found = product(*[domain_of(name, event) for name in names])
    return [dict(zip(names, values, strict=True)) for values in found]


def _class(
    info: InfoClass,
    pack: Pack,
    role: Role,
    facts: Facts,
    released: Classes,
    holds: Sequence[PlacedHold],
    decisions: Decisions,
) -> Said:
    """Closed world: no share, not told. A withhold beats a share. A need waits. A hold waits."""
    shares = [s for s in pack.shares if _share_speaks(s, role, info, facts)]
    if not shares:
        return Said(info, "withheld", "closed-world")
    against = [w for w in pack.withholds if _withhold_speaks(w, role, info, facts, released)]
    for_ever = _first([w for w in against if w.hold is None])
    if for_ever is not None:
        return Said(info, "withheld", for_ever.id)
    if info in decisions.left_out:
        return Said(info, "withheld", "own-protocol")
    free = _first([s for s in shares if _needs_nobody(s, info, decisions)])
    needing = _first(shares)
    if free is None and needing is not None and info in decisions.not_needed:
        return Said(info, "withheld", needing.id)
    waits = [
        Said(info, "held", w.id, str(w.hold), w.released_by) for w in against if w.hold is not None
    ]
    waits += [
        Said(info, "held", "placed-hold", h.kind, h.released_by, h.id)
        for h in holds
        if info in h.classes
    ]
    if free is None and needing is not None:
        who = ", ".join(sorted(needing.decided_by))
        waits.append(Said(info, "held", needing.id, "H6", who))
    if waits or free is None:
        # The lowest kind is named (H2 before H10), a rule before a person, the lowest id first.
        return min(waits, key=lambda w: (int(w.kind[1:]), w.hold, _order(w.rule)))
    return Said(info, "shared", free.id)


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


def _needs_nobody(share: Share, info: InfoClass, decisions: Decisions) -> bool:
    if not share.decided_by:
        return True
    return any((info, role) in decisions.needed for role in share.decided_by)


def _surely_holds(when: Conditions, facts: Facts) -> bool:
    """Whether all is known to hold: doubt is no."""
    return all(_known(fact, facts) and facts[fact] in allowed for fact, allowed in when.items())


def _may_hold(when: Conditions, facts: Facts) -> bool:
    """Whether nothing is known to fail: doubt is yes."""
    return all(not _known(fact, facts) or facts[fact] in allowed for fact, allowed in when.items())


def _known(fact: str, facts: Facts) -> bool:
    """A missing fact is not known, nor is a word outside the domain (an event's own variants)."""
    value = facts.get(fact)
    if value is None or value == "unknown":
        return False
    return fact == "variant" or value in FACTS[fact]


def _order(rule: str) -> tuple[int, str]:
    return len(rule), rule


def _first(rules: Sequence[_R]) -> _R | None:
    return min(rules, key=lambda rule: _order(rule.id), default=None)
