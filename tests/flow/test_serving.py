"""Slow, broken and doubled requests: they are told so and cut off, and nobody else waits."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import aiohttp.http_parser
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from hub.routes.serving import ParserMissing, build_runner
from tests.flow.rosewood import CONCERN, TO_THE_END, Patience, Rosewood, rosewood, served, sign_in

SOON = Patience(head=0.2, body=0.2, answer=0.5)
HOST = b"Host: hub.example\r\n"


class Peer:
    """A socket that sends what it is told and nothing else."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def says(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def hears(self) -> bytes:
        """Return all that comes until the hub closes."""
        async with asyncio.timeout(30):
            return await self.reader.read()

    async def hears_one(self) -> bytes:
        """Return one answer, with the body that its head announces."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        return head + await self.reader.readexactly(length)


async def peer_of(story: Rosewood, stack: AsyncExitStack, *, limit: int = 2**16) -> Peer:
    where = urlsplit(story.base)
    reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=limit)

    async def close() -> None:
        writer.transport.abort()

    stack.push_async_callback(close)
    return Peer(reader, writer)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    "begun",
    [
        b"G",
        b"GET /healthz HTTP/1.1\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n",
    ],
)
async def test_B06_a_head_that_does_not_end_is_answered_408_with_the_headers(begun: bytes) -> None:
    async with rosewood() as story, served(story, patience=SOON), AsyncExitStack() as stack:
        peer = await peer_of(story, stack)
        await peer.says(begun)

        answer = await peer.hears()

        assert status_of(answer) == 408
        assert b"Content-Security-Policy: default-src 'none'" in answer
        assert b"Server:" not in answer


async def test_B06_a_second_head_on_a_kept_connection_has_the_same_time() -> None:
    async with rosewood() as story, served(story, patience=SOON), AsyncExitStack() as stack:
        peer = await peer_of(story, stack)
        await peer.says(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
        assert status_of(await peer.hears_one()) == 200

        await peer.says(b"GET /heal")

        assert status_of(await peer.hears()) == 408


async def test_B06_a_head_in_pieces_that_ends_in_time_is_answered() -> None:
    async with rosewood() as story, served(story), AsyncExitStack() as stack:
        peer = await peer_of(story, stack)
        whole = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"

        await peer.says(*(whole[at : at + 1] for at in range(len(whole))))

        assert status_of(await peer.hears_one()) == 200


async def test_B06_a_peer_that_reads_no_answer_is_cut_off() -> None:
    async with (
        rosewood() as story,
        served(story, patience=SOON) as browser,
        AsyncExitStack() as stack,
    ):
        peer = await peer_of(story, stack, limit=1)
        # So many that their answers fill every buffer between the two.
        peer.writer.write((b"GET /style.css HTTP/1.1\r\n" + HOST + b"\r\n") * 5000)
        with capture_logs() as said:
            async with asyncio.timeout(60):
                while not any(each.get("part") == "answer" for each in said):
                    async with browser.get("/healthz") as got:
                        assert got.status == 200

        with pytest.raises(ConnectionError):
            await peer.says(b"GET / HTTP/1.1\r\n", HOST, b"\r\n")


SMUGGLED = {
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "two lengths in one line": b"Content-Length: 5, 6\r\n\r\nhello",
    "a length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks that are not last": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunks twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks misspelt": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks behind a tab": b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": b"Content-Length : 5\r\n\r\nhello",
    "a folded line": b"X-A: b\r\n Content-Length: 5\r\n\r\nhello",
    "a signed length": b"Content-Length: +5\r\n\r\nhello",
    "a negative length": b"Content-Length: -5\r\n\r\nhello",
    "a length in hex": b"Content-Length: 0x5\r\n\r\nhello",
    "a length in other digits": "Content-Length: ٥\r\n\r\nhello".encode(),
    "a bare line feed in a chunk's size": (
        b"Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"
    ),
    "a chunk's size that is none": b"Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n",
    "a chunk's size that overflows": (
        b"Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n"
    ),
    "a bare carriage return": b"X-A: b\rContent-Length: 5\r\n\r\nhello",
    "a null in a value": b"X-A: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "two hosts": b"Host: other.example\r\nContent-Length: 0\r\n\r\n",
}
"""What a proxy in front may read as one request and a lax parser as two (RFC 9112, 11.2)."""


@pytest.mark.parametrize("rest", SMUGGLED.values(), ids=SMUGGLED.keys())
async def test_B06_what_could_be_read_as_two_requests_is_refused_and_the_line_is_cut(
    rest: bytes,
) -> None:
    async with rosewood() as story, served(story, patience=SOON), AsyncExitStack() as stack:
        peer = await peer_of(story, stack)

        await peer.says(
            b"POST /v1/nothing HTTP/1.1\r\n" + HOST + rest,
            b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
        )
        answers = await peer.hears()

        assert answers.count(b"HTTP/1.") == 1, answers
        assert 400 <= status_of(answers) < 500


async def test_B06_five_hundred_that_stall_are_each_told_408_and_others_are_served() -> None:
    async with (
        rosewood() as story,
        served(story, patience=Patience(head=1, body=1)) as browser,
        AsyncExitStack() as stack,
    ):
        stalled = [await peer_of(story, stack) for _ in range(500)]
        for number, each in enumerate(stalled):
            await each.says(_STALLS[number % len(_STALLS)])
        for _ in range(20):
            async with browser.get("/healthz") as got:
                assert got.status == 200

        told = await asyncio.gather(*(each.hears() for each in stalled))

        assert {status_of(answer) for answer in told} == {408}


_STALLS = (
    b"GET /healthz HTTP/1.1\r\nHost: a\r\n",
    b"POST /acknowledge/x HTTP/1.1\r\n"
    + HOST
    + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nname=",
)
"""A head that does not end, and a body that does not."""


@pytest.mark.soak
async def test_B06_beside_five_hundred_that_stall_others_p95_is_below_300_ms() -> None:
    async with (
        rosewood(*TO_THE_END) as story,
        served(story) as browser,
        AsyncExitStack() as stack,
    ):
        me = await sign_in(story, browser)
        for number in range(500):
            await (await peer_of(story, stack)).says(_STALLS[number % len(_STALLS)])
        took = []
        for _ in range(100):
            began = time.perf_counter()
            status, _page = await me.get(f"/concerns/{CONCERN}")
            took.append(time.perf_counter() - began)
            assert status == 200

        assert statistics.quantiles(took, n=20)[-1] < 0.3


def test_B06_no_hub_is_served_by_the_lax_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    lax = aiohttp.http_parser.HttpRequestParserPy
    monkeypatch.setattr(aiohttp.http_parser, "HttpRequestParser", lax)

    with pytest.raises(ParserMissing, match="strict parser"):
        build_runner(web.Application())


def test_B06_no_hub_is_served_by_a_python_that_leaves_checks_out() -> None:
    code = "from aiohttp import web; from hub.routes import serving as s; s.build_runner(web)"

    ended = subprocess.run(
        [sys.executable, "-O", "-c", code], capture_output=True, text=True, check=False
    )

    assert ended.returncode != 0
    assert "without" in ended.stderr
