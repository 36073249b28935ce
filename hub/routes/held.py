"""What is held from whom, in words that need no table of hold kinds. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from hub.access import Official, Post
from hub.concern import Party
from hub.directory import Directory
from hub.page import StandingHold
from hub.routes.naming import HELD_FOR, held_words, party_name
from hub.vocabulary import HoldKind

GROUND_FOR_THE_LEO: Final = frozenset({HoldKind.H1, HoldKind.H3, HoldKind.H4})
"""Their grounds are C4, C5 or C7: for the LEO, who recorded them (rules.md, semantics 6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFrom:
    """What is held from one party, and what to do about it."""

    name: str
    kind: HoldKind
    must_not_hear: str
    waits_for: str
    """Empty where only the lead enquiry officer may know."""
    ground: str


def held_from(
    holds: Iterable[StandingHold], directory: Directory, person: Official
) -> tuple[HeldFrom, ...]:
    """Return what is held, grounds only for who may know them (rules.md, semantics 6)."""

    def key(hold: StandingHold) -> tuple[Party, HoldKind, str]:
        return hold.party, hold.kind, hold.reason

    found = []
    for (party, kind, reason), same in groupby(sorted(holds, key=key), key=key):
        may_know = person.post is Post.LEO or kind not in GROUND_FOR_THE_LEO
        found.append(
            HeldFrom(
                name=party_name(party, directory),
                kind=kind,
                must_not_hear=held_words(hold.info for hold in same),
                waits_for=HELD_FOR[kind] if may_know else "",
                ground=reason if may_know else "Ask the lead enquiry officer",
            )
        )
    return tuple(found)
