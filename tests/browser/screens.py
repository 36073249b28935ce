"""`make screenshots`: the demo's story as people see it, and three short ones beside it.

They go into docs/screens/ and docs/screens.md.

A screen is one line of SCREENS. One that the hub does not serve, or for whom the demo has nobody,
is left out, and is named.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urljoin

from playwright.async_api import Browser, FloatRect, Page, async_playwright
from rich.console import Console

from hub.adapters.clock import RandomMint
from hub.cli.demo import story
from hub.cli.demo.stage import LEO, set_stage
from hub.cli.demo.story import Told
from hub.logs import set_up_logs
from hub.vocabulary import ConcernId
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.scenes import Apart, scene
from tests.flow.rosewood import CONCERN
from tests.flow.test_amending import HOLD

DOCS: Final = Path(__file__).parents[2] / "docs"
LARGEST: Final = 150_000
"""Bytes of one picture: a longer page is cut."""
TALLEST: Final = 1600
SHORTEST: Final = 500

CHAIR: Final = "chair"
ADMIN: Final = "admin"
AUDITOR: Final = "auditor"
OFFICER: Final = "officer"
PRIVACY: Final = "privacy"
STRANGER: Final = "stranger"
NOBODY: Final = ""
WHO: Final = {
    LEO: "A lead enquiry officer",
    CHAIR: "A Chair",
    ADMIN: "An administrator",
    AUDITOR: "An auditor",
    OFFICER: "An officer of an authority that placed adults",
    PRIVACY: "A privacy officer",
    STRANGER: "A lead enquiry officer of another authority",
    NOBODY: "Anybody",
}


class Moment(StrEnum):
    """When in the story a picture is taken."""

    OPENING = "the concern has been opened, and the provider is held from"
    REFUSED = "a mailbox has refused, and the next contact was told"
    AUTHORISED = "the Chair has authorised closure; nobody has answered yet"
    CLOSED = "closure is confirmed"


@dataclass(frozen=True, slots=True)
class Screen:
    """One picture: its file's name, the page, who looks, when, and what to see on it."""

    name: str
    path: str
    person: str
    at: Moment | Apart
    says: str
    width: int = 1280


