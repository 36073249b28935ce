"""The hub's public keys: the one that signs now, and those that have signed before (RFC 7517)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.attestation import instant, public_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """One key of the hub, without its secret half."""

    key: str
    """Its id: its thumbprint (RFC 7638)."""
    public: str
    """Ed25519, in base64url (RFC 8037)."""
    since: datetime | None = None
    """From when on it has signed (UTC); None: nobody has written it down."""
    until: datetime | None = None
    """When it was retired (UTC); None: it signs now."""

    def signed_at(self, at: datetime) -> bool:
        """Whether the hub signed with this key at that time."""
        began = self.since is None or self.since <= at
        return began and (self.until is None or at <= self.until)


def key_set(keys: Iterable[PublicKey]) -> dict[str, Any]:
    """Return the keys as a JSON Web Key Set. `from` and `until` are members of our own."""
    return {"keys": [_jwk(key) for key in keys]}


def _jwk(key: PublicKey) -> dict[str, str]:
    times = {"from": key.since, "until": key.until}
    return {
        **public_parts(key.public),
        "kid": key.key,
        "alg": "EdDSA",
        "use": "sig",
        **{name: instant(at) for name, at in times.items() if at is not None},
    }
