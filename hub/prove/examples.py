"""Every example of the pack's owner comes out as it says, and every rule has at least one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Final

from hub.pack.cell import HeldBy, Judgement, NothingDue, SharedBy, Told, cell_of, judge_cell
from hub.pack.faults import PackFault
from hub.pack.rules import FACTS, UNKNOWN, Check, Nothing, Pack, Route, Share, WithholdRule
from hub.prove.answers import Memory, fault_at
from hub.vocabulary import InfoClass, Nation, Role, RuleId

QUIET: Final[Mapping[str, str]] = {
    **dict.fromkeys(FACTS, UNKNOWN),
    "reconsider": "no",
    "position": "open",
    "held_before": "no",
    "told_before": "no",
    "provider_informed": "no",
    "first_hearing": "not the first",
    "named": "no",
    "severity": "not flagged",
    "urgency": "not urgent",
    "initiated": "undecided",
    "communication": "agreed",
    "contact": "too early",
    "sharing": "not agreed",
    "takes_part": "no",
    "scope": "not set",
    "report": "no report",
    "held_elsewhere": "no",
    "consultation": "none",
    "mistaken": "no",
    "again": "no",
    **dict.fromkeys((fact for fact in FACTS if fact.startswith("is_")), "no"),
}
"""What an example means where it does not say: nothing has happened yet, and what only people
can know is unknown."""


def example_faults(pack: Pack, memory: Memory) -> Iterator[PackFault]:
    """Yield each example that comes out otherwise, and each rule that no example touches."""
    touched: set[RuleId] = set()
    for check in pack.checks:
        for role, expected in check.expect.items():
            judgement = _judge(pack, check, role, memory)
            touched |= _rules(judgement)
            for says in _differs(pack, check, role, expected, judgement):
                yield fault_at(check.where, f"{check.say}: {says}")
    rules: list[Share | WithholdRule | Route | Nothing] = [*pack.shares, *pack.withholds]
    rules += [*pack.routes, *pack.nothings]
    for rule in rules:
        if rule.id not in touched and not _guarded(pack, rule):
            yield fault_at(rule.where, f"{rule.id} has no `[[check]]`")


def _judge(pack: Pack, check: Check, role: Role, memory: Memory) -> Judgement:
    facts = {**QUIET, **check.given}
    cell = cell_of(pack, facts.pop("event"), role)
    key = id(check), id(cell)
    found = memory.examples.get(key)
    if found is None:
        found = check, cell, judge_cell(cell, facts, check.released, ())
        if memory.again:
            memory.examples[key] = found
    return found[2]


def _differs(
    pack: Pack,
    check: Check,
    role: Role,
    expected: str | frozenset[InfoClass],
    judgement: Judgement,
) -> Iterator[str]:
    came = _said(judgement)
    if isinstance(expected, frozenset):
        right = came == _classes(expected)
    else:
        right = expected in came.split("; ")
    if not right:
        meant = expected if isinstance(expected, str) else _classes(expected)
        yield f"`{role}` is {meant} in the example, and {came} by the rules"
    if isinstance(judgement, Told) and came.startswith("told "):
        yield from _differs_in_form(pack, check, role, judgement.route)


def _differs_in_form(pack: Pack, check: Check, role: Role, route: Route) -> Iterator[str]:
    if check.notice is not None and check.notice != route.notice:
        yield f"`{role}` gets `{check.notice}` in the example, and `{route.notice}` by {route.id}"
    if check.lane is not None and check.lane is not route.lane:
        yield f"`{role}` is told `{check.lane}` in the example, and `{route.lane}` by {route.id}"
    if check.required is not None and check.required is not route.required:
        asked = f"`{route.required}` by {route.id}"
        yield f"`{role}` is to reach `{check.required}` in the example, and {asked}"
    until = check.due.get(role)
    if until is None or check.at is None:
        return
    within, start = route.reply_within, check.at.astimezone(UTC)
    due = within and pack.calendar.due(start, within, Nation.ENGLAND_AND_WALES)
    if due != until:
        by = f"by {due:%Y-%m-%d %H:%M} UTC" if due else "at no time"
        wanted = f"{until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        yield f"`{role}` answers by {wanted} in the example, and {by} by {route.id}"


def _said(judgement: Judgement) -> str:
    """Return what came out, in the words of an example; several holds stand beside each other."""
    if isinstance(judgement, NothingDue):
        return "nothing"
    if not isinstance(judgement, Told):
        return "without a rule"
    shared = frozenset(j.info for j in judgement.classes if isinstance(j, SharedBy))
    if shared:
        return _classes(shared)
    held = sorted({f"held by {j.rule}" for j in judgement.classes if isinstance(j, HeldBy)})
    return "; ".join(held) or "withheld"


def _classes(classes: frozenset[InfoClass]) -> str:
    return "told " + ", ".join(info for info in InfoClass if info in classes)


def _rules(judgement: Judgement) -> set[RuleId]:
    if isinstance(judgement, NothingDue):
        return {judgement.rule.id}
    if not isinstance(judgement, Told):
        return set()
    found = {judgement.route.id}
    for judged in judgement.classes:
        found.add(judged.share.id if isinstance(judged, SharedBy) else judged.rule)
    return found


def _guarded(pack: Pack, rule: Share | WithholdRule | Route | Nothing) -> bool:
    """Whether a rule that only stands guard needs no example.

    A withhold that stands guard has its theorem: it keeps what may never come out. A share that
    does is a row of the matrix that no notice uses yet.
    """
    if isinstance(rule, Share):
        return rule.guard
    if not isinstance(rule, WithholdRule) or not rule.guard:
        return False
    pairs = {
        (role, info) for check in pack.checks for role, cs in check.never.items() for info in cs
    }
    return all((role, info) in pairs for role in rule.roles for info in rule.classes)
