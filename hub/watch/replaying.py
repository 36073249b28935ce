"""Carry out what people ordered to be sent again; whoever ordered it need not wait for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import structlog

from hub.directory import Directory
from hub.page import Standing
from hub.plan.replaying import verdict
from hub.ports import Register, RegisterAway
from hub.ports.replaying import Judge
from hub.repeat import Candidate, Verdict
from hub.vocabulary import ConcernId
from hub.watch.about import ToolsFor

log = structlog.get_logger("hub.watch")

AT_ONCE: Final = 100
"""Deliveries of one commit: their concerns are locked for so long."""

PIECES: Final = 10
"""Commits of one look, for each order: no step of a ladder waits for a replay."""


class Replaying:
    """Goes on with every order that has not ended. Two of them do no harm."""

    def __init__(self, register: Register, tools_for: ToolsFor) -> None:
        self._register = register
        self._judge = judge_by(tools_for)

    async def go_on(self) -> int:
        """Return how many deliveries were queued again. Raises RegisterAway."""
        again = 0
        for order in await self._register.replays():
            if order.ended is not None:
                continue
            before = order.counts.get(Verdict.AGAIN, 0)
            try:
                after = await self._carry_out(order.id)
            except RegisterAway:
                raise
            except Exception as fault:  # noqa: BLE001 (one order must not keep the others waiting)
                log.error("replay.failed", replay=order.id, fault=type(fault).__name__)  # noqa: TRY400 - ids only
                continue
            again += after - before
        return again

    async def _carry_out(self, order: str) -> int:
        so_far = 0
        for _ in range(PIECES):
            done = await self._register.go_on_replaying(order, self._judge, AT_ONCE)
            if done is None:
                break
            so_far = done.counts.get(Verdict.AGAIN, 0)
            if done.ended is not None:
                log.info("replay.ended", replay=order, again=so_far)
                break
        return so_far


def judge_by(tools_for: ToolsFor) -> Judge:
    """Return what says, by the packs in force, whether a delivery may be sent again."""

    def judge(
        found: Sequence[Candidate],
        standing: Mapping[ConcernId, Standing],
        directory: Directory,
        now: datetime,
    ) -> Sequence[Verdict]:
        said = []
        for one in found:
            known = standing[one.delivery.concern]
            concern = known.concern
            tools = None if concern is None else tools_for(concern.partnership, directory)
            said.append(verdict(one, known, tools, now))
        return said

    return judge
