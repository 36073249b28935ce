"""The earlier events of a concern, read where one of a batch may bring a party (semantics 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hub.events.envelope import Event
from hub.events.marks import may_bring
from hub.page import Standing
from hub.ports import Entry
from hub.vocabulary import ConcernId


async def with_past(
    entry: Entry, standing: Mapping[ConcernId, Standing], events: Sequence[Event]
) -> Mapping[ConcernId, Standing]:
    """Return what is known of each concern, its earlier events with it where they are needed.

    To be asked before the batch is entered. An event that waits may bring a party as well, once
    another lets it follow.
    """
    by_these = {event.concern for event in events if may_bring(type(event.data))}
    bringing = [
        concern
        for concern, known in standing.items()
        if known.concern is not None  # a new one has no past
        and (concern in by_these or any(may_bring(type(event.data)) for event in known.waiting))
    ]
    past = await entry.past(bringing) if bringing else {}
    return {
        concern: replace(known, past=past[concern]) if concern in past else known
        for concern, known in standing.items()
    }
