"""What would be known of a concern after some events, as if each page had been written and sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub.decision import History
from hub.events.envelope import Event
from hub.page import Page, Standing
from hub.plan.desk import Desk
from hub.plan.remembered import told_of
from hub.plan.revising import revisions_after
from hub.plan.tools import Tools


def rehearse(events: Sequence[Event], tools: Tools) -> Standing:
    """Return what is known after these events of one concern, oldest first. Nothing is written.

    Each is planned at the moment it occurred. Whatever was to be told counts as sent.
    """
    standing = Standing()
    for _, after in rehearsal(events, tools):
        standing = after
    return standing


def rehearsal(events: Sequence[Event], tools: Tools) -> Iterator[tuple[Page, Standing]]:
    """Yield the page that each event would write, and what is known after it."""
    standing = Standing()
    known = {(event.source, event.id): event for event in events}
    for event in events:
        desk = Desk(standing=standing, tools=tools, now=event.occurred)
        desk.take(event)
        page = desk.page(event)
        told = tuple(told_of(decision) for decision in page.decisions)
        standing = Standing(
            concern=page.concern,
            version=standing.version + 1,
            history=History(told=standing.history.told + told),
            waiting=tuple(known[(w.source, w.event)] for w in page.waiting),
            past=(*standing.past, *(known[key] for key in page.applied)),
            revisions=revisions_after(standing, page),
        )
        yield page, standing
