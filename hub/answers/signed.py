"""A signed acknowledgement: Standard Webhooks `v1` by a key of the agency the notice was for."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from hub.directory import Directory
from hub.events.envelope import Fault
from hub.events.model import Code, Line
from hub.rotation import live
from hub.vocabulary import AgencyId, DeclinedBecause

CLOCKS_DIFFER_BY: Final = timedelta(minutes=5)
_Because = Literal[DeclinedBecause.NOT_FOR_US, DeclinedBecause.WRONG_CONTACT]
"""Spelled out in the schema, which has no shelf of its own in the AsyncAPI document."""
_ID: Final = re.compile(r"^[\x21-\x7e]{1,256}$")
_SECONDS: Final = re.compile(r"^\d{1,12}$")
_SHORTEST_KEY: Final = 24
"""Octets; whoever guesses a shorter key, or knows that it is empty, is nobody (delivery.md)."""
_SIGNATURES_READ: Final = 10
"""More than this many in one header is not a rotation of keys."""


class SignedBody(BaseModel):
    """What an agency's system signs. The body names notice and agency, so that both are bound.

    `declined` says that the notice is not for them, and needs `because` and `reason`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    notice: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    agency: Code
    name: Line
    role: Line
    answer: Literal["acknowledged", "declined"] = "acknowledged"
    because: _Because | None = None
    reason: Line | None = None

    @model_validator(mode="after")
    def _why_where_it_declines(self) -> SignedBody:
        given = {self.because is not None, self.reason is not None}
        if given != {self.answer == "declined"}:
            msg = "`because` and `reason` belong to the answer `declined`, and it needs both"
            raise ValueError(msg)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The three headers of a signed message, in their right form."""

    id: str
    """The nonce as well (`webhook-id`)."""
    at: datetime
    seconds: str
    signatures: tuple[bytes, ...]


def envelope(headers: Mapping[str, str]) -> Envelope | None:
    """Read the headers (names in any case); None where one is missing or malformed."""
    named = {name.lower(): value for name, value in headers.items()}
    nonce = named.get("webhook-id", "")
    seconds = named.get("webhook-timestamp", "")
    signatures = tuple(_signatures(named.get("webhook-signature", "")))
    if not (_ID.match(nonce) and _SECONDS.match(seconds) and signatures):
        return None
    try:
        at = datetime.fromtimestamp(int(seconds), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return Envelope(id=nonce, at=at, seconds=seconds, signatures=signatures)


def signer(
    received: Envelope, body: bytes, wanted: AgencyId, directory: Directory, now: datetime
) -> str:
    """Return `wanted`, `another agency` or `nobody`: whose live key signed exactly these bytes.

    Every key that is live now is tried, whether or not one matched before it: the time taken says
    nothing.
    """
    content = f"{received.id}.{received.seconds}.".encode() + body
    owners = {
        endpoint.agency == wanted
        for endpoint in directory.endpoints
        for key in live(endpoint.keys, now)
        if len(key.secret) >= _SHORTEST_KEY and _matches(key.secret, content, received.signatures)
    }
    if True in owners:
        return "wanted"
    return "another agency" if owners else "nobody"


def stale(received: Envelope, now: datetime) -> bool:
    """Whether the signer's clock and ours are more than five minutes apart."""
    return abs(now - received.at) > CLOCKS_DIFFER_BY


def read_body(body: bytes) -> SignedBody | tuple[Fault, ...]:
    """Read the signed body, or return every fault in it, at its JSON pointer."""
    try:
        return SignedBody.model_validate_json(body)
    except ValidationError as error:
        return tuple(
            Fault(pointer="".join(f"/{part}" for part in fault["loc"]), says=fault["msg"])
            for fault in error.errors(include_input=False, include_url=False)
        )


def _matches(secret: bytes, content: bytes, signatures: Iterable[bytes]) -> bool:
    expected = hmac.digest(secret, content, sha256)
    return sum(hmac.compare_digest(expected, each) for each in signatures) > 0


def _signatures(header: str) -> Iterable[bytes]:
    for part in header.split(" ")[:_SIGNATURES_READ]:
        version, _, encoded = part.partition(",")
        if version == "v1":
            try:
                yield base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                continue
