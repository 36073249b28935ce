"""No rule is unreachable or without effect; a rule that only stands guard says so."""

from __future__ import annotations

from collections.abc import Iterable

from hub.pack.faults import PackFault
from hub.pack.rules import EVERYTHING, Pack
from hub.prove.answers import Seen, fault_at
from hub.vocabulary import InfoClass, Role, RuleId


def effect_faults(pack: Pack, seen: Seen) -> Iterable[PackFault]:
    """Yield each rule, role and class that makes no difference anywhere in the domain."""
    yield from _shares(pack, seen)
    yield from _withholds(pack, seen)
    yield from _routes(pack, seen)
    yield from _nothings(pack, seen)


def _shares(pack: Pack, seen: Seen) -> Iterable[PackFault]:
    for rule in pack.shares:
        pairs = ((role, info) for role in sorted(rule.roles) for info in sorted(rule.classes))
        for role, info in pairs:
            if not rule.guard and (rule.id, role, info) not in seen.shared:
                says = f"{rule.id} shares `{info}` with `{role}`, and nothing ever comes of it"
                yield fault_at(rule.where, says)


def _withholds(pack: Pack, seen: Seen) -> Iterable[PackFault]:
    by_rule: dict[tuple[RuleId, Role], set[InfoClass]] = {}
    for known, who, info in seen.kept:
        by_rule.setdefault((known, who), set()).add(info)
    for rule in pack.withholds:
        if rule.guard:
            continue
        for role in sorted(rule.roles):
            kept = by_rule.get((rule.id, role), set())
            idle = sorted(rule.classes - kept) if rule.classes != EVERYTHING else []
            if not kept:
                yield fault_at(rule.where, f"{rule.id} never keeps anything from `{role}`")
            elif idle:
                says = f"{rule.id} never keeps `{', '.join(idle)}` from `{role}`"
                yield fault_at(rule.where, says)


def _routes(pack: Pack, seen: Seen) -> Iterable[PackFault]:
    for rule in pack.routes:
        for role in sorted(rule.roles):
            if (rule.id, rule.event, role) not in seen.routed:
                yield fault_at(rule.where, f"{rule.id} never speaks for `{role}` on `{rule.event}`")
                continue
            for info in sorted(rule.classes):
                if (rule.id, rule.event, role, info) not in seen.given:
                    says = f"{rule.id} asks for `{info}` for `{role}`, which no rule ever shares"
                    yield fault_at(rule.where, says)


def _nothings(pack: Pack, seen: Seen) -> Iterable[PackFault]:
    for rule in pack.nothings:
        if rule.rest:
            # It stands for whoever is left; only one that is never needed is of no use.
            if not rule.guard and not any(known == rule.id for known, _, _ in seen.silent):
                yield fault_at(rule.where, f"{rule.id} speaks for nobody")
            continue
        pairs = ((event, role) for event in sorted(rule.events) for role in sorted(rule.roles))
        for event, role in pairs:
            if not rule.guard and (rule.id, event, role) not in seen.silent:
                yield fault_at(rule.where, f"{rule.id} never speaks for `{role}` on `{event}`")
