"""One HTTP exchange with one endpoint: what leaves, when it leaves, and what is read."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, AbstractStreamWriter
from yarl import URL

from hub.adapters.egress import Egress, GuardedResolver
from hub.failpoint import failpoint

_MOST: Final = 65_536
"""Octets of an answer that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How many seconds a webhook may take."""

    total: float = 15
    """Over everything: name, connection, TLS, request, and the answer with its body."""
    connect: float = 5


@dataclass(slots=True, kw_only=True)
class Answer:
    """An answer, as far as it was read."""

    status: int
    headers: Mapping[str, str]
    body: bytearray = field(default_factory=bytearray)
    whole: bool = False
    """True: it was read to its end, or as far as we ever read."""


@dataclass(slots=True, kw_only=True)
class Try:
    """What is known of one try while it runs."""

    started: float
    signed_by: str = ""
    """The ids of the keys that signed it, and what each does now."""
    sent: bool = False
    """True from the moment the last octet of the body may have left."""
    reused: bool = False
    asked: bool = False
    """True once this connection's request leaves: an answer that stood there before is nobody's."""
    reconnected: bool = False
    wire: dict[str, str] = field(default_factory=dict)
    answer: Answer | None = None


class Sessions:
    """The HTTP sessions, one for each reach: what one endpoint may dial, another must not reuse."""

    def __init__(
        self,
        *,
        ca_file: Path | None,
        resolver: AbstractResolver | None,
        user_agent: str,
        connect: float,
    ) -> None:
        self._tls = tls_context(ca_file)
        self._resolver = resolver
        self._user_agent = user_agent
        self._connect = connect
        self._kept: dict[tuple[Egress, bool], aiohttp.ClientSession] = {}
        self._closed = False

    async def post(
        self,
        egress: Egress,
        url: URL,
        headers: Mapping[str, str],
        body: bytes,
        running: Try,
    ) -> None:
        """Post, and once more at once where a kept connection turned out to have gone.

        The answer is left in `running`. Raises what aiohttp raises.
        """
        try:
            await self._once(egress, url, headers, body, running)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            if not running.reused or isinstance(error, aiohttp.ClientConnectorError):
                raise
            running.reconnected = True
            await self._once(egress, url, headers, body, running)

    async def close(self) -> None:
        """Give back every connection."""
        self._closed = True
        sessions = tuple(self._kept.values())
        self._kept.clear()
        for session in sessions:
            await session.close()

    async def _once(
        self, egress: Egress, url: URL, headers: Mapping[str, str], body: bytes, running: Try
    ) -> None:
        request = self._session(egress, fresh=running.reconnected).post(
            url,
            data=Body(body, running),
            headers=headers,
            allow_redirects=False,
            trace_request_ctx=running,
        )
        running.asked = False
        async with request as response:
            if not running.asked:
                raise aiohttp.ServerDisconnectedError
            failpoint("send.after")
            running.answer = Answer(status=response.status, headers=response.headers.copy())
            await read_answer(response, running.answer)

    def _session(self, egress: Egress, *, fresh: bool) -> aiohttp.ClientSession:
        if (found := self._kept.get((egress, fresh))) is not None:
            return found
        if self._closed:
            # What close() broke off would dial anew, by a session that nobody gives back.
            raise aiohttp.ClientConnectionError("the webhook carrier is closed")
        resolver = self._resolver or aiohttp.ThreadedResolver()
        connector = aiohttp.TCPConnector(
            ssl=self._tls,
            resolver=GuardedResolver(resolver, egress),
            socket_factory=egress.socket,
            # Asked anew for each connection; what was answered is what is dialled.
            use_dns_cache=False,
            force_close=fresh,
            limit=0,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, connect=self._connect),
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "identity"},
            trace_configs=[_watching()],
        )
        self._kept[egress, fresh] = session
        return session


class Body(aiohttp.BytesPayload):
    """The stored bytes, which note when they leave and by which connection."""

    def __init__(
        self, body: bytes, running: Try, content_type: str = "application/cloudevents+json"
    ) -> None:
        super().__init__(body, content_type=content_type)
        self._running = running

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        """Write the body, between the two moments at which a test may kill the hub."""
        transport: asyncio.Transport | None = getattr(writer, "transport", None)
        if transport is not None:
            self._running.wire.update(_covered(transport))
            if getattr(transport.get_protocol(), "should_close", False):
                # Something was said here, and not an octet of this request has left.
                raise ConnectionResetError
        failpoint("send.before")
        if transport is not None and not transport.is_closing():
            self._running.sent = self._running.asked = True
        await super().write_with_length(writer, content_length)
        failpoint("send.content")


def _covered(transport: asyncio.Transport) -> dict[str, str]:
    """Say where a connection goes and how it is covered."""
    found = {}
    if peer := transport.get_extra_info("peername"):
        found["remote"] = f"{peer[0]}:{peer[1]}"
    if covered := transport.get_extra_info("ssl_object"):
        found["tls"], found["cipher"] = covered.version(), covered.cipher()[0]
    return found


async def read_answer(response: aiohttp.ClientResponse, answer: Answer) -> None:
    """Read the answer up to the most we read, and hang up on what is longer."""
    try:
        while len(answer.body) < _MOST:
            piece = await response.content.read(_MOST - len(answer.body))
            if not piece:
                break
            answer.body += piece
    except (aiohttp.ClientError, OSError):
        return
    finally:
        if not response.content.at_eof():
            response.close()
    answer.whole = True


def _watching() -> aiohttp.TraceConfig:
    """Note whether a connection that was kept is used again."""
    config = aiohttp.TraceConfig()

    async def reused(_session: object, context: object, _params: object) -> None:
        running = getattr(context, "trace_request_ctx", None)
        if isinstance(running, Try):
            running.reused = True

    config.on_connection_reuseconn.append(reused)
    return config


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return TLS 1.2 or later, with this certificate trusted beside the system's."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context
