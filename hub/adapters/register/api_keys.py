"""Keys of the API by their hashes, and what was answered under an `Idempotency-Key`."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, Index, Integer, LargeBinary, RowMapping, Table, Text, func, select

from hub.access import Post
from hub.adapters.register import tables as t
from hub.adapters.register.columns import metadata, moment, numbered, words
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import leaf_row
from hub.leaf import leaf
from hub.ports.answered_once import ABANDONED, KEPT, Once, SaidBefore, Turned
from hub.ports.keys import LIVE_AT_ONCE, ApiKey, Scope, TooManyKeys
from hub.vocabulary import AgencyId

api_key: Final = Table(
    "api_key",
    metadata,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    Column("sha256", Text, nullable=False, unique=True),
    words("holder"),
    words("name"),
    words("post"),
    words("agency_id"),
    words("scopes"),
    moment("made"),
    moment("expires"),
    moment("ended", null=True),
    Index("ix_api_key_holder", "holder"),
)

answered_once: Final = Table(
    "answered_once",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    words("digest"),
    moment("begun"),
    Column("status", Integer, nullable=True),
    Column("body", LargeBinary, nullable=True),
    Index("ix_answered_once_begun", "begun"),
)
"""`status` is NULL as long as the first request is being carried out."""

_K: Final = api_key.c
_O: Final = answered_once.c
_EACH_HOLDER: Final = "api key"


class KeysHere:
    """The part of the register that knows keys."""

    _database: Database

    async def add_key(self, key: ApiKey, hashed: str, by: str) -> None:
        """Write a new key down, with its leaf. Raises TooManyKeys."""
        async with self._database.writing("key") as wire:
            # Of two that make a key for one holder at once, the second counts the first.
            await self._database.lock(wire, [f"{_EACH_HOLDER}\n{key.holder}"])
            now = await self._database.now(wire)
            live = select(func.count().label("many")).where(
                _K.holder == key.holder, _K.ended.is_(None), _K.expires > now
            )
            if (await wire.rows(live))[0]["many"] >= LIVE_AT_ONCE:
                raise TooManyKeys(key.holder)
            await wire.insert(api_key, [_row(key, hashed)])
            scopes = " ".join(sorted(key.scopes))
            note = leaf(
                "key.made",
                now,
                key=key.id,
                holder=key.holder,
                agency=key.agency,
                post=key.post.value,
                scopes=scopes,
                by=by,
            )
            await wire.insert(t.audit_leaf, [leaf_row(note, now)])

    async def key_of(self, hashed: str) -> ApiKey | None:
        """Return the key of this hash, live or not."""
        async with self._database.reading() as wire:
            rows = await wire.rows(select(api_key).where(_K.sha256 == hashed))
        return _key_of(rows[0]) if rows else None

    async def keys(self) -> tuple[ApiKey, ...]:
        """Return every key, the newest first."""
        async with self._database.reading() as wire:
            rows = await wire.rows(select(api_key).order_by(_K.seq.desc()))
        return tuple(_key_of(row) for row in rows)

    async def end_key(self, key: str, by: str) -> bool:
        """End a key now, with its leaf."""
        async with self._database.writing("key") as wire:
            now = await self._database.now(wire)
            mine = api_key.update().where(_K.id == key, _K.ended.is_(None), _K.expires > now)
            ended = await wire.rows(mine.values(ended=now).returning(_K.holder))
            if ended:
                note = leaf("key.ended", now, key=key, holder=ended[0]["holder"], by=by)
                await wire.insert(t.audit_leaf, [leaf_row(note, now)])
        return bool(ended)


class AnsweredOnceHere:
    """The part of the register that answers the same request the same."""

    _database: Database

    async def begin_once(self, once: Once) -> SaidBefore | Turned | None:
        """Begin a request; what is older than a day is forgotten with it."""
        async with self._database.writing("once") as wire:
            now = await self._database.now(wire)
            await wire.run(answered_once.delete().where(_O.begun < now - KEPT))
            row = {"caller": once.caller, "key": once.key, "digest": once.digest, "begun": now}
            new = self._database.insert(answered_once).on_conflict_do_nothing()
            if await wire.rows(new.returning(_O.key), [row]):
                return None
            mine = select(answered_once).where(*_mine(once)).with_for_update()
            found = (await wire.rows(mine))[0]
            if found["digest"] != once.digest:
                return Turned.OTHER
            if found["status"] is not None:
                return SaidBefore(status=found["status"], body=found["body"])
            if found["begun"] > now - ABANDONED:
                return Turned.BUSY
            await wire.run(answered_once.update().where(*_mine(once)).values(begun=now))
        return None

    async def end_once(self, once: Once, said: SaidBefore | None) -> None:
        """Keep what was answered; None: forget that it was begun."""
        async with self._database.writing("once") as wire:
            if said is None:
                await wire.run(answered_once.delete().where(*_mine(once), _O.status.is_(None)))
                return
            values = {"status": said.status, "body": said.body}
            await wire.run(answered_once.update().where(*_mine(once)).values(**values))


def _mine(once: Once) -> tuple[Any, ...]:
    return _O.caller == once.caller, _O.key == once.key


def _row(key: ApiKey, hashed: str) -> dict[str, object]:
    return {
        "id": key.id,
        "sha256": hashed,
        "holder": key.holder,
        "name": key.name,
        "post": key.post.value,
        "agency_id": key.agency,
        "scopes": " ".join(sorted(key.scopes)),
        "made": key.made,
        "expires": key.expires,
        "ended": key.ended,
    }


def _key_of(row: RowMapping) -> ApiKey:
    return ApiKey(
        id=row["id"],
        holder=row["holder"],
        name=row["name"],
        post=Post(row["post"]),
        agency=AgencyId(row["agency_id"]),
        scopes=frozenset(Scope(one) for one in row["scopes"].split()),
        made=row["made"],
        expires=row["expires"],
        ended=row["ended"],
    )
