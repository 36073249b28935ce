"""Who is signed in: people and their sessions, for every process of the hub."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import orjson
from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    RowMapping,
    Select,
    Table,
    Text,
    or_,
    select,
)

from hub.access import Appointment, Post
from hub.adapters.register import tables as t
from hub.adapters.register.columns import metadata, moment, words
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import leaf_row
from hub.adapters.register.wire import Wire
from hub.leaf import Leaf, leaf
from hub.ports.identity import SignedOut
from hub.ports.sessions import IDLE, LONGEST, SEEN_AGAIN, KeptSession, Person
from hub.vocabulary import AgencyId

person: Final = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    words("issuer"),
    words("subject"),
    words("name"),
    moment("first"),
    moment("last"),
)
"""Everybody who ever signed in: it says whom a leaf's id means. No address is kept."""

session: Final = Table(
    "session",
    metadata,
    Column("key", Text, primary_key=True),
    Column("person_id", Text, ForeignKey("person.id"), nullable=False),
    words("posts"),
    words("post", null=True),
    words("agency_id", null=True),
    moment("began"),
    moment("seen"),
    moment("proved"),
    words("sid", null=True),
    Index("ix_session_person_id", "person_id"),
)
"""Who is signed in, by the SHA-256 of the opaque id that only their browser has."""

logout_token: Final = Table(
    "logout_token",
    metadata,
    Column("key", Text, primary_key=True),
    moment("at"),
)
"""What providers said of somebody's end, by the SHA-256 of its issuer and id: it counts once."""

TOKENS_KEPT: Final = timedelta(days=1)
"""For how long it is remembered; a token counts for minutes."""

_S: Final = session.c
_P: Final = person.c


class SignedInHere:
    """The part of the register that knows who is signed in."""

    _database: Database

    async def put_session(
        self, key: str, session_: KeptSession, note: Leaf | None = None, *, instead_of: str = ""
    ) -> None:
        """Write down a session, its person and its leaf, and forget every one that is over."""
        async with self._database.writing("session") as wire:
            began = session_.seen
            past = or_(_S.seen < began - IDLE, _S.began < began - LONGEST)
            await wire.run(session.delete().where(or_(past, _S.key == instead_of)))
            await self._known(wire, session_.person, began)
            await wire.insert(session, [_row(key, session_)])
            if note is not None:
                await wire.insert(t.audit_leaf, [leaf_row(note, await self._database.now(wire))])

    async def kept_session(self, key: str, now: datetime) -> KeptSession | None:
        """Return a session that is not over; that it is used is written once a minute."""
        found = await self.session_standing(key, now)
        if found is not None and now - found.seen >= SEEN_AGAIN:
            # A session that was ended meanwhile stays ended: no row of it is made anew.
            async with self._database.writing("seen") as wire:
                mine = session.update().where(_S.key == key, _S.seen < now)
                await wire.run(mine.values(seen=now))
        return found

    async def session_standing(self, key: str, now: datetime) -> KeptSession | None:
        """Return a session that is not over, and write nothing: nobody has used it by that."""
        async with self._database.reading() as wire:
            rows = await wire.rows(_sessions().where(_S.key == key))
        found = _session(rows[0]) if rows else None
        return None if found is None or found.over(now) else found

    async def end_session(self, key: str) -> None:
        """End one session; nothing happens where it has ended."""
        async with self._database.writing("session") as wire:
            await wire.run(session.delete().where(_S.key == key))

    async def end_sessions_of(self, person_id: str, note: Leaf) -> int:
        """End every session of this person, with a leaf where there was one; return how many."""
        async with self._database.writing("session") as wire:
            theirs = session.delete().where(_S.person_id == person_id).returning(_S.key)
            ended = len(await wire.rows(theirs))
            if ended:
                await wire.insert(t.audit_leaf, [leaf_row(note, await self._database.now(wire))])
        return ended

    async def end_sessions_there(self, ended: SignedOut, now: datetime) -> int | None:
        """End the sessions that a provider has ended; None where this token has counted before."""
        async with self._database.writing("session") as wire:
            old = logout_token.c.at < now - TOKENS_KEPT
            await wire.run(logout_token.delete().where(old))
            both = f"{len(ended.issuer)}:{ended.issuer}{ended.token}".encode()
            insert = self._database.insert(logout_token).on_conflict_do_nothing(
                index_elements=[logout_token.c.key]
            )
            row = {"key": sha256(both).hexdigest(), "at": now}
            if not await wire.rows(insert.returning(logout_token.c.key), [row]):
                return None
            gone = session.delete().where(*_ended_there(ended)).returning(_S.person_id)
            people = [found["person_id"] for found in await wire.rows(gone)]
            at = await self._database.now(wire)
            notes = [
                leaf("sessions.ended", now, person=who, by="provider", why="signed out there")
                for who in sorted(set(people))
            ]
            await wire.insert(t.audit_leaf, [leaf_row(note, at) for note in notes])
        return len(people)

    async def sessions_now(self, now: datetime, limit: int) -> tuple[KeptSession, ...]:
        """Return the sessions that are not over, the last seen first."""
        async with self._database.reading() as wire:
            rows = await wire.rows(_live(now).limit(limit))
        return tuple(_session(row) for row in rows)

    async def sessions_of(
        self, person_id: str, now: datetime
    ) -> tuple[tuple[str, KeptSession], ...]:
        """Return this person's sessions that are not over, each with its key, last seen first."""
        async with self._database.reading() as wire:
            rows = await wire.rows(_live(now).where(_S.person_id == person_id))
        return tuple((row["key"], _session(row)) for row in rows)

    async def _known(self, wire: Wire, who: Person, now: datetime) -> None:
        insert = self._database.insert(person)
        upsert = insert.on_conflict_do_update(
            index_elements=[_P.id],
            set_={"name": insert.excluded.name, "last": insert.excluded.last},
        )
        row = {
            "id": who.id,
            "issuer": who.issuer,
            "subject": who.subject,
            "name": who.name,
            "first": now,
            "last": now,
        }
        await wire.run(upsert, [row])


