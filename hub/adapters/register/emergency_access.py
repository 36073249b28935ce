"""Emergency access: who asked, what was given, and what it shows until the instant it ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    RowMapping,
    Table,
    Text,
    and_,
    exists,
    func,
    select,
)

from hub.adapters.register import tables as t
from hub.adapters.register.bell import Bell
from hub.adapters.register.changes import Changes
from hub.adapters.register.columns import metadata, moment, numbered, words
from hub.adapters.register.dialect import Database
from hub.adapters.register.outbox import Outbox
from hub.adapters.register.pages import discharge_open, discharge_row, open_obligations
from hub.adapters.register.records import concern_of, leaf_row, obligation_row
from hub.adapters.register.screens import read_concern
from hub.adapters.register.wire import Wire
from hub.frozen import replace
from hub.leaf import Leaf, leaf
from hub.obligation import ObligationKind, review_key
from hub.page import Discharge
from hub.ports.emergency_access import (
    ASKED_WITHIN,
    LASTS,
    MOST_ASKED,
    AskedAccess,
    EmergencyAccess,
    Given,
    Judged,
    Review,
    SeenInEmergency,
    Unopened,
)
from hub.ports.releasing import Asker
from hub.vocabulary import AgencyId, ConcernId

emergency_access: Final = Table(
    "emergency_access",
    metadata,
    Column("id", Text, primary_key=True),
    words("concern_id"),
    words("host_authority"),
    words("agency_id"),
    words("person"),
    words("person_name"),
    words("person_post"),
    words("reason"),
    moment("began"),
    moment("ends"),
    moment("review_due"),
    words("judged", null=True),
    moment("reviewed", null=True),
    words("reviewed_by", null=True),
    words("reviewed_name", null=True),
    words("reviewed_post", null=True),
    words("review_reason", null=True),
    Index("ix_emergency_access_host_authority_began", "host_authority", "began"),
    Index("ix_emergency_access_person", "person"),
)
"""One row each. What is reviewed never changes again."""

emergency_ask: Final = Table(
    "emergency_ask",
    metadata,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    words("person"),
    words("person_name"),
    words("person_post"),
    words("agency_id"),
    words("reference"),
    words("reason"),
    moment("asked"),
    Column("given", Boolean, nullable=False),
    Index("ix_emergency_ask_person_asked", "person", "asked"),
    Index("ix_emergency_ask_agency_id_asked", "agency_id", "asked"),
)
"""Every time somebody asked. Nothing here says why one was refused: that would tell whoever reads
it of a hold on their own organisation, or that there is a concern at all."""

_E: Final = emergency_access.c
_A: Final = emergency_ask.c
_EACH_PERSON: Final = "emergency"


class BreaksGlassHere:
    """The part of the register that keeps emergency access."""

    _database: Database
    _outbox: Outbox
    _bell: Bell

    async def concerns_called(self, reference: str) -> tuple[ConcernId, ...]:
        """Return the concerns with this reference, at most two."""
        c = t.concern.c
        # There is no column of references: few ask by one, and each only some times an hour.
        said = c.snapshot.contains(f'"reference":"{reference}"', autoescape=True)
        async with self._database.reading() as wire:
            rows = await wire.rows(select(c.id, c.snapshot).where(said).order_by(c.id))
        found = [row["id"] for row in rows if concern_of(row["snapshot"]).reference == reference]
        return tuple(ConcernId(one) for one in found[:2])

    async def ask_emergency_access(
        self, asked: AskedAccess, given: Given | None
    ) -> EmergencyAccess | Unopened:
        """Write down what was asked and, where it is given, the access and what is owed of it."""
        async with self._database.writing("emergency") as wire:
            # Of two that one person sends at once, the second counts the first.
            await self._database.lock(wire, [f"{_EACH_PERSON}\n{asked.by.id}"])
            now, changes = await self._database.now(wire), Changes()
            often = await self._asked_lately(wire, asked.by.id, now) >= MOST_ASKED
            opened = None if often or given is None else _beginning(given.access, now)
            await wire.insert(emergency_ask, [_ask_row(asked, now, given=opened is not None)])
            if opened is not None and given is not None:
                await wire.insert(emergency_access, [_row(opened)])
                owed = await open_obligations(wire, self._database, [obligation_row(given.owed)])
                changes.opened += owed
            await wire.insert(t.audit_leaf, [leaf_row(_note(asked, opened, now), now)])
            await self._outbox.write(wire, changes, now)
        if opened is not None:
            self._bell.ring()
            return opened
        return Unopened.TOO_OFTEN if often else Unopened.REFUSED

    async def _asked_lately(self, wire: Wire, person: str, now: datetime) -> int:
        lately = select(func.count().label("many")).where(
            _A.person == person, _A.asked > now - ASKED_WITHIN
        )
        many: int = (await wire.rows(lately))[0]["many"]
        return many

    async def in_emergency(
        self, access: str, person: str, agency: AgencyId
    ) -> SeenInEmergency | None:
        """Return what this access shows this person at this moment, or None."""
        async with self._database.shown_to(agency, person) as wire:
            now = await self._database.now(wire)
            mine = and_(_E.id == access, *_theirs(person, agency, now))
            rows = await wire.rows(select(emergency_access).where(mine))
            if not rows:
                return None
            found = _access(rows[0])
            record = await read_concern(wire, self._database, found.concern)
        return None if record is None else SeenInEmergency(access=found, record=record)

    async def emergency_access_of(
        self, person: str, agency: AgencyId
    ) -> tuple[EmergencyAccess, ...]:
        """Return what lasts still for this person in this organisation, the newest first."""
        async with self._database.shown_to(agency, person) as wire:
            now = await self._database.now(wire)
            return await _read(wire, *_theirs(person, agency, now), limit=MOST_ASKED)

    async def emergency_access_to(
        self, host: AgencyId, concern: ConcernId | None = None, *, limit: int = 500
    ) -> tuple[EmergencyAccess, ...]:
        """Return what was given to this authority's concerns, newest first."""
        which = [_E.host_authority == host]
        if concern is not None:
            which.append(_E.concern_id == concern)
        async with self._database.reading() as wire:
            return await _read(wire, *which, limit=limit)

    async def review_emergency_access(
        self, access: str, host: AgencyId, review: Review, leaf: Leaf
    ) -> bool:
        """Write the review down; one that is not justified ends the access at once."""
        async with self._database.writing("review") as wire:
            now = await self._database.now(wire)
            mine = and_(
                _E.id == access,
                _E.host_authority == host,
                _E.judged.is_(None),
                _E.person != review.by.id,
            )
            change = emergency_access.update().where(mine).values(**_review_row(review))
            found = await wire.rows(change.returning(_E.concern_id))
            if not found:
                return False
            if review.judged is Judged.NOT_JUSTIFIED:
                lasts = and_(_E.id == access, _E.ends > now)
                await wire.run(emergency_access.update().where(lasts).values(ends=now))
            concern = ConcernId(found[0]["concern_id"])
            # Under the concern's lock: what its ladder asks of people at this moment ends with it.
            await self._database.lock(wire, [concern])
            met = Discharge(kind=ObligationKind.REVIEW_ACCESS, key=review_key(access), whole=True)
            await discharge_open(wire, [discharge_row(concern, met, now)])
            await wire.insert(t.audit_leaf, [leaf_row(leaf, now)])
            await self._outbox.write(wire, Changes(discharging={concern}), now)
        return True

    async def refused_access(
        self, agency: AgencyId, since: datetime, *, limit: int = 500
    ) -> tuple[AskedAccess, ...]:
        """Return what people of this organisation asked for in vain since then, newest first."""
        statement = (
            select(emergency_ask)
            .where(_A.agency_id == agency, _A.asked >= since, _A.given.is_(False))
            .order_by(_A.seq.desc())
            .limit(limit)
        )
        async with self._database.reading() as wire:
            return tuple(_asked(row) for row in await wire.rows(statement))


