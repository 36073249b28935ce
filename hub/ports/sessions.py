"""What is asked of the register about people who are signed in, and for how long they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from hub.access import Appointment
from hub.leaf import Leaf
from hub.ports.identity import SignedOut

IDLE: Final = timedelta(minutes=20)
"""A session nobody uses for so long has ended."""

LONGEST: Final = timedelta(hours=10)
"""A session ends after so long, however busy it is."""

SEEN_AGAIN: Final = timedelta(minutes=1)
"""That a session is used is written at most so often; what idles may end that much early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who has signed in. Who they are is issuer and subject, never an address."""

    id: str
    """What leaves and logs say of them."""
    issuer: str
    subject: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSession:
    """A session as the register has it: nothing in it lets anybody sign in."""

    person: Person
    posts: tuple[Appointment, ...]
    """The posts that the person's groups gave at sign-in."""
    chosen: Appointment | None
    """In which of them they act. None: they have not chosen yet, and may do nothing else."""
    began: datetime
    seen: datetime
    proved: datetime
    """When this person last proved who they are."""
    sid: str = ""
    """The provider's own session of theirs, as it calls it; empty where it said nothing of one."""

    def over(self, now: datetime) -> bool:
        """Whether the session has ended."""
        return now - self.seen > IDLE or now - self.began > LONGEST


class Sessions(Protocol):
    """Keeps who is signed in, for every process and across a restart.

    A key is the SHA-256 of a session's opaque id: who reads the register cannot sign in with it.
    """

    async def put_session(
        self, key: str, session: KeptSession, note: Leaf | None = None, *, instead_of: str = ""
    ) -> None:
        """Write down a session, its person and its leaf, and forget every one that is over.

        `instead_of`: the key of the session whose place it takes, which ends with this.
        """
        ...

    async def kept_session(self, key: str, now: datetime) -> KeptSession | None:
        """Return a session that is not over; that it is used is written once a minute."""
        ...

    async def session_standing(self, key: str, now: datetime) -> KeptSession | None:
        """Return a session that is not over, and write nothing: nobody has used it by that."""
        ...

    async def end_session(self, key: str) -> None:
        """End one session; nothing happens where it has ended."""
        ...

    async def end_sessions_of(self, person: str, note: Leaf) -> int:
        """End every session of this person, with a leaf where there was one; return how many."""
        ...

    async def end_sessions_there(self, ended: SignedOut, now: datetime) -> int | None:
        """End the sessions that a provider has ended, with a leaf for each person; return how many.

        Those begun in its session, or begun without its word of one, of its subject where it names
        one. None, and nothing is done, where this token has counted before.
        """
        ...

    async def sessions_now(self, now: datetime, limit: int) -> tuple[KeptSession, ...]:
        """Return the sessions that are not over, the last seen first."""
        ...

    async def sessions_of(self, person: str, now: datetime) -> tuple[tuple[str, KeptSession], ...]:
        """Return this person's sessions that are not over, each with its key, last seen first."""
        ...
