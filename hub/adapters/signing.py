"""The hub's own signature: Ed25519, by a key that is given or made once (RFC 8032, RFC 8037)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub.adapters.secrets import KeysUnusable, made_once
from hub.attestation import TYPE, Seal, canonical, public_parts
from hub.attestation.keys import PublicKey
from hub.vocabulary import HubError

_SEED_BYTES: Final = 32
_FILE: Final = "signing-key"


class NotVerified(HubError):
    """This is not what the hub confirmed:"""  # noqa: D400  # why follows


class Ed25519Signer:
    """Signs with one key. The key never leaves it."""

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = _written(raw)
        """In base64url."""
        self.key = thumbprint(self.public)

    def sign(self, what: bytes) -> Seal:
        """Return the seal of these bytes."""
        return Seal(
            key=self.key,
            public=self.public,
            signature=_written(self._private.sign(what)),
            sha256=sha256(what).hexdigest(),
        )


def signer(given: str | None, folder: Path, *, make: bool = True) -> Ed25519Signer:
    """Return who signs: with the key given, or with one made once and kept in this folder.

    A key is 32 bytes in base64url. Raises KeysUnusable; so too where there is none, and none is
    to be made.
    """
    if not make and not given and not (folder / _FILE).is_file():
        raise KeysUnusable(f"there is no signing key in {folder}")
    seed = _read(given or made_once(folder, _FILE))
    if seed is None or len(seed) != _SEED_BYTES:
        raise KeysUnusable("the signing key must be 32 bytes in base64url")
    return Ed25519Signer(seed)


def thumbprint(public: str) -> str:
    """Return a public key's id (RFC 7638): SHA-256 of what it is, in base64url."""
    return _written(sha256(canonical(public_parts(public))).digest())


def verified(text: str, trusted: Collection[str] = ()) -> dict[str, Any]:
    """Return the statement of an exported confirmation, if the hub's signature is over it.

    `trusted`: ids of the hub's keys; empty: the key that comes with it is taken, and whoever asks
    compares its id with the hub's. Raises NotVerified.
    """
    statement, seal = opened(text, TYPE)
    if trusted and seal.key not in trusted:
        raise NotVerified(f"key {seal.key} is none of the hub's")
    return statement


def opened(text: str, kind: str) -> tuple[dict[str, Any], Seal]:
    """Return a signed statement of this type and its seal, whose signature holds.

    Nothing is said of whose the key is. Raises NotVerified.
    """
    try:
        said = json.loads(text)
        statement, key = dict(said["statement"]), said["key"]
        kid, public = said["signature"]["kid"], str(key["x"])
        what, value = canonical(statement), str(said["signature"]["value"])
        written_as, named = statement["type"], thumbprint(public)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotVerified("it is no exported confirmation") from None
    if written_as != kind:
        raise NotVerified("it is no exported confirmation")
    if named != kid:
        raise NotVerified("the key in it is not the one it names")
    _check(public, value, what)
    seal = Seal(key=kid, public=public, signature=value, sha256=sha256(what).hexdigest())
    return statement, seal


def said_key(text: str) -> str:
    """Return the id of the key that a verified confirmation names."""
    return str(json.loads(text)["signature"]["kid"])


def verified_by(text: str, keys: Mapping[str, PublicKey]) -> dict[str, Any]:
    """Return the statement of an exported confirmation that one of these keys signed in its time.

    A key that was retired vouches for nothing dated later. Raises NotVerified.
    """
    said = verified(text, keys)
    in_its_time(keys[said_key(text)], str(said.get("at")))
    return said


def in_its_time(key: PublicKey, dated: str) -> None:
    """Refuse what is dated when the hub did not sign with this key. Raises NotVerified."""
    at = _moment(dated)
    if at is None:
        raise NotVerified("it does not say when it was made")
    if not key.signed_at(at):
        times = f"from {key.since or 'its first day'} until {key.until or 'now'}"
        raise NotVerified(f"it is dated {dated}, and key {key.key} signed {times}")


def keys_in(text: str) -> dict[str, PublicKey]:
    """Return the keys of a JSON Web Key Set by their ids, each made anew from its key (RFC 7517).

    `from` and `until` are when the hub signed with it (RFC 3339). Raises KeysUnusable.
    """
    try:
        found = [_public_key(each) for each in json.loads(text)["keys"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        found = []
    if not found:
        raise KeysUnusable("this is no JSON Web Key Set with Ed25519 keys in it")
    return {key.key: key for key in found}


def retired_keys(given: str | None, current: str) -> tuple[PublicKey, ...]:
    """Return the keys that have signed before, oldest first, from a JSON Web Key Set.

    Each says when it was retired (`until`), and is not the one that signs now (`current`, its
    id). Raises KeysUnusable.
    """
    found = keys_in(given).values() if given else ()
    for key in found:
        if key.key == current:
            raise KeysUnusable(f"retired signing keys: {key.key} is the key that signs now")
        if key.until is None or (key.since is not None and key.since >= key.until):
            raise KeysUnusable(f"retired signing keys: {key.key} does not say until when it signed")
    return tuple(sorted(found, key=lambda key: (key.until or _NEVER, key.key)))


_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def _public_key(said: Mapping[str, Any]) -> PublicKey:
    public = str(said["x"])
    if len(_read(public) or b"") != _SEED_BYTES:
        raise ValueError(public)
    times = {name: _moment(said[name]) for name in ("from", "until") if name in said}
    if None in times.values():
        raise ValueError(public)
    return PublicKey(
        key=thumbprint(public), public=public, since=times.get("from"), until=times.get("until")
    )


def _moment(written: object) -> datetime | None:
    """Return a time with its zone, or None."""
    try:
        found = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def _check(public: str, signature: str, what: bytes) -> None:
    try:
        raw = _read(signature) or b""
        key = Ed25519PublicKey.from_public_bytes(_read(public) or b"")
        key.verify(raw, what)
    except (InvalidSignature, ValueError):
        raise NotVerified("the signature is not over this") from None
    if _written(raw) != signature:
        raise NotVerified("the signature is not written as it must be")


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
