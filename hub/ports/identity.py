"""What is asked of an organisation's own sign-in: the way there, a proof, and the way out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hub.vocabulary import HubError


class ProviderAway(HubError):
    """The provider of sign-in does not answer as it should:"""  # noqa: D400  # how follows


class NotProved(HubError):
    """This does not prove who somebody is:"""  # noqa: D400  # why follows, without any claim's value


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one browser was sent to the provider with."""

    back: str
    """Where the provider sends it back to, as it is registered there."""
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    """Proves that whoever redeems the code is whoever asked for it (RFC 7636)."""
    again: bool = False
    """True: the person must prove now who they are, whatever the provider remembers of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBack:
    """What the browser brought back from the provider."""

    code: str = field(repr=False)
    issuer: str | None = None
    """Who says so (RFC 9207), where the provider does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Who somebody is. Their address is no part of it: addresses are given away and reused."""

    issuer: str
    subject: str
    name: str
    """As the provider has it; empty where it gives none."""
    groups: tuple[str, ...]
    proved: datetime | None
    """When they last proved it to the provider; None where it does not say."""
    sid: str = ""
    """Its own session of theirs, by the provider's word; empty where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut:
    """Whose sessions a provider has ended (OpenID Connect Back-Channel Logout 1.0)."""

    issuer: str
    subject: str
    """Empty: whoever it was, in the session `sid`."""
    sid: str
    """The provider's own session; empty: each one of the subject."""
    token: str
    """The id of what says so (`jti`): it counts once."""


class IdentityProvider(Protocol):
    """An organisation's own sign-in (OpenID Connect Core 1.0, code flow)."""

    async def way_there(self, asked: Asked, now: datetime) -> str:
        """Return where to send the browser. Raises ProviderAway."""
        ...

    async def proof(self, asked: Asked, came: CameBack, now: datetime) -> Proof:
        """Redeem the code, and verify what it brings. Raises ProviderAway and NotProved."""
        ...

    async def signed_out(self, token: str, now: datetime) -> SignedOut:
        """Verify a logout token. Raises ProviderAway and NotProved."""
        ...

    async def way_out(self, back: str, now: datetime) -> str:
        """Return where to send somebody who signs out there too; empty where it offers none."""
        ...

    async def close(self) -> None:
        """Give back every connection."""
        ...
