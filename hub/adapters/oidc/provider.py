"""The provider: what it says of itself, the way to it, and what a code is redeemed for."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit, urlunsplit

import aiohttp
import orjson
from joserfc.jwk import Key

from hub.adapters.oidc.logout import signed_out_by
from hub.adapters.oidc.token import Expected, KeyUnknown, keys_of, proof_of
from hub.ports.identity import Asked, CameBack, NotProved, Proof, ProviderAway, SignedOut
from hub.ports.sessions import LONGEST

SECONDS: Final = 5.0
"""How long one answer of the provider may take, from the first to the last octet."""
OCTETS: Final = 256 * 1024
"""How long it may be."""
REMEMBERED: Final = timedelta(minutes=10)
"""For how long what the provider says of itself is believed; a key it takes back ends with it."""
SPARED: Final = timedelta(seconds=5)
"""For how long nobody asks again what the provider just failed to say of itself."""
_DISCOVERY: Final = "/.well-known/openid-configuration"
_OUT: Final = "end_session_endpoint"
_AT_HOME: Final = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What we are to the provider, and which of its claims we read."""

    issuer: str
    """Exactly as the provider writes it."""
    client_id: str
    client_secret: str = field(repr=False)
    groups_claim: str = "groups"
    name_claim: str = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the provider says of itself (OpenID Connect Discovery 1.0)."""

    authorization: str
    token: str
    out: str
    by_header: bool
    """How it takes our secret: in a header, or in the form."""
    names_itself: bool
    """It promises to say who it is when it sends a browser back (RFC 9207)."""
    keys: tuple[Key, ...]
    read: datetime


class OidcProvider:
    """One provider of OpenID Connect."""

    def __init__(self, client: Client, *, tls: ssl.SSLContext) -> None:
        self._client = client
        self._tls = tls
        self._known: _Known | None = None
        self._failed: datetime | None = None
        self._turn = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def way_there(self, asked: Asked, now: datetime) -> str:
        """Return where to send the browser. Raises ProviderAway."""
        known = await self._provider(now)
        challenge = urlsafe_b64encode(sha256(asked.verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": asked.back,
            # Never `email`: it is not asked for, so it cannot be kept.
            "scope": "openid profile",
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
            "max_age": "0" if asked.again else str(int(LONGEST.total_seconds())),
        } | ({"prompt": "login"} if asked.again else {})
        return _with(known.authorization, query)

    async def proof(self, asked: Asked, came: CameBack, now: datetime) -> Proof:
        """Redeem the code, and verify what it brings. Raises ProviderAway and NotProved."""
        known = await self._provider(now)
        # Asked before the code goes anywhere: another provider must not get it (RFC 9207, 2.4).
        if came.issuer is None and known.names_itself:
            raise NotProved("the provider did not say who it is")
        if came.issuer is not None and came.issuer != self._client.issuer:
            raise NotProved("another provider sent the browser back")
        token = await self._redeemed(known, asked, came)
        expected = Expected(
            issuer=self._client.issuer,
            client_id=self._client.client_id,
            nonce=asked.nonce,
            again=asked.again,
            groups_claim=self._client.groups_claim,
            name_claim=self._client.name_claim,
        )
        try:
            return proof_of(token, known.keys, expected, now)
        except KeyUnknown:
            known = await self._read(now)
        try:
            return proof_of(token, known.keys, expected, now)
        except KeyUnknown as error:
            raise NotProved("its key is not the provider's") from error

    async def signed_out(self, token: str, now: datetime) -> SignedOut:
        """Verify a logout token. Raises ProviderAway and NotProved."""
        known = await self._provider(now)
        client = self._client
        try:
            return signed_out_by(token, known.keys, client.issuer, client.client_id, now)
        except KeyUnknown as error:
            # Anybody may send a token: whoever makes up keys does not make us ask without end.
            if timedelta() <= now - known.read < SPARED:
                raise NotProved("its key is not the provider's") from error
            known = await self._read(now)
        try:
            return signed_out_by(token, known.keys, client.issuer, client.client_id, now)
        except KeyUnknown as error:
            raise NotProved("its key is not the provider's") from error

    async def way_out(self, back: str, now: datetime) -> str:
        """Return where to send somebody who signs out there too; empty where it offers none."""
        try:
            known = await self._provider(now)
        except ProviderAway:
            return ""
        query = {"client_id": self._client.client_id, "post_logout_redirect_uri": back}
        return _with(known.out, query) if known.out else ""

    async def close(self) -> None:
        """Give back every connection."""
        self._closed = True
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def _provider(self, now: datetime) -> _Known:
        # One asks for all: who opens the sign-in page again and again wears nobody out.
        async with self._turn:
            known = self._known
            if known is not None and timedelta() <= now - known.read < REMEMBERED:
                return known
            if self._failed is not None and abs(now - self._failed) < SPARED:
                raise ProviderAway("it did not answer a moment ago")
            try:
                return await self._read(now)
            except ProviderAway:
                self._failed = now
                raise

    async def _read(self, now: datetime) -> _Known:
        status, said = await self._asked("GET", self._client.issuer.rstrip("/") + _DISCOVERY)
        if status != HTTPStatus.OK:
            raise ProviderAway(f"its description answered {status}")
        if said.get("issuer") != self._client.issuer:
            raise ProviderAway("it calls itself by another name than HUB_OIDC_ISSUER")
        status, keys = await self._asked("GET", self._address(said, "jwks_uri"))
        if status != HTTPStatus.OK:
            raise ProviderAway(f"its keys answered {status}")
        methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        try:
            usable = keys_of(keys)
        except ValueError as error:
            raise ProviderAway("its keys cannot be read") from error
        self._known = _Known(
            authorization=self._address(said, "authorization_endpoint"),
            token=self._address(said, "token_endpoint"),
            out=self._address(said, _OUT) if _OUT in said else "",
            by_header=not isinstance(methods, list) or "client_secret_basic" in methods,
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
            keys=usable,
            read=now,
        )
        return self._known

    def _address(self, said: Mapping[str, object], name: str) -> str:
        """Return one of the provider's addresses: by TLS, or on this machine as the issuer is."""
        given = said.get(name)
        try:
            parts = urlsplit(given if isinstance(given, str) else "")
            host = parts.hostname
        except ValueError as error:
            raise ProviderAway(f"its {name} cannot be used") from error
        as_home = self._client.issuer.startswith("http:") and host in _AT_HOME
        safe = parts.scheme == "https" or (parts.scheme == "http" and as_home)
        if not isinstance(given, str) or not host or not safe:
            raise ProviderAway(f"its {name} cannot be used")
        return given

    async def _redeemed(self, known: _Known, asked: Asked, came: CameBack) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": came.code,
            "redirect_uri": asked.back,
            "code_verifier": asked.verifier,
        }
        headers = {}
        name, secret = self._client.client_id, self._client.client_secret
        if known.by_header:
            # RFC 6749, 2.3.1: each is form-encoded before the two are joined.
            both = f"{quote_plus(name)}:{quote_plus(secret)}".encode()
            headers["Authorization"] = f"Basic {b64encode(both).decode()}"
        else:
            form |= {"client_id": name, "client_secret": secret}
        status, said = await self._asked("POST", known.token, form, headers)
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise NotProved(f"the code was refused ({status})")
        token = said.get("id_token")
        if status != HTTPStatus.OK or not isinstance(token, str):
            raise ProviderAway(f"it answered {status} without an ID token")
        return token

    async def _asked(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, object]]:
        """Ask once, within the time and size an answer may take; where it is no JSON, {}."""
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._open().request(
                    method, url, data=form, headers=headers, allow_redirects=False
                ) as response,
            ):
                body = bytearray()
                async for chunk in response.content.iter_any():
                    body.extend(chunk)
                    if len(body) > OCTETS:
                        raise ProviderAway("its answer is too long")
                status = response.status
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            raise ProviderAway(type(error).__name__) from error
        try:
            said = orjson.loads(body)
        except orjson.JSONDecodeError:
            said = {}
        return status, said if isinstance(said, dict) else {}

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise aiohttp.ClientConnectionError("the hub is going")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls, force_close=True, limit=20),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                headers={
                    "User-Agent": "ConcernHub",
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                },
            )
        return self._session


def _with(url: str, query: Mapping[str, str]) -> str:
    """Return this address with these parameters behind its own; ours win."""
    parts = urlsplit(url)
    theirs = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in query]
    return urlunsplit(parts._replace(query=urlencode([*theirs, *query.items()]), fragment=""))
