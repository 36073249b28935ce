"""A webhook receiver that keeps what it is sent, and answers as it is told."""

from __future__ import annotations

import ssl
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from hub.adapters.catcher.keep import Keep


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtCall:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    """Lower-case names."""
    body: bytes = field(repr=False)
    status: int
    """What it was answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


_TAKEN: Final = Reply(status=204)


class WebhookCatcher:
    """A web server on loopback that takes every POST, unless it is told otherwise."""

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.host = host
        self.port = port
        self.kept: Keep[CaughtCall] = Keep()
        self._tls = tls
        self._script: dict[str, deque[Reply]] = {}
        self._always: dict[str, Reply] = {}
        self._runner: web.ServerRunner | None = None

    @property
    def calls(self) -> list[CaughtCall]:
        """Return every request, oldest first."""
        return list(self.kept.all)

    def url(self, path: str = "/", host: str | None = None) -> str:
        """Return the URL of one path."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{host or self.host}:{self.port}{path}"

    def then(self, path: str, *replies: Reply) -> None:
        """Add to what this path answers, once each; when they are used up, it answers as always."""
        self._script.setdefault(path, deque()).extend(replies)

    def always(self, path: str, reply: Reply) -> None:
        """Set what this path answers from now on; 204 is what it answers untold."""
        self._always[path] = reply

    async def until(self, count: int, within: float = 10) -> list[CaughtCall]:
        """Wait until there were this many requests, and return them. Raises TimeoutError."""
        return await self.kept.until(lambda calls: len(calls) >= count, within)

    async def start(self) -> None:
        """Listen. With port 0 the system chooses one, and `port` says which."""
        server = web.Server(self._answer, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, ssl_context=self._tls)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        script = self._script.get(request.path)
        reply = script.popleft() if script else self._always.get(request.path, _TAKEN)
        caught = CaughtCall(
            path=request.path,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            status=reply.status,
        )
        await self.kept.add(caught)
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)
