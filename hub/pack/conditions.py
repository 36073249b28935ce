"""Whether a rule's conditions hold, with facts that may be unknown (rules.md, semantics 2).

Doubt falls on the safe side. An unknown fact never lets a share or a `nothing` speak, and never
keeps a withhold or a route from speaking: a risk notice waits for no paper (semantics 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.pack.rules import FACTS, UNKNOWN, VARIANT, Conditions

# Asked some hundred times a decision, and written for that: plain loops, and the domain of a fact
# is looked at only where that changes the answer.


def satisfied(when: Conditions, facts: Mapping[str, str]) -> bool:
    """Whether every condition is known to hold. For a share and a `nothing`.

    A fact that is missing, or whose value is outside its domain, is unknown.
    """
    for fact, allowed in when.items():
        value = _value(fact, facts)
        if value not in allowed or _is_unknown(fact, value):
            return False
    return True


def applies(when: Conditions, facts: Mapping[str, str]) -> bool:
    """Whether every condition holds or is unknown. For a withhold and a route."""
    for fact, allowed in when.items():
        value = _value(fact, facts)
        if value not in allowed and not _is_unknown(fact, value):
            return False
    return True


def told_of(asked: Iterable[str], facts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of these facts, as conditions read them."""
    try:
        return tuple([facts[fact] for fact in asked])
    except KeyError:
        return tuple([_value(fact, facts) for fact in asked])


def _value(fact: str, facts: Mapping[str, str]) -> str:
    try:
        return facts[fact]
    except KeyError:
        return UNKNOWN


def _is_unknown(fact: str, value: str) -> bool:
    return value == UNKNOWN or (fact != VARIANT and value not in FACTS.get(fact, ()))
