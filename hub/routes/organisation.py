"""Sign-in by an organisation's own accounts: who may come in by which post, and their sessions."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Self

from hub.access import Appointment, Official
from hub.leaf import leaf
from hub.ports.identity import Asked, IdentityProvider, NotProved, Proof
from hub.ports.sessions import KeptSession, Person, Sessions
from hub.routes.sessions import OpenSession, Session, handle_of, hashed

UNDERWAY: Final = timedelta(minutes=10)
"""How long somebody may take at the provider."""

_NEVER: Final = timedelta(days=1)
"""How long ago somebody proved who they are where the provider does not say: too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One sign-in under way. It lies in the browser that began it, and nowhere else.

    So no other browser can end it (login CSRF), any process of the hub can, and a stranger who asks
    to sign in has nothing written down. State, nonce and verifier are made from one secret, which
    the provider never sees.
    """

    secret: str = field(repr=False)
    to: str
    """A path of ours, to come to in the end."""
    again: bool
    instead_of: str
    """The key of the session that this takes the place of; empty: there is none."""

    @classmethod
    def begin(cls, to: str, *, again: bool = False, instead_of: str = "") -> Self:
        """Begin one."""
        return cls(secret=secrets.token_urlsafe(32), to=to, again=again, instead_of=instead_of)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return what a browser brought; None where it is none of ours.

        Whoever alters it cheats themselves: it says neither who they are nor when they proved it.
        """
        secret, again, instead_of, to = [*text.split("."), "", "", ""][:4]
        try:
            path = urlsafe_b64decode(to.encode()).decode()
        except ValueError:
            return None
        if not secret:
            return None
        return cls(secret=secret, again=again == "again", instead_of=instead_of, to=path)

    def __str__(self) -> str:
        path = urlsafe_b64encode(self.to.encode()).decode()
        return ".".join((self.secret, "again" if self.again else "", self.instead_of, path))

    @property
    def state(self) -> str:
        """Return what the provider hands back."""
        return self._made("state")

    def asked(self, back: str) -> Asked:
        """Return what the provider is asked with."""
        return Asked(
            back=back,
            state=self.state,
            nonce=self._made("nonce"),
            verifier=self._made("verifier"),
            again=self.again,
        )

    def _made(self, what: str) -> str:
        made = hmac.digest(self.secret.encode(), what.encode(), sha256)
        return urlsafe_b64encode(made).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in that came to its end."""

    opaque: str = field(repr=False)
    kept: KeptSession


class SomebodyElse(Exception):  # no fault: a value that unwinds one handler
    """Another person than the one who is signed in proved who they are."""


class NoPost(Exception):  # as above
    """Nothing here is for this person's groups."""


