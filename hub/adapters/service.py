"""Calls to one service that the operator has set: no redirects, a deadline, a bound on answers.

Unlike a webhook's, its address is not somebody else's words. A connection is never used again, so
nothing is ever posted a second time by itself.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final

import aiohttp
from yarl import URL

from hub.adapters.webhook.wire import Answer, Body, Deadlines, Try, read_answer
from hub.failpoint import failpoint

_SHOWN: Final = 1024


class Service:
    """The calls to one service. `url` is what every path is put behind."""

    def __init__(
        self, url: str, *, tls: ssl.SSLContext, deadlines: Deadlines | None = None
    ) -> None:
        self._url = URL(url.rstrip("/"))
        self._tls = tls
        self._deadlines = deadlines or Deadlines()
        self._session: aiohttp.ClientSession | None = None
        self.closed = False

    async def post(
        self, path: str, headers: Mapping[str, str], body: bytes, *, content_type: str
    ) -> tuple[Try, Exception | None]:
        """Post once; return what is known of it, and what broke where no whole answer came."""
        running = Try(started=asyncio.get_running_loop().time())

        async def once() -> None:
            data = Body(body, running, content_type)
            request = self._open().post(
                self._url.joinpath(*path.split("/")),
                data=data,
                headers=headers,
                allow_redirects=False,
            )
            async with request as response:
                if not running.asked:
                    raise aiohttp.ServerDisconnectedError
                failpoint("send.after")
                running.answer = Answer(status=response.status, headers=response.headers.copy())
                await read_answer(response, running.answer)

        try:
            async with asyncio.timeout(self._deadlines.total):
                await once()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return running, error
        return running, None

    async def get(
        self, path: str, headers: Mapping[str, str], query: Mapping[str, str] | None = None
    ) -> Answer | None:
        """Ask once; None where no whole answer came."""
        url = self._url.joinpath(*path.split("/")).with_query(query or {})
        try:
            async with (
                asyncio.timeout(self._deadlines.total),
                self._open().get(url, headers=headers, allow_redirects=False) as response,
            ):
                answer = Answer(status=response.status, headers=response.headers.copy())
                await read_answer(response, answer)
        except (aiohttp.ClientError, OSError, ValueError):
            return None
        return answer if answer.whole else None

    async def close(self) -> None:
        """Give back every connection."""
        self.closed = True
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self.closed:
            raise aiohttp.ClientConnectionError("the service is closed")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls, force_close=True, limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=self._deadlines.connect),
                headers={"User-Agent": "ConcernHub", "Accept-Encoding": "identity"},
            )
        return self._session


def shown(body: bytes | bytearray) -> str:
    """Return the beginning of what was answered, fit to be shown."""
    cut = body[: 4 * _SHOWN].decode("utf-8", "replace")[:_SHOWN]
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in cut)
