"""Intake without planning: the rows of pages that were planned beforehand, and the same commits.

Beside intake alone it says what planning costs, and beside one row a message what the rows cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from bench.alone import consume
from bench.asked import Asked
from bench.composing import read, tools_at
from bench.work import Opened, directory
from hub.app import Made, open_hub
from hub.events.envelope import Event
from hub.page import Page, Standing
from hub.plan import plan
from hub.ports import Received, Register


async def rows_side(asked: Asked) -> None:
    """Consume, write for each message an event and its page as intake does, and acknowledge.

    The pages are of events like those that come, and were planned before the word is given. What
    a message says is neither read nor judged.
    """
    hub = await open_hub(asked.settings, ("intake",), Made(seeds=directory(asked.hooks)))
    pages = _planned(asked.warm + asked.count, asked.hooks)
    await consume(asked, partial(_write, hub.register, iter(pages)))
    await hub.close()


def _planned(count: int, hooks: str) -> list[tuple[Event, Page]]:
    tools, opened = tools_at(directory(hooks)), Opened()
    events = [read(opened.next()[0]) for _ in range(count)]
    return [(event, plan(Standing(), (event,), tools, datetime.now(UTC))) for event in events]


async def _write(
    register: Register, pages: Iterator[tuple[Event, Page]], batch: tuple[Received, ...]
) -> None:
    """Write as many pages as there are messages, by the calls by which intake writes them."""
    some = list(islice(pages, len(batch)))
    async with register.entry() as entry:
        await entry.directory()
        async with entry.savepoint():
            await entry.standing(sorted(event.concern for event, _ in some))
            await entry.take([event for event, _ in some])
            for _, page in sorted(some, key=lambda one: one[1].id):
                await entry.write(page)
