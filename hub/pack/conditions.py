"""Whether a rule's conditions hold, with facts that may be unknown (rules.md, semantics 2).

Doubt falls on the safe side. An unknown fact never lets a share or a `nothing` speak, and never
keeps a withhold or a route from speaking: a risk notice waits for no paper (semantics 9).
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.pack.rules import FACTS, UNKNOWN, VARIANT, Conditions


def satisfied(when: Conditions, facts: Mapping[str, str]) -> bool:
    """Whether every condition is known to hold. For a share and a `nothing`.

    A fact that is missing, or whose value is outside its domain, is unknown.
    """
    return all(_known(fact, facts) in allowed for fact, allowed in when.items())


def applies(when: Conditions, facts: Mapping[str, str]) -> bool:
    """Whether every condition holds or is unknown. For a withhold and a route."""
    return all(
        (value := _known(fact, facts)) is None or value in allowed for fact, allowed in when.items()
    )


def _known(fact: str, facts: Mapping[str, str]) -> str | None:
    value = facts.get(fact, UNKNOWN)
    inside = fact == VARIANT or value in FACTS.get(fact, ())
    return value if value != UNKNOWN and inside else None
