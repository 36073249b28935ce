"""What proves to GOV.UK Notify which service calls: a token of its own for each request."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

import orjson

_HEADER: Final = b'{"typ":"JWT","alg":"HS256"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Our service there, its secret, and the template that its texts are made from."""

    service: str
    secret: str = field(repr=False)
    template: str


def bearer(account: Account, now: datetime) -> str:
    """Return the `Authorization` of one request at `now`. Notify takes it for 30 seconds."""
    claims = {"iss": account.service, "iat": int(now.timestamp())}
    return f"Bearer {jws(_HEADER, orjson.dumps(claims), account.secret.encode())}"


def jws(header: bytes, payload: bytes, key: bytes) -> str:
    """Return the compact form of what is signed with HMAC SHA-256 (RFC 7515, 7.1 and A.1)."""
    signed = b".".join((_base64url(header), _base64url(payload)))
    proof = hmac.new(key, signed, sha256).digest()
    return b".".join((signed, _base64url(proof))).decode("ascii")


def _base64url(octets: bytes) -> bytes:
    return urlsafe_b64encode(octets).rstrip(b"=")
