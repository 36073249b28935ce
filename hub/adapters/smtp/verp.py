"""The addresses of one delivery, which only this hub can make, for what comes back of it.

`b+<token>@domain` is where mail servers report to (VERP), `r+<token>@domain` where people reply.
The token carries the delivery's id and a truncated HMAC, so an address names its delivery and a
forged one names nothing; the token of the one address is no token of the other. Mail systems may
change the case of an address on its way back, so the token is base32, in which case means nothing.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from typing import Final
from uuid import UUID

from hub.bounce import REPLIES
from hub.vocabulary import DeliveryId, HubError

_TOKEN: Final = re.compile(r"([br])\+([a-z2-7]{16,62})", re.ASCII)
_BOUNCES: Final = "b"
_MEANT: Final = {_BOUNCES: b"hub verp 1\x00", REPLIES: b"hub reply 1\x00"}
_PROOF: Final = 8
"""Bytes of the HMAC that travel: 64 bits, and each guess costs the guesser one mail."""
_UUID: Final = b"\x00"
_TEXT: Final = b"\x01"
_LONGEST: Final = 64 * 5 // 8 - _PROOF - 3
"""What a local part of 64 octets leaves for an id (RFC 5321, 4.5.3.1.1)."""


class IdTooLong(HubError):
    """A delivery's id does not fit a bounce address."""


def verp_address(delivery: DeliveryId, *, domain: str, key: bytes) -> str:
    """Return the envelope sender of this delivery. Raises IdTooLong."""
    return _address(_BOUNCES, delivery, domain, key)


def reply_address(delivery: DeliveryId, *, domain: str, key: bytes) -> str:
    """Return where people reply to this delivery (RFC 5322, 3.6.2). Raises IdTooLong."""
    return _address(REPLIES, delivery, domain, key)


def verp_delivery(address: str, *, domain: str, key: bytes) -> DeliveryId | None:
    """Return the delivery that one of its two addresses names; None if this hub did not make it."""
    local, _, found = address.lower().rpartition("@")
    match = _TOKEN.fullmatch(local)
    if match is None or found != domain.lower():
        return None
    token = match[2].upper()
    try:
        raw = base64.b32decode(token + "=" * (-len(token) % 8))
    except binascii.Error:
        return None
    named, proof = raw[:-_PROOF], raw[-_PROOF:]
    if not hmac.compare_digest(proof, _proof(match[1], named, key)):
        return None
    if named[:1] == _UUID:
        return DeliveryId(str(UUID(bytes=named[1:])))
    return DeliveryId(named[1:].decode("utf-8"))


def _named(delivery: DeliveryId) -> bytes:
    try:
        uuid = UUID(delivery)
    except ValueError:
        uuid = None
    if uuid is not None and str(uuid) == delivery:
        return _UUID + uuid.bytes
    named = _TEXT + delivery.encode("utf-8")
    if len(named) > _LONGEST:
        raise IdTooLong(delivery)
    return named


def _address(kind: str, delivery: DeliveryId, domain: str, key: bytes) -> str:
    named = _named(delivery)
    token = base64.b32encode(named + _proof(kind, named, key)).decode("ascii")
    return f"{kind}+{token.rstrip('=').lower()}@{domain}"


def _proof(kind: str, named: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _MEANT[kind] + named, "sha256")[:_PROOF]
