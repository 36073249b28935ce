"""What is said of one event and one role: each class shared, held or withheld, or nothing due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.pack.rules import Nothing, Route, Share
from hub.vocabulary import HoldId, HoldKind, InfoClass, Role, RuleId

CLOSED_WORLD: Final = RuleId("closed-world")
"""The rule of what no `share` names (semantics 1)."""
OWN_PROTOCOL: Final = RuleId("own-protocol")
"""The rule of what the protocol agreed for one concern leaves out (M067)."""
PLACED_HOLD: Final = RuleId("placed-hold")
"""The rule of what a named person holds (mission 1.0)."""

_KINDS: Final = {kind: order for order, kind in enumerate(HoldKind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CellHold:
    """A hold on the party that is judged: placed by a person, or H10 where no contact is."""

    id: HoldId | None
    kind: HoldKind
    classes: frozenset[InfoClass]
    released_by: str
    sentence: str
    paragraph: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What people have decided for the party that is judged, where the matrix says `need`."""

    share: frozenset[tuple[InfoClass, Role]] = frozenset()
    """Class and the role whose decision it was."""
    refuse: frozenset[InfoClass] = frozenset()
    narrow: frozenset[InfoClass] = frozenset()
    """What this concern's own protocol leaves out for this party (004 7.1i)."""


UNDECIDED: Final = Decided()
EVERY_DECISION: Final = Decided(share=frozenset((i, r) for i in InfoClass for r in Role))
"""Whatever could be decided has been; for proofs of what may never come out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedBy:
    """This class may be told, by this share."""

    info: InfoClass
    share: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBy:
    """This class waits until it is released, by a pack rule or a placed hold."""

    info: InfoClass
    kind: HoldKind
    released_by: str
    rule: RuleId
    sentence: str
    paragraph: str
    hold: HoldId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldBy:
    """This class is not for this party."""

    info: InfoClass
    rule: RuleId
    sentence: str
    paragraph: str


ClassJudgement = SharedBy | HeldBy | WithheldBy


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingDue:
    """A `nothing` rule says that nothing is due."""

    rule: Nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A route speaks; each class of it is shared, held or withheld, in the order C0 to C7."""

    route: Route
    classes: tuple[ClassJudgement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRule:
    """Neither a route nor a `nothing` speaks: withheld, and a fault of the pack (semantics 1)."""


Judgement = NothingDue | Told | NoRule


def precedence(held: HeldBy) -> tuple[int, str, int, str]:
    """Return what the lowest comes first by: its kind, a rule before a person, W2 before W10."""
    return _KINDS[held.kind], held.hold or "", len(held.rule), held.rule
