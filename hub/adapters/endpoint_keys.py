"""The signing keys of webhooks, as an operator gives them: each with its time, if it has one."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from hub.adapters.secrets import KeysUnusable, json_object
from hub.directory import EndpointKey
from hub.rotation import in_turn, silences
from hub.vocabulary import EndpointId

_PREFIX: Final = "whsec_"
_MEMBERS: Final = frozenset({"key", "from", "until"})

Keys = tuple[EndpointKey, ...]


def endpoint_keys(given: str | None) -> Mapping[EndpointId, Keys]:
    """Return the signing keys of webhook endpoints, from `{"endpoint": [key, ...]}`.

    A key is `"whsec_..."`, or `{"key": "whsec_...", "from": time, "until": time}` where either time
    may be left out (RFC 3339). One without `until` ends seven days after the next begins. Raises
    KeysUnusable naming every fault, and no key.
    """
    found: dict[EndpointId, Keys] = {}
    faults: list[str] = []
    for endpoint, keys in (json_object(given, "endpoint keys") if given else {}).items():
        if isinstance(keys, list):
            read = tuple(_key(endpoint, number, key, faults) for number, key in enumerate(keys))
            found[EndpointId(endpoint)] = in_turn(key for key in read if key is not None)
        else:
            faults.append(f"{endpoint}: must be a list of whsec_ keys")
    for endpoint, whole in found.items():
        faults += [
            f"{endpoint}: no key signs from {since.isoformat()} until {until.isoformat()}"
            for since, until in silences(whole)
        ]
    faults += _shared(found)
    if faults:
        raise KeysUnusable("; ".join(f"endpoint keys: {fault}" for fault in faults))
    return found


def _key(endpoint: str, number: int, given: object, faults: list[str]) -> EndpointKey | None:
    """Return one key; None, and what is wrong with it among the faults, where it cannot be used."""
    members = given if isinstance(given, dict) else {"key": given}
    wrong = list(_faults(members))
    faults += [f"{endpoint}: key {number + 1}: {fault}" for fault in wrong]
    if wrong:
        return None
    return EndpointKey(
        id=f"{endpoint}#{number}",
        secret=_secret(members["key"]),
        since=_moment(members.get("from")),
        until=_moment(members.get("until")),
    )


def _faults(members: Mapping[str, Any]) -> Iterator[str]:
    # What stands there is not repeated: it may be the secret itself.
    if members.keys() - _MEMBERS:
        yield "holds something other than key, from and until"
    if not 24 <= len(_secret(members.get("key"))) <= 64:  # Standard Webhooks
        yield "must be whsec_ and base64 of 24 to 64 bytes"
    times = [name for name in ("from", "until") if name in members]
    unread = [name for name in times if _moment(members[name]) is None]
    yield from (f"`{name}` is no time with its zone (RFC 3339)" for name in unread)
    since, until = _moment(members.get("from")), _moment(members.get("until"))
    if since is not None and until is not None and since >= until:
        yield "`from` is not before `until`"


def _shared(found: Mapping[EndpointId, Keys]) -> Iterator[str]:
    """Yield who has a key that stands elsewhere: an agency could sign in another's name."""
    holders: dict[bytes, list[str]] = {}
    for keys in found.values():
        for key in keys:
            holders.setdefault(key.secret, []).append(key.id)
    for ids in holders.values():
        if len(ids) > 1:
            yield f"{', '.join(ids)}: the same key"


def _secret(given: object) -> bytes:
    """Return the bytes of a key; none where it is not one."""
    if not isinstance(given, str) or not given.startswith(_PREFIX):
        return b""
    try:
        return base64.b64decode(given.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return b""


def _moment(given: object) -> datetime | None:
    """Return a time in UTC; None where it is none, has no zone, or is not of this millennium."""
    try:
        found = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None
    if found is None or found.tzinfo is None or not 2000 < found.year < 3000:
        return None
    return found.astimezone(UTC)
