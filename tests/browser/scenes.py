"""What the demo's story does not come to, for its pictures: each a story of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from hub.cli.demo.stage import LEO as LEO_OF_THE_DEMO
from tests.flow.rosewood import LEO, OTHER, Rosewood, rosewood, served, sign_in
from tests.flow.test_chasing import CLOSED, emergency
from tests.flow.test_every_look import PRIVACY
from tests.flow.test_releases import ALL, held_from_surrey

OFFICER: Final = replace(LEO, id=LEO_OF_THE_DEMO)
OURS: Final = replace(PRIVACY, id="privacy")
THEIRS: Final = replace(OTHER, id="stranger")
OPENED: Final = ("concern-opened", "lead-agency-set", "chair-appointed")


class Apart(StrEnum):
    """What happens in a story that is played for its pictures alone."""

    SILENT = "a home closes in an emergency, and the regulator has not answered for 16 minutes"
    AMENDED = "a hold stands, and one fact is ticked to be left out of the notice"
    EMERGENCY = "a resident rang, and the concern is another authority’s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A story that is served, and what stands in the paths of its pictures."""

    base: str
    values: dict[str, str]


@asynccontextmanager
async def scene(of: Apart) -> AsyncIterator[Scene]:
    """Play one, and serve it."""
    async with AsyncExitStack() as stack:
        names = {Apart.SILENT: CLOSED, Apart.AMENDED: (), Apart.EMERGENCY: OPENED}[of]
        story = await stack.enter_async_context(rosewood(*names))
        story.people = (OFFICER, OURS, THEIRS)
        values = await _plays[of](story)
        browser = await stack.enter_async_context(served(story))
        if of is Apart.EMERGENCY:
            reader = await sign_in(story, browser, THEIRS)
            fields = {"reference": (await story.record()).concern.reference, "reason": _WHY}
            status, page = await reader.post("/emergency-access", fields)
            assert status == 303, page
            (given,) = await story.register.emergency_access_of(THEIRS.id, THEIRS.agency)
            values["access"] = given.id
            assert (await reader.get(f"/emergency-access/{given.id}"))[0] == 200
        yield Scene(base=story.base, values=values)


_WHY: Final = "A resident rang us: nobody has come to the home tonight"


async def _silent(story: Rosewood) -> dict[str, str]:
    path = await emergency(story)
    await story.clock.advance(timedelta(minutes=16))
    return {"chase": path}


async def _amended(story: Rosewood) -> dict[str, str]:
    await held_from_surrey(story)
    return {"fields": "&".join(f"{name}={yes}" for name, yes in ALL.items())}


async def _opened(story: Rosewood) -> dict[str, str]:
    await story.sent()
    return {}


_plays: Final = {Apart.SILENT: _silent, Apart.AMENDED: _amended, Apart.EMERGENCY: _opened}
