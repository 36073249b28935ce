"""Every page in every state: named, headed, labelled, reachable, no wider than a small screen.

These are the floor of WCAG 2.2 that a page's own elements can show; they do not replace axe, and
neither replaces somebody with a screen reader.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest
from playwright.async_api import expect

from hub.receipt import Receipt
from hub.vocabulary import Rung, Setback
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.flow.rosewood import CONCERN, CQC, TO_THE_END, Rosewood, rosewood, served
from tests.flow.test_answers import OPENING

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOARD = f"/concerns/{CONCERN}"

FAULTS: Final = """() => {
  const found = [];
  const all = s => [...document.querySelectorAll(s)];
  const said = e => (e.getAttribute("aria-label") || e.textContent || "").trim();
  const say = (what, e) => found.push(`${what}: ${e.outerHTML.slice(0, 90)}`);
  if (!document.title.trim()) found.push("no title");
  if (document.documentElement.lang !== "en-GB") found.push("no language");
  for (const [what, count] of [["h1", 1], ["main", 1], ["header", 1], ["footer", 1]])
    if (all(what).length !== count) found.push(`${all(what).length} of ${what}`);
  let level = 0;
  for (const h of all("h1, h2, h3, h4")) {
    if (+h.tagName[1] > level + 1 && !h.closest(".govuk-error-summary"))
      say("a level is left out", h);
    level = +h.tagName[1];
    if (!said(h)) say("empty", h);
  }
  for (const field of all("input:not([type=hidden]), textarea, select")) {
    if (![...field.labels].some(l => l.textContent.trim())) say("no label", field);
  }
  for (const set of all("fieldset"))
    if (!set.querySelector(":scope > legend")) say("no legend", set);
  for (const table of all("table")) {
    if (!table.caption || !said(table.caption)) say("no caption", table);
    for (const th of table.querySelectorAll("th"))
      if (!["col", "row"].includes(th.scope)) say("no scope", th);
    for (const row of table.tBodies[0].rows)
      if (!row.querySelector("th[scope=row]")) say("no row header", row);
  }
  for (const each of all("a[href], button, summary")) if (!said(each)) say("no name", each);
  const ids = all("[id]").map(e => e.id);
  for (const id of ids) if (ids.filter(x => x === id).length > 1) found.push(`twice: ${id}`);
  for (const each of all("[aria-labelledby], [aria-describedby]"))
    for (const how of ["aria-labelledby", "aria-describedby"])
      for (const id of (each.getAttribute(how) || "").split(/\\s+/).filter(Boolean))
        if (!document.getElementById(id)) say(`${id} is not there`, each);
  for (const each of all("a[href^='#']"))
    if (!ids.includes(decodeURIComponent(each.hash.slice(1)))) say("leads nowhere", each);
  return found;
}"""

CONTRAST: Final = """() => {
  const light = c => {
    const [r, g, b] = c.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const parts = c => c.match(/[\\d.]+/g).map(Number);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const found = new Set();
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility()) continue;
    if (e.closest(".govuk-visually-hidden, .govuk-skip-link")) continue;
    const [a, b] = [light(parts(getComputedStyle(e).color).slice(0, 3)), light(behind(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) found.add(`${ratio.toFixed(1)} ${e.tagName}.${e.className}`);
  }
  return [...found];
}"""


async def bounce(story: Rosewood) -> None:
    """Let what was sent to CQC first come back."""
    record = await story.notice_to(CQC, "concern-opened")
    await story.register.receive(
        [
            Receipt(
                notice=record.notice.id,
                delivery=each.id,
                attempt=None,
                at=story.clock.now(),
                source="smtp",
                setback=Setback.LATE_FAILURE,
                detail="550 5.1.1 no such mailbox",
            )
            for each in record.deliveries
        ],
        (),
        (),
    )


async def is_sound(visitor: Visitor, path: str) -> None:
    """Look at one page at both widths."""
    for width in (1280, 320):
        await visitor.page.set_viewport_size({"width": width, "height": 900})
        await visitor.open(path)
        assert await visitor.asked(FAULTS) == [], path
        assert await visitor.asked(CONTRAST) == [], path
        assert await visitor.runs_over() == [], (path, width)


async def test_B06_pages_that_anybody_may_open_are_sound(visit: Visit) -> None:
    async with rosewood() as story, served(story):
        anybody = await visit(story.base)

        for path in ("/sign-in", "/acknowledge/nothing", "/nothing"):
            await is_sound(anybody, path)
        await anybody.open("/acknowledge/nothing")
        await anybody.page.get_by_role("button", name="Acknowledge the notice").click()
        await expect(anybody.page).to_have_title("Error: Acknowledge a notice – Concern Hub")
        assert await anybody.asked(FAULTS) == []


async def test_B06_the_screens_are_sound_with_nothing_in_them(visit: Visit) -> None:
    async with rosewood() as story, served(story):
        leo = await visit(story.base)
        await leo.sign_in()

        for path in ("/", BOARD):
            await is_sound(leo, path)


async def test_B06_the_screens_are_sound_while_much_is_held_overdue_and_bounced(
    visit: Visit,
) -> None:
    async with rosewood(*OPENING) as story, served(story):
        await story.sent(Rung.SUBMITTED)
        await bounce(story)
        await story.clock.advance(timedelta(days=3))
        cqc = await story.notice_to(CQC, "concern-opened")
        leo = await visit(story.base)
        await leo.sign_in()
        notice = f"{BOARD}/notices/{cqc.notice.id}"

        for path in ("/", BOARD, notice, f"{notice}/told", f"{BOARD}/closure"):
            await is_sound(leo, path)
        await is_sound(leo, f"{BOARD}/evidence/{cqc.deliveries[0].id}")


async def test_B06_the_screens_are_sound_when_closure_has_faults_and_when_it_is_confirmed(
    visit: Visit,
) -> None:
    async with rosewood(*TO_THE_END) as story, served(story):
        leo = await visit(story.base)
        await leo.sign_in()
        await is_sound(leo, f"{BOARD}/closure")
        await leo.page.get_by_label("I, Amara Okafor, confirm without it").first.check()
        await leo.page.get_by_role("button", name="Confirm closure").click()
        await expect(leo.page.get_by_role("alert")).to_contain_text("Say why")
        assert await leo.asked(FAULTS) == []

        await story.acknowledge()
        await leo.open(f"{BOARD}/closure")
        await leo.page.get_by_label("I confirm that closure notices").check()
        await leo.page.get_by_role("button", name="Confirm closure").click()
        await leo.sees("Closure is confirmed")
        for path in (BOARD, f"{BOARD}/closure"):
            await is_sound(leo, path)