SCREENS: Final = (
    Screen("sign-in", "/sign-in", NOBODY, Moment.OPENING, "The sign-in of the demo"),
    Screen("work", "/my-work", LEO, Moment.AUTHORISED, "My work: is anybody still untold?"),
    Screen(
        "handover",
        "/my-work/handover",
        LEO,
        Moment.AUTHORISED,
        "The handover, for one page of paper",
    ),
    Screen("concerns", "/", LEO, Moment.REFUSED, "Every concern of the authority"),
    Screen(
        "concern",
        "/concerns/{concern}",
        LEO,
        Moment.OPENING,
        "A concern while the police hold stands: whom not to tell, and who is untold",
    ),
    Screen(
        "concern-320",
        "/concerns/{concern}",
        LEO,
        Moment.OPENING,
        "The same on a telephone, 320 px wide",
        320,
    ),
    Screen(
        "board",
        "/concerns/{concern}#board",
        LEO,
        Moment.AUTHORISED,
        "The board: how far each notice has come",
    ),
    Screen(
        "timeline",
        "/concerns/{concern}/timeline",
        LEO,
        Moment.AUTHORISED,
        "The timeline: one row an act",
    ),
    Screen(
        "notice",
        "/concerns/{concern}/notices/{notice}",
        LEO,
        Moment.REFUSED,
        "One notice, word for word, and who answered it",
    ),
    Screen(
        "evidence",
        "/concerns/{concern}/evidence/{delivery}",
        LEO,
        Moment.REFUSED,
        "A mailbox refused: the evidence, as it came",
    ),
    Screen(
        "held",
        "/concerns/{concern}/held",
        LEO,
        Moment.OPENING,
        "What is held, and what its reader would see",
    ),
    Screen(
        "amend",
        f"/concerns/{CONCERN}/release?hold={HOLD}&leave.risk_level=yes&{{fields}}",
        LEO,
        Apart.AMENDED,
        "What is held goes without one fact, if a second person agrees",
    ),
    Screen(
        "chase",
        "{chase}",
        LEO,
        Apart.SILENT,
        "Chase an answer: what it does is read first",
    ),
    Screen("stop", "/concerns/{concern}/stop", LEO, Moment.OPENING, "The stop button"),
    Screen(
        "failed",
        "/failed",
        LEO,
        Moment.REFUSED,
        "What was not delivered, and what is in quarantine",
    ),
    Screen("contacts", "/contacts", LEO, Moment.REFUSED, "Contacts, the most pressing first"),
    Screen(
        "closure-gaps",
        "/concerns/{concern}/closure",
        LEO,
        Moment.AUTHORISED,
        "Closure cannot be confirmed: each gap is named",
    ),
    Screen(
        "closure-confirmed",
        "/concerns/{concern}/closure",
        LEO,
        Moment.CLOSED,
        "Closure is confirmed, with the evidence of each party",
    ),
    Screen(
        "acknowledge",
        "/acknowledge/{notice}",
        NOBODY,
        Moment.REFUSED,
        "What the reader of a notice answers on",
    ),
    Screen("rules", "/rules", LEO, Moment.CLOSED, "The rules in force"),
    Screen(
        "rules-map",
        "/rules/map?partnership=west-sussex",
        LEO,
        Moment.CLOSED,
        "Who is told what, at which stage",
    ),
    Screen("figures", "/figures", LEO, Moment.CLOSED, "Key figures, each with its target"),
    Screen("people", "/people", ADMIN, Moment.CLOSED, "Who is signed in"),
    Screen("admin", "/admin", ADMIN, Moment.CLOSED, "Administration"),
    Screen("portal", "/notices", OFFICER, Moment.REFUSED, "The notices to one organisation"),
    Screen("audit", "/audit", AUDITOR, Moment.CLOSED, "What an auditor reads"),
    Screen(
        "emergency-ask",
        "/emergency-access",
        STRANGER,
        Apart.EMERGENCY,
        "Emergency access: what it is, before it is asked for",
    ),
    Screen(
        "emergency-access",
        "/emergency-access/{access}",
        STRANGER,
        Apart.EMERGENCY,
        "A concern of another authority, read for one hour",
    ),
    Screen(
        "privacy",
        "/privacy",
        PRIVACY,
        Apart.EMERGENCY,
        "Emergency access to review, and who looked at what",
    ),
    Screen(
        "privacy-review",
        "/privacy/emergency-access/{access}",
        PRIVACY,
        Apart.EMERGENCY,
        "The review of one emergency access",
    ),
)


async def main() -> None:
    """Play the story, take every picture, write the page that shows them."""
    set_up_logs("auto", "ERROR")
    folder = DOCS / "screens"
    folder.mkdir(exist_ok=True)
    taken: list[Screen] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        with TemporaryDirectory(prefix="concern-hub-screens-") as data:
            async with moments(Path(data)) as play:
                for moment in Moment:
                    told = await play(moment)
                    base, values = told.stage.hub.url, await values_of(told)
                    taken += await shoot_all(browser, moment, base, values)
        for one in Apart:
            async with scene(one) as apart:
                taken += await shoot_all(browser, one, apart.base, apart.values)
        await browser.close()
    for stale in set(folder.glob("*.png")) - {folder / f"{screen.name}.png" for screen in taken}:
        stale.unlink()
    (DOCS / "screens.md").write_text(index(taken), "utf-8")


async def shoot_all(
    browser: Browser, at: Moment | Apart, base: str, values: Mapping[str, str]
) -> list[Screen]:
    """Take every picture of this moment; return those of which there was a page."""
    taken = []
    for screen in (each for each in SCREENS if each.at is at):
        url = base + screen.path.format_map(values)
        if await shoot(browser, screen, url, DOCS / "screens"):
            taken.append(screen)
        else:
            sys.stderr.write(f"left out, not served to {screen.person}: {screen.path}\n")
    return taken


