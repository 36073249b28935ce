"""One Chromium for all tests of this folder, and a visitor of their own for each."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.visitor import Visitor, visiting

CHROMIUM = os.environ.get("HUB_TEST_CHROMIUM", "/usr/bin/chromium")
# It looks nothing up and rings nobody: what is not on loopback does not exist for it.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

Visit = Callable[..., Coroutine[Any, Any, Visitor]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(chromium: Browser) -> AsyncIterator[Visit]:
    """Open a browser as somebody new. In the end nothing may have failed or left this machine."""
    visitors: list[Visitor] = []
    async with AsyncExitStack() as stack:

        async def come(base: str, *, js: bool = True, width: int = 1280) -> Visitor:
            visitor = await stack.enter_async_context(visiting(chromium, base, js, width))
            visitors.append(visitor)
            return visitor

        yield come
    assert [each for visitor in visitors for each in visitor.elsewhere] == []
    assert [each for visitor in visitors for each in visitor.errors] == []
