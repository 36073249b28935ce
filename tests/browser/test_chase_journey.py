"""A chase by keyboard alone: what it does is read first, and the board says who chased."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.flow.rosewood import CONCERN, LEO, rosewood, served
from tests.flow.test_chasing import CLOSED, WHY, emergency, told, watched

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_M105_a_leo_chases_by_keyboard_alone_and_reads_first_what_it_does(
    visit: Visit,
) -> None:
    async with rosewood(*CLOSED) as story, served(story):
        path = await emergency(story)
        await story.clock.advance(timedelta(minutes=16))
        before = await told(story)
        leo = await visit(story.base)
        page = leo.page
        await leo.open("/sign-in")
        await leo.press_on(page.get_by_role("radio").first, "Space")
        await leo.press_on(page.get_by_role("button", name="Sign in"))
        await leo.sees("My work")
        await leo.open(f"/concerns/{CONCERN}")
        await leo.press_on(page.locator(f'a[href="{path}"]'))
        await leo.sees("Chase an answer")
        button = page.get_by_role("button", name="Chase: sends the same notice to the deputy")
        await leo.press_on(button)
        await expect(page.get_by_role("alert")).to_contain_text("Say why")
        await leo.write_in("Why now?", WHY)
        await leo.press_on(button)
        await leo.sees("Rosewood House")
        await expect(page.get_by_role("main")).to_contain_text(f"by {LEO.name}")
        await watched(story)
        after = await told(story)

        assert len(after) == len(before) + 1
