"""What is known of one concern that something is to be decided about, its lock taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from hub.concern import Concern
from hub.directory import Directory
from hub.page import Standing
from hub.plan import Tools
from hub.ports import Entry
from hub.vocabulary import ConcernId

log = structlog.get_logger("hub.watch")

ToolsFor = Callable[[str, Directory], Tools | None]
"""The pack in force, words and the rest for a partnership; None where this hub has no such pack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known about one concern, locked."""

    standing: Standing
    concern: Concern
    tools: Tools


async def about(entry: Entry, concern: ConcernId, tools_for: ToolsFor) -> About | None:
    """Lock the concern and return what is known of it; None: nothing can be planned."""
    standing = (await entry.standing([concern]))[concern]
    tools = await tools_about(entry, concern, standing.concern, tools_for)
    if standing.concern is None or tools is None:
        return None
    provider = standing.concern.service.provider
    holding = (await entry.holding([provider], 2)).get(provider, ())
    elsewhere = tuple(h for h in holding if h.concern != concern)
    now = replace(standing.concern, elsewhere=elsewhere)
    return About(standing=standing, concern=now, tools=tools)


async def tools_about(
    entry: Entry, concern: ConcernId, known: Concern | None, tools_for: ToolsFor
) -> Tools | None:
    """Return what plans for this concern; None, said in the log: nothing can be planned."""
    if known is None:
        log.error("concern.not.opened", concern=concern)
        return None
    tools = tools_for(known.partnership, await entry.directory())
    if tools is None:
        log.error("concern.without.pack", concern=concern)
    return tools
