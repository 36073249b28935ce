"""A logout token is verified whole, or ends nothing (Back-Channel Logout 1.0, 2.6). No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from joserfc.jwk import Key

from hub.adapters.oidc.token import LONGEST_NAME, is_for, is_of_now, signed
from hub.ports.identity import NotProved, SignedOut

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
TYPE: Final = "logout+jwt"
"""What its header must call it, so that no other token is taken for one (RFC 8725, 3.11)."""


def signed_out_by(
    token: str, keys: Sequence[Key], issuer: str, client_id: str, now: datetime
) -> SignedOut:
    """Return whose sessions this token ends. Raises KeyUnknown and NotProved."""
    header, claims = signed(token, keys)
    kind = header.get("typ")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") != TYPE:
        raise NotProved("it was made for something else")
    is_for(claims, issuer, client_id)
    is_of_now(claims, now)
    # An ID token has one; nobody may be signed out by a token that signed them in.
    if "nonce" in claims:
        raise NotProved("it belongs to a sign-in")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise NotProved("it does not say that somebody has signed out")
    subject, sid = _word(claims, "sub"), _word(claims, "sid")
    if not subject and not sid:
        raise NotProved("it does not say who has signed out")
    once = _word(claims, "jti")
    if not once:
        raise NotProved("it has no id of its own")
    return SignedOut(issuer=issuer, subject=subject, sid=sid, token=once)


def _word(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim; empty where it is not there. Raises NotProved where it is no such word."""
    found = claims.get(name, "")
    if not isinstance(found, str) or len(found) > LONGEST_NAME or (name in claims and not found):
        raise NotProved(f"its {name} is no word, or too long")
    return found