def _theirs(person: str, agency: AgencyId, now: datetime) -> Sequence[ColumnElement[bool]]:
    """Return the conditions under which an access shows this person anything.

    On PostgreSQL the rows ask the same (`row_security`); on SQLite this is all there is.
    """
    held = exists().where(t.hold.c.concern_id == _E.concern_id, t.hold.c.agency_id == _E.agency_id)
    return (
        _E.person == person,
        _E.person != "",
        _E.agency_id == agency,
        _E.began <= now,
        _E.ends > now,
        ~held.correlate(emergency_access),
    )


async def _read(wire: Wire, *which: ColumnElement[bool], limit: int) -> tuple[EmergencyAccess, ...]:
    statement = select(emergency_access).where(*which)
    newest = statement.order_by(_E.began.desc(), _E.id.desc()).limit(limit)
    return tuple(_access(row) for row in await wire.rows(newest))


def _beginning(given: EmergencyAccess, now: datetime) -> EmergencyAccess:
    return replace(given, began=now, ends=now + LASTS)


def _note(asked: AskedAccess, opened: EmergencyAccess | None, now: datetime) -> Leaf:
    """Return the leaf; of one that was refused it names no concern, whether there is one or not."""
    if opened is None:
        return leaf(
            "emergency.refused", now, person=asked.by.id, agency=asked.agency, request=asked.id
        )
    return leaf(
        "emergency.opened",
        now,
        opened.concern,
        person=asked.by.id,
        agency=asked.agency,
        access=opened.id,
    )


