"""Chases: a person has the next step of a ladder taken now, where nobody has answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hub.leaf import Leaf
from hub.obligation import Obligation
from hub.ports.releasing import Asker
from hub.vocabulary import ConcernId, NoticeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Chase:
    """One chase: of which answer, at which step of its ladder, by whom and why."""

    id: str
    concern: ConcernId
    obligation: str
    notice: NoticeId
    step: int
    """The step that was brought forward, counted from 0; past the last one it is raised."""
    by: Asker
    reason: str = field(repr=False)
    """A person's own words. They stay in the register; no log has them."""
    at: datetime


class KeepsChases(Protocol):
    """Brings a ladder's next step forward because a person asked for it, and remembers who."""

    async def chase(self, owed: Obligation, made: Chase, leaf: Leaf) -> bool:
        """Let the ladder of `owed` take its next step now; the chase and its leaf in one commit.

        Whoever watches takes the step, and looks at holds and answers first, as for every step.
        False, and nothing is written, where it is not as it was read: it is answered, held, in
        somebody's hands, or its ladder has moved on.
        """
        ...

    async def chases(self, concerns: Sequence[ConcernId], limit: int = 1000) -> tuple[Chase, ...]:
        """Return the chases of these concerns, newest first."""
        ...
