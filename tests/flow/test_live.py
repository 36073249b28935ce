"""`/live` says that a page has changed: to who may open it, of what is theirs, and nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from re import search
from typing import Final

import pytest
from aiohttp import ClientResponse, ClientSession

from hub.access import Official, Post
from hub.ports.sessions import IDLE
from hub.routes.live import BEATS, LOOK_AGAIN, MOST_OF_A_SESSION, STREAMS, Streams
from hub.routes.style import SCRIPT
from hub.vocabulary import Rung
from tests.flow.rosewood import (
    CONCERN,
    CQC,
    HOST,
    LEO,
    OTHER,
    Rosewood,
    SignedIn,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_answers import OPENING

ADMINISTRATOR: Final = Official(id="admin-1", name="Noor", post=Post.ADMINISTRATOR, agency=HOST)
OFFICER: Final = Official(id="cqc-1", name="Ada Byrne", post=Post.AGENCY, agency=CQC.agency)
BOARD: Final = f"/concerns/{CONCERN}"
LIVE_PAGES: Final = ("/my-work", "/held", "/failed", BOARD, f"{BOARD}/held")


def streams(story: Rosewood) -> Streams:
    assert story.site is not None
    return story.site[STREAMS]


@dataclass(frozen=True, slots=True)
class Ear:
    """Somebody who listens, and the story whose clock they wait by."""

    got: ClientResponse
    story: Rosewood

    async def block(self) -> str:
        """Return what is said next, whole."""
        said = await self.got.content.readuntil(b"\n\n")
        return said.decode()

    async def after_a_look(self) -> str:
        """Let the hub look until it says something; return that."""
        hearing = asyncio.ensure_future(self.block())
        while not hearing.done():
            await self.story.clock.advance(LOOK_AGAIN)
            await asyncio.wait([hearing], timeout=0.02)
        return hearing.result()


@asynccontextmanager
async def listening(
    story: Rosewood, me: SignedIn, page: str, since: str = "", last: str = ""
) -> AsyncIterator[Ear]:
    headers = {"Cookie": me.cookie} | ({"Last-Event-ID": last} if last else {})
    query = {"of": page, "since": since}
    async with me.browser.get("/live", params=query, headers=headers) as got:
        assert got.status == 200
        yield Ear(got, story)


async def mark_on(me: SignedIn, page: str) -> str:
    """Open a page; return the mark that it carries."""
    status, html = await me.get(page)
    assert status == 200
    found = search(r'data-stream="([^"]*)" data-mark="([0-9a-f]{64})"', html)
    assert found is not None, page
    assert unescape(found[1]) == f"/live?of={page}"
    return found[2]


async def nothing_is_open(story: Rosewood) -> None:
    """Return when every stream has ended."""
    async with asyncio.timeout(20):
        while streams(story).open:
            await story.clock.advance(LOOK_AGAIN)
            await asyncio.sleep(0)


async def status_of(me: SignedIn, page: str) -> int:
    async with me.browser.get(
        "/live", params={"of": page}, headers={"Cookie": me.cookie}, allow_redirects=False
    ) as got:
        return got.status


@pytest.mark.parametrize("page", LIVE_PAGES)
async def test_B06_an_open_page_hears_that_it_has_changed_and_nothing_of_what(page: str) -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        since = await mark_on(me, page)
        async with listening(story, me, page, since) as ear:
            begun = await ear.block()
            assert begun == f"retry: 3000\nid: {since}\n\n"
            assert ear.got.content_type == "text/event-stream"
            assert ear.got.headers["Cache-Control"] == "no-store"

            await story.sent(Rung.SUBMITTED)
            if page == "/failed":
                await refused(story)
            said = await ear.after_a_look()

        now = await mark_on(me, page)
        assert said == f"event: changed\nid: {now}\ndata: changed\n\n"
        assert now != since


async def refused(story: Rosewood) -> None:
    """Let what went to CQC come back."""
    from tests.browser.test_every_page import bounce  # noqa: PLC0415 - it brings a browser with it

    await bounce(story)


async def test_what_changed_between_the_page_and_its_stream_is_said_at_once() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        since = await mark_on(me, BOARD)

        await story.sent()

        async with listening(story, me, BOARD, since) as ear:
            begun = await ear.block()
            assert begun.startswith("retry: 3000\nid: ")
            assert (await ear.block()).startswith("event: changed\n")
        # After a break the browser says what it heard last, and that counts.
        now = await mark_on(me, BOARD)
        async with listening(story, me, BOARD, since, last=now) as ear:
            assert await ear.block() == f"retry: 3000\nid: {now}\n\n"
            assert await ear.after_a_look() == ": here\n\n"


async def test_a_look_is_no_change_whoever_looks() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me, chair = await sign_in(story, browser), await sign_in(story, browser, story.people[1])
        since = await mark_on(me, BOARD)
        async with listening(story, me, BOARD, since) as ear:
            await ear.block()
            for reader in (me, chair):
                for page in LIVE_PAGES[:2]:
                    assert await mark_on(reader, page)

            assert await ear.after_a_look() == ": here\n\n"
        assert await mark_on(me, BOARD) == since


async def test_what_falls_due_changes_the_page_though_nobody_wrote_anything() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        since = await mark_on(me, BOARD)

        await story.clock.advance(timedelta(days=3))

        async with listening(story, await sign_in(story, browser), BOARD, since) as ear:
            await ear.block()
            assert (await ear.block()).startswith("event: changed\n")


async def test_B06_another_authoritys_concern_is_never_heard_of() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser, OTHER)
        since = await mark_on(me, "/my-work")
        async with listening(story, me, "/my-work", since) as ear:
            await ear.block()
            await story.sent()
            await story.story("chair-appointed")

            assert [await ear.after_a_look() for _ in range(2)] == [": here\n\n"] * 2
        assert await mark_on(me, "/my-work") == since
        # A concern that is another's, and one that nobody has, are the same answer.
        for page in (BOARD, "/concerns/nothing", f"{BOARD}/held", "/concerns/nothing/held"):
            assert await status_of(me, page) == 404


async def test_B06_only_who_may_open_a_page_may_listen_to_it() -> None:
    async with rosewood(*OPENING) as story:
        story.people = (LEO, ADMINISTRATOR, OFFICER)
        async with served(story) as browser:
            admin = await sign_in(story, browser, ADMINISTRATOR)
            officer = await sign_in(story, browser, OFFICER)
            me = await sign_in(story, browser)

            assert await mark_on(admin, "/failed")
            for page in LIVE_PAGES:
                assert await status_of(officer, page) == 404
                if page != "/failed":
                    assert await status_of(admin, page) == 404
            for page in (
                "",
                "/",
                "/figures",
                "/my-work/handover",
                "//elsewhere",
                f"{BOARD}/closure",
            ):
                assert await status_of(me, page) == 404
            nobody = SignedIn(browser=browser, cookie="hub=nothing", token="")
            # An answer that ends every try to listen again.
            assert await status_of(nobody, "/my-work") == 204
            async with browser.head("/live", headers={"Cookie": me.cookie}) as got:
                assert got.status == 405


@pytest.mark.parametrize("page", ["/my-work", "/failed"])
async def test_B06_a_stream_ends_with_its_session_and_keeps_no_session_alive(page: str) -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        began = story.clock.now()
        async with listening(story, me, page) as ear:
            await ear.block()
            assert await ear.after_a_look() == ": here\n\n"
            await story.clock.move_to(began + IDLE)
            said = await ear.after_a_look()
            while "over" not in said:
                said = await ear.after_a_look()

            # By itself a page is used by nobody: it idles as if it did not listen.
            assert story.clock.now() - began < IDLE + timedelta(minutes=2)
            assert said == "event: over\ndata: over\n\n"
            assert await ear.got.content.read() == b""
        assert await status_of(me, page) == 204


async def test_B06_whoever_signs_out_hears_nothing_more() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        async with listening(story, me, BOARD) as ear:
            await ear.block()

            status, _ = await me.post("/sign-out", {})
            assert status == 303
            await story.sent()

            assert await ear.after_a_look() == "event: over\ndata: over\n\n"
        await nothing_is_open(story)


async def test_streams_of_one_session_are_bounded_and_room_comes_back() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me, chair = await sign_in(story, browser), await sign_in(story, browser, story.people[1])
        async with AsyncExitStack() as many:
            for _ in range(MOST_OF_A_SESSION):
                ear = await many.enter_async_context(listening(story, me, "/my-work"))
                await ear.block()

            assert await status_of(me, "/my-work") == 429
            async with listening(story, chair, "/my-work") as other:
                await other.block()

        await nothing_is_open(story)
        async with listening(story, me, "/my-work") as ear:
            assert await ear.block()


async def test_whoever_turns_pages_quickly_is_not_counted_for_those_they_left() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)

        # No time passes, so nothing has looked whether anybody is there still.
        for _ in range(2 * MOST_OF_A_SESSION):
            async with listening(story, me, "/my-work") as ear:
                assert await ear.block()


async def test_a_hub_that_stops_ends_every_stream_at_once() -> None:
    async with rosewood(*OPENING) as story, ClientSession() as outside:
        async with served(story) as browser:
            me = await sign_in(story, browser)
            got = await outside.get(
                f"{story.base}/live", params={"of": BOARD}, headers={"Cookie": me.cookie}
            )
            await got.content.readuntil(b"\n\n")
            loop = asyncio.get_running_loop()
            began = loop.time()

        assert await got.content.read() == b""
        # It waits a second for what is in hand; a stream is not waited for.
        assert loop.time() - began < 1
        assert streams(story).open == 0


async def test_a_page_that_listens_may_run_our_script_and_no_other_page_may() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        for page, listens in ((BOARD, True), ("/figures", False), ("/nothing", False)):
            async with browser.get(page, headers={"Cookie": me.cookie}) as got:
                policy = got.headers["Content-Security-Policy"].split("; ")
                html = await got.text()
            assert policy[0] == "default-src 'none'"
            assert ("script-src 'self'" in policy) is listens
            assert ("connect-src 'self'" in policy) is listens
            assert html.count("<script") == listens
            assert (f'<script src="{SCRIPT.path}" defer></script>' in html) is listens
        async with browser.get(SCRIPT.path) as got:
            assert got.content_type == "text/javascript"
            assert await got.read() == SCRIPT.content


async def test_a_stream_is_no_look() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        async with listening(story, me, BOARD) as ear:
            await ear.block()
            await story.sent()
            assert (await ear.after_a_look()).startswith("event: changed")

        assert await story.leaves("concern.seen") == []


def test_a_stream_beats_before_anything_between_takes_it_for_dead() -> None:
    assert timedelta(seconds=10) <= BEATS * LOOK_AGAIN <= timedelta(seconds=30)
