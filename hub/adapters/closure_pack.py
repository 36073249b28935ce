"""Is this closure pack what the hub made of a confirmed closure? It asks no hub and no register."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from hub.adapters.signing import NotVerified, in_its_time, opened, said_key, verified
from hub.attestation import canonical, sealed
from hub.attestation.evidence import receipt_hash
from hub.attestation.keys import PublicKey
from hub.attestation.pack import (
    CONFIRMATION,
    INDEX,
    MANIFEST,
    SEAL,
    TYPE,
    NoPack,
    hashes_in,
    unzipped,
)

_READ: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What stumbles over JSON that the hub did not write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a look at a pack found. Verified is what has neither faults nor anything missing."""

    faults: tuple[str, ...] = ()
    """What was changed, added, or signed by nobody who may."""
    missing: tuple[str, ...] = ()
    """What is not in it, though the hub put it in or the confirmation rests on it."""
    keys: tuple[str, ...] = ()
    """By which keys it is signed: that of the confirmation, that of the pack."""
    statement: Mapping[str, Any] | None = None
    """What the LEO confirmed, where the confirmation itself holds."""
    hashes_alone: int = 0
    """How many files stand in it by their hash alone, and say why."""
    later: int = 0
    """How many receipts came after the confirmation, of the notices that it rests on."""


def check_pack(pack: bytes, keys: Mapping[str, PublicKey]) -> Checked:
    """Check a pack against the hub's keys; without any, whoever asks compares the key's id."""
    try:
        files = unzipped(pack)
        listed = hashes_in(files[MANIFEST]) if MANIFEST in files else {}
    except NoPack as fault:
        return Checked(faults=(str(fault),))
    faults, missing = list(_changed(files, listed)), list(_left_out(files, listed))
    ids: list[str] = []
    statement = None
    if SEAL in files:
        ids += _tried(faults, lambda: _seal_key(files, keys))
    if CONFIRMATION in files:
        ids += _tried(faults, lambda: _confirmation_key(files, keys))
    if CONFIRMATION in files and not faults:
        statement = json.loads(files[CONFIRMATION])["statement"]
        missing += _not_shown(files, statement)
    whole = statement is not None and not missing
    return Checked(
        faults=tuple(faults),
        missing=tuple(missing),
        keys=tuple(dict.fromkeys(reversed(ids))),
        statement=statement,
        hashes_alone=len(_withheld(files)) if whole else 0,
        later=_later(files, statement) if whole and statement else 0,
    )


def _tried(faults: list[str], look: Callable[[], str]) -> list[str]:
    try:
        return [look()]
    except NotVerified as fault:
        faults.append(str(fault))
        return []


def _changed(files: Mapping[str, bytes], listed: Mapping[str, str]) -> Iterator[str]:
    for name, content in files.items():
        if name in {MANIFEST, SEAL} or MANIFEST not in files:
            continue
        if name not in listed:
            yield f"{name} is in it, and the hub did not put it in"
        elif sha256(content).hexdigest() != listed[name]:
            yield f"{name} was altered"


def _left_out(files: Mapping[str, bytes], listed: Mapping[str, str]) -> Iterator[str]:
    wanted = dict.fromkeys((MANIFEST, SEAL, CONFIRMATION, INDEX, *sorted(listed)))
    yield from (f"{name} is not in it" for name in wanted if name not in files)


def _seal_key(files: Mapping[str, bytes], keys: Mapping[str, PublicKey]) -> str:
    """Return the id of the key that sealed the manifest. Raises NotVerified."""
    content = files[SEAL]
    said, seal = opened(content.decode("utf-8", "replace"), TYPE)
    if canonical(sealed(said, seal)) != content:
        raise NotVerified(f"{SEAL} was altered")
    if MANIFEST in files and sha256(files[MANIFEST]).hexdigest() != said.get("manifest"):
        raise NotVerified(f"{MANIFEST} was altered")
    if keys and seal.key not in keys:
        raise NotVerified(f"{SEAL}: key {seal.key} is none of the hub's")
    if keys:
        in_its_time(keys[seal.key], str(said.get("at")))
    if CONFIRMATION in files:
        _same_closure(said, files[CONFIRMATION])
    return seal.key


def _same_closure(said: Mapping[str, Any], confirmation: bytes) -> None:
    try:
        confirmed = json.loads(confirmation)["statement"]
        same = (said["concern"], said["attestation"]) == (confirmed["concern"], confirmed["id"])
    except _READ:
        same = False
    if not same:
        raise NotVerified(f"{SEAL} is of another closure than {CONFIRMATION}")


def _confirmation_key(files: Mapping[str, bytes], keys: Mapping[str, PublicKey]) -> str:
    text = files[CONFIRMATION].decode("utf-8", "replace")
    said = verified(text, keys)
    if keys:
        in_its_time(keys[said_key(text)], str(said.get("at")))
    return said_key(text)


def _not_shown(files: Mapping[str, bytes], statement: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the confirmation rests on, and this pack does not show by file or by hash."""
    shown = {sha256(content).hexdigest() for content in files.values()} | _withheld(files)
    for proof in statement.get("evidence", ()):
        about = f"({proof['agency']}, {proof['role']})"
        if not set(proof["deliveries"]) <= shown:
            yield f"a notice to {about} that the confirmation rests on is not in it"
        if not set(proof["receipts"]) <= _receipts(files, proof["notice"]):
            yield f"a receipt of {about} that the confirmation rests on is not in it"


def _later(files: Mapping[str, bytes], statement: Mapping[str, Any]) -> int:
    return sum(
        len(_receipts(files, proof["notice"]) - set(proof["receipts"]))
        for proof in statement.get("evidence", ())
    )


def _receipts(files: Mapping[str, bytes], notice: str) -> set[str]:
    try:
        kept = json.loads(files[f"receipts/{notice}.json"])
        return {one["sha256"] if "withheld" in one else receipt_hash(one) for one in kept}
    except _READ:
        return set()


def _withheld(files: Mapping[str, bytes]) -> set[str]:
    """Return the hashes of what is in the pack by its hash alone."""
    try:
        parties = json.loads(files[INDEX])["parties"]
        kept = [
            one
            for party in parties
            for notice in party["notices"]
            for one in (*notice["deliveries"], *notice["mail"])
        ]
        return {one["sha256"] for one in kept if "withheld" in one}
    except _READ:
        return set()
