"""In a real browser a page says that it has changed, and takes nothing from whoever reads it."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Locator, expect

from hub.routes.live import LOOK_AGAIN, STREAMS
from tests.browser.conftest import Visit
from tests.browser.crawler import Crawl
from tests.browser.visitor import Visitor
from tests.flow.rosewood import CONCERN, Rosewood, rosewood, served
from tests.flow.test_answers import OPENING

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOARD = f"/concerns/{CONCERN}"
FOCUS = "() => document.activeElement.textContent.trim()"


def notice(visitor: Visitor) -> Locator:
    return visitor.page.locator("#live")


async def until_it_listens(story: Rosewood, many: int = 1) -> None:
    assert story.site is not None
    async with asyncio.timeout(15):
        while story.site[STREAMS].open != many:
            await story.clock.advance(LOOK_AGAIN)
            await asyncio.sleep(0)


async def until_it_says(story: Rosewood, visitor: Visitor, words: str) -> None:
    """Let the hub look until the page says this."""
    async with asyncio.timeout(15):
        while words not in (await notice(visitor).text_content() or ""):
            await story.clock.advance(LOOK_AGAIN)


async def test_B06_a_page_says_that_it_has_changed_and_shows_it_when_asked(visit: Visit) -> None:
    async with rosewood(*OPENING) as story, served(story):
        leo = await visit(story.base)
        await leo.sign_in()
        await leo.open(BOARD)
        await until_it_listens(story)
        first = leo.page.locator("main a[href]").first
        await first.focus()
        before = await leo.asked(FOCUS)
        looks = len(await story.leaves("concern.seen"))

        await story.sent()
        await until_it_says(story, leo, "Something on this page has changed.")

        # It is said politely and once; the focus stays, and nobody has looked.
        await expect(notice(leo)).to_have_attribute("role", "status")
        assert await leo.asked(FOCUS) == before
        assert len(await story.leaves("concern.seen")) == looks
        await until_it_listens(story, 0)
        crawl = Crawl(visitor=leo, paths=story.paths)
        await crawl.look("a page that has changed")
        assert crawl.faults == []

        await leo.press_on(leo.page.get_by_role("link", name="Show the page as it is now"))
        await leo.sees("Rosewood")
        await expect(notice(leo)).to_be_empty()
        assert len(await story.leaves("concern.seen")) == looks + 1


async def test_B06_what_somebody_types_stays_while_the_page_changes(visit: Visit) -> None:
    async with rosewood(*OPENING) as story, served(story):
        leo = await visit(story.base)
        await leo.sign_in()
        await leo.open(BOARD)
        await until_it_listens(story)
        # No page that listens has a field today; one that gets one must not lose what is typed.
        await leo.page.evaluate(
            "document.getElementById('main').insertAdjacentHTML('beforeend', "
            '\'<label for="f">Note</label><input id="f">\')'
        )
        await leo.page.get_by_label("Note").focus()
        await leo.page.keyboard.type("Half a sen")

        await story.sent()
        await until_it_says(story, leo, "What you have typed here is not sent")

        await leo.page.keyboard.type("tence")
        await expect(leo.page.get_by_label("Note")).to_have_value("Half a sentence")
        await expect(leo.page.get_by_label("Note")).to_be_focused()


async def test_B06_a_page_whose_session_has_ended_says_so(visit: Visit) -> None:
    async with rosewood(*OPENING) as story, served(story):
        leo = await visit(story.base)
        await leo.sign_in()
        await leo.open("/my-work")
        await until_it_listens(story)
        (cookie,) = [c for c in await leo.page.context.cookies() if c["name"] == "hub"]
        assert story.sign_in is not None

        await story.sign_in.end(cookie["value"])
        await until_it_says(story, leo, "Your session has ended")


async def test_B06_without_a_script_the_page_is_whole_and_says_nothing(visit: Visit) -> None:
    async with rosewood(*OPENING) as story, served(story):
        leo = await visit(story.base, js=False)
        await leo.sign_in()
        await leo.open(BOARD)
        assert story.site is not None

        await story.sent()
        await story.clock.advance(LOOK_AGAIN)

        assert story.site[STREAMS].open == 0
        await expect(notice(leo)).to_be_empty()
        await leo.open(BOARD)
        await leo.sees("Rosewood")
