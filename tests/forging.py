"""A provider of OpenID Connect on loopback that says whatever a test wants it to say."""

from __future__ import annotations

import asyncio
import socket
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import unquote_plus, urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey

from hub.ports import Clock

CLIENT: Final = "concern-hub"
SECRET: Final = "to the provider alone: % & +"


def key_of(name: str) -> ECKey:
    """Return a new signing key of this name."""
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig", "alg": "ES256"})


@dataclass(slots=True, kw_only=True)
class ForgingProvider:
    """What it says, and what it was asked."""

    clock: Clock
    issuer: str = ""
    key: ECKey = field(default_factory=lambda: key_of("k1"))
    """By which it signs."""
    shown: list[ECKey] = field(default_factory=list)
    """Which keys it shows; empty: the one by which it signs."""
    claims: dict[str, Any] = field(default_factory=dict)
    """Put over what an ID token says; None takes a claim away."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """Put over what it says of itself."""
    back: dict[str, str] = field(default_factory=dict)
    """Put over what the browser is sent back with; an empty one is taken away."""
    down: bool = False
    token: str = ""
    """An ID token that it gives out in place of its own."""
    flood: int = 0
    """So many octets are sent in place of its description."""
    asked: list[dict[str, str]] = field(default_factory=list)
    """Every request to sign in."""
    key_reads: int = 0
    calls: int = 0
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def application(self) -> web.Application:
        """Return it."""
        app = web.Application(middlewares=[self._may_be_down])
        app.router.add_get("/.well-known/openid-configuration", self._itself)
        app.router.add_get("/keys", self._keys)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        return app

    def signed_out(self, **changes: Any) -> str:  # noqa: ANN401 - of any claim
        """Return a logout token with everything in it that it should have, but for `changes`."""
        now = int(self.clock.now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": "subject-1",
            "aud": CLIENT,
            "exp": now + 120,
            "iat": now,
            "jti": token_urlsafe(8),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        } | changes
        said = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "ES256", "kid": self.key.kid, "typ": "logout+jwt"}
        return jwt.encode(header, said, self.key, algorithms=["ES256"])

    def signed(self, nonce: str) -> str:
        """Return an ID token with everything in it that it should have, as this test changes it."""
        now = int(self.clock.now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": "subject-1",
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "auth_time": now,
            "nonce": nonce,
            "name": "Amara Okafor",
            "email": "amara@council.example",
            "groups": ["leos"],
        } | self.claims
        whole = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, whole, self.key)

    @web.middleware
    async def _may_be_down(self, request: web.Request, handler: Any) -> web.StreamResponse:  # noqa: ANN401 - aiohttp's own
        self.calls += 1
        if self.down:
            return web.Response(status=502, text="the secret word of this proxy is heron")
        answered: web.StreamResponse = await handler(request)
        return answered

    async def _itself(self, _: web.Request) -> web.Response:
        if self.flood:
            return web.Response(body=b" " * self.flood)
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/out",
            "authorization_response_iss_parameter_supported": True,
        } | self.metadata
        return web.json_response({name: value for name, value in said.items() if value is not None})

    async def _keys(self, _: web.Request) -> web.Response:
        self.key_reads += 1
        shown = self.shown or [self.key]
        return web.json_response({"keys": [key.as_dict(private=False) for key in shown]})

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        self.asked.append(asked)
        code = token_urlsafe(16)
        self._codes[code] = asked
        said = {"code": code, "state": asked["state"], "iss": self.issuer} | self.back
        query = urlencode({name: value for name, value in said.items() if value})
        return web.Response(status=303, headers={"Location": f"{asked['redirect_uri']}?{query}"})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = self._codes.pop(str(form["code"]), None)
        given = b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        challenge = urlsafe_b64encode(sha256(str(form["code_verifier"]).encode()).digest())
        if (
            asked is None
            or [unquote_plus(part) for part in given.split(":")] != [CLIENT, SECRET]
            or challenge.rstrip(b"=").decode() != asked["code_challenge"]
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = self.token or self.signed(asked["nonce"])
        return web.json_response({"token_type": "Bearer", "access_token": "x", "id_token": token})


@asynccontextmanager
async def forging(clock: Clock) -> AsyncIterator[ForgingProvider]:
    """Serve one."""
    door = socket.create_server(("127.0.0.1", 0))
    made = ForgingProvider(clock=clock, issuer=f"http://127.0.0.1:{door.getsockname()[1]}")
    runner = web.AppRunner(made.application(), shutdown_timeout=1)
    await runner.setup()
    try:
        await web.SockSite(runner, door).start()
        yield made
    finally:
        await asyncio.shield(runner.cleanup())
        door.close()
