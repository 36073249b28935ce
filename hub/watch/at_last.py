"""Tell whoever waited for a fit channel, once the directory has one."""

from __future__ import annotations

import structlog

from hub.directory import Directory
from hub.plan.at_last import told_at_last
from hub.ports import Register
from hub.vocabulary import ConcernId
from hub.watch.about import ToolsFor, about

log = structlog.get_logger("hub.watch")


class AtLast:
    """Looks once at each change of the directory."""

    def __init__(self, register: Register, tools_for: ToolsFor) -> None:
        self._register = register
        self._tools_for = tools_for
        self._known: Directory | None = None
        """The directory by which nobody waits any more who need not."""

    async def tell(self) -> int:
        """Return for how many concerns somebody is told. Raises RegisterAway."""
        directory = await self._register.directory()
        if directory is self._known:
            return 0
        done = failed = 0
        for concern in await self._register.wanting():
            try:
                told = await self._tell(concern)
            except Exception as fault:  # noqa: BLE001 (whatever one does, the others are told)
                log.error("at_last.failed", concern=concern, fault=type(fault).__name__)  # noqa: TRY400 - ids only
                told = None
            failed += told is None
            done += bool(told)
        self._known = None if failed else directory
        return done

    async def _tell(self, concern: ConcernId) -> bool | None:
        """Return whether somebody is told; None where nothing can be planned now."""
        async with self._register.entry() as entry:
            known = await about(entry, concern, self._tools_for)
            if known is None:
                return None
            last = (await entry.past([concern]))[concern][-1]
            now = await entry.now()
            page = told_at_last(known.standing, known.concern, last, known.tools, now)
            if page is None:
                return False
            await entry.write(page)
        log.info("at_last.told", concern=concern, notices=len(page.notices))
        return True
