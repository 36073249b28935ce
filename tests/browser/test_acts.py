"""The pages on which people chase, amend and agree are sound: axe, 320 px, and no console words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.browser.conftest import Visit
from tests.browser.crawler import Crawl
from tests.flow.rosewood import CHAIR, rosewood, served, sign_in
from tests.flow.test_amending import FORM, amended
from tests.flow.test_chasing import CLOSED, emergency
from tests.flow.test_releases import held_from_surrey

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_B06_the_pages_of_a_release_without_facts_are_sound(visit: Visit) -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        second, _ = await amended(await sign_in(story, browser))
        visitor = await visit(story.base)
        await visitor.sign_in(CHAIR)
        crawl = Crawl(visitor=visitor, paths=story.paths)
        for path in (f"{FORM}&leave.risk_level=yes&again=yes", f"{FORM}&leave.stage=yes", second):
            await visitor.open(path)
            await crawl.look(path)

    assert crawl.faults == []


async def test_B06_the_page_of_a_chase_is_sound_whether_or_not_it_may_be_made(visit: Visit) -> None:
    async with rosewood(*CLOSED) as story, served(story):
        path = await emergency(story)
        visitor = await visit(story.base)
        await visitor.sign_in()
        crawl = Crawl(visitor=visitor, paths=story.paths)
        await visitor.open(path)
        await crawl.look(path)
        await story.clock.advance(timedelta(minutes=16))
        await visitor.open(path)
        await crawl.look(path)

    assert crawl.faults == []
