"""An ID token is verified whole, or proves nothing (OpenID Connect Core 1.0, 3.1.3.7). No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, RSAKey, import_key

from hub.ports.identity import NotProved, Proof
from hub.vocabulary import HubError

ALGORITHMS: Final[Mapping[str, type[RSAKey | ECKey]]] = {
    "RS256": RSAKey,
    "PS256": RSAKey,
    "ES256": ECKey,
}
"""By which a token may be signed, and the kind of key that each takes: no `none`, no shared key."""

SKEW: Final = timedelta(seconds=60)
"""By how much the provider's clock may differ from ours."""

FRESH: Final = timedelta(minutes=10)
"""A token made longer ago was not made for this sign-in."""

LATELY: Final = timedelta(minutes=5)
"""Who was asked to prove anew who they are did so within this."""

_LEAST_BITS: Final = 2048
LONGEST_NAME: Final = 255
"""Characters of a subject (Core 1.0, section 2); and of a name."""
_MOST_GROUPS: Final = 1_000


class KeyUnknown(HubError):
    """The token is signed by a key that was not among those read: they may have been changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token must say."""

    issuer: str
    client_id: str
    nonce: str
    again: bool
    groups_claim: str
    name_claim: str


def keys_of(found: object) -> tuple[Key, ...]:
    """Return the keys of a JSON Web Key Set (RFC 7517) that may sign by one of our algorithms.

    Raises ValueError where it is no such set.
    """
    listed = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no key set")  # noqa: TRY004  # somebody else's words, not our mistake
    usable = []
    for each in listed:
        if not isinstance(each, dict) or each.get("use", "sig") != "sig":
            continue
        # What holds its private half is no public key, whoever shows it.
        if each.get("kty") not in {"RSA", "EC"} or "d" in each:
            continue
        try:
            usable.append(import_key(each))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    return tuple(KeySet(usable)) if usable else ()


def proof_of(token: str, keys: Sequence[Key], expected: Expected, now: datetime) -> Proof:
    """Return who this ID token proves somebody is. Raises KeyUnknown and NotProved."""
    _, claims = signed(token, keys)
    is_for(claims, expected.issuer, expected.client_id)
    if claims.get("nonce") != expected.nonce:
        raise NotProved("it does not belong to this sign-in")
    is_of_now(claims, now)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_NAME:
        raise NotProved("its subject is missing or too long")
    return Proof(
        issuer=expected.issuer,
        subject=subject,
        name=_name(claims.get(expected.name_claim)),
        groups=_groups(claims.get(expected.groups_claim)),
        proved=_proved(claims, expected, now),
        sid=_sid(claims.get("sid")),
    )


def signed(token: str, keys: Sequence[Key]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return header and claims of a token, its signature verified. Raises KeyUnknown, NotProved."""
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
        algorithm = str(header.get("alg"))
        kind = ALGORITHMS.get(algorithm)
        if kind is None:
            raise NotProved("it is not signed by an algorithm that is taken here")
        key = _key(keys, kind, algorithm, header.get("kid"))
        return header, jwt.decode(token, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError) as error:
        raise NotProved(f"it is not signed as it should be ({type(error).__name__})") from error


def _key(
    keys: Sequence[Key], kind: type[RSAKey | ECKey], algorithm: str, kid: object
) -> RSAKey | ECKey:
    fitting = [key for key in keys if isinstance(key, kind) and key.get("alg") in {None, algorithm}]
    named = fitting if kid is None else [key for key in fitting if key.kid == kid]
    if not named:
        raise KeyUnknown
    if len(named) > 1:
        raise NotProved("it does not say which key it is signed by")
    (key,) = named
    if isinstance(key, RSAKey) and key.raw_value.key_size < _LEAST_BITS:
        raise NotProved("its key is too short")
    return key


def is_for(claims: Mapping[str, Any], issuer: str, client_id: str) -> None:
    """Raise NotProved where another made it, or it was made for another."""
    if claims.get("iss") != issuer:
        raise NotProved("another issuer made it")
    # One audience alone: a token that others take as well could have been taken from them.
    if claims.get("aud") not in (client_id, [client_id]):
        raise NotProved("it was made for somebody else")
    if claims.get("azp", client_id) != client_id:
        raise NotProved("somebody else was authorised by it")


def is_of_now(claims: Mapping[str, Any], now: datetime) -> None:
    """Raise NotProved where it does not count now, or does not say when it does."""
    ends, made = _instant(claims.get("exp")), _instant(claims.get("iat"))
    begins = _instant(claims.get("nbf", 0))
    if ends is None or made is None or begins is None:
        raise NotProved("it does not say when it was made and when it ends")
    if now >= ends + SKEW:
        raise NotProved("it has ended")
    if made > now + SKEW or begins > now + SKEW:
        raise NotProved("it is of the future")
    if made < now - FRESH:
        raise NotProved("it was made too long ago")


def _proved(claims: Mapping[str, Any], expected: Expected, now: datetime) -> datetime | None:
    proved = _instant(claims.get("auth_time"))
    if proved is not None and proved > now + SKEW:
        raise NotProved("it is of the future")
    if expected.again:
        if proved is None:
            raise NotProved("it does not say when the person proved who they are (auth_time)")
        if proved < now - LATELY:
            raise NotProved("the person was not asked again who they are")
    return None if proved is None else min(proved, now)


def _instant(claim: object) -> datetime | None:
    if not isinstance(claim, int | float) or isinstance(claim, bool):
        return None
    try:
        return datetime.fromtimestamp(claim, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _sid(claim: object) -> str:
    return claim if isinstance(claim, str) and len(claim) <= LONGEST_NAME else ""


def _name(claim: object) -> str:
    if not isinstance(claim, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in claim).split())[:LONGEST_NAME]


def _groups(claim: object) -> tuple[str, ...]:
    listed = [claim] if isinstance(claim, str) else claim
    if not isinstance(listed, list):
        return ()
    return tuple(each for each in listed[:_MOST_GROUPS] if isinstance(each, str))
