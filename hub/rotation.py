"""Signing keys that follow each other at one webhook: pending, active, retiring, retired.

One key is active at a time; the one before it goes on signing for seven days, so that an agency
may change over on any day of them (delivery.md, webhooks). Which keys sign is judged at each try.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from hub.directory import EndpointKey

OVERLAP: Final = timedelta(days=7)
"""How long a key goes on signing beside the one that follows it."""
_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class KeyState(StrEnum):
    """What a key does at one moment."""

    PENDING = "pending"  # not yet: the agency puts it in place first
    ACTIVE = "active"
    RETIRING = "retiring"  # signs still, in the last seven days of its time
    RETIRED = "retired"


LIVE: Final = frozenset({KeyState.ACTIVE, KeyState.RETIRING})
"""In these states a key signs, and its signature is believed."""


def state(key: EndpointKey, now: datetime) -> KeyState:
    """Return what a key does now: it signs from `since` on, and no more at `until`."""
    if key.since is not None and now < key.since:
        return KeyState.PENDING
    if key.until is None:
        return KeyState.ACTIVE
    if now >= key.until:
        return KeyState.RETIRED
    return KeyState.RETIRING if now >= key.until - OVERLAP else KeyState.ACTIVE


def live(keys: Iterable[EndpointKey], now: datetime) -> tuple[EndpointKey, ...]:
    """Return the keys that sign now."""
    return tuple(key for key in keys if state(key, now) in LIVE)


def in_turn(keys: Iterable[EndpointKey]) -> tuple[EndpointKey, ...]:
    """Return the keys with an end for each that has none and is followed by another.

    It is `OVERLAP` after the next one's beginning. The last key, and keys without times, have none.
    """
    given = tuple(keys)
    return tuple(key if key.until else replace(key, until=_end(key, given)) for key in given)


def silences(keys: Iterable[EndpointKey]) -> Iterator[tuple[datetime, datetime]]:
    """Yield each time between two keys in which none would sign."""
    reached: datetime | None = None
    for begins, ends in sorted((key.since or _ALWAYS, key.until or _NEVER) for key in keys):
        if reached is not None and begins > reached:
            yield reached, begins
        reached = ends if reached is None else max(reached, ends)


def _end(key: EndpointKey, keys: Iterable[EndpointKey]) -> datetime | None:
    begun = key.since or _ALWAYS
    later = [other.since for other in keys if other.since is not None and other.since > begun]
    return min(later) + OVERLAP if later else None
