"""Many ladders whose next step falls due at known instants, on a real register."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import bindparam

from hub.adapters.register import tables as t
from hub.adapters.register.columns import Moment
from hub.adapters.register.sql import SqlRegister
from hub.directory import Directory
from hub.obligation import Climb, ObligationKind
from hub.plan import Tools
from hub.vocabulary import RuleId
from tests import worlds
from tests.builders import fresh, obligation_of, opened, telling

ROUND_THE_CLOCK: Final = RuleId("L1")
"""Its first step, at once, asks the duty desk to phone; the next comes half an hour later."""

OF_ONE_CONCERN: Final = 25


@cache
def _tools() -> Tools:
    return worlds.tools()


def tools_for(_partnership: str, directory: Directory) -> Tools:
    return replace(_tools(), directory=directory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One step that was taken: of which obligation, which step, when."""

    obligation: str
    step: int
    at: datetime


async def plant(register: SqlRegister, dues: Sequence[datetime]) -> dict[str, datetime]:
    """Let one ladder's first step be due at each of these instants, 25 in a concern.

    Return when each is due, by its obligation.
    """
    await register.seed(_tools().directory)
    planted: dict[str, datetime] = {}
    for start in range(0, len(dues), OF_ONE_CONCERN):
        event = opened()
        owed = tuple(
            obligation_of(
                event.concern,
                id=fresh("timer"),
                kind=ObligationKind.CONTRIBUTE,
                says="give what was asked for",
                climb=Climb(ladder=ROUND_THE_CLOCK, anchor=due, next_at=due),
            )
            for due in dues[start : start + OF_ONE_CONCERN]
        )
        page = replace(telling(event), deliveries=(), obligations=owed)
        async with register.entry() as entry:
            await entry.take([event])
            await entry.write(page)
        planted |= {one.id: one.climb.anchor for one in owed if one.climb is not None}
    return planted


async def set_off(register: SqlRegister, planted: Mapping[str, datetime]) -> None:
    """Let these ladders begin at other instants than those they were planted with."""
    o, begins = t.obligation, bindparam("due_at", type_=Moment)
    async with register._database.writing("by hand") as wire:
        await wire.run(
            o.update().where(o.c.id == bindparam("of")).values(anchor=begins, next_at=begins),
            [{"of": one, "due_at": due} for one, due in planted.items()],
        )


async def taken(register: SqlRegister) -> list[Taken]:
    """Return every step that was taken, in the order in which it was written."""
    leaf = t.audit_leaf
    async with register._database.reading() as wire:
        rows = await wire.rows(
            leaf.select().where(leaf.c.kind == "ladder.step").order_by(leaf.c.seq)
        )
    return [
        Taken(obligation=said["obligation"], step=said["step"], at=row["at"])
        for row in rows
        for said in (json.loads(row["data"]),)
    ]
