"""Packs with one rule changed, made by a seeded machine: mistakes that its checks must find.

One line of a pack may be several rules (a route of four events): they change together, as the line
would. What no pack that loads can hold is left out: the loader refuses it, and tests of the loader
say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from random import Random
from typing import Any, Final

from hub.calendar import Within
from hub.pack.rules import EVERYTHING, UNKNOWN, Pack, domain_of
from hub.prove.answers import EVENT_NAMES
from hub.vocabulary import HoldKind, InfoClass, Lane, Role, Rung

Rules = tuple[Any, ...]
"""The rules of one line, all of one kind and with one id."""
Change = Callable[[Any], Any]

KINDS: Final = ("shares", "withholds", "routes", "nothings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A pack with one line changed, made when it is asked for."""

    what: str
    make: Callable[[], Pack]

    @property
    def pack(self) -> Pack:
        """Return the changed pack."""
        return self.make()


def mutants(pack: Pack, chance: Random) -> Iterator[Mutant]:
    """Yield every mutant: each line in each way that fits it, with words that chance chose."""
    for kind in KINDS:
        for rules in _lines(getattr(pack, kind)):
            for what, change in _ways(kind, rules, pack, chance):
                changed = tuple(change(rule) for rule in rules)
                if changed != rules:
                    make = partial(_made, pack, kind, rules, changed)
                    yield Mutant(what=f"{rules[0].id}: {what}", make=make)
    yield from _granted(pack, chance)


def _lines(rules: Sequence[Any]) -> list[Rules]:
    by_id: dict[str, list[Any]] = {}
    for rule in rules:
        by_id.setdefault(rule.id, []).append(rule)
    return [tuple(found) for found in by_id.values()]


def _made(pack: Pack, kind: str, rules: Rules, changed: Rules) -> Pack:
    """Put the changed rules in place; the cells that none of them bears on stay gathered."""
    now = {id(rule): other for rule, other in zip(rules, changed, strict=True)}
    found = (now.get(id(rule), rule) for rule in getattr(pack, kind))
    other: dict[str, Any] = {kind: tuple(rule for rule in found if rule is not None)}
    mutant = replace(pack, **other)
    touched = _cells((*rules, *(rule for rule in changed if rule is not None)))
    kept = {place: cell for place, cell in pack.gathered.items() if place not in touched}
    mutant.gathered.update(kept)
    return mutant


def _cells(rules: Rules) -> set[tuple[str, Role]]:
    found: set[tuple[str, Role]] = set()
    for rule in rules:
        events = getattr(rule, "events", None) or {getattr(rule, "event", None)}
        found |= set(product(EVENT_NAMES if None in events else events, rule.roles))
    return found


def _ways(kind: str, rules: Rules, pack: Pack, chance: Random) -> Iterator[tuple[str, Change]]:
    rule = rules[0]
    yield "dropped", lambda _: None
    yield from _sets(rule, "roles", tuple(Role), chance)
    if kind != "nothings" and not getattr(rule, "released_excepted", False):
        yield from _sets(rule, "classes", tuple(InfoClass), chance)
    yield from _conditions(rule, chance)
    if kind == "routes":
        yield from _forms(rule, pack, chance)
    if kind == "withholds" and rule.hold is not None:
        yield from _holds(rule, chance)
    if kind == "shares" and rule.decided_by:
        yield "needs nobody's decision", partial(_with, decided_by=frozenset())
    if hasattr(rule, "guard"):
        yield f"guard {not rule.guard}", partial(_with, guard=not rule.guard)


