"""A mail scanner in a real browser runs scripts, follows, clicks and submits: nothing happens."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.flow.rosewood import CONCERN, TO_THE_END, rosewood, served
from tests.flow.test_answers import OPENING, alert_to_surrey

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINKS = "() => [...document.querySelectorAll('a[href]')].map(a => a.href)"
PRESSES = "main button, main input[type=submit], main summary, main [onclick]"
# Types junk in every field, ticks every box, and keeps what hidden fields hold.
JUNK = """junk => {
  for (const field of document.querySelectorAll("input, textarea, select")) {
    if (field.type === "checkbox" || field.type === "radio") field.checked = true;
    else if (field.type !== "hidden") field.value = junk;
  }
}"""
SUBMIT = "form => { HTMLFormElement.prototype.submit.call(form); }"


async def crawl(visitor: Visitor, start: str, junk: str) -> tuple[set[str], int]:
    """Go everywhere from here; return the pages seen and how many forms were sent."""
    waiting, seen, sent = [visitor.base + start], set[str](), 0
    while waiting:
        address = waiting.pop().partition("#")[0]
        if address in seen or not address.startswith(visitor.base + "/"):
            continue
        seen.add(address)
        await visitor.page.goto(address)
        waiting.extend(await visitor.asked(LINKS))
        sent += await _press_everything(visitor.page, address, junk)
        sent += await _submit_everything(visitor.page, address, junk)
        waiting.extend(await visitor.asked(LINKS))
    return {each.removeprefix(visitor.base) for each in seen}, sent


async def _press_everything(page: Page, address: str, junk: str) -> int:
    count = await page.locator(PRESSES).count()
    pressed = 0
    for number in range(count):
        await page.goto(address)
        await page.evaluate(JUNK, junk)
        button = page.locator(PRESSES).nth(number)
        if not await button.is_visible():
            continue
        if await button.evaluate("e => e.form !== undefined && e.form !== null"):
            async with page.expect_navigation():
                await button.click()
            pressed += 1
        else:
            await button.click()
    return pressed


async def _submit_everything(page: Page, address: str, junk: str) -> int:
    await page.goto(address)
    count = await page.locator("main form").count()
    for number in range(count):
        await page.goto(address)
        await page.evaluate(JUNK, junk)
        async with page.expect_navigation():
            await page.locator("main form").nth(number).evaluate(SUBMIT)
    return count


@pytest.mark.parametrize("junk", ["", "yes", "AAAAAA"])
async def test_B04_a_scanner_with_scripts_acknowledges_and_declines_nothing(
    visit: Visit, junk: str
) -> None:
    async with rosewood(*OPENING) as story, served(story):
        notice = await alert_to_surrey(story)
        scanner = await visit(story.base)

        seen, sent = await crawl(scanner, f"/acknowledge/{notice.id}", junk)

        page = f"/acknowledge/{notice.id}"
        assert {page, f"{page}?answer=declined"} <= seen
        assert sent == 4
        assert await story.acknowledgements() == 0
        now = await story.register.notice(notice.id)
        assert now is not None
        assert not [r for r in now.receipts if r.declination]
        assert now.wrong_codes < 5


async def test_B04_a_scanner_that_is_not_signed_in_confirms_nothing(visit: Visit) -> None:
    async with rosewood(*TO_THE_END) as story, served(story):
        await story.acknowledge()
        before = await story.acknowledgements()
        scanner = await visit(story.base)

        for start in ("/", f"/concerns/{CONCERN}/closure", f"/concerns/{CONCERN}"):
            # It stops at the sign-in, which asks who it is; it does not choose.
            await scanner.open(start)
            await scanner.sees("Sign in")
            assert urlsplit(scanner.page.url).path == "/sign-in"
            await scanner.page.get_by_role("button", name="Sign in").click()
            await scanner.sees("Sign in")

        assert (await story.record()).attestation is None
        assert await story.acknowledgements() == before


async def test_B04_a_bot_in_a_leos_own_browser_confirms_no_closure_with_gaps(visit: Visit) -> None:
    async with rosewood(*OPENING) as story, served(story):
        leo = await visit(story.base)
        await leo.sign_in()

        closure = f"/concerns/{CONCERN}/closure"
        await leo.open(closure)
        sent = await _press_everything(leo.page, story.base + closure, "junk")
        sent += await _submit_everything(leo.page, story.base + closure, "junk")

        assert sent == 1, "the form has no button while closure is blocked; it is sent all the same"
        assert (await story.record()).attestation is None
        assert await story.acknowledgements() == 0
