"""A logout token is verified whole, or ends nobody's session (Back-Channel Logout 1.0)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from hub.adapters.oidc.logout import EVENT, signed_out_by
from hub.adapters.oidc.token import FRESH, SKEW, KeyUnknown
from hub.ports.identity import NotProved, SignedOut
from tests.adapters.test_oidc_token import (
    EC,
    ISSUER,
    KEYS,
    NOW,
    RSA,
    SECOND,
    _octets,
    at,
    signed,
)


def claims(**changes: object) -> dict[str, object]:
    whole = {
        "iss": ISSUER,
        "aud": "hub",
        "iat": at(NOW),
        "exp": at(NOW) + 120,
        "jti": "t1",
        "sub": "s1",
        "sid": "there-1",
        "events": {EVENT: {}},
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def token(
    by: RSAKey | ECKey = EC,
    alg: str = "ES256",
    typ: str | None = "logout+jwt",
    **changes: Any,  # noqa: ANN401 - of any claim
) -> str:
    header = {"alg": alg, "kid": by.kid} | ({} if typ is None else {"typ": typ})
    return jwt.encode(header, claims(**changes), by, algorithms=[alg])


def read(text: str, now: datetime = NOW) -> SignedOut:
    return signed_out_by(text, KEYS, ISSUER, "hub", now)


@pytest.mark.parametrize(("by", "alg"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256")])
@pytest.mark.parametrize("typ", ["logout+jwt", "LOGOUT+JWT", "application/logout+jwt"])
def test_B06_a_logout_token_that_is_whole_says_who_has_signed_out_and_where(
    by: RSAKey | ECKey, alg: str, typ: str
) -> None:
    assert read(token(by, alg, typ)) == SignedOut(
        issuer=ISSUER, subject="s1", sid="there-1", token="t1"
    )


def test_B06_a_logout_token_may_name_the_person_or_the_session_alone() -> None:
    assert read(token(sid=None)).sid == ""
    assert read(token(sub=None)).subject == ""
    assert read(token(aud=["hub"])) == read(token())
    assert read(token(events={EVENT: {"why": "left"}, "another": 1})) == read(token())


OTHERS: Final[tuple[tuple[str, object, str], ...]] = (
    ("iss", "https://idp.example", "another issuer"),
    ("iss", None, "another issuer"),
    ("aud", "other", "somebody else"),
    ("aud", ["hub", "other"], "somebody else"),
    ("aud", None, "somebody else"),
    ("azp", "other", "authorised"),
    ("nonce", "n1", "belongs to a sign-in"),
    ("nonce", "", "belongs to a sign-in"),
    ("events", None, "signed out"),
    ("events", [EVENT], "signed out"),
    ("events", {}, "signed out"),
    ("events", {EVENT: True}, "signed out"),
    ("events", {"http://schemas.openid.net/event/other": {}}, "signed out"),
    ("jti", None, "no id"),
    ("jti", "", "jti"),
    ("jti", 7, "jti"),
    ("jti", "j" * 256, "jti"),
    ("sub", 7, "sub"),
    ("sub", "", "sub"),
    ("sid", ["there-1"], "sid"),
    ("sid", "s" * 256, "sid"),
    ("exp", None, "when it was made"),
    ("iat", None, "when it was made"),
    ("exp", "soon", "when it was made"),
    ("exp", at(NOW - SKEW), "ended"),
    ("iat", at(NOW + SKEW + SECOND), "future"),
    ("iat", at(NOW - FRESH - SECOND), "too long ago"),
)


@pytest.mark.parametrize(("name", "value", "why"), OTHERS)
def test_B06_a_logout_token_with_anything_amiss_ends_nobodys_session(
    name: str, value: object, why: str
) -> None:
    with pytest.raises(NotProved, match=why):
        read(token(**{name: value}))  # type: ignore[arg-type]  # a claim


def test_B06_a_logout_token_without_a_person_and_a_session_ends_nobodys_session() -> None:
    with pytest.raises(NotProved, match="who has signed out"):
        read(token(sub=None, sid=None))


def test_B06_a_token_that_was_made_for_something_else_ends_nobodys_session() -> None:
    for typ in ("at+jwt", "secevent+jwt", "JWT", "", None):
        with pytest.raises(NotProved, match="something else"):
            read(token(typ=typ))
    with pytest.raises(NotProved):
        read(signed())


def test_B06_a_logout_token_that_nobody_or_another_signed_ends_nobodys_session() -> None:
    for alg in ("none", "None", ""):
        with pytest.raises(NotProved):
            read(f"{_octets({'alg': alg, 'kid': 'e1'})}.{_octets(claims())}.")
    head, body, seal = token().split(".")
    for cut in ("", ".", "..", f"{head}.{body}", f"{head}.{_octets(claims(sub='s2'))}.{seal}"):
        with pytest.raises(NotProved):
            read(cut)
    with pytest.raises(KeyUnknown):
        read(token(ECKey.generate_key("P-256", {"kid": "mine"})))
    with pytest.raises(NotProved):
        read(token(ECKey.generate_key("P-256", {"kid": "e1"})))
