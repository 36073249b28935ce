"""A ladder: who is asked next where nobody answers, or nothing is done in time (`[[ladder]]`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub.calendar import Within
from hub.pack.faults import Where
from hub.vocabulary import Lane, ObligationKind, Role, RuleId, Rung


class Desk(StrEnum):
    """Whom of the party itself a step goes to: the directory's `order` 0, 1 and 2."""

    DUTY = "duty contact"
    DEPUTY = "deputy"
    DIRECTOR = "director on call"

    @property
    def order(self) -> int:
        """Return the contact's place in the directory."""
        return list(Desk).index(self)


class Starts(StrEnum):
    """The instant from which every step of a ladder is counted."""

    OWED = "when it was owed"
    DUE = "when it was due"


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderStep:
    """One step: how long after the ladder's start, to whom, and what a person is asked to do."""

    after: Within
    desks: tuple[Desk, ...]
    """Of the party: they get the notice, where there is one."""
    seniors: tuple[Role, ...]
    """Desks of the host authority: they get a task."""
    ask: str
    """What the host's duty desk does; empty: nothing."""
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Steps in order of time, and whom it is raised to without end once they have run out."""

    id: RuleId
    say: str
    events: frozenset[str]
    """It serves the answers to notices of these events; empty, with `lanes` and `kinds`, or not."""
    lanes: frozenset[Lane]
    """It serves the answers to every other notice of these lanes."""
    kinds: frozenset[ObligationKind]
    """It serves these kinds of obligation."""
    roles: frozenset[Role]
    """Whose obligations."""
    enough: Rung
    """How far the evidence must reach before it stops, for the answer to a notice."""
    people: int
    """How many different people of each party must acknowledge; 1 but for a quorum."""
    starts: Starts
    working: bool
    """True: in the party's own working time. An urgent ladder never is (rules.md, escalation 7)."""
    steps: tuple[LadderStep, ...]
    raised_to: Role
    every: Within
    paragraph: str
    where: Where

    def serves_answers(self, event: str, lane: Lane, role: Role) -> int:
        """Return how closely it fits the answer to a notice: 2 by event, 1 by lane, 0 not."""
        if role not in self.roles:
            return 0
        return 2 if event in self.events else int(lane in self.lanes)


def ladder_for_answer(
    ladders: tuple[Ladder, ...], event: str, lane: Lane, role: Role
) -> Ladder | None:
    """Return the ladder of an answer that a notice asks for; one of its event goes before others.

    `event` is a short name, `holds.changed`, or empty where nobody remembers.
    """
    fitting = (one for one in ladders if one.serves_answers(event, lane, role))
    return max(fitting, key=lambda one: one.serves_answers(event, lane, role), default=None)


def ladder_for_kind(ladders: tuple[Ladder, ...], kind: ObligationKind, role: Role) -> Ladder | None:
    """Return the ladder of an obligation that follows from the concern's state, or None."""
    return next((one for one in ladders if kind in one.kinds and role in one.roles), None)
