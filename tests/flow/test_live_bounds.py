"""`/live` under readers who take nothing, and under more readers than one process bears."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle

from aiohttp import ClientSession, DummyCookieJar, TCPConnector
from structlog.testing import capture_logs

from hub.routes.live import LOOK_AGAIN, MOST, MOST_OF_A_SESSION
from tests.flow.rosewood import CHAIR, Rosewood, SignedIn, rosewood, served, sign_in
from tests.flow.test_answers import OPENING
from tests.flow.test_live import BOARD, Ear, listening, status_of, streams


@asynccontextmanager
async def one_who_reads_nothing(story: Rosewood, me: SignedIn) -> AsyncIterator[socket.socket]:
    """Listen on a real socket, and never read what comes; yield the socket."""
    loop = asyncio.get_running_loop()
    host, _, port = story.base.removeprefix("http://").partition(":")
    with socket.socket() as mine:
        # The least that the system gives: what it keeps for us, the hub need not.
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        mine.setblocking(False)
        await loop.sock_connect(mine, (host, int(port)))
        head = (
            f"GET /live?of={BOARD} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {me.cookie}\r\n\r\n"
        )
        await loop.sock_sendall(mine, head.encode())
        yield mine


async def what_is_left(mine: socket.socket) -> AsyncIterator[bytes]:
    while some := await asyncio.get_running_loop().sock_recv(mine, 1024):
        yield some


async def hears_a_change(ear: Ear) -> str:
    """Take every word as it comes, as a browser does, until one says that something changed."""
    while (said := await ear.block()) == ": here\n\n" or said.startswith("retry"):
        pass
    return said


async def until_open(story: Rosewood, many: int, *readers: SignedIn) -> None:
    """Let the hub look until so many streams are open, while these people go on opening pages."""
    async with asyncio.timeout(60):
        for reader in cycle(readers):
            if streams(story).open == many:
                return
            await story.clock.advance(LOOK_AGAIN)
            # Their sessions go on, and time with no faster a step than the hub's.
            assert (await reader.get("/my-sessions"))[0] == 200


async def test_a_reader_who_takes_nothing_is_cut_and_others_hear_on() -> None:
    async with rosewood(*OPENING) as story, served(story, unread=1) as browser:
        me, chair = await sign_in(story, browser), await sign_in(story, browser, CHAIR)
        async with listening(story, chair, BOARD) as ear, one_who_reads_nothing(story, me) as deaf:
            async with asyncio.timeout(20):
                while streams(story).open != 2:
                    await me.get("/my-sessions")
            heard = asyncio.ensure_future(hears_a_change(ear))
            with capture_logs() as logs:
                await until_open(story, 1, me, chair)
            cut = [each for each in logs if each["event"] == "web.too_slow"]
            assert cut == [{"event": "web.too_slow", "part": "stream", "log_level": "info"}]

            # What the system kept for them is all that ever comes, and then it ends.
            rest = b"".join([each async for each in what_is_left(deaf)])
            assert rest.startswith(b"HTTP/1.1 200 OK")
            assert b"event:" not in rest
            # Whoever reads is told all the same, and the place of the other is free.
            assert not heard.done()
            await story.sent()
            async with asyncio.timeout(20):
                while not heard.done():
                    await story.clock.advance(LOOK_AGAIN)
                    await asyncio.wait([heard], timeout=0.02)
            assert heard.result().startswith("event: changed")
            async with listening(story, me, BOARD) as again:
                assert (await again.block()).startswith("retry: 3000")


async def test_the_stream_past_the_bound_of_a_process_is_refused_and_pages_are_not() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser, AsyncExitStack() as many:
        # As many connections as there are streams, where a browser of the tests has a hundred.
        wide = await many.enter_async_context(
            ClientSession(story.base, cookie_jar=DummyCookieJar(), connector=TCPConnector(limit=0))
        )
        people = [await sign_in(story, wide) for _ in range(-(-MOST // MOST_OF_A_SESSION))]
        last = await sign_in(story, browser)
        ears = []
        for number in range(MOST):
            me = people[number // MOST_OF_A_SESSION]
            ears.append(await many.enter_async_context(listening(story, me, "/my-work")))
            await ears[-1].block()
        assert streams(story).open == MOST

        with capture_logs() as logs:
            assert await status_of(last, "/my-work") == 429
        assert {"event": "web.live.refused", "open": MOST, "log_level": "info"} in logs
        assert (await last.get("/my-work"))[0] == 200

        # One page is closed: its place is the next one's, and nobody else's stream ends for it.
        ears.pop().got.close()
        await until_open(story, MOST - 1, last)
        async with listening(story, last, "/my-work") as ear:
            assert await ear.block()
            assert streams(story).open == MOST