@dataclass(slots=True, kw_only=True)
class OrganisationSignIn:
    """Signs in who proves to their organisation who they are; sessions are in the register."""

    provider: IdentityProvider
    sessions: Sessions
    posts: Mapping[str, tuple[Appointment, ...]]
    """Which posts each group of the provider gives."""

    async def session(self, opaque: str, now: datetime) -> Session | None:
        """Return the live session of this opaque id, and note that it was seen."""
        return self._acting(opaque, await self.kept(opaque, now))

    async def standing(self, opaque: str, now: datetime) -> Session | None:
        """Return the live session of this opaque id without noting it: nobody has used it."""
        kept = await self.sessions.session_standing(hashed(opaque), now) if opaque else None
        return self._acting(opaque, kept)

    def _acting(self, opaque: str, kept: KeptSession | None) -> Session | None:
        chosen = None if kept is None else kept.chosen
        # A group that was taken out of the settings gives nobody a post any more.
        if kept is None or chosen is None or chosen not in self._given():
            return None
        return Session(
            person=Official(
                id=kept.person.id, name=kept.person.name, post=chosen.post, agency=chosen.agency
            ),
            form_token=form_token(opaque),
            began=kept.began,
            seen=kept.seen,
            proved=kept.proved,
            others=tuple(each for each in kept.posts if each != chosen),
        )

    async def end(self, opaque: str) -> None:
        """Sign out: the session is gone, not only the cookie."""
        await self.sessions.end_session(hashed(opaque))

    async def own(self, person: str, opaque: str, now: datetime) -> tuple[OpenSession, ...]:
        """Return this person's own sessions, the last seen first; `opaque` is of this one."""
        found = await self.sessions.sessions_of(person, now)
        return tuple(
            OpenSession(
                handle=handle_of(key),
                began=each.began,
                seen=each.seen,
                appointment=each.chosen,
                this_one=key == hashed(opaque),
            )
            for key, each in found
        )

    async def end_own(self, person: str, handles: frozenset[str], now: datetime) -> int:
        """End these of this person's own sessions; return how many there were."""
        found = await self.sessions.sessions_of(person, now)
        ended = [key for key, _ in found if handle_of(key) in handles]
        for key in ended:
            await self.sessions.end_session(key)
        return len(ended)

    async def end_there(self, token: str, now: datetime) -> int | None:
        """End what the provider says has ended there; None where it has said so before.

        Raises ProviderAway and NotProved.
        """
        return await self.sessions.end_sessions_there(
            await self.provider.signed_out(token, now), now
        )

    async def kept(self, opaque: str, now: datetime) -> KeptSession | None:
        """Return the session of this id, whether or not its person has chosen a post."""
        return await self.sessions.kept_session(hashed(opaque), now) if opaque else None

    async def begin(self, proof: Proof, flow: Flow, now: datetime) -> Begun:
        """Let this person in by a session with an id of its own.

        Raises SomebodyElse where another proved anew who they are, and then nothing has changed;
        NoPost where no post is theirs; NotProved where they have no name: what is confirmed or
        released here names a person.
        """
        who = _person(proof)
        if not who.name:
            raise NotProved("it does not say what the person is called")
        before = await self.sessions.kept_session(flow.instead_of, now) if flow.instead_of else None
        if flow.again and before is not None and before.person.id != who.id:
            raise SomebodyElse
        posts = self._posts_of(proof)
        if not posts:
            raise NoPost(who.id)
        kept = KeptSession(
            person=who,
            posts=posts,
            chosen=_goes_on(before, who, posts) or (posts[0] if len(posts) == 1 else None),
            began=now,
            seen=now,
            proved=proof.proved or now - _NEVER,
            sid=proof.sid,
        )
        kind = "session.proved" if flow.again else "session.began"
        return await self._put(kept, kind, now, instead_of=flow.instead_of)

    async def choose(self, opaque: str, chosen: Appointment, now: datetime) -> Begun | None:
        """Let a person act in one of their posts; None where it is not theirs, or they are gone."""
        kept = await self.kept(opaque, now)
        if kept is None or chosen not in kept.posts or chosen not in self._given():
            return None
        kept = replace(kept, chosen=chosen, seen=now)
        return await self._put(kept, "session.post.chosen", now, instead_of=hashed(opaque))

    async def _put(self, kept: KeptSession, kind: str, now: datetime, *, instead_of: str) -> Begun:
        opaque = secrets.token_urlsafe(32)
        chosen = kept.chosen
        note = leaf(
            kind,
            now,
            person=kept.person.id,
            post="" if chosen is None else chosen.post.value,
            agency="" if chosen is None else chosen.agency,
        )
        await self.sessions.put_session(hashed(opaque), kept, note, instead_of=instead_of)
        return Begun(opaque=opaque, kept=kept)

    def _posts_of(self, proof: Proof) -> tuple[Appointment, ...]:
        found = (each for group in proof.groups for each in self.posts.get(group, ()))
        return tuple(sorted(set(found)))

    def _given(self) -> frozenset[Appointment]:
        return frozenset(each for given in self.posts.values() for each in given)


def form_token(opaque: str) -> str:
    """Return what every form of this session carries: it follows from the id, and not backwards."""
    return hmac.digest(opaque.encode(), b"form", sha256).hex()


def _goes_on(
    before: KeptSession | None, who: Person, posts: tuple[Appointment, ...]
) -> Appointment | None:
    """Return the post this person acted in just now, where they still have it."""
    if before is None or before.person.id != who.id or before.chosen not in posts:
        return None
    return before.chosen


def _person(proof: Proof) -> Person:
    """Return who this is: by issuer and subject, never by address or name (Core 1.0, 5.7)."""
    both = f"{len(proof.issuer)}:{proof.issuer}{proof.subject}".encode()
    return Person(
        id=f"person-{sha256(both).hexdigest()[:32]}",
        issuer=proof.issuer,
        subject=proof.subject,
        name=proof.name,
    )
