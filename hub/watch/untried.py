"""Say who must hear of what waits untried: a closed webhook, or a queue that has come to stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import structlog

from hub.escalate import owed_while_waiting
from hub.leaf import leaf
from hub.ports import Register
from hub.ports.waiting import Waiting
from hub.vocabulary import ConcernId
from hub.watch.about import ToolsFor, tools_about

log = structlog.get_logger("hub.watch")


class Untried:
    """Opens what is owed of deliveries that wait. `at_once`: for each reason, in one look."""

    def __init__(self, register: Register, tools_for: ToolsFor, *, at_once: int) -> None:
        self._register = register
        self._tools_for = tools_for
        self._at_once = at_once
        self._stuck = 0
        """How many nothing could be said of at the last look; they may not hide the others."""

    async def say(self) -> int:
        """Return for how many deliveries something is owed from now on. Raises RegisterAway."""
        done = failed = 0
        of: defaultdict[ConcernId, list[Waiting]] = defaultdict(list)
        for each in await self._register.kept_waiting(self._at_once + self._stuck):
            of[each.delivery.concern].append(each)
        for concern, waiting in of.items():
            try:
                said = await self._say(concern, waiting)
            except Exception as fault:  # noqa: BLE001 (whatever one does, the others are said)
                log.error("untried.failed", concern=concern, fault=type(fault).__name__)  # noqa: TRY400 - ids only
                said = None
            done += said or 0
            failed += len(waiting) if said is None else 0
        self._stuck = failed
        return done

    async def _say(self, concern: ConcernId, waiting: Sequence[Waiting]) -> int | None:
        """Return of how many something is owed now; None where nothing can be planned."""
        done = 0
        async with self._register.entry() as entry:
            # Under the concern's lock: what was stopped meanwhile is nobody's to tell.
            still = await entry.still_waiting(concern, [one.delivery.id for one in waiting])
            known = None if still is None else still.concern
            tools = await tools_about(entry, concern, known, self._tools_for)
            if still is None or tools is None:
                return None
            now, host = await entry.now(), still.concern.host_authority
            for one in waiting:
                if one.delivery.id not in still.deliveries:
                    continue
                owed = owed_while_waiting(one.delivery, one.why, host, now=now, mint=tools.mint)
                if await entry.owe_once(owed):
                    done += 1
                    ids = {"delivery": one.delivery.id, "why": one.why.name.lower()}
                    await entry.note([leaf("delivery.waits", now, concern, **ids)])
                    log.warning("delivery.waits", concern=concern, **ids)
        return done
