"""Whoever could not be told for want of a channel is told once the directory has one (H7, H10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from hub.concern import Concern, Party
from hub.decide import decide
from hub.decision import Occasion, OccasionKind
from hub.events.envelope import Event
from hub.frozen import replace
from hub.pack.rules import HOLDS_CHANGED
from hub.page import Page, Standing
from hub.plan.channels import reached_now
from hub.plan.climbing import on_ladders
from hub.plan.desk import Desk
from hub.plan.standing import standing_holds
from hub.plan.tools import Tools
from hub.vocabulary import OccasionId


def told_at_last(
    standing: Standing, concern: Concern, last: Event, tools: Tools, now: datetime
) -> Page | None:
    """Return the page that tells what waited for a fit channel; None where none has come.

    It is an occasion of its own, as if a hold had been released, with its decisions and its log.
    Whoever has been told waits no longer, so nothing is told twice. `last` is the concern's last
    event, `concern` the one of `standing`.
    """
    desk = Desk(standing=replace(standing, concern=concern), tools=tools, now=now)
    about = tools.about(concern)
    holds = standing_holds(concern, desk.history, about.pack, about.directory, now)
    reached = reached_now(concern, (), desk.history, holds, about.directory, now)
    if not reached:
        return None
    occasion = _occasion(reached, last, now)
    decisions = decide(occasion, concern, desk.history, about.pack, about.directory, now)
    desk.enter(decisions, last, concern)
    return on_ladders(desk.page(last), tools)


def _occasion(reached: Iterable[Party], last: Event, now: datetime) -> Occasion:
    whom = "|".join(f"{party.agency}|{party.role}" for party in sorted(reached))
    key = f"{last.source}|{last.id}|directory|{now.isoformat()}|{whom}"
    return Occasion(
        id=OccasionId(sha256(key.encode()).hexdigest()[:32]),
        kind=OccasionKind.HOLDS_CHANGED,
        concern=last.concern,
        event=last.id,
        event_source=last.source,
        event_name=HOLDS_CHANGED,
        at=now,
        reconsidered=frozenset(reached),
    )
