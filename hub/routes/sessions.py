"""Who is signed in and for how long; and the development sign-in of `hub demo`, on loopback."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from typing import Final, Protocol

from hub.access import Appointment, Official
from hub.ports.sessions import IDLE, LONGEST

PROVED_FOR: Final = timedelta(minutes=5)
"""For how long after somebody proved who they are they may do what cannot be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in person, until idle for 20 minutes or signed in for 10 hours."""

    person: Official
    form_token: str = field(repr=False)
    """Every form of this session carries it; a page of another site does not know it."""
    began: datetime
    seen: datetime
    proved: datetime
    """When this person last proved who they are; what cannot be undone asks for it again."""
    others: tuple[Appointment, ...] = ()
    """Which other posts this person has, and may change to."""

    def proved_lately(self, now: datetime) -> bool:
        """Whether the proof is new enough for what cannot be undone."""
        return timedelta() <= now - self.proved <= PROVED_FOR

    def over(self, now: datetime) -> bool:
        """Whether the session has ended."""
        return now - self.seen > IDLE or now - self.began > LONGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A session as its own person sees it."""

    handle: str
    """Says which one, on its person's own page; it opens nothing."""
    began: datetime
    seen: datetime
    appointment: Appointment | None
    """None: they have not chosen a post in it yet."""
    this_one: bool
    """Whether the page is seen in it."""


class SignsIn(Protocol):
    """Knows whose session an opaque id is. Ids are kept hashed: who reads them cannot use them."""

    async def session(self, opaque: str, now: datetime) -> Session | None:
        """Return the live session of this opaque id, and note that it was seen."""
        ...

    async def standing(self, opaque: str, now: datetime) -> Session | None:
        """Return the live session of this opaque id without noting it: nobody has used it."""
        ...

    async def end(self, opaque: str) -> None:
        """Sign out: the session is gone, not only the cookie."""
        ...

    async def own(self, person: str, opaque: str, now: datetime) -> tuple[OpenSession, ...]:
        """Return this person's own sessions, the last seen first; `opaque` is of this one."""
        ...

    async def end_own(self, person: str, handles: frozenset[str], now: datetime) -> int:
        """End these of this person's own sessions; return how many there were."""
        ...


@dataclass(slots=True, kw_only=True)
class DevelopmentSignIn:
    """Lets somebody at this very machine pick who to be. Never in production.

    The sessions live in memory, and only here: a development sign-in belongs to one process on
    loopback, and its sessions should not outlive it. Sign-in by OpenID Connect keeps its sessions
    in the register.
    """

    people: tuple[Official, ...]
    _sessions: dict[str, Session] = field(default_factory=dict, repr=False)
    """By the SHA-256 of the opaque id: who reads this cannot sign in with it."""

    def begin(self, person_id: str, now: datetime) -> str | None:
        """Sign this person in; return the opaque session id. None: there is no such person."""
        person = next((p for p in self.people if p.id == person_id), None)
        if person is None:
            return None
        self._sessions = {k: s for k, s in self._sessions.items() if not s.over(now)}
        opaque = secrets.token_urlsafe(32)
        self._sessions[hashed(opaque)] = Session(
            person=person, form_token=secrets.token_urlsafe(32), began=now, seen=now, proved=now
        )
        return opaque

    def prove(self, opaque: str, person_id: str, now: datetime) -> str | None:
        """Let the same person pick themselves again; return the id that takes the old one's place.

        None: it is not the same person, or nobody is signed in.
        """
        session = self._sessions.get(hashed(opaque))
        if session is None or session.over(now) or session.person.id != person_id:
            return None
        del self._sessions[hashed(opaque)]
        return self.begin(person_id, now)

    async def session(self, opaque: str, now: datetime) -> Session | None:
        """Return the live session of this opaque id, and note that it was seen."""
        session = await self.standing(opaque, now)
        if session is None:
            self._sessions.pop(hashed(opaque), None)
            return None
        used = self._sessions[hashed(opaque)] = replace(session, seen=now)
        return used

    async def standing(self, opaque: str, now: datetime) -> Session | None:
        """Return the live session of this opaque id without noting it: nobody has used it."""
        session = self._sessions.get(hashed(opaque))
        return None if session is None or session.over(now) else session

    async def end(self, opaque: str) -> None:
        """Sign out."""
        self._sessions.pop(hashed(opaque), None)

    async def own(self, person: str, opaque: str, now: datetime) -> tuple[OpenSession, ...]:
        """Return this person's own sessions, the last seen first; `opaque` is of this one."""
        found = sorted(self._of(person, now).items(), key=lambda each: each[1].seen, reverse=True)
        return tuple(
            OpenSession(
                handle=handle_of(key),
                began=each.began,
                seen=each.seen,
                appointment=Appointment(post=each.person.post, agency=each.person.agency),
                this_one=key == hashed(opaque),
            )
            for key, each in found
        )

    async def end_own(self, person: str, handles: frozenset[str], now: datetime) -> int:
        """End these of this person's own sessions; return how many there were."""
        ended = [key for key in self._of(person, now) if handle_of(key) in handles]
        for key in ended:
            del self._sessions[key]
        return len(ended)

    def _of(self, person: str, now: datetime) -> dict[str, Session]:
        live = self._sessions.items()
        return {key: s for key, s in live if s.person.id == person and not s.over(now)}


def knows_token(session: Session, token: str) -> bool:
    """Whether a form carries the session's token."""
    return hmac.compare_digest(session.form_token.encode(), token.encode())


def on_loopback(peer: object) -> bool:
    """Whether the other end of the socket is this machine (`peername` of the transport)."""
    if not isinstance(peer, tuple) or not peer:
        return False
    try:
        return ip_address(str(peer[0]).partition("%")[0]).is_loopback
    except ValueError:
        return False


def hashed(opaque: str) -> str:
    """Return what a session is kept under: its id's SHA-256, in hexadecimal."""
    return sha256(opaque.encode()).hexdigest()


def handle_of(key: str) -> str:
    """Return what a page calls a session: neither its id nor what it is kept under."""
    return hashed(key)[:16]
