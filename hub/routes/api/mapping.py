"""The map of a pack by the API: who is told what, by stages and by the kinds of event."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from aiohttp import web

from hub import api
from hub.api.rules import EventMapped, HearsShown, PartyByStages, StageShown, WayCounted
from hub.plan import Tools
from hub.prove.chart import ChartCell, chapter_names, chart
from hub.routes.api.operations import Call, Done, Operation
from hub.routes.api.rules import OF_RULES
from hub.routes.explaining import tools_of
from hub.routes.heat import NOT_DUE, kind_of
from hub.routes.heat_by_stage import Counted, Line
from hub.routes.rules import MAPS


async def _map(call: Call) -> Done:
    tools = await _tools(call)
    lines = await call.request.app[MAPS].of(tools.pack)
    said = api.MapShown(
        partnership=tools.pack.partnership,
        version=tools.pack.version,
        hash=tools.pack.hash,
        chapters=chapter_names(),
        parties=tuple(_by_stages(line) for line in lines),
    )
    return Done(said=said)


def _by_stages(line: Line) -> PartyByStages:
    stages = (
        StageShown(stage=cell.stage, ways=tuple(_counted(cell)), events=cell.all)
        for cell in line.cells
    )
    return PartyByStages(role=line.role, stages=tuple(stages))


def _counted(cell: Counted) -> Iterator[WayCounted]:
    for kind, number in cell.counts:
        yield WayCounted.model_validate({"way": kind.says, "events": number})


async def _chapter(call: Call) -> Done:
    tools = await _tools(call)
    wanted = next((each for each in chapter_names() if _slug(each) == call.named("chapter")), None)
    if wanted is None:
        raise web.HTTPNotFound
    found = await asyncio.to_thread(chart, tools.pack, wanted)
    events = tuple(
        EventMapped(
            event=row.event,
            parties=tuple(_hears(cell) for cell in row.cells if kind_of(cell) is not NOT_DUE),
        )
        for part in found.chapters
        for row in part.rows
    )
    said = api.ChapterShown(
        partnership=tools.pack.partnership,
        version=tools.pack.version,
        hash=tools.pack.hash,
        chapter=wanted,
        events=events,
        everywhere=found.everywhere,
    )
    return Done(said=said)


def _hears(cell: ChartCell) -> HearsShown:
    said = {"role": cell.role, "way": kind_of(cell).says, "says": cell.words}
    return HearsShown.model_validate(said)


async def _tools(call: Call) -> Tools:
    found = await tools_of(call.deps, call.named("partnership"))
    if found is None:
        raise web.HTTPNotFound
    return found


def _slug(chapter: str) -> str:
    return chapter.replace(" ", "-")


OPERATIONS: Final = (
    Operation(
        id="read_map",
        method="GET",
        path="/v1/rules/{partnership}/map",
        says="Who is told what by a partnership's rules: parties by stages.",
        answer=api.MapShown,
        carry=_map,
        **OF_RULES,
    ),
    Operation(
        id="read_chapter",
        method="GET",
        path="/v1/rules/{partnership}/map/{chapter}",
        says="Who is told what on each kind of event of one chapter; a space in its name is `-`.",
        answer=api.ChapterShown,
        carry=_chapter,
        **OF_RULES,
    ),
)
"""What a pack tells whom, at a glance."""
