"""Whether a party may be chased now, and what the chase would do: the next step of its ladder.

Pure; takes `now` (UTC). A chase sends nothing and asks nobody: it brings the ladder's next step
forward, and whoever watches takes it, with every hold and every answer looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hub.calendar import LONDON
from hub.escalate.ladder import Move
from hub.obligation import Obligation, ObligationKind, ObligationState, asks_key
from hub.page import Standing
from hub.plan.climbing import brought_forward
from hub.plan.reach import Known
from hub.plan.tools import Tools

APART: Final = timedelta(minutes=15)
"""How long whoever was told or asked last has, before the next step is brought forward."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaseable:
    """An answer that is owed, and what a chase of it would do at this moment."""

    owed: Obligation
    move: Move | None
    """What the next step would do; None: it climbs no ladder."""
    why_not: str
    """Why nobody may chase it now, as one sentence; empty: somebody may."""

    @property
    def step(self) -> int:
        """Return which step comes next, counted from 0."""
        return self.owed.climb.step if self.owed.climb else 0


def answer_owed_to(known: Known, obligations: Iterable[Obligation]) -> Obligation | None:
    """Return the open answer that this notice asks for, or None."""
    kind, notice = ObligationKind.ANSWER, known.notice.id
    return next((o for o in obligations if o.kind is kind and o.notice == notice), None)


def chaseable(
    owed: Obligation,
    known: Known,
    standing: Standing,
    obligations: Iterable[Obligation],
    chased: Iterable[datetime],
    tools: Tools,
    now: datetime,
) -> Chaseable:
    """Return what a chase would do. `obligations`: all that are open; `chased`: when it was."""
    move = None
    if standing.concern is not None:
        move = brought_forward(owed, known, standing, standing.concern, tools, now)
    last = max((*_moved(owed, known, obligations), *chased))
    return Chaseable(owed=owed, move=move, why_not=_why_not(owed, move, last, now))


def _moved(owed: Obligation, known: Known, obligations: Iterable[Obligation]) -> Iterable[datetime]:
    """Return when somebody was told or asked because of this answer, as far as it is known."""
    yield known.notice.composed_at
    yield from (delivery.due_at for delivery in known.deliveries)
    key = f"{asks_key(owed.kind, owed.key)}#"
    for task in obligations:
        if task.kind is ObligationKind.PERSON and task.key.startswith(key):
            yield task.opened_at


def _why_not(owed: Obligation, move: Move | None, last: datetime, now: datetime) -> str:
    if owed.climb is None or owed.climb.next_at is None or move is None:
        return "The agreed rules have no next step for this notice: ring them"
    match move.climb.state:
        case ObligationState.HELD:
            return "A hold keeps it from them. Nothing goes while it stands, and no chase ends it"
        case ObligationState.DISCHARGED:
            return "They have answered"
        case ObligationState.CANCELLED:
            return f"It is owed no more: it {move.climb.why}"
        case _:
            return _not_now(owed, owed.climb.next_at, move, last, now)


def _not_now(owed: Obligation, next_at: datetime, move: Move, last: datetime, now: datetime) -> str:
    if owed.taken is not None and owed.taken.until > now:
        until = _clock(owed.taken.until)
        return f"It is in the hands of {owed.taken.by} until {until}: nobody is asked before then"
    if next_at <= now:
        return "Its next step is being taken at this moment: look again in a minute"
    if owed.climb is not None and owed.climb.state is ObligationState.HELD:
        return f"It was held. Its ladder is looked at again at {_clock(next_at)}"
    if now < last + APART:
        says = f"Somebody was told or asked at {_clock(last)}"
        return f"{says}: it can be chased from {_clock(last + APART)} on"
    if not (move.tells or move.asks):
        return "Everybody whom the next step would tell has the notice already: ring them"
    return ""


def _clock(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%H:%M on %d %B}"
