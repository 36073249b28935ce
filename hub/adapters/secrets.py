"""Keys of this installation: given by the operator, or made once and kept in the data folder."""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from hub.vocabulary import HubError, PublisherId

_PREFIX: Final = "chk_"


class KeysUnusable(HubError):
    """The keys cannot be used:"""  # noqa: D400  # what is wrong follows


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherKeys:
    """Who publishes over HTTP, by the SHA-256 of an API key; the keys themselves are not kept."""

    by_hash: Mapping[bytes, PublisherId] = field(repr=False)

    def publisher_for(self, key: str) -> PublisherId | None:
        """Return whose key this is, or None. Takes the same time for every wrong key."""
        mine = sha256(key.encode()).digest()
        found = None
        for known, publisher in self.by_hash.items():
            if hmac.compare_digest(known, mine):
                found = publisher
        return found


def made_once(folder: Path, name: str) -> str:
    """Return the secret kept in this file, making it at the first call, for its owner only."""
    path = folder / name
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        return _written(path, secrets.token_urlsafe(32))


def publisher_keys(given: str | None, folder: Path, known: frozenset[PublisherId]) -> PublisherKeys:
    """Return the API keys of publishers: those given as JSON, or one for each, made once.

    Raises KeysUnusable naming every fault: no JSON object, a key under 32 characters.
    """
    keys = json_object(given, "publisher keys") if given else _made_for(folder, known)
    short = sorted(name for name, key in keys.items() if len(str(key)) < 32)
    if short:
        raise KeysUnusable(f"under 32 characters: {', '.join(short)}")
    hashed = {sha256(str(k).encode()).digest(): PublisherId(name) for name, k in keys.items()}
    return PublisherKeys(by_hash=hashed)


def publisher_key_of(folder: Path, publisher: str) -> str | None:
    """Return the key made for this publisher on this machine, for `hub publish` on loopback."""
    try:
        keys = json_object((folder / "publisher-keys.json").read_text("utf-8"), "publisher keys")
    except FileNotFoundError:
        return None
    key = keys.get(publisher)
    return key if isinstance(key, str) else None


def json_object(text: str, what: str) -> Mapping[str, object]:
    """Return the members of a JSON object. Raises KeysUnusable."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise KeysUnusable(f"{what}: no JSON: {error}") from error
    if not isinstance(value, dict):
        raise KeysUnusable(f"{what}: must be a JSON object")
    return value


def _made_for(folder: Path, known: frozenset[PublisherId]) -> Mapping[str, object]:
    path = folder / "publisher-keys.json"
    keys = dict(json_object(path.read_text("utf-8"), "publisher keys")) if path.is_file() else {}
    missing = [name for name in sorted(known) if name not in keys]
    if missing:
        keys |= {name: _PREFIX + secrets.token_urlsafe(32) for name in missing}
        folder.mkdir(parents=True, exist_ok=True)
        _written(path, json.dumps(keys, indent=2))
    return keys


def _written(path: Path, text: str) -> str:
    """Write a secret whole or not at all, for its owner only."""
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    half.replace(path)
    return text
