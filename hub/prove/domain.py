"""Every combination of facts that can make a difference to one cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Final

from hub.pack.cell import EVERY_DECISION, UNDECIDED, Cell, Decided
from hub.pack.rules import EVERYTHING, Conditions, domain_of
from hub.vocabulary import InfoClass, PoliceAdvice

_NOTHING: Final[frozenset[InfoClass]] = frozenset()


def worlds(
    conditions: Iterable[Conditions], event: str | None = None
) -> Iterator[Mapping[str, str]]:
    """Yield every combination of the facts that these conditions ask for.

    A fact that none of them asks for makes no difference and is left out. `event` gives `variant`
    its values.
    """
    facts = sorted({fact for when in conditions for fact in when})
    for values in product(*(domain_of(fact, event) for fact in facts)):
        yield dict(zip(facts, values, strict=True))


def releases(world: Mapping[str, str]) -> tuple[frozenset[InfoClass], ...]:
    """Return what may have been released in a world.

    A class is judged by whether it is in a partial release, and by no other class, so nothing and
    everything stand for all 256; and a release counts only while the advice is partial.
    """
    partial = world.get("police_advice") == PoliceAdvice.PARTIAL
    return (_NOTHING, EVERYTHING) if partial else (_NOTHING,)


def decisions(cell: Cell) -> tuple[Decided, ...]:
    """Return what may have been decided: nothing and everything stand for all, class by class."""
    asks = any(share.decided_by for share in cell.shares)
    return (UNDECIDED, EVERY_DECISION) if asks else (UNDECIDED,)


def conditions_of(cell: Cell) -> tuple[Conditions, ...]:
    """Return the conditions of every rule that bears on a cell."""
    return (
        *(rule.when for rule in cell.shares),
        *(rule.when for rule in cell.withholds),
        *(rule.when for rule in cell.routes),
        *(rule.when for rule in cell.nothings),
    )


def in_words(world: Mapping[str, str]) -> str:
    """Return a combination of facts for people."""
    return ", ".join(f"{fact} `{value}`" for fact, value in world.items()) or "always"
