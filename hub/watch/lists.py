"""Send each desk that ladders have asked one list of it: one list, not thirty calls (E1)."""

from __future__ import annotations

import structlog

from hub.plan.asking import ask_desks
from hub.ports import Register
from hub.vocabulary import ConcernId
from hub.watch.about import ToolsFor, about

log = structlog.get_logger("hub.watch")


class Lists:
    """Sends what desks are asked for and stands on no list yet. `at_once`: concerns in one look."""

    def __init__(self, register: Register, tools_for: ToolsFor, *, at_once: int) -> None:
        self._register = register
        self._tools_for = tools_for
        self._at_once = at_once
        self._unlisted = 0
        """How many concerns' lists could not be sent at the last look."""

    async def send(self) -> int:
        """Return for how many concerns lists were sent. Raises RegisterAway."""
        done = 0
        concerns = await self._register.asking(self._at_once + self._unlisted)
        for concern in concerns:
            try:
                done += await self._send(concern)
            except Exception as fault:  # noqa: BLE001 (whatever one does, the others are sent)
                log.error("list.failed", concern=concern, fault=type(fault).__name__)  # noqa: TRY400 - ids only
        self._unlisted = len(concerns) - done
        return done

    async def _send(self, concern: ConcernId) -> bool:
        async with self._register.entry() as entry:
            known = await about(entry, concern, self._tools_for)
            # Asked under the concern's lock: of two watchers, one sends the list.
            tasks = () if known is None else await entry.asked(concern)
            if known is None or not tasks:
                return False
            last = (await entry.past([concern]))[concern][-1]
            now = await entry.now()
            page = ask_desks(tasks, known.standing, known.concern, last, known.tools, now)
            await entry.write(page)
            await entry.listed(tasks)
        log.info("list.done", concern=concern, tasks=len(tasks))
        return True
