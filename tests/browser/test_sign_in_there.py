"""People sign in by a real provider, in a real browser, without JavaScript."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.async_api import async_playwright, expect

from hub.app.hub import Hub, open_hub
from hub.settings import Settings
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.visitor import Visitor, visiting
from tests.flow.rosewood import HOST
from tests.servers.ground import free_port
from tests.servers.identity import CLIENT, SECRET, IdentityServer

pytestmark = pytest.mark.asyncio(loop_scope="session")

PEOPLE: Final = (
    ("amara", "Amara", "Okafor", ["leos"]),
    ("helen", "Helen", "Marsh", ["leos", "chairs"]),
    ("gus", "Gus", "Green", ["gardeners"]),
)
GROUPS: Final = f"""{{
  "leos": {{"post": "lead enquiry officer", "agency": "{HOST}"}},
  "chairs": {{"post": "chair", "agency": "{HOST}"}}
}}"""


@asynccontextmanager
async def a_hub(folder: Path) -> AsyncIterator[tuple[Hub, IdentityServer]]:
    """A whole hub whose people sign in by a provider that knows it."""
    port = free_port()
    provider = IdentityServer(f"http://127.0.0.1:{port}", PEOPLE)
    try:
        await asyncio.to_thread(provider.start)
        settings = Settings.model_validate(
            {
                "data_dir": folder / "data",
                "policy_watch_seconds": 0,
                "web_port": port,
                "oidc_issuer": provider.issuer,
                "oidc_client_id": CLIENT,
                "oidc_client_secret": SECRET,
                "oidc_groups": GROUPS,
            }
        )
        stop = asyncio.Event()
        hub = await open_hub(settings, roles=("web",))
        running = asyncio.create_task(hub.run(stop))
        try:
            yield hub, provider
        finally:
            stop.set()
            await running
    finally:
        await asyncio.to_thread(provider.close)


@asynccontextmanager
async def a_browser(base: str) -> AsyncIterator[Visitor]:
    """A browser that knows two sites, the hub's and the provider's; nothing else exists for it."""
    flags = [f"{each}, EXCLUDE localhost" if "resolver" in each else each for each in FLAGS]
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        async with visiting(chromium, base, js=False, width=1280) as visitor:
            yield visitor
        await chromium.close()


async def types_at_provider(visitor: Visitor, name: str) -> None:
    await visitor.sees("Council account")
    assert urlsplit(visitor.page.url).hostname == "localhost"
    await visitor.page.get_by_label("Name").fill(name)
    await visitor.page.get_by_label("Password").fill(name)
    await visitor.page.get_by_role("button").click()


async def signs_in(visitor: Visitor, name: str, path: str = "/") -> None:
    await visitor.open(path)
    await visitor.sees("Sign in")
    await visitor.page.get_by_role("link", name="Sign in with your organisation").click()
    await types_at_provider(visitor, name)


async def chooses_a_post_by_keyboard(visitor: Visitor) -> None:
    """Be refused without a choice, and then choose the Chair's post."""
    page = visitor.page
    await visitor.sees("Which post are you acting in?")
    await visitor.press_on(page.get_by_role("button", name="Continue"))
    await expect(page.get_by_role("alert")).to_contain_text("Choose a post")
    await visitor.tab_to(page.get_by_role("radio").first)
    await page.keyboard.press("Space")
    if not await page.get_by_label("Chair").is_checked():
        await page.keyboard.press("ArrowDown")
    await expect(page.get_by_label("Chair")).to_be_checked()
    await visitor.press_on(page.get_by_role("button", name="Continue"), "Space")


async def proves_again_and_leaves(visitor: Visitor, provider: IdentityServer) -> None:
    before = {c["name"]: c.get("value") for c in await visitor.page.context.cookies(visitor.base)}
    await visitor.open("/sign-in/again?to=/figures")
    await visitor.sees("Show again that it is you")
    await visitor.page.get_by_role("link", name="Sign in again").click()
    # The provider knows them still, and asks all the same.
    await types_at_provider(visitor, "amara")
    await visitor.sees("Key figures")
    after = {c["name"]: c.get("value") for c in await visitor.page.context.cookies(visitor.base)}
    assert after["hub"] != before["hub"]
    assert "hub-sign-in" not in after

    await visitor.page.get_by_role("button", name="Sign out").click()
    await visitor.sees("You are signed out")
    await visitor.page.get_by_role("link", name="Sign out of my organisation").click()
    await visitor.sees("Leave the council account")
    assert visitor.page.url.startswith(provider.issuer)
    await visitor.page.get_by_role("button").click()
    await visitor.sees("Sign in")
    assert visitor.page.url == f"{visitor.base}/sign-in"


async def test_B06_people_come_in_by_a_real_provider_and_prove_again_who_they_are(
    tmp_path: Path,
) -> None:
    async with a_hub(tmp_path) as (hub, provider), a_browser(hub.url) as visitor:
        await signs_in(visitor, "amara", "/figures")
        await visitor.sees("Key figures")
        await expect(visitor.page.get_by_role("banner")).to_contain_text(
            "Amara Okafor, lead enquiry officer"
        )
        await proves_again_and_leaves(visitor, provider)

        # Signed out there too: it asks who it is, and somebody else comes in.
        await signs_in(visitor, "helen")
        await chooses_a_post_by_keyboard(visitor)
        await visitor.sees("Provider concerns")
        await expect(visitor.page.get_by_role("banner")).to_contain_text("Helen Marsh, chair")
        await visitor.page.get_by_role("link", name="Change post").click()
        await visitor.sees("Which post are you acting in?")

        # Somebody else does not prove who she is.
        await visitor.open("/sign-in/again?to=/figures")
        await visitor.page.get_by_role("link", name="Sign in again").click()
        await types_at_provider(visitor, "gus")
        await visitor.sees("You are not signed in")
        await visitor.open("/")
        await expect(visitor.page.get_by_role("banner")).to_contain_text("Helen Marsh, chair")

        assert {urlsplit(url).hostname for url in visitor.elsewhere} == {"localhost"}
        assert visitor.errors == []


async def test_B06_somebody_whom_the_provider_knows_and_the_hub_does_not_is_told_so(
    tmp_path: Path,
) -> None:
    async with a_hub(tmp_path) as (hub, _), a_browser(hub.url) as visitor:
        await signs_in(visitor, "gus")

        await visitor.sees("There is nothing here for your account")
        await visitor.open("/figures")
        await visitor.sees("Sign in")
