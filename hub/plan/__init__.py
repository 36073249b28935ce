"""Events into one page: fold, decide, compose, oblige. Pure; intake, watch and explain share it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hub.events.envelope import Event
from hub.page import Page, Standing
from hub.plan.climbing import on_ladders
from hub.plan.desk import Desk
from hub.plan.rehearse import rehearsal, rehearse
from hub.plan.remembered import verdict_of
from hub.plan.tools import Tools

__all__ = ["Tools", "plan", "rehearsal", "rehearse", "verdict_of"]


def plan(standing: Standing, events: Sequence[Event], tools: Tools, now: datetime) -> Page:
    """Return the page that takes these events, in order, into one concern.

    All events are of one concern and have just been entered; earlier ones that could not follow
    are tried again after each that could. `now` is the register's clock, in UTC.
    """
    desk = Desk(standing=standing, tools=tools, now=now)
    for event in events:
        desk.take(event)
    return on_ladders(desk.page(events[0]), tools)