def _sets(
    rule: Any,  # noqa: ANN401  # any of the four kinds
    name: str,
    words: Sequence[Any],
    chance: Random,
) -> Iterator[tuple[str, Change]]:
    """One more, one less, and one for another, of roles or of classes."""
    has = sorted(getattr(rule, name))
    # A route cannot keep quiet about the process; whoever is left out of a rest is put back.
    may_go = [word for word in has if name == "roles" or word is not InfoClass.PROCESS]
    left = [word for word in words if word not in has]
    whole = name == "classes" and getattr(rule, name) == EVERYTHING
    if left and not whole:
        more = chance.choice(left)
        yield f"also {more}", lambda r: _with(r, **{name: getattr(r, name) | {more}})
    if len(has) > 1 and may_go and not whole:
        gone = chance.choice(may_go)
        yield f"not {gone}", lambda r: _with(r, **{name: getattr(r, name) - {gone}})
    if left and may_go and not whole:
        out, into = chance.choice(may_go), chance.choice(left)
        yield (
            f"{into} for {out}",
            lambda r: _with(r, **{name: getattr(r, name) - {out} | {into}}),
        )


def _conditions(rule: Any, chance: Random) -> Iterator[tuple[str, Change]]:  # noqa: ANN401
    for fact, values in sorted(rule.when.items()):
        domain = domain_of(fact, getattr(rule, "event", None) or _an_event(rule))
        yield f"no {fact}", partial(_when, fact=fact, values=None)
        left = sorted(set(domain) - values - {UNKNOWN})
        known = sorted(values - {UNKNOWN})
        if left:
            more = chance.choice(left)
            yield f"{fact} also {more}", partial(_when, fact=fact, values=values | {more})
        if len(known) > 1:
            less = chance.choice(known)
            yield f"{fact} not {less}", partial(_when, fact=fact, values=values - {less})
        if left and known:
            other = frozenset({chance.choice(left)})
            yield f"{fact} only {min(other)}", partial(_when, fact=fact, values=other)


def _forms(route: Any, pack: Pack, chance: Random) -> Iterator[tuple[str, Change]]:  # noqa: ANN401
    notices = sorted({r.notice for r in pack.routes} - {route.notice})
    if notices:
        notice = chance.choice(notices)
        yield f"notice {notice}", partial(_with, notice=notice)
    lane = chance.choice([lane for lane in Lane if lane is not route.lane])
    yield f"lane {lane}", partial(_with, lane=lane)
    rung = chance.choice([rung for rung in Rung if rung is not route.required])
    yield f"required {rung}", partial(_with, required=rung)
    within = route.reply_within
    if within is not None:
        more = Within(amount=within.amount * 2, unit=within.unit)
        yield "twice the time", partial(_with, reply_within=more)
        yield "no deadline", partial(_with, reply_within=None)


def _holds(rule: Any, chance: Random) -> Iterator[tuple[str, Change]]:  # noqa: ANN401
    kind = chance.choice([kind for kind in HoldKind if kind is not rule.hold])
    yield f"hold {kind}", partial(_with, hold=kind)
    yield "withheld for ever", partial(_with, hold=None)
    who = chance.choice([role for role in Role if role != rule.released_by])
    yield f"released by {who}", partial(_with, released_by=who.value)


def _granted(pack: Pack, chance: Random) -> Iterator[Mutant]:
    """Grants and hold authorities: dropped, or of another publisher."""
    for grant in pack.grants:
        others = tuple(g for g in pack.grants if g is not grant)
        name = f"grant {grant.publisher}"
        yield Mutant(what=f"{name}: dropped", make=partial(replace, pack, grants=others))
        typo = replace(grant, publisher=type(grant.publisher)(f"{grant.publisher}x"))
        yield Mutant(what=f"{name}: misspelt", make=partial(replace, pack, grants=(*others, typo)))
        if len(grant.events) > 1:
            less = replace(grant, events=grant.events - {chance.choice(sorted(grant.events))})
            fewer = partial(replace, pack, grants=(*others, less))
            yield Mutant(what=f"{name}: an event less", make=fewer)


def _an_event(rule: Any) -> str | None:  # noqa: ANN401
    return min(getattr(rule, "events", ()), default=None)


def _with(rule: Any, **other: object) -> Any:  # noqa: ANN401
    return replace(rule, **other)


def _when(rule: Any, fact: str, values: frozenset[str] | None) -> Any:  # noqa: ANN401
    left: Mapping[str, frozenset[str]] = {f: v for f, v in rule.when.items() if f != fact}
    return replace(rule, when=left if values is None else {**left, fact: values})