def _row(access: EmergencyAccess) -> dict[str, Any]:
    return {
        "id": access.id,
        "concern_id": access.concern,
        "host_authority": access.host,
        "agency_id": access.agency,
        "person": access.by.id,
        "person_name": access.by.name,
        "person_post": access.by.post,
        "reason": access.reason,
        "began": access.began,
        "ends": access.ends,
        "review_due": access.review_due,
    }


def _review_row(review: Review) -> dict[str, Any]:
    return {
        "judged": review.judged.value,
        "reviewed": review.at,
        "reviewed_by": review.by.id,
        "reviewed_name": review.by.name,
        "reviewed_post": review.by.post,
        "review_reason": review.reason,
    }


def _ask_row(asked: AskedAccess, now: datetime, *, given: bool) -> dict[str, Any]:
    return {
        "id": asked.id,
        "person": asked.by.id,
        "person_name": asked.by.name,
        "person_post": asked.by.post,
        "agency_id": asked.agency,
        "reference": asked.reference,
        "reason": asked.reason,
        "asked": now,
        "given": given,
    }


def _access(row: RowMapping) -> EmergencyAccess:
    review = None
    if row["judged"] is not None:
        review = Review(
            by=Asker(id=row["reviewed_by"], name=row["reviewed_name"], post=row["reviewed_post"]),
            at=row["reviewed"],
            judged=Judged(row["judged"]),
            reason=row["review_reason"],
        )
    return EmergencyAccess(
        id=row["id"],
        concern=ConcernId(row["concern_id"]),
        host=AgencyId(row["host_authority"]),
        by=Asker(id=row["person"], name=row["person_name"], post=row["person_post"]),
        agency=AgencyId(row["agency_id"]),
        reason=row["reason"],
        began=row["began"],
        ends=row["ends"],
        review_due=row["review_due"],
        review=review,
    )


def _asked(row: RowMapping) -> AskedAccess:
    return AskedAccess(
        id=row["id"],
        by=Asker(id=row["person"], name=row["person_name"], post=row["person_post"]),
        agency=AgencyId(row["agency_id"]),
        reference=row["reference"],
        reason=row["reason"],
        at=row["asked"],
    )
