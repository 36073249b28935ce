"""Keys by which programs use the API: in whose name, for what, until when; never the key itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol

from hub.access import BY_KEY, Official, Post
from hub.vocabulary import AgencyId, HubError

PREFIX: Final = "hubk_"
"""How every key begins, so that a scanner of leaked secrets knows one where it lies about."""

LIVE_AT_ONCE: Final = 2
"""Of one holder: the one in use, and the one that is put in its place."""

LONGEST: Final = timedelta(days=400)


class Scope(StrEnum):
    """What a key is for. It narrows what its holder's post may do, and never widens it."""

    READS = "reads"
    ANSWERS = "answers"
    STEERS = "steers"
    ADMINISTERS = "administers"
    PROTECTS = "protects"


class TooManyKeys(HubError):
    """This holder has two keys that live; end one of them first:"""  # noqa: D400  # the holder follows


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One key, as the register keeps it: everything but the key."""

    id: str
    holder: str
    """Whose it is: one word that stands in logs and leaves, the same for the key that follows."""
    name: str
    """In whose name it acts: a person, whom the agency answers for."""
    post: Post
    agency: AgencyId
    scopes: frozenset[Scope]
    made: datetime
    expires: datetime
    ended: datetime | None = None
    """When somebody ended it before its time; None: nobody has."""

    def live(self, now: datetime) -> bool:
        """Whether it opens anything at this moment."""
        return self.ended is None and now < self.expires

    @property
    def official(self) -> Official:
        """Return whom it acts as. The next key of this holder acts as the same."""
        return Official(
            id=f"{BY_KEY}{self.holder}", name=self.name, post=self.post, agency=self.agency
        )


def hash_of(key: str) -> str:
    """Return the SHA-256 of a key, in lower-case hex. 256 bits of chance need no slower hash."""
    return sha256(key.encode()).hexdigest()


class KeepsKeys(Protocol):
    """Keeps keys by their hash alone."""

    async def add_key(self, key: ApiKey, hashed: str, by: str) -> None:
        """Write a new key down, with a leaf of who made it. Raises TooManyKeys."""
        ...

    async def key_of(self, hashed: str) -> ApiKey | None:
        """Return the key of this hash, live or not; None: there is none."""
        ...

    async def keys(self) -> tuple[ApiKey, ...]:
        """Return every key, the newest first."""
        ...

    async def end_key(self, key: str, by: str) -> bool:
        """End a key now, with a leaf of who did. False: there is none, or it had ended."""
        ...