@asynccontextmanager
async def moments(data: Path) -> AsyncIterator[Callable[[Moment], Awaitable[Told]]]:
    """Set the demo's stage; what is returned plays on to a moment, in their order."""
    scenes: Mapping[Moment, tuple[Callable[[Told], Awaitable[None]], ...]] = {
        Moment.OPENING: (story._opening,),
        Moment.REFUSED: (story._police, story._middle, story._refusing),
        Moment.AUTHORISED: (story._ending,),
        Moment.CLOSED: (story._closing,),
    }
    async with set_stage(data, 0) as stage:
        mint = RandomMint()
        quiet = Console(quiet=True)
        told = Told(stage=stage, console=quiet, concern=ConcernId(mint.id()), mint=mint)

        async def play(moment: Moment) -> Told:
            for scene in scenes[moment]:
                await scene(told)
            return told

        yield play


async def values_of(told: Told) -> dict[str, str]:
    """Return what stands in a path: of a notice that a mailbox refused, if there is one."""
    record = await told.stage.record(told.concern)
    pairs = [(notice, each) for notice in record.notices for each in notice.deliveries]
    back = {r.delivery for notice in record.notices for r in notice.receipts if r.setback}
    refused = [(notice, each) for notice, each in pairs if each.id in back]
    notice, delivery = (refused or pairs)[-1]
    return {"concern": told.concern, "notice": notice.notice.id, "delivery": delivery.id}


async def shoot(browser: Browser, screen: Screen, url: str, folder: Path) -> bool:
    """Take one picture; return whether there was such a page."""
    context = await browser.new_context(viewport={"width": screen.width, "height": 900})
    try:
        page = await context.new_page()
        if screen.person:
            await page.goto(urljoin(url, "/sign-in"))
            choice = page.locator(f"input[name=person][value='{screen.person}']")
            if not await choice.count():
                return False
            await choice.check()
            async with page.expect_navigation():
                await page.get_by_role("button", name="Sign in").click()
        got = await page.goto(url)
        if got is None or got.status != 200:
            return False
        await _cut(page, folder / f"{screen.name}.png", screen.width)
        return True
    finally:
        await context.close()


async def _cut(page: Page, file: Path, width: int) -> None:
    top = await page.evaluate(
        "() => { const e = document.querySelector(':target');"
        " return e ? Math.max(0, e.getBoundingClientRect().top + scrollY - 20) : 0; }"
    )
    whole = await page.evaluate("() => document.documentElement.scrollHeight")
    height = min(TALLEST, whole - top)
    while True:
        clip = FloatRect(x=0, y=top, width=width, height=height)
        picture = await page.screenshot(full_page=True, clip=clip)
        if len(picture) < LARGEST or height <= SHORTEST:
            file.write_bytes(picture)
            return
        height = max(SHORTEST, height * 0.85)


def shown(path: str) -> str:
    """Return a path as the page names it: by what stands in it, and without what was ticked."""
    path = path.replace(CONCERN, "{concern}").partition("?hold=")[0]
    return path.replace("{chase}", "/concerns/{concern}/notices/{notice}/chase")


def index(taken: list[Screen]) -> str:
    """Return the page that shows the pictures, in the order of SCREENS."""
    made = [
        "# Screens",
        "",
        "What people see while the demo's story goes on, and in three short stories beside it.",
        "`make screenshots` plays them and takes these pictures; the provider, the people and the",
        "concern are made up. A long page is cut.",
    ]
    for screen in (each for each in SCREENS if each in taken):
        who = WHO[screen.person]
        made += [
            "",
            f"## {screen.says}",
            "",
            f"{who} looks at `{shown(screen.path)}`; {screen.at}.",
            "",
            f"![{screen.says}](screens/{screen.name}.png)",
        ]
    return "\n".join(made) + "\n"


if __name__ == "__main__":
    asyncio.run(main())
