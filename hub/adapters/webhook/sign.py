"""The headers of one try, as Standard Webhooks has them (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from datetime import datetime

from hub.directory import EndpointKey
from hub.vocabulary import DeliveryId


def signed_headers(
    delivery: DeliveryId, now: datetime, body: bytes, keys: Iterable[EndpointKey]
) -> dict[str, str]:
    """Return the Standard Webhooks headers of one try: id, time in whole seconds, signatures.

    `now` may be in any zone; what is signed is the instant. One `v1` signature (HMAC-SHA256 over
    `id.timestamp.body`) for each key, with a space between.
    """
    timestamp = str(int(now.timestamp()))
    signed = f"{delivery}.{timestamp}.".encode() + body
    signatures = (
        base64.b64encode(hmac.digest(key.secret, signed, "sha256")).decode("ascii") for key in keys
    )
    return {
        "webhook-id": delivery,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
