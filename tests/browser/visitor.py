"""Somebody at a browser: what they open, type and see, and what went wrong meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Request, expect

from hub.access import Official
from tests.flow.rosewood import LEO

# A page that refuses a form answers 422, and Chromium says so on its console: that is no mistake.
REFUSAL: Final = "Failed to load resource: the server responded with a status of 4"
# A page that listens asks again for a hub that has been stopped: the test is over then.
STOPPED: Final = "Failed to load resource: net::ERR_CONNECTION_REFUSED"
STEPS: Final = 400
"""How often somebody presses Tab before they give up."""

# Where the focus is: what shows none, or empty; and whether this is the goal.
_STOP: Final = """goal => {
  const e = document.activeElement;
  if (!e || e === document.body) return ["", false];
  // GOV.UK draws a radio or a box to tick, and its focus, before its label.
  const drawn = parseFloat(getComputedStyle(e).opacity) === 0 && e.labels?.[0]
    ? getComputedStyle(e.labels[0], "::before") : getComputedStyle(e);
  const box = e.getBoundingClientRect();
  const ring = drawn.outlineStyle !== "none" && parseFloat(drawn.outlineWidth) >= 2
    && (drawn.outlineColor !== "rgba(0, 0, 0, 0)" || drawn.boxShadow !== "none");
  const seen = ring && box.width > 0 && box.height > 0;
  return [seen ? "" : e.outerHTML.slice(0, 90), e === goal];
}"""


@dataclass(slots=True, kw_only=True)
class Visitor:
    """One person in a browser context of their own."""

    page: Page
    base: str
    elsewhere: list[str] = field(default_factory=list)
    """Requests that would have left loopback."""
    errors: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        """Open a page of the hub."""
        await self.page.goto(self.base + path)

    async def sign_in(self, who: Official = LEO) -> None:
        """Sign in with the mouse, and go from My work to the list of concerns."""
        await self.open("/sign-in")
        await self.page.get_by_label(who.name).check()
        await self.page.get_by_role("button", name="Sign in").click()
        await self.sees("My work")
        await self.open("/")
        await self.sees("Provider concerns")

    async def sees(self, heading: str) -> None:
        """Wait until a page with this main heading is there."""
        await expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)

    async def tab_to(self, wanted: Locator) -> None:
        """Go there with the Tab key alone; each stop on the way must be seen."""
        goal = await wanted.element_handle()
        for _ in range(STEPS):
            await self.page.keyboard.press("Tab")
            unseen, there = await self.page.evaluate(_STOP, goal)
            assert not unseen, f"no focus is seen on {unseen}"
            if there:
                return
        raise AssertionError(f"the Tab key does not reach {wanted}")

    async def press_on(self, wanted: Locator, key: str = "Enter") -> None:
        """Go there by keyboard and press the key."""
        await self.tab_to(wanted)
        await self.page.keyboard.press(key)

    async def write_in(self, label: str, words: str) -> None:
        """Go to a field by keyboard and type."""
        await self.tab_to(self.page.get_by_label(label, exact=True))
        await self.page.keyboard.type(words)

    async def runs_over(self) -> list[str]:
        """Return what is wider than the window; empty: nobody has to scroll sideways."""
        found: list[str] = await self.page.evaluate(_RUNS_OVER)
        return found

    async def asked(self, script: str) -> Any:  # noqa: ANN401 - of the page
        """Ask the page."""
        return await self.page.evaluate(script)


_RUNS_OVER: Final = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  return [...document.querySelectorAll("body *")]
    .filter(e => {
      // Words may run out of a box that is narrow enough itself.
      const box = e.getBoundingClientRect();
      const words = getComputedStyle(e).overflowX === "visible" ? box.left + e.scrollWidth : 0;
      return Math.max(box.right, words) > wide + 0.5;
    })
    .map(e => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 40)}`);
}"""


# What the policy of a page keeps from it is a mistake of the page, whatever Chromium logs of it.
_SAYS_WHAT_WAS_REFUSED: Final = """document.addEventListener("securitypolicyviolation",
  e => console.error("Content Security Policy", e.violatedDirective, e.blockedURI))"""


@asynccontextmanager
async def visiting(browser: Browser, base: str, js: bool, width: int) -> AsyncIterator[Visitor]:
    """Open a context and watch what it asks for and what it complains of."""
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=js
    )
    try:
        context.set_default_timeout(15_000)
        await context.add_init_script(_SAYS_WHAT_WAS_REFUSED)
        visitor = Visitor(page=await context.new_page(), base=base)

        def asks(request: Request) -> None:
            asked = urlsplit(request.url)
            if asked.scheme not in {"data", "about"} and asked.hostname != "127.0.0.1":
                visitor.elsewhere.append(request.url)

        def says(message: ConsoleMessage) -> None:
            listens = urlsplit(message.location["url"]).path == "/live"
            meant = message.text.startswith(REFUSAL) or (listens and message.text == STOPPED)
            if message.type == "error" and not meant:
                visitor.errors.append(message.text)

        context.on("request", asks)
        context.on("console", says)
        context.on("weberror", lambda error: visitor.errors.append(str(error.error)))
        yield visitor
    finally:
        await context.close()
