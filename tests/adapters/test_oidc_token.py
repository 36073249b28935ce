"""An ID token is verified whole, or proves nothing."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from hub.adapters.oidc.token import (
    FRESH,
    LATELY,
    SKEW,
    Expected,
    KeyUnknown,
    keys_of,
    proof_of,
)
from hub.ports.identity import NotProved, Proof

NOW: Final = datetime(2027, 4, 15, 9, 0, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
RSA: Final = RSAKey.generate_key(2048, {"kid": "r1", "use": "sig"})
EC: Final = ECKey.generate_key("P-256", {"kid": "e1", "use": "sig"})
ISSUER: Final = "https://idp.example/tenant"


def shown(*keys: RSAKey | ECKey) -> dict[str, Any]:
    """Return a key set as a provider shows it."""
    return {"keys": [key.as_dict(private=False) for key in keys]}


KEYS: Final = keys_of(shown(RSA, EC))


def at(moment: datetime) -> int:
    return int(moment.timestamp())


def claims(**changes: object) -> dict[str, object]:
    whole = {
        "iss": ISSUER,
        "sub": "s1",
        "aud": "hub",
        "exp": at(NOW) + 300,
        "iat": at(NOW),
        "nonce": "n1",
        "name": "Ada Byrne",
        "groups": ["leos", "chairs"],
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def signed(by: RSAKey | ECKey = EC, alg: str = "ES256", **changes: object) -> str:
    return jwt.encode({"alg": alg, "kid": by.kid}, claims(**changes), by, algorithms=[alg])


def read(token: str, *, again: bool = False, now: datetime = NOW) -> Proof:
    expected = Expected(
        issuer=ISSUER,
        client_id="hub",
        nonce="n1",
        again=again,
        groups_claim="groups",
        name_claim="name",
    )
    return proof_of(token, KEYS, expected, now)


@pytest.mark.parametrize(("by", "alg"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256")])
def test_B06_a_token_that_is_whole_proves_issuer_subject_name_and_groups(
    by: RSAKey | ECKey, alg: str
) -> None:
    assert read(signed(by, alg)) == Proof(
        issuer=ISSUER, subject="s1", name="Ada Byrne", groups=("leos", "chairs"), proved=None
    )


def _octets(part: object) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def test_B06_a_token_that_nobody_signed_proves_nothing() -> None:
    for alg in ("none", "None", "NONE", ""):
        with pytest.raises(NotProved):
            read(f"{_octets({'alg': alg, 'kid': 'e1'})}.{_octets(claims())}.")


def test_B06_a_token_signed_by_a_public_key_as_if_it_were_a_secret_proves_nothing() -> None:
    public = RSA.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    forged = f"{_octets({'alg': 'HS256', 'kid': 'r1'})}.{_octets(claims())}"
    seal = urlsafe_b64encode(hmac.digest(public, forged.encode(), sha256)).rstrip(b"=").decode()

    with pytest.raises(NotProved, match="algorithm"):
        read(f"{forged}.{seal}")


def test_B06_a_shared_or_a_private_key_in_the_set_is_no_key_of_ours() -> None:
    oct_key = {"kty": "oct", "k": "c2VjcmV0", "kid": "o1"}
    encrypting = EC.as_dict(private=False) | {"use": "enc"}
    broken = {"kty": "RSA", "n": "!", "e": "AQAB", "kid": "b1"}

    found = keys_of({"keys": [oct_key, RSA.as_dict(private=True), encrypting, broken, 7]})

    assert found == ()
    no_sets: list[object] = [[], {}, {"keys": 1}, None, "keys"]
    for said in no_sets:
        with pytest.raises(ValueError):
            keys_of(said)


def test_B06_a_token_by_a_key_that_is_not_shown_is_told_apart() -> None:
    other = ECKey.generate_key("P-256", {"kid": "e2"})
    with pytest.raises(KeyUnknown):
        read(signed(other))
    # It says the name of a key that is known: the signature tells.
    with pytest.raises(NotProved):
        read(signed(ECKey.generate_key("P-256", {"kid": "e1"})))


def test_B06_a_key_of_another_kind_than_the_algorithm_takes_is_not_used() -> None:
    token = signed(EC)
    _, body, seal = token.split(".")
    with pytest.raises(KeyUnknown):
        read(f"{_octets({'alg': 'RS256', 'kid': 'e1'})}.{body}.{seal}")


def test_B06_a_token_without_the_name_of_its_key_needs_a_set_of_one() -> None:
    bare = jwt.encode({"alg": "ES256"}, claims(), EC, algorithms=["ES256"])
    assert read(bare).subject == "s1"

    two = keys_of(shown(EC, ECKey.generate_key("P-256", {"kid": "e2"})))
    expected = Expected(
        issuer=ISSUER, client_id="hub", nonce="n1", again=False, groups_claim="g", name_claim="n"
    )
    with pytest.raises(NotProved, match="which key"):
        proof_of(bare, two, expected, NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://idp.example/other"},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["hub", "another"]},
        {"aud": []},
        {"aud": None},
        {"azp": "another"},
        {"nonce": "n2"},
        {"nonce": None},
        {"nonce": ["n1"]},
        {"sub": None},
        {"sub": ""},
        {"sub": "s" * 256},
        {"sub": 7},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 1e300},
        {"iat": None},
        {"exp": at(NOW - SKEW)},
        {"iat": at(NOW + SKEW + SECOND)},
        {"nbf": at(NOW + SKEW + SECOND)},
        {"iat": at(NOW - FRESH - SECOND)},
        {"auth_time": at(NOW + SKEW + SECOND)},
    ],
)
def test_B06_a_token_that_was_not_made_for_this_sign_in_proves_nothing(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(NotProved) as caught:
        read(signed(**changes))

    assert "Ada" not in str(caught.value)


def test_B06_a_token_that_is_cut_or_altered_proves_nothing() -> None:
    token = signed()
    head, body, seal = token.split(".")
    for altered in (
        "",
        "x",
        f"{head}.{body}",
        f"{head}.{_octets(claims(sub='s2'))}.{seal}",
        f"{head}.{body}.{seal[:-4]}",
        f"{_octets({'alg': 'ES256', 'kid': 'e1', 'crit': ['x'], 'x': 1})}.{body}.{seal}",
        f"é{token}",
        "..",
        f"{head}.{body}.{seal}.{seal}.{seal}",
    ):
        with pytest.raises(NotProved):
            read(altered)


def test_B06_the_clocks_may_differ_by_a_minute() -> None:
    assert read(signed(exp=at(NOW - SKEW + SECOND))).subject == "s1"
    assert read(signed(iat=at(NOW + SKEW))).subject == "s1"
    assert read(signed(auth_time=at(NOW + SKEW))).proved == NOW


@pytest.mark.parametrize("auth_time", [None, at(NOW - LATELY - SECOND), "now", True])
def test_B06_who_was_to_prove_anew_who_they_are_did_so_lately(auth_time: object) -> None:
    with pytest.raises(NotProved):
        read(signed(auth_time=auth_time), again=True)

    assert read(signed(auth_time=at(NOW - SECOND)), again=True).proved == NOW - SECOND


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("leos", ("leos",)),
        (["leos", 7, None], ("leos",)),
        ({"leos": True}, ()),
        (None, ()),
        ([str(number) for number in range(2_000)], tuple(str(n) for n in range(1_000))),
    ],
)
def test_B06_groups_are_words_and_nothing_else(given: object, kept: tuple[str, ...]) -> None:
    assert read(signed(groups=given)).groups == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [("  Ada\n\u202e Byrne\x00 ", "Ada Byrne"), ("A" * 300, "A" * 255), (7, ""), (None, "")],
)
def test_B06_a_name_is_one_line_that_is_not_too_long(given: object, kept: str) -> None:
    assert read(signed(name=given)).name == kept
