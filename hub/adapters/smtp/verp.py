"""The bounce address of one delivery (VERP): `b+<token>@domain`, which only this hub can make.

The token carries the delivery's id and a truncated HMAC, so a bounce names its delivery and a
forged one names nothing. Mail systems may change the case of an address on its way back, so the
token is base32, in which case means nothing.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from typing import Final
from uuid import UUID

from hub.vocabulary import DeliveryId, HubError

_TOKEN: Final = re.compile(r"b\+([a-z2-7]{16,62})", re.ASCII)
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
    named = _named(delivery)
    token = base64.b32encode(named + _proof(named, key)).decode("ascii")
    return f"b+{token.rstrip('=').lower()}@{domain}"


def verp_delivery(address: str, *, domain: str, key: bytes) -> DeliveryId | None:
    """Return the delivery a bounce address names; None if it is not ours or was not made by us."""
    local, _, found = address.lower().rpartition("@")
    match = _TOKEN.fullmatch(local)
    if match is None or found != domain.lower():
        return None
    token = match[1].upper()
    try:
        raw = base64.b32decode(token + "=" * (-len(token) % 8))
    except binascii.Error:
        return None
    named, proof = raw[:-_PROOF], raw[-_PROOF:]
    if not hmac.compare_digest(proof, _proof(named, key)):
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


def _proof(named: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"hub verp 1\x00" + named, "sha256")[:_PROOF]
