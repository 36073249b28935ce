"""A receiver of notices, in the standard library alone: it verifies, and answers.

Copy it into your own system. It names no framework: give it the headers and the bytes as they came.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping

MINUTES = 5
"""How far the sender's clock may be from yours."""


class NotGenuine(Exception):
    """These bytes were not signed by the hub with a key of yours, or not just now."""


def verified(headers: Mapping[str, str], body: bytes, secrets: list[str], now: float) -> str:
    """Return the `webhook-id` of a genuine notice. Raises NotGenuine.

    `body`: the bytes as they came, before anything parses them. `secrets`: your `whsec_...` keys,
    two while one takes the other's place. `now`: Unix time.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        name, seconds = given["webhook-id"], int(given["webhook-timestamp"])
        signatures = given["webhook-signature"].split()
    except (KeyError, ValueError):
        raise NotGenuine from None
    if abs(now - seconds) > MINUTES * 60:
        raise NotGenuine
    for secret in secrets:
        right = _signature(secret, name, seconds, body)
        # Each is compared in the same time, whether it is nearly right or not at all.
        if any(hmac.compare_digest(right.encode(), one.encode()) for one in signatures):
            return name
    raise NotGenuine


def answer(
    notice: str, agency: str, person: str, role: str, *, secret: str, nonce: str, now: float
) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a signed acknowledgement, for POST to `acknowledge.url`.

    Send it once somebody has read the notice, in that person's name. `nonce`: new each time.
    """
    said = {"notice": notice, "agency": agency, "name": person, "role": role}
    body, seconds = json.dumps(said).encode(), int(now)
    return body, {
        "Content-Type": "application/json",
        "webhook-id": nonce,
        "webhook-timestamp": str(seconds),
        "webhook-signature": _signature(secret, nonce, seconds, body),
    }


def _signature(secret: str, name: str, seconds: int, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise NotGenuine from None
    signed = f"{name}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
