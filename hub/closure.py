"""Who has been told of closure, who has not, and what a LEO may therefore confirm (004 11.1, M101, M102)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.concern import Concern, Party
from hub.decision import History
from hub.receipt import Reached, height
from hub.vocabulary import Role, Rung

STATUTORY_MINIMUM: Final = frozenset(
    {
        Role.REGULATOR,
        Role.HOST_AUTHORITY,
        Role.HOST_ICB,
        Role.PLACING_AUTHORITY,
        Role.PLACING_ICB,
        Role.PROVIDER,
    }
)
"""Who hears of closure whatever happened before (M022, M101)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A party the LEO confirms without the evidence, and who says so, and why."""

    party: Party
    reason: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Why closure cannot be confirmed yet: one party, or the concern itself."""

    party: Party | None
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """The LEO's confirmation that closure notices were sent. Made by the hub alone; immutable."""

    id: str
    concern: str
    by: str
    role: str
    at: datetime
    reached: tuple[tuple[Party, Reached], ...]
    waivers: tuple[Waiver, ...] = ()
    flags: tuple[str, ...] = ()
    """Such as one person in two of the three acts (separation of duties)."""


def closure_set(concern: Concern, history: History) -> frozenset[Party]:
    """Return everyone ever told, plus everyone ever held, plus the statutory minimum (semantics 12)."""
    minimum = {p for p in concern.parties() if p.role in STATUTORY_MINIMUM}
    return frozenset(minimum) | history.ever_told() | history.ever_held()


def gaps(
    concern: Concern,
    history: History,
    reached: Mapping[Party, Reached],
    waivers: Iterable[Waiver] = (),
    required: Rung = Rung.ACKNOWLEDGED,
) -> tuple[Gap, ...]:
    """Return every reason why closure cannot be confirmed; empty means it can.

    `reached` is what each party's closure notice has reached; a party that is not in it was sent
    none. `submitted` is never enough by itself.
    """
    found = []
    if concern.closure_authorised is None:
        found.append(Gap(party=None, says="The Chair has not authorised closure"))
    if concern.unknown_funders:
        found.append(
            Gap(party=None, says=f"{concern.unknown_funders} places have a funder nobody knows")
        )
    excused = {waiver.party for waiver in waivers if waiver.reason and waiver.name}
    for party in sorted(closure_set(concern, history)):
        if party in excused:
            continue
        held = history.still_held(party)
        if held:
            classes = ", ".join(sorted(held))
            found.append(Gap(party=party, says=f"still held from it: {classes}"))
        mine = reached.get(party)
        if mine is None:
            found.append(Gap(party=party, says="no closure notice has been sent to it"))
        elif height(mine.rung) < height(required):
            found.append(Gap(party=party, says=f"evidence reaches `{mine.rung}`, not `{required}`"))
    return tuple(found)