def _ended_there(ended: SignedOut) -> Sequence[ColumnElement[bool]]:
    theirs = select(_P.id).where(_P.issuer == ended.issuer)
    if not ended.subject:
        return (_S.person_id.in_(theirs), _S.sid == ended.sid)
    mine = _S.person_id.in_(theirs.where(_P.subject == ended.subject))
    if not ended.sid:
        return (mine,)
    # Of a session without the provider's word of one nobody can say that it was another.
    return (mine, or_(_S.sid == ended.sid, _S.sid.is_(None)))


def _sessions() -> Select[tuple[object, ...]]:
    known = (_P.issuer, _P.subject, _P.name)
    return select(*session.columns, *known).join(person, _P.id == _S.person_id)


def _live(now: datetime) -> Select[tuple[object, ...]]:
    """Return the sessions that are not over, the last seen first."""
    live = _sessions().where(_S.seen >= now - IDLE, _S.began >= now - LONGEST)
    return live.order_by(_S.seen.desc(), _S.key)


def _row(key: str, kept: KeptSession) -> dict[str, object]:
    chosen = kept.chosen
    return {
        "key": key,
        "person_id": kept.person.id,
        "posts": orjson.dumps([[each.post, each.agency] for each in kept.posts]).decode(),
        "post": None if chosen is None else chosen.post.value,
        "agency_id": None if chosen is None else chosen.agency,
        "began": kept.began,
        "seen": kept.seen,
        "proved": kept.proved,
        "sid": kept.sid or None,
    }


def _session(row: RowMapping) -> KeptSession:
    return KeptSession(
        person=Person(
            id=row["person_id"], issuer=row["issuer"], subject=row["subject"], name=row["name"]
        ),
        posts=tuple(_appointment(post, agency) for post, agency in orjson.loads(row["posts"])),
        chosen=None if row["post"] is None else _appointment(row["post"], row["agency_id"]),
        began=row["began"],
        seen=row["seen"],
        proved=row["proved"],
        sid=row["sid"] or "",
    )


def _appointment(post: str, agency: str) -> Appointment:
    return Appointment(post=Post(post), agency=AgencyId(agency))
