"""What ladders ask of the host authority's desks: each gets one list, not thirty calls (E1).

A list asks for no answer, so no ladder ever climbs for it; the tasks on the board are what is owed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from hub.concern import Concern, Party
from hub.decide import decide
from hub.decision import AskedOf, Occasion, OccasionKind
from hub.events.envelope import Event
from hub.frozen import replace
from hub.obligation import Obligation
from hub.pack.rules import LADDER_ASKED
from hub.page import Page, Standing
from hub.plan.climbing import on_ladders
from hub.plan.desk import Desk
from hub.plan.tools import Tools
from hub.vocabulary import OccasionId


def ask_desks(
    tasks: Sequence[Obligation],
    standing: Standing,
    concern: Concern,
    last: Event,
    tools: Tools,
    now: datetime,
) -> Page:
    """Return the page on which each desk that these tasks ask is told so, all of them at once.

    Every party has its decision, as of any occasion; a hold on a desk holds its list, and what a
    mail may not speak about is only counted. `last` is the concern's last event, `concern` the one
    of `standing`.
    """
    desk = Desk(standing=replace(standing, concern=concern), tools=tools, now=now)
    occasion = _occasion(tasks, last, now)
    about = tools.about(concern)
    decisions = decide(occasion, concern, desk.history, about.pack, about.directory, now)
    desk.enter(decisions, last, concern)
    page = desk.page(last)
    # The words stand in the notice, which can be erased; what was decided does without them.
    bare = tuple(replace(d, occasion=replace(d.occasion, asked=())) for d in page.decisions)
    return on_ladders(replace(page, decisions=bare), tools)


def _occasion(tasks: Sequence[Obligation], last: Event, now: datetime) -> Occasion:
    by_desk: dict[Party, list[Obligation]] = {}
    for task in tasks:
        by_desk.setdefault(task.party, []).append(task)
    key = "|".join((OccasionKind.LADDER, *sorted(task.id for task in tasks)))
    return Occasion(
        id=OccasionId(sha256(key.encode()).hexdigest()[:32]),
        kind=OccasionKind.LADDER,
        concern=last.concern,
        event=last.id,
        event_source=last.source,
        event_name=LADDER_ASKED,
        at=now,
        reconsidered=frozenset(by_desk),
        asked=tuple(_asked_of(desk, mine) for desk, mine in sorted(by_desk.items())),
    )


def _asked_of(desk: Party, tasks: Sequence[Obligation]) -> AskedOf:
    lines = [line for task in tasks for line in (task.openly or "").splitlines()]
    return AskedOf(
        desk=desk,
        lines=tuple(dict.fromkeys(lines)),
        unsaid=sum(1 for task in tasks if not task.openly),
    )
